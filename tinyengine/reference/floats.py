"""What every operator of a float graph computes, in float32.

Equal to LiteRT and onnxruntime within 1e-5 of the largest value: sums are taken in another order
than theirs. All functions take arrays whose first dimension may be larger than the operator's
says, so that many samples run at once; `is_batchable` tells where that is the same.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    Array,
    AveragePool2D,
    BatchMatMul,
    Clamp,
    Concatenation,
    Conv2D,
    DepthToSpace,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Pad,
    PRelu,
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Slice,
    Softmax,
    SpaceToDepth,
    Sub,
    Tensor,
    Transpose,
    Unary,
    Window,
)
from tinyengine.reference.movement import depth_to_space, space_to_depth
from tinyengine.reference.resize import nearest_positions
from tinyengine.reference.windows import windows_of

Floats = npt.NDArray[np.float32]

_ONE, _HALF = np.float32(1), np.float32(0.5)

Hook = Callable[[Op, Floats], Floats]
"""Sees, and may change, what an operator has computed."""


def _conv2d(op: Conv2D, x: Floats, weight: Floats, bias: Floats | None = None) -> Floats:
    """Convolve [N, H, W, in_c] with [out_c, kernel_h, kernel_w, in_c / groups]."""
    matrix = weight.reshape(len(weight), -1)
    if op.groups > 1:
        sums = _by_group(op, x, matrix)
    elif _is_pointwise(op):
        sums = x.reshape(-1, x.shape[-1]) @ matrix.T
    else:
        sums = windows_of(op, x, 0).reshape(-1, matrix.shape[1]) @ matrix.T
    return _plus(sums.reshape(len(x), *op.output.shape[1:]), bias)


def _by_group(op: Conv2D, x: Floats, matrix: Floats) -> Floats:
    """Give the sums of every group of channels beside each other."""
    parts = zip(np.split(x, op.groups, axis=-1), np.split(matrix, op.groups), strict=True)
    sums = [
        windows_of(op, np.ascontiguousarray(each), 0).reshape(-1, matrix.shape[1]) @ rows.T
        for each, rows in parts
    ]
    return np.concatenate(sums, axis=1)


def _is_pointwise(op: Conv2D) -> bool:
    return op.weight.shape[1:3] == (1, 1) and op.input.shape[1:3] == op.output.shape[1:3]


def _depthwise_conv2d(
    op: DepthwiseConv2D, x: Floats, weight: Floats, bias: Floats | None = None
) -> Floats:
    """Convolve each channel with its columns of [1, kernel_h, kernel_w, out_c]."""
    _, kernel_h, kernel_w, out_c = weight.shape
    multiplier = out_c // x.shape[-1]
    wide = x if multiplier == 1 else np.repeat(x, multiplier, axis=-1)
    windows = windows_of(op, wide, 0)
    sums = np.zeros((len(x), *op.output.shape[1:]), np.float32)
    for kh in range(kernel_h):
        for kw in range(kernel_w):
            sums += windows[:, :, :, kh, kw] * weight[0, kh, kw]
    return _plus(sums, bias)


def _fully_connected(
    op: FullyConnected, x: Floats, weight: Floats, bias: Floats | None = None
) -> Floats:
    sums = x.reshape(-1, weight.shape[1]) @ weight.T
    return _plus(sums, bias).reshape(_batched(op, x))


def _plus(sums: Floats, bias: Floats | None) -> Floats:
    return sums if bias is None else sums + bias


def _average_pool2d(op: AveragePool2D, x: Floats) -> Floats:
    """Average what lies inside the input."""
    counts = windows_of(op, np.ones((1, *x.shape[1:3], 1), np.float32), 0).sum(axis=(3, 4))
    sums = windows_of(op, x, 0).sum(axis=(3, 4), dtype=np.float32)
    return np.asarray(sums / counts, np.float32)


def _max_pool2d(op: MaxPool2D, x: Floats) -> Floats:
    return np.asarray(windows_of(op, x, -math.inf).max(axis=(3, 4)))  # type: ignore[arg-type]


def _add(op: Add, lhs: Floats, rhs: Floats) -> Floats:
    del op
    return np.asarray(lhs + rhs)


def _sub(op: Sub, lhs: Floats, rhs: Floats) -> Floats:
    del op
    return np.asarray(lhs - rhs)


def _mul(op: Mul, lhs: Floats, rhs: Floats) -> Floats:
    del op
    return np.asarray(lhs * rhs)


def _minimum(op: Minimum, lhs: Floats, rhs: Floats) -> Floats:
    del op
    return np.asarray(np.minimum(lhs, rhs))


def _maximum(op: Maximum, lhs: Floats, rhs: Floats) -> Floats:
    del op
    return np.asarray(np.maximum(lhs, rhs))


def _prelu(op: PRelu, x: Floats, alpha: Floats) -> Floats:
    del op
    return np.asarray(np.where(x >= 0, x, x * alpha))


def _clamp(op: Clamp, x: Floats) -> Floats:
    return np.clip(x, np.float32(op.minimum), np.float32(op.maximum))


def _mean(op: Mean, x: Floats) -> Floats:
    return np.mean(x, axis=op.axes, dtype=np.float32).reshape(_batched(op, x))


def _softmax(op: Softmax, x: Floats) -> Floats:
    scaled = (x - x.max(axis=-1, keepdims=True)) * np.float32(op.beta)
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _pad(op: Pad, x: Floats) -> Floats:
    return np.pad(x, op.pads, constant_values=np.float32(op.value))


def _reshape(op: Reshape, x: Floats) -> Floats:
    return x.reshape(_batched(op, x))


def _transpose(op: Transpose, x: Floats) -> Floats:
    return np.ascontiguousarray(np.transpose(x, op.perm))


def _concatenation(op: Concatenation, *operands: Floats) -> Floats:
    count = max(len(each) for each in operands)
    whole = [
        np.broadcast_to(each, (count, *each.shape[1:])) if op.axis else each for each in operands
    ]
    return np.concatenate(whole, axis=op.axis)


def _slice(op: Slice, x: Floats) -> Floats:
    dimensions = zip(op.begin, op.strides, op.output.shape, strict=True)
    taken = [begin + stride * np.arange(count) for begin, stride, count in dimensions]
    if op.input.shape[:1] == op.output.shape[:1] == (1,):
        taken[0] = np.arange(len(x))
    return np.ascontiguousarray(x[np.ix_(*taken)])


def _resize_nearest(op: ResizeNearestNeighbor, x: Floats) -> Floats:
    rows, columns = nearest_positions(op, 1), nearest_positions(op, 2)
    return np.ascontiguousarray(x[:, rows][:, :, columns])


def _resize_bilinear(op: ResizeBilinear, x: Floats) -> Floats:
    """Blend the four nearest pixels, with positions in float32.

    Source: TensorFlow Lite, kernels/internal/reference/resize_bilinear.h,
    ComputeInterpolationValues.
    """
    low_h, high_h, down = _blend(op, 1)
    low_w, high_w, right = _blend(op, 2)
    down, right = down[None, :, None, None], right[None, None, :, None]
    mixed = x[:, low_h] * (_ONE - down) + x[:, high_h] * down
    return np.asarray(mixed[:, :, low_w] * (_ONE - right) + mixed[:, :, high_w] * right)


def _blend(op: ResizeBilinear, axis: int) -> tuple[Any, Any, Floats]:
    """Give the indices around every output index along `axis`, and the weight of the second."""
    in_size, out_size = op.input.shape[axis], op.output.shape[axis]
    corners = op.align_corners and out_size > 1
    scale = np.float32(in_size - corners) / np.float32(out_size - corners)
    index = np.arange(out_size, dtype=np.float32)
    at = (index + _HALF) * scale - _HALF if op.half_pixel_centers else index * scale
    floor = np.floor(at)
    low = np.maximum(floor.astype(np.int64), 0)
    high = np.minimum(np.ceil(at).astype(np.int64), in_size - 1)
    return np.minimum(low, in_size - 1), np.maximum(high, 0), np.asarray(at - low, np.float32)


def _erf(x: Floats) -> Floats:
    flat = [math.erf(float(value)) for value in x.reshape(-1)]
    return np.asarray(flat, np.float32).reshape(x.shape)


def _gelu(x: Floats, approximate: bool) -> Floats:
    if approximate:
        inner = np.float32(math.sqrt(2 / math.pi)) * (x + np.float32(0.044715) * x**3)
        return np.asarray(_HALF * x * (_ONE + np.tanh(inner)), np.float32)
    return np.asarray(_HALF * x * (_ONE + _erf(x / np.float32(math.sqrt(2)))), np.float32)


def _logistic(x: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(_ONE / (_ONE + np.exp(-x)), np.float32)


def _hard_swish(x: Floats) -> Floats:
    return np.asarray(x * np.clip(x + np.float32(3), 0, 6) / np.float32(6), np.float32)


UNARY: Mapping[str, Callable[[Floats], Floats]] = {
    "LOGISTIC": _logistic,
    "TANH": lambda x: np.asarray(np.tanh(x)),
    "HARD_SWISH": _hard_swish,
    "ABS": lambda x: np.asarray(np.abs(x)),
    "SQRT": lambda x: np.asarray(np.sqrt(x)),
    "RSQRT": lambda x: np.asarray(_ONE / np.sqrt(x)),
    "EXP": lambda x: np.asarray(np.exp(x)),
    "LOG": lambda x: np.asarray(np.log(x)),
    "SQUARE": lambda x: np.asarray(x * x),
    "NEG": lambda x: np.asarray(-x),
}
"""The functions of one value that have no attribute."""


def _unary(op: Unary, x: Floats) -> Floats:
    with np.errstate(all="ignore"):
        match op.function:
            case "LEAKY_RELU":
                return np.asarray(np.where(x >= 0, x, x * np.float32(op.alpha)))
            case "ELU":
                below = np.float32(op.alpha) * np.expm1(np.minimum(x, 0))
                return np.asarray(np.where(x >= 0, x, below), np.float32)
            case "GELU":
                return _gelu(x, op.approximate)
            case _:
                return UNARY[op.function](x)


def _batch_matmul(op: BatchMatMul, lhs: Floats, rhs: Floats) -> Floats:
    left = np.swapaxes(lhs, -1, -2) if op.adjoins_lhs else lhs
    right = np.swapaxes(rhs, -1, -2) if op.adjoins_rhs else rhs
    return np.asarray(left @ right, np.float32)


def _moved(function: Callable[[Any, Array], Array]) -> Callable[..., Floats]:
    """Give a function that moves elements, whatever they are, as one of floats."""
    return lambda op, x: np.asarray(function(op, x), np.float32)


FUNCTIONS: Mapping[type[Op], Callable[..., Floats]] = {
    Conv2D: _conv2d,
    DepthwiseConv2D: _depthwise_conv2d,
    FullyConnected: _fully_connected,
    AveragePool2D: _average_pool2d,
    MaxPool2D: _max_pool2d,
    Add: _add,
    Sub: _sub,
    Mul: _mul,
    Minimum: _minimum,
    Maximum: _maximum,
    PRelu: _prelu,
    Clamp: _clamp,
    Unary: _unary,
    Mean: _mean,
    Softmax: _softmax,
    Pad: _pad,
    Reshape: _reshape,
    Transpose: _transpose,
    Concatenation: _concatenation,
    Slice: _slice,
    BatchMatMul: _batch_matmul,
    DepthToSpace: _moved(depth_to_space),
    SpaceToDepth: _moved(space_to_depth),
    ResizeNearestNeighbor: _resize_nearest,
    ResizeBilinear: _resize_bilinear,
}
"""What each operator of a float graph computes: a function of it and its operands."""


def _batched(op: Op, x: Floats) -> tuple[int, ...]:
    """Give the output's shape, with as many samples as `x` has where it has more than one."""
    shape = op.output.shape
    return (len(x), *shape[1:]) if shape[:1] == (1,) and x.ndim else shape


def evaluate_float(op: Op, operands: Sequence[Floats]) -> Floats:
    """Give what `op` computes from `operands`, the values of `op.inputs` in order."""
    return np.asarray(FUNCTIONS[type(op)](op, *operands), np.float32)


def is_batchable(graph: Graph) -> bool:
    """Tell whether samples can run side by side along the first dimension."""
    return all(_keeps_samples_apart(op) for op in graph.ops)


def _keeps_samples_apart(op: Op) -> bool:
    activations = [t for t in (*op.inputs, op.output) if not t.is_const]
    if any(tensor.shape[:1] != (1,) for tensor in activations):
        return False
    match op:
        case Mean():
            return 0 not in op.axes
        case Softmax() | FullyConnected():
            return len(op.output.shape) > 1
        case BatchMatMul():
            return min(len(op.lhs.shape), len(op.rhs.shape)) > 2
        case Transpose():
            return op.perm[0] == 0
        case Concatenation():
            return op.axis != 0 and not op.output.is_const
        case Pad():
            return op.pads[0] == (0, 0)
        case _:
            ranks = {len(tensor.shape) for tensor in activations}
            return isinstance(op, Reshape | Window) or len(ranks) == 1


def stream_float(
    graph: Graph, inputs: Sequence[Floats], hook: Hook | None = None
) -> Iterator[tuple[Op, tuple[Floats, ...], Floats]]:
    """Run `graph` and give, operator by operator, its operands' values and what it computed.

    `inputs` stand in the order of the edges; their first dimension may hold many samples where the
    graph `is_batchable`. Values are dropped after their last reader. What `hook` gives stands
    for what an operator has computed.
    """
    values: dict[Tensor, Floats] = {
        edge.tensor: np.asarray(array, np.float32)
        for edge, array in zip(graph.inputs, inputs, strict=True)
    }
    readers = {tensor: len(ops) for tensor, ops in graph.consumers.items()}
    kept = set(graph.output_tensors)
    for op in graph.ops:
        operands = tuple(
            np.asarray(t.values, np.float32) if t.is_const else values[t] for t in op.inputs
        )
        result = evaluate_float(op, operands)
        result = result if hook is None else hook(op, result)
        values[op.output] = result
        yield op, operands, result
        for tensor in dict.fromkeys(op.inputs):
            readers[tensor] -= 1
            if readers[tensor] == 0 and tensor not in kept:
                values.pop(tensor, None)


def run_float(
    graph: Graph, inputs: Sequence[Floats], hook: Hook | None = None
) -> tuple[Floats, ...]:
    """Give the values of the outputs, in the order of the edges.

    Raises ModelError where an output is not finite.
    """
    outputs = set(graph.output_tensors)
    values = {
        edge.tensor: np.asarray(x, np.float32) for edge, x in zip(graph.inputs, inputs, strict=True)
    }
    for op, _, result in stream_float(graph, inputs, hook):
        if op.output in outputs:
            values[op.output] = result
    for tensor in graph.output_tensors:
        if not tensor.is_const and not np.all(np.isfinite(values[tensor])):
            raise ModelError(graph.name, f"output '{tensor.name}' is not finite")
    return tuple(
        np.asarray(t.values, np.float32) if t.is_const else values[t] for t in graph.output_tensors
    )
