"""Samples that a network is quantized and judged on: .npz, .npy, folders of .npy or of images.

A sample is float32 and has the shape of the network's input without its batch dimension. Nothing
is unpickled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ToolError, UsageError
from tinyengine.ir import Graph, Tensor
from tinyengine.ir.axes import input_layout
from tinyengine.reference.floats import Floats

IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".tif", ".tiff"})
"""Suffixes of the images that are read."""

_MOST_NBYTES = 4 << 30

Labels = npt.NDArray[np.int64] | Floats


class Resizing(Enum):
    """How an image gets the height and width of the input."""

    STRETCH = "stretch"
    """Both sides are scaled, each as it must."""

    CROP = "crop"
    """Its middle is taken: what is left over on the longer side is cut off."""

    PAD = "pad"
    """All of it is kept, with black beside the shorter side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How pixels become inputs: (pixel * scale - mean) / std, after `resizing` to the input."""

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    scale: float = 1.0
    resizing: Resizing = Resizing.STRETCH

    def apply(self, pixels: Floats) -> Floats:
        """Give pixels [H, W, C] as the network takes them."""
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.asarray((pixels * np.float32(self.scale) - mean) / std, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """`inputs` are [count, ...] for each input of the network, `labels` [count, ...] or None."""

    inputs: tuple[Floats, ...]
    labels: Labels | None = None

    @property
    def count(self) -> int:
        """How many samples there are."""
        return len(self.inputs[0])

    def part(self, first: int, step: int) -> "Samples":
        """Give every `step`-th sample from `first` on."""
        labels = None if self.labels is None else self.labels[first::step]
        return Samples(inputs=tuple(each[first::step] for each in self.inputs), labels=labels)

    def at_most(self, count: int) -> "Samples":
        """Give `count` samples, evenly taken, or all where there are not as many."""
        return self if self.count <= count else self.part(0, -(-self.count // count))


def load_samples(path: Path, graph: Graph, scaling: Scaling | None = None) -> Samples:
    """Read the samples in `path` for the inputs of `graph`.

    An .npz has an array for each input under the input's name, or under `x` where there is one
    input; labels stand under `y`. An .npy, and a folder of .npy files or of images in the order of
    their names, are for one input. `scaling` is for images.

    Raises:
        UsageError: there is no such file, or it does not hold samples for these inputs.
        ToolError: images need the package Pillow.
    """
    if path.exists() and not path.is_dir() and not path.is_file():
        raise UsageError(str(path), "is neither a file nor a folder")
    tensors = graph.input_tensors
    names = tuple(edge.name for edge in graph.inputs)
    if path.is_dir():
        _only(tensors, path)
        arrays, labels = _folder(path, graph, scaling or Scaling()), None
    elif path.suffix.lower() == ".npz":
        arrays, labels = _archive(path, names)
    else:
        _only(tensors, path)
        arrays, labels = (_read(path),), None
    inputs = tuple(
        _as_samples(array, tensor, name, path)
        for array, tensor, name in zip(arrays, tensors, names, strict=True)
    )
    counts = {len(each) for each in inputs}
    if len(counts) > 1 or 0 in counts:
        raise UsageError(str(path), f"has {sorted(counts)} samples for its inputs")
    if labels is not None and len(labels) != len(inputs[0]):
        raise UsageError(str(path), f"has {len(inputs[0])} samples and {len(labels)} labels")
    return Samples(inputs=inputs, labels=labels)


def _only(tensors: Sequence[Tensor], path: Path) -> Tensor:
    if len(tensors) != 1:
        raise UsageError(
            str(path),
            f"holds samples for one input, the network has {len(tensors)}",
            hint="give an .npz with an array under the name of each input",
        )
    return tensors[0]


def _read(path: Path) -> Floats:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise UsageError(str(path), "there is no such file", hint="check the path") from None
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(str(path), f"is no .npy array: {error}") from None
    if not isinstance(array, np.ndarray):
        raise UsageError(str(path), "is no .npy array", hint="give .npy, .npz or a folder")
    return _floats(array, path)


def _floats(array: npt.NDArray[np.generic], path: Path) -> Floats:
    if array.dtype.kind not in "fiub":
        raise UsageError(str(path), f"holds {array.dtype}, not numbers")
    if array.size * 4 > _MOST_NBYTES:
        raise UsageError(str(path), f"holds {array.size} numbers: too many to be held in memory")
    return np.asarray(array, np.float32)


def _archive(path: Path, names: Sequence[str]) -> tuple[tuple[Floats, ...], Labels | None]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            found = set(archive.files)
            keys = list(names) if set(names) <= found else ["x"] if len(names) == 1 else []
            if not keys or not set(keys) <= found:
                raise UsageError(
                    str(path),
                    f"has {', '.join(sorted(found)[:8]) or 'nothing'}; "
                    f"{', '.join(names)} {'or x ' if len(names) == 1 else ''}expected",
                )
            if sum(each.file_size for each in archive.zip.infolist()) > 2 * _MOST_NBYTES:
                raise UsageError(str(path), "unpacks to more than can be held in memory")
            arrays = tuple(_floats(archive[key], path) for key in keys)
            labels = np.asarray(archive["y"]) if "y" in found else None
    except FileNotFoundError:
        raise UsageError(str(path), "there is no such file", hint="check the path") from None
    except (OSError, ValueError, EOFError, BadZipFile, KeyError) as error:
        raise UsageError(str(path), f"is no .npz archive: {error}") from None
    return arrays, _labels(labels, path)


def _labels(labels: npt.NDArray[np.generic] | None, path: Path) -> Labels | None:
    if labels is None:
        return None
    if labels.dtype.kind in "iub":
        return labels.astype(np.int64)
    return _floats(labels, path)


def _as_samples(array: Floats, tensor: Tensor, name: str, path: Path) -> Floats:
    """Give [count, ...] with the input's shape behind the count."""
    shape = tensor.shape[1:] if tensor.shape[:1] == (1,) else tensor.shape
    squeezed = array.reshape(len(array), *array.shape[2:]) if _has_ones(array, shape) else array
    if squeezed.shape[1:] != shape:
        raise UsageError(
            str(path),
            f"input '{name}' takes samples of {list(shape)}, these are {list(array.shape[1:])}",
            hint=_shape_hint(squeezed.shape[1:], shape),
        )
    if not np.all(np.isfinite(squeezed)):
        raise UsageError(str(path), f"samples of '{name}' hold values that are not finite")
    return squeezed


def _shape_hint(given: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Say how samples of a shape become those of another."""
    if len(given) == len(shape) == 3:
        for axes, moved in (((2, 0, 1), (0, 3, 1, 2)), ((1, 2, 0), (0, 2, 3, 1))):
            if tuple(given[axis] for axis in axes) == shape:
                return f"the axes stand in another order: x.transpose{moved} puts them right"
    return "give an array [count, ...] with the input's own shape behind the count"


def _has_ones(array: Floats, shape: tuple[int, ...]) -> bool:
    """Tell whether each sample has a batch dimension of its own."""
    return array.ndim == len(shape) + 2 and array.shape[1] == 1


def _folder(path: Path, graph: Graph, scaling: Scaling) -> tuple[Floats, ...]:
    files = sorted(each for each in path.iterdir() if each.is_file())
    arrays = [each for each in files if each.suffix.lower() == ".npy"]
    if arrays:
        samples = [_read(each) for each in arrays]
        if len({each.shape for each in samples}) > 1:
            shapes = ", ".join(str(list(each)) for each in sorted({s.shape for s in samples})[:4])
            raise UsageError(str(path), f"holds arrays of different shapes: {shapes}")
        return (np.stack(samples),)
    images = [each for each in files if each.suffix.lower() in IMAGES]
    if not images:
        raise UsageError(str(path), "holds neither .npy files nor images")
    size, channels_first = _image_size(path, graph)
    pixels = [scaling.apply(read_image(each, size, scaling.resizing)) for each in images]
    stacked = np.stack(pixels)
    return (np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)) if channels_first else stacked,)


def _image_size(path: Path, graph: Graph) -> tuple[tuple[int, int, int], bool]:
    """Give height, width and channels of the input, and whether its channels stand first."""
    shape = graph.input_tensors[0].shape
    channels_first = "channels first" in input_layout(graph, graph.input_tensors[0])
    if len(shape) == 4 and channels_first and shape[1] in (1, 3):
        return (shape[2], shape[3], shape[1]), True
    if len(shape) == 4 and not channels_first and shape[3] in (1, 3):
        return (shape[1], shape[2], shape[3]), False
    raise UsageError(
        str(path),
        f"holds images, the input is {list(shape)}: no image of 1 or 3 channels",
        hint="give arrays: a folder of .npy files, an .npy or an .npz",
    )


def read_image(
    path: Path, size: tuple[int, int, int], resizing: Resizing = Resizing.STRETCH
) -> Floats:
    """Read an image, resized to [height, width, channels] of 1 or 3 channels: values from 0 to 255.

    Raises:
        UsageError: it cannot be read.
        ToolError: the package Pillow is missing.
    """
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 (an extra)
    except ImportError:
        raise ToolError(
            "Pillow", "is needed to read images", hint="pip install 'tinyengine[images]'"
        ) from None
    height, width, channels = size
    try:
        with Image.open(path) as image:
            mode = "L" if channels == 1 else "RGB"
            plain, bilinear = image.convert(mode), Image.Resampling.BILINEAR
            match resizing:
                case Resizing.STRETCH:
                    pixels = plain.resize((width, height), bilinear)
                case Resizing.CROP:
                    pixels = ImageOps.fit(plain, (width, height), bilinear)
                case Resizing.PAD:
                    pixels = ImageOps.pad(plain, (width, height), bilinear)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise UsageError(str(path), f"is no image that can be read: {error}") from None
    return np.asarray(pixels, np.float32).reshape(height, width, channels)


def describe_ranges(samples: Mapping[str, Floats]) -> str:
    """Give the least and greatest value of each input's samples, for a message."""
    parts = (f"{name} {each.min():.4g} to {each.max():.4g}" for name, each in samples.items())
    return ", ".join(parts)
