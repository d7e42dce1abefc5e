"""Sums of bytes as one sum of products, rounded down: proven right for every pair of bytes."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Add, Sub
from tinyengine.kernels.exact.scaled_fit import (
    BYTES,
    Integers,
    SumNumbers,
    expected_sums,
    offset_between,
    offset_bounds,
)
from tinyengine.kernels.ref.arithmetic import operands_are_int8

_WORD = 2**31
_FRACTION_BITS = (22, 21, 20)
_NUDGE = 8
_NUDGES = sorted(
    ((x, y) for x in range(-_NUDGE, _NUDGE + 1) for y in range(-_NUDGE, _NUDGE + 1)),
    key=lambda pair: max(map(abs, pair)),
)
"""Small changes of two factors, the smallest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainSum:
    """Numbers with which te_add_s8_mve and te_add_s8_base are right, with `bits` of fraction."""

    lhs_factor: int
    rhs_factor: int
    offset: int
    bits: int


def fit_plain_sum(op: Add | Sub) -> PlainSum | None:
    """Give factors whose sum equals `op` for all operands, rounded down; None where none do.

    The reference rounds three times; whether one sum gives the same is found out by trying all
    pairs of bytes.
    """
    return _fit_plain_sum(SumNumbers.of(op))


@lru_cache(maxsize=1 << 14)
def _fit_plain_sum(numbers: SumNumbers) -> PlainSum | None:
    op = numbers.operator()
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
        bounds = _Bounds(op, (round(lhs * unit), round(rhs * unit)), expected, bits)
        for nudge in _NUDGES:
            lhs_factor, rhs_factor = bounds.factors(nudge)
            offset = bounds.offset(nudge)
            if offset is not None and abs(lhs_factor) * 128 + abs(offset) < _WORD:
                return PlainSum(
                    lhs_factor=lhs_factor, rhs_factor=rhs_factor, offset=offset, bits=bits
                )
    return None


class _Bounds:
    """What pairs of bytes ask of the offset, for factors that are nudged: few of them matter.

    A nudge changes what a pair asks by 2 * _NUDGE * 128 at most. The pairs that ask most, with
    some nudge, are among those that are so near to the one that asks most without.
    """

    def __init__(
        self, op: Add | Sub, factors: tuple[int, int], expected: Integers, bits: int
    ) -> None:
        self._factors = factors
        values = (factors[0] * BYTES)[:, None] + (factors[1] * BYTES)[None, :]
        least, greatest = offset_bounds(op, values, expected, bits)
        reach = 2 * (2 * _NUDGE * 128)
        self._low = self._near(least, least >= least.max() - reach)
        self._high = self._near(greatest, greatest <= greatest.min() + reach)

    def _near(self, asked: Integers, which: npt.NDArray[np.bool_]) -> tuple[Integers, ...]:
        """Give what some pairs ask, and the bytes of each."""
        lhs, rhs = np.nonzero(which)
        return asked[which], BYTES[lhs], BYTES[rhs]

    def factors(self, nudge: tuple[int, int]) -> tuple[int, int]:
        """Give the factors of a nudge."""
        return self._factors[0] + nudge[0], self._factors[1] + nudge[1]

    def offset(self, nudge: tuple[int, int]) -> int | None:
        """Give the offset as `offset_of` does for the values of the nudged factors."""
        (least, lhs, rhs), (greatest, lhs_high, rhs_high) = self._low, self._high
        low = int((least - nudge[0] * lhs - nudge[1] * rhs).max())
        high = int((greatest - nudge[0] * lhs_high - nudge[1] * rhs_high).min())
        ends = [sorted((-128 * factor, 127 * factor)) for factor in self.factors(nudge)]
        (lhs_min, lhs_max), (rhs_min, rhs_max) = ends
        return offset_between(low, high, lhs_min + rhs_min, lhs_max + rhs_max)


def sum_is_plain(op: Add | Sub) -> bool:
    """Scale ratios must be below 16 in sum, and such that one rounding gives every output."""
    return not operands_are_int8(op) or fit_plain_sum(op) is not None
