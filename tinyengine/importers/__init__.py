"""Read model files into graphs."""

from pathlib import Path

from tinyengine.errors import ModelError
from tinyengine.importers.names import identifier
from tinyengine.importers.summary import ModelSummary, OperatorSummary, TensorSummary
from tinyengine.importers.tflite import inspect, parse
from tinyengine.importers.tflite.model import LARGEST_FILE_NBYTES
from tinyengine.ir import Graph

__all__ = [
    "ModelSummary",
    "OperatorSummary",
    "TensorSummary",
    "identifier",
    "inspect_file",
    "load",
    "read_file",
]


def load(path: Path) -> Graph:
    """Give the network in the model file `path`; raise ModelError if there is none."""
    return parse(read_file(path), path.name)


def inspect_file(path: Path) -> ModelSummary:
    """Give what the model file `path` holds, supported or not; raise ModelError if damaged."""
    return inspect(read_file(path), path.name)


def read_file(path: Path) -> bytes:
    """Give the content of the model file `path`; raise ModelError if it is no such file."""
    if path.suffix.lower() == ".onnx":
        raise ModelError(
            path.name, "ONNX files are not supported", "convert the model to an int8 .tflite file"
        )
    try:
        if path.is_dir():
            raise ModelError(path.name, "this is a directory", "give the path of a .tflite file")
        nbytes = path.stat().st_size
        if nbytes > LARGEST_FILE_NBYTES:
            raise ModelError(
                path.name,
                f"the file has {nbytes} bytes; {LARGEST_FILE_NBYTES} is the most that is read",
                "a model of this size fits no microcontroller",
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(path.name, "there is no such file", "check the path") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError(path.name, f"the file cannot be read: {reason}") from error
