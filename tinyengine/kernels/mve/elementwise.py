"""Kernels of elementwise and pooling operators for MVE."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Add, AveragePool2D, Lookup, MaxPool2D, Mean, Mul, Sub
from tinyengine.kernels.dsp.elementwise import mean_is_per_channel, shapes_are_equal
from tinyengine.kernels.exact.scaled_fit import BYTES, expected_sums, offset_of
from tinyengine.kernels.ref.arithmetic import KERNELS as ARITHMETIC
from tinyengine.kernels.ref.arithmetic import operands_are_int8, pair_members, product_fits
from tinyengine.kernels.ref.lookup import KERNELS as LOOKUP
from tinyengine.kernels.ref.pooling import KERNELS as POOLING
from tinyengine.kernels.ref.reduction import KERNELS as REDUCTION
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.arithmetic import product_scaling
from tinyengine.reference.rows import view_of

_WORD = 2**31
_FRACTION_BITS = (22, 21, 20)
_NUDGES = sorted(
    ((lhs, rhs) for lhs in range(-8, 9) for rhs in range(-8, 9)),
    key=lambda pair: max(map(abs, pair)),
)
"""Small changes of two factors, the smallest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSum:
    """Numbers with which te_add_s8_mve is right; `bits` of them are a fraction."""

    lhs_factor: int
    rhs_factor: int
    offset: int
    bits: int


@lru_cache(maxsize=256)
def fit_plain_sum(op: Add | Sub) -> PlainSum | None:
    """Give factors whose sum equals `op` for all operands, rounded down; None where none do.

    The reference rounds three times; whether one sum gives the same is found out by trying all
    pairs of bytes.
    """
    try:
        expected = expected_sums(op)
    except ModelError:
        return None
    lhs = op.lhs.scale / op.output.scale
    rhs = (-1.0 if isinstance(op, Sub) else 1.0) * op.rhs.scale / op.output.scale
    for bits in _FRACTION_BITS:
        unit = 2.0**bits
        if (abs(lhs) + abs(rhs)) * 128 * unit >= _WORD:
            continue
        for lhs_nudge, rhs_nudge in _NUDGES:
            lhs_factor, rhs_factor = round(lhs * unit) + lhs_nudge, round(rhs * unit) + rhs_nudge
            values = (lhs_factor * BYTES)[:, None] + (rhs_factor * BYTES)[None, :]
            offset = offset_of(op, values, expected, bits)
            if offset is not None and abs(lhs_factor) * 128 + abs(offset) < _WORD:
                return PlainSum(
                    lhs_factor=lhs_factor, rhs_factor=rhs_factor, offset=offset, bits=bits
                )
    return None


def sum_is_plain(op: Add | Sub) -> bool:
    """Scale ratios must be below 16 in sum, and such that one rounding gives every output."""
    return not operands_are_int8(op) or fit_plain_sum(op) is not None


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
    return op.input.elements * 5 // 8 + 28 * op.output.elements + 300


_ADD = Kernel(
    name="te_add_s8_mve",
    header="te_add_mve.h",
    isa=Isa.MVE,
    op=Add,
    params=_add_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, shapes_are_equal, sum_is_plain),
    cost=_add_cost,
)


def _variant(kernels: tuple[Kernel, ...], name: str, cost: Callable[[Any], int]) -> Kernel:
    """Give the variant of the portable kernel `name`, which has the same parameters."""
    (kernel,) = (kernel for kernel in kernels if kernel.name == name)
    header = f"{name.replace('_s8', '')}_mve.h"
    return replace(kernel, name=f"{name}_mve", header=header, isa=Isa.MVE, cost=cost)


_MUL = _variant(ARITHMETIC, "te_mul_s8", _mul_cost)
_MEAN = _variant(REDUCTION, "te_mean_s8", _mean_cost)

KERNELS: tuple[Kernel, ...] = (
    _ADD,
    replace(_ADD, op=Sub),
    replace(_MUL, constraints=(*_MUL.constraints, elements_are_adjacent, product_shifts_right)),
    _variant(LOOKUP, "te_lookup_s8", _lookup_cost),
    _variant(POOLING, "te_average_pool2d_s8", _average_pool_cost),
    _variant(POOLING, "te_max_pool2d_s8", _max_pool_cost),
    replace(_MEAN, constraints=(*_MEAN.constraints, mean_is_per_channel)),
)
"""The kernels; they are exact, and where one cannot be for an operator it declines."""
