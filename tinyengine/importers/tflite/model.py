"""The content of a TFLite file as plain values: tensors, operators, inputs and outputs.

Everything here is as the file says it; only its structure has been checked (offsets, counts,
indices). Whether it makes sense is decided where it is used.

Source: TensorFlow Lite, schema.fbs (version 3).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from tflite.BuiltinOperator import BuiltinOperator
from tflite.BuiltinOptions import BuiltinOptions
from tflite.Model import Model
from tflite.TensorType import TensorType

from tinyengine.errors import ModelError
from tinyengine.importers.choice import NetworkChoice, Networks
from tinyengine.importers.names import label, readable
from tinyengine.importers.tflite.reader import Accessor, File, guard, open_root
from tinyengine.ir import Array

IDENTIFIER = b"TFL3"
LARGEST_FILE_NBYTES = 256 << 20
VARIABLE = "is a variable (state that outlives a run)"

SPARSE = "is sparse"
"""What makes a tensor odd that an operator keeps for its next run."""

_Scalar = TypeVar("_Scalar", np.uint8, np.int32, np.int64, np.float32)

_MOST_ITEMS = 100_000
_MOST_OPERATORS = 10_000
_MOST_SUBGRAPHS = 1000
_GREATEST_RANK = 8
_LEAST_OFFSET = 2


def _names(enum: Accessor) -> dict[int, str]:
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


_OPCODES = _names(BuiltinOperator)
_OPTIONS = _names(BuiltinOptions)
_TYPES = {19: "INT2", **_names(TensorType)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileTensor:
    """A tensor of the file; `dtype` is the schema's name of its type in lower case.

    `data` are the bytes of a constant (uint8, read-only), None for anything else. `scales` and
    `zero_points` are empty where the tensor is not quantized.
    """

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    axis: int
    data: Array | None
    oddities: tuple[str, ...]
    """What makes the tensor special: it is variable, sparse, ...; empty for a plain one."""

    @property
    def label(self) -> str:
        """The name as messages give it."""
        return label(self.name)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileOperator:
    """An operator of the file; an input of -1 is left out.

    `options` is the accessor of its options table and `options_type` the table's name.
    `custom_options` are the bytes of a custom operator's; empty where there are none.
    `intermediates` are tensors that say how it quantizes what it computes on the way.
    """

    index: int
    opcode: str
    custom_code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Accessor
    options_type: str
    custom_options: bytes = b""
    intermediates: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileModel:
    """One network of a file: its subgraph number `subgraph`, and what else the file has."""

    file: File
    networks: Networks
    subgraph: int
    tensors: tuple[FileTensor, ...]
    operators: tuple[FileOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


def read_model(data: bytes, name: str, choice: NetworkChoice) -> FileModel:
    """Give the chosen network of the TFLite file `data`.

    Raises ModelError where the file is damaged, UsageError where it has no such network.
    """
    file = _recognise(data, name)
    model = open_root(Model, file)
    if model.Version() != 3:
        raise ModelError(
            name, f"TFLite schema version {model.Version()} is not supported", "convert it anew"
        )
    networks = _read_networks(model, file)
    return read_network(file, networks, networks.find(choice, name))


def read_network(file: File, networks: Networks, number: int) -> FileModel:
    """Give subgraph `number` of a file whose networks are known; raise as `read_model` does."""
    model = open_root(Model, file)
    graph = guard(model.Subgraphs(number), file)
    tensors = tuple(_read_tensors(model, graph, file))
    return FileModel(
        file=file,
        networks=networks,
        subgraph=number,
        tensors=tensors,
        operators=tuple(_read_operators(model, graph, file, len(tensors))),
        inputs=_indices(graph.InputsAsNumpy, len(tensors), file),
        outputs=_indices(graph.OutputsAsNumpy, len(tensors), file),
    )


def subgraph_number(data: bytes, name: str, choice: NetworkChoice) -> int:
    """Give the number of the subgraph that `choice` means; raises as `read_model` does."""
    file = _recognise(data, name)
    return _read_networks(open_root(Model, file), file).find(choice, name)


def _read_networks(model: Accessor, file: File) -> Networks:
    """Give the names of the file's subgraphs, of which there must be one, and its signatures."""
    count = _count(model.SubgraphsLength(), "subgraphs", file, _MOST_SUBGRAPHS)
    if not count:
        raise ModelError(file.name, "the model has no subgraph", "convert the model again")
    graphs = [guard(model.Subgraphs(index), file) for index in range(count)]
    signatures: dict[str, int] = {}
    for index in range(_count(model.SignatureDefsLength(), "signatures", file, _MOST_SUBGRAPHS)):
        signature = guard(model.SignatureDefs(index), file)
        if signature.SubgraphIndex() >= count:
            raise file.broken(f"signature {index} refers to a subgraph that does not exist")
        name = readable(signature.SignatureKey() or b"")
        signatures.setdefault(name, int(signature.SubgraphIndex()))
    return Networks(
        subgraphs=tuple(readable(graph.Name() or b"") for graph in graphs), signatures=signatures
    )


def _recognise(data: bytes, name: str) -> File:
    if not data:
        raise ModelError(name, "the file is empty", "convert the model again")
    if len(data) > LARGEST_FILE_NBYTES:
        raise ModelError(
            name,
            f"the file has {len(data)} bytes; {LARGEST_FILE_NBYTES} is the most that is read",
            "a model of this size fits no microcontroller",
        )
    if len(data) < 8 or data[4:8] != IDENTIFIER:
        raise ModelError(
            name,
            "this is not a TFLite file: the identifier 'TFL3' is missing",
            "give a .tflite file as the TensorFlow Lite converter writes it",
        )
    return File(data, name)


def _count(count: int, what: str, file: File, most: int = _MOST_ITEMS) -> int:
    if count > most:
        raise file.broken(f"it lists {count} {what}; {most} is the most that is read")
    return count


def _array(read: Callable[[], Accessor], dtype: type[_Scalar], file: File) -> npt.NDArray[_Scalar]:
    """Give a vector field as an array; an absent one, which reads as 0, as an empty array."""
    values = read()
    if not isinstance(values, np.ndarray):
        return np.zeros(0, dtype)
    file.charge(values.nbytes)
    return values.astype(dtype)


def _indices(
    read: Callable[[], Accessor], tensors: int, file: File, least: int = 0
) -> tuple[int, ...]:
    """Give a vector of tensor indices in [least, tensors)."""
    values = _array(read, np.int32, file)
    if values.size and not (least <= int(values.min()) and int(values.max()) < tensors):
        raise file.broken("it refers to a tensor that does not exist")
    return tuple(values.tolist())


def _read_tensors(model: Accessor, graph: Accessor, file: File) -> Iterator[FileTensor]:
    buffers = _read_buffers(model, file)
    constants_nbytes = 0
    for index in range(_count(graph.TensorsLength(), "tensors", file)):
        tensor = guard(graph.Tensors(index), file)
        shape = _array(tensor.ShapeAsNumpy, np.int32, file)
        if shape.size > _GREATEST_RANK:
            raise file.broken(f"tensor {index} has {shape.size} dimensions")
        if not 0 <= tensor.Buffer() < max(len(buffers), 1):
            raise file.broken(f"tensor {index} refers to a buffer that does not exist")
        data = buffers[tensor.Buffer()] if buffers else None
        constants_nbytes += 0 if data is None else data.nbytes
        if constants_nbytes > 16 * len(file.data):
            raise file.broken("it describes far more than it holds")
        yield _tensor(index, tensor, tuple(shape.tolist()), data, file)


def _tensor(
    index: int, tensor: Accessor, shape: tuple[int, ...], data: Array | None, file: File
) -> FileTensor:
    scales, zero_points = np.zeros(0, np.float32), np.zeros(0, np.int64)
    axis, oddities = 0, []
    if tensor.IsVariable():
        oddities.append(VARIABLE)
    if tensor.Sparsity() is not None:
        oddities.append(SPARSE)
    raw = tensor.Quantization()
    if raw is not None:
        quantization = guard(raw, file)
        scales = _array(quantization.ScaleAsNumpy, np.float32, file)
        zero_points = _array(quantization.ZeroPointAsNumpy, np.int64, file)
        axis = int(quantization.QuantizedDimension())
        if quantization.DetailsType():
            oddities.append("has a custom quantization")
    return FileTensor(
        index=index,
        name=readable(tensor.Name() or b"") or f"tensor {index}",
        shape=shape,
        dtype=_TYPES.get(tensor.Type(), f"type {tensor.Type()}").lower(),
        scales=scales,
        zero_points=zero_points,
        axis=axis,
        data=data,
        oddities=tuple(oddities),
    )


def _read_buffers(model: Accessor, file: File) -> list[Array | None]:
    """Give the bytes of every buffer; None for an empty one, which is no constant."""
    buffers: list[Array | None] = []
    for index in range(_count(model.BuffersLength(), "buffers", file)):
        buffer = guard(model.Buffers(index), file)
        data = buffer.DataAsNumpy()
        if not isinstance(data, np.ndarray):
            data = _behind(index, int(buffer.Offset()), int(buffer.Size()), file)
        buffers.append(data if data.size else None)
    return buffers


def _behind(index: int, offset: int, nbytes: int, file: File) -> Array:
    """Give the bytes of a buffer that is stored behind the FlatBuffer, at `offset` of the file.

    Offsets of 0 and 1 mean that there is no such place. The interpreter, too, asks only that all
    bytes lie in the file. Source: TensorFlow Lite, schema.fbs, table Buffer.
    """
    if offset < _LEAST_OFFSET:
        return np.zeros(0, np.uint8)
    if offset + nbytes > len(file.data):
        raise file.broken(f"buffer {index} reaches beyond its end")
    return np.frombuffer(file.data, np.uint8, nbytes, offset)


def _read_operators(
    model: Accessor, graph: Accessor, file: File, tensors: int
) -> Iterator[FileOperator]:
    codes = [
        _operator_code(guard(model.OperatorCodes(index), file))
        for index in range(_count(model.OperatorCodesLength(), "operator codes", file))
    ]
    for index in range(_count(graph.OperatorsLength(), "operators", file, _MOST_OPERATORS)):
        operator = guard(graph.Operators(index), file)
        if operator.OpcodeIndex() >= len(codes):
            raise file.broken(f"op {index} has an operator code that does not exist")
        opcode, custom_code = codes[operator.OpcodeIndex()]
        kind = int(operator.BuiltinOptionsType())
        yield FileOperator(
            index=index,
            opcode=opcode,
            custom_code=custom_code,
            inputs=_indices(operator.InputsAsNumpy, tensors, file, least=-1),
            outputs=_indices(operator.OutputsAsNumpy, tensors, file),
            options=operator.BuiltinOptions() if kind else None,
            options_type=_OPTIONS.get(kind, f"options {kind}"),
            custom_options=_custom_options(operator, file) if opcode == "CUSTOM" else b"",
            intermediates=_indices(operator.IntermediatesAsNumpy, tensors, file),
        )


def _custom_options(operator: Accessor, file: File) -> bytes:
    """Give the bytes that a custom operator finds its options in."""
    return _array(operator.CustomOptionsAsNumpy, np.uint8, file).tobytes()


def _operator_code(code: Accessor) -> tuple[str, str]:
    value = max(int(code.BuiltinCode()), int(code.DeprecatedBuiltinCode()))
    return _OPCODES.get(value, f"OPERATOR_{value}"), readable(code.CustomCode() or b"")
