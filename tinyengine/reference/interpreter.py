"""Run a model in the TFLite interpreter, which the reference is compared with.

The interpreter runs with its reference kernels (`OpResolverType.BUILTIN_REF`): they define what
is right; the optimized ones round differently here and there.
"""

import importlib.util
import struct
from collections.abc import Sequence
from typing import Any

from tflite.Model import Model

from tinyengine.errors import ToolError
from tinyengine.ir import Array

_HINT = "`pip install tinyengine[reference]` installs ai-edge-litert"

_SUBGRAPHS = 8
_SIGNATURES = 18
"""Where the vtable of Model holds `subgraphs` and `signature_defs`: see schema.fbs."""

_QUANTIZED_DIMENSION = 16
"""Where the vtable of QuantizationParameters holds `quantized_dimension`: see schema.fbs."""

Interpreter = Any


def run_interpreter(model: bytes, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Give the outputs of the .tflite file `model` in its own order, shapes and types.

    `inputs` have the shapes and types of the model's inputs, in its order. Raises ToolError where
    the interpreter is not installed or refuses the model.
    """
    interpreter = _invoke(model, inputs, preserve=False)
    details = interpreter.get_output_details()
    return tuple(interpreter.get_tensor(detail["index"]) for detail in details)


def interpreter_tensors(model: bytes, inputs: Sequence[Array]) -> dict[str, Array]:
    """Give every tensor by its name after a run; as `run_interpreter` else.

    Of several tensors with one name, the first is given.
    """
    interpreter = _invoke(model, inputs, preserve=True)
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
    """Give `model` with subgraph number `subgraph` as its only one, which the interpreter runs.

    `model` is a file that the importer accepts. Its tables stay where they are.
    """
    data, table = bytearray(model), Model.GetRootAs(model)._tab
    vector = table.Vector(table.Offset(_SUBGRAPHS))
    chosen = vector + 4 * subgraph
    (distance,) = struct.unpack_from("<I", data, chosen)
    struct.pack_into("<II", data, vector - 4, 1, chosen + distance - vector)
    if signatures := table.Offset(_SIGNATURES):
        struct.pack_into("<I", data, table.Vector(signatures) - 4, 0)
    return bytes(data)


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


def _invoke(model: bytes, inputs: Sequence[Array], *, preserve: bool) -> Interpreter:
    """Give an interpreter that has run `model`."""
    try:
        interpreter = _prepare(model, preserve=preserve)
        for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
    except (ValueError, RuntimeError, _RefusedError) as error:
        reason = " ".join(str(error).split())
        raise ToolError("ai-edge-litert", f"the TFLite interpreter failed: {reason}") from error
    return interpreter


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
