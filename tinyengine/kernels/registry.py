"""All kernels, and which of them accept an operator."""

from tinyengine.board.types import Isa
from tinyengine.ir import Op
from tinyengine.kernels.base.batch_matmul import KERNELS as BATCH_MATMUL_BASE
from tinyengine.kernels.base.broadcast import KERNELS as BROADCAST_BASE
from tinyengine.kernels.base.convolution import KERNELS as CONVOLUTION_BASE
from tinyengine.kernels.base.depthwise import KERNELS as DEPTHWISE_BASE
from tinyengine.kernels.base.depthwise_3x3 import KERNELS as DEPTHWISE_3X3_BASE
from tinyengine.kernels.base.depthwise_large import KERNELS as DEPTHWISE_LARGE_BASE
from tinyengine.kernels.base.elementwise import KERNELS as ELEMENTWISE_BASE
from tinyengine.kernels.base.flip import KERNELS as FLIP_BASE
from tinyengine.kernels.base.fully_connected import KERNELS as FULLY_CONNECTED_BASE
from tinyengine.kernels.base.point import KERNELS as POINT_BASE
from tinyengine.kernels.base.product_pairs import KERNELS as PRODUCT_PAIRS_BASE
from tinyengine.kernels.base.sums import KERNELS as SUMS_BASE
from tinyengine.kernels.base.taps import KERNELS as TAPS_BASE
from tinyengine.kernels.dsp.batch_matmul import KERNELS as BATCH_MATMUL_DSP
from tinyengine.kernels.dsp.convolution import KERNELS as CONVOLUTION_DSP
from tinyengine.kernels.dsp.convolution_s16 import KERNELS as CONVOLUTION_S16_DSP
from tinyengine.kernels.dsp.depthwise import KERNELS as DEPTHWISE_DSP
from tinyengine.kernels.dsp.depthwise_s16 import KERNELS as DEPTHWISE_S16_DSP
from tinyengine.kernels.dsp.elementwise import KERNELS as ELEMENTWISE_DSP
from tinyengine.kernels.dsp.fully_connected_s16 import KERNELS as FULLY_CONNECTED_S16_DSP
from tinyengine.kernels.dsp.held import KERNELS as HELD_DSP
from tinyengine.kernels.dsp.recurrent import KERNELS as RECURRENT_DSP
from tinyengine.kernels.dsp.recurrent_s16 import KERNELS as RECURRENT_S16_DSP
from tinyengine.kernels.dsp.sparse import KERNELS as SPARSE_DSP
from tinyengine.kernels.dsp.sparse_product import KERNELS as SPARSE_PRODUCT_DSP
from tinyengine.kernels.dsp.winograd import KERNELS as WINOGRAD_DSP
from tinyengine.kernels.mve.batch_matmul import KERNELS as BATCH_MATMUL_MVE
from tinyengine.kernels.mve.convolution import KERNELS as CONVOLUTION_MVE
from tinyengine.kernels.mve.depthwise import KERNELS as DEPTHWISE_MVE
from tinyengine.kernels.mve.elementwise import KERNELS as ELEMENTWISE_MVE
from tinyengine.kernels.mve.fully_connected import KERNELS as FULLY_CONNECTED_MVE
from tinyengine.kernels.mve.recurrent import KERNELS as RECURRENT_MVE
from tinyengine.kernels.mve.recurrent_s16 import KERNELS as RECURRENT_S16_MVE
from tinyengine.kernels.mve.softmax import KERNELS as SOFTMAX_MVE
from tinyengine.kernels.mve.weighted_s16 import KERNELS as WEIGHTED_S16_MVE
from tinyengine.kernels.ref.arg_extreme import KERNELS as ARG_EXTREME
from tinyengine.kernels.ref.arithmetic import KERNELS as ARITHMETIC
from tinyengine.kernels.ref.batch_matmul import KERNELS as BATCH_MATMUL
from tinyengine.kernels.ref.convolution import KERNELS as CONVOLUTION
from tinyengine.kernels.ref.convolution_s16 import KERNELS as CONVOLUTION_S16
from tinyengine.kernels.ref.detection import KERNELS as DETECTION
from tinyengine.kernels.ref.elementwise_s16 import KERNELS as ELEMENTWISE_S16
from tinyengine.kernels.ref.even import KERNELS as EVEN
from tinyengine.kernels.ref.logic import KERNELS as LOGIC
from tinyengine.kernels.ref.lookup import KERNELS as LOOKUP
from tinyengine.kernels.ref.movement import KERNELS as MOVEMENT
from tinyengine.kernels.ref.numbers import KERNELS as NUMBERS
from tinyengine.kernels.ref.pooling import KERNELS as POOLING
from tinyengine.kernels.ref.recurrent import KERNELS as RECURRENT
from tinyengine.kernels.ref.recurrent_s16 import KERNELS as RECURRENT_S16
from tinyengine.kernels.ref.reduce_extreme import KERNELS as REDUCE_EXTREME
from tinyengine.kernels.ref.reduction import KERNELS as REDUCTION
from tinyengine.kernels.ref.resize import KERNELS as RESIZE
from tinyengine.kernels.ref.selection import KERNELS as SELECTION
from tinyengine.kernels.ref.signal import KERNELS as SIGNAL
from tinyengine.kernels.ref.space import KERNELS as SPACE
from tinyengine.kernels.ref.unsigned import KERNELS as UNSIGNED
from tinyengine.kernels.spec import Constraint, Kernel

KERNELS: tuple[Kernel, ...] = (
    *CONVOLUTION,
    *POOLING,
    *ARITHMETIC,
    *REDUCTION,
    *ARG_EXTREME,
    *DETECTION,
    *EVEN,
    *LOOKUP,
    *MOVEMENT,
    *NUMBERS,
    *RESIZE,
    *SELECTION,
    *BATCH_MATMUL,
    *RECURRENT,
    *REDUCE_EXTREME,
    *SIGNAL,
    *SPACE,
    *LOGIC,
    *UNSIGNED,
    *BATCH_MATMUL_BASE,
    *BROADCAST_BASE,
    *CONVOLUTION_BASE,
    *DEPTHWISE_BASE,
    *DEPTHWISE_3X3_BASE,
    *DEPTHWISE_LARGE_BASE,
    *POINT_BASE,
    *TAPS_BASE,
    *SUMS_BASE,
    *FLIP_BASE,
    *FULLY_CONNECTED_BASE,
    *PRODUCT_PAIRS_BASE,
    *ELEMENTWISE_BASE,
    *BATCH_MATMUL_DSP,
    *CONVOLUTION_DSP,
    *DEPTHWISE_DSP,
    *ELEMENTWISE_DSP,
    *RECURRENT_DSP,
    *HELD_DSP,
    *WINOGRAD_DSP,
    *SPARSE_DSP,
    *SPARSE_PRODUCT_DSP,
    *BATCH_MATMUL_MVE,
    *CONVOLUTION_MVE,
    *DEPTHWISE_MVE,
    *FULLY_CONNECTED_MVE,
    *ELEMENTWISE_MVE,
    *RECURRENT_MVE,
    *SOFTMAX_MVE,
    *CONVOLUTION_S16,
    *CONVOLUTION_S16_DSP,
    *DEPTHWISE_S16_DSP,
    *FULLY_CONNECTED_S16_DSP,
    *ELEMENTWISE_S16,
    *RECURRENT_S16,
    *RECURRENT_S16_DSP,
    *RECURRENT_S16_MVE,
    *WEIGHTED_S16_MVE,
)
"""Every kernel of the runtime that computes whole rows of its output."""


_KERNELS_OF = {
    op: tuple(kernel for kernel in KERNELS if kernel.op is op)
    for op in dict.fromkeys(kernel.op for kernel in KERNELS)
}


def candidates(op: Op, isa: Isa) -> tuple[Kernel, ...]:
    """Give the kernels that accept `op` on `isa`; what several of them ask is worked out once."""
    verdicts: dict[Constraint, bool] = {}

    def holds(check: Constraint) -> bool:
        """Tell whether `check` holds; each is asked once."""
        if check not in verdicts:
            verdicts[check] = check(op)
        return verdicts[check]

    return tuple(
        kernel
        for kernel in _KERNELS_OF.get(type(op), ())
        if kernel.isa in isa.includes
        and kernel.rounds_as(op)
        and all(map(holds, kernel.constraints))
    )


def accepts(kernel: Kernel, op: Op) -> bool:
    """Tell whether `kernel` computes `op`."""
    return type(op) is kernel.op and not kernel.declines(op)
