"""Integer semantics of Sum, ReduceProd, AddN, Div, CumSum, L2Normalization and LogSoftmax.

Source: TensorFlow Lite, the kernels that each function names, and gemmlowp's `fixedpoint.h`; equal
to the interpreter bit for bit. Sum, AddN and CumSum are equal to TensorFlow Lite Micro's: LiteRT
has no int8 kernel of the last two, and its reference kernel of SUM (ai-edge-litert 2.3.0) takes
int8 for uint8; its optimized one agrees with Micro's but for rounding. What the interpreters leave
undefined (32-bit overflow, shifts by more than 31) or abort on is refused here.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import (
    AddN,
    Array,
    CumSum,
    Div,
    L2Normalization,
    LogSoftmax,
    Op,
    ReduceProd,
    Sum,
    Tensor,
)
from tinyengine.reference.fixed_point import (
    Ints,
    multiply_q31,
    quantize_multiplier,
    requantize,
    shift_right_rounded,
)
from tinyengine.reference.logarithm import log_in_q5
from tinyengine.reference.lookup_fixed_point import inverse_square_root_factor
from tinyengine.reference.reduction import (
    difference_scaling,
    exponential,
    reciprocal_of_one_plus,
)

Scaling = tuple[int, int]
"""A real factor as Q31 multiplier and shift (left positive)."""

SUM_SHIFT = 19
"""Bits by which AddN and CumSum shift sums to the left: 20, halved. Source: Micro, add_n.cc."""

# -- sums ---------------------------------------------------------------------------------------


def sum_(op: Sum, x: Array) -> Array:
    """Give the sum of `x` over the operator's axes, in the output's quantization."""
    scaling = sum_scaling(op)
    count = reduced_count(op)
    total = np.sum(x, axis=op.axes, dtype=np.int64) - op.input.zero_point * count
    return np.reshape(_output(op, requantize(total, *scaling)), op.output.shape)


def reduced_count(op: Sum | ReduceProd) -> int:
    """Give the elements that become one."""
    return math.prod(op.input.shape[axis] for axis in op.axes)


def sum_scaling(op: Sum) -> Scaling:
    """Derive the factor of a sum: input scale / output scale.

    Raises ModelError where a sum does not fit 32 bits. Source: TFLite, reduce.cc, PrepareMeanOrSum.
    """
    multiplier, shift = quantize_multiplier(op.input.scale / op.output.scale)
    if (255 * reduced_count(op)) << max(shift, 0) >= 2**31 - 256:
        raise _overflow(op, f"the sum of {reduced_count(op)} elements")
    return multiplier, shift


def add_n(op: AddN, *operands: Array) -> Array:
    """Give the sum of the operands, in the output's quantization.

    It begins with minus the zero point. Source: TensorFlow Lite Micro, reference/add_n.h.
    """
    zero_points = op.operands[0].zero_point * (len(operands) + 1)
    total = sum(operand.astype(np.int64) for operand in operands) - zero_points
    scaling = fine_scaling(op, op.operands[0], len(operands) + 1)
    return _output(op, requantize(total << SUM_SHIFT, *scaling))


def cumsum(op: CumSum, x: Array) -> Array:
    """Give the sums of `x` along the axis, in the output's quantization.

    Each begins with minus the zero point. Source: TensorFlow Lite Micro, reference/cumsum.h.
    """
    centred = x.astype(np.int64) - op.input.zero_point
    ordered = np.flip(centred, op.axis) if op.reverse else centred
    sums = np.cumsum(ordered, axis=op.axis)
    sums = sums - ordered if op.exclusive else sums
    total = (np.flip(sums, op.axis) if op.reverse else sums) - op.input.zero_point
    scaling = fine_scaling(op, op.input, op.input.shape[op.axis] + 1)
    return _output(op, requantize(total << SUM_SHIFT, *scaling))


def fine_scaling(op: AddN | CumSum, operand: Tensor, count: int) -> Scaling:
    """Derive the factor of a sum of `count` elements that has been shifted left.

    Raises ModelError where it is 1 or more, or a sum does not fit 32 bits. Source: TensorFlow Lite
    Micro, add_n.cc and cumsum.cc, `CalculateOpData`.
    """
    scaling = quantize_multiplier(2.0 * operand.scale / (2.0**20 * op.output.scale))
    if scaling[1] > 0:
        raise ModelError(
            str(op.source),
            f"output scale {op.output.scale:g} is too small for input scale {operand.scale:g}",
        )
    greatest = max(127 - operand.zero_point, 128 + operand.zero_point)
    if (greatest * count) << SUM_SHIFT >= 2**31 - 256:
        raise _overflow(op, f"a sum of {count} elements")
    return scaling


# -- products and quotients ---------------------------------------------------------------------


def reduce_prod(op: ReduceProd, x: Array) -> Array:
    """Give the product of `x` over the axes, rescaled after each element, and once more.

    Source: TFLite, reference/reduce.h, `QuantizedReduceProd`.
    """
    factor, shift = prod_scaling(op)
    kept = [axis for axis in range(x.ndim) if axis not in op.axes]
    ordered = np.transpose(x, (*op.axes, *kept)).astype(np.int64) - op.input.zero_point
    elements = ordered.reshape(reduced_count(op), -1)
    product = elements[0]
    for element in elements[1:]:
        product = _scaled_16(product * element, factor, shift)
    return np.reshape(_output(op, _scaled_16(product, factor, shift)), op.output.shape)


def prod_scaling(op: ReduceProd) -> Scaling:
    """Derive the factor of each step, in Q15, and the right shift behind it.

    It is input scale / (output scale)^(1 / count). Raises ModelError where a product does not fit
    32 bits, or the shift is not within [8, 46]. Source: TFLite, reduce.cc, GetQuantProdScaling,
    and common.cc, MultiplyByQuantizedMultiplier of 64 bits.
    """
    count = reduced_count(op)
    real = op.input.scale / math.pow(op.output.scale, 1.0 / count)
    multiplier, left = quantize_multiplier(real)
    factor = (multiplier + (1 << 15)) >> 16 if multiplier < 0x7FFF0000 else 0x7FFF
    shift = 15 - left
    if not 8 <= shift <= 46:
        raise ModelError(str(op.source), f"the factor of each product, {real:g}, is out of range")
    greatest = max(127 - op.input.zero_point, 128 + op.input.zero_point)
    product = greatest
    for _ in range(count - 1):
        before, product = product, int(_scaled_16(product * greatest, factor, shift))
        if product == before or product >= 2**31:
            break  # It does not change any more, or is refused.
    if max(product, int(_scaled_16(product, factor, shift))) >= 2**31 - 256:
        raise _overflow(op, f"the product of {count} elements")
    return factor, shift


def _scaled_16(values: npt.ArrayLike, factor: int, shift: int) -> Ints:
    return np.asarray((np.asarray(values, np.int64) * factor + (1 << (shift - 1))) >> shift)


def div(op: Div, lhs: Array, rhs: Array) -> Array:
    """Give lhs / rhs, broadcast, in the output's quantization and clamp.

    A quotient by zero, for which the interpreter fails, is taken as one by 1. Source: TFLite,
    reference/div.h.
    """
    scaling = div_scaling(op)
    dividend = np.subtract(lhs, op.lhs.zero_point, dtype=np.int64)
    divisor = np.subtract(rhs, op.rhs.zero_point, dtype=np.int64)
    dividend = np.where(divisor < 0, -dividend, dividend)
    divisor = np.maximum(np.abs(divisor), 1)
    bits = np.frexp(divisor.astype(np.float64))[1].astype(np.int64)
    inverse = reciprocal_of_one_plus((divisor << (32 - bits)) - (1 << 31))
    headroom = 31 - np.frexp(_folded(dividend).astype(np.float64))[1].astype(np.int64)
    quotient = multiply_q31(dividend << headroom, inverse)
    right = headroom + bits - 1 - scaling[1]
    scaled = shift_right_rounded(multiply_q31(quotient, scaling[0]), right)
    clamped = np.clip(scaled + op.output.zero_point, op.act_min, op.act_max)
    return clamped.astype(op.output.dtype.numpy)


def _folded(values: Ints) -> Ints:
    """Give values ≥ 0 with as many bits as their two's complement has besides its sign."""
    return np.where(values < 0, ~values, values)


def div_scaling(op: Div) -> Scaling:
    """Derive the factor of a quotient: lhs scale / (rhs scale * output scale), in float32.

    Raises ModelError where the interpreter would shift a quotient by more than 31 bits, or to the
    left. Source: TFLite, div.cc, `Prepare`.
    """
    with np.errstate(all="ignore"):
        product = np.float32(op.rhs.scale) * np.float32(op.output.scale)
        real = float(np.float32(op.lhs.scale) / product)
    multiplier, shift = quantize_multiplier(real)
    least = _divisor_bits(op.rhs) - 1
    if not least <= shift <= 23:
        raise ModelError(
            str(op.source),
            f"quotients of small numbers are undefined with scale ratio {real:g}: it must be "
            f"at least {2**least // 2} and less than 2^23",
            "multiply by the reciprocal instead",
        )
    return multiplier, shift


def _divisor_bits(divisor: Tensor) -> int:
    """Give the bits of the greatest divisor."""
    if divisor.is_const:
        return int(np.abs(divisor.values.astype(np.int64) - divisor.zero_point).max()).bit_length()
    return max(127 - divisor.zero_point, 128 + divisor.zero_point).bit_length()


# -- vectors ------------------------------------------------------------------------------------


def l2_normalization(op: L2Normalization, x: Array) -> Array:
    """Give the vectors along the last dimension over their lengths, in units of 1/128.

    Source: TFLite, reference/integer_ops/l2normalization.h.
    """
    require_short_vectors(op)
    vectors = np.subtract(x, op.input.zero_point, dtype=np.int64).reshape(-1, x.shape[-1])
    factors = [inverse_square_root_factor(int(total)) for total in (vectors**2).sum(axis=1)]
    multipliers, shifts = np.array(factors, np.int64).T[:, :, None]
    return np.reshape(_output(op, requantize(vectors, multipliers, shifts + 7)), x.shape)


def require_short_vectors(op: L2Normalization) -> None:
    """Raise ModelError where a sum of squares may not fit 32 bits."""
    if op.input.shape[-1] * 255**2 >= 2**31:
        raise _overflow(op, f"the sum of {op.input.shape[-1]} squares")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSoftmaxScaling:
    """What a log softmax is computed from.

    `scaling` brings differences to Q5.26, `reverse` brings such numbers back; `summands` are the
    exponentials in Q12.19 of the differences 0, -1, ... that count.
    """

    scaling: Scaling
    reverse: Scaling
    summands: npt.NDArray[np.int32]
    radius: int


def log_softmax(op: LogSoftmax, x: Array) -> Array:
    """Give the log softmax of `x` over its last dimension, in units of 1/16 from 127 down.

    Source: TFLite, reference/integer_ops/log_softmax.h.
    """
    scaling = log_softmax_scaling(op)
    wide = x.astype(np.int64)
    below = wide - wide.max(axis=-1, keepdims=True)
    known = below > -len(scaling.summands)
    summands = scaling.summands.astype(np.int64)[np.where(known, -below, 0)]
    log = log_in_q5(np.where(known, summands, 0).sum(axis=-1, keepdims=True))
    lowest = requantize(log - 2**31, *scaling.reverse)
    counts = below > np.maximum(lowest, -scaling.radius - 1)
    scaled = requantize(np.where(counts, below, 0), *scaling.scaling) - log
    steps = shift_right_rounded(scaled, 31 - 5 - 4) + 127
    return np.where(counts, np.clip(steps, -128, 127), -128).astype(np.int8)


def log_softmax_scaling(op: LogSoftmax) -> LogSoftmaxScaling:
    """Derive the parameters of a log softmax from its input's scale.

    Raises ModelError where that is too small or too large for Q5.26, or there are 4,096 elements
    and more. Source: TFLite, quantization_util.cc, `PreprocessLogSoftmaxScalingExp`.
    """
    if op.input.shape[-1] >= 1 << 12:
        raise _overflow(op, f"the sum of {op.input.shape[-1]} exponentials")
    multiplier, shift, radius = difference_scaling(op, op.input.scale)
    back = 2.0 ** (31 - shift) / multiplier
    if not back < 1:
        raise ModelError(str(op.source), f"input scale {op.input.scale:g} is too small")
    differences = -np.arange(min(radius, 255) + 1, dtype=np.int64)
    exponentials = exponential(requantize(differences, multiplier, shift))
    return LogSoftmaxScaling(
        scaling=(multiplier, shift),
        reverse=quantize_multiplier(back),
        summands=shift_right_rounded(exponentials, 12).astype(np.int32),
        radius=radius,
    )


# -- what several operators share ---------------------------------------------------------------


def _output(op: Op, scaled: Ints) -> Array:
    """Give `scaled` with the output's zero point, clamped to its type."""
    values = scaled + op.output.zero_point
    return np.clip(values, *op.output.dtype.limits).astype(op.output.dtype.numpy)


def _overflow(op: Op, what: str) -> ModelError:
    hint = "compute with fewer elements at a time"
    return ModelError(str(op.source), f"{what} may not fit 32 bits", hint)
