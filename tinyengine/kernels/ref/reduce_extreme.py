"""The kernel of ReduceMax and ReduceMin."""

import math
from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import DType, ReduceExtreme, ReduceMax, ReduceMin
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.rows import view_of


def elements_are_bytes(op: ReduceExtreme) -> bool:
    """Input and output must be int8 or bool, both the same."""
    return op.input.dtype is op.output.dtype and op.input.dtype in (DType.INT8, DType.BOOL)


def elements_are_int16(op: ReduceExtreme) -> bool:
    """Input and output must be int16."""
    return op.input.dtype is op.output.dtype is DType.INT16


def quantization_is_equal(op: ReduceExtreme) -> bool:
    """Input and output must have the same scale and zero point."""
    return op.input.quantized_like(op.output)


def _params(op: ReduceExtreme) -> Struct:
    count, inner = op.input.shape[op.axis], math.prod(op.input.shape[op.axis + 1 :])
    row_elements = view_of(op.input).row_bytes // op.input.dtype.nbytes
    over_rows = inner >= row_elements
    row_step = inner // row_elements if over_rows else 1
    return Struct(
        c_type="te_reduce_extreme_params",
        members={
            "rows": count if over_rows else 1,
            "row_step": row_step,
            "parts": 1 if over_rows else row_elements // (count * inner),
            "count": 1 if over_rows else count,
            "inner": row_elements if over_rows else inner,
            "flip": 0xFF if isinstance(op, ReduceMin) else 0x00,
        },
    )


_REDUCE_MAX = Kernel(
    folder="ref",
    function="te_reduce_extreme_s8",
    header="te_reduce_extreme.h",
    isa=Isa.BASE,
    op=ReduceMax,
    params=_params,
    progress=Progress.ROW,
    constraints=(elements_are_bytes, quantization_is_equal),
)

_REDUCE_MAX_S16 = replace(
    _REDUCE_MAX,
    function="te_reduce_extreme_s16",
    constraints=(elements_are_int16, quantization_is_equal),
)

KERNELS: tuple[Kernel, ...] = tuple(
    replace(kernel, op=op)
    for kernel in (_REDUCE_MAX, _REDUCE_MAX_S16)
    for op in (ReduceMax, ReduceMin)
)
"""One kernel for both, by the elements' size, for every shape and axis."""
