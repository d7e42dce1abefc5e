"""Import AVERAGE_POOL_2D, MAX_POOL_2D and the resizing operators."""

from tflite.Pool2DOptions import Pool2DOptions
from tflite.ResizeBilinearOptions import ResizeBilinearOptions
from tflite.ResizeNearestNeighborOptions import ResizeNearestNeighborOptions

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError
from tinyengine.importers.shapes import window
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.importers.tflite.convolution import image, padding_name
from tinyengine.importers.tflite.ranges import activation_range
from tinyengine.importers.tflite.unsigned import averaged_unsigned, resized_unsigned
from tinyengine.ir import (
    AveragePool2D,
    DType,
    MaxPool2D,
    Op,
    ResizeBilinear,
    ResizeNearestNeighbor,
)

_MOST_POOLED = {DType.INT8: (1 << 23) - 1, DType.INT16: (1 << 15) - 1}
"""The most values whose sum, with half of their number for rounding, stays in 31 bits."""


def average_pool_2d(call: Call) -> tuple[Op, ...]:
    """Import AVERAGE_POOL_2D."""
    return (_pool(call, AveragePool2D),)


def max_pool_2d(call: Call) -> tuple[Op, ...]:
    """Import MAX_POOL_2D."""
    return (_pool(call, MaxPool2D),)


def _pool(call: Call, kind: type[AveragePool2D] | type[MaxPool2D]) -> Op:
    call.expect((1,))
    options = call.options(Pool2DOptions)
    source = image(call)
    batches, in_h, in_w, channels = source.shape
    kernel_h, kernel_w = options.FilterHeight(), options.FilterWidth()
    strides = (options.StrideH(), options.StrideW())
    padding = padding_name(options.Padding())
    shape, pads = window((in_h, in_w), (kernel_h, kernel_w), strides, (1, 1), padding)
    if min(kernel_h, in_h) * min(kernel_w, in_w) > _MOST_POOLED[source.dtype]:
        raise RefusedError(f"a window of {kernel_h} x {kernel_w} may overflow 32 bits", LIMIT_HINT)
    output = call.output((batches, *shape, channels))
    require_equal_quantization(output, source)
    act_min, act_max = activation_range(options.FusedActivationFunction(), output)
    op = kind(
        source=call.source,
        output=output,
        input=source,
        kernel_h=kernel_h,
        kernel_w=kernel_w,
        stride_h=strides[0],
        stride_w=strides[1],
        padding=pads,
        act_min=act_min,
        act_max=act_max,
    )
    return averaged_unsigned(op) if call.is_unsigned and isinstance(op, AveragePool2D) else op


def resize_nearest_neighbor(call: Call) -> tuple[Op, ...]:
    """Import RESIZE_NEAREST_NEIGHBOR."""
    return (_resize(call, ResizeNearestNeighbor, ResizeNearestNeighborOptions),)


def resize_bilinear(call: Call) -> tuple[Op, ...]:
    """Import RESIZE_BILINEAR."""
    return (_resize(call, ResizeBilinear, ResizeBilinearOptions),)


def _resize(
    call: Call, kind: type[ResizeNearestNeighbor] | type[ResizeBilinear], table: type
) -> Op:
    call.expect((2,))
    options = call.options(table)
    source, size = image(call), call.integers(1, "size")
    if len(size) != 2:
        raise RefusedError(f"size has {len(size)} values; 2 expected", DAMAGED_HINT)
    both = options.AlignCorners() and options.HalfPixelCenters()
    if both and kind is ResizeBilinear:
        raise RefusedError(
            "bilinear resizing with both align_corners and half_pixel_centers has no meaning: "
            "the interpreter refuses it",
            "convert the model with one of them",
        )
    output = call.output((source.shape[0], size[0], size[1], source.shape[3]))
    require_equal_quantization(output, source)
    op = kind(
        source=call.source,
        output=output,
        input=source,
        align_corners=bool(options.AlignCorners()),
        half_pixel_centers=bool(options.HalfPixelCenters()),
    )
    return resized_unsigned(op) if call.is_unsigned and isinstance(op, ResizeBilinear) else op
