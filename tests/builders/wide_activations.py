"""Rewrites a .tflite file of int8 into one with int16 activations and the same int8 weights (16x8).

Every activation becomes symmetric, with the scale that holds all that its int8 could stand for;
biases become int64 in the scale of input times weight. Outputs of SOFTMAX count 32768ths.
"""

from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

Tensors = list[Any]

_WEIGHTED = (
    schema.BuiltinOperator.CONV_2D,
    schema.BuiltinOperator.DEPTHWISE_CONV_2D,
    schema.BuiltinOperator.FULLY_CONNECTED,
)
_MOST = 32767


def with_int16_activations(data: bytes) -> bytes:
    """Give the file with activations of int16, wherever they are int8."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    (graph,) = model.subgraphs
    growth = {
        index: _widen(tensor)
        for index, tensor in enumerate(graph.tensors)
        if tensor.type == schema.TensorType.INT8 and not _bytes_of(model, tensor)
    }
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        opcode = max(code.builtinCode, code.deprecatedBuiltinCode)
        if opcode in _WEIGHTED and len(operator.inputs) > 2:
            _widen_bias(model, graph.tensors[operator.inputs[2]], growth[operator.inputs[0]])
        elif opcode in (schema.BuiltinOperator.ADD, schema.BuiltinOperator.SUB):
            operator.builtinOptions.potScaleInt16 = False
        elif opcode == schema.BuiltinOperator.SOFTMAX:
            graph.tensors[operator.outputs[0]].quantization.scale = [2.0**-15]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _bytes_of(model: Any, tensor: Any) -> bytes:
    data = model.buffers[tensor.buffer].data
    return b"" if data is None else bytes(data)


def _widen(tensor: Any) -> float:
    """Make `tensor` int16; give how many of its new steps one of the old ones is."""
    quant = tensor.quantization
    (scale,), (zero_point,) = quant.scale, quant.zeroPoint
    steps = _MOST / max(zero_point + 128, 127 - zero_point)
    tensor.type, quant.scale, quant.zeroPoint = schema.TensorType.INT16, [scale / steps], [0]
    return float(steps)


def _widen_bias(model: Any, bias: Any, steps: float) -> None:
    """Make `bias` int64, for an input whose steps are so many times as fine."""
    values = np.frombuffer(_bytes_of(model, bias), np.int32)
    model.buffers[bias.buffer].data = list(np.rint(values * steps).astype("<i8").tobytes())
    bias.type = schema.TensorType.INT64
    if bias.quantization is not None and bias.quantization.scale is not None:
        bias.quantization.scale = [scale / steps for scale in bias.quantization.scale]
