"""The content of an ONNX file as plain values: nodes, constants and the graph's edges.

The `onnx` package reads the file. What it says is bounded and checked here; whether it makes sense
is decided where it is used. Source: ONNX, onnx.proto and "External Data".
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from tinyengine.errors import ModelError, ToolError, UsageError
from tinyengine.importers.names import label, readable
from tinyengine.importers.onnx.wire import check_wire
from tinyengine.ir import Array

OLDEST_OPSET = 11

LARGEST_TENSOR = 1 << 24
"""Values of an activation."""

LARGEST_SIZE = 1 << 16
"""Size of one dimension of it."""

_DOMAINS = ("", "ai.onnx", "com.microsoft")
_MOST_NODES = 10_000
_MOST_CONSTANT_NBYTES = 128 << 20
_GREATEST_RANK = 8
_AGAIN = "export the model again"
_CONVERT_HINT = "export the model again, with fixed shapes, and quantize it statically"

Proto = Any
"""A message of the `onnx` package: these have no types."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Node:
    """An operator of the file; an input that is left out is an empty name."""

    index: int
    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or output of the graph: its type is numpy's name of it."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileModel:
    """The network of a file; `shapes` are those that the package infers, where it can."""

    name: str
    opset: int
    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    shapes: Mapping[str, tuple[int, ...]]


Shapes = Mapping[str, tuple[int, ...]]
"""Shapes that the user gives to inputs, by their names."""

NO_SHAPES: Shapes = MappingProxyType({})


def read_model(
    data: bytes, name: str, folder: Path | None, shapes: Shapes = NO_SHAPES
) -> FileModel:
    """Give the content of the ONNX file `data`; `folder` is where its external data may lie.

    Open dimensions are those of `shapes`; a first one becomes 1 without. Raises ModelError where
    the file is damaged, or beyond what is read, UsageError where `shapes` do not fit it, and
    ToolError where the `onnx` package is missing.
    """
    onnx = _package()
    proto = _parsed(onnx, data, name)
    opset = _opset(proto, name)
    graph = proto.graph
    if len(graph.node) > _MOST_NODES:
        raise ModelError(name, f"it has {len(graph.node)} operators; {_MOST_NODES} are the most")
    constants = dict(_constants(onnx, graph, name, folder))
    inputs = tuple(
        _port(onnx, each, name, shapes) for each in graph.input if _text(each.name) not in constants
    )
    fixed = {port.name: port.shape for port in inputs}
    _refuse_twins(graph, name)
    _refuse_strangers(shapes, fixed, name)
    found = _inferred(onnx, proto, fixed)
    return FileModel(
        name=name,
        opset=opset,
        nodes=tuple(_node(onnx, index, node) for index, node in enumerate(graph.node)),
        constants=constants,
        inputs=inputs,
        outputs=tuple(_output(each, found) for each in graph.output),
        shapes=found,
    )


def _refuse_twins(graph: Proto, name: str) -> None:
    """Refuse inputs, outputs and constants of which two have the same name."""
    for what, held in (
        ("input", graph.input), ("output", graph.output), ("constant", graph.initializer),
    ):  # fmt: skip
        names = Counter(_text(each.name) for each in held)
        twin = next((each for each, count in names.items() if count > 1), None)
        if twin is not None:
            raise ModelError(
                f"{name}: {what} '{label(twin)}'", f"is there {names[twin]} times", _AGAIN
            )


def _refuse_strangers(shapes: Shapes, fixed: Shapes, name: str) -> None:
    """Refuse shapes for inputs that there are not."""
    for each in shapes:
        if each not in fixed:
            listed = ", ".join(f"'{label(known)}'" for known in fixed)
            raise UsageError("--shape", f"{name} has no input '{each}'", f"it has {listed}")


def _package() -> Proto:
    try:
        import onnx  # noqa: PLC0415
        import onnx.numpy_helper  # noqa: PLC0415
        import onnx.shape_inference  # noqa: PLC0415
    except ImportError as error:
        raise ToolError(
            "onnx", "the package that reads ONNX files is not installed",
            "`pip install tinyengine[onnx]` installs it",
        ) from error  # fmt: skip
    return onnx


def _parsed(onnx: Proto, data: bytes, name: str) -> Proto:
    check_wire(data, name)
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except Exception as error:  # protobuf's own, which has no public base
        raise ModelError(
            name, "the file is damaged: it is no ONNX model", "download or export the model again"
        ) from error
    if not proto.HasField("graph") or (not proto.graph.node and not proto.graph.output):
        raise ModelError(
            name, "the file is damaged: it holds no graph", "download or export the model again"
        )
    return proto


def _opset(proto: Proto, name: str) -> int:
    """Give the version of the standard operators; refuse versions and domains that are unknown."""
    import onnx.defs  # noqa: PLC0415

    newest = int(onnx.defs.onnx_opset_version())
    versions = {_text(each.domain): int(each.version) for each in proto.opset_import}
    version = versions.get("", versions.get("ai.onnx", 0))
    if not OLDEST_OPSET <= version <= newest:
        raise ModelError(
            name,
            f"its operators are of opset {version}; {OLDEST_OPSET} to {newest} are read",
            "export the model again with another opset, or onnx.version_converter",
        )
    return version


def _constants(
    onnx: Proto, graph: Proto, name: str, folder: Path | None
) -> Iterator[tuple[str, Array]]:
    total = 0
    if len(graph.sparse_initializer):
        raise ModelError(name, "sparse constants are not supported", _CONVERT_HINT)
    for tensor in graph.initializer:
        value = constant(onnx, tensor, name, folder)
        total += value.nbytes
        if total > _MOST_CONSTANT_NBYTES:
            raise ModelError(name, f"its constants are more than {_MOST_CONSTANT_NBYTES} bytes")
        yield _text(tensor.name), value


def constant(onnx: Proto, tensor: Proto, name: str, folder: Path | None = None) -> Array:
    """Give the value of a TensorProto, read-only; external data come from inside `folder`."""
    where = f"{name}: constant '{label(_text(tensor.name))}'"
    shape = tuple(int(size) for size in tensor.dims)
    if len(shape) > _GREATEST_RANK or any(size < 0 for size in shape):
        raise ModelError(where, f"has no valid shape: {len(shape)} dimensions")
    if tensor.data_type not in _NUMPY_TYPES:
        kind = _type_name(onnx, tensor.data_type)
        raise ModelError(where, f"has the type {kind}, which is not supported")
    itemsize = np.dtype(_NUMPY_TYPES[tensor.data_type]).itemsize
    if math.prod(shape) * itemsize > _MOST_CONSTANT_NBYTES:
        raise ModelError(where, f"is larger than {_MOST_CONSTANT_NBYTES} bytes")
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        tensor = _with_external_data(onnx, tensor, where, folder)
    try:
        value = np.array(onnx.numpy_helper.to_array(tensor))
    except (ValueError, TypeError, IndexError) as error:
        raise ModelError(where, "does not have as many values as its shape says") from error
    value.setflags(write=False)
    return value


_NUMPY_TYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64",
}  # fmt: skip
"""Element types that are read, by ONNX's number. Source: onnx.proto, TensorProto.DataType."""


def _with_external_data(onnx: Proto, tensor: Proto, where: str, folder: Path | None) -> Proto:
    """Give the tensor with its bytes from another file, which must lie in the model's folder."""
    entries = {_text(each.key): _text(each.value) for each in tensor.external_data}
    location = entries.get("location", "")
    hint = "keep the files that belong to the model beside it, and export it again"
    if folder is None:
        raise ModelError(where, "its data are in another file", hint)
    try:
        path = (folder / location).resolve()
        offset, length = int(entries.get("offset", "0")), int(entries.get("length", "-1"))
    except (ValueError, OSError) as error:
        raise ModelError(where, "does not say properly where its data are", hint) from error
    is_inside = path.is_relative_to(folder.resolve()) and path != folder.resolve()
    if not location or Path(location).is_absolute() or not is_inside:
        raise ModelError(where, "its data lie outside the model's folder", hint)
    if not path.is_file():
        raise ModelError(where, f"its data are missing: there is no file '{path.name}'", hint)
    size = path.stat().st_size
    length = size - offset if length < 0 else length
    if not (0 <= offset <= size and length <= min(size - offset, _MOST_CONSTANT_NBYTES)):
        raise ModelError(where, f"its data reach beyond the end of '{path.name}'", hint)
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read(length)
    made = onnx.TensorProto()
    made.CopyFrom(tensor)
    made.data_location = onnx.TensorProto.DEFAULT
    made.raw_data = content
    return made


def _port(onnx: Proto, value: Proto, name: str, shapes: Shapes) -> Port:
    """Give an input; what is open of its shape is that of `shapes`, or 1 for a batch."""
    kind = value.type.WhichOneof("value")
    title = _text(value.name)
    where = f"{name}: input '{label(title)}'"
    if kind != "tensor_type":
        raise ModelError(
            where, "is no tensor", "sequences, maps and optional values do not compile"
        )
    tensor = value.type.tensor_type
    dtype = _NUMPY_TYPES.get(tensor.elem_type)
    if dtype not in ("float32", "int8", "uint8"):
        shown = dtype or _type_name(onnx, tensor.elem_type)
        raise ModelError(where, f"is {shown}; it must be float32, int8 or uint8", _CONVERT_HINT)
    dims = tensor.shape.dim
    if len(dims) > _GREATEST_RANK:
        raise ModelError(where, f"has {len(dims)} dimensions", _CONVERT_HINT)
    sizes = tuple(int(dim.dim_value) for dim in dims)
    if title in shapes:
        has_rank = tensor.HasField("shape")
        sizes = _given(shapes[title], sizes, title) if has_rank else shapes[title]
    elif not tensor.HasField("shape"):
        raise ModelError(where, "has no shape", _shape_hint(title, ("1", "C", "H", "W")))
    elif sizes and sizes[0] == 0:
        sizes = (1, *sizes[1:])
    if any(size < 1 for size in sizes):
        names = [
            str(size) if size > 0 else _text(dim.dim_param)
            for dim, size in zip(dims, sizes, strict=True)
        ]
        hint = _shape_hint(title, names)
        raise ModelError(where, "has an open dimension beside the batch", hint)
    if math.prod(sizes) > LARGEST_TENSOR or max(sizes, default=0) > LARGEST_SIZE:
        problem = (
            f"has more than {LARGEST_TENSOR:,} values, or than {LARGEST_SIZE:,} in one dimension"
        )
        raise ModelError(where, problem, "an input of this size fits no microcontroller")
    return Port(name=title, dtype=dtype, shape=sizes)


def _given(wanted: tuple[int, ...], sizes: tuple[int, ...], title: str) -> tuple[int, ...]:
    """Give the shape that the user wants for an input, whose open dimensions are 0 in `sizes`."""
    fits = len(wanted) == len(sizes) and all(
        size in (0, given) for size, given in zip(sizes, wanted, strict=True)
    )
    if not fits:
        shown = ", ".join("open" if size < 1 else str(size) for size in sizes)
        raise UsageError("--shape", f"input '{label(title)}' has the shape [{shown}] in the file")
    return wanted


def _shape_hint(title: str, sizes: Sequence[str]) -> str:
    names = [readable(size.encode("utf-8", "replace")) or f"N{at}" for at, size in enumerate(sizes)]
    unknown = ", ".join(each for each in dict.fromkeys(names) if not each.isdecimal())
    return f"say it: --shape {label(title)}={','.join(names)}, with numbers for {unknown}"


def _output(value: Proto, shapes: Mapping[str, tuple[int, ...]]) -> Port:
    code = value.type.tensor_type.elem_type
    dtype = _NUMPY_TYPES.get(code, str(code))
    name = _text(value.name)
    return Port(name=name, dtype=dtype, shape=shapes.get(name, ()))


def _inferred(onnx: Proto, proto: Proto, fixed: Shapes) -> Shapes:
    """Give the shapes that the package infers once the inputs' are fixed; only whole ones."""
    made = onnx.ModelProto(ir_version=proto.ir_version, opset_import=proto.opset_import)
    made.graph.name = "shapes"
    made.graph.node.extend(proto.graph.node)
    made.graph.output.extend(proto.graph.output)
    for each in proto.graph.initializer:
        if math.prod(each.dims) <= _SMALL and not each.external_data:
            made.graph.initializer.add().CopyFrom(each)
        else:
            value = onnx.helper.make_tensor_value_info(each.name, each.data_type, each.dims)
            made.graph.input.append(value)
    for each in proto.graph.input:
        if _text(each.name) in fixed:
            code, shape = each.type.tensor_type.elem_type, fixed[_text(each.name)]
            made.graph.input.append(onnx.helper.make_tensor_value_info(each.name, code, shape))
    for each in made.graph.output:
        each.type.tensor_type.ClearField("shape")
    try:
        made = onnx.shape_inference.infer_shapes(made, data_prop=True)
    except Exception:  # the package raises its own, or protobuf's, for files that it cannot follow
        return {}
    found = {}
    for each in (*made.graph.input, *made.graph.value_info, *made.graph.output):
        sizes = tuple(int(dim.dim_value) for dim in each.type.tensor_type.shape.dim)
        if all(sizes) and each.type.tensor_type.HasField("shape"):
            found[_text(each.name)] = sizes
    return found


_SMALL = 1024
"""Elements of constants that may be shapes or parts of shapes; weights are not copied."""


def _node(onnx: Proto, index: int, node: Proto) -> Node:
    attributes = {}
    for each in node.attribute:
        is_plain = each.type in _PLAIN_ATTRIBUTES
        value = onnx.helper.get_attribute_value(each) if is_plain else None
        attributes[_text(each.name)] = value
    return Node(
        index=index,
        op=_text(node.op_type),
        domain=_text(node.domain),
        name=_text(node.name or (node.output[0] if node.output else "")),
        inputs=tuple(map(_text, node.input)),
        outputs=tuple(map(_text, node.output)),
        attributes=attributes,
    )


_PLAIN_ATTRIBUTES = frozenset((1, 2, 3, 4, 6, 7, 8))
"""Numbers, texts, tensors and lists of the first two. Source: onnx.proto, AttributeType."""


def _text(value: str | bytes) -> str:
    """Give a text of the file, printable; where it is no UTF-8, it comes as bytes."""
    return readable(value if isinstance(value, bytes) else value.encode("utf-8", "replace"))


def _type_name(onnx: Proto, code: int) -> str:
    """Give the name of an element type, or its number where it has none."""
    names = {number: name for name, number in onnx.TensorProto.DataType.items()}
    return str(names.get(code, code))


def known_domain(node: Node) -> bool:
    """Tell whether the operator is of a domain that is read at all."""
    return node.domain in _DOMAINS
