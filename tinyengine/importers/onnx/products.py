"""Import the operators that add up products: convolutions, matrix products, averages."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.values import (
    Constant,
    Order,
    Pending,
    Placed,
    QuantizedConstant,
    Scheme,
    Value,
)
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import (
    Array,
    Conv2D,
    DepthwiseConv2D,
    DType,
    FullyConnected,
    MaxPool2D,
    Padding,
    Quantization,
    Rounding,
    Tensor,
)

NHWC: Order = (0, 2, 3, 1)
_NLC: Order = (0, 2, 1)
_LARGEST = 1 << 16

WEIGHTS_HINT = "quantize the weights symmetrically to int8 (weight_type=QuantType.QInt8)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window in two dimensions: kernel, strides, dilations, and the padding around the image."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: Padding

    def output(self, size: tuple[int, int]) -> tuple[int, int]:
        """Give rows and columns of the output for an image of `size`."""
        pads = self.padding
        around = (pads.top + pads.bottom, pads.left + pads.right)
        numbers = zip(size, around, self.kernel, self.strides, self.dilations, strict=True)
        found = [(n + p - (k - 1) * d - 1) // s + 1 for n, p, k, s, d in numbers]
        if min(found) < 1:
            raise RefusedError(f"its window does not fit an image of {describe(size)}")
        return found[0], found[1]


def window(call: Call, kernel: tuple[int, ...], size: tuple[int, ...]) -> Window:
    """Read the window's attributes; one dimension becomes two, of which the first is 1."""
    rank = len(kernel)
    strides = call.ints("strides", (1,) * rank)
    dilations = call.ints("dilations", (1,) * rank)
    pads = _pads(call, kernel, size, strides, dilations)
    if call.integer("ceil_mode", 0):
        _require_floor_is_ceil(kernel, size, strides, dilations, pads)
    if rank == 1:
        kernel, strides, dilations = (1, *kernel), (1, *strides), (1, *dilations)
        pads = (0, pads[0], 0, pads[1])
    numbers = (*kernel, *strides, *dilations)
    if len(kernel) != 2 or len(numbers) != 6 or not 1 <= min(numbers) <= max(numbers) < _LARGEST:
        raise RefusedError(f"its window {describe(kernel)} is not of one or two dimensions")
    top, left, bottom, right = pads
    return Window(
        kernel=(kernel[0], kernel[1]),
        strides=(strides[0], strides[1]),
        dilations=(dilations[0], dilations[1]),
        padding=Padding(top=top, bottom=bottom, left=left, right=right),
    )


def _pads(
    call: Call,
    kernel: tuple[int, ...],
    size: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[int, ...]:
    """Give the padding before each dimension, then behind each. Source: ONNX, Conv, auto_pad."""
    rank = len(kernel)
    if not len(size) == len(strides) == len(dilations) == rank:
        raise RefusedError("its window and its input have different dimensions")
    mode = call.text("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = call.ints("pads", (0,) * (2 * rank))
        if len(pads) != 2 * rank or not 0 <= min(pads) <= max(pads) < _LARGEST:
            raise RefusedError(f"its padding {describe(pads)} is not sound")
        return pads
    if mode == "VALID":
        return (0,) * (2 * rank)
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise RefusedError(f"its auto_pad '{mode}' is unknown")
    numbers = zip(size, kernel, strides, dilations, strict=True)
    totals = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) for n, k, s, d in numbers]
    less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
    return (*less, *more) if mode == "SAME_UPPER" else (*more, *less)


def _require_floor_is_ceil(
    kernel: tuple[int, ...],
    size: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
    pads: tuple[int, ...],
) -> None:
    rank = len(kernel)
    for axis in range(rank):
        spare = size[axis] + pads[axis] + pads[axis + rank] - (kernel[axis] - 1) * dilations[axis]
        if (spare - 1) % strides[axis]:
            raise RefusedError(
                "its ceil_mode takes a window that reaches beyond the padding",
                "export the model with ceil_mode=0",
            )


def as_image(call: Call, x: Placed) -> Placed:
    """Give [N, C, L] or [N, C, H, W] as an image in memory: [N, 1, L, C] or [N, H, W, C]."""
    if len(x.shape) == 4:
        return call.b.in_order(x, NHWC)
    if len(x.shape) != 3:
        raise RefusedError(f"its input {describe(x.shape)} is not of one or two dimensions")
    rows = call.b.in_order(x, _NLC)
    n, length, c = rows.tensor.shape
    flat = replace(rows, order=(0, 1, 2))
    wide = call.b.reshaped(flat, (n, 1, length, c))
    return replace(wide, order=NHWC)


def from_image(call: Call, image: Placed, rank: int) -> Placed:
    """Give an image back with as many dimensions as the input had."""
    if rank == 4:
        return image
    n, _, length, c = image.tensor.shape
    flat = replace(image, order=(0, 1, 2, 3))
    return replace(call.b.reshaped(flat, (n, length, c)), order=_NLC)


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
                weight=_weight(call, wide.transpose(order), weights.scales, 3 * is_depthwise),
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


def _weight(call: Call, values: Array, scales: npt.NDArray[np.float32], axis: int) -> Tensor:
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
        weight = _weight(call, values.T, weights.scales, 0)
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
        "products of two activations are not supported yet",
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
    x = call.placed(0)
    shape, build = conv(call, x, quantized_weights(call, 1), bias_of(call, 2))
    return Pending(shape=shape, build=build, what=call.node.op)


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


def _average(call: Call, x: Placed, kernel: tuple[int, ...], geometry: Window) -> Pending:
    """Give an average as a depthwise convolution with ones: sum times 1 / count."""
    rank = len(x.shape)
    count = math.prod(kernel)
    ones = np.ones((x.shape[1], 1, *kernel), np.int8)
    weights = QuantizedConstant(
        values=ones,
        scales=np.array([1 / count], np.float32),
        zero_points=np.zeros(1, np.int64),
        axis=0,
    )
    size = x.shape[2:] if rank == 4 else (1, x.shape[2])
    out = geometry.output((size[0], size[1]))
    shape = (*x.shape[:2], *(out if rank == 4 else out[1:]))

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        image = as_image(call, x)
        channels = x.shape[1]
        output = call.b.tensor((x.shape[0], *out, channels), scheme)
        data = ones.reshape(channels, *geometry.kernel).transpose(1, 2, 0)[None]
        call.b.emit(
            DepthwiseConv2D(
                source=call.b.source,
                input=image.tensor,
                output=output,
                weight=_weight(call, data, weights.scales, 3),
                bias=None,
                stride_h=geometry.strides[0],
                stride_w=geometry.strides[1],
                dilation_h=1,
                dilation_w=1,
                padding=geometry.padding,
                act_min=limits[0],
                act_max=limits[1],
                rounding=Rounding.EVEN,
            )
        )
        made = Placed(tensor=output, order=NHWC, scheme=scheme, is_real=False)
        return from_image(call, made, rank)

    return Pending(shape=shape, build=build, what=call.node.op)


def average(call: Call, x: Placed) -> Pending:
    """Give the average over windows; padding counts as zeros or is none."""
    kernel = call.ints("kernel_shape")
    geometry = window(call, kernel, x.shape[2:])
    if geometry.padding != Padding() and not call.integer("count_include_pad", 0):
        raise RefusedError(
            "its windows at the edges average fewer values than others",
            "export it with count_include_pad=1, or pad before it",
        )
    if geometry.dilations != (1, 1):
        raise RefusedError("its dilation is not 1", "dilated averages are not supported")
    return _average(call, x, kernel, geometry)


def global_average(call: Call, x: Placed) -> Pending:
    """Give the average over all pixels of an image."""
    kernel = x.shape[2:]
    if len(kernel) not in (1, 2):
        raise RefusedError(f"its input {describe(x.shape)} is not of one or two dimensions")
    whole = (kernel[0], kernel[1]) if len(kernel) == 2 else (1, kernel[0])
    geometry = Window(kernel=whole, strides=(1, 1), dilations=(1, 1), padding=Padding())
    return _average(call, x, kernel, geometry)


def average_pool(call: Call) -> Value:
    """Import AveragePool between quantizations."""
    return average(call, call.placed(0))


def global_average_pool(call: Call) -> Value:
    """Import GlobalAveragePool between quantizations."""
    return global_average(call, call.placed(0))


def qlinear_average_pool(call: Call) -> Value:
    """Import onnxruntime's QLinearAveragePool."""
    _require_channels_first(call)
    return average(call, call.operand(0)).quantized(call.scheme(3, 4))


def qlinear_global_average_pool(call: Call) -> Value:
    """Import onnxruntime's QLinearGlobalAveragePool."""
    _require_channels_first(call)
    return global_average(call, call.operand(0)).quantized(call.scheme(3, 4))


def _require_channels_first(call: Call) -> None:
    if call.integer("channels_last", 0):
        raise RefusedError("channels_last is not supported", "export the model again")


def reduce_mean(call: Call) -> Value:
    """Import ReduceMean over all spatial dimensions, as a global average."""
    x = call.placed(0)
    rank = len(x.shape)
    given = call.integers(1, "axes") if call.has(1) else call.ints("axes", tuple(range(rank)))
    axes = sorted(axis % rank for axis in given if -rank <= axis < rank)
    if rank not in (3, 4) or axes != list(range(2, rank)):
        raise RefusedError(
            f"it reduces the axes {describe(tuple(given))} of {describe(x.shape)}",
            "only means over all rows and columns of an image are supported",
        )
    pending = global_average(call, x)
    if call.integer("keepdims", 1):
        return pending
    shape = x.shape[:2]

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        return call.b.reshaped(pending.build(scheme, limits), shape)

    return replace(pending, shape=shape, build=build)


def max_pool(call: Call) -> Value:
    """Import MaxPool, before or after dequantization: it changes no quantization."""
    x = call.placed(0)
    if len(call.node.outputs) != 1 or call.integer("storage_order", 0):
        raise RefusedError("its indices are not supported", "export it with one output")
    geometry = window(call, call.ints("kernel_shape"), x.shape[2:])
    if geometry.dilations != (1, 1):
        raise RefusedError("its dilation is not 1", "dilated maxima are not supported")
    image = as_image(call, x)
    n, in_h, in_w, channels = image.tensor.shape
    out = geometry.output((in_h, in_w))
    output = call.b.tensor((n, *out, channels), x.scheme)
    call.b.emit(
        MaxPool2D(
            source=call.b.source,
            input=image.tensor,
            output=output,
            kernel_h=geometry.kernel[0],
            kernel_w=geometry.kernel[1],
            stride_h=geometry.strides[0],
            stride_w=geometry.strides[1],
            padding=geometry.padding,
            act_min=-128,
            act_max=127,
        )
    )
    made = Placed(tensor=output, order=NHWC, scheme=x.scheme, is_real=x.is_real)
    return from_image(call, made, len(x.shape))
