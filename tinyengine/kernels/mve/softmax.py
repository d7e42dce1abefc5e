"""Kernel of Softmax for MVE: exponentials are gathered from a table."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import Softmax
from tinyengine.kernels.ref.reduction import SOFTMAX
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.rows import output_view


def rows_are_short(op: Softmax) -> bool:
    """Rows must have 2,047 elements at most."""
    return op.input.shape[-1] < 1 << 11


def _cost(op: Softmax) -> int:
    return 5 * op.output.elements + 200 * output_view(op).rows


KERNELS: tuple[Kernel, ...] = (
    replace(
        SOFTMAX,
        folder="mve",
        function="te_softmax_s8_mve",
        header="te_softmax_mve.h",
        isa=Isa.MVE,
        constraints=(*SOFTMAX.constraints, rows_are_short),
        cost=_cost,
    ),
)
"""For rows whose exponentials do not add up to more than 32 bits hold."""
