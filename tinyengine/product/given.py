"""Inputs as people have them: .npy, .npz, images, 16-bit .wav; turned into what the model takes.

What is not in the model's own type is real: it is quantized by the input's scale and zero point.
Pixels, unless they are scaled, span all of the input's range: 0 is its least value.
"""

import wave
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from tinyengine.errors import UsageError
from tinyengine.files import open_file
from tinyengine.ir import Array, DType
from tinyengine.product.infer import check_count
from tinyengine.quantize.data import IMAGES, Scaling, read_image
from tinyengine.run.edges import Port, as_declared, from_device, read_npy, to_device

_MOST_NBYTES = 256 << 20
"""No board has so much memory for an input."""

_RESAMPLE = "convert it: `ffmpeg -i FILE -c:a pcm_s16le OUT.wav`"
_FULL_SCALE = 32768
"""What a 16-bit sample is divided by."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """The values for an input in the model file's type, and what was done to get them."""

    values: Array
    said: str = ""


def read_inputs(
    paths: Sequence[Path], ports: Sequence[Port], scaling: Scaling | None = None
) -> list[Given]:
    """Read the inputs of a model: one .npz with all of them, or a file for each in order.

    Args:
        paths: the files.
        ports: the model's inputs.
        scaling: how pixels become real values; None spans the input's range.

    Raises:
        UsageError: a file cannot be read, or does not fit its input.
        ToolError: images need the package Pillow.
    """
    if len(paths) == 1 and paths[0].suffix.lower() == ".npz":
        arrays = _archive(paths[0], ports)
        return [
            _converted(array, port, str(paths[0]))
            for array, port in zip(arrays, ports, strict=True)
        ]
    check_count("--input", "input", len(ports), len(paths))
    return [_read(path, port, scaling) for path, port in zip(paths, ports, strict=True)]


def _read(path: Path, port: Port, scaling: Scaling | None) -> Given:
    kind = path.suffix.lower()
    if kind in IMAGES:
        return _image(path, port, scaling)
    if scaling is not None:
        raise UsageError("--scale, --mean, --std", f"are for images; {path} is none")
    if kind == ".wav":
        return _sound(path, port)
    if kind == ".npz":
        raise UsageError(str(path), "has all of the inputs: give no other file beside it")
    return _converted(read_npy(path), port, str(path))


def _converted(array: Array, port: Port, where: str) -> Given:
    """Give an array in the model's type: float where the model has integers is quantized."""
    if array.shape == port.shape[1:] and port.shape[:1] == (1,):
        array = array[np.newaxis]
    is_real = array.dtype.kind == "f" and array.dtype.newbyteorder("=") != port.model_dtype.numpy
    if is_real and array.shape == port.shape and _takes_reals(port):
        return _of_reals(np.array(array, np.float32), port)
    return Given(values=as_declared(array, port, where))


def _takes_reals(port: Port) -> bool:
    return port.model_dtype is DType.FLOAT32 or port.scale is not None


def _of_reals(reals: Array, port: Port) -> Given:
    """Quantize real values of the port's shape, if the model file wants integers."""
    if port.model_dtype is DType.FLOAT32:
        return Given(values=reals.astype(np.float32))
    values = to_device(reals, replace(port, model_dtype=DType.FLOAT32))
    said = f"real values, quantized by scale {port.scale:g} and zero point {port.zero_point}"
    return Given(values=values, said=said)


def _archive(path: Path, ports: Sequence[Port]) -> list[Array]:
    """Give the array of each port: under its name, or under x where there is one port."""
    where, names = str(path), [port.name for port in ports]
    try:
        with open_file(path, _MOST_NBYTES) as file, np.load(file, allow_pickle=False) as archive:
            if sum(each.file_size for each in archive.zip.infolist()) > 2 * _MOST_NBYTES:
                raise UsageError(where, "unpacks to more than any board holds")
            keys = names if set(names) <= set(archive.files) else ["x"][: len(names) == 1]
            if not keys or not set(keys) <= set(archive.files):
                found = ", ".join(sorted(archive.files)[:8]) or "nothing"
                wanted = ", ".join(names) + " or x" * (len(names) == 1)
                raise UsageError(where, f"has {found}; {wanted} expected")
            return [archive[key] for key in keys]
    except OSError as error:
        raise UsageError(where, f"cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, BadZipFile, KeyError, AttributeError) as error:
        raise UsageError(where, f"is no .npz archive of numbers: {error}") from None


def _image(path: Path, port: Port, scaling: Scaling | None) -> Given:
    """Read an image for an input [1, H, W, C]."""
    if len(port.shape) != 4 or port.shape[0] != 1 or port.shape[3] not in (1, 3):
        raise UsageError(str(path), f"is an image, input '{port.name}' takes {port.shape}")
    _, height, width, channels = port.shape
    pixels = read_image(path, (height, width, channels))[np.newaxis]
    resized = f"an image of {width}x{height} pixels"
    if scaling is not None:
        given = _of_reals(scaling.apply(pixels), port)
        return replace(given, said=f"{resized}, scaled")
    if port.dtype.is_float or port.dtype.bits != 8:
        raise UsageError(str(path), f"is an image, input '{port.name}' is {port.dtype.value}")
    low, high = port.dtype.limits
    values = (pixels.astype(np.int64) + low).astype(port.dtype.numpy)
    said = f"{resized}, 0 to 255 as {low} to {high}"
    return Given(values=from_device(values.tobytes(), port), said=said)


def _sound(path: Path, port: Port) -> Given:
    """Read the first channel of a 16-bit .wav for an input of as many samples, real in [-1, 1)."""
    where, length = str(path), int(np.prod(port.shape))
    try:
        with open_file(path, _MOST_NBYTES) as file, wave.open(file) as sound:
            if sound.getsampwidth() != 2:
                raise UsageError(
                    where, f"has {8 * sound.getsampwidth()} bits a sample, not 16", _RESAMPLE
                )
            channels, rate, there = sound.getnchannels(), sound.getframerate(), sound.getnframes()
            data = sound.readframes(min(there, length))
    except OSError as error:
        raise UsageError(where, f"cannot be read: {error.strerror or error}") from None
    except (wave.Error, EOFError) as error:
        reason = str(error) or "it ends too early"
        raise UsageError(where, f"is no .wav file: {reason}") from None
    samples = np.frombuffer(data[: len(data) // (2 * channels) * 2 * channels], "<i2")[::channels]
    padded = np.zeros(length, np.int16)
    padded[: len(samples)] = samples
    part = f"the first {length} of {there}" if there > length else str(len(samples))
    said = f"{part} samples at {rate} Hz" + ", then silence" * (len(samples) < length)
    if port.model_dtype is DType.INT16 and port.scale is None:
        return Given(values=padded.reshape(port.shape), said=said)
    reals = (padded / np.float32(_FULL_SCALE)).astype(np.float32).reshape(port.shape)
    if not _takes_reals(port):
        raise UsageError(where, f"is sound, input '{port.name}' is {port.model_dtype.value}")
    return replace(_of_reals(reals, port), said=said)
