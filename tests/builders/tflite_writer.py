"""Write TFLite model files tensor by tensor and operator by operator, for tests."""

import importlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
from flatbuffers import flexbuffers
from tflite.BuiltinOperator import BuiltinOperator
from tflite.BuiltinOptions import BuiltinOptions

VERSIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 5, "ADD": 2, "SUB": 2, "MUL": 2,
    "MINIMUM": 2, "MAXIMUM": 2, "AVERAGE_POOL_2D": 2, "MAX_POOL_2D": 2, "MEAN": 2, "SOFTMAX": 2,
    "PAD": 2, "PADV2": 2, "TRANSPOSE": 2, "CONCATENATION": 2, "SPLIT": 2, "SPLIT_V": 2, "SLICE": 2,
    "STRIDED_SLICE": 2, "PACK": 2, "UNPACK": 2, "RESIZE_NEAREST_NEIGHBOR": 3, "RESIZE_BILINEAR": 3,
    "QUANTIZE": 2, "DEQUANTIZE": 2, "LOGISTIC": 2, "TANH": 2, "RELU": 2, "RELU6": 2,
    "LEAKY_RELU": 2, "GELU": 2, "ARG_MAX": 2, "ARG_MIN": 2, "TRANSPOSE_CONV": 4,
    "DEPTH_TO_SPACE": 1, "SPACE_TO_DEPTH": 1, "SPACE_TO_BATCH_ND": 2, "BATCH_TO_SPACE_ND": 2,
    "BROADCAST_TO": 3, "TILE": 1, "MIRROR_PAD": 3, "REVERSE_V2": 3, "GATHER": 3, "REDUCE_MAX": 2,
    "REDUCE_MIN": 2, "SQUARED_DIFFERENCE": 2, "BATCH_MATMUL": 2, "SUM": 2, "REDUCE_PROD": 2,
    "DIV": 2, "FLOOR_DIV": 3, "FLOOR_MOD": 2, "L2_NORMALIZATION": 2, "LOG_SOFTMAX": 2,
    "SVDF": 3, "UNIDIRECTIONAL_SEQUENCE_LSTM": 3,
}  # fmt: skip
"""The version of each operator that has int8; all others are written as version 1."""

_OPTIONS_OF = {
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "MEAN": "ReducerOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "REDUCE_MIN": "ReducerOptions",
    "REDUCE_PROD": "ReducerOptions",
    "L2_NORMALIZATION": "L2NormOptions",
    "REDUCE_ALL": "ReducerOptions",
    "REDUCE_ANY": "ReducerOptions",
}
"""The options tables that are not named after their operator."""

_ENUM_OF = {
    "FusedActivationFunction": "ActivationFunctionType",
    "Padding": "Padding",
    "Mode": "MirrorPadMode",
    "InDataType": "TensorType",
    "OutDataType": "TensorType",
    "OutputType": "TensorType",
    "OutType": "TensorType",
    "QuantizedBiasType": "TensorType",
    "WeightsFormat": "FullyConnectedOptionsWeightsFormat",
}
"""The enumeration of each field that has one."""

_MARK = 0x0BADF00D_00000000
"""Stands for the offset of an external buffer until the FlatBuffer's length is known."""

_INT2 = 19
"""TensorType INT2 of newer versions of schema.fbs."""

_INT4_VERSIONS = {"CONV_2D": 7, "DEPTHWISE_CONV_2D": 6, "FULLY_CONNECTED": 10}
"""The versions that have int4 weights."""

_INT16_VERSIONS = {
    "CONV_2D": 8, "DEPTHWISE_CONV_2D": 5, "FULLY_CONNECTED": 11, "TRANSPOSE_CONV": 5, "ADD": 4,
    "SUB": 5, "MUL": 5, "MINIMUM": 4, "MAXIMUM": 4, "AVERAGE_POOL_2D": 3, "MAX_POOL_2D": 3,
    "MEAN": 3, "SOFTMAX": 3, "PAD": 3, "PADV2": 3, "TRANSPOSE": 4, "CONCATENATION": 3, "SPLIT": 4,
    "SLICE": 4, "STRIDED_SLICE": 4, "PACK": 3, "UNPACK": 3, "RESIZE_NEAREST_NEIGHBOR": 4,
    "RESIZE_BILINEAR": 4, "QUANTIZE": 3, "DEQUANTIZE": 3, "LOGISTIC": 3, "TANH": 3, "RELU": 3,
    "RELU6": 3, "LEAKY_RELU": 2, "BATCH_MATMUL": 3,
}  # fmt: skip
"""The versions that have int16 activations."""

Numbers = float | Sequence[float] | npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A tensor for `one_op_model`: an input of the model where `data` is None."""

    shape: Sequence[int]
    dtype: str = "int8"
    scale: Numbers | None = None
    zero_point: Numbers | None = None
    axis: int = 0
    data: Any = None
    is_variable: bool = False
    is_sparse: bool = False


@dataclass(frozen=True, kw_only=True)
class _Operator:
    opcode: str
    custom_code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any]
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Subgraph:
    name: str
    tensors: list[int]
    operators: list[_Operator]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass
class ModelWriter:
    """Collect tensors and operators; `finish` gives the bytes of the .tflite file."""

    _builder: Any = field(default_factory=lambda: flatbuffers.Builder(1024))
    _buffers: list[bytes] = field(default_factory=lambda: [b""])
    _tensors: list[int] = field(default_factory=list)
    _operators: list[_Operator] = field(default_factory=list)
    _subgraphs: list[_Subgraph] = field(default_factory=list)
    _signatures: dict[str, int] = field(default_factory=dict)
    _has_int4: bool = False
    _has_int16: bool = False

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: Numbers | None = None,
        zero_point: Numbers | None = None,
        axis: int = 0,
        data: Any = None,
        name: str | None = None,
        shape_signature: Sequence[int] | None = None,
        is_variable: bool = False,
        is_sparse: bool = False,
    ) -> int:
        """Add a tensor, a constant where `data` is given, and give its index.

        Several scales mean quantization per index along `axis`; a scale without a zero point has
        zero point 0. `data` is whatever `numpy.asarray` takes, or raw bytes (kept as they are);
        int4 and int2 are packed, the first values in the lowest bits of a byte.
        """
        builder = self._builder
        self._has_int4 |= dtype == "int4"
        self._has_int16 |= dtype == "int16"
        buffer = 0
        if data is not None:
            buffer = len(self._buffers)
            self._buffers.append(data if isinstance(data, bytes) else _packed(data, dtype))
        parts: dict[str, Any] = {
            "Name": builder.CreateString(name or f"tensor_{len(self._tensors)}"),
            "Shape": self._ints(shape),
        }
        if scale is not None:
            parts["Quantization"] = self._quantization(scale, zero_point, axis)
        if shape_signature is not None:
            parts["ShapeSignature"] = self._ints(shape_signature)
        parts |= {
            "Type": _INT2 if dtype == "int2" else _enum("TensorType", dtype.upper()),
            "Buffer": buffer,
            "IsVariable": is_variable,
        }
        if is_sparse:
            parts["Sparsity"] = self._table("SparsityParameters", {})
        self._tensors.append(self._table("Tensor", parts))
        return len(self._tensors) - 1

    def op(
        self,
        opcode: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        custom_code: str = "",
        intermediates: Sequence[int] = (),
        **options: Any,
    ) -> None:
        """Add the operator `opcode`, with -1 for an input that is left out.

        `options` are the fields of its TFLite options table in snake case; enumerations are given
        by name (`padding="SAME"`). What is not given has the schema's default.

        Any other name than those of the schema is that of a custom operator, whose `options`
        become a FlexBuffer.
        """
        if not hasattr(BuiltinOperator, opcode):
            opcode, custom_code = "CUSTOM", opcode
        operator = _Operator(
            opcode=opcode,
            custom_code=custom_code,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            options=options,
            intermediates=tuple(intermediates),
        )
        self._operators.append(operator)

    def end_subgraph(self, inputs: Sequence[int], outputs: Sequence[int], name: str) -> None:
        """Make a subgraph of what there is; tensors added from now on belong to the next."""
        graph = _Subgraph(
            name=name,
            tensors=self._tensors,
            operators=self._operators,
            inputs=tuple(inputs),
            outputs=tuple(outputs),
        )
        self._subgraphs.append(graph)
        self._tensors, self._operators = [], []

    def signature(self, key: str, subgraph: int) -> None:
        """Give subgraph number `subgraph` a signature, without named inputs and outputs."""
        self._signatures[key] = subgraph

    def finish(
        self, inputs: Sequence[int], outputs: Sequence[int], *, external: bool = False
    ) -> bytes:
        """Give the file; the last subgraph has these inputs and outputs (indices of tensors).

        `external` stores constants behind the FlatBuffer, as files of 2 GiB and more have them.
        """
        builder = self._builder
        self.end_subgraph(inputs, outputs, "main")
        codes = list(
            dict.fromkeys((o.opcode, o.custom_code) for g in self._subgraphs for o in g.operators)
        )
        subgraphs = [self._subgraph(graph, codes) for graph in self._subgraphs]
        signatures = [self._signature(*each) for each in self._signatures.items()]
        named = {"SignatureDefs": self._tables(signatures)} if signatures else {}
        model = self._table(
            "Model",
            {
                "Version": 3,
                "OperatorCodes": self._tables([self._operator_code(*code) for code in codes]),
                "Subgraphs": self._tables(subgraphs),
                **named,
                "Description": builder.CreateString("built by a test"),
                "Buffers": self._tables(
                    [
                        self._buffer(data, index, external)
                        for index, data in enumerate(self._buffers)
                    ]
                ),
            },
        )
        builder.Finish(model, file_identifier=b"TFL3")
        return _with_external(bytes(builder.Output()), self._buffers if external else [])

    def _subgraph(self, graph: _Subgraph, codes: Sequence[tuple[str, str]]) -> int:
        operators = [
            self._operator(o, codes.index((o.opcode, o.custom_code))) for o in graph.operators
        ]
        parts = {
            "Tensors": self._tables(graph.tensors),
            "Inputs": self._ints(graph.inputs),
            "Outputs": self._ints(graph.outputs),
            "Operators": self._tables(operators),
            "Name": self._builder.CreateString(graph.name),
        }
        return self._table("SubGraph", parts)

    def _signature(self, key: str, subgraph: int) -> int:
        parts = {"SignatureKey": self._builder.CreateString(key), "SubgraphIndex": subgraph}
        return self._table("SignatureDef", parts)

    def _operator(self, operator: _Operator, code: int) -> int:
        parts: dict[str, Any] = {
            "OpcodeIndex": code,
            "Inputs": self._ints(operator.inputs),
            "Outputs": self._ints(operator.outputs),
        }
        if operator.intermediates:
            parts["Intermediates"] = self._ints(operator.intermediates)
        table = _options_table(operator.opcode)
        if operator.opcode == "CUSTOM" and operator.options:
            packed = np.frombuffer(flexbuffers.Dumps(operator.options), np.uint8)
            parts["CustomOptions"] = self._builder.CreateNumpyVector(packed)
        elif table is None:
            assert not operator.options, f"{operator.opcode} has no options"
        else:
            parts["BuiltinOptions"] = self._options(table, operator.options)
            parts["BuiltinOptionsType"] = getattr(BuiltinOptions, table)
        return self._table("Operator", parts)

    def _options(self, table: str, options: dict[str, Any]) -> int:
        parts: dict[str, Any] = {}
        for name, value in options.items():
            key = "".join(word.capitalize() for word in name.split("_"))
            if isinstance(value, str) and key in _ENUM_OF:
                parts[key] = _enum(_ENUM_OF[key], value)
            elif isinstance(value, str):
                parts[key] = self._builder.CreateString(value)
            elif isinstance(value, Sequence):
                parts[key] = self._ints(value)
            else:
                parts[key] = value
        return self._table(table, parts)

    def _operator_code(self, opcode: str, custom_code: str) -> int:
        code = getattr(BuiltinOperator, opcode)
        parts: dict[str, Any] = {}
        if custom_code:
            parts["CustomCode"] = self._builder.CreateString(custom_code)
        parts |= {
            "DeprecatedBuiltinCode": min(code, 127),
            "BuiltinCode": code,
            "Version": self._version(opcode),
        }
        return self._table("OperatorCode", parts)

    def _version(self, opcode: str) -> int:
        if self._has_int4 and opcode in _INT4_VERSIONS:
            return _INT4_VERSIONS[opcode]
        if self._has_int16 and opcode in _INT16_VERSIONS:
            return _INT16_VERSIONS[opcode]
        return VERSIONS.get(opcode, 1)

    def _quantization(self, scale: Numbers, zero_point: Numbers | None, axis: int) -> int:
        scales = np.atleast_1d(np.asarray(scale, np.float32))
        zeros = np.atleast_1d(np.asarray(0 if zero_point is None else zero_point, np.int64))
        parts = {
            "Scale": self._builder.CreateNumpyVector(scales),
            "ZeroPoint": self._builder.CreateNumpyVector(
                np.broadcast_to(zeros, scales.shape).copy() if zeros.size == 1 else zeros
            ),
            "QuantizedDimension": axis,
        }
        return self._table("QuantizationParameters", parts)

    def _buffer(self, data: bytes, index: int, external: bool) -> int:
        if not data:
            return self._table("Buffer", {})
        if external:
            return self._table("Buffer", {"Offset": _MARK + index, "Size": len(data)})
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


def _packed(data: Any, dtype: str) -> bytes:
    """Give the bytes of `data`; int4 and int2 share them, the first in the lowest bits."""
    bits = {"int4": 4, "int2": 2}.get(dtype)
    if bits is None:
        return np.asarray(data, dtype).tobytes()
    values = np.asarray(data, np.int8).reshape(-1) & (2**bits - 1)
    values = np.append(values, [0] * (-len(values) % (8 // bits))).astype(np.uint8)
    parts = values.reshape(-1, 8 // bits) << np.arange(0, 8, bits, dtype=np.uint8)
    return parts.sum(axis=1).astype(np.uint8).tobytes()


def _with_external(file: bytes, buffers: Sequence[bytes]) -> bytes:
    """Append `buffers` to the FlatBuffer `file`, and put their offsets where marks stand."""
    for index, data in enumerate(buffers):
        if data:
            file += bytes(-len(file) % 16)
            mark, offset = (struct.pack("<Q", value) for value in (_MARK + index, len(file)))
            assert file.count(mark) == 1
            file = file.replace(mark, offset) + data
    return file


def one_op_model(
    opcode: str,
    operands: Sequence[Spec | None],
    results: Spec | Sequence[Spec],
    *,
    external: bool = False,
    beside: Spec | None = None,
    intermediates: Sequence[Spec] = (),
    **options: Any,
) -> bytes:
    """Give a model of one operator: operands without data are its inputs, None is left out.

    Variables are no inputs: the operator keeps them. `beside` is one more input, which the operator
    does not read.
    """
    writer = ModelWriter()

    def add(spec: Spec, name: str) -> int:
        return writer.tensor(
            spec.shape, spec.dtype, spec.scale, spec.zero_point, spec.axis, spec.data, name,
            is_variable=spec.is_variable, is_sparse=spec.is_sparse,
        )  # fmt: skip

    inputs = [
        -1 if spec is None else add(spec, f"operand_{index}") for index, spec in enumerate(operands)
    ]
    outputs = [
        add(spec, f"result_{index}")
        for index, spec in enumerate([results] if isinstance(results, Spec) else results)
    ]
    between = [add(spec, f"between_{index}") for index, spec in enumerate(intermediates)]
    writer.op(opcode, inputs, outputs, intermediates=between, **options)
    free = [
        index
        for index, spec in zip(inputs, operands, strict=True)
        if spec is not None and spec.data is None and not spec.is_variable
    ]
    free += [] if beside is None else [add(beside, "beside")]
    return writer.finish(free, outputs, external=external)


def _options_table(opcode: str) -> str | None:
    """Give the name of the options table of `opcode`, or None where the schema has none."""
    if opcode in _OPTIONS_OF:
        return _OPTIONS_OF[opcode]
    wanted = opcode.replace("_", "").lower() + "options"
    return next((name for name in vars(BuiltinOptions) if name.lower() == wanted), None)


def _enum(enum: str, value: str) -> int:
    return int(getattr(getattr(_module(enum), enum), value))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tflite.{name}")
