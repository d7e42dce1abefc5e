"""What names in an ONNX graph stand for while it is imported."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.refusals import RefusedError
from tinyengine.ir import Array, Quantization, Tensor

Doubles = npt.NDArray[np.float64]

Order = tuple[int, ...]
"""The logical axis that stands at each place in memory: (0, 2, 3, 1) is NHWC of NCHW."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """An affine quantization of int8: real = scale * (q - zero_point); scale is float32.

    Where the file has uint8, bytes and zero point are 128 less here: `unsigned` remembers it.
    """

    scale: float
    zero_point: int
    unsigned: bool = False

    @property
    def quant(self) -> Quantization:
        """The same as the IR has it."""
        return Quantization(scale=(self.scale,), zero_point=(self.zero_point,))

    def quantized(self, reals: npt.ArrayLike) -> Array:
        """Give reals as int8: float32 division, halves to even. Source: ONNX, QuantizeLinear."""
        with np.errstate(over="ignore"):
            quotients = np.asarray(reals, np.float32) / np.float32(self.scale)
        steps = np.rint(quotients.astype(np.float64)) + self.zero_point
        return np.asarray(np.clip(steps, -128, 127).astype(np.int8))

    def reals(self, values: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Give the reals of int8 values. Source: ONNX, DequantizeLinear."""
        return (np.asarray(values, np.int32) - self.zero_point).astype(np.float32) * np.float32(
            self.scale
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constant:
    """A value that the file holds or that is computed from such alone."""

    value: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantizedConstant:
    """A dequantized constant of the file: int8 values, one scale or one per index of `axis`."""

    values: Array
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    axis: int

    @property
    def reals(self) -> npt.NDArray[np.float32]:
        """The reals that it stands for."""
        shape = [1] * self.values.ndim
        if self.scales.size > 1:
            shape[self.axis] = self.scales.size
        centred = self.values.astype(np.int64) - self.zero_points.reshape(shape)
        return centred.astype(np.float32) * self.scales.reshape(shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outside:
    """A float32 input of the model that is not quantized yet; its axes stand in `order`.

    `held` is its shape in memory, which is that of the file's input.
    """

    name: str
    held: tuple[int, ...]
    order: Order

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape as what reads it has it."""
        return tuple(self.held[self.order.index(axis)] for axis in range(len(self.order)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """An int8 tensor, whose axes stand in `order` in memory.

    `is_real`: the name stands for the reals behind it, a DequantizeLinear has been passed.
    """

    tensor: Tensor
    order: Order
    scheme: Scheme
    is_real: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape as the file has it."""
        return tuple(self.tensor.shape[self.order.index(axis)] for axis in range(len(self.order)))

    def as_real(self, is_real: bool) -> "Placed":
        """Give the same before or after dequantization."""
        return replace(self, is_real=is_real)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pending:
    """The reals that an operator gives, which are to be quantized: `build` does both at once.

    `low` and `high` are where the reals are clamped before. `affine` gives the same with each
    output channel times a factor plus a shift, where that can be had.
    """

    shape: tuple[int, ...]
    build: "Callable[[Scheme, tuple[int, int]], Placed]"
    what: str
    low: float = -np.inf
    high: float = np.inf
    affine: "Callable[[Doubles, Doubles], Pending] | None" = None

    def clamped(self, low: float, high: float) -> "Pending":
        """Give the same, clamped once more."""
        least, most = min(max(self.low, low), high), max(min(self.high, high), low)
        return replace(self, affine=None, low=least, high=most)

    def quantized(self, scheme: Scheme) -> Placed:
        """Give the int8 tensor in `scheme`."""
        limits = [
            int(scheme.quantized(end)) if np.isfinite(end) else fallback
            for end, fallback in ((self.low, -128), (self.high, 127))
        ]
        return self.build(scheme, (limits[0], limits[1]))


Value = Constant | QuantizedConstant | Outside | Placed | Pending


def scheme_of(scale: Array, zero_point: Array | None, *, unsigned: bool) -> Scheme:
    """Give a quantization per tensor; refuse scales that are none."""
    if scale.size != 1 or (zero_point is not None and zero_point.size != 1):
        raise RefusedError("an activation is quantized per channel", "quantize it per tensor")
    real = float(np.float32(scale.reshape(-1)[0]))
    if not 2.0**-60 < real < 2.0**60:
        raise RefusedError(f"a scale is {real:g}", "the quantization failed: quantize again")
    point = 0 if zero_point is None else int(zero_point.reshape(-1)[0])
    if not -128 <= point - 128 * unsigned <= 127:
        kind = "uint8" if unsigned else "int8"
        raise RefusedError(f"its zero point {point} is none of {kind}", "quantize it again")
    return Scheme(scale=real, zero_point=point - 128 * unsigned, unsigned=unsigned)


def as_int8(values: Array) -> tuple[Array, int]:
    """Give the values of int8 or uint8 as int8, and what was taken off."""
    if values.dtype == np.int8:
        return values, 0
    if values.dtype == np.uint8:
        return (values.astype(np.int16) - 128).astype(np.int8), 128
    raise RefusedError(
        f"values of {values.dtype} are not supported", "quantize the model to int8 or uint8"
    )
