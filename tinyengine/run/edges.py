"""Values at the model's edges: .npy files, and float32 to and from the device's integers."""

from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.errors import UsageError
from tinyengine.files import open_file
from tinyengine.ir import Array, DType, Edge
from tinyengine.report.report import PortEntry

_NPY_MAGIC, _ZIP_MAGIC = b"\x93NUMPY", b"PK\x03\x04"
"""First bytes of .npy and .npz files. Source: numpy.lib.format, Format Version 1.0."""

_MOST_NPY_NBYTES = 256 << 20
"""No board has so much memory for an input."""

_NUMPY_ERRORS = (
    ValueError, EOFError, OverflowError, SyntaxError, TypeError, TokenError, RecursionError
)  # fmt: skip
"""What numpy raises for broken headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """An input or output of the model, as the model file and as the device see it.

    `model_dtype` is the file's type and `dtype` the device's; where they differ, `scale` and
    `zero_point` convert: real = scale * (q - zero_point). `counts` is n where an input holds
    indices in [0, n).
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    model_dtype: DType
    scale: float | None
    zero_point: int | None
    counts: int | None = None

    @classmethod
    def from_edge(cls, edge: Edge) -> "Port":
        """Give the port of a graph's edge."""
        tensor = edge.tensor
        return cls(
            name=edge.name,
            shape=tensor.shape,
            dtype=tensor.dtype,
            model_dtype=edge.dtype,
            scale=tensor.scale if tensor.quant else None,
            zero_point=tensor.zero_point if tensor.quant else None,
        )

    @classmethod
    def from_entry(cls, entry: PortEntry) -> "Port":
        """Give the port of an entry of a report's `inputs` or `outputs`."""
        return cls(
            name=entry.name,
            shape=entry.shape,
            dtype=entry.dtype,
            model_dtype=entry.model_dtype,
            scale=entry.scale,
            zero_point=entry.zero_point,
            counts=entry.counts,
        )

    @property
    def is_converted(self) -> bool:
        """True where the host converts between float32 and the device's integers."""
        return self.model_dtype is DType.FLOAT32

    @property
    def quantization(self) -> tuple[float, int]:
        """Scale and zero point; only where values are converted."""
        assert self.scale is not None, f"edge '{self.name}' has no scale"
        assert self.zero_point is not None, f"edge '{self.name}' has no zero point"
        return self.scale, self.zero_point


def load_npy(path: Path, port: Port) -> Array:
    """Read an array of the port's shape and of the type that the model file declares.

    Raises:
        UsageError: the file cannot be read, is no .npy file, or holds another shape or type.
    """
    return as_declared(read_npy(path), port, str(path))


def read_npy(path: Path) -> Array:
    """Map an array of whatever shape and type.

    Raises:
        UsageError: the file cannot be read, or is no .npy file of numbers.
    """
    where = str(path)
    try:
        with open_file(path, _MOST_NPY_NBYTES) as file:
            magic = file.read(len(_NPY_MAGIC))
        if magic.startswith(_ZIP_MAGIC):
            raise UsageError(where, "is an archive of arrays", "give one .npy file per input")
        if magic != _NPY_MAGIC:
            raise UsageError(where, "is no .npy file")
        # Mapped, so that an absurd shape in the file costs no memory before it is refused.
        mapped: Array = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        raise UsageError(where, f"cannot be read: {error.strerror or error}") from None
    except _NUMPY_ERRORS as error:
        raise UsageError(where, f"is no complete .npy file of numbers: {error}") from None
    return mapped


def as_declared(array: Array, port: Port, where: str) -> Array:
    """Give a copy of `array`, from the file `where`, if it has the port's shape and type.

    Raises:
        UsageError: it has another shape or type.
    """
    wanted = port.model_dtype.numpy
    if array.shape != port.shape:
        raise UsageError(
            where, f"has the shape {array.shape}, input '{port.name}' takes {port.shape}"
        )
    if array.dtype.newbyteorder("=") != wanted:
        raise UsageError(
            where,
            f"holds {array.dtype}, input '{port.name}' takes {wanted}",
            _dtype_hint(array.dtype, port),
        )
    return np.array(array, dtype=wanted, order="C")


def to_device(values: Array, port: Port) -> Array:
    """Give what the device gets for `values` of the model file's type: integers, C order.

    Raises:
        UsageError: a float is NaN, infinite, or too large to be quantized.
    """
    assert values.shape == port.shape, f"edge '{port.name}' is {port.shape}, not {values.shape}"
    if not port.is_converted:
        assert values.dtype == port.dtype.numpy, f"edge '{port.name}' is {port.dtype.value}"
        return np.ascontiguousarray(values)
    scale, zero_point = port.quantization
    floats = values.astype(np.float32)
    if not np.isfinite(floats).all():
        raise UsageError(f"input '{port.name}'", "has values that are NaN or infinite")
    with np.errstate(over="ignore"):
        rounded = _round_half_away(floats / np.float32(scale))
    limits = np.iinfo(np.int32)
    # Beyond these, the reference converts a float that no int32 can hold: C leaves that undefined.
    if (rounded < limits.min - min(zero_point, 0)).any() or (
        rounded >= limits.max + 1.0 - max(zero_point, 0)
    ).any():
        worst = float(floats.flat[int(np.abs(floats).argmax())])
        raise UsageError(
            f"input '{port.name}'",
            f"has the value {worst:g}, far outside what scale {scale:g} can express",
        )
    low, high = port.dtype.limits
    quantized = np.clip(rounded.astype(np.int64) + zero_point, low, high)
    return quantized.astype(port.dtype.numpy)


def from_device(data: bytes, port: Port) -> Array:
    """Give the device's bytes as an array of the port's shape and the model file's type.

    Source: TFLite reference kernel of DEQUANTIZE: the double product, rounded to float32.
    """
    values: Array = np.frombuffer(data, dtype=port.dtype.numpy).reshape(port.shape)
    if not port.is_converted:
        return values.copy()
    scale, zero_point = port.quantization
    return (np.float64(scale) * (values.astype(np.int64) - zero_point)).astype(np.float32)


def real_values(values: Array, port: Port) -> npt.NDArray[np.float32] | None:
    """Give what values of the model file's type are worth; None where they are no quantities."""
    if port.model_dtype is DType.FLOAT32:
        return values.astype(np.float32)
    if port.scale is None or port.zero_point is None:
        return None
    centred = values.astype(np.int64) - port.zero_point
    return (np.float64(port.scale) * centred).astype(np.float32)


def _round_half_away(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Round float32 to integers, halves away from zero.

    Source: TFLite reference kernel of QUANTIZE: std::round of the float32 quotient. In double,
    a float32 plus a half never reaches the next integer by rounding.
    """
    wide = values.astype(np.float64)
    return np.copysign(np.floor(np.abs(wide) + 0.5), wide)


def _dtype_hint(found: np.dtype[Any], port: Port) -> str:
    if found.kind == "f":
        return f"save it with array.astype(numpy.{port.model_dtype.value})" * port.is_converted
    return "give float32: the host quantizes it" * port.is_converted
