"""Write a TFLite file tensor by tensor and operator by operator.

Source: TensorFlow Lite, schema.fbs (version 3).
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import flatbuffers
import numpy as np
from tflite.BuiltinOperator import BuiltinOperator
from tflite.BuiltinOptions import BuiltinOptions

from tinyengine.ir import Array, DType, Quantization

_VERSIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 5, "ADD": 2, "SUB": 2, "MUL": 2,
    "MINIMUM": 2, "MAXIMUM": 2, "AVERAGE_POOL_2D": 2, "MAX_POOL_2D": 2, "MEAN": 2, "SOFTMAX": 2,
    "PAD": 2, "TRANSPOSE": 2, "CONCATENATION": 2, "SLICE": 2, "STRIDED_SLICE": 2,
    "RESIZE_NEAREST_NEIGHBOR": 3, "RESIZE_BILINEAR": 3, "QUANTIZE": 2, "LOGISTIC": 2, "TANH": 2,
    "RELU": 2, "RELU6": 2, "LEAKY_RELU": 2, "GELU": 2, "BATCH_MATMUL": 2,
}  # fmt: skip
"""The version of each operator that has int8; all others are written as version 1."""

_INT4_VERSIONS = {"CONV_2D": 7, "FULLY_CONNECTED": 10}
"""The versions that have weights of int4."""

_INT16_VERSIONS = {
    "CONV_2D": 4, "DEPTHWISE_CONV_2D": 5, "FULLY_CONNECTED": 7, "ADD": 4, "SUB": 5, "MUL": 5,
    "MINIMUM": 4, "MAXIMUM": 4, "AVERAGE_POOL_2D": 3, "MAX_POOL_2D": 3, "MEAN": 3, "SOFTMAX": 3,
    "PAD": 3, "TRANSPOSE": 4, "CONCATENATION": 3, "SLICE": 4, "STRIDED_SLICE": 4,
    "RESIZE_NEAREST_NEIGHBOR": 4, "RESIZE_BILINEAR": 4, "QUANTIZE": 3, "LOGISTIC": 3, "TANH": 3,
    "RELU": 3, "RELU6": 3, "LEAKY_RELU": 2, "BATCH_MATMUL": 3,
}  # fmt: skip
"""The versions that have activations of int16."""

_OPTIONS_OF = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MEAN": "ReducerOptions",
}
"""The options tables that are not named after their operator."""

_ENUM_OF = {"FusedActivationFunction": "ActivationFunctionType", "Padding": "Padding"}
"""The enumeration of each option that has one."""

SIGNATURE = "serving_default"
"""The signature's name, as converters write it."""

Named = tuple[str, int]
"""A tensor's name in the signature, and its index."""

Option = int | float | bool | str | Sequence[int]
"""The value of an option; of an enumeration the name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operator:
    opcode: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Option]


@dataclass(slots=True, eq=False)
class TfliteWriter:
    """Collects tensors and operators; `finish` gives the file."""

    _builder: Any = field(default_factory=lambda: flatbuffers.Builder(1 << 16))
    _buffers: list[bytes] = field(default_factory=lambda: [b""])
    _tensors: list[int] = field(default_factory=list)
    _operators: list[_Operator] = field(default_factory=list)
    _types: set[DType] = field(default_factory=set)

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: DType,
        quant: Quantization | None = None,
        data: Array | None = None,
    ) -> int:
        """Add a tensor, a constant where `data` is given, and give its index."""
        builder, buffer = self._builder, 0
        if data is not None:
            buffer = len(self._buffers)
            self._buffers.append(_bytes_of(data, dtype))
        parts: dict[str, Any] = {"Name": builder.CreateString(name), "Shape": self._ints(shape)}
        if quant is not None:
            parts["Quantization"] = self._quantization(quant)
        types = _module("TensorType").TensorType
        self._types.add(dtype)
        parts |= {"Type": int(getattr(types, dtype.value.upper())), "Buffer": buffer}
        self._tensors.append(self._table("Tensor", parts))
        return len(self._tensors) - 1

    def operator(
        self, opcode: str, inputs: Sequence[int], outputs: Sequence[int], **options: Option
    ) -> None:
        """Add the operator `opcode`, with -1 for an input that is left out.

        `options` are the fields of its options table in snake case.
        """
        self._operators.append(
            _Operator(
                opcode=opcode, inputs=tuple(inputs), outputs=tuple(outputs), options=dict(options)
            )
        )

    def finish(self, inputs: Sequence[Named], outputs: Sequence[Named], description: str) -> bytes:
        """Give the file: one subgraph with these inputs and outputs, and its signature."""
        codes = list(dict.fromkeys(each.opcode for each in self._operators))
        operators = [self._write(each, codes.index(each.opcode)) for each in self._operators]
        subgraph = self._table(
            "SubGraph",
            {
                "Tensors": self._tables(self._tensors),
                "Inputs": self._ints([index for _, index in inputs]),
                "Outputs": self._ints([index for _, index in outputs]),
                "Operators": self._tables(operators),
                "Name": self._builder.CreateString("main"),
            },
        )
        signature = self._table(
            "SignatureDef",
            {
                "Inputs": self._names(inputs),
                "Outputs": self._names(outputs),
                "SignatureKey": self._builder.CreateString(SIGNATURE),
            },
        )
        model = self._table(
            "Model",
            {
                "Version": 3,
                "OperatorCodes": self._tables([self._code(code) for code in codes]),
                "Subgraphs": self._tables([subgraph]),
                "Description": self._builder.CreateString(description),
                "Buffers": self._tables([self._buffer(data) for data in self._buffers]),
                "SignatureDefs": self._tables([signature]),
            },
        )
        self._builder.Finish(model, file_identifier=b"TFL3")
        return bytes(self._builder.Output())

    def _names(self, tensors: Sequence[Named]) -> int:
        """Write a signature's names of tensors; one that comes again is numbered."""
        maps: dict[str, int] = {}
        for position, (name, index) in enumerate(tensors):
            key = name if name and name not in maps else f"{name}_{position}"
            named = {"Name": self._builder.CreateString(key), "TensorIndex": index}
            maps[key] = self._table("TensorMap", named)
        return self._tables(list(maps.values()))

    def _write(self, operator: _Operator, code: int) -> int:
        parts: dict[str, Any] = {
            "OpcodeIndex": code,
            "Inputs": self._ints(operator.inputs),
            "Outputs": self._ints(operator.outputs),
        }
        table = _options_table(operator.opcode)
        if table is not None:
            parts["BuiltinOptions"] = self._options(table, operator.options)
            parts["BuiltinOptionsType"] = getattr(BuiltinOptions, table)
        return self._table("Operator", parts)

    def _options(self, table: str, options: dict[str, Option]) -> int:
        parts: dict[str, Any] = {}
        for name, value in options.items():
            key = "".join(word.capitalize() for word in name.split("_"))
            match value:
                case str():
                    enum = _ENUM_OF[key]
                    parts[key] = int(getattr(getattr(_module(enum), enum), value))
                case bool() | int() | float():
                    parts[key] = value
                case _:
                    parts[key] = self._ints(value)
        return self._table(table, parts)

    def _code(self, opcode: str) -> int:
        code = int(getattr(BuiltinOperator, opcode))
        parts = {
            "DeprecatedBuiltinCode": min(code, 127),
            "BuiltinCode": code,
            "Version": self._version(opcode),
        }
        return self._table("OperatorCode", parts)

    def _version(self, opcode: str) -> int:
        """Give the version of `opcode` that has the types of the file."""
        if DType.INT4 in self._types and opcode in _INT4_VERSIONS:
            return _INT4_VERSIONS[opcode]
        if DType.INT16 in self._types and opcode in _INT16_VERSIONS:
            return _INT16_VERSIONS[opcode]
        return _VERSIONS.get(opcode, 1)

    def _quantization(self, quant: Quantization) -> int:
        scales = np.asarray(quant.scale, np.float32)
        parts = {
            "Scale": self._builder.CreateNumpyVector(scales),
            "ZeroPoint": self._builder.CreateNumpyVector(np.asarray(quant.zero_point, np.int64)),
            "QuantizedDimension": quant.axis,
        }
        return self._table("QuantizationParameters", parts)

    def _buffer(self, data: bytes) -> int:
        if not data:
            return self._table("Buffer", {})
        builder = self._builder
        builder.StartVector(1, len(data), 16)  # the schema asks for 16-byte alignment
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        return self._table("Buffer", {"Data": builder.EndVector()})

    def _ints(self, values: Sequence[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.asarray(values, np.int32).reshape(-1)))

    def _tables(self, offsets: Sequence[int]) -> int:
        self._builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self._builder.PrependUOffsetTRelative(offset)
        return int(self._builder.EndVector())

    def _table(self, table: str, parts: dict[str, Any]) -> int:
        module = _module(table)
        module.Start(self._builder)
        for key, value in parts.items():
            getattr(module, f"Add{key}")(self._builder, value)
        return int(module.End(self._builder))


def _bytes_of(data: Array, dtype: DType) -> bytes:
    """Give the bytes of `data`; two values of int4 share one, the first in its lower half."""
    values = np.ascontiguousarray(data, dtype.numpy)
    if dtype is not DType.INT4:
        return values.tobytes()
    digits = values.reshape(-1).view(np.uint8) & 15
    digits = np.append(digits, np.zeros(len(digits) % 2, np.uint8))
    return (digits[::2] | digits[1::2] << 4).tobytes()


def _options_table(opcode: str) -> str | None:
    """Give the name of the options table of `opcode`, or None where the schema has none."""
    if opcode in _OPTIONS_OF:
        return _OPTIONS_OF[opcode]
    wanted = opcode.replace("_", "").lower() + "options"
    return next((name for name in vars(BuiltinOptions) if name.lower() == wanted), None)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tflite.{name}")
