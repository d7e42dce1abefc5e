"""Kernels of Add, Sub, Mul and SquaredDifference under broadcasting, for every core."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Add, Binary, Mul, Op, Rounding, SquaredDifference, Sub
from tinyengine.kernels.exact.plain_fit import fit_plain_sum, sum_is_plain
from tinyengine.kernels.ref.arithmetic import (
    MUL,
    SQUARED_DIFFERENCE,
    operands_are_int8,
    operands_broadcast,
    pair_members,
    shapes_are_equal,
)
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.arithmetic import (
    LARGEST_DIFFERENCES,
    Scaling,
    product_scaling,
    squared_difference_scaling,
)
from tinyengine.reference.rows import view_of

_WORD = 2**31
_GREATEST_SQUARE = 32640**2
"""Of two scaled operands at opposite ends: 255 * 2^7 / 2 each."""


def an_operand_is_broadcast(op: Binary) -> bool:
    """One operand must have another shape than the output."""
    return not shapes_are_equal(op)


def product_folds(op: Mul) -> bool:
    """Scale ratio lhs * rhs / output must be below 1/2, and not below 2^-23."""
    return _folds(op, lambda: product_scaling(op), LARGEST_DIFFERENCES[op.lhs.dtype] ** 2)


def square_folds(op: SquaredDifference) -> bool:
    """Squared scales over the output's must be below 2^12, and not below 2^-10."""
    return _folds(op, lambda: squared_difference_scaling(op).output, _GREATEST_SQUARE)


def _folds(op: Op, derive: Callable[[], Scaling], greatest: int) -> bool:
    """Tell whether the zero point and the last rounding fit a word with the scaled sum."""
    try:
        multiplier, shift = derive()
    except ModelError:
        return False
    if not 1 <= -shift <= 23:
        return False
    offset = abs(2 * op.output.zero_point + 1) << (-shift - 1)
    return offset + (greatest * multiplier >> 31) + 2 < _WORD


def _add_params(op: Add | Sub) -> Struct:
    fit = fit_plain_sum(op)
    assert fit is not None, "the constraints have accepted the operator"
    return Struct(
        c_type="te_add_pairs_params",
        members={
            "pairs": pair_members(op.lhs, op.rhs, op.output),
            "lhs_factor": fit.lhs_factor,
            "rhs_factor": fit.rhs_factor,
            "offset": fit.offset,
            "bits": fit.bits,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _cost_of(per_element: int, per_group: int) -> Callable[[Binary], int]:
    """Give the estimate for so many instructions for an element, and for a group of them."""

    def cost(op: Binary) -> int:
        """Estimate the instructions of the whole operator."""
        groups = pair_members(op.lhs, op.rhs, op.output)[1] * view_of(op.output).rows
        return op.output.elements * per_element + groups * per_group

    return cost


def _kernel(
    name: str, op: type[Op], params: Callable[[Any], Struct], cost: int, *constraints: Constraint
) -> Kernel:
    return Kernel(
        folder="base",
        function=f"te_{name}_s8_base_pairs",
        header="te_base_pairs_params.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=Progress.ELEMENT,
        constraints=(operands_are_int8, operands_broadcast, *constraints),
        cost=_cost_of(cost, 40),
    )


_ADD = _kernel("add", Add, _add_params, 10, an_operand_is_broadcast, sum_is_plain)

KERNELS: tuple[Kernel, ...] = (
    *(replace(_ADD, op=op, rounding=rounding) for rounding in Rounding for op in (Add, Sub)),
    _kernel("mul", Mul, MUL.params, 14, product_folds),
    _kernel(
        "squared_difference",
        SquaredDifference,
        SQUARED_DIFFERENCE.params,
        26,
        an_operand_is_broadcast,
        square_folds,
    ),
)
"""An operand that stays the same within a group of elements is prepared once for all of it."""
