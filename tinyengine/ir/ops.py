"""The whole IR: one frozen dataclass per operator, with typed operands and attributes.

Every operator has exactly one output. Operands are tensors or tuples of tensors; spatial pairs
stand in the order (h, w); paddings are explicit. `act_min` and `act_max` are the inclusive clamp
of the output in quantized units. What an operator computes, bit for bit, is defined in
`tinyengine.reference`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tinyengine.ir.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The model file's operator that an IR operator comes from."""

    index: int
    opcode: str
    name: str

    def __str__(self) -> str:
        return f"op {self.index} {self.opcode} '{self.name}'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Padding:
    """Rows and columns of padding on each side, in elements."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Op:
    """What all operators have: the model's operator that they come from, and one output."""

    source: Source
    output: Tensor

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All operands in field order: activations, weights and biases."""
        return tuple(self._operands())

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """The operands that kernels read as rows: all but weights, biases and slopes."""
        aside = {id(getattr(self, name, None)) for name in ("weight", "bias", "alpha")}
        return tuple(t for t in self._operands() if id(t) not in aside)

    def _operands(self) -> Iterator[Tensor]:
        for field in fields(self):
            if field.name == "output":
                continue
            value = getattr(self, field.name)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Tensor):
                    yield item


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window(Op):
    """A spatial window that slides over [1, H, W, C]."""

    input: Tensor
    stride_h: int
    stride_w: int
    padding: Padding
    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conv2D(Window):
    """Convolution; weight [out_c, kernel_h, kernel_w, in_c] int8, bias [out_c] int32."""

    weight: Tensor
    bias: Tensor | None
    dilation_h: int
    dilation_w: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthwiseConv2D(Window):
    """Depthwise convolution; weight [1, kernel_h, kernel_w, out_c] int8, bias [out_c] int32.

    Output channel c reads input channel c // multiplier, with multiplier = out_c / in_c.
    """

    weight: Tensor
    bias: Tensor | None
    dilation_h: int
    dilation_w: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AveragePool2D(Window):
    """Mean over the window's elements that lie inside the input."""

    kernel_h: int
    kernel_w: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaxPool2D(Window):
    """Maximum over the window's elements that lie inside the input."""

    kernel_h: int
    kernel_w: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FullyConnected(Op):
    """Matrix product; input [..., in] as rows of in elements, weight [out, in], bias [out]."""

    input: Tensor
    weight: Tensor
    bias: Tensor | None
    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binary(Op):
    """An elementwise operator of two operands, either of which may be broadcast or constant."""

    lhs: Tensor
    rhs: Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Add(Binary):
    """lhs + rhs."""

    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sub(Binary):
    """lhs - rhs."""

    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mul(Binary):
    """lhs * rhs."""

    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minimum(Binary):
    """The smaller of lhs and rhs (equal quantization of all three tensors)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maximum(Binary):
    """The larger of lhs and rhs (equal quantization of all three tensors)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PRelu(Op):
    """x where x ≥ 0, alpha * x elsewhere; alpha is a constant that broadcasts to the input."""

    input: Tensor
    alpha: Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lookup(Op):
    """A unary function of one byte: output = table[input + 128], int8 to int8.

    `function` is the name of what the table holds (LOGISTIC, HARD_SWISH, ...), for the reader.
    """

    input: Tensor
    table: npt.NDArray[np.int8]
    function: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantize(Op):
    """Requantize between 8-bit types: int8 to int8, uint8 to int8, int8 to uint8."""

    input: Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mean(Op):
    """Mean over `axes` (ascending, non-negative); the output's shape may keep or drop them."""

    input: Tensor
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Softmax(Op):
    """Softmax over the last dimension, with exponent scale `beta`."""

    input: Tensor
    beta: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pad(Op):
    """Constant padding; `pads` has (before, after) per dimension, `value` is quantized."""

    input: Tensor
    pads: tuple[tuple[int, int], ...]
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reshape(Op):
    """The same bytes under another shape."""

    input: Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transpose(Op):
    """Output dimension i is input dimension perm[i]."""

    input: Tensor
    perm: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Concatenation(Op):
    """The operands one after the other along `axis` (non-negative; equal quantization)."""

    operands: tuple[Tensor, ...]
    axis: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice(Op):
    """Every `strides[i]`-th element from `begin[i]` on; the output's shape says how many.

    Strides may be negative. SPLIT, UNPACK and STRIDED_SLICE become this (and a Reshape).
    """

    input: Tensor
    begin: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resize(Op):
    """Spatial resampling of [1, H, W, C] to the output's height and width."""

    input: Tensor
    align_corners: bool
    half_pixel_centers: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResizeNearestNeighbor(Resize):
    """Take the nearest input pixel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResizeBilinear(Resize):
    """Blend the four nearest input pixels."""
