"""Random models of what multiplies with weights, and of windows."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.properties.drawn.draw import Draw, Sample, Sampler, Shape, integers, like, unit

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


INT4_WIDENED = "int4 as int8"
"""Weights of int8 that are what the same draw gives as int4."""


def weight_of(draw: Draw, shape: Shape, axis: int) -> Spec:
    """Give weights; those of int8 and int4 have a scale per channel along `axis` at times."""
    low, high = {"uint8": (0, 255), "int8": (-127, 127)}.get(draw.weights, (-8, 7))
    data = draw.random.integers(low, high, shape, endpoint=True)
    alone = draw.weights == "uint8" or draw.chance(0.3)
    wider = 127 / high
    scale = [draw.scale(-9, -5) * wider for _ in range(1 if alone else shape[axis])]
    zero = draw.integer(0, 255) if draw.weights == "uint8" else None
    dtype = "int8" if draw.weights == INT4_WIDENED else draw.weights
    return Spec(shape=shape, dtype=dtype, scale=scale, zero_point=zero, axis=axis, data=data)


def bias_of(draw: Draw, source: Spec, weight: Spec, count: int) -> Spec | None:
    """Give a bias of the scales' product, or none where the interpreter needs none."""
    if draw.dtype != "int16" and draw.opcode != "CONV_2D" and draw.chance(0.2):
        return None
    wide = draw.dtype == "int16" and draw.chance(0.8)
    scale = np.asarray(weight.scale) * unit(source)
    data = draw.random.integers(-3000, 3000, count) * (40 if wide else 1)
    return Spec(shape=(count,), dtype="int64" if wide else "int32", scale=scale, data=data)


def result_of(draw: Draw, shape: Shape, source: Spec, weight: Spec, taps: int) -> Spec:
    """Give an output whose values mostly vary, for sums of `taps` products."""
    spread = {"uint8": 90.0, "int8": 90.0}.get(draw.weights, 5.0) * math.sqrt(taps)
    step = float(np.mean(np.asarray(weight.scale))) * unit(source)
    return draw.tensor(shape, scale=float(np.float32(step * spread * 2.0 ** draw.real(-2, 2))))


def _window(draw: Draw, image: Shape, taps: Shape) -> tuple[Shape, dict[str, Any]]:
    """Give the height and width of an output, and padding and strides."""
    padding, strides = draw.pick(["SAME", "VALID"]), (draw.integer(1, 3), draw.integer(1, 3))
    out = tuple(
        -(-size // stride) if padding == "SAME" else (size - tap) // stride + 1
        for size, tap, stride in zip(image, taps, strides, strict=True)
    )
    return out, {"padding": padding, "stride_h": strides[0], "stride_w": strides[1]}


def _image(draw: Draw) -> tuple[Shape, Shape]:
    """Give height and width of an image, and a window that lies in it."""
    taps = draw.pick([(1, 1), (3, 3), (draw.integer(1, 4), draw.integer(1, 4))])
    return (taps[0] + draw.integer(0, 4), taps[1] + draw.integer(0, 4)), taps


def conv_2d(draw: Draw) -> Sample:
    """Give a convolution."""
    image, taps = _image(draw)
    in_c, out_c = draw.channels(), draw.channels()
    source = draw.tensor((1, *image, in_c))
    weight = weight_of(draw, (out_c, *taps, in_c), 0)
    out, options = _window(draw, image, taps)
    result = result_of(draw, (1, *out, out_c), source, weight, math.prod(taps) * in_c)
    operands = [source, weight, bias_of(draw, source, weight, out_c)]
    options["fused_activation_function"] = draw.pick(ACTIVATIONS)
    return draw.sample(operands, result, **options)


def depthwise_conv_2d(draw: Draw) -> Sample:
    """Give a depthwise convolution."""
    image, taps = _image(draw)
    in_c, times = draw.channels(), draw.pick([1, 1, 1, 2])
    out_c = in_c * times
    source = draw.tensor((1, *image, in_c))
    weight = weight_of(draw, (1, *taps, out_c), 3)
    out, options = _window(draw, image, taps)
    result = result_of(draw, (1, *out, out_c), source, weight, math.prod(taps))
    operands = [source, weight, bias_of(draw, source, weight, out_c)]
    options["fused_activation_function"] = draw.pick(ACTIVATIONS)
    return draw.sample(operands, result, depth_multiplier=times, **options)


def fully_connected(draw: Draw) -> Sample:
    """Give a product with a matrix of weights."""
    rows, in_c, out_c = draw.pick([1, 1, draw.integer(2, 4)]), draw.channels(40), draw.channels(30)
    source = draw.tensor((rows, in_c))
    weight = weight_of(draw, (out_c, in_c), 0)
    result = result_of(draw, (rows, out_c), source, weight, in_c)
    operands = [source, weight, bias_of(draw, source, weight, out_c)]
    return draw.sample(operands, result, fused_activation_function=draw.pick(ACTIVATIONS))


def transpose_conv(draw: Draw) -> Sample:
    """Give a transposed convolution."""
    image, taps = (draw.integer(1, 4), draw.integer(1, 4)), (draw.integer(1, 4), draw.integer(1, 4))
    in_c, out_c = draw.channels(12), draw.channels(8)
    strides, padding = (draw.integer(1, 3), draw.integer(1, 3)), draw.pick(["SAME", "VALID"])
    out = tuple(
        size * stride if padding == "SAME" else (size - 1) * stride + max(tap, stride)
        for size, tap, stride in zip(image, taps, strides, strict=True)
    )
    source = draw.tensor((1, *image, in_c))
    weight = weight_of(draw, (out_c, *taps, in_c), 0)
    result = result_of(draw, (1, *out, out_c), source, weight, math.prod(taps) * in_c)
    operands = [integers(1, *out, out_c), weight, source, bias_of(draw, source, weight, out_c)]
    return draw.sample(operands, result, padding=padding, stride_h=strides[0], stride_w=strides[1])


def batch_matmul(draw: Draw) -> Sample:
    """Give a product of matrices, turned or not, the right one a constant or not."""
    lead, (m, k, n) = draw.shape(0, 2, 3), (draw.integer(1, 6), draw.channels(), draw.channels(9))
    turned = draw.chance(), draw.chance()
    left = draw.tensor((*lead, *((k, m) if turned[0] else (m, k))))
    few = tuple(draw.pick([1, size]) for size in lead) if draw.chance() else lead
    right = draw.perhaps_constant(draw.tensor((*few, *((n, k) if turned[1] else (k, n)))))
    step = unit(left) * unit(right) * math.sqrt(k)
    result = draw.tensor((*lead, m, n), scale=float(np.float32(step * 2.0 ** draw.real(3, 8))))
    return draw.sample([left, right], result, adj_x=turned[0], adj_y=turned[1])


def pool(draw: Draw) -> Sample:
    """Give a pool."""
    image, taps = _image(draw)
    source = draw.tensor((1, *image, draw.channels()))
    out, options = _window(draw, image, taps)
    options["fused_activation_function"] = draw.pick(ACTIVATIONS)
    result = like(source, (1, *out, source.shape[3]))
    return draw.sample([source], result, filter_height=taps[0], filter_width=taps[1], **options)


def resize(draw: Draw) -> Sample:
    """Give a resized image."""
    source = draw.tensor((1, draw.integer(1, 6), draw.integer(1, 6), draw.channels(9)))
    out = draw.integer(1, 8), draw.integer(1, 8)
    options = {draw.pick(["half_pixel_centers", "align_corners"]): draw.chance()}
    return draw.sample(
        [source, integers(*out)], like(source, (1, *out, source.shape[3])), **options
    )


def embedding_lookup(draw: Draw) -> Sample:
    """Give rows of a table."""
    shape, ids = draw.shape(2, 3), draw.integer(1, 5)
    table = draw.constant(draw.tensor(shape))
    limits = {0: (0, shape[0] - 1)}
    index = Spec(shape=(ids,), dtype="int32")
    if draw.chance(0.3):
        index = integers(*draw.random.integers(0, shape[0], ids).tolist())
        table = like(table, shape)
    return draw.sample([index, table], like(table, (ids, *shape[1:])), limits=limits)


SAMPLERS: Mapping[str, Sampler] = {
    "AVERAGE_POOL_2D": pool,
    "BATCH_MATMUL": batch_matmul,
    "CONV_2D": conv_2d,
    "DEPTHWISE_CONV_2D": depthwise_conv_2d,
    "EMBEDDING_LOOKUP": embedding_lookup,
    "FULLY_CONNECTED": fully_connected,
    "MAX_POOL_2D": pool,
    "RESIZE_BILINEAR": resize,
    "RESIZE_NEAREST_NEIGHBOR": resize,
    "TRANSPOSE_CONV": transpose_conv,
}
