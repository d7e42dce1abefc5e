"""The plan: which kernel runs when, and where every buffer stands in the arena."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.spec import Kernel

ALIGNMENT = 4
"""Every buffer starts at a multiple of this many bytes; the arena itself at 16."""


class BlockKind(Enum):
    """How the operators of a block are interleaved."""

    LAYER = "layer"
    """One operator, all rows of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One operator and the kernel that computes it."""

    op: Op
    kernel: Kernel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Steps that are executed together."""

    kind: BlockKind
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """The steps [first, last) during which a buffer holds something that is needed."""

    first: int
    last: int

    def meets(self, other: "Lifetime") -> bool:
        """Tell whether the two share a step."""
        return self.first < other.last and other.first < self.last


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buffer:
    """Bytes of the arena: one tensor with its reshaped aliases, or a step's scratch.

    `tensors` is empty for scratch; otherwise the first tensor is the one that is written.
    """

    name: str
    tensors: tuple[Tensor, ...]
    nbytes: int
    lifetime: Lifetime

    @property
    def is_scratch(self) -> bool:
        """True for a kernel's scratch."""
        return not self.tensors


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """A complete memory plan of a graph; `offsets` are bytes from the arena's start."""

    graph: Graph
    blocks: tuple[Block, ...]
    buffers: tuple[Buffer, ...]
    offsets: Mapping[Buffer, int]
    scratch: Mapping[Op, Buffer]
    arena_nbytes: int

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in execution order."""
        return tuple(step for block in self.blocks for step in block.steps)

    @property
    def buffer_of(self) -> Mapping[Tensor, Buffer]:
        """The buffer that holds each activation."""
        return {tensor: buffer for buffer in self.buffers for tensor in buffer.tensors}

    @property
    def scratch_nbytes(self) -> int:
        """The largest scratch of any step, in bytes; it is part of the arena."""
        return max((buffer.nbytes for buffer in self.buffers if buffer.is_scratch), default=0)

    def extent_at(self, step: int) -> int:
        """Give the arena bytes in use at `step`: the end of its highest live buffer."""
        return max((self.offsets[b] + b.nbytes for b in self.live_at(step)), default=0)

    def live_at(self, step: int) -> tuple[Buffer, ...]:
        """Give the buffers that are live at `step`, by ascending offset."""
        here = Lifetime(first=step, last=step + 1)
        live = [buffer for buffer in self.buffers if buffer.lifetime.meets(here)]
        return tuple(sorted(live, key=lambda buffer: self.offsets[buffer]))

    @property
    def peak_step(self) -> int:
        """The first step at which the arena's extent is greatest."""
        return max(range(max(len(self.steps), 1)), key=lambda step: (self.extent_at(step), -step))
