"""Fixed-point arithmetic as TFLite's reference kernels do it: multipliers, shifts, roundings.

A real factor is `multiplier * 2^(shift - 31)`: a Q31 mantissa in [2^30, 2^31), or 0, and a shift
that is left where positive. Source: TensorFlow Lite, `kernels/internal/quantization_util.cc`
(QuantizeMultiplier) and `kernels/internal/common.h` (MultiplyByQuantizedMultiplier).
"""

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError

Ints = npt.NDArray[np.int64]
IntsLike = npt.ArrayLike


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Give (multiplier, shift) of the factor `real`; (0, 0) below 2^-32.

    The mantissa is rounded to nearest, halves away from zero. Raises ModelError where `real` is
    negative, not finite, or 2^30 and more.
    """
    if not math.isfinite(real) or real < 0:
        raise ModelError("", f"a requantization factor is {real}", "check the tensors' scales")
    mantissa, shift = math.frexp(real)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift > 30:
        raise ModelError("", f"the requantization factor {real:g} is 2^30 or more")
    return (0, 0) if shift < -31 else (multiplier, shift)


def quantize_multipliers(
    reals: Iterable[float] | npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Give the multipliers and the shifts of factors, one each per factor.

    As `quantize_multiplier`, for many at once.
    """
    factors = np.asarray(reals if isinstance(reals, np.ndarray) else list(reals), np.float64)
    mantissas, shifts = np.frexp(factors)
    if not (np.isfinite(factors) & (factors >= 0) & (shifts < 30)).all():
        for factor in factors.tolist():
            quantize_multiplier(factor)
    multipliers = np.floor(mantissas * 2**31 + 0.5).astype(np.int64)
    shifts = shifts + (multipliers == 2**31)
    multipliers = np.where(multipliers == 2**31, 2**30, multipliers)
    is_zero = shifts < -31
    return (
        np.where(is_zero, 0, multipliers).astype(np.int32),
        np.where(is_zero, 0, shifts).astype(np.int8),
    )


def wrap32(values: IntsLike) -> Ints:
    """Give `values` modulo 2^32 in [-2^31, 2^31), as 32-bit registers hold them."""
    return np.asarray(values).astype(np.int64).astype(np.int32).astype(np.int64)


def multiply_q31(values: IntsLike, multiplier: IntsLike) -> Ints:
    """Give values * multiplier / 2^31 rounded to nearest, halves up; multiplier ≥ 0.

    For such multipliers this is gemmlowp's SaturatingRoundingDoublingHighMul.
    """
    product = np.asarray(values, np.int64) * np.asarray(multiplier, np.int64)
    return np.asarray((product + (1 << 30)) >> 31)


def shift_right_rounded(values: IntsLike, shift: IntsLike) -> Ints:
    """Give values / 2^shift rounded to nearest, halves away from zero; shift in [0, 31].

    Source: gemmlowp, `fixedpoint/fixedpoint.h`, RoundingDivideByPOT.
    """
    x, right = np.asarray(values, np.int64), np.asarray(shift, np.int64)
    mask = (np.int64(1) << right) - 1
    threshold = (mask >> 1) + (x < 0)
    return np.asarray((x >> right) + ((x & mask) > threshold))


def requantize(values: IntsLike, multiplier: IntsLike, shift: IntsLike) -> Ints:
    """Give values * multiplier * 2^(shift - 31) in two roundings, as convolutions do.

    The Q31 product is rounded, then the right shift. `values` and `values << shift` are taken
    modulo 2^32.
    """
    exponent = np.asarray(shift, np.int64)
    shifted = wrap32(wrap32(values) << np.maximum(exponent, 0))
    return shift_right_rounded(multiply_q31(shifted, multiplier), np.maximum(-exponent, 0))


def requantize_once(values: IntsLike, multiplier: IntsLike, shift: IntsLike) -> Ints:
    """Give values * r * 2^(shift - 15), rounded once, halves up; r is `multiplier` in 16 bits.

    This is how sums of 64 bits are scaled: r = (multiplier + 2^15) >> 16, at most 2^15 - 1. The
    values are within 2^47, `shift` in [-31, 7]; results are taken modulo 2^32. Source: TFLite,
    kernels/internal/common.cc, MultiplyByQuantizedMultiplier of int64.
    """
    right = 15 - np.asarray(shift, np.int64)
    product = np.asarray(values, np.int64) * reduced_multiplier(multiplier)
    return wrap32((product + (np.int64(1) << (right - 1))) >> right)


def reduced_multiplier(multiplier: IntsLike) -> Ints:
    """Give the upper 16 bits of Q31 multipliers, rounded, at most 2^15 - 1."""
    rounded = (np.asarray(multiplier, np.int64) + (1 << 15)) >> 16
    return np.asarray(np.minimum(rounded, (1 << 15) - 1))


def round_half_away(reals: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Give the nearest integers, halves away from zero, as C's `round` does."""
    whole = np.trunc(reals)
    return np.asarray(whole + np.sign(reals) * (np.abs(reals - whole) >= 0.5))


def requantize_real(values: Ints, factor: npt.NDArray[np.float64], *, wraps: bool = True) -> Ints:
    """Give values * factor in double precision, rounded to nearest, halves away from zero.

    `values` are taken modulo 2^32 if it `wraps`; a result that does not fit 32 bits becomes -2^31,
    as x86 converts doubles.
    """
    held = wrap32(values) if wraps else values
    rounded = round_half_away(held.astype(np.float64) * factor)
    fits = (rounded >= -(2.0**31)) & (rounded < 2.0**31)
    return np.where(fits, rounded, -(2.0**31)).astype(np.int64)


def requantize_even(values: IntsLike, factor: npt.ArrayLike) -> Ints:
    """Give values * factor in float32, rounded to the nearest integer, halves to even.

    `factor` is float32. The values, taken modulo 2^32, become float32 first, as they do in
    onnxruntime's kernels. Source: ONNX Runtime, core/mlas/lib/quantize.cpp, `MlasRequantizeOutput`.
    """
    with np.errstate(over="ignore"):
        reals = wrap32(values).astype(np.float32) * np.asarray(factor, np.float32)
    return np.rint(np.clip(reals, -(2.0**62), 2.0**62)).astype(np.int64)


def quantize_wide(real: float) -> tuple[int, int, int]:
    """Give (multiplier, fraction, shift) of the factor `real`: all bits of the double.

    It is (multiplier + fraction / 2^31) * 2^(shift - 31), with multiplier in [2^30, 2^31); below
    2^-32 all are 0. Raises ModelError where `real` is negative, not finite, or 2^20 and more.
    """
    if not math.isfinite(real) or real < 0:
        raise ModelError("", f"a requantization factor is {real}", "check the tensors' scales")
    mantissa, shift = math.frexp(real)
    if shift > 20:
        raise ModelError("", f"the requantization factor {real:g} is 2^20 or more")
    multiplier, fraction = divmod(int(mantissa * 2**62), 2**31)
    return (0, 0, 0) if shift < -31 else (multiplier, fraction, shift)
