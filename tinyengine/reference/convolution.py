"""Integer semantics of convolutions and fully connected operators.

With int16 activations, sums have 64 bits and convolutions scale them by `requantize_once`, unless
the bias is int32: then sums and scaling are those of int8. TFLite Micro scales the sums of fully
connected operators as those of convolutions, where LiteRT, which is followed here, takes doubles.

Source: LiteRT (TensorFlow Lite), `kernels/internal/reference/integer_ops/{conv,depthwise_conv,
fully_connected}.h` and `kernels/kernel_util.cc` (PopulateConvolutionQuantizationParams).
"""

import numpy as np
import numpy.typing as npt

from tinyengine.ir import (
    Array,
    Conv2D,
    DepthwiseConv2D,
    DType,
    FullyConnected,
    Rounding,
    Tensor,
    once,
)
from tinyengine.reference.fixed_point import (
    Ints,
    quantize_multipliers,
    requantize,
    requantize_even,
    requantize_once,
    requantize_real,
    wrap32,
)
from tinyengine.reference.windows import windows_of

Product = Conv2D | DepthwiseConv2D | FullyConnected

Factors = tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]


@once
def convolution_factors(op: Conv2D | DepthwiseConv2D) -> Factors:
    """Give the multipliers and shifts of the output channels, [out_c] each.

    A factor is input scale * weight scale / output scale in double precision.
    """
    out_c = op.output.shape[-1]
    scales = np.asarray(_scales(op.weight), np.float64)
    reals = op.input.scale * scales / op.output.scale
    return quantize_multipliers(np.broadcast_to(reals, out_c) if len(reals) == 1 else reals)


def fully_connected_factors(op: FullyConnected) -> npt.NDArray[np.float64]:
    """Give the real factors in double precision: one, or [out] for per-channel weights."""
    return np.array([op.input.scale * s / op.output.scale for s in _scales(op.weight)], np.float64)


def even_factors(op: Product) -> npt.NDArray[np.float32]:
    """Give the float32 factors of an operator that rounds to even: one, or [out_c].

    A factor is input scale * weight scale / output scale, each step in float32. Source: ONNX,
    QLinearConv; ONNX Runtime, core/providers/cpu/quantization/qlinearconv.cc, `ComputeOutputScale`.
    """
    scales = np.asarray(_scales(op.weight), np.float32)
    return np.asarray(np.float32(op.input.scale) * scales / np.float32(op.output.scale))


def scaled_sums(op: Product, sums: Ints) -> Ints:
    """Give `sums` [..., out_c] in the output's scale, without its zero point."""
    if op.rounding is Rounding.EVEN:
        return requantize_even(sums, even_factors(op))
    wide = sums_are_wide(op)
    if isinstance(op, FullyConnected):
        return requantize_real(sums, fully_connected_factors(op), wraps=not wide)
    return (requantize_once if wide else requantize)(sums, *convolution_factors(op))


def sums_are_wide(op: Product) -> bool:
    """Tell whether sums have 64 bits: with int16 activations, unless the bias is int32."""
    return op.input.dtype is DType.INT16 and (op.bias is None or op.bias.dtype is DType.INT64)


def weight_zero_point(op: FullyConnected) -> int:
    """Give what the weights' zero point is taken to be: per channel it is always 0."""
    quant = op.weight.quant
    return 0 if quant is None or quant.per_channel else quant.zero_point[0]


def conv2d(op: Conv2D, x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Convolve [N, H, W, in_c] with [out_c, kernel_h, kernel_w, in_c / groups].

    Gives [N, out_h, out_w, out_c]. Taps outside the input add nothing. Sums are taken modulo 2^32
    and requantized in two roundings.
    """
    windows = windows_of(op, x.astype(np.float64) - op.input.zero_point, 0)
    matrix = weight.reshape(weight.shape[0], -1).astype(np.float64)
    depth, per_group = weight.shape[3], weight.shape[0] // op.groups
    parts = [
        windows[..., group * depth : (group + 1) * depth].reshape(-1, matrix.shape[1])
        @ matrix[group * per_group : (group + 1) * per_group].T
        for group in range(op.groups)
    ]
    sums = np.concatenate(parts, axis=1)
    return _to_output(op, scaled_sums(op, _with_bias(sums, bias)))


def depthwise_conv2d(
    op: DepthwiseConv2D, x: Array, weight: Array, bias: Array | None = None
) -> Array:
    """Convolve each channel of [N, H, W, in_c] with its columns of [1, kernel_h, kernel_w, out_c].

    Output channel c reads input channel c // (out_c / in_c); else as `conv2d`.
    """
    _, kernel_h, kernel_w, out_c = weight.shape
    centred = x.astype(np.int64) - op.input.zero_point
    windows = windows_of(op, np.repeat(centred, out_c // x.shape[-1], axis=-1), 0)
    sums = np.zeros(op.output.shape, np.int64)
    for kh in range(kernel_h):
        for kw in range(kernel_w):
            sums += windows[:, :, :, kh, kw] * weight[0, kh, kw].astype(np.int64)
    return _to_output(op, scaled_sums(op, _with_bias(sums, bias)))


def fully_connected(
    op: FullyConnected, x: Array, weight: Array, bias: Array | None = None
) -> Array:
    """Multiply the rows of [..., in] by the transpose of [out, in].

    Sums are taken modulo 2^32 and scaled in double precision, halves away from zero.
    """
    rows = x.reshape(-1, weight.shape[1]).astype(np.float64) - op.input.zero_point
    matrix = weight.astype(np.float64) - weight_zero_point(op)
    sums = _with_bias(rows @ matrix.T, bias)
    return _to_output(op, scaled_sums(op, sums))


def _scales(weight: Tensor) -> tuple[float, ...]:
    assert weight.quant is not None, f"tensor '{weight.name}' is not quantized"
    return weight.quant.scale


def _with_bias(sums: npt.NDArray[np.float64] | Ints, bias: Array | None) -> Ints:
    """Add `bias` to exact sums (doubles are, up to 2^53)."""
    exact = sums.astype(np.int64)
    return exact if bias is None else exact + bias.astype(np.int64)


def _to_output(op: Conv2D | DepthwiseConv2D | FullyConnected, scaled: Ints) -> Array:
    """Add the output's zero point, clamp, and give the output's shape and type."""
    moved = wrap32(scaled + op.output.zero_point)
    clamped = np.clip(moved, op.act_min, op.act_max)
    return clamped.astype(op.output.dtype.numpy).reshape(op.output.shape)
