"""Kernel of Softmax for MVE: exponentials are gathered from a whole table."""

from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Softmax
from tinyengine.kernels.ref.reduction import SOFTMAX
from tinyengine.kernels.spec import Kernel, Struct
from tinyengine.reference.reduction import softmax_exponentials
from tinyengine.reference.rows import output_view


def rows_are_short(op: Softmax) -> bool:
    """Rows must have 2,047 elements at most."""
    return op.input.shape[-1] < 1 << 11


def _params(op: Softmax) -> Struct:
    known = softmax_exponentials(op)
    table = np.zeros(256, np.int32)
    table[: len(known)] = known
    return Struct(
        c_type="te_softmax_params",
        members={
            "depth": op.input.shape[-1],
            "exponentials": table,
            "differences": len(known),
        },
    )


def _cost(op: Softmax) -> int:
    return 5 * op.output.elements + 200 * output_view(op).rows


KERNELS: tuple[Kernel, ...] = (
    replace(
        SOFTMAX,
        folder="mve",
        function="te_softmax_s8_mve",
        header="te_softmax_mve.h",
        isa=Isa.MVE,
        params=_params,
        constraints=(*SOFTMAX.constraints, rows_are_short),
        cost=_cost,
    ),
)
"""For rows whose exponentials do not add up to more than 32 bits hold."""
