"""Cycles of the Cortex-M7: two instructions at a time, in order.

Times are relative to the cycle in which an instruction issues. There are an early and a late ALU,
one cycle apart: sums, moves and shifts run early where their operands are there, all else late. A
product reads its factors with the late ALU, and one cycle later what it adds to; what is stored is
needed last. Source: the measurements on an STM32H743 of jnk0le, "cortex m7" in "pipeline cycle
test"; where these are silent, CortexM7Model of LLVM and the Cortex-M7 model of SLOTHY. Memory is
TCM, or cached and warm.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tinyengine.run.cycles.disassembly import Instruction, Kind

_MULTIPLIES = frozenset({Kind.MULTIPLY, Kind.ACCUMULATE, Kind.LONG, Kind.LONG_ACCUMULATE})
_STORES = frozenset({Kind.STORE, Kind.STORE_MANY})
_MANY = frozenset({Kind.LOAD_MANY, Kind.STORE_MANY})
_ALONE = _MANY | {Kind.DIVIDE, Kind.STATUS}
_JUMPS = frozenset({Kind.BRANCH, Kind.CALL, Kind.BRANCH_REGISTER, Kind.TABLE})

_EARLY, _LATE, _SUM, _STORED = 0, 1, 2, 3
"""The stages in which operands are read: that many cycles after the issue."""

_AFTER_EARLY, _AFTER_LATE, _AFTER_LONG = 1, 2, 3
"""Cycles until a result is there: of the early ALU; of the late ALU and loads of words; of
multiplications, loads of less than a word, and saturations."""

_EARLY_ALU = re.compile(r"(?:add|sub|mov|lsl|lsr|asr|ror)[sw]?|movt")
_EARLY_DSP = re.compile(r"[us]bfx|rbit|rev|rev16|revsh|[us]sat(?:16)?")
_LAST_EARLY_DSP = re.compile(r"bf[ic]|pkh(?:bt|tb)|[us]xta?[bh](?:16)?")
_NARROW_STORE = re.compile(r"str[bh]")
_NARROW = 2
"""Bytes of the short instructions, and what one saves."""
_SLOW_DSP = re.compile(r"[us]sat(?:16)?|u?q.*|usada?8")

_MISPREDICTION = 7
"""The middle of the 6 to 8 cycles that were measured."""

_COMPRESSED_NBYTES = 4
_COMPRESSED_LATER = 14
"""Transfers of several registers stall unless narrow instructions save so many bytes: before them,
or within so many instructions after them, which is 7 cycles. Source: jnk0le, "load/store pair"."""

_BUFFERED = 5
_APART, _ADVANCING, _TOGETHER = 2.0, 2.4, 4.0
"""Stores that wait in the buffer, and the cycles in which it writes one of less than a word: where
banks differ from one to the next, where they advance by their size, and where all go to one bank.
Source: jnk0le, "stores"."""

_DIVIDE = 7
_STATUS = 3
_STEADY = 4
"""Iterations of a loop after which its cycles repeat."""


@dataclass(slots=True)
class _Pipeline:
    """The state of one simulation; `ready` is when the early ALU can read each register.

    `loaded` is when a multiplication may issue that reads it: not right after its load. `saved` are
    the bytes that narrow instructions have saved for transfers of several registers. `written` is
    when the store buffer will have written each of the stores in it.
    """

    cycle: int = 0
    issued: list[Instruction] = field(default_factory=list)
    ready: dict[str, int] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    collisions: int = 0
    saved: int = 0
    written: list[float] = field(default_factory=list)
    stored: Instruction | None = None

    def run(self, code: Sequence[Instruction]) -> None:
        """Issue `code` in order."""
        for index, instruction in enumerate(code):
            if not self._pairs(instruction):
                self._next()
            self._wait(self._earliest(instruction))
            if instruction.kind is Kind.STORE:
                self._wait(self._buffer(instruction))
            if instruction.kind in _MANY:
                later = code[index + 1 : index + 1 + _COMPRESSED_LATER]
                self._wait(self.cycle + self._stall(later))
            elif instruction.nbytes == _NARROW:
                self.saved = min(self.saved + _NARROW, _COMPRESSED_NBYTES)
            self._issue(instruction)

    def _stall(self, later: Sequence[Instruction]) -> int:
        """Give the cycle that a transfer of several registers is late amid wide instructions."""
        narrow = sum(_NARROW for other in later if other.nbytes == _NARROW)
        is_late = max(self.saved, narrow) < _COMPRESSED_NBYTES
        self.saved = 0
        return int(is_late)

    def _buffer(self, store: Instruction) -> int:
        """Put a store into the buffer; give the first cycle in which there is room for it."""
        room = self.written[-_BUFFERED] if len(self.written) >= _BUFFERED else 0.0
        at = max(self.cycle, math.ceil(room))
        before = max(self.written[-1], at) if self.written else at
        self.written = [*self.written[1 - _BUFFERED :], before + self._writing(store)]
        self.stored = store
        return at

    def _writing(self, store: Instruction) -> float:
        """Give the cycles in which the buffer writes `store` after the one before it."""
        if not _NARROW_STORE.match(store.mnemonic) or self.stored is None:
            return 1.0
        first, second = _place(self.stored), _place(store)
        if first is None or second is None or first[0] != second[0]:
            return _APART
        if second[1] - first[1] == 1 or store.updated_base:
            return _ADVANCING
        return _TOGETHER if (first[1] ^ second[1]) & 4 == 0 else _APART

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
            late = kind is Kind.LOAD or register in instruction.listed[-2:]
            self.loaded[register] = at + 2 if late and not _is_narrow_load(instruction) else 0

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
