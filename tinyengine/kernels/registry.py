"""All kernels, and which of them accept an operator."""

from tinyengine.board.types import Isa
from tinyengine.ir import Op
from tinyengine.kernels.arithmetic import KERNELS as ARITHMETIC
from tinyengine.kernels.convolution import KERNELS as CONVOLUTION
from tinyengine.kernels.convolution_base import KERNELS as CONVOLUTION_BASE
from tinyengine.kernels.convolution_dsp import KERNELS as CONVOLUTION_DSP
from tinyengine.kernels.convolution_mve import KERNELS as CONVOLUTION_MVE
from tinyengine.kernels.depthwise_base import KERNELS as DEPTHWISE_BASE
from tinyengine.kernels.depthwise_dsp import KERNELS as DEPTHWISE_DSP
from tinyengine.kernels.depthwise_mve import KERNELS as DEPTHWISE_MVE
from tinyengine.kernels.elementwise_base import KERNELS as ELEMENTWISE_BASE
from tinyengine.kernels.elementwise_dsp import KERNELS as ELEMENTWISE_DSP
from tinyengine.kernels.elementwise_mve import KERNELS as ELEMENTWISE_MVE
from tinyengine.kernels.fully_connected_base import KERNELS as FULLY_CONNECTED_BASE
from tinyengine.kernels.fully_connected_mve import KERNELS as FULLY_CONNECTED_MVE
from tinyengine.kernels.lookup import KERNELS as LOOKUP
from tinyengine.kernels.movement import KERNELS as MOVEMENT
from tinyengine.kernels.pooling import KERNELS as POOLING
from tinyengine.kernels.reduction import KERNELS as REDUCTION
from tinyengine.kernels.resize import KERNELS as RESIZE
from tinyengine.kernels.spec import Kernel

KERNELS: tuple[Kernel, ...] = (
    *CONVOLUTION,
    *POOLING,
    *ARITHMETIC,
    *REDUCTION,
    *LOOKUP,
    *MOVEMENT,
    *RESIZE,
    *CONVOLUTION_BASE,
    *DEPTHWISE_BASE,
    *FULLY_CONNECTED_BASE,
    *ELEMENTWISE_BASE,
    *CONVOLUTION_DSP,
    *DEPTHWISE_DSP,
    *ELEMENTWISE_DSP,
    *CONVOLUTION_MVE,
    *DEPTHWISE_MVE,
    *FULLY_CONNECTED_MVE,
    *ELEMENTWISE_MVE,
)
"""Every kernel of the runtime that computes whole rows of its output."""


def candidates(op: Op, isa: Isa) -> tuple[Kernel, ...]:
    """Give the kernels that accept `op` on `isa`."""
    return tuple(kernel for kernel in KERNELS if kernel.isa in isa.includes and accepts(kernel, op))


def accepts(kernel: Kernel, op: Op) -> bool:
    """Tell whether `kernel` computes `op`."""
    return type(op) is kernel.op and not kernel.declines(op)
