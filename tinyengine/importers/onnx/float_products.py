"""Import the operators of float networks that add up or compare: products, averages, maxima."""

from dataclasses import replace

import numpy as np

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.float_builder import (
    PLAIN,
    Floats,
    builder_of,
    weights_of,
    with_constant,
)
from tinyengine.importers.onnx.values import Constant, Placed, Value
from tinyengine.importers.onnx.windows import (
    NHWC,
    Window,
    as_image,
    from_image,
    reduced_axes,
    window,
)
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import (
    NO_CLAMP,
    AveragePool2D,
    BatchMatMul,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Mul,
    Pad,
    Padding,
    Tensor,
)


def conv(call: Call) -> Value:
    """Import Conv of one or two dimensions: plain, grouped or depthwise."""
    b, x, weight = builder_of(call), call.placed(0), weights_of(call, 1)
    rank, groups = len(x.shape), call.integer("group", 1)
    if weight.ndim != rank or rank not in (3, 4):
        raise RefusedError(
            f"its weight {describe(weight.shape)} does not fit {describe(x.shape)}",
            "convolutions of one and two dimensions are supported",
        )
    out_c, depth, *kernel = weight.shape
    if groups < 1 or depth * groups != x.shape[1] or out_c % groups or not weight.size:
        raise RefusedError(
            f"its weight {describe(weight.shape)} and {groups} groups do not fit "
            f"{x.shape[1]} channels"
        )
    geometry = window(call, call.ints("kernel_shape", tuple(kernel)), x.shape[2:])
    weight = weight[:, :, None] if rank == 3 else weight
    if geometry.kernel != weight.shape[2:]:
        raise RefusedError(f"its kernel_shape does not fit its weight {describe(weight.shape)}")
    image = as_image(call, x)
    size = geometry.output((image.tensor.shape[1], image.tensor.shape[2]))
    depthwise = groups == x.shape[1] and groups > 1
    order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
    output = b.tensor((x.shape[0], *size, out_c), PLAIN)
    b.emit(
        (DepthwiseConv2D if depthwise else Conv2D)(
            source=b.source,
            input=image.tensor,
            output=output,
            weight=b.fixed(weight.transpose(order), "/weight"),
            bias=_bias(call, 2, out_c) if call.has(2) else None,
            stride_h=geometry.strides[0],
            stride_w=geometry.strides[1],
            dilation_h=geometry.dilations[0],
            dilation_w=geometry.dilations[1],
            padding=geometry.padding,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return from_image(call, replace(image, tensor=output, order=NHWC), rank)


def _bias(call: Call, position: int, count: int, factor: float = 1.0) -> Tensor:
    values = weights_of(call, position, "bias") * np.float32(factor)
    if values.size not in (1, count):
        raise RefusedError(f"its bias {describe(values.shape)} does not fit {count} channels")
    return builder_of(call).fixed(np.broadcast_to(values.reshape(-1), count), "/bias")


def _dense(call: Call, weight: Floats, bias: Tensor | None) -> Placed:
    """Give rows of the first operand times the transpose of `weight` [out, in]."""
    b, x = builder_of(call), call.b.logical(call.placed(0))
    if not x.shape or x.shape[-1] != weight.shape[1] or not weight.size:
        raise RefusedError(f"its weight {describe(weight.shape)} does not fit {describe(x.shape)}")
    output = b.tensor((*x.shape[:-1], len(weight)), PLAIN)
    b.emit(
        FullyConnected(
            source=b.source,
            input=x.tensor,
            output=output,
            weight=b.fixed(weight, "/weight"),
            bias=bias,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return b.held(output)


def gemm(call: Call) -> Value:
    """Import Gemm with constant weights."""
    weight = _matrix(call) * np.float32(call.number("alpha", 1.0))
    if call.integer("transA", 0):
        raise RefusedError("its transA is set", "export it again")
    weight = weight if call.integer("transB", 0) else weight.T
    has_bias = call.has(2)
    bias = _bias(call, 2, len(weight), call.number("beta", 1.0)) if has_bias else None
    return _dense(call, weight, bias)


def matmul(call: Call) -> Value:
    """Import MatMul by a constant matrix, or of two tensors that are computed."""
    if isinstance(call.value(1), Constant):
        return _dense(call, _matrix(call).T, None)
    b = builder_of(call)
    lhs, rhs = (b.logical(call.placed(position)) for position in (0, 1))
    ranks = {len(lhs.shape), len(rhs.shape)}
    shape = _product_shape(lhs.shape, rhs.shape) if ranks <= {2, 3, 4} else None
    if shape is None:
        raise RefusedError(
            f"{describe(lhs.shape)} by {describe(rhs.shape)} is no product of matrices",
            "operands have 2 to 4 dimensions",
        )
    output = b.tensor(shape, PLAIN)
    b.emit(BatchMatMul(source=b.source, lhs=lhs.tensor, rhs=rhs.tensor, output=output))
    return b.held(output)


def _product_shape(lhs: tuple[int, ...], rhs: tuple[int, ...]) -> tuple[int, ...] | None:
    """Give the shape of a product of matrices; None where there is none."""
    try:
        lead = np.broadcast_shapes(lhs[:-2], rhs[:-2])
    except ValueError:
        return None
    return (*lead, lhs[-2], rhs[-1]) if lhs[-1] == rhs[-2] else None


def _matrix(call: Call) -> Floats:
    if not isinstance(call.value(1), Constant):
        raise RefusedError(
            "its second operand is computed, not constant", "export it as MatMul, which may be"
        )
    weight = weights_of(call, 1)
    if weight.ndim != 2:
        raise RefusedError(
            f"its weight {describe(weight.shape)} is no matrix",
            "export it with a matrix",
        )
    return weight


# -- pools ------------------------------------------------------------------------------------


def pool(call: Call) -> Value:
    """Import MaxPool and AveragePool."""
    x = call.placed(0)
    if len(call.node.outputs) != 1:
        raise RefusedError("its indices are not supported", "export it with one output")
    geometry = window(call, call.ints("kernel_shape"), x.shape[2:])
    if geometry.dilations != (1, 1):
        raise RefusedError("its dilation is not 1", "dilated pools are not supported")
    image = as_image(call, x)
    if call.node.op == "MaxPool":
        made = _pooled(call, MaxPool2D, image, geometry)
    elif geometry.padding == Padding():
        made = _pooled(call, AveragePool2D, image, geometry)
    else:
        made = _padded_average(call, image, geometry)
    return from_image(call, made, len(x.shape))


def global_max(call: Call) -> Value:
    """Import GlobalMaxPool."""
    x = call.placed(0)
    image = as_image(call, x)
    size = image.tensor.shape[1], image.tensor.shape[2]
    geometry = Window(kernel=size, strides=(1, 1), dilations=(1, 1), padding=Padding())
    return from_image(call, _pooled(call, MaxPool2D, image, geometry), len(x.shape))


def _pooled(
    call: Call, kind: type[MaxPool2D | AveragePool2D], image: Placed, geometry: Window
) -> Placed:
    b = builder_of(call)
    n, in_h, in_w, channels = image.tensor.shape
    output = b.tensor((n, *geometry.output((in_h, in_w)), channels), PLAIN)
    b.emit(
        kind(
            source=b.source,
            input=image.tensor,
            output=output,
            kernel_h=geometry.kernel[0],
            kernel_w=geometry.kernel[1],
            stride_h=geometry.strides[0],
            stride_w=geometry.strides[1],
            padding=geometry.padding,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return replace(image, tensor=output, order=NHWC)


def _padded_average(call: Call, image: Placed, geometry: Window) -> Placed:
    """Give averages with padding: as they are where TFLite has such, else over zeros around.

    Where the padding does not count, averages over zeros are times kernel / values inside.
    """
    includes = bool(call.integer("count_include_pad", 0))
    if not includes and geometry.is_same(image.tensor.shape[1:3]):
        return _pooled(call, AveragePool2D, image, geometry)
    b, p = builder_of(call), geometry.padding
    n, in_h, in_w, channels = image.tensor.shape
    pads = ((0, 0), (p.top, p.bottom), (p.left, p.right), (0, 0))
    around = b.tensor((n, in_h + p.top + p.bottom, in_w + p.left + p.right, channels), PLAIN)
    b.emit(Pad(source=b.source, input=image.tensor, output=around, pads=pads, value=0))
    plain = replace(geometry, padding=Padding())
    made = _pooled(call, AveragePool2D, replace(image, tensor=around), plain)
    if includes:
        return made
    inside = np.outer(*geometry.counts((in_h, in_w)))
    factors = geometry.kernel[0] * geometry.kernel[1] / inside
    return with_constant(call, made, Mul, factors[None, :, :, None])


def mean(call: Call) -> Value:
    """Import GlobalAveragePool and ReduceMean."""
    b, x = builder_of(call), call.placed(0)
    rank = len(x.shape)
    axes, keeps = reduced_axes(call, rank)
    if not axes:
        return x
    places = tuple(sorted(x.order.index(axis) for axis in axes))
    kept = tuple(1 if place in places else n for place, n in enumerate(x.tensor.shape))
    output = b.tensor(kept, PLAIN)
    b.emit(Mean(source=b.source, input=x.tensor, output=output, axes=places))
    made = replace(x, tensor=output)
    if keeps:
        return made
    return b.reshaped(made, tuple(n for axis, n in enumerate(x.shape) if axis not in axes))
