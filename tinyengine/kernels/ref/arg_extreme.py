"""The kernel of ArgMax and ArgMin."""

import math
from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import ArgExtreme, ArgMax, ArgMin, DType
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.rows import view_of

_FLIPS = {
    (ArgMax, DType.INT8): 0x00,
    (ArgMax, DType.UINT8): 0x80,
    (ArgMin, DType.INT8): 0xFF,
    (ArgMin, DType.UINT8): 0x7F,
}
"""The bits that turn a byte into the int8 whose greatest is wanted: inverted, for the least."""


def input_is_8_bit(op: ArgExtreme) -> bool:
    """Input must be int8 or uint8."""
    return op.input.dtype in (DType.INT8, DType.UINT8)


def output_is_wide(op: ArgExtreme) -> bool:
    """Output must be int32 or int64."""
    return op.output.dtype in (DType.INT32, DType.INT64)


def _params(op: ArgExtreme) -> Struct:
    row_bytes = view_of(op.input).row_bytes
    inner = math.prod(op.input.shape[op.axis + 1 :])
    leads_over_rows = inner >= row_bytes
    return Struct(
        c_type="te_arg_extreme_params",
        members={
            "in_row_bytes": row_bytes,
            "row_elements": view_of(op.output).row_bytes // op.output.dtype.nbytes,
            "count": op.input.shape[op.axis],
            "inner": inner,
            "row_step": inner // row_bytes if leads_over_rows else 0,
            "byte_step": 0 if leads_over_rows else inner,
            "is_64_bit": int(op.output.dtype is DType.INT64),
            "flip": _FLIPS[type(op), op.input.dtype],
        },
    )


_ARG_MAX = Kernel(
    folder="ref",
    function="te_arg_extreme_s8",
    header="te_arg_extreme.h",
    isa=Isa.BASE,
    op=ArgMax,
    params=_params,
    progress=Progress.WHOLE,
    constraints=(input_is_8_bit, output_is_wide),
)

KERNELS: tuple[Kernel, ...] = (_ARG_MAX, replace(_ARG_MAX, op=ArgMin))
"""One kernel for both, for every shape and axis."""
