"""Sums of bytes as one sum of products, rounded down: proven right for every pair of bytes."""

from dataclasses import dataclass
from functools import lru_cache

from tinyengine.errors import ModelError
from tinyengine.ir import Add, Sub
from tinyengine.kernels.exact.scaled_fit import BYTES, SumNumbers, expected_sums, offset_of
from tinyengine.kernels.ref.arithmetic import operands_are_int8

_WORD = 2**31
_FRACTION_BITS = (22, 21, 20)
_NUDGES = sorted(
    ((lhs, rhs) for lhs in range(-8, 9) for rhs in range(-8, 9)),
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
