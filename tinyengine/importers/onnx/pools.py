"""Import averages and maxima between quantizations."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.movement import joined, taken
from tinyengine.importers.onnx.products import weight_tensor
from tinyengine.importers.onnx.values import Pending, Placed, Scheme, Value
from tinyengine.importers.onnx.windows import (
    NHWC,
    Window,
    as_image,
    from_image,
    reduced_axes,
    window,
)
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import DepthwiseConv2D, FullyConnected, MaxPool2D, Padding, Rounding

_MOST_PIECES = 30
"""Parts with windows of different sizes that an average with padding is made of at most."""

_ALL = (-128, 127)


def _averaged(
    call: Call, image: Placed, geometry: Window, scheme: Scheme, limits: tuple[int, int]
) -> Placed:
    """Emit an average over windows: a depthwise convolution with ones, sums times 1 / count."""
    n, in_h, in_w, channels = image.tensor.shape
    output = call.b.tensor((n, *geometry.output((in_h, in_w)), channels), scheme)
    scale = np.array([1 / math.prod(geometry.kernel)], np.float32)
    call.b.emit(
        DepthwiseConv2D(
            source=call.b.source,
            input=image.tensor,
            output=output,
            weight=weight_tensor(call, np.ones((1, *geometry.kernel, channels), np.int8), scale, 3),
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
    return Placed(tensor=output, order=NHWC, scheme=scheme, is_real=False)


Build = Callable[[Placed, Scheme, tuple[int, int]], Placed]
"""Emits an operator on an image for a quantization, within limits."""


def _pending(call: Call, x: Placed, geometry: Window, build: Build) -> Pending:
    """Give what `build` makes of the images of `x`, once it is quantized."""
    rank = len(x.shape)
    size = x.shape[2:] if rank == 4 else (1, x.shape[2])
    out = geometry.output((size[0], size[1]))

    def built(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        return from_image(call, build(as_image(call, x), scheme, limits), rank)

    shape = (*x.shape[:2], *(out if rank == 4 else out[1:]))
    return Pending(shape=shape, build=built, what=call.node.op)


def average(call: Call, x: Placed) -> Pending:
    """Give the average over windows; padding counts as zeros, or does not count."""
    geometry = window(call, call.ints("kernel_shape"), x.shape[2:])
    if geometry.dilations != (1, 1):
        raise RefusedError("its dilation is not 1", "dilated averages are not supported")
    if geometry.padding != Padding() and not call.integer("count_include_pad", 0):
        return _pending(call, x, geometry, _in_parts(call, x, geometry))
    return _pending(call, x, geometry, _as_a_whole(call, geometry))


def _as_a_whole(call: Call, geometry: Window) -> Build:
    return lambda image, scheme, limits: _averaged(call, image, geometry, scheme, limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Outputs along one dimension whose windows see as much: the input that they see, the taps."""

    span: range
    taps: int


def _parts(spans: list[range]) -> Iterator[_Part]:
    """Join neighbours whose windows are as large; each window at an edge stands alone."""
    largest, held = max(map(len, spans)), 0
    for index, span in enumerate(spans):
        following = spans[index + 1] if index + 1 < len(spans) else range(0)
        if len(span) == len(following) == largest:
            continue
        yield _Part(span=range(spans[held].start, span.stop), taps=len(span))
        held = index + 1


def _in_parts(call: Call, x: Placed, geometry: Window) -> Build:
    """Give what averages what lies inside the image, in parts with windows of one size each."""
    size = x.shape[2:] if len(x.shape) == 4 else (1, x.shape[2])
    rows, columns = (list(_parts(each)) for each in geometry.spans((size[0], size[1])))
    if len(rows) * len(columns) > _MOST_PIECES:
        raise RefusedError(
            f"its windows average {len(rows) * len(columns)} different numbers of values",
            "export it with count_include_pad=1, or pad before it",
        )

    def build(image: Placed, scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the parts and join them."""

        def piece(row: _Part, column: _Part) -> Placed:
            """Emit the average of a part."""
            spans = [range(image.shape[0]), range(image.shape[1]), row.span, column.span]
            inner = replace(geometry, kernel=(row.taps, column.taps), padding=Padding())
            return _averaged(call, taken(call, image, spans), inner, scheme, limits)

        lines = [_one(call, [piece(row, column) for column in columns], 3) for row in rows]
        return _one(call, lines, 2)

    return build


def _one(call: Call, parts: list[Placed], axis: int) -> Placed:
    """Give tensors of one quantization one behind the other along a logical axis."""
    return parts[0] if len(parts) == 1 else joined(call, parts, axis).build(parts[0].scheme, _ALL)


def global_average(call: Call, x: Placed) -> Pending:
    """Give the average over all pixels of an image."""
    geometry = _whole(x)
    return _pending(call, x, geometry, _as_a_whole(call, geometry))


def _whole(x: Placed) -> Window:
    kernel = x.shape[2:]
    if len(kernel) not in (1, 2):
        raise RefusedError(f"its input {describe(x.shape)} is not of one or two dimensions")
    size = (kernel[0], kernel[1]) if len(kernel) == 2 else (1, kernel[0])
    return Window(kernel=size, strides=(1, 1), dilations=(1, 1), padding=Padding())


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


# -- means over any axes ----------------------------------------------------------------------


def reduce_mean(call: Call) -> Value:
    """Import ReduceMean: over the pixels of an image as an average, else as a product with ones."""
    x = call.placed(0)
    rank = len(x.shape)
    axes, keeps = reduced_axes(call, rank)
    if not axes:
        return x
    if rank in (3, 4) and axes == tuple(range(2, rank)):
        pending = global_average(call, x)
    else:
        pending = _row_means(call, x, axes)
    if keeps:
        return pending
    shape = tuple(n for axis, n in enumerate(x.shape) if axis not in axes)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        return call.b.reshaped(pending.build(scheme, limits), shape)

    return replace(pending, shape=shape, build=build)


def _row_means(call: Call, x: Placed, axes: tuple[int, ...]) -> Pending:
    """Give means over `axes`, which lie last in memory then: each row times a row of ones."""
    kept = tuple(axis for axis in x.order if axis not in axes)
    order = (*kept, *(axis for axis in x.order if axis in axes))
    count = math.prod(x.shape[axis] for axis in axes)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        rows = call.b.in_order(x, order)
        flat = replace(rows, order=tuple(range(len(order))))
        flat = call.b.reshaped(flat, (x.tensor.elements // count, count))
        scale = np.array([1 / count], np.float32)
        output = call.b.tensor((flat.tensor.shape[0], 1), scheme)
        call.b.emit(
            FullyConnected(
                source=call.b.source,
                input=flat.tensor,
                output=output,
                weight=weight_tensor(call, np.ones((1, count), np.int8), scale, 0),
                bias=None,
                act_min=limits[0],
                act_max=limits[1],
                rounding=Rounding.EVEN,
            )
        )
        made = Placed(tensor=output, order=(0, 1), scheme=scheme, is_real=False)
        sizes = (*(x.shape[axis] for axis in kept), *(1 for _ in axes))
        return replace(call.b.reshaped(made, sizes), order=order)

    shape = tuple(1 if axis in axes else n for axis, n in enumerate(x.shape))
    return Pending(shape=shape, build=build, what="ReduceMean")


# -- maxima -----------------------------------------------------------------------------------


def max_pool(call: Call) -> Value:
    """Import MaxPool, before or after dequantization: it changes no quantization."""
    x = call.placed(0)
    if len(call.node.outputs) != 1 or call.integer("storage_order", 0):
        raise RefusedError("its indices are not supported", "export it with one output")
    geometry = window(call, call.ints("kernel_shape"), x.shape[2:])
    if geometry.dilations != (1, 1):
        raise RefusedError("its dilation is not 1", "dilated maxima are not supported")
    return _greatest(call, x, geometry)


def global_max_pool(call: Call) -> Value:
    """Import GlobalMaxPool."""
    x = call.placed(0)
    return _greatest(call, x, _whole(x))


def _greatest(call: Call, x: Placed, geometry: Window) -> Placed:
    image = as_image(call, x)
    n, in_h, in_w, channels = image.tensor.shape
    output = call.b.tensor((n, *geometry.output((in_h, in_w)), channels), x.scheme)
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
