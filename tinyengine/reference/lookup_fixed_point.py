"""The two unary functions whose fixed-point arithmetic is their own: hard swish, 1 / sqrt.

Everything is exact integer arithmetic on the values of all 256 inputs; it runs at compile time.
"""

import math

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.reference.fixed_point import quantize_multiplier, requantize

Ints = npt.NDArray[np.int64]

INT32_MAX = 2**31 - 1

# -- hard swish -----------------------------------------------------------------------------------


def hard_swish(values: Ints, in_scale: float, out_scale: float, zero_point: int) -> Ints:
    """Give x * min(max(x + 3, 0), 6) / 6 in steps of the output, before the clamp.

    `values` are inputs less their zero point, [-255, 255]. Raises ModelError where the output's
    scale is less than 1/128 of the input's, which the interpreter refuses. Source: TensorFlow
    Lite, kernels/activations.cc (HardSwishPrepare) and internal/reference/hard_swish.h.
    """
    fine_scale = np.float32(1 / 128) * np.float32(in_scale)
    out_multiplier, out_shift = _multiplier_16(float(fine_scale / np.float32(out_scale)))
    gate_multiplier, gate_shift = _multiplier_16(float(fine_scale / np.float32(3 / 32768)))
    if out_shift > 0:
        raise ModelError("", "the output scale is less than 1/128 of the input scale")
    fine = values * 128
    gate = fine
    if gate_shift > 0:
        gate = _saturated_16(gate << (gate_shift - 1))
    gate = _multiply_q15(gate, gate_multiplier)
    if gate_shift > 0:
        gate = _saturated_16(gate * 2)
    gate = _shift_right_16(gate, max(-gate_shift, 0))
    gate = (gate + 32768) >> 1
    product = gate * _multiply_q15(fine, out_multiplier)
    truncated = np.sign(product) * (np.abs(product) >> 15)
    return _shift_right_16(truncated, -out_shift) + zero_point


def _multiplier_16(real: float) -> tuple[int, int]:
    """Give (multiplier, shift) of a factor with a Q15 mantissa."""
    multiplier, shift = quantize_multiplier(real)
    return min((multiplier + (1 << 15)) >> 16, 32767), shift


def _saturated_16(values: Ints) -> Ints:
    return np.asarray(np.clip(values, -32768, 32767))


def _multiply_q15(values: Ints, multiplier: int) -> Ints:
    """Give values * multiplier / 2^15 rounded to nearest, halves up; multiplier ≥ 0."""
    return np.asarray((values * multiplier + (1 << 14)) >> 15)


def _shift_right_16(values: Ints, shift: int) -> Ints:
    """Give values / 2^shift rounded to nearest, halves away from zero, as 16-bit registers do.

    Beyond a shift of 15 the mask of the remainder no longer fits 16 bits and becomes -1, with the
    effect that values ≥ 0 give 1 and values < 0 give -1. Source: gemmlowp,
    fixedpoint/fixedpoint.h, RoundingDivideByPOT for int16_t.
    """
    mask = (1 << shift) - 1 if shift < 16 else -1
    threshold = (mask >> 1) + (values < 0)
    return np.asarray((values >> shift) + ((values & mask) > threshold))


# -- 1 / sqrt -------------------------------------------------------------------------------------


def inverse_square_root(value: int, multiplier: int, shift: int) -> int:
    """Give factor / sqrt(value) for the factor of `quantize_multiplier`; value in [1, 255].

    Raises ModelError where the factor is so small that a shift exceeds a 32-bit register. Source:
    TensorFlow Lite, kernels/elementwise.cc, RsqrtEvalQuantizedInt8.
    """
    if shift < -11:
        raise ModelError("", "the scales are so large that every result is 0")
    root_multiplier, root_shift = inverse_square_root_factor(value)
    scaled = int(requantize(1, root_multiplier, root_shift + 20))
    return int(requantize(scaled, multiplier, shift - 20))


def inverse_square_root_factor(value: int) -> tuple[int, int]:
    """Give the (multiplier, shift) of 1 / sqrt(value) by five Newton steps; value in [0, 2^31).

    0 is taken for 1. Source: TensorFlow Lite, kernels/internal/common.h,
    GetInvSqrtQuantizedMultiplierExp.
    """
    if value <= 1:
        return INT32_MAX, 0
    right = 11
    while value >= 1 << 29:
        value, right = value // 4, right + 1
    pairs = (31 - value.bit_length()) // 2 - 1
    right -= pairs
    half_input = _half(value << (2 * pairs) >> 1)
    x = 1 << 28
    for _ in range(5):
        cube = _saturated_32(_multiply(_multiply(x, x), x) << 6)
        x = _saturated_32((_multiply(3 << 27, x) - _multiply(half_input, cube)) << 3)
    root = _multiply(x, round(math.sqrt(0.5) * 2**31))
    return (root << -right, 0) if right < 0 else (root, -right)


def _half(value: int) -> int:
    """Give value / 2 rounded up; value ≥ 0."""
    return (value + 1) >> 1


def _multiply(lhs: int, rhs: int) -> int:
    """Give lhs * rhs / 2^31 rounded to nearest; the operands are never both -2^31."""
    product = lhs * rhs
    rounded = (abs(product) + (1 << 30) - (product < 0)) >> 31
    return rounded if product >= 0 else -rounded


def _saturated_32(value: int) -> int:
    return max(-(2**31), min(value, INT32_MAX))
