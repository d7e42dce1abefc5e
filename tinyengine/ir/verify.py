"""Check that a graph means something: its order, and what each operator asks of its operands."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tinyengine.ir.graph import Graph
from tinyengine.ir.ops import (
    Add,
    AveragePool2D,
    Binary,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Lookup,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Pad,
    PRelu,
    Quantize,
    Reshape,
    Resize,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Slice,
    Softmax,
    Sub,
    Transpose,
    Window,
)
from tinyengine.ir.tensor import DType, Quantization, Tensor


def verify(graph: Graph) -> None:
    """Assert that `graph` is valid; importers and passes promise that it is."""
    faults = find_faults(graph)
    assert not faults, "\n".join((f"graph '{graph.name}' is not valid:", *faults))


def find_faults(graph: Graph) -> tuple[str, ...]:
    """Give all that is wrong with `graph`, each with the operator or tensor; empty: valid."""
    faults = [*_order(graph), *_edges(graph)]
    for tensor in _tensors(graph):
        faults += [f"tensor '{tensor.name}': {fault}" for fault in _tensor_faults(tensor)]
    if not faults:  # The operators' checks rely on well-formed tensors.
        faults = [f"{op.source}: {fault}" for op in graph.ops for fault in find_op_faults(op)]
    return tuple(faults)


def find_op_faults(op: Op) -> tuple[str, ...]:
    """Give how `op`'s operands, attributes and output disagree; its tensors are well-formed."""
    return tuple(CHECKS[type(op)](op))


# -- the graph --------------------------------------------------------------------------------


def _tensors(graph: Graph) -> Iterator[Tensor]:
    found = dict.fromkeys(graph.input_tensors)
    for op in graph.ops:
        found |= dict.fromkeys((*op.inputs, op.output))
    yield from found | dict.fromkeys(graph.output_tensors)


def _order(graph: Graph) -> Iterator[str]:
    known = set(graph.input_tensors)
    for op in graph.ops:
        for tensor in op.inputs:
            if not tensor.is_const and tensor not in known:
                yield f"{op.source}: reads '{tensor.name}' before anything produces it"
        if op.output.is_const:
            yield f"{op.source}: writes the constant '{op.output.name}'"
        if op.output in known:
            yield f"{op.source}: '{op.output.name}' is produced a second time"
        known.add(op.output)


def _edges(graph: Graph) -> Iterator[str]:
    for tensor, count in Counter(graph.input_tensors).items():
        if count > 1:
            yield f"input '{tensor.name}': stands {count} times among the inputs"
        if tensor.is_const:
            yield f"input '{tensor.name}': is a constant"
    if not graph.outputs:
        yield "there is no output"
    for edge in graph.outputs:
        tensor = edge.tensor
        made = tensor in graph.producers or tensor in graph.input_tensors or tensor.is_const
        if not made:
            yield f"output '{edge.name}': nothing produces '{tensor.name}'"
    for edge in (*graph.inputs, *graph.outputs):
        if edge.dtype is DType.FLOAT32 and edge.tensor.quant is None:
            yield f"edge '{edge.name}': is float32, but its tensor is not quantized"
        if edge.dtype not in (DType.FLOAT32, edge.tensor.dtype):
            yield f"edge '{edge.name}': is {edge.dtype.value}, its tensor {edge.tensor.dtype.value}"


def _tensor_faults(tensor: Tensor) -> Iterator[str]:
    if any(n < 1 for n in tensor.shape):
        yield f"shape {tensor.shape} has a dimension below 1"
    if tensor.dtype is DType.FLOAT32:
        yield "is float32; tensors are integers"
    if tensor.data is not None:
        if tensor.data.shape != tensor.shape or tensor.data.dtype != tensor.dtype.numpy:
            yield f"its data is {tensor.data.dtype} {tensor.data.shape}, not {_type(tensor)}"
        if tensor.data.flags.writeable:
            yield "its data is writeable"
    if tensor.quant is not None and tensor.dtype is not DType.INT32:
        yield from _quant_faults(tensor, tensor.quant)


def _quant_faults(tensor: Tensor, quant: Quantization) -> Iterator[str]:
    if len(quant.scale) != len(quant.zero_point) or not quant.scale:
        yield f"has {len(quant.scale)} scales and {len(quant.zero_point)} zero points"
    if not all(math.isfinite(scale) and scale > 0 for scale in quant.scale):
        yield "has a scale that is not positive and finite"
    if tensor.dtype is not DType.FLOAT32:
        least, greatest = tensor.dtype.limits
        if not all(least <= point <= greatest for point in quant.zero_point):
            yield f"has a zero point outside [{least}, {greatest}]"
    if quant.per_channel:
        fits = quant.axis < len(tensor.shape) and tensor.shape[quant.axis] == len(quant.scale)
        if not fits:
            yield f"has {len(quant.scale)} scales along axis {quant.axis} of {tensor.shape}"


# -- one check per operator class -------------------------------------------------------------


def _conv2d(op: Conv2D) -> Iterator[str]:
    yield from _window(op)
    yield from _weights(op, channel_axis=0)
    if not _is_image(op.input) or len(op.weight.shape) != 4:
        return
    out_c, _, _, in_c = op.weight.shape
    if in_c != op.input.shape[3]:
        yield f"weights have {in_c} input channels, the input has {op.input.shape[3]}"
    yield from _dilation(op)
    yield from _window_shape(op, out_c)


def _depthwise_conv2d(op: DepthwiseConv2D) -> Iterator[str]:
    yield from _window(op)
    yield from _weights(op, channel_axis=3)
    if not _is_image(op.input) or len(op.weight.shape) != 4:
        return
    one, _, _, out_c = op.weight.shape
    if one != 1 or out_c % op.input.shape[3]:
        yield f"weights {op.weight.shape} do not divide into {op.input.shape[3]} input channels"
    yield from _dilation(op)
    yield from _window_shape(op, out_c)


def _pool(op: AveragePool2D | MaxPool2D) -> Iterator[str]:
    yield from _window(op)
    if op.kernel_h < 1 or op.kernel_w < 1:
        yield f"kernel {op.kernel_h}x{op.kernel_w} is empty"
    rows, columns = (op.padding.top, op.padding.bottom), (op.padding.left, op.padding.right)
    if max(rows) >= op.kernel_h or max(columns) >= op.kernel_w:
        yield f"padding {op.padding} holds whole windows of {op.kernel_h}x{op.kernel_w}"
    if _is_image(op.input):
        yield from _window_shape(op, op.input.shape[3])


def _fully_connected(op: FullyConnected) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _scaled(op.input, op.output)
    yield from _clamp(op)
    yield from _weights(op, channel_axis=0)
    if len(op.weight.shape) != 2:
        yield f"weights {op.weight.shape} are not a matrix"
        return
    out_c, depth = op.weight.shape
    if op.input.elements % depth:
        yield f"input {op.input.shape} does not divide into vectors of {depth}"
    vectors = op.input.elements // depth
    if op.output.shape[-1:] != (out_c,) or op.output.elements != vectors * out_c:
        yield f"output is {op.output.shape}, must be {vectors} vectors of {out_c}"


def _arithmetic(op: Add | Sub | Mul) -> Iterator[str]:
    yield from _int8(op.lhs, op.rhs, op.output)
    yield from _scaled(op.lhs, op.rhs, op.output)
    yield from _clamp(op)
    yield from _broadcast(op)


def _extremum(op: Minimum | Maximum) -> Iterator[str]:
    yield from _int8(op.lhs, op.rhs, op.output)
    yield from _quantized_alike(op, op.lhs, op.rhs)
    yield from _broadcast(op)


def _prelu(op: PRelu) -> Iterator[str]:
    yield from _int8(op.input, op.alpha, op.output)
    yield from _scaled(op.input, op.alpha, op.output)
    yield from _shape(op, op.input.shape)
    if not op.alpha.is_const:
        yield "the slope is not a constant"
    if _broadcast_shape(op.input.shape, op.alpha.shape) != op.input.shape:
        yield f"slope {op.alpha.shape} does not broadcast to {op.input.shape}"


def _lookup(op: Lookup) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _shape(op, op.input.shape)
    if op.table.shape != (256,) or op.table.dtype != np.int8:
        yield f"the table is {op.table.dtype} {op.table.shape}, not 256 int8"


def _quantize(op: Quantize) -> Iterator[str]:
    kinds = (op.input.dtype, op.output.dtype)
    byte_kinds = {(DType.INT8,) * 2, (DType.UINT8, DType.INT8), (DType.INT8, DType.UINT8)}
    if kinds not in byte_kinds:
        yield f"cannot requantize {op.input.dtype.value} to {op.output.dtype.value}"
    yield from _scaled(op.input, op.output)
    yield from _shape(op, op.input.shape)


def _mean(op: Mean) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _scaled(op.input, op.output)
    rank = len(op.input.shape)
    if list(op.axes) != sorted(set(op.axes)) or not all(0 <= axis < rank for axis in op.axes):
        yield f"axes {op.axes} are not ascending dimensions of {op.input.shape}"
        return
    kept = tuple(1 if i in op.axes else n for i, n in enumerate(op.input.shape))
    dropped = tuple(n for i, n in enumerate(op.input.shape) if i not in op.axes)
    if op.output.shape not in (kept, dropped):
        yield f"output is {op.output.shape}, must be {kept} or {dropped}"


def _softmax(op: Softmax) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _scaled(op.input, op.output)
    yield from _shape(op, op.input.shape)
    if not op.input.shape:
        yield "the input has no dimension"
    quant = op.output.quant
    if quant is None or quant.per_channel:
        return
    # Source: tensorflow/lite/kernels/activations.cc, SoftmaxPrepare: within a thousandth.
    if abs(quant.scale[0] * 256 - 1) > 0.001 or quant.zero_point != (-128,):
        yield f"output scale {quant.scale} and zero point {quant.zero_point} are not 1/256, -128"


def _pad(op: Pad) -> Iterator[str]:
    yield from _same_dtype(op, op.input)
    least, greatest = op.output.dtype.limits
    if not least <= op.value <= greatest:
        yield f"value {op.value} is outside [{least}, {greatest}]"
    if len(op.pads) != len(op.input.shape):
        yield f"{len(op.pads)} pairs of padding for an input of rank {len(op.input.shape)}"
        return
    if any(amount < 0 for pair in op.pads for amount in pair):
        yield f"padding {op.pads} is negative"
    sizes = zip(op.input.shape, op.pads, strict=True)
    yield from _shape(op, tuple(n + before + after for n, (before, after) in sizes))


def _reshape(op: Reshape) -> Iterator[str]:
    yield from _same_dtype(op, op.input)
    if op.output.elements != op.input.elements:
        yield f"{op.input.elements} elements become {op.output.elements}"


def _transpose(op: Transpose) -> Iterator[str]:
    yield from _same_dtype(op, op.input)
    if sorted(op.perm) != list(range(len(op.input.shape))):
        yield f"{op.perm} is no permutation of the dimensions of {op.input.shape}"
        return
    yield from _shape(op, tuple(op.input.shape[i] for i in op.perm))


def _concatenation(op: Concatenation) -> Iterator[str]:
    yield from _same_dtype(op, *op.operands)
    yield from _quantized_alike(op, *op.operands)
    if not op.operands:
        yield "there is no operand"
        return
    first = op.operands[0].shape
    if not 0 <= op.axis < len(first):
        yield f"axis {op.axis} is no dimension of {first}"
        return
    others = {x.shape[: op.axis] + x.shape[op.axis + 1 :] for x in op.operands}
    if len(others) > 1 or any(len(x.shape) != len(first) for x in op.operands):
        yield f"operands {[x.shape for x in op.operands]} differ beside axis {op.axis}"
        return
    total = sum(x.shape[op.axis] for x in op.operands)
    yield from _shape(op, (*first[: op.axis], total, *first[op.axis + 1 :]))


def _slice(op: Slice) -> Iterator[str]:
    yield from _same_dtype(op, op.input)
    ranks = {len(op.input.shape), len(op.output.shape), len(op.begin), len(op.strides)}
    if len(ranks) > 1:
        yield f"begin, strides, input and output have the ranks {sorted(ranks)}"
        return
    dimensions = zip(op.input.shape, op.output.shape, op.begin, op.strides, strict=True)
    for axis, (size, count, begin, stride) in enumerate(dimensions):
        last = begin + (count - 1) * stride
        if stride == 0 or not 0 <= begin < size or not 0 <= last < size:
            yield f"axis {axis}: {count} elements from {begin} by {stride} leave [0, {size})"


def _resize(op: Resize) -> Iterator[str]:
    yield from _same_dtype(op, op.input)
    if not _is_image(op.input) or not _is_image(op.output):
        yield f"{op.input.shape} to {op.output.shape} is not from image to image"
    elif op.input.shape[3] != op.output.shape[3]:
        yield f"{op.input.shape[3]} channels become {op.output.shape[3]}"


CHECKS: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    Conv2D: _conv2d,
    DepthwiseConv2D: _depthwise_conv2d,
    AveragePool2D: _pool,
    MaxPool2D: _pool,
    FullyConnected: _fully_connected,
    Add: _arithmetic,
    Sub: _arithmetic,
    Mul: _arithmetic,
    Minimum: _extremum,
    Maximum: _extremum,
    PRelu: _prelu,
    Lookup: _lookup,
    Quantize: _quantize,
    Mean: _mean,
    Softmax: _softmax,
    Pad: _pad,
    Reshape: _reshape,
    Transpose: _transpose,
    Concatenation: _concatenation,
    Slice: _slice,
    ResizeNearestNeighbor: _resize,
    ResizeBilinear: _resize,
}
"""What each operator class asks of its operands, attributes and output, as faults."""


# -- what several operators ask ---------------------------------------------------------------


def _window(op: Window) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _clamp(op)
    if not _is_image(op.input):
        yield f"input {op.input.shape} is not [1, H, W, C]"
    if op.stride_h < 1 or op.stride_w < 1:
        yield f"stride {op.stride_h}x{op.stride_w} stands still"
    if min(op.padding.top, op.padding.bottom, op.padding.left, op.padding.right) < 0:
        yield f"{op.padding} is negative"


def _dilation(op: Conv2D | DepthwiseConv2D) -> Iterator[str]:
    if op.dilation_h < 1 or op.dilation_w < 1:
        yield f"dilation {op.dilation_h}x{op.dilation_w} stands still"


def _window_shape(op: Window, out_c: int) -> Iterator[str]:
    """Compare the output's shape with what the window gives."""
    if op.stride_h < 1 or op.stride_w < 1:
        return
    _, in_h, in_w, _ = op.input.shape
    extent = op.extent
    spare_h = in_h + op.padding.top + op.padding.bottom - extent[0]
    spare_w = in_w + op.padding.left + op.padding.right - extent[1]
    if spare_h < 0 or spare_w < 0:
        yield f"window {extent[0]}x{extent[1]} is larger than the padded input"
        return
    yield from _shape(op, (1, spare_h // op.stride_h + 1, spare_w // op.stride_w + 1, out_c))


def _weights(op: Conv2D | DepthwiseConv2D | FullyConnected, channel_axis: int) -> Iterator[str]:
    yield from _int8(op.weight)
    yield from _scaled(op.input, op.output)
    if not op.weight.is_const:
        yield "the weights are not constant"
    if op.weight.quant is None:
        yield "the weights are not quantized"
    elif op.weight.quant.per_channel and op.weight.quant.axis != channel_axis:
        yield f"the weights are quantized along axis {op.weight.quant.axis}, not {channel_axis}"
    if op.bias is None or len(op.weight.shape) <= channel_axis:
        return
    out_c = op.weight.shape[channel_axis]
    if not op.bias.is_const or op.bias.dtype is not DType.INT32 or op.bias.shape != (out_c,):
        yield f"bias {_type(op.bias)} is not {out_c} constant int32"


def _clamp(op: Any) -> Iterator[str]:  # noqa: ANN401 (any operator that has a clamp)
    least, greatest = op.output.dtype.limits
    if not least <= op.act_min <= op.act_max <= greatest:
        yield f"clamp [{op.act_min}, {op.act_max}] is not inside [{least}, {greatest}]"


def _broadcast(op: Binary) -> Iterator[str]:
    shape = _broadcast_shape(op.lhs.shape, op.rhs.shape)
    if shape is None:
        yield f"{op.lhs.shape} and {op.rhs.shape} do not broadcast"
    else:
        yield from _shape(op, shape)


def _broadcast_shape(lhs: tuple[int, ...], rhs: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        return np.broadcast_shapes(lhs, rhs)
    except ValueError:
        return None


def _shape(op: Op, expected: tuple[int, ...]) -> Iterator[str]:
    if op.output.shape != expected:
        yield f"output is {op.output.shape}, must be {expected}"


def _int8(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.dtype is not DType.INT8:
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be int8"


def _same_dtype(op: Op, *tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.dtype is not op.output.dtype:
            yield f"'{tensor.name}' is {tensor.dtype.value}, output {op.output.dtype.value}"


def _scaled(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.quant is None or tensor.quant.per_channel:
            yield f"'{tensor.name}' is not quantized per tensor"


def _quantized_alike(op: Op, *tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if not tensor.quantized_like(op.output):
            yield f"'{tensor.name}' is not quantized like the output"


def _is_image(tensor: Tensor) -> bool:
    return len(tensor.shape) == 4 and tensor.shape[0] == 1


def _type(tensor: Tensor) -> str:
    return f"{tensor.dtype.value} {tensor.shape}"
