"""Read model files into graphs."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

from tinyengine.errors import ModelError, UsageError
from tinyengine.files import read_bytes
from tinyengine.importers.choice import FIRST, NetworkChoice, Shapes, choose_network
from tinyengine.importers.formats import refuse_directory, refuse_other_formats
from tinyengine.importers.names import identifier
from tinyengine.importers.summary import ModelSummary, OperatorSummary, TensorSummary
from tinyengine.importers.tflite import inspect, parse
from tinyengine.importers.tflite.model import IDENTIFIER, LARGEST_FILE_NBYTES, subgraph_number
from tinyengine.ir import Graph, count_macs
from tinyengine.reference.interpreter import alone

__all__ = [
    "FIRST",
    "ModelSummary",
    "NetworkChoice",
    "OperatorSummary",
    "Shapes",
    "TensorSummary",
    "choose_network",
    "identifier",
    "inspect_file",
    "interpreted",
    "is_onnx",
    "load",
    "load_float",
    "read_file",
]

_MOST_VALUES = 1 << 21
"""Values of an activation of a float network: 2 MiB as int8."""

_HEAD_NBYTES = 4096
"""How much of a file tells its format."""


def load(path: Path, choice: NetworkChoice = FIRST) -> Graph:
    """Give the chosen network of the model file `path`.

    Raises ModelError where it cannot be compiled, UsageError where the file has no such network.
    """
    data = read_file(path)
    if is_onnx(path, data):
        _refuse_choice(path, choice)
        from tinyengine.importers import onnx  # noqa: PLC0415 -- most files are none

        return onnx.parse(data, path.name, path.parent, dict(choice.shapes))
    _refuse_shapes(path, choice)
    return parse(data, path.name, choice)


def load_float(path: Path, choice: NetworkChoice = FIRST) -> Graph:
    """Give the float network in the model file `path`, before any quantization.

    Raises ModelError where it is none or holds an unknown operator, UsageError where the file has
    no such network.
    """
    data = read_file(path)
    if is_onnx(path, data):
        _refuse_choice(path, choice)
        from tinyengine.importers import onnx  # noqa: PLC0415 -- most files are none

        graph = onnx.parse_float(data, path.name, path.parent, dict(choice.shapes))
    else:
        from tinyengine.importers.tflite.floats import parse_float  # noqa: PLC0415 -- few are float

        _refuse_shapes(path, choice)
        graph = parse_float(data, path.name, choice)
    _refuse_large(graph, path.name)
    return graph


def _refuse_large(graph: Graph, name: str) -> None:
    """Refuse a float network whose activations would take gigabytes when it runs on samples."""
    inputs = ((f"input '{edge.name}'", edge.tensor) for edge in graph.inputs)
    for where, tensor in (*inputs, *((str(op.source), op.output) for op in graph.ops)):
        if tensor.elements > _MOST_VALUES:
            raise ModelError(
                f"{name}: {where}",
                f"has {tensor.elements:,} values; {_MOST_VALUES:,} are the most",
                "an activation of this size fits no microcontroller",
            )


def inspect_file(path: Path, choice: NetworkChoice = FIRST) -> ModelSummary:
    """Give what the chosen network of the model file `path` holds, supported or not.

    Raises ModelError where the file is damaged, UsageError where it has no such network.
    """
    data = read_file(path)
    if is_onnx(path, data):
        _refuse_choice(path, choice)
        from tinyengine.importers import onnx  # noqa: PLC0415 -- most files are none

        summary = onnx.inspect(data, path.name, path.parent, dict(choice.shapes))
    else:
        _refuse_shapes(path, choice)
        summary = inspect(data, path.name, choice)
    return _with_float_macs(summary, path, choice) if summary.problems else summary


def _with_float_macs(summary: ModelSummary, path: Path, choice: NetworkChoice) -> ModelSummary:
    """Give `summary` with the operations of a network that can be quantized: it has as many."""
    try:
        graph = load_float(path, choice)
    except ModelError:
        return summary
    macs = Counter[int]()
    for op in graph.ops:
        macs[op.source.index] += count_macs(op)
    operators = (replace(each, macs=macs[each.source.index]) for each in summary.operators)
    return replace(summary, operators=tuple(operators))


def is_onnx(path: Path, data: bytes) -> bool:
    """Tell whether a model file is one of ONNX: these have no mark, so their suffix says it."""
    return path.suffix.lower() == ".onnx" and data[4:8] != IDENTIFIER


def _refuse_choice(path: Path, choice: NetworkChoice) -> None:
    if choice.signature is not None or choice.subgraph is not None:
        option = "--subgraph" if choice.signature is None else "--signature"
        raise UsageError(option, f"{path.name} holds one network: ONNX files do")


def _refuse_shapes(path: Path, choice: NetworkChoice) -> None:
    if choice.shapes:
        raise UsageError("--shape", f"{path.name} fixes the shapes itself: TFLite files do")


def interpreted(path: Path, choice: NetworkChoice = FIRST) -> bytes:
    """Give the model file `path` as the TFLite interpreter takes it: the chosen network alone.

    Empty for a file of another format. It must be one that `load` accepts.
    """
    data = read_file(path)
    if is_onnx(path, data):
        return b""
    return alone(data, subgraph_number(data, path.name, choice))


def read_file(path: Path) -> bytes:
    """Give the content of the model file `path`; raise ModelError if it is no such file."""
    try:
        if path.is_dir():
            refuse_directory(
                path.name, frozenset(islice((each.name for each in path.iterdir()), 100))
            )
        nbytes = path.stat().st_size
        if nbytes > LARGEST_FILE_NBYTES:
            raise ModelError(
                str(path),
                f"the file has {nbytes} bytes; {LARGEST_FILE_NBYTES} is the most that is read",
                "a model of this size fits no microcontroller",
            )
        data = read_bytes(path, LARGEST_FILE_NBYTES)
    except FileNotFoundError as error:
        raise ModelError(str(path), "there is no such file", "check the path") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError(str(path), f"the file cannot be read: {reason}") from error
    if data[4:8] != IDENTIFIER and not is_onnx(path, data):
        refuse_other_formats(path.name, data[:_HEAD_NBYTES])
    return data
