"""The rest of the IR: operators of numbers that few networks have."""

from dataclasses import dataclass, field

from tinyengine.ir.ops import ACTIVATION, Binary, Op
from tinyengine.ir.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sum(Op):
    """Sum over `axes` (ascending, non-negative); the output's shape may keep or drop them."""

    input: Tensor = field(metadata=ACTIVATION)
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReduceProd(Op):
    """Product over `axes` (ascending, non-negative); the output's shape may keep or drop them."""

    input: Tensor = field(metadata=ACTIVATION)
    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AddN(Op):
    """The sum of tensors of the output's shape, all quantized alike."""

    operands: tuple[Tensor, ...] = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Div(Binary):
    """lhs / rhs."""

    act_min: int
    act_max: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CumSum(Op):
    """The sum of all elements up to each one along `axis` (non-negative).

    `exclusive` leaves out the element itself, `reverse` begins at the other end.
    """

    input: Tensor = field(metadata=ACTIVATION)
    axis: int
    exclusive: bool
    reverse: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class L2Normalization(Op):
    """Vectors along the last dimension, divided by their length."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogSoftmax(Op):
    """Logarithm of the softmax over the last dimension."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TopK(Op):
    """The greatest elements along the last dimension in falling order, of equal ones the first.

    `gives_indices`: the output is int32, where they stand. It has as many as are wanted.
    """

    input: Tensor = field(metadata=ACTIVATION)
    gives_indices: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DynamicUpdateSlice(Op):
    """The input with `update` in place of the part that begins at `start`, one index a dimension.

    Where it would leave the input it begins as far back as it must.
    """

    input: Tensor = field(metadata=ACTIVATION)
    update: Tensor = field(metadata=ACTIVATION)
    start: Tensor = field(metadata=ACTIVATION)
