"""Name the formats of model files that are not read, and say how to get from there to here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from tinyengine.errors import ModelError

_KERAS = (
    "convert it in Python: tf.lite.TFLiteConverter.from_keras_model(MODEL), with "
    "optimizations = [tf.lite.Optimize.DEFAULT], a representative_dataset and "
    "inference_input_type = inference_output_type = tf.int8"
)
_SAVED = (
    "convert the folder in Python: tf.lite.TFLiteConverter.from_saved_model(FOLDER), with "
    "optimizations = [tf.lite.Optimize.DEFAULT], a representative_dataset and "
    "inference_input_type = inference_output_type = tf.int8"
)
_TORCH = (
    "a file of weights has no network: build the module in Python, load them, and convert it with "
    "litert_torch (ai-edge-torch) and PT2E quantization to an int8 .tflite file"
)
_EXECUTORCH = (
    "go back to the module that it was exported from, and convert that with litert_torch "
    "(ai-edge-torch) and PT2E quantization to an int8 .tflite file"
)
_WEIGHTS = (
    "a file of weights has no network: build it in Python, load them, and convert it to an int8 "
    ".tflite file"
)
_UNPACK = "unpack it, and give the .tflite file in it"
_SOURCE = "go back to the network in Keras or PyTorch, and convert that to an int8 .tflite file"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    """A kind of file: what it is called, its suffixes, its first bytes, and the way from there."""

    name: str
    suffixes: tuple[str, ...]
    hint: str
    is_it: Callable[[bytes], bool] = lambda _: False


_FORMATS = (
    _Format(
        name="a Keras model",
        suffixes=(".keras",),
        hint=_KERAS,
        is_it=lambda data: _zip_holds(data, b"config.json"),
    ),
    _Format(
        name="a Keras model (HDF5)",
        suffixes=(".h5", ".hdf5"),
        hint=_KERAS,
        is_it=lambda data: data.startswith(b"\x89HDF\r\n"),
    ),
    _Format(
        name="a file of PyTorch",
        suffixes=(".pt", ".pth", ".pt2", ".ckpt", ".bin.pt"),
        hint=_TORCH,
        is_it=lambda data: _zip_holds(data, b"data.pkl"),
    ),
    _Format(
        name="an ExecuTorch program",
        suffixes=(".pte",),
        hint=_EXECUTORCH,
        is_it=lambda data: data[4:6] == b"ET" and data[6:8].isdigit(),
    ),
    _Format(name="a TensorFlow graph", suffixes=(".pb", ".pbtxt"), hint=_SAVED),
    _Format(name="a file of weights (safetensors)", suffixes=(".safetensors",), hint=_WEIGHTS),
    _Format(
        name="a file of weights (GGUF)",
        suffixes=(".gguf",),
        hint=_WEIGHTS,
        is_it=lambda data: data.startswith(b"GGUF"),
    ),
    _Format(name="a Core ML model", suffixes=(".mlmodel", ".mlpackage"), hint=_SOURCE),
    _Format(
        name="an archive",
        suffixes=(".zip", ".tar", ".gz", ".tgz", ".7z"),
        hint=_UNPACK,
        is_it=lambda data: data.startswith((b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c")),
    ),
)
"""Formats in the order in which they are tried: archives last, for several others are archives."""


def refuse_other_formats(name: str, head: bytes) -> None:
    """Raise ModelError where the file `name`, which begins with `head`, is of a known other kind.

    What a file begins with counts, and its suffix where that says nothing.
    """
    suffix = PurePath(name).suffix.lower()
    by_content = next((each for each in _FORMATS if each.is_it(head)), None)
    by_suffix = next((each for each in _FORMATS if suffix in each.suffixes), None)
    found = by_content or by_suffix
    if found is not None:
        raise ModelError(name, f"this is {found.name}, not a .tflite file", found.hint)


def refuse_directory(name: str, files: frozenset[str]) -> None:
    """Raise ModelError for the directory `name`, of which `files` are the names inside."""
    if "saved_model.pb" in files:
        raise ModelError(name, "this is a TensorFlow SavedModel, not a .tflite file", _SAVED)
    raise ModelError(name, "this is a directory", "give the path of a .tflite file")


def _zip_holds(head: bytes, member: bytes) -> bool:
    """Tell whether `head` begins a zip archive of which `member` is among the first files."""
    return head.startswith(b"PK\x03\x04") and member in head
