"""Rewrites a .tflite file with weights of int8 into one with weights of int4, in its place.

Every weight of a convolution or matrix product gets the scale with which its largest value is 7, of
each channel where it had scales of its own; biases are rounded to the new scales. The file keeps
its layout: tensors change their type, buffers become shorter and leave gaps behind them.
"""

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from tflite.BuiltinOperator import BuiltinOperator
from tflite.Model import Model
from tflite.TensorType import TensorType

Accessor = Any

_WEIGHTED = (
    BuiltinOperator.CONV_2D,
    BuiltinOperator.DEPTHWISE_CONV_2D,
    BuiltinOperator.FULLY_CONNECTED,
)
_MOST = 7


def with_int4_weights(data: bytes) -> bytes:
    """Give the file with weights of int4, wherever they are int8, constant and symmetric."""
    file = bytearray(data)
    model = Model.GetRootAsModel(file, 0)
    graph = model.Subgraphs(0)
    for weight, bias in _weighted(model, graph):
        _halve(file, model, graph.Tensors(weight), graph.Tensors(bias) if bias >= 0 else None)
    return bytes(file)


def _weighted(model: Accessor, graph: Accessor) -> Iterator[tuple[int, int]]:
    """Give weight and bias of every operator that has them, -1 for no bias."""
    seen = set()
    for index in range(graph.OperatorsLength()):
        op = graph.Operators(index)
        code = model.OperatorCodes(op.OpcodeIndex())
        weight = op.Inputs(1) if op.InputsLength() > 1 else -1
        if max(code.BuiltinCode(), code.DeprecatedBuiltinCode()) not in _WEIGHTED or weight in seen:
            continue
        tensor = graph.Tensors(weight)
        is_constant = model.Buffers(tensor.Buffer()).DataLength() > 0
        if tensor.Type() == TensorType.INT8 and is_constant:
            assert not np.any(tensor.Quantization().ZeroPointAsNumpy()), "weights are symmetric"
            seen.add(weight)
            yield weight, op.Inputs(2) if op.InputsLength() > 2 else -1


def _halve(file: bytearray, model: Accessor, weight: Accessor, bias: Accessor | None) -> None:
    quantization = weight.Quantization()
    scales = quantization.ScaleAsNumpy().astype(np.float64)
    shape = [weight.Shape(i) for i in range(weight.ShapeLength())]
    buffer = model.Buffers(weight.Buffer())
    values = buffer.DataAsNumpy().view(np.int8).reshape(shape).astype(np.float64)
    axis = quantization.QuantizedDimension() if len(scales) > 1 else None
    others = tuple(i for i in range(len(shape)) if axis is None or i != axis)
    largest = np.abs(values).max(axis=others, keepdims=True)
    growth = np.where(largest == 0, 1.0, largest / _MOST)
    halved = np.rint(values / growth).astype(np.int64)
    _write(file, quantization, 8, (scales * growth.reshape(-1)).astype(np.float32))
    _write(file, buffer, 4, _packed(halved.reshape(-1)))
    type_at = weight._tab.Offset(6) + weight._tab.Pos
    file[type_at] = TensorType.INT4
    if bias is not None:
        numbers = model.Buffers(bias.Buffer()).DataAsNumpy().view(np.int32)
        moved = np.rint(numbers / growth.reshape(-1)).astype(np.int32)
        _write(file, model.Buffers(bias.Buffer()), 4, moved.view(np.uint8))
        told = bias.Quantization()
        old = 0 if told is None else told.ScaleAsNumpy()
        if not isinstance(old, int):
            _write(file, bias.Quantization(), 8, (old * growth.reshape(-1)).astype(np.float32))


def _packed(values: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Give two values to a byte, the first in its lower half."""
    digits = np.append(values, [0] * (len(values) % 2)).astype(np.uint8) & 15
    return np.asarray(digits[::2] | (digits[1::2] << 4), np.uint8)


def _write(file: bytearray, table: Accessor, field: int, values: npt.NDArray[Any]) -> None:
    """Write `values` over the vector that the field of `table` refers to, which is no shorter."""
    start = table._tab.Vector(table._tab.Offset(field))
    raw = np.ascontiguousarray(values).tobytes()
    struct.pack_into("<I", file, start - 4, len(values))
    file[start : start + len(raw)] = raw
