"""Factors of fully connected operators of int16 that give the reference's outputs, proven."""

from dataclasses import dataclass

import numpy as np

from tinyengine.ir import DType, FullyConnected, once
from tinyengine.kernels.ref.convolution import (
    double_factors,
    factors_fit,
    greatest_sums,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.ref.convolution_s16 import operands_are_int16
from tinyengine.reference.convolution import fully_connected_factors
from tinyengine.reference.fixed_point import Ints, requantize_real

_MOST_FACTORS = 256
"""How many factors are proven at most: each takes hundredths of a second."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scales:
    """The factors (multiplier + fraction / 2^32) / 2^(32 + shift): one, or one per output."""

    multiplier: Ints
    fraction: Ints
    shift: Ints


def factors_are_exact(op: FullyConnected) -> bool:
    """Scale ratio input * weight / output must have a form of 64 bits with the same outputs."""
    is_wide = operands_are_int16(op) and weight_is_constant(op) and factors_fit(op) and sums_fit(op)
    return not is_wide or proven_scales(op) is not None


@once
def proven_scales(op: FullyConnected) -> Scales | None:
    """Give the factors, proven for every sum that there can be; None where there are none."""
    real = fully_connected_factors(op)
    if len(real) > _MOST_FACTORS:
        return None
    found = [multiplier << 31 | fraction for multiplier, fraction, _ in double_factors(op)]
    whole = np.array(found, np.int64)
    multiplier = (whole + (1 << 31)) >> 32
    scales = Scales(
        multiplier=multiplier,
        fraction=whole - (multiplier << 32),
        shift=np.array([-2 - shift for _, _, shift in double_factors(op)], np.int64),
    )
    sums = greatest_sums(op)
    bounds = sums if len(real) > 1 else sums.max(keepdims=True)
    is_exact = all(_agrees(scales, i, real[i], int(bounds[i])) for i in range(len(real)))
    return scales if is_exact else None


def _agrees(scales: Scales, index: int, real: np.float64, bound: int) -> bool:
    """Tell whether a factor gives the reference's outputs for sums within `bound`.

    Neither falls where the sum grows: it is enough to compare them around every change.
    """
    shift = int(scales.shift[index])
    if not 1 <= shift <= 31:
        return False
    most = min(int(bound * real) + 2, 1 << 15)
    changes = np.floor((np.arange(-most, most + 1) - 0.5) / real).astype(np.int64)
    sums = np.clip(changes[:, None] + np.arange(-1, 3), -bound, bound)
    rest = (sums * scales.fraction[index]) >> 32
    scaled = (sums * scales.multiplier[index] + rest) >> 32
    found = (scaled + (1 << (shift - 1))) >> shift
    wanted = requantize_real(sums, np.asarray(real), wraps=False)
    limits = DType.INT16.limits
    return bool(np.array_equal(np.clip(found, *limits), np.clip(wanted, *limits)))
