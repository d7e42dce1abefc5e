"""The whole IR: one frozen dataclass per operator, with typed operands and attributes.

Operands are tensors or tuples of tensors, and their fields say in which role the operator has
them; spatial pairs stand in the order (h, w); paddings are explicit. `act_min` and `act_max` are
the inclusive clamp of the output in quantized units. What an operator computes, bit for bit, is
defined in `tinyengine.reference`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum

import numpy as np
import numpy.typing as npt

from tinyengine.ir.tensor import Tensor


class Rounding(Enum):
    """How an operator turns its sums or products into the output's scale: see `reference`."""

    TFLITE = "tflite"
    """As TensorFlow Lite's reference kernel of the operator does."""

    EVEN = "even"
    """Once, halves to even, from factors in float32: what ONNX files are taken to mean."""


class Halves(Enum):
    """Where halves go in a mean."""

    AWAY = "away"
    """Away from zero."""

    UP = "up"
    """Up: of uint8, whose values are 128 less here, away from what is their zero."""


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


class Role(Enum):
    """What a tensor is to the operator that has it as a field."""

    OUTPUT = "output"
    """Written by the operator."""

    ACTIVATION = "activation"
    """Read as rows; a constant may stand there."""

    CONSTANT = "constant"
    """Known when compiling: weights, biases, slopes. Kernels have it in their parameters."""

    STATE = "state"
    """Survives from one run to the next; the operator reads it and changes it where it stands."""


_Metadata = Mapping[str, Role]

NO_CLAMP = (-(1 << 31), (1 << 31) - 1)
"""`act_min` and `act_max` in a float graph, whose clamps are operators of their own."""

OUTPUT: _Metadata = {"role": Role.OUTPUT}
ACTIVATION: _Metadata = {"role": Role.ACTIVATION}
CONSTANT: _Metadata = {"role": Role.CONSTANT}
STATE: _Metadata = {"role": Role.STATE}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Op:
    """What all operators have: the model's operator that they come from, and their output.

    Every field that holds tensors has a role in its metadata. An operator of several outputs has
    further fields for them; rows are counted as those of `output`.
    """

    source: Source
    output: Tensor = field(metadata=OUTPUT)

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All that the operator writes but its states: `output` first."""
        return tuple(self.having(Role.OUTPUT))

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All operands in field order: activations, weights and biases, states."""
        return tuple(self.having(Role.ACTIVATION, Role.CONSTANT, Role.STATE))

    @property
    def states(self) -> tuple[Tensor, ...]:
        """The states that the operator changes where they stand, in field order."""
        return tuple(self.having(Role.STATE))

    @property
    def activations(self) -> tuple[Tensor, ...]:
        """The operands that kernels read as rows, in field order."""
        return tuple(self.having(Role.ACTIVATION))

    def having(self, *roles: Role) -> Iterator[Tensor]:
        """Give the tensors that have one of `roles`, in field order; one may come twice."""
        for name, role in _roles(type(self)):
            if role in roles:
                value = getattr(self, name)
                for tensor in value if isinstance(value, tuple) else (value,):
                    if tensor is not None:
                        yield tensor


_ROLES: dict[type[Op], tuple[tuple[str, Role], ...]] = {}
"""The fields of every operator class that hold tensors, and their roles; found once."""


def _roles(kind: type[Op]) -> tuple[tuple[str, Role], ...]:
    if kind not in _ROLES:
        tensors = [each for each in fields(kind) if "role" in each.metadata]
        _ROLES[kind] = tuple((each.name, each.metadata["role"]) for each in tensors)
    return _ROLES[kind]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Window(Op, ABC):
    """A spatial window that slides over every image of [N, H, W, C]."""

    input: Tensor = field(metadata=ACTIVATION)
    stride_h: int
    stride_w: int
    padding: Padding
    act_min: int
    act_max: int

    @property
    @abstractmethod
    def kernel(self) -> tuple[int, int]:
        """Taps of the window: rows and columns."""

    @property
    def dilation(self) -> tuple[int, int]:
        """Rows and columns from one tap to the next."""
        return 1, 1

    @property
    def extent(self) -> tuple[int, int]:
        """Rows and columns of the input that the window spans, those between taps included."""
        (kernel_h, kernel_w), (dilation_h, dilation_w) = self.kernel, self.dilation
        return (kernel_h - 1) * dilation_h + 1, (kernel_w - 1) * dilation_w + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Convolution(Window):
    """A window with weights [_, kernel_h, kernel_w, _] int8, and biases [out_c] int32.

    Where activations are int16, biases are int64, or int32: then sums are, too.
    """

    weight: Tensor = field(metadata=CONSTANT)
    bias: Tensor | None = field(metadata=CONSTANT)
    dilation_h: int
    dilation_w: int
    rounding: Rounding = Rounding.TFLITE

    @property
    def kernel(self) -> tuple[int, int]:
        """Taps of the window: rows and columns."""
        return self.weight.shape[1], self.weight.shape[2]

    @property
    def dilation(self) -> tuple[int, int]:
        """Rows and columns from one tap to the next."""
        return self.dilation_h, self.dilation_w


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conv2D(Convolution):
    """Convolution; weight [out_c, kernel_h, kernel_w, in_c / groups].

    The channels of input and output fall into `groups` equal parts; each part of the output reads
    the same part of the input.
    """

    @property
    def groups(self) -> int:
        """In how many groups the channels fall."""
        return self.input.shape[-1] // self.weight.shape[3]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthwiseConv2D(Convolution):
    """Depthwise convolution; weight [1, kernel_h, kernel_w, out_c].

    Output channel c reads input channel c // multiplier, with multiplier = out_c / in_c.
    """


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool(Window):
    """A window that takes each channel for itself, of kernel_h rows and kernel_w columns."""

    kernel_h: int
    kernel_w: int

    @property
    def kernel(self) -> tuple[int, int]:
        """Taps of the window: rows and columns."""
        return self.kernel_h, self.kernel_w


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AveragePool2D(Pool):
    """Mean over the window's elements that lie inside the input."""

    halves: Halves = Halves.AWAY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaxPool2D(Pool):
    """Maximum over the window's elements that lie inside the input."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FullyConnected(Op):
    """Matrix product; input [..., in] as rows of in elements, weight [out, in], bias [out]."""

    input: Tensor = field(metadata=ACTIVATION)
    weight: Tensor = field(metadata=CONSTANT)
    bias: Tensor | None = field(metadata=CONSTANT)
    act_min: int
    act_max: int
    rounding: Rounding = Rounding.TFLITE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Binary(Op):
    """An elementwise operator of two operands, either of which may be broadcast or constant."""

    lhs: Tensor = field(metadata=ACTIVATION)
    rhs: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Add(Binary):
    """lhs + rhs."""

    act_min: int
    act_max: int
    rounding: Rounding = Rounding.TFLITE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sub(Binary):
    """lhs - rhs."""

    act_min: int
    act_max: int
    rounding: Rounding = Rounding.TFLITE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mul(Binary):
    """lhs * rhs."""

    act_min: int
    act_max: int
    rounding: Rounding = Rounding.TFLITE


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minimum(Binary):
    """The smaller of lhs and rhs (equal quantization of all three tensors)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Maximum(Binary):
    """The larger of lhs and rhs (equal quantization of all three tensors)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SquaredDifference(Binary):
    """(lhs - rhs)²."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchMatMul(Op):
    """Products of matrices: [..., M, K] by [..., K, N], whose leading dimensions broadcast.

    Where it `adjoins` an operand, that one's last two dimensions are exchanged.
    """

    lhs: Tensor = field(metadata=ACTIVATION)
    rhs: Tensor = field(metadata=ACTIVATION)
    adjoins_lhs: bool = False
    adjoins_rhs: bool = False

    @property
    def sizes(self) -> tuple[int, int, int]:
        """M, K and N: rows of the left matrix, its columns, and columns of the right one."""
        rows, depth = reversed(self.lhs.shape[-2:]) if self.adjoins_lhs else self.lhs.shape[-2:]
        return rows, depth, self.rhs.shape[-2 if self.adjoins_rhs else -1]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PRelu(Op):
    """x where x ≥ 0, alpha * x elsewhere; alpha is a constant that broadcasts to the input."""

    input: Tensor = field(metadata=ACTIVATION)
    alpha: Tensor = field(metadata=CONSTANT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lookup(Op):
    """A unary function of one byte: output = table[input + 128], int8 to int8.

    `function` is the name of what the table holds (LOGISTIC, HARD_SWISH, ...), for the reader.
    """

    input: Tensor = field(metadata=ACTIVATION)
    table: npt.NDArray[np.int8]
    function: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve(Op):
    """A function of every element of int16, in place; of int8 such functions are Lookups."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeakyRelu(Curve):
    """x where x ≥ 0, alpha * x elsewhere, clamped."""

    alpha: float
    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sigmoid(Curve):
    """1 / (1 + exp(-x)), or the hyperbolic tangent: between values of a table of the former."""

    is_tanh: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unary(Op):
    """A function of every element by its name, as in `reference.lookup`; in float graphs only.

    Quantization makes a Lookup of it. `alpha` is the slope of LEAKY_RELU, `approximate` is of GELU.
    """

    input: Tensor = field(metadata=ACTIVATION)
    function: str
    alpha: float = 0.0
    approximate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clamp(Op):
    """The input within [minimum, maximum], which may be infinite; in float graphs only.

    Quantization makes a fused clamp or a range of it.
    """

    input: Tensor = field(metadata=ACTIVATION)
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantize(Op):
    """Requantize: int8 to int8, uint8 to int8, int8 to uint8, and between int8 and int16."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mean(Op):
    """Mean over `axes` (ascending, non-negative); the output's shape may keep or drop them."""

    input: Tensor = field(metadata=ACTIVATION)
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArgExtreme(Op):
    """Where along `axis` (non-negative) an extreme element stands, the first of equal ones.

    The output is int32 or int64, and its shape drops the axis.
    """

    input: Tensor = field(metadata=ACTIVATION)
    axis: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArgMax(ArgExtreme):
    """Where the greatest element stands."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArgMin(ArgExtreme):
    """Where the least element stands."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Softmax(Op):
    """Softmax over the last dimension, with exponent scale `beta`."""

    input: Tensor = field(metadata=ACTIVATION)
    beta: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pad(Op):
    """Constant padding; `pads` has (before, after) per dimension, `value` is quantized."""

    input: Tensor = field(metadata=ACTIVATION)
    pads: tuple[tuple[int, int], ...]
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reshape(Op):
    """The same bytes under another shape."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Transpose(Op):
    """Output dimension i is input dimension perm[i]."""

    input: Tensor = field(metadata=ACTIVATION)
    perm: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Concatenation(Op):
    """The operands one after the other along `axis` (non-negative; equal quantization)."""

    operands: tuple[Tensor, ...] = field(metadata=ACTIVATION)
    axis: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice(Op):
    """Every `strides[i]`-th element from `begin[i]` on; the output's shape says how many.

    Strides may be negative. SPLIT, UNPACK and STRIDED_SLICE become this (and a Reshape).
    """

    input: Tensor = field(metadata=ACTIVATION)
    begin: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resize(Op):
    """Spatial resampling of [N, H, W, C] to the output's height and width."""

    input: Tensor = field(metadata=ACTIVATION)
    align_corners: bool
    half_pixel_centers: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResizeNearestNeighbor(Resize):
    """Take the nearest input pixel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResizeBilinear(Resize):
    """Blend the four nearest input pixels."""

    halves: Halves = Halves.AWAY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthToSpace(Op):
    """Blocks of pixels that stand in the channels, laid out as an image.

    Pixel (y, x) of the output [N, H, W, C] is part (y' % block_h) * block_w + x' % block_w, of C
    channels, of the input's pixel (y' // block_h, x' // block_w), where y' = y + top and
    x' = x + left: rows and columns that are cut off the picture.
    """

    input: Tensor = field(metadata=ACTIVATION)
    block_h: int
    block_w: int
    top: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpaceToDepth(Op):
    """Every block of block_h by block_w pixels of [N, H, W, C] as one pixel, row after row."""

    input: Tensor = field(metadata=ACTIVATION)
    block_h: int
    block_w: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Broadcast(Op):
    """The input, repeated along dimensions that it has not or of which it has one element."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReduceExtreme(Op):
    """An extreme element along `axis` (non-negative), of which the output has one element.

    Input and output have equal quantization.
    """

    input: Tensor = field(metadata=ACTIVATION)
    axis: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReduceMax(ReduceExtreme):
    """The greatest element."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReduceMin(ReduceExtreme):
    """The least element."""


FLOAT_ONLY: tuple[type[Op], ...] = (Unary, Clamp)
"""The operators that only float graphs have: nothing computes them on a device."""
