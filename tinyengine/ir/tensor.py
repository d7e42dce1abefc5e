"""Tensors: element types, quantization and shapes."""

import math
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]


class DType(Enum):
    """Element type of a tensor: what its values are, and the bits that one takes in memory."""

    INT2 = "int2"
    INT4 = "int4"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    UINT32 = "uint32"
    UINT64 = "uint64"
    BOOL = "bool"
    FLOAT16 = "float16"
    FLOAT32 = "float32"

    @cached_property
    def bits(self) -> int:
        """Bits of one element; those of less than a byte are packed, the first one lowest."""
        return {DType.INT2: 2, DType.INT4: 4}.get(self, self.numpy.itemsize * 8)

    @property
    def nbytes(self) -> int:
        """Bytes of one element, where it takes whole ones."""
        return self.nbytes_of(1)

    def nbytes_of(self, elements: int) -> int:
        """Give the bytes of `elements` elements side by side: the last one may be part-filled."""
        return -(-elements * self.bits // 8)

    @cached_property
    def numpy(self) -> np.dtype[np.generic]:
        """The numpy type of constants: packed types have a byte for each element there."""
        return np.dtype(np.int8 if self in (DType.INT2, DType.INT4) else self.value)

    @property
    def c_name(self) -> str:
        """The C type of one element; that of a byte where packed, of its bits for float16."""
        names = {DType.FLOAT32: "float", DType.FLOAT16: "uint16_t", DType.BOOL: "uint8_t"}
        return names.get(self, f"{self.numpy.name}_t")

    @property
    def is_float(self) -> bool:
        """True where elements are real numbers."""
        return self in (DType.FLOAT16, DType.FLOAT32)

    @cached_property
    def limits(self) -> tuple[int, int]:
        """Least and greatest value of an integer type; 0 and 1 of bool."""
        if self is DType.BOOL:
            return 0, 1
        if self in (DType.UINT8, DType.UINT32, DType.UINT64):
            return 0, (1 << self.bits) - 1
        assert not self.is_float, f"{self.value} has no integer limits"
        return -(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """Affine quantization: real = scale * (q - zero_point), per tensor or along `axis`.

    `scale` holds the model file's float32 values, exactly, as Python floats; one value means
    per tensor.
    """

    scale: tuple[float, ...]
    zero_point: tuple[int, ...]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        """True where there is a scale per index along `axis`."""
        return len(self.scale) > 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tensor:
    """A value of the graph, compared by identity; a constant where `data` is given.

    Activations are laid out [N, H, W, C], convolution weights [O, H, W, I], depthwise weights
    [1, H, W, C], fully connected weights [out, in]. `data` has the tensor's shape and dtype and
    is read-only.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quant: Quantization | None = None
    data: Array | None = None

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements in memory, where packed ones fill bytes together."""
        return self.dtype.nbytes_of(self.elements)

    @property
    def is_const(self) -> bool:
        """True where the value is known at compile time."""
        return self.data is not None

    @property
    def values(self) -> Array:
        """The constant's value; only for constants."""
        assert self.data is not None, f"tensor '{self.name}' is not a constant"
        return self.data

    @property
    def scale(self) -> float:
        """The per-tensor scale; only for tensors quantized so."""
        assert self.quant is not None, f"tensor '{self.name}' is not quantized"
        assert not self.quant.per_channel, f"tensor '{self.name}' is quantized per channel"
        return self.quant.scale[0]

    @property
    def zero_point(self) -> int:
        """The per-tensor zero point; only for tensors quantized so."""
        assert self.quant is not None, f"tensor '{self.name}' is not quantized"
        return self.quant.zero_point[0]

    def quantized_like(self, other: "Tensor") -> bool:
        """Tell whether equal bytes mean equal reals: the same type, scales and zero points."""
        if self.dtype is not other.dtype or self.quant is None or other.quant is None:
            return self.dtype is other.dtype and self.quant is other.quant
        mine, theirs = self.quant, other.quant
        same_axis = mine.axis == theirs.axis or not mine.per_channel
        return same_axis and (mine.scale, mine.zero_point) == (theirs.scale, theirs.zero_point)

    @property
    def hwc(self) -> tuple[int, int, int]:
        """Rows, columns and channels of a tensor of rank ≤ 4.

        Missing leading dimensions are 1; a leading batch dimension is folded into the rows.
        """
        assert len(self.shape) <= 4, f"tensor '{self.name}' has rank {len(self.shape)}"
        n, h, w, c = (1,) * (4 - len(self.shape)) + self.shape
        return n * h, w, c
