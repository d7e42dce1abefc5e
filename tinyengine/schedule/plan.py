"""The plan: which kernel runs when, and where every buffer stands in the arena."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

import numpy as np

from tinyengine.ir import Edge, Graph, Op, Tensor
from tinyengine.kernels.spec import Kernel
from tinyengine.schedule.blocks.stream import Stream
from tinyengine.schedule.storage import Strip

ALIGNMENT = 4
"""Every buffer starts at a multiple of this many bytes; the arena itself at 16."""


class PlanError(AssertionError):
    """The plan would compute something wrong: a bug of the scheduler."""


class BlockKind(Enum):
    """How the operators of a block are interleaved."""

    LAYER = "layer"
    """One operator, all rows of it."""

    STREAM = "stream"
    """Several operators row by row; rings hold the rows that are still needed."""

    PATCH = "patch"
    """As a stream, but only for a strip of columns."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Step:
    """One operator and the kernel that computes it."""

    op: Op
    kernel: Kernel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """Steps that are executed together; `stream` says how, where it is not one whole layer.

    `recompute_macs` are MACs of what an earlier block has computed already.
    """

    steps: tuple[Step, ...]
    stream: Stream | None = None
    kind: BlockKind = BlockKind.LAYER
    recompute_macs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetime:
    """The blocks [first, last) during which a buffer holds something that is needed."""

    first: int
    last: int

    def meets(self, other: "Lifetime") -> bool:
        """Tell whether the two share a block."""
        return self.first < other.last and other.first < self.last


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buffer:
    """Bytes of the arena: one tensor with its reshaped aliases, a ring, or a step's scratch.

    `tensors` is empty for scratch; otherwise the first tensor is the one that is written. `rows`
    is how many rows of it a ring holds, None where the whole tensor is there. What is `persistent`
    is a state: it survives from one run to the next, and nothing else ever stands there.
    """

    name: str
    tensors: tuple[Tensor, ...]
    nbytes: int
    lifetime: Lifetime
    rows: int | None = None
    persistent: bool = False

    @property
    def is_scratch(self) -> bool:
        """True for a kernel's scratch."""
        return not self.tensors


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What of a plan was searched for in full: elsewhere the graph was too large for that.

    `order`: no other order of the operators has a lower peak. `blocks`: all runs of operators that
    are considered were, of any length. `placement`: all offsets were looked for.
    """

    order: bool = True
    blocks: bool = True
    placement: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A complete memory plan of a graph; `offsets` are bytes from the arena's start.

    `fed` is the input whose rows the caller hands over one by one; it is not among the graph's.
    `origins` tells which operator of the model those stand for that compute something again, or
    only a strip of it, `strips` where the rows of strips stand. `walls` are the offsets at which
    further banks begin, where the arena is split over several; `arena_nbytes` are the bytes that
    it has in all of them. `searched` tells how thoroughly it was looked for.
    """

    graph: Graph
    blocks: tuple[Block, ...]
    buffers: tuple[Buffer, ...]
    offsets: Mapping[Buffer, int]
    scratch: Mapping[Op, Buffer]
    arena_nbytes: int
    origins: Mapping[Op, Op] = field(default_factory=dict)
    strips: Mapping[Tensor, Strip] = field(default_factory=dict)
    fed: Edge | None = None
    walls: tuple[int, ...] = ()
    searched: Searched = Searched()

    @cached_property
    def bank_nbytes(self) -> tuple[int, ...]:
        """The bytes of the arena in each bank; one value where it is in one piece."""
        return bank_nbytes(self.offsets, self.walls)

    @property
    def extent(self) -> int:
        """The end of the last buffer, in bytes; before it banks may have bytes to spare."""
        ends = [offset + buffer.nbytes for buffer, offset in self.offsets.items()]
        return -(-max(ends, default=0) // ALIGNMENT) * ALIGNMENT

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps in execution order."""
        return tuple(step for block in self.blocks for step in block.steps)

    @property
    def recompute_macs(self) -> int:
        """MACs that are executed beyond the model's own."""
        return sum(block.recompute_macs for block in self.blocks)

    @cached_property
    def buffer_of(self) -> Mapping[Tensor, Buffer]:
        """The buffer that holds each activation."""
        return {tensor: buffer for buffer in self.buffers for tensor in buffer.tensors}

    @property
    def state_nbytes(self) -> int:
        """The bytes at the arena's start that states take, and that survive a run."""
        kept = [buffer for buffer in self.buffers if buffer.persistent]
        ends = [self.offsets[buffer] + buffer.nbytes for buffer in kept]
        return -(-max(ends, default=0) // ALIGNMENT) * ALIGNMENT

    @property
    def scratch_nbytes(self) -> int:
        """The largest scratch of any step, in bytes; it is part of the arena."""
        return max((buffer.nbytes for buffer in self.buffers if buffer.is_scratch), default=0)

    def live_at(self, block: int) -> tuple[Buffer, ...]:
        """Give the buffers that are live during `block`, by ascending offset."""
        here = Lifetime(first=block, last=block + 1)
        live = [buffer for buffer in self.buffers if buffer.lifetime.meets(here)]
        return tuple(sorted(live, key=lambda buffer: self.offsets[buffer]))

    @property
    def peak_block(self) -> int:
        """The first block during which most bytes of the arena are taken."""
        return int(np.argmax(self._taken))

    def taken_at(self, block: int) -> int:
        """Give the arena bytes that live buffers cover during `block`; shared ones count once."""
        return self._taken[block]

    @cached_property
    def _taken(self) -> tuple[int, ...]:
        """The bytes that are taken during each block; one value where there is no block."""
        by_offset = sorted(self.offsets.items(), key=lambda item: item[1])
        starts = np.array([offset for _, offset in by_offset], np.int64)
        ends = starts + np.array([buffer.nbytes for buffer, _ in by_offset], np.int64)
        first = np.array([buffer.lifetime.first for buffer, _ in by_offset], np.int64)
        last = np.array([buffer.lifetime.last for buffer, _ in by_offset], np.int64)
        taken = []
        for block in range(max(len(self.blocks), 1)):
            live = np.flatnonzero((first <= block) & (block < last))
            covered = np.maximum.accumulate(np.append(0, ends[live]))
            taken.append(
                int(np.maximum(ends[live] - np.maximum(starts[live], covered[:-1]), 0).sum())
            )
        return tuple(taken)


def bank_nbytes(offsets: Mapping[Buffer, int], walls: tuple[int, ...]) -> tuple[int, ...]:
    """Give the bytes that buffers take in each bank."""
    ends = [0] * (1 + len(walls))
    for buffer, offset in offsets.items():
        bank, within = locate(offset, walls)
        ends[bank] = max(ends[bank], within + buffer.nbytes)
    return tuple(-(-end // ALIGNMENT) * ALIGNMENT for end in ends)


def locate(offset: int, walls: tuple[int, ...]) -> tuple[int, int]:
    """Give the bank that an offset lies in, and the offset in that bank."""
    bank = sum(wall <= offset for wall in walls)
    return bank, offset - (0, *walls)[bank]


_MOST_LINES = 12
"""Buffers that are told of a peak."""

_LONGEST_NAME = 72
"""Characters of a buffer's name that are shown: converters join long lists of names."""


def describe_peak(plan: Plan) -> tuple[str, ...]:
    """Give lines that say during which block memory peaks and what lives there."""
    block = plan.peak_block
    steps = plan.blocks[block].steps if plan.blocks else ()
    sources = [str(step.op.source) for step in steps]
    live = [(buffer.name, plan.offsets[buffer], buffer.nbytes) for buffer in plan.live_at(block)]
    return peak_lines(block, sources, plan.taken_at(block), live)


def peak_lines(
    block: int, sources: Sequence[str], nbytes: int, live: Sequence[tuple[str, int, int]]
) -> tuple[str, ...]:
    """Give lines on the peak: `nbytes` are taken in `block`, whose operators are `sources`.

    `live` are the buffers there: name, offset and bytes; the largest of many are told.
    """
    lines = []
    if sources:
        where = sources[0] if len(sources) == 1 else f"{sources[0]} to {sources[-1]}"
        lines.append(f"peak at block {block}, {where}: {nbytes:,} bytes")
    largest = sorted(live, key=lambda each: -each[2])[:_MOST_LINES]
    for name, offset, taken in (each for each in live if each in largest):
        fits = len(name) <= _LONGEST_NAME
        shown = name if fits else f"{name[: _LONGEST_NAME - 3]}..."
        lines.append(f"  {offset:>9,} .. {offset + taken:>9,}  {shown}")
    if len(live) > _MOST_LINES:
        lines.append(f"  and {len(live) - _MOST_LINES} more")
    return tuple(lines)
