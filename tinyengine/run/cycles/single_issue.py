"""Cycles of the cores that issue one instruction at a time, from their timing tables.

Memory answers at once, as zero-wait-state SRAM and flash do; there are no interrupts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tinyengine.run.cycles.disassembly import Instruction, Kind


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timing:
    """Cycles by kind; what `cycles` does not name takes 1.

    A transfer of N registers takes `many` + N. `taken` is what a branch costs beyond that when it
    is taken, by kind; `reload` the same for a load of the program counter. Where
    `pipelines_loads`, a load right after another one takes one cycle less, unless its address
    comes from that. An IT takes nothing where `folds_it` and the instruction before has 16 bits.
    """

    cycles: Mapping[Kind, int]
    taken: Mapping[Kind, int]
    reload: int
    many: int = 1
    pipelines_loads: bool = False
    folds_it: bool = False


def _timing(
    cycles: dict[Kind, int], taken: dict[Kind, int], reload: int, *, pipelined: bool
) -> Timing:
    return Timing(
        cycles=MappingProxyType(cycles),
        taken=MappingProxyType(taken),
        reload=reload,
        pipelines_loads=pipelined,
        folds_it=pipelined,
    )


_REFILL = 2
"""Cycles to refill the pipeline of an M3 or M4: the tables say 1 to 3."""

_DIVIDE = 7
"""The middle of what a division takes: the tables say 2 to 12."""

_JUMPS = (Kind.BRANCH, Kind.CALL, Kind.BRANCH_REGISTER, Kind.TABLE)

CORTEX_M4 = _timing(
    {Kind.LOAD: 2, Kind.DIVIDE: _DIVIDE, Kind.TABLE: 2, Kind.STATUS: 2},
    dict.fromkeys(_JUMPS, _REFILL),
    _REFILL,
    pipelined=True,
)
"""Source: Cortex-M4 Technical Reference Manual, 3.3.1 Table of processor instructions, 3.3.2
Load/store timings."""

CORTEX_M3 = _timing(
    {
        Kind.LOAD: 2,
        Kind.ACCUMULATE: 2,
        Kind.LONG: 4,
        Kind.LONG_ACCUMULATE: 6,
        Kind.DIVIDE: _DIVIDE,
        Kind.TABLE: 2,
        Kind.STATUS: 2,
    },
    dict.fromkeys(_JUMPS, _REFILL),
    _REFILL,
    pipelined=True,
)
"""Long products take 3 to 5 cycles, with a sum 4 to 7. Source: Cortex-M3 Technical Reference
Manual, 3.3.1 Table of processor instructions, 3.3.2 Load/store timings."""

CORTEX_M0 = _timing(
    {Kind.LOAD: 2, Kind.STORE: 2, Kind.STATUS: 4},
    {Kind.BRANCH: 2, Kind.CALL: 3, Kind.BRANCH_REGISTER: 2},
    3,
    pipelined=False,
)
"""With the multiplier that takes one cycle. Source: Cortex-M0 Technical Reference Manual, 3.3
Instruction set summary."""

CORTEX_M0PLUS = _timing(
    {Kind.LOAD: 2, Kind.STORE: 2, Kind.STATUS: 3},
    {Kind.BRANCH: 1, Kind.CALL: 2, Kind.BRANCH_REGISTER: 1},
    2,
    pipelined=False,
)
"""With the multiplier that takes one cycle. Source: Cortex-M0+ Technical Reference Manual, 3.3
Instruction set summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleIssue:
    """The model of a core with this timing."""

    timing: Timing

    def block_cycles(self, block: Sequence[Instruction]) -> int:
        """Give the cycles of straight-line code whose last branch is not taken."""
        total = 0
        before: Instruction | None = None
        for instruction in block:
            total += self._cycles(instruction, before)
            before = instruction
        return total

    def _cycles(self, instruction: Instruction, before: Instruction | None) -> int:
        timing, kind = self.timing, instruction.kind
        if kind in (Kind.LOAD_MANY, Kind.STORE_MANY):
            return timing.many + len(instruction.listed)
        if kind is Kind.IT:
            folds = timing.folds_it and before is not None and before.nbytes == 2
            return 0 if folds else 1
        cycles = timing.cycles.get(kind, 1)
        if timing.pipelines_loads and kind is Kind.LOAD and before is not None:
            follows = before.kind is Kind.LOAD
            waits = bool(before.writes & instruction.address_registers)
            return cycles - 1 if follows and not waits else cycles
        return cycles

    def edge_cycles(
        self, before: Sequence[Instruction], block: Sequence[Instruction], *, taken: bool
    ) -> float:
        """Give the cycles of `block` after the block `before`, whose branch was `taken` or not."""
        refill = 0
        if taken and before:
            last = before[-1]
            reloads = last.kind in (Kind.LOAD, Kind.LOAD_MANY)
            refill = self.timing.reload if reloads else self.timing.taken.get(last.kind, 0)
        return self.block_cycles(block) + refill

    @property
    def misprediction_cycles(self) -> int:
        """What a wrong guess at a branch costs: these cores do not guess."""
        return 0
