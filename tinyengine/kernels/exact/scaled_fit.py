"""Sums and products of bytes in one fixed-point step, proven right for every pair of bytes.

The reference rounds several times; a single scaled sum rounds once. Two bytes have 65,536 values,
so whether both give the same outputs is found out by trying them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Add, DType, Mul, Quantization, Rounding, Source, Sub, Tensor, once
from tinyengine.reference.arithmetic import add, mul, product_scaling, sub

Integers = npt.NDArray[np.int64]

BYTES: Integers = np.arange(-128, 128, dtype=np.int64)
"""Every int8 value, in order."""

_WORD = 2**31
_UNBOUNDED = 2**40
_DOUBLINGS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledSum:
    """Numbers with which te_add_s8_dsp is right; see te_add_dsp_params."""

    lhs_factor: int
    rhs_factor: int
    offset: int
    doublings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledProduct:
    """Numbers with which te_mul_s8_dsp_channels is right; see te_mul_dsp_channels_params."""

    factor: int
    offset: int
    doublings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairProduct:
    """Numbers with which te_mul_s8_dsp is right; see te_mul_dsp_params."""

    multiplier: int
    offset: int
    shift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SumNumbers:
    """All that the outputs of a sum of bytes depend on: operators with the same ones are alike."""

    kind: type[Add | Sub]
    rounding: Rounding
    lhs: Quantization | None
    rhs: Quantization | None
    output: Quantization | None
    act_min: int
    act_max: int

    @classmethod
    def of(cls, op: Add | Sub) -> "SumNumbers":
        """Give the numbers of `op`."""
        return cls(
            kind=type(op),
            rounding=op.rounding,
            lhs=op.lhs.quant,
            rhs=op.rhs.quant,
            output=op.output.quant,
            act_min=op.act_min,
            act_max=op.act_max,
        )

    def operator(self) -> Add | Sub:
        """Give an operator that has them, of single bytes."""
        lhs, rhs, output = (
            Tensor(name="", shape=(1,), dtype=DType.INT8, quant=quant)
            for quant in (self.lhs, self.rhs, self.output)
        )
        source = Source(index=-1, opcode="", name="")
        return self.kind(
            source=source,
            lhs=lhs,
            rhs=rhs,
            output=output,
            act_min=self.act_min,
            act_max=self.act_max,
            rounding=self.rounding,
        )


def fit_sum(op: Add | Sub) -> ScaledSum | None:
    """Give a scaled sum that equals `op` for all operands; None where none is found."""
    return _fit_sum(SumNumbers.of(op))


@lru_cache(maxsize=1 << 14)
def _fit_sum(numbers: SumNumbers) -> ScaledSum | None:
    op = numbers.operator()
    try:
        expected = expected_sums(op)
    except ModelError:
        return None
    sign = -1.0 if isinstance(op, Sub) else 1.0
    lhs = op.lhs.scale / op.output.scale
    rhs = sign * op.rhs.scale / op.output.scale
    for doublings in _DOUBLINGS:
        unit = 2.0 ** (32 - doublings)
        if max(abs(lhs), abs(rhs)) * unit >= _WORD - 1024:
            continue
        for lhs_nudge, rhs_nudge in _nudges():
            lhs_factor = round(lhs * unit) + lhs_nudge
            rhs_factor = round(rhs * unit) + rhs_nudge
            values = scaled(lhs_factor)[:, None] + scaled(rhs_factor)[None, :]
            offset = offset_of(op, values, expected, 24 - doublings)
            if offset is not None:
                return ScaledSum(
                    lhs_factor=lhs_factor,
                    rhs_factor=rhs_factor,
                    offset=offset,
                    doublings=doublings,
                )
    return None


@once
def fit_product(op: Mul, *, rhs_is_wide: bool) -> ScaledProduct | None:
    """Give a scaled product that equals `op` for all operands; None where none is found.

    The narrow operand makes a factor and an offset per channel; the wide one is scaled by them.
    """
    wide, narrow = (op.rhs, op.lhs) if rhs_is_wide else (op.lhs, op.rhs)
    try:
        expected = mul(op, BYTES[:, None], BYTES[None, :]).astype(np.int64)
    except ModelError:
        return None
    expected = expected.T if rhs_is_wide else expected
    real = wide.scale * narrow.scale / op.output.scale
    centred = BYTES - narrow.zero_point
    for doublings in _DOUBLINGS:
        for nudge in range(-16, 17, 4):
            factor = round(real * 2.0 ** (32 - doublings)) + nudge
            if factor * int(np.abs(centred).max()) >= _WORD:
                continue
            factors = centred * factor
            offsets = 2 * (factors * (-wide.zero_point * 128) >> 16)
            values = offsets[None, :] + (factors[None, :] * (BYTES * 256)[:, None] >> 16)
            offset = offset_of(op, values, expected, 24 - doublings)
            if offset is not None and np.abs(offsets + offset).max() < _WORD:
                return ScaledProduct(factor=factor, offset=offset, doublings=doublings)
    return None


@once
def fit_pair_product(op: Mul) -> PairProduct | None:
    """Give how te_mul_s8_dsp computes `op` if that equals it for all operands, else None."""
    try:
        expected = mul(op, BYTES[:, None], BYTES[None, :]).astype(np.int64)
        multiplier, exponent = product_scaling(op)
    except ModelError:
        return None
    shift = -exponent
    if not 1 <= shift <= 22:
        return None
    offset = (2 * op.output.zero_point + 1) << (shift - 1)
    products = (BYTES - op.lhs.zero_point)[:, None] * (BYTES - op.rhs.zero_point)[None, :]
    rounded = (2 * products * multiplier + _WORD) >> 32
    values = (rounded + (products >> 63) + offset) >> shift
    fits = np.array_equal(np.clip(values, op.act_min, op.act_max), expected)
    return PairProduct(multiplier=multiplier, offset=offset, shift=shift) if fits else None


def scaled(factor: int) -> Integers:
    """Give what SMLAWB adds for every byte: factor * byte / 2^8, rounded down."""
    return np.asarray((factor * (BYTES * 256)) >> 16)


def expected_sums(op: Add | Sub) -> Integers:
    """Give the reference's outputs: [256 lhs, 256 rhs]."""
    lhs, rhs = BYTES[:, None], BYTES[None, :]
    outputs = sub(op, lhs, rhs) if isinstance(op, Sub) else add(op, lhs, rhs)
    return outputs.astype(np.int64)


def _nudges() -> Iterator[tuple[int, int]]:
    """Give small changes of two factors, the smallest first."""
    steps = range(-3, 4)
    pairs = sorted(((x, y) for x in steps for y in steps), key=lambda p: max(abs(p[0]), abs(p[1])))
    return ((16 * x, 16 * y) for x, y in pairs)


def offset_of(op: Add | Sub | Mul, values: Integers, expected: Integers, bits: int) -> int | None:
    """Give the offset with which all values, `bits` up, have the expected integer parts, clamped.

    An output at an end of the clamp may come from any value beyond it. None where no offset does,
    or where a value leaves 32 bits.
    """
    least, greatest = offset_bounds(op, values, expected, bits)
    ends = int(least.max()), int(greatest.min())
    return offset_between(*ends, int(values.min()), int(values.max()))


def offset_bounds(
    op: Add | Sub | Mul, values: Integers, expected: Integers, bits: int
) -> tuple[Integers, Integers]:
    """Give the least and the greatest offset with which each value has its expected integer part.

    Those are for `offset_of`; where an output is at an end of the clamp one has no bound.
    """
    least = np.where(expected > op.act_min, (expected << bits) - values, -_UNBOUNDED)
    above = ((expected + 1) << bits) - 1 - values
    return least, np.where(expected < op.act_max, above, _UNBOUNDED)


def offset_between(least: int, greatest: int, smallest: int, largest: int) -> int | None:
    """Give an offset between two bounds; values from `smallest` to `largest` stay in 32 bits."""
    if least > greatest:
        return None
    offset = (max(least, -_WORD) + min(greatest, _WORD - 1)) // 2
    fits = largest + offset < _WORD and smallest + offset >= -_WORD
    return offset if fits and abs(offset) < _WORD else None
