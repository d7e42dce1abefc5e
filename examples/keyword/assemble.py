"""Puts the front end before a network, as one .tflite file: a step of sound in, scores out."""

from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from front_end import STEP, Table, add_front_end, add_stack, packed, shape_of
from numpy.typing import NDArray

Part = Any
"""An object of a class that FlatBuffers has generated: these have no types."""

Option = int | bool

_TYPES = schema.TensorType
_OPS = schema.BuiltinOperator


@dataclass
class Builder:
    """A model of one subgraph; new tensors and operators go to its end."""

    model: Part

    @property
    def graph(self) -> Part:
        """The only subgraph."""
        return self.model.subgraphs[0]

    def tensor(self, shape: list[int], dtype: str, data: NDArray[Any] | None = None) -> int:
        """Add a tensor, constant where `data` is given; gives its index."""
        tensor = schema.TensorT()
        tensor.name = f"sound_{len(self.graph.tensors)}"
        tensor.shape, tensor.type = shape, getattr(_TYPES, dtype.upper())
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def constant(self, table: Table) -> int:
        """Add an int16 table."""
        return self.tensor(list(table.shape), "int16", table)

    def custom(
        self, name: str, inputs: list[int], results: list[tuple[list[int], str]], **options: Option
    ) -> list[int]:
        """Add a custom operator; gives its outputs."""
        outputs = [self.tensor(shape, dtype) for shape, dtype in results]
        operator = self._operator(_OPS.CUSTOM, inputs, outputs, name)
        operator.customOptions = np.frombuffer(packed(options), np.uint8)
        return outputs

    def reshape(self, source: int, *shape: int) -> int:
        """Add RESHAPE; the output has the quantization of `source`."""
        output = self.tensor(list(shape), "int16")
        given = self.graph.tensors[source]
        self.graph.tensors[output].type = given.type
        self.graph.tensors[output].quantization = given.quantization
        sizes = self.tensor([len(shape)], "int32", shape_of(shape))
        self._operator(_OPS.RESHAPE, [source, sizes], [output])
        return output

    def quantize(self, source: int, scale: float, into: int) -> int:
        """Add QUANTIZE of int16 numbers with `scale` to int8, quantized as tensor `into` is."""
        output = self.tensor(list(self.graph.tensors[source].shape), "int8")
        self.graph.tensors[output].quantization = self.graph.tensors[into].quantization
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint = [scale], [0]
        self.graph.tensors[source].quantization = quantization
        self._operator(_OPS.QUANTIZE, [source], [output])
        return output

    def finish(self) -> bytes:
        """Give the file."""
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _operator(self, code: int, inputs: list[int], outputs: list[int], name: str = "") -> Part:
        operator = schema.OperatorT()
        operator.inputs, operator.outputs = inputs, outputs
        operator.opcodeIndex = self._code(code, name)
        self.graph.operators.append(operator)
        return operator

    def _code(self, code: int, name: str) -> int:
        """Give the index of an operator code, which is added where it is new."""
        for index, known in enumerate(self.model.operatorCodes):
            if (known.builtinCode, known.customCode or "") == (code, name):
                return index
        new = schema.OperatorCodeT()
        new.builtinCode, new.deprecatedBuiltinCode = code, min(code, 127)
        new.version = 2 if code == _OPS.QUANTIZE else 1
        new.customCode = name or None
        self.model.operatorCodes.append(new)
        return len(self.model.operatorCodes) - 1


def _empty() -> Part:
    model = schema.ModelT()
    model.version, model.operatorCodes = 3, []
    model.buffers = [schema.BufferT()]
    model.subgraphs = [schema.SubGraphT()]
    graph = model.subgraphs[0]
    graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
    return model


def front_end_model() -> bytes:
    """Give the front end alone: a step of sound in, a row of 40 logarithms out."""
    builder = Builder(model=_empty())
    sound = builder.tensor([1, STEP], "int16")
    row, _ = add_front_end(sound, builder.custom, builder.constant, builder.reshape)
    builder.graph.inputs, builder.graph.outputs = [sound], [row]
    return builder.finish()


def keyword_model(network: bytes, scale: float) -> bytes:
    """Give the front end, the ring of rows and `network`, whose input real = scale * logarithm."""
    builder = Builder(model=schema.ModelT.InitFromObj(schema.Model.GetRootAs(network)))
    graph = builder.graph
    (image,), after = graph.inputs, graph.operators
    graph.operators = []
    sound = builder.tensor([1, STEP], "int16")
    row, _ = add_front_end(sound, builder.custom, builder.constant, builder.reshape)
    rows = builder.quantize(add_stack(row, builder.custom), scale, image)
    shaped = builder.reshape(rows, *graph.tensors[image].shape)
    for operator in after:
        operator.inputs = [shaped if index == image else index for index in operator.inputs]
    graph.operators += after
    graph.inputs = [sound]
    builder.model.signatureDefs = None
    return builder.finish()
