"""What operators ask of element types, scales and clamps: in an integer graph, in a float graph."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tinyengine.ir.detection_checks import DETECTION_ELEMENTS
from tinyengine.ir.logic_checks import LOGIC_ELEMENTS
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
    NO_CLAMP,
    Add,
    ArgExtreme,
    ArgMax,
    ArgMin,
    AveragePool2D,
    BatchMatMul,
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
    ReduceMax,
    ReduceMin,
    Reshape,
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
from tinyengine.ir.recurrent import lstm_elements, svdf_elements
from tinyengine.ir.recurrent_ops import LSTM, SVDF
from tinyengine.ir.signal_checks import SIGNAL_ELEMENTS
from tinyengine.ir.tensor import DType, Tensor

# -- integer graphs ---------------------------------------------------------------------------


def _window(op: Window) -> Iterator[str]:
    yield from _alike(op.input, op.output)
    yield from _clamp(op)


def _conv2d(op: Conv2D) -> Iterator[str]:
    yield from _window(op)
    yield from _weights(op, channel_axis=0)


def _depthwise_conv2d(op: DepthwiseConv2D) -> Iterator[str]:
    yield from _window(op)
    yield from _weights(op, channel_axis=3)


def _fully_connected(op: FullyConnected) -> Iterator[str]:
    yield from _alike(op.input, op.output)
    yield from _clamp(op)
    yield from _weights(op, channel_axis=0)


def _arithmetic(op: Add | Sub | Mul | Div) -> Iterator[str]:
    yield from _alike(op.lhs, op.rhs, op.output)
    yield from _scaled(op.lhs, op.rhs, op.output)
    yield from _clamp(op)


def _squared_difference(op: SquaredDifference) -> Iterator[str]:
    yield from _int8(op.lhs, op.rhs, op.output)
    yield from _scaled(op.lhs, op.rhs, op.output)


def _batch_matmul(op: BatchMatMul) -> Iterator[str]:
    yield from _alike(op.lhs, op.rhs, op.output)
    yield from _scaled(op.lhs, op.rhs, op.output)


def _extremum(op: Minimum | Maximum) -> Iterator[str]:
    yield from _alike(op.lhs, op.rhs, op.output)
    yield from _quantized_alike(op, op.lhs, op.rhs)


def _prelu(op: PRelu) -> Iterator[str]:
    yield from _int8(op.input, op.alpha, op.output)
    yield from _scaled(op.input, op.alpha, op.output)


def _lookup(op: Lookup) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    if op.table.shape != (256,) or op.table.dtype != np.int8:
        yield f"the table is {op.table.dtype} {op.table.shape}, not 256 int8"


def _curve(op: Curve) -> Iterator[str]:
    for tensor in (op.input, op.output):
        if tensor.dtype is not DType.INT16:
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be int16"
    yield from _alike(op.input, op.output)
    yield from _scaled(op.input, op.output)
    if isinstance(op, LeakyRelu):
        yield from _clamp(op)


def _quantize(op: Quantize) -> Iterator[str]:
    kinds = (op.input.dtype, op.output.dtype)
    if kinds == (DType.UINT8,) * 2 or not set(kinds) <= {DType.INT8, DType.UINT8, DType.INT16}:
        yield f"cannot requantize {op.input.dtype.value} to {op.output.dtype.value}"
    yield from _scaled(op.input, op.output)


def _reduction(op: Mean | Sum | ReduceProd | CumSum) -> Iterator[str]:
    yield from _alike(op.input, op.output)
    yield from _scaled(op.input, op.output)


def _arg_extreme(op: ArgExtreme) -> Iterator[str]:
    if op.input.dtype not in (DType.INT8, DType.UINT8):
        yield f"'{op.input.name}' is {op.input.dtype.value}, must be int8 or uint8"
    yield from _indices(op)


def _indices(op: ArgExtreme) -> Iterator[str]:
    if op.output.dtype not in (DType.INT32, DType.INT64):
        yield f"'{op.output.name}' is {op.output.dtype.value}, must be int32 or int64"


def _reduce_extreme(op: ReduceMax | ReduceMin) -> Iterator[str]:
    if op.output.dtype is not DType.BOOL:
        yield from _alike(op.input, op.output)
    yield from _quantized_alike(op, op.input)


def _softmax(op: Softmax) -> Iterator[str]:
    yield from _scaled(op.input, op.output)
    if (op.input.dtype, op.output.dtype) == (DType.INT8, DType.INT16):
        yield from _fixed(op.output, 2.0**-16, -(2**15))
        return
    yield from _alike(op.input, op.output)
    quant = op.output.quant
    if quant is None or quant.per_channel or op.output.dtype is DType.INT16:
        return
    # Source: tensorflow/lite/kernels/activations.cc, SoftmaxPrepare: within a thousandth.
    if abs(quant.scale[0] * 256 - 1) > 0.001 or quant.zero_point != (-128,):
        yield f"output scale {quant.scale} and zero point {quant.zero_point} are not 1/256, -128"


def _log_softmax(op: LogSoftmax) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _scaled(op.input)
    yield from _fixed(op.output, 1 / 16, 127)


def _l2_normalization(op: L2Normalization) -> Iterator[str]:
    yield from _int8(op.input, op.output)
    yield from _scaled(op.input)
    yield from _fixed(op.output, 1 / 128, 0)


def _add_n(op: AddN) -> Iterator[str]:
    yield from _int8(*op.operands, op.output)
    yield from _scaled(*op.operands, op.output)
    if not all(tensor.quantized_like(op.operands[0]) for tensor in op.operands):
        yield "the operands are quantized differently"


def _top_k(op: TopK) -> Iterator[str]:
    if op.input.dtype not in (DType.INT8, DType.UINT8):
        yield f"'{op.input.name}' is {op.input.dtype.value}, must be int8 or uint8"
    if op.gives_indices and op.output.dtype is not DType.INT32:
        yield f"'{op.output.name}' is {op.output.dtype.value}, must be int32"
    if not op.gives_indices:
        yield from _quantized_alike(op, op.input)


def _dynamic_update_slice(op: DynamicUpdateSlice) -> Iterator[str]:
    yield from _quantized_alike(op, op.input, op.update)
    if op.start.dtype not in (DType.INT32, DType.INT64):
        yield f"'{op.start.name}' is {op.start.dtype.value}, must be int32 or int64"


def _pad(op: Pad) -> Iterator[str]:
    yield from _same_dtype(op)
    least, greatest = op.output.dtype.limits
    if not least <= op.value <= greatest:
        yield f"value {op.value} is outside [{least}, {greatest}]"


def _concatenation(op: Concatenation) -> Iterator[str]:
    yield from _same_dtype(op)
    yield from _quantized_alike(op, *op.operands)


def _same_dtype(op: Op) -> Iterator[str]:
    for tensor in op.activations:
        if tensor.dtype is not op.output.dtype:
            yield f"'{tensor.name}' is {tensor.dtype.value}, output {op.output.dtype.value}"


def _float_only(op: Unary | Clamp) -> Iterator[str]:
    if isinstance(op, Unary):
        yield f"{op.function} of real numbers; in an integer graph it is a Lookup"
    else:
        yield "a clamp of real numbers; in an integer graph operators clamp themselves"


INTEGERS: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    Conv2D: _conv2d,
    DepthwiseConv2D: _depthwise_conv2d,
    AveragePool2D: _window,
    MaxPool2D: _window,
    FullyConnected: _fully_connected,
    Add: _arithmetic,
    Sub: _arithmetic,
    Mul: _arithmetic,
    Div: _arithmetic,
    AddN: _add_n,
    TopK: _top_k,
    DynamicUpdateSlice: _dynamic_update_slice,
    SquaredDifference: _squared_difference,
    BatchMatMul: _batch_matmul,
    Minimum: _extremum,
    Maximum: _extremum,
    PRelu: _prelu,
    Lookup: _lookup,
    LeakyRelu: _curve,
    Sigmoid: _curve,
    Unary: _float_only,
    Clamp: _float_only,
    Quantize: _quantize,
    Mean: _reduction,
    Sum: _reduction,
    ReduceProd: _reduction,
    CumSum: _reduction,
    ArgMax: _arg_extreme,
    ArgMin: _arg_extreme,
    Softmax: _softmax,
    LogSoftmax: _log_softmax,
    L2Normalization: _l2_normalization,
    Pad: _pad,
    Reshape: _same_dtype,
    Transpose: _same_dtype,
    Concatenation: _concatenation,
    Slice: _same_dtype,
    ResizeNearestNeighbor: _same_dtype,
    ResizeBilinear: _same_dtype,
    DepthToSpace: _same_dtype,
    SpaceToDepth: _same_dtype,
    Broadcast: _same_dtype,
    ReduceMax: _reduce_extreme,
    ReduceMin: _reduce_extreme,
    **LOGIC_ELEMENTS,
    **DETECTION_ELEMENTS,
    **SIGNAL_ELEMENTS,
    LSTM: lstm_elements,
    SVDF: svdf_elements,
}
"""What each operator class asks of its elements in an integer graph, as faults."""


# -- float graphs -----------------------------------------------------------------------------

_MOVED = Reshape | Transpose | Concatenation | Slice | Pad | DepthToSpace | SpaceToDepth | Broadcast
"""What moves elements without looking at them: they may be indices, too."""


def float_faults(op: Op) -> Iterator[str]:
    """Give what is wrong with the elements of `op` in a float graph.

    All are float32, but for indices that are found or moved; nothing is quantized, and nothing
    clamps on the way: a clamp is an operator of its own.
    """
    if isinstance(op, Lookup | Curve | Quantize):
        yield f"{type(op).__name__} computes with quantized values"
        return
    if isinstance(op, _MOVED):
        yield from _same_dtype(op)
    else:
        for tensor in (*op.inputs, *([] if isinstance(op, ArgExtreme) else [op.output])):
            if tensor.dtype is not DType.FLOAT32:
                yield f"'{tensor.name}' is {tensor.dtype.value}, must be float32"
    if isinstance(op, ArgExtreme):
        yield from _indices(op)
    if isinstance(op, Window | FullyConnected | Add | Sub | Mul):
        clamp = (op.act_min, op.act_max)
        if clamp != NO_CLAMP:
            yield f"clamp {list(clamp)} in a float graph must be an operator of its own"


# -- what several operators ask ---------------------------------------------------------------


def _weights(op: Convolution | FullyConnected, channel_axis: int) -> Iterator[str]:
    wide = op.input.dtype is DType.INT16
    if op.weight.dtype is not DType.INT16 or wide:
        yield from _int8(op.weight)
    yield from _scaled(op.input, op.output)
    if op.weight.quant is None:
        yield "the weights are not quantized"
    elif op.weight.quant.per_channel and op.weight.quant.axis != channel_axis:
        yield f"the weights are quantized along axis {op.weight.quant.axis}, not {channel_axis}"
    if op.bias is not None and op.bias.dtype not in (DType.INT32, *[DType.INT64] * wide):
        expected = "int32 or int64" if wide else "int32"
        yield f"bias '{op.bias.name}' is {op.bias.dtype.value}, must be {expected}"


def _clamp(op: Any) -> Iterator[str]:  # noqa: ANN401 (any operator that has a clamp)
    least, greatest = op.output.dtype.limits
    if not least <= op.act_min <= op.act_max <= greatest:
        yield f"clamp [{op.act_min}, {op.act_max}] is not inside [{least}, {greatest}]"


def _int8(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.dtype is not DType.INT8:
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be int8"


def _alike(*tensors: Tensor) -> Iterator[str]:
    """Ask for int8 throughout, or for int16, which is symmetric: its zero points are 0."""
    if tensors[0].dtype is not DType.INT16:
        yield from _int8(*tensors)
        return
    for tensor in tensors:
        if tensor.dtype is not DType.INT16:
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be int16 like '{tensors[0].name}'"
        elif tensor.quant is not None and any(tensor.quant.zero_point):
            yield f"'{tensor.name}' is int16, whose zero point must be 0"


def _scaled(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.quant is None or tensor.quant.per_channel:
            yield f"'{tensor.name}' is not quantized per tensor"


def _fixed(tensor: Tensor, scale: float, zero_point: int) -> Iterator[str]:
    """Check that `tensor` has the one quantization that the operator can give."""
    quant = tensor.quant
    if quant is None or (quant.scale, quant.zero_point) != ((scale,), (zero_point,)):
        yield f"'{tensor.name}' must have scale {scale:g} and zero point {zero_point}"


def _quantized_alike(op: Op, *tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if not tensor.quantized_like(op.output):
            yield f"'{tensor.name}' is not quantized like the output"
