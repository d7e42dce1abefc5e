"""Run a model in the TFLite interpreter, which the reference is compared with.

The interpreter runs with its reference kernels (`OpResolverType.BUILTIN_REF`): they define what
is right; the optimized ones round differently here and there.
"""

import importlib.util
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tflite.BuiltinOptions import BuiltinOptions
from tflite.CallOnceOptions import CallOnceOptions
from tflite.Model import Model

from tinyengine.errors import ToolError
from tinyengine.ir import Array

_HINT = "`pip install tinyengine[reference]` installs ai-edge-litert"

_SUBGRAPHS = 8
_SIGNATURES = 18
"""Where the vtable of Model holds `subgraphs` and `signature_defs`: see schema.fbs."""

_INIT_SUBGRAPH_INDEX = 4
"""Where the vtable of CallOnceOptions holds `init_subgraph_index`: see schema.fbs."""

_QUANTIZED_DIMENSION = 16
"""Where the vtable of QuantizationParameters holds `quantized_dimension`: see schema.fbs."""

Interpreter = Any


def run_interpreter(model: bytes, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Give the outputs of the .tflite file `model` in its own order, shapes and types.

    `inputs` have the shapes and types of the model's inputs, in its order. Raises ToolError where
    the interpreter is not installed or refuses the model.
    """
    (outputs,) = run_interpreter_steps(model, [inputs])
    return outputs


def run_interpreter_steps(
    model: bytes, steps: Sequence[Sequence[Array]]
) -> list[tuple[Array, ...]]:
    """Give the outputs of each of `steps`, one after the other: what is state is never reset.

    Inputs, outputs and errors are as of `run_interpreter`.
    """
    with _told_as_errors():
        interpreter = _prepare(model, preserve=False)
        details = interpreter.get_output_details()
        given: list[tuple[Array, ...]] = []
        for inputs in steps:
            _invoke(interpreter, inputs)
            given.append(tuple(interpreter.get_tensor(detail["index"]) for detail in details))
    return given


def interpreter_tensors(model: bytes, inputs: Sequence[Array]) -> dict[str, Array]:
    """Give every tensor by its name after a run; as `run_interpreter` else.

    Of several tensors with one name, the first is given.
    """
    with _told_as_errors():
        interpreter = _prepare(model, preserve=True)
        _invoke(interpreter, inputs)
    tensors: dict[str, Array] = {}
    for detail in interpreter.get_tensor_details():
        try:
            value = interpreter.get_tensor(detail["index"])
        except ValueError:
            continue  # it has no value: an input that is left out, or a kernel's scratch
        tensors.setdefault(detail["name"], value)
    return tensors


def mended(model: bytes) -> bytes:
    """Give `model` without what the interpreter rejects though it means nothing.

    A tensor may name a quantized dimension that it does not have (biases of person_detect do):
    it becomes 0. `model` is a file that the importer accepts.
    """
    data = bytearray(model)
    graph = Model.GetRootAs(model).Subgraphs(0)
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        quantization = tensor.Quantization()
        rank = max(tensor.ShapeLength(), 1)
        if quantization is None or 0 <= quantization.QuantizedDimension() < rank:
            continue
        table = quantization._tab
        struct.pack_into("<i", data, table.Pos + table.Offset(_QUANTIZED_DIMENSION), 0)
    return bytes(data)


def alone(model: bytes, subgraph: int) -> bytes:
    """Give `model` with subgraph number `subgraph` as its first one, which the interpreter runs.

    Of the others only those stay that it calls once, to give its variables their first values.
    `model` is a file that the importer accepts. Its tables stay where they are.
    """
    data, root = bytearray(model), Model.GetRootAs(model)
    table = root._tab
    vector = table.Vector(table.Offset(_SUBGRAPHS))
    called = list(_called_once(root, subgraph))
    order = [subgraph, *dict.fromkeys(index for index, _ in called)]
    places = [_place(data, vector + 4 * index) for index in order]
    for entry, place in enumerate(places):
        struct.pack_into("<I", data, vector + 4 * entry, place - (vector + 4 * entry))
    struct.pack_into("<I", data, vector - 4, len(order))
    for index, where in called:
        struct.pack_into("<i", data, where, order.index(index))
    if signatures := table.Offset(_SIGNATURES):
        struct.pack_into("<I", data, table.Vector(signatures) - 4, 0)
    return bytes(data)


def _place(data: bytearray, entry: int) -> int:
    """Give where the table is that the relative offset at `entry` leads to."""
    (distance,) = struct.unpack_from("<I", data, entry)
    return entry + int(distance)


def _called_once(model: Model, subgraph: int) -> Iterator[tuple[int, int]]:
    """Give the subgraphs that CALL_ONCE in `subgraph` runs, and where in the file it says so.

    An index that is the schema's default has no place there, and is left out.
    """
    graph = model.Subgraphs(subgraph)
    for number in range(graph.OperatorsLength()):
        operator = graph.Operators(number)
        if operator.BuiltinOptionsType() == BuiltinOptions.CallOnceOptions:
            options = CallOnceOptions()
            table = operator.BuiltinOptions()
            options.Init(table.Bytes, table.Pos)
            if offset := options._tab.Offset(_INIT_SUBGRAPH_INDEX):
                yield options.InitSubgraphIndex(), table.Pos + offset


def refusal(model: bytes) -> str:
    """Say why the interpreter refuses `model` before it runs; empty where it takes it.

    Raises ToolError where there is no interpreter.
    """
    try:
        _prepare(model, preserve=False)
    except _RefusedError as error:
        return str(error)
    return ""


class _RefusedError(Exception):
    """The interpreter does not take a model; the text is its reason, on one line."""


@contextmanager
def _told_as_errors() -> Iterator[None]:
    """Raise ToolError for what the interpreter raises."""
    try:
        yield
    except (ValueError, RuntimeError, _RefusedError) as error:
        reason = " ".join(str(error).split())
        raise ToolError("ai-edge-litert", f"the TFLite interpreter failed: {reason}") from error


def _invoke(interpreter: Interpreter, inputs: Sequence[Array]) -> None:
    """Let the interpreter run once."""
    for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()


def _prepare(model: bytes, *, preserve: bool) -> Interpreter:
    """Give an interpreter that is ready to run `model`."""
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: PLC0415
    except ImportError as error:
        raise ToolError(
            "ai-edge-litert", "the TFLite interpreter is not installed", _HINT
        ) from error
    try:
        interpreter = Interpreter(
            model_content=mended(model),
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=preserve,
            num_threads=1,
        )
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise _RefusedError(" ".join(str(error).split())) from error
    return interpreter


def has_interpreter() -> bool:
    """Tell whether the TFLite interpreter is installed."""
    return importlib.util.find_spec("ai_edge_litert") is not None
