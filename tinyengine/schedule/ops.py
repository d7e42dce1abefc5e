"""Operators that only the scheduler has: other names for bytes, and what happens to an input."""

from dataclasses import dataclass, field

from tinyengine.ir import Op, Tensor
from tinyengine.ir.ops import ACTIVATION


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns(Op):
    """The columns of `input` [1, H, W, C] from `first` on, where they stand."""

    input: Tensor = field(metadata=ACTIVATION)
    first: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Join(Op):
    """Parts [1, H, w, C] side by side: each is written where the output has it."""

    operands: tuple[Tensor, ...] = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Feed(Op):
    """Rows of a model input that the caller writes when they are due."""
