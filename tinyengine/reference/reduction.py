"""Integer semantics of Mean, ArgMax, ArgMin and Softmax.

Source: TensorFlow Lite, `kernels/reduce.cc`, `kernels/activations.cc`, the reference kernels that
they call, and gemmlowp's `fixedpoint.h`; equal to the interpreter bit for bit. What it leaves
undefined (32-bit overflow) or aborts on is refused here.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import ArgMax, ArgMin, Array, LogSoftmax, Mean, ReduceMax, ReduceMin, Softmax
from tinyengine.reference.arithmetic import LARGEST_DIFFERENCES
from tinyengine.reference.fixed_point import (
    multiply_q31,
    quantize_multiplier,
    requantize,
    shift_right_rounded,
)

Integers = npt.NDArray[np.int64]

_DIFFERENCE_BITS = 5
"""Integer bits of the scaled differences: Q5.26."""

_SUM_BITS = 12
"""Integer bits of the sum of exponentials: Q12.19."""

_GREATEST_SUM = 2**30
"""Where the sum of exponentials saturates, 2048 in Q12.19: the outputs are -128 from 512 on."""

_EXP_MINUS_EIGHTH = 1895147668
_ONE_THIRD = 715827883
_EXP_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)
"""exp(-2^i) in Q0.31 for i = -2 ... 4. Source: gemmlowp, `exp_on_negative_values`."""

_48_OVER_17 = 1515870810
_32_OVER_17 = 1010580540
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanScaling:
    """Factor of the centred sum (Q31 multiplier and shift) and the number of its elements."""

    multiplier: int
    shift: int
    count: int


def mean(op: Mean, x: Array) -> Array:
    """Give the mean of `x` over the operator's axes, in the output's quantization."""
    scaling = mean_scaling(op)
    total = np.sum(x, axis=op.axes, dtype=np.int64) - op.input.zero_point * scaling.count
    scaled = requantize(total, scaling.multiplier, scaling.shift) + op.output.zero_point
    clamped = np.clip(scaled, *op.output.dtype.limits).astype(op.output.dtype.numpy)
    return np.reshape(clamped, op.output.shape)


def mean_scaling(op: Mean) -> MeanScaling:
    """Derive the factor of a mean: input scale / output scale, divided by the count.

    The division truncates the Q31 multiplier, after it has taken as many bits to the left as the
    count has. Raises ModelError where a sum does not fit 32 bits. Source: TFLite, reduce.h,
    `QuantizedMeanOrSum`.
    """
    count = math.prod(op.input.shape[axis] for axis in op.axes)
    multiplier, shift = quantize_multiplier(op.input.scale / op.output.scale)
    bits = min(count.bit_length() - 1, 32, 31 + shift)
    scaling = MeanScaling(multiplier=(multiplier << bits) // count, shift=shift - bits, count=count)
    greatest = LARGEST_DIFFERENCES[op.input.dtype] * count
    if greatest << max(scaling.shift, 0) >= 2**31 - 256:
        raise ModelError(
            str(op.source),
            f"the sum of {count} elements overflows 32 bits with input scale "
            f"{op.input.scale:g} and output scale {op.output.scale:g}",
        )
    return scaling


def arg_max(op: ArgMax, x: Array) -> Array:
    """Give where along the axis the greatest element of `x` stands, the first of equal ones."""
    return np.asarray(np.argmax(x, axis=op.axis), op.output.dtype.numpy)


def arg_min(op: ArgMin, x: Array) -> Array:
    """Give where along the axis the least element of `x` stands, the first of equal ones."""
    return np.asarray(np.argmin(x, axis=op.axis), op.output.dtype.numpy)


def reduce_max(op: ReduceMax, x: Array) -> Array:
    """Give the greatest element of `x` along the axis."""
    return np.asarray(np.max(x, axis=op.axis, keepdims=True), op.output.dtype.numpy)


def reduce_min(op: ReduceMin, x: Array) -> Array:
    """Give the least element of `x` along the axis."""
    return np.asarray(np.min(x, axis=op.axis, keepdims=True), op.output.dtype.numpy)


def softmax(op: Softmax, x: Array) -> Array:
    """Give the softmax of `x` over its last dimension: the output's 256 or 65536 steps make 1.

    Where the interpreter aborts (a sum of exponentials of 512 or more), the quotients are below
    half a unit of int8 and the output is -128; rows that become int16 are shorter than that.
    """
    table = softmax_exponentials(op)
    wide = x.astype(np.int64)
    differences = wide.max(axis=-1, keepdims=True) - wide
    known = differences < len(table)
    exponentials = table[np.where(known, differences, 0)]
    summands = np.where(known, shift_right_rounded(exponentials, _SUM_BITS), 0)
    total = np.minimum(summands.sum(axis=-1, keepdims=True), _GREATEST_SUM)
    scale, shift = _reciprocal(total)
    quotients = multiply_q31(exponentials, scale)
    units = _shift_right_rounded_by(quotients, shift + 31 - 8 * op.output.dtype.nbytes)
    low, high = op.output.dtype.limits
    outputs = np.clip(np.where(known, units, 0) + low, low, high)
    return np.asarray(outputs, op.output.dtype.numpy)


def softmax_exponentials(op: Softmax) -> npt.NDArray[np.int32]:
    """Give exp(-beta * scale * i) in Q0.31 for the differences i = 0, 1, ... that count, ≤ 256.

    Raises ModelError where beta * scale is too small for Q5.26. Source: TFLite,
    quantization_util.cc, `PreprocessSoftmaxScaling` and `CalculateInputRadius`.
    """
    if op.beta * op.input.scale * 2.0 ** (31 - _DIFFERENCE_BITS) >= 2.0**30 - 0.25:
        return np.array([_LARGEST], np.int32)  # a left shift of 31, which leaves the maximum alone
    multiplier, shift, radius = difference_scaling(op, op.beta * op.input.scale)
    differences = -np.arange(min(radius, 255) + 1, dtype=np.int64)
    return exponential(multiply_q31(differences << shift, multiplier)).astype(np.int32)


def difference_scaling(op: Softmax | LogSoftmax, step: float) -> tuple[int, int, int]:
    """Derive multiplier and shift of differences to Q5.26, and the greatest one that counts.

    `step` is what a difference of 1 stands for. Raises ModelError where it is out of range.
    Source: TFLite, quantization_util.cc, `PreprocessSoftmaxScaling` and `CalculateInputRadius`.
    """
    fraction_bits = 31 - _DIFFERENCE_BITS
    real = step * 2.0**fraction_bits
    if not 1.0 < real < 2.0**30 - 0.25:
        size = "small" if real <= 1.0 else "large"
        raise ModelError(str(op.source), f"input scale {op.input.scale:g} is too {size}")
    multiplier, shift = quantize_multiplier(real)
    return multiplier, shift, (((1 << _DIFFERENCE_BITS) - 1) << fraction_bits) >> shift


def exponential(value: Integers) -> Integers:
    """Give exp(value) in Q0.31 for values ≤ 0 in Q5.26.

    Taylor's series on [-1/4, 0) around -1/8, times a constant for each higher bit. Source:
    gemmlowp, `exp_on_negative_values`.
    """
    fraction_bits = 31 - _DIFFERENCE_BITS
    quarter = 1 << (fraction_bits - 2)
    part = (value & (quarter - 1)) - quarter
    result = _exponential_near_zero(part << _DIFFERENCE_BITS)
    remainder = part - value
    for bit, factor in enumerate(_EXP_POWERS, start=fraction_bits - 2):
        result = np.where(remainder & (1 << bit), multiply_q31(result, factor), result)
    return np.where(value == 0, _LARGEST, result)


def _exponential_near_zero(value: Integers) -> Integers:
    """Give exp(value) in Q0.31 for values in [-1/4, 0) in Q0.31."""
    x = value + (1 << 28)
    x2 = multiply_q31(x, x)
    x3 = multiply_q31(x2, x)
    x4 = multiply_q31(x2, x2)
    third = multiply_q31(shift_right_rounded(x4, 2) + x3, _ONE_THIRD)
    series = x + shift_right_rounded(third + x2, 1)
    return _EXP_MINUS_EIGHTH + multiply_q31(series, _EXP_MINUS_EIGHTH)


def _reciprocal(total: Integers) -> tuple[Integers, Integers]:
    """Give 1 / total as mantissa in Q0.31 and right shift, for totals ≥ 1 in Q12.19.

    Source: TFLite, common.h, `GetReciprocal`.
    """
    bits = np.frexp(total.astype(np.float64))[1].astype(np.int64)
    fraction = (total << (32 - bits)) - (1 << 31)
    return reciprocal_of_one_plus(fraction), _SUM_BITS - (32 - bits)


def reciprocal_of_one_plus(fraction: Integers) -> Integers:
    """Give 1 / (1 + fraction) in Q0.31 for fractions in [0, 1) in Q0.31.

    Three Newton-Raphson steps in Q2.29. Source: gemmlowp, `one_over_one_plus_x_for_x_in_0_1`.
    """
    half_denominator = (1 << 30) + (fraction >> 1)
    x = _48_OVER_17 + multiply_q31(-_32_OVER_17, half_denominator)
    for _ in range(3):
        error = (1 << 29) - multiply_q31(half_denominator, x)
        x = x + (multiply_q31(error, x) << 2)
    return np.asarray(np.minimum(x << 1, _LARGEST))


def _shift_right_rounded_by(values: Integers, shifts: Integers) -> Integers:
    """Give values / 2^shifts to nearest, for values ≥ 0 and shifts ≥ 1, halves up."""
    return (values + (np.int64(1) << (shifts - 1))) >> shifts
