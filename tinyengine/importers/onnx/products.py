"""Import the operators that add up products: convolutions and matrix products."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.values import (
    Constant,
    Pending,
    Placed,
    QuantizedConstant,
    Scheme,
    Value,
)
from tinyengine.importers.onnx.windows import NHWC, as_image, from_image, window
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import (
    Array,
    Conv2D,
    DepthwiseConv2D,
    DType,
    FullyConnected,
    Quantization,
    Rounding,
    Tensor,
)

Doubles = npt.NDArray[np.float64]

WEIGHTS_HINT = "quantize the weights symmetrically to int8 (weight_type=QuantType.QInt8)"


def symmetric(weights: QuantizedConstant, channel_axis: int, what: str = "weight") -> Array:
    """Give the weights less their zero points as int8; refuse where they do not fit."""
    shape = [1] * weights.values.ndim
    if weights.scales.size > 1:
        if (
            weights.axis != channel_axis
            or weights.scales.size != weights.values.shape[channel_axis]
        ):
            raise RefusedError(f"its {what} has scales along another axis", WEIGHTS_HINT)
        shape[channel_axis] = weights.scales.size
    points = np.resize(weights.zero_points, weights.scales.size).reshape(shape)
    centred = weights.values.astype(np.int64) - points
    if centred.size and (centred.min() < -128 or centred.max() > 127):
        raise RefusedError(
            f"its {what} less its zero point leaves int8: {centred.min()} to {centred.max()}",
            WEIGHTS_HINT,
        )
    return centred.astype(np.int8)


def bias_tensor(
    call: Call, bias: Array | None, scheme: Scheme, scales: npt.NDArray[np.float32], channels: int
) -> Tensor | None:
    """Give a bias as int32; float32 ones are rounded, halves to even, at their scale."""
    if bias is None:
        return None
    values = bias.reshape(-1)
    if values.size != channels:
        raise RefusedError(f"its bias has {values.size} values; {channels} are needed")
    if values.dtype == np.float32:
        with np.errstate(over="ignore"):
            values = np.rint(values.astype(np.float64) / (np.float64(scheme.scale) * scales))
        if not np.all(np.abs(values) < 2**31 - 1):
            raise RefusedError("its bias leaves 32 bits", "quantize the model again")
    elif values.dtype != np.int32:
        raise RefusedError(f"its bias is {values.dtype}; it must be int32 or float32")
    data = values.astype(np.int32)
    data.setflags(write=False)
    name = f"{call.b.source.name}/bias"
    return Tensor(name=name, shape=(channels,), dtype=DType.INT32, data=data)


def conv(
    call: Call, x: Placed, weights: QuantizedConstant, bias: Array | None
) -> tuple[tuple[int, ...], Callable[[Scheme, tuple[int, int]], Placed]]:
    """Give the shape of a convolution's output and what builds it for a quantization."""
    rank, groups = len(x.shape), call.integer("group", 1)
    values = symmetric(weights, 0)
    if values.ndim != rank or rank not in (3, 4):
        raise RefusedError(
            f"its weight {describe(values.shape)} does not fit an input of {describe(x.shape)}",
            "convolutions of one and two dimensions are supported",
        )
    out_c, depth, *kernel = values.shape
    if groups < 1 or depth * groups != x.shape[1] or out_c % groups:
        raise RefusedError(
            f"its weight {describe(values.shape)} and {groups} groups do not fit "
            f"{x.shape[1]} channels"
        )
    geometry = window(call, tuple(kernel), x.shape[2:])
    wide = values if rank == 4 else values[:, :, None, :]
    size = x.shape[2:] if rank == 4 else (1, x.shape[2])
    out_h, out_w = geometry.output((size[0], size[1]))
    shape = (x.shape[0], out_c, out_h, out_w) if rank == 4 else (x.shape[0], out_c, out_w)
    scales = np.broadcast_to(weights.scales, (out_c,))
    held = bias_tensor(call, bias, x.scheme, scales, out_c)
    is_depthwise = depth == 1 and groups == x.shape[1] and groups > 1

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        kind = DepthwiseConv2D if is_depthwise else Conv2D
        order = (1, 2, 3, 0) if is_depthwise else (0, 2, 3, 1)
        image = as_image(call, x)
        output = call.b.tensor((x.shape[0], out_h, out_w, out_c), scheme)
        call.b.emit(
            kind(
                source=call.b.source,
                input=image.tensor,
                output=output,
                weight=weight_tensor(call, wide.transpose(order), weights.scales, 3 * is_depthwise),
                bias=held,
                stride_h=geometry.strides[0],
                stride_w=geometry.strides[1],
                dilation_h=geometry.dilations[0],
                dilation_w=geometry.dilations[1],
                padding=geometry.padding,
                act_min=limits[0],
                act_max=limits[1],
                rounding=Rounding.EVEN,
            )
        )
        made = Placed(tensor=output, order=NHWC, scheme=scheme, is_real=False)
        return from_image(call, made, rank)

    return shape, build


def weight_tensor(call: Call, values: Array, scales: npt.NDArray[np.float32], axis: int) -> Tensor:
    """Give int8 weights whose scales lie along `axis`."""
    data = np.ascontiguousarray(values, np.int8)
    data.setflags(write=False)
    if not np.all((scales > 0) & np.isfinite(scales)):
        raise RefusedError("a scale of its weight is not positive", "quantize the model again")
    quant = Quantization(
        scale=tuple(float(scale) for scale in scales), zero_point=(0,) * len(scales), axis=axis
    )
    name = f"{call.b.source.name}/weight"
    return Tensor(name=name, shape=data.shape, dtype=DType.INT8, quant=quant, data=data)


def matmul(
    call: Call, x: Placed, weights: QuantizedConstant, bias: Array | None
) -> tuple[tuple[int, ...], Callable[[Scheme, tuple[int, int]], Placed]]:
    """Give the shape of x [..., K] times weights [K, N] and what builds it."""
    if weights.values.ndim != 2 or len(x.shape) < 2 or x.shape[-1] != weights.values.shape[0]:
        raise RefusedError(
            f"its weight {describe(weights.values.shape)} does not fit an input of "
            f"{describe(x.shape)}"
        )
    units = weights.values.shape[1]
    shape = (*x.shape[:-1], units)
    if weights.scales.size == 1:
        values, point = weights.values, int(weights.zero_points[0])
        if not -128 <= point <= 127:
            values, point = symmetric(weights, 1), 0
    else:
        values, point = symmetric(weights, 1), 0
    scales = np.broadcast_to(weights.scales, (units,))
    held = bias_tensor(call, bias, x.scheme, scales, units)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        rows = call.b.logical(x)
        weight = weight_tensor(call, values.T, weights.scales, 0)
        assert weight.quant is not None
        points = (point,) * len(weight.quant.scale)
        output = call.b.tensor(shape, scheme)
        call.b.emit(
            FullyConnected(
                source=call.b.source,
                input=rows.tensor,
                output=output,
                weight=replace(weight, quant=replace(weight.quant, zero_point=points)),
                bias=held,
                act_min=limits[0],
                act_max=limits[1],
                rounding=Rounding.EVEN,
            )
        )
        order = tuple(range(len(shape)))
        return Placed(tensor=output, order=order, scheme=scheme, is_real=False)

    return shape, build


# -- operators --------------------------------------------------------------------------------


def qlinear_conv(call: Call) -> Value:
    """Import QLinearConv."""
    x, weights = call.operand(0), call.weights(3)
    scheme = call.scheme(6, 7, unsigned=None)
    bias = call.array(8, "bias") if call.has(8) else None
    _, build = conv(call, x, weights, bias)
    return build(scheme, (-128, 127))


def qlinear_matmul(call: Call) -> Value:
    """Import QLinearMatMul with a constant second operand."""
    x, weights = call.operand(0), replace(call.weights(3), axis=1)
    _, build = matmul(call, x, weights, None)
    return build(call.scheme(6, 7), (-128, 127))


def qgemm(call: Call) -> Value:
    """Import onnxruntime's QGemm with int8 output."""
    x, weights = call.operand(0), replace(call.weights(3), axis=1)
    if call.integer("transA", 0) or call.number("alpha", 1.0) != 1.0:
        raise RefusedError("its transA or alpha is not plain", "export the model again")
    if call.integer("transB", 0):
        weights = replace(weights, values=weights.values.T)
    bias = call.array(6, "bias") if call.has(6) else None
    _, build = matmul(call, x, weights, bias)
    if not call.has(7):
        raise RefusedError("its output is float32", "quantize its output, too")
    return build(call.scheme(7, 8), (-128, 127))


def quantized_weights(call: Call, position: int) -> QuantizedConstant:
    """Give the dequantized constant at `position`; refuse what is not quantized."""
    value = call.value(position)
    if isinstance(value, QuantizedConstant):
        return value
    if isinstance(value, Constant):
        raise RefusedError(
            "its weights are float32: no DequantizeLinear stands before them",
            "quantize the weights, too",
        )
    raise RefusedError(
        "its second operand is computed, not constant",
        "give the float network to `tinyengine quantize`: there two activations are multiplied",
    )


def bias_of(call: Call, position: int) -> Array | None:
    """Give the bias at `position`: int32 where it is dequantized by input times weight scale."""
    if not call.has(position):
        return None
    value = call.value(position)
    if isinstance(value, QuantizedConstant):
        return value.values if value.values.dtype == np.int32 else value.reals
    if isinstance(value, Constant):
        return value.value
    raise RefusedError("its bias is not a constant", "export the model with constants")


def float_conv(call: Call) -> Value:
    """Import Conv between dequantized operands."""
    x, weights, bias = call.placed(0), quantized_weights(call, 1), bias_of(call, 2)
    shape, build = conv(call, x, weights, bias)

    def scaled(factor: Doubles, shift: Doubles) -> Pending:
        """Give the convolution with its output channels times a factor plus a shift."""
        whole = np.broadcast_to(weights.scales, (len(factor),)).astype(np.float64)
        signs = np.sign(factor).astype(np.int64).reshape(-1, *[1] * (weights.values.ndim - 1))
        points = np.broadcast_to(weights.zero_points, (len(factor),)) * signs.reshape(-1)
        made = QuantizedConstant(
            values=np.asarray(weights.values.astype(np.int64) * signs),
            scales=np.where(factor == 0, 1, whole * np.abs(factor)).astype(np.float32),
            zero_points=points,
            axis=0,
        )
        added = np.zeros(len(factor)) if bias is None else bias.astype(np.float64).reshape(-1)
        if bias is not None and bias.dtype == np.int32:
            added = added * np.float64(x.scheme.scale) * whole
        _, build = conv(call, x, made, (added * factor + shift).astype(np.float32))
        return Pending(shape=shape, build=build, what=call.node.op)

    return Pending(shape=shape, build=build, what=call.node.op, affine=scaled)


def float_matmul(call: Call) -> Value:
    """Import MatMul of a dequantized tensor and a dequantized constant."""
    weights = quantized_weights(call, 1)
    axis = weights.axis % max(weights.values.ndim, 1)
    shape, build = matmul(call, call.placed(0), replace(weights, axis=axis), None)
    return Pending(shape=shape, build=build, what=call.node.op)


def float_gemm(call: Call) -> Value:
    """Import Gemm of a dequantized tensor and a dequantized constant."""
    if call.integer("transA", 0) or (call.number("alpha", 1.0), call.number("beta", 1.0)) != (
        1.0,
        1.0,
    ):
        raise RefusedError("its transA, alpha or beta is not plain", "export the model again")
    weights = quantized_weights(call, 1)
    axis = weights.axis % max(weights.values.ndim, 1)
    if call.integer("transB", 0):
        weights, axis = replace(weights, values=weights.values.T), 1 - axis
    weights = replace(weights, axis=axis)
    shape, build = matmul(call, call.placed(0), weights, bias_of(call, 2))
    return Pending(shape=shape, build=build, what=call.node.op)
