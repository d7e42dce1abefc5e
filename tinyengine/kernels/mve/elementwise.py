"""Kernels of elementwise and pooling operators for MVE."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import Add, AveragePool2D, Lookup, MaxPool2D, Mean, Mul, Rounding, Sub
from tinyengine.kernels.exact.plain_fit import fit_plain_sum, sum_is_plain
from tinyengine.kernels.ref.arithmetic import (
    MUL,
    operands_are_int8,
    pair_members,
    product_fits,
    shapes_are_equal,
)
from tinyengine.kernels.ref.lookup import LOOKUP
from tinyengine.kernels.ref.pooling import AVERAGE_POOL2D, MAX_POOL2D
from tinyengine.kernels.ref.reduction import MEAN as PORTABLE_MEAN
from tinyengine.kernels.ref.reduction import mean_is_per_channel
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.arithmetic import product_scaling
from tinyengine.reference.rows import view_of


def _add_params(op: Add | Sub) -> Struct:
    fit = fit_plain_sum(op)
    assert fit is not None, "the constraints have accepted the operator"
    return Struct(
        c_type="te_add_mve_params",
        members={
            "row_bytes": view_of(op.output).row_bytes,
            "lhs_factor": fit.lhs_factor,
            "rhs_factor": fit.rhs_factor,
            "offset": fit.offset,
            "shift": -fit.bits,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _add_cost(op: Add | Sub) -> int:
    return op.output.elements * 9 // 4 + 50 * view_of(op.output).rows


def elements_are_adjacent(op: Mul) -> bool:
    """Operands must have the output's elements along the last axis."""
    _, _, elements, *steps = pair_members(op.lhs, op.rhs, op.output)
    return elements == 1 or (steps[3] == 1 and steps[7] == 1)


def product_shifts_right(op: Mul) -> bool:
    """Scale ratio lhs * rhs / output must be below 1/2."""
    return not product_fits(op) or product_scaling(op)[1] < 0


def _mul_cost(op: Mul) -> int:
    _, groups, elements, *_ = pair_members(op.lhs, op.rhs, op.output)
    group = 14 * -(-elements // 4) + 18
    return view_of(op.output).rows * (groups * group + 50)


def _lookup_cost(op: Lookup) -> int:
    return op.output.elements // 4 + 30 * view_of(op.output).rows


def _average_pool_cost(op: AveragePool2D) -> int:
    pixel = 5 * op.kernel_h * op.kernel_w + 20 * op.kernel_h
    return op.output.elements * (pixel + 30) // 8 + 18 * op.output.elements


def _max_pool_cost(op: MaxPool2D) -> int:
    pixel = 5 * op.kernel_h * op.kernel_w + 15 * op.kernel_h
    return op.output.elements * (pixel + 40) // 16 + 8 * op.output.elements


def _mean_cost(op: Mean) -> int:
    return op.input.elements * 5 // 8 + 14 * op.output.elements + 300


_ADD = Kernel(
    folder="mve",
    function="te_add_s8_mve",
    header="te_add_mve.h",
    isa=Isa.MVE,
    op=Add,
    params=_add_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, shapes_are_equal, sum_is_plain),
    cost=_add_cost,
)


AVERAGE_POOL = replace(
    AVERAGE_POOL2D,
    folder="mve",
    function="te_average_pool2d_s8_mve",
    header="te_average_pool2d_mve.h",
    isa=Isa.MVE,
    cost=_average_pool_cost,
)

_MAX_POOL = replace(
    MAX_POOL2D,
    folder="mve",
    function="te_max_pool2d_s8_mve",
    header="te_max_pool2d_mve.h",
    isa=Isa.MVE,
    cost=_max_pool_cost,
)

MEAN = replace(
    PORTABLE_MEAN,
    folder="mve",
    function="te_mean_s8_mve",
    header="te_mean_mve.h",
    isa=Isa.MVE,
    constraints=(*PORTABLE_MEAN.constraints, mean_is_per_channel),
    cost=_mean_cost,
)

_MUL = replace(
    MUL,
    folder="mve",
    function="te_mul_s8_mve",
    header="te_mul_mve.h",
    isa=Isa.MVE,
    constraints=(*MUL.constraints, elements_are_adjacent, product_shifts_right),
    cost=_mul_cost,
)

_LOOKUP = replace(
    LOOKUP,
    folder="mve",
    function="te_lookup_s8_mve",
    header="te_lookup_mve.h",
    isa=Isa.MVE,
    cost=_lookup_cost,
)

KERNELS: tuple[Kernel, ...] = (
    _ADD,
    replace(_ADD, op=Sub),
    replace(_ADD, rounding=Rounding.EVEN),
    replace(_ADD, op=Sub, rounding=Rounding.EVEN),
    _MUL,
    _LOOKUP,
    AVERAGE_POOL,
    _MAX_POOL,
    MEAN,
)
"""The kernels; they are exact, and where one cannot be for an operator it declines."""
