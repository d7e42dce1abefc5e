"""Cycles of the Cortex-M7: two instructions at a time, in order.

Times are relative to the cycle in which an instruction issues. There are an early and a late ALU,
one cycle apart: sums, moves and shifts run early where their operands are there, all else late. A
product reads its factors with the late ALU, and one cycle later what it adds to; what is stored is
needed last. Source: the measurements on an STM32H743 of jnk0le, "cortex m7" in "pipeline cycle
test"; where these are silent, CortexM7Model of LLVM. Memory is TCM, or cached and warm.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tinyengine.run.cycles.disassembly import Instruction, Kind

_MULTIPLIES = frozenset({Kind.MULTIPLY, Kind.ACCUMULATE, Kind.LONG, Kind.LONG_ACCUMULATE})
_STORES = frozenset({Kind.STORE, Kind.STORE_MANY})
_ALONE = frozenset({Kind.LOAD_MANY, Kind.STORE_MANY, Kind.DIVIDE, Kind.STATUS})
_JUMPS = frozenset({Kind.BRANCH, Kind.CALL, Kind.BRANCH_REGISTER, Kind.TABLE})

_EARLY, _LATE, _SUM, _STORED = 0, 1, 2, 3
"""The stages in which operands are read: that many cycles after the issue."""

_AFTER_EARLY, _AFTER_LATE, _AFTER_LONG = 1, 2, 3
"""Cycles until a result is there: of the early ALU; of the late ALU and loads of words; of
multiplications, loads of less than a word, and saturations."""

_EARLY_ALU = re.compile(r"(?:add|sub|mov|lsl|lsr|asr|ror)[sw]?|movt")
_EARLY_DSP = re.compile(r"[us]bfx|rbit|rev|rev16|revsh|[us]sat(?:16)?")
_LAST_EARLY_DSP = re.compile(r"bf[ic]|pkh(?:bt|tb)|[us]xta?[bh](?:16)?")
_SLOW_DSP = re.compile(r"[us]sat(?:16)?|u?q.*|usada?8")

_MISPREDICTION = 7
"""The middle of the 6 to 8 cycles that were measured."""

_DIVIDE = 7
_STATUS = 3
_STEADY = 4
"""Iterations of a loop after which its cycles repeat."""


@dataclass(slots=True)
class _Pipeline:
    """The state of one simulation; `ready` is when the early ALU can read each register.

    `loaded` is when a multiplication may issue that reads it: not right after its load.
    """

    cycle: int = 0
    issued: list[Instruction] = field(default_factory=list)
    ready: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    collisions: int = 0

    def run(self, code: Sequence[Instruction]) -> None:
        """Issue `code` in order."""
        for instruction in code:
            if not self._pairs(instruction):
                self._next()
            self._wait(self._earliest(instruction))
            self._issue(instruction)

    def _next(self) -> None:
        self.cycle += 1
        self.issued = []

    def _wait(self, cycle: int) -> None:
        if cycle > self.cycle:
            self.cycle = cycle
            self.issued = []

    def _earliest(self, instruction: Instruction) -> int:
        """Give the first cycle in which all operands are there in time."""
        if instruction.kind in _MULTIPLIES:
            loaded = [self.loaded.get(name, 0) for name in instruction.reads]
        else:
            loaded = []
        if instruction.mnemonic == "movt":  # pairs with the movw before it
            return self.cycle
        needed = (self.ready.get(name, 0) - stage for name, stage in _operands(instruction))
        return max((*needed, *loaded), default=0)

    def _pairs(self, instruction: Instruction) -> bool:
        """Tell whether it can issue in the present cycle, as far as the units go."""
        if not self.issued:
            return True
        if len(self.issued) == 2:
            return False
        older = self.issued[0]
        kinds = {older.kind, instruction.kind}
        if kinds & _ALONE or older.kind in _JUMPS or instruction.kind is Kind.DSP:
            return False
        both = (older.kind, instruction.kind)
        if all(kind in _MULTIPLIES | _STORES for kind in both):
            return False
        if _uses_shifter(older) and _uses_shifter(instruction):
            return False
        return not (both == (Kind.LOAD, Kind.LOAD) and self._collide(older, instruction))

    def _collide(self, older: Instruction, younger: Instruction) -> bool:
        """Tell whether two loads go to the same bank: even or odd words.

        Of the pairs whose banks are not known every second one does.
        """
        first, second = _place(older), _place(younger)
        if first is not None and second is not None and first[0] == second[0]:
            return (first[1] ^ second[1]) & 4 == 0
        self.collisions += 1
        return self.collisions % 2 == 0

    def _issue(self, instruction: Instruction) -> None:
        at, kind = self.cycle, instruction.kind
        latency = self._latency(instruction)
        self.issued.append(instruction)
        for register in instruction.updated_base:
            self.ready[register] = at + _AFTER_EARLY
        if kind in _ALONE:
            at += self._alone_cycles(instruction) - 1
            self.cycle = at
        for register in instruction.writes:
            self.ready[register] = at + latency
            self.loaded[register] = at + 2 if kind is Kind.LOAD else 0

    def _latency(self, instruction: Instruction) -> int:
        """Give the cycles until the result is there."""
        if instruction.kind in _MULTIPLIES or _is_narrow_load(instruction):
            return _AFTER_LONG
        if instruction.kind is Kind.DSP:
            return _AFTER_LONG if _SLOW_DSP.fullmatch(instruction.mnemonic) else _AFTER_LATE
        is_simple = _EARLY_ALU.fullmatch(instruction.mnemonic) and not instruction.shifted_register
        older_is_alu = bool(self.issued) and self.issued[0].kind is Kind.ALU
        is_there = all(self.ready.get(name, 0) <= self.cycle for name in instruction.reads)
        return _AFTER_EARLY if is_simple and is_there and not older_is_alu else _AFTER_LATE

    @staticmethod
    def _alone_cycles(instruction: Instruction) -> int:
        match instruction.kind:
            case Kind.DIVIDE:
                return _DIVIDE
            case Kind.STATUS:
                return _STATUS
            case _:
                return max(math.ceil(len(instruction.listed) / 2), 1)


def _operands(instruction: Instruction) -> tuple[tuple[str, int], ...]:
    """Give the registers that it waits for, and the stage in which it reads each."""
    if instruction.kind in _JUMPS:
        return ()  # predicted
    stage = _LATE
    shifted = instruction.shifted_register
    if instruction.kind is Kind.DSP:
        stage = _EARLY if _EARLY_DSP.fullmatch(instruction.mnemonic) else _LATE
        if _LAST_EARLY_DSP.fullmatch(instruction.mnemonic):
            shifted = instruction.last_register
    return (
        *((register, stage) for register in instruction.reads),
        *((register, _EARLY) for register in shifted | instruction.address_registers),
        *((register, _SUM) for register in instruction.sum_registers),
        *((register, _STORED) for register in instruction.stored),
    )


def _uses_shifter(instruction: Instruction) -> bool:
    is_dsp = instruction.kind is Kind.DSP
    by_name = _LAST_EARLY_DSP.fullmatch(instruction.mnemonic)
    return bool(instruction.shifted_register) or (is_dsp and bool(by_name))


def _is_narrow_load(instruction: Instruction) -> bool:
    return instruction.kind is Kind.LOAD and bool(re.match(r"ldrs?[bh]", instruction.mnemonic))


def _place(load: Instruction) -> tuple[str, int] | None:
    """Give base register and offset in bytes of a load; None where that is not constant."""
    match = re.fullmatch(r"\[(\w+)(?:, #(-?\d+))?\](?:, #-?\d+)?", load.memory)
    return (match[1], int(match[2] or 0)) if match else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DualIssue:
    """The model of a Cortex-M7."""

    misprediction_cycles: int = _MISPREDICTION

    def edge_cycles(
        self, before: Sequence[Instruction], block: Sequence[Instruction], *, taken: bool
    ) -> float:
        """Give the cycles that `block` adds after the block `before`.

        A block that follows itself is taken to have done so for long.
        """
        if before == block:
            return (self._cycles(block, 2 * _STEADY) - self._cycles(block, _STEADY)) / _STEADY
        pipeline = _Pipeline()
        pipeline.run(before)
        start = pipeline.cycle
        if taken:
            pipeline.issued = []
            pipeline.cycle += 1
        pipeline.run(block)
        return pipeline.cycle - start

    @staticmethod
    def _cycles(block: Sequence[Instruction], times: int) -> int:
        pipeline = _Pipeline()
        for _ in range(times):
            pipeline.run(block)
            pipeline.cycle += 1
            pipeline.issued = []
        return pipeline.cycle
