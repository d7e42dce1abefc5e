"""The kernel of Quantize between uint8 and int8 that only moves values by 128: it flips bits."""

from tinyengine.board.types import Isa
from tinyengine.ir import DType, Quantize
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.rows import view_of


def values_move_by_128(op: Quantize) -> bool:
    """One must be int8, the other uint8 with a zero point 128 more, and both have one scale."""
    points = {tensor.dtype: tensor.zero_point for tensor in (op.input, op.output)}
    if set(points) != {DType.INT8, DType.UINT8} or op.input.scale != op.output.scale:
        return False
    return points[DType.UINT8] - points[DType.INT8] == 128


def _params(op: Quantize) -> Struct:
    return Struct(
        c_type="te_quantize_flip_params", members={"row_bytes": view_of(op.output).row_bytes}
    )


def _cost(op: Quantize) -> int:
    """Give the estimate: seven instructions for four bytes, and some for a row."""
    view = view_of(op.output)
    return int(view.rows * (view.row_bytes * 7 / 4 + 20))


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="base",
        function="te_quantize_s8_flip",
        header="te_quantize_flip.h",
        isa=Isa.BASE,
        op=Quantize,
        params=_params,
        progress=Progress.ELEMENT,
        constraints=(values_move_by_128,),
        cost=_cost,
    ),
)
"""For every shape."""
