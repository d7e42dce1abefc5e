"""What operators ask of shapes and attributes: the same whatever the elements are."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tinyengine.ir.detection_checks import DETECTION_SHAPES
from tinyengine.ir.logic_checks import LOGIC_SHAPES
from tinyengine.ir.number_ops import (
    AddN,
    CumSum,
    Div,
    DynamicUpdateSlice,
    L2Normalization,
    LogSoftmax,
    ReduceProd,
    Sum,
    TopK,
)
from tinyengine.ir.ops import (
    Add,
    ArgExtreme,
    ArgMax,
    ArgMin,
    AveragePool2D,
    BatchMatMul,
    Binary,
    Broadcast,
    Clamp,
    Concatenation,
    Conv2D,
    Convolution,
    Curve,
    DepthToSpace,
    DepthwiseConv2D,
    FullyConnected,
    LeakyRelu,
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
    ReduceExtreme,
    ReduceMax,
    ReduceMin,
    Reshape,
    Resize,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Sigmoid,
    Slice,
    Softmax,
    SpaceToDepth,
    SquaredDifference,
    Sub,
    Transpose,
    Unary,
    Window,
)
from tinyengine.ir.recurrent import lstm_shapes, svdf_shapes
from tinyengine.ir.recurrent_ops import LSTM, SVDF
from tinyengine.ir.signal_checks import SIGNAL_SHAPES
from tinyengine.ir.tensor import Tensor

# -- one check per operator class -------------------------------------------------------------


def _conv2d(op: Conv2D) -> Iterator[str]:
    yield from _window(op)
    yield from _weights(op, op.weight.shape[:1])
    if not _is_image(op.input) or len(op.weight.shape) != 4:
        return
    out_c, _, _, in_c = op.weight.shape
    if op.input.shape[3] % in_c or out_c % op.groups:
        yield f"weights {op.weight.shape} do not divide {op.input.shape[3]} channels into groups"
    yield from _dilation(op)
    yield from _window_shape(op, out_c)


def _depthwise_conv2d(op: DepthwiseConv2D) -> Iterator[str]:
    yield from _window(op)
    yield from _weights(op, op.weight.shape[3:])
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
    yield from _weights(op, op.weight.shape[:1])
    if len(op.weight.shape) != 2:
        yield f"weights {op.weight.shape} are not a matrix"
        return
    out_c, depth = op.weight.shape
    if op.input.elements % depth:
        yield f"input {op.input.shape} does not divide into vectors of {depth}"
    vectors = op.input.elements // depth
    if op.output.shape[-1:] != (out_c,) or op.output.elements != vectors * out_c:
        yield f"output is {op.output.shape}, must be {vectors} vectors of {out_c}"


def _batch_matmul(op: BatchMatMul) -> Iterator[str]:
    if min(len(op.lhs.shape), len(op.rhs.shape)) < 2:
        yield f"{op.lhs.shape} and {op.rhs.shape} are not both matrices"
        return
    rows, depth, columns = op.sizes
    lead = _broadcast_shape(op.lhs.shape[:-2], op.rhs.shape[:-2])
    if lead is None or op.rhs.shape[-1 if op.adjoins_rhs else -2] != depth:
        yield f"{op.lhs.shape} and {op.rhs.shape} have no product"
        return
    yield from _shape(op, (*lead, rows, columns))


def _prelu(op: PRelu) -> Iterator[str]:
    yield from _shape(op, op.input.shape)
    if not op.alpha.is_const:
        yield "the slope is not a constant"
    if _broadcast_shape(op.input.shape, op.alpha.shape) != op.input.shape:
        yield f"slope {op.alpha.shape} does not broadcast to {op.input.shape}"


def _unary(op: Lookup | Curve | Unary | Clamp | Quantize) -> Iterator[str]:
    yield from _shape(op, op.input.shape)


def _reduction(op: Mean | Sum | ReduceProd) -> Iterator[str]:
    rank = len(op.input.shape)
    if list(op.axes) != sorted(set(op.axes)) or not all(0 <= axis < rank for axis in op.axes):
        yield f"axes {op.axes} are not ascending dimensions of {op.input.shape}"
        return
    kept = tuple(1 if i in op.axes else n for i, n in enumerate(op.input.shape))
    dropped = tuple(n for i, n in enumerate(op.input.shape) if i not in op.axes)
    if op.output.shape not in (kept, dropped):
        yield f"output is {op.output.shape}, must be {kept} or {dropped}"


def _arg_extreme(op: ArgExtreme) -> Iterator[str]:
    if not 0 <= op.axis < len(op.input.shape):
        yield f"axis {op.axis} is no dimension of {op.input.shape}"
        return
    yield from _shape(op, op.input.shape[: op.axis] + op.input.shape[op.axis + 1 :])


def _reduce_extreme(op: ReduceExtreme) -> Iterator[str]:
    if not 0 <= op.axis < len(op.input.shape):
        yield f"axis {op.axis} is no dimension of {op.input.shape}"
        return
    yield from _shape(op, (*op.input.shape[: op.axis], 1, *op.input.shape[op.axis + 1 :]))


def _softmax(op: Softmax | LogSoftmax | L2Normalization) -> Iterator[str]:
    yield from _shape(op, op.input.shape)
    if not op.input.shape:
        yield "the input has no dimension"


def _add_n(op: AddN) -> Iterator[str]:
    if not op.operands:
        yield "there is no operand"
    for operand in op.operands:
        yield from _shape(op, operand.shape)


def _cumsum(op: CumSum) -> Iterator[str]:
    yield from _shape(op, op.input.shape)
    if not 0 <= op.axis < len(op.input.shape):
        yield f"axis {op.axis} is no dimension of {op.input.shape}"


def _top_k(op: TopK) -> Iterator[str]:
    count = op.output.shape[-1:]
    if not op.input.shape or not (0,) < count <= op.input.shape[-1:]:
        yield f"{count} elements of {op.input.shape} cannot be taken"
    yield from _shape(op, (*op.input.shape[:-1], *count))


def _dynamic_update_slice(op: DynamicUpdateSlice) -> Iterator[str]:
    yield from _shape(op, op.input.shape)
    if len(op.update.shape) != len(op.input.shape) or op.start.shape != (len(op.input.shape),):
        yield f"update {op.update.shape} at {op.start.shape} does not fit {op.input.shape}"
    elif any(part > size for part, size in zip(op.update.shape, op.input.shape, strict=True)):
        yield f"update {op.update.shape} is larger than {op.input.shape}"


def _pad(op: Pad) -> Iterator[str]:
    if len(op.pads) != len(op.input.shape):
        yield f"{len(op.pads)} pairs of padding for an input of rank {len(op.input.shape)}"
        return
    if any(amount < 0 for pair in op.pads for amount in pair):
        yield f"padding {op.pads} is negative"
    sizes = zip(op.input.shape, op.pads, strict=True)
    yield from _shape(op, tuple(n + before + after for n, (before, after) in sizes))


def _reshape(op: Reshape) -> Iterator[str]:
    if op.output.elements != op.input.elements:
        yield f"{op.input.elements} elements become {op.output.elements}"


def _transpose(op: Transpose) -> Iterator[str]:
    if sorted(op.perm) != list(range(len(op.input.shape))):
        yield f"{op.perm} is no permutation of the dimensions of {op.input.shape}"
        return
    yield from _shape(op, tuple(op.input.shape[i] for i in op.perm))


def _concatenation(op: Concatenation) -> Iterator[str]:
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
    if not _is_image(op.input) or not _is_image(op.output):
        yield f"{op.input.shape} to {op.output.shape} is not from image to image"
    elif op.input.shape[0] != op.output.shape[0]:
        yield f"{op.input.shape[0]} images become {op.output.shape[0]}"
    elif op.input.shape[3] != op.output.shape[3]:
        yield f"{op.input.shape[3]} channels become {op.output.shape[3]}"


def _depth_to_space(op: DepthToSpace) -> Iterator[str]:
    if not _is_image(op.input) or not _is_image(op.output):
        yield f"{op.input.shape} to {op.output.shape} is not from image to image"
        return
    if min(op.block_h, op.block_w) < 1 or not _is_within_block(op):
        yield f"{op.top} rows and {op.left} columns of blocks {op.block_h}x{op.block_w} are cut off"
        return
    n, h, w, c = op.input.shape
    rows, columns = h * op.block_h - op.top, w * op.block_w - op.left
    if op.output.shape[1] > rows or op.output.shape[2] > columns:
        yield f"output is {op.output.shape}, but there are {rows} rows of {columns} pixels"
    if op.output.shape[0] != n or op.output.shape[3] * op.block_h * op.block_w != c:
        yield f"{c} channels do not divide into blocks of pixels of {op.output.shape}"


def _is_within_block(op: DepthToSpace) -> bool:
    return 0 <= op.top < op.block_h and 0 <= op.left < op.block_w


def _space_to_depth(op: SpaceToDepth) -> Iterator[str]:
    if not _is_image(op.input):
        yield f"input {op.input.shape} is not [N, H, W, C]"
        return
    n, h, w, c = op.input.shape
    if min(op.block_h, op.block_w) < 1 or h % op.block_h or w % op.block_w:
        yield f"{h}x{w} pixels do not divide into blocks of {op.block_h}x{op.block_w}"
        return
    blocks = (h // op.block_h, w // op.block_w)
    yield from _shape(op, (n, *blocks, op.block_h * op.block_w * c))


def _broadcast_to(op: Broadcast) -> Iterator[str]:
    if _broadcast_shape(op.input.shape, op.output.shape) != op.output.shape:
        yield f"{op.input.shape} does not broadcast to {op.output.shape}"


# -- what several operators ask ---------------------------------------------------------------


def _window(op: Window) -> Iterator[str]:
    if not _is_image(op.input):
        yield f"input {op.input.shape} is not [N, H, W, C]"
    if op.stride_h < 1 or op.stride_w < 1:
        yield f"stride {op.stride_h}x{op.stride_w} stands still"
    if min(op.padding.top, op.padding.bottom, op.padding.left, op.padding.right) < 0:
        yield f"{op.padding} is negative"


def _dilation(op: Convolution) -> Iterator[str]:
    if op.dilation_h < 1 or op.dilation_w < 1:
        yield f"dilation {op.dilation_h}x{op.dilation_w} stands still"


def _window_shape(op: Window, out_c: int) -> Iterator[str]:
    """Compare the output's shape with what the window gives."""
    if op.stride_h < 1 or op.stride_w < 1:
        return
    n, in_h, in_w, _ = op.input.shape
    extent = op.extent
    spare_h = in_h + op.padding.top + op.padding.bottom - extent[0]
    spare_w = in_w + op.padding.left + op.padding.right - extent[1]
    if spare_h < 0 or spare_w < 0:
        yield f"window {extent[0]}x{extent[1]} is larger than the padded input"
        return
    yield from _shape(op, (n, spare_h // op.stride_h + 1, spare_w // op.stride_w + 1, out_c))


def _weights(op: Convolution | FullyConnected, channels: tuple[int, ...]) -> Iterator[str]:
    """Check that the weights are constant and that there is a bias for each of `channels`."""
    if not op.weight.is_const:
        yield "the weights are not constant"
    if op.bias is not None and not (op.bias.is_const and op.bias.shape == channels):
        yield f"bias {op.bias.shape} is not {channels} constant values"


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


def _is_image(tensor: Tensor) -> bool:
    return len(tensor.shape) == 4


SHAPES: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    Conv2D: _conv2d,
    DepthwiseConv2D: _depthwise_conv2d,
    AveragePool2D: _pool,
    MaxPool2D: _pool,
    FullyConnected: _fully_connected,
    Add: _broadcast,
    Sub: _broadcast,
    Mul: _broadcast,
    Div: _broadcast,
    AddN: _add_n,
    TopK: _top_k,
    DynamicUpdateSlice: _dynamic_update_slice,
    SquaredDifference: _broadcast,
    BatchMatMul: _batch_matmul,
    Minimum: _broadcast,
    Maximum: _broadcast,
    PRelu: _prelu,
    Lookup: _unary,
    LeakyRelu: _unary,
    Sigmoid: _unary,
    Unary: _unary,
    Clamp: _unary,
    Quantize: _unary,
    Mean: _reduction,
    Sum: _reduction,
    ReduceProd: _reduction,
    CumSum: _cumsum,
    ArgMax: _arg_extreme,
    ArgMin: _arg_extreme,
    Softmax: _softmax,
    LogSoftmax: _softmax,
    L2Normalization: _softmax,
    Pad: _pad,
    Reshape: _reshape,
    Transpose: _transpose,
    Concatenation: _concatenation,
    Slice: _slice,
    ResizeNearestNeighbor: _resize,
    ResizeBilinear: _resize,
    DepthToSpace: _depth_to_space,
    SpaceToDepth: _space_to_depth,
    Broadcast: _broadcast_to,
    ReduceMax: _reduce_extreme,
    ReduceMin: _reduce_extreme,
    **LOGIC_SHAPES,
    **DETECTION_SHAPES,
    **SIGNAL_SHAPES,
    LSTM: lstm_shapes,
    SVDF: svdf_shapes,
}
"""What each operator class asks of the shapes of its tensors and of its attributes, as faults."""
