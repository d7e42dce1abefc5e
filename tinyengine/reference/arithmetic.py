"""Integer semantics of the elementwise operators: sums, products, extremes, PReLU, Quantize.

Source: TensorFlow Lite, `kernels/{add,sub,mul,activations,quantize}.cc` and the reference kernels
that they call; equal to the interpreter bit for bit. What it leaves undefined (32-bit overflow)
or aborts on is refused here.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    Array,
    BatchMatMul,
    DType,
    Maximum,
    Minimum,
    Mul,
    Op,
    PRelu,
    Quantize,
    Rounding,
    SquaredDifference,
    Sub,
    Tensor,
)
from tinyengine.reference.fixed_point import (
    quantize_multiplier,
    requantize,
    requantize_even,
    requantize_once,
)

Scaling = tuple[int, int]
"""A real factor as Q31 multiplier and shift (left positive)."""

Integers = npt.NDArray[np.int64]

LEFT_SHIFTS = {DType.INT8: 20, DType.INT16: 15}
"""Bits by which sums shift operands of a type to the left. Source: TFLite, add.cc."""

SQUARE_SHIFT = 7
"""Bits by which a squared difference shifts its operands. Source: TFLite, squared_difference.cc."""

_FAR = 2.0**31
"""Beyond this, outputs are at an end of the clamp anyway."""

LARGEST_DIFFERENCES = {DType.INT8: 255, DType.UINT8: 255, DType.INT16: 32768}
"""Greatest magnitude of a value of a type minus its zero point, which is 0 for int16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SumScaling:
    """Factors of a sum: of each operand to the common scale, and from there to the output."""

    lhs: Scaling
    rhs: Scaling
    output: Scaling


@dataclass(frozen=True, slots=True, kw_only=True)
class PReluScaling:
    """Factors of a PReLU: of x where x ≥ 0, and of alpha * x elsewhere."""

    positive: Scaling
    negative: Scaling


def add(op: Add, lhs: Array, rhs: Array) -> Array:
    """Give lhs + rhs, broadcast, in the output's quantization and clamp."""
    return _sum(op, lhs, rhs, sign=1)


def sub(op: Sub, lhs: Array, rhs: Array) -> Array:
    """Give lhs - rhs, broadcast, in the output's quantization and clamp."""
    return _sum(op, lhs, rhs, sign=-1)


def sum_scaling(op: Add | Sub) -> SumScaling:
    """Derive the factors of a sum from its tensors' scales.

    The common scale is twice the larger operand scale, `LEFT_SHIFTS` bits to the left. Raises
    ModelError where the output's factor is 1 or more. Source: TFLite, add.cc, `Prepare`.
    """
    common = 2.0 * max(op.lhs.scale, op.rhs.scale)
    scaling = SumScaling(
        lhs=quantize_multiplier(op.lhs.scale / common),
        rhs=quantize_multiplier(op.rhs.scale / common),
        output=quantize_multiplier(
            common / (2.0 ** LEFT_SHIFTS[op.output.dtype] * op.output.scale)
        ),
    )
    if scaling.output[1] > 0:
        raise ModelError(
            str(op.source),
            f"output scale {op.output.scale:g} is too small for operand scales "
            f"{op.lhs.scale:g} and {op.rhs.scale:g}",
        )
    return scaling


def mul(op: Mul, lhs: Array, rhs: Array) -> Array:
    """Give lhs * rhs, broadcast, in the output's quantization and clamp."""
    product = _centred(op.lhs, lhs) * _centred(op.rhs, rhs)
    if op.rounding is Rounding.EVEN:
        scaled = requantize_even(product, even_product_factor(op))
    else:
        scaled = requantize(product, *product_scaling(op))
    scaled = scaled + op.output.zero_point
    return _clamped(op, scaled, op.act_min, op.act_max)


def product_scaling(op: Mul) -> Scaling:
    """Derive the factor of a product: lhs scale * rhs scale / output scale, in float32.

    Raises ModelError where the product does not fit 32 bits. Source: TFLite, mul.cc, `Prepare`.
    """
    real = _float32_ratio((op.lhs.scale, op.rhs.scale), op.output.scale)
    return _checked(op, real, LARGEST_DIFFERENCES[op.lhs.dtype] ** 2)


def even_product_factor(op: Mul) -> np.float32:
    """Give the float32 factor of a product that rounds to even: each step in float32.

    Source: ONNX Runtime, core/mlas/lib/qlmul.cpp, `MlasQLinearMul`.
    """
    return np.float32(np.float32(op.lhs.scale) * np.float32(op.rhs.scale)) / np.float32(
        op.output.scale
    )


def even_sum(op: Add | Sub, lhs: Array, rhs: Array) -> Integers:
    """Give sums that round to even, without zero point: float32 operators between quantizations.

    The operands are dequantized, added, and divided by the output's scale, each step in float32.
    Source: ONNX, DequantizeLinear, Add, QuantizeLinear.
    """
    reals = [
        _centred(tensor, values).astype(np.float32) * np.float32(tensor.scale)
        for tensor, values in ((op.lhs, lhs), (op.rhs, rhs))
    ]
    total = reals[0] - reals[1] if isinstance(op, Sub) else reals[0] + reals[1]
    return rounded_sum(op, total)


def rounded_sum(op: Add | Sub, total: npt.NDArray[np.float32]) -> Integers:
    """Give the output, without zero point, of a real sum: it never falls where the sum grows."""
    with np.errstate(over="ignore"):
        steps = np.rint(total / np.float32(op.output.scale))
    return np.asarray(np.clip(steps, -_FAR, _FAR), np.int64)


def squared_difference(op: SquaredDifference, lhs: Array, rhs: Array) -> Array:
    """Give (lhs - rhs)², broadcast, in the output's quantization."""
    scaling = squared_difference_scaling(op)
    left = requantize(_centred(op.lhs, lhs) << SQUARE_SHIFT, *scaling.lhs)
    right = requantize(_centred(op.rhs, rhs) << SQUARE_SHIFT, *scaling.rhs)
    scaled = requantize((left - right) ** 2, *scaling.output) + op.output.zero_point
    return _clamped(op, scaled, *op.output.dtype.limits)


def squared_difference_scaling(op: SquaredDifference) -> SumScaling:
    """Derive the factors of a squared difference from its tensors' scales.

    The common scale is twice the larger operand scale, `SQUARE_SHIFT` bits to the left. Raises
    ModelError where the output does not fit 32 bits. Source: TFLite, squared_difference.cc.
    """
    common = 2.0 * max(op.lhs.scale, op.rhs.scale)
    real = common * common / (2.0 ** (2 * SQUARE_SHIFT) * op.output.scale)
    greatest = (LARGEST_DIFFERENCES[op.lhs.dtype] << SQUARE_SHIFT) ** 2
    return SumScaling(
        lhs=quantize_multiplier(op.lhs.scale / common),
        rhs=quantize_multiplier(op.rhs.scale / common),
        output=_checked(op, real, greatest),
    )


def batch_matmul(op: BatchMatMul, lhs: Array, rhs: Array) -> Array:
    """Give the products of matrices, in the output's quantization."""
    left = np.swapaxes(lhs, -1, -2) if op.adjoins_lhs else lhs
    right = np.swapaxes(rhs, -1, -2) if op.adjoins_rhs else rhs
    sums = _centred(op.lhs, left) @ _centred(op.rhs, right)
    wide = op.output.dtype is DType.INT16
    scaled = (requantize_once if wide else requantize)(sums, *matmul_scaling(op))
    scaled = scaled + op.output.zero_point
    return _clamped(op, scaled, *op.output.dtype.limits)


def matmul_scaling(op: BatchMatMul) -> Scaling:
    """Derive the factor of a sum of products: lhs scale * rhs scale / output scale.

    Raises ModelError where a sum does not fit 32 bits; those of int16, which have 64, must when
    they are scaled. Source: TFLite, batch_matmul.cc and kernel_util.cc,
    `GetQuantizedConvolutionMultipler`.
    """
    product = float(np.float32(op.lhs.scale) * np.float32(op.rhs.scale))
    magnitude = op.sizes[1] * LARGEST_DIFFERENCES[op.lhs.dtype] ** 2
    real = product / op.output.scale
    if op.output.dtype is DType.INT16:
        return wide_scaling(op, real, magnitude)
    return _checked(op, real, magnitude)


def wide_scaling(op: Op, real: float, magnitude: int) -> Scaling:
    """Give the factor `real` of 64-bit sums up to `magnitude`, as `requantize_once` takes it.

    Raises ModelError where a sum is beyond 2^47, the factor 2^7 or more, or the result too large.
    """
    multiplier, shift = quantize_multiplier(real)
    if magnitude >= 2**47 or shift > 7 or real * magnitude >= 2**31 - 1024:
        raise ModelError(
            str(op.source),
            f"sums up to {magnitude} times {real:g} do not fit 32 bits",
            "the scales of operands and output do not fit each other: quantize again",
        )
    return multiplier, shift


def minimum(op: Minimum, lhs: Array, rhs: Array) -> Array:
    """Give the smaller of lhs and rhs, broadcast; the three quantizations are equal."""
    return np.minimum(lhs, rhs).astype(op.output.dtype.numpy)


def maximum(op: Maximum, lhs: Array, rhs: Array) -> Array:
    """Give the larger of lhs and rhs, broadcast; the three quantizations are equal."""
    return np.maximum(lhs, rhs).astype(op.output.dtype.numpy)


def prelu(op: PRelu, x: Array, alpha: Array) -> Array:
    """Give x where x ≥ 0 and alpha * x elsewhere, alpha broadcast to x."""
    scaling = prelu_scaling(op)
    value = _centred(op.input, x)
    positive = requantize(value, *scaling.positive)
    negative = requantize(value * _centred(op.alpha, alpha), *scaling.negative)
    scaled = np.where(value >= 0, positive, negative) + op.output.zero_point
    return _clamped(op, scaled, *op.output.dtype.limits)


def prelu_scaling(op: PRelu) -> PReluScaling:
    """Derive the factors of a PReLU, in float32.

    Raises ModelError where a product does not fit 32 bits. Source: TFLite, activations.cc,
    `PreluPrepare`.
    """
    positive = _float32_ratio((op.input.scale,), op.output.scale)
    negative = _float32_ratio((op.input.scale, op.alpha.scale), op.output.scale)
    greatest = LARGEST_DIFFERENCES[op.input.dtype]
    return PReluScaling(
        positive=_checked(op, positive, greatest),
        negative=_checked(op, negative, greatest * LARGEST_DIFFERENCES[op.alpha.dtype]),
    )


def quantize(op: Quantize, x: Array) -> Array:
    """Give x in the output's type and quantization."""
    scaled = requantize(_centred(op.input, x), *quantize_scaling(op)) + op.output.zero_point
    return _clamped(op, scaled, *op.output.dtype.limits)


def quantize_scaling(op: Quantize) -> Scaling:
    """Derive the factor of a requantization: input scale / output scale.

    Raises ModelError where the scaled input does not fit 32 bits. Source: TFLite, quantize.cc,
    `Prepare`.
    """
    return _checked(op, op.input.scale / op.output.scale, LARGEST_DIFFERENCES[op.input.dtype])


def fits_32_bits(scaling: Scaling, magnitude: int) -> bool:
    """Tell whether requantizing values up to `magnitude` stays within 32 bits.

    The shifted value must fit, with room for a zero point.
    """
    return magnitude << max(scaling[1], 0) < 2**31 - 256


def _sum(op: Add | Sub, lhs: Array, rhs: Array, sign: int) -> Array:
    if op.rounding is Rounding.EVEN:
        scaled = even_sum(op, lhs, rhs) + op.output.zero_point
        return _clamped(op, scaled, op.act_min, op.act_max)
    scaling = sum_scaling(op)
    shift = LEFT_SHIFTS[op.lhs.dtype]
    left = requantize(_centred(op.lhs, lhs) << shift, *scaling.lhs)
    right = requantize(_centred(op.rhs, rhs) << shift, *scaling.rhs)
    scaled = requantize(left + sign * right, *scaling.output) + op.output.zero_point
    return _clamped(op, scaled, op.act_min, op.act_max)


def _centred(tensor: Tensor, values: Array) -> Integers:
    assert tensor.dtype in LARGEST_DIFFERENCES, f"tensor '{tensor.name}' is {tensor.dtype.value}"
    return np.subtract(values, tensor.zero_point, dtype=np.int64, casting="unsafe")


def _clamped(op: Op, values: Array, low: int, high: int) -> Array:
    return np.clip(values, low, high).astype(op.output.dtype.numpy)


def _float32_ratio(factors: tuple[float, ...], divisor: float) -> float:
    """Give the product of `factors` over `divisor`, each step rounded to float32."""
    with np.errstate(all="ignore"):
        return float(np.prod(np.array(factors, np.float32)) / np.float32(divisor))


def _checked(op: Op, real: float, magnitude: int) -> Scaling:
    """Give the factor `real` of values up to `magnitude`; raises ModelError where it overflows."""
    if real * magnitude >= 2**31 - 256 or not fits_32_bits(quantize_multiplier(real), magnitude):
        raise ModelError(
            str(op.source),
            f"output scale {op.output.scale:g} is too small: the scale ratio is {real:g}",
        )
    return quantize_multiplier(real)
