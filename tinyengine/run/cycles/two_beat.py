"""Cycles of the Cortex-M55: in order, vectors in two beats of 64 bits.

A vector instruction holds one of three pipelines for two cycles: loads and stores, integers,
products. The next one begins a cycle later if it goes to another pipeline; so a load and a product
take one cycle each in the long run, and two loads four. What a vector gives can be read beat by
beat. Scalar instructions take a cycle; of two narrow ones the second is free if it is a move, an
extension, a sum with a constant or a branch. The end of a hardware loop takes none.

Sources: ARMScheduleM55.td of LLVM; cortex_m55r1.py of SLOTHY, where that is silent. Neither says
what a taken branch costs, and transfers of several registers: those are assumptions, a refill as on
the Cortex-M4, and 64 bits a cycle. Nothing of it was checked against silicon; memory is TCM.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from tinyengine.run.cycles.disassembly import Instruction, Kind

_REFILL = 2
_BEATS = 2
_AFTER_LONG = 2
"""Cycles until the result of a scalar load, product or shifted sum can be read."""

_DIVIDE = 7
_STEADY = 4
"""Iterations of a loop after which its cycles repeat."""

_NARROW = 2
_SECOND = re.compile(r"(?:adds?|subs?|movs?|[us]xt[bh]|it[te]{0,3}|b|b(?:eq|ne|[a-z]{2})|cbn?z|bx)")
"""What can be the second of two narrow instructions that issue together."""

_LOOP_ENDS = frozenset({"le", "letp"})
_SLOW = frozenset({Kind.LOAD, Kind.MULTIPLY, Kind.ACCUMULATE, Kind.LONG, Kind.LONG_ACCUMULATE})
_JUMPS = frozenset({Kind.BRANCH, Kind.CALL, Kind.BRANCH_REGISTER, Kind.TABLE})
_MANY = frozenset({Kind.LOAD_MANY, Kind.STORE_MANY})


class Pipe(Enum):
    """What executes a vector instruction."""

    MEMORY = "memory"
    INTEGER = "integer"
    PRODUCT = "product"
    CONTROL = "control"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Vector:
    """How long an instruction holds its pipeline, and when its result can be read."""

    pipe: Pipe
    cycles: int = _BEATS
    latency: int = 1


_MEMORY = _Vector(pipe=Pipe.MEMORY)
_GATHER = _Vector(pipe=Pipe.MEMORY, latency=2)
_INTEGER = _Vector(pipe=Pipe.INTEGER)
_ROUNDED = _Vector(pipe=Pipe.INTEGER, latency=2)
_NARROWED = _Vector(pipe=Pipe.INTEGER, latency=3)
_PRODUCT = _Vector(pipe=Pipe.PRODUCT, latency=2)
_COMPARED = _Vector(pipe=Pipe.PRODUCT)
_SCALAR_MOVE = _Vector(pipe=Pipe.PRODUCT, cycles=1, latency=2)
_CONTROL = _Vector(pipe=Pipe.CONTROL, cycles=1)

_VECTORS: tuple[tuple[str, _Vector], ...] = (
    (r"v(?:ld|st)r[bhwd].*\[.*\bq\d", _GATHER),
    (r"v(?:ld|st)[r24].*", _MEMORY),
    (r"v(?:ctp|pst|pnot)\b.*", _CONTROL),
    (r"v(?:cmp|pt)\b.*", _COMPARED),
    (r"vmov\b.*\br\d.*", _SCALAR_MOVE),
    (r"v(?:q?r?d?mul|q?r?d?ml[as]|r?ml[as]l|addl?v|cmul|cmla).*", _PRODUCT),
    (r"v(?:max|min)a?v.*", _ROUNDED),
    (r"vq?r?shru?n|vq?mov(?:u?n).*", _NARROWED),
    (r"v(?:q?rshl|qshl|rshr|adc|sbc).*", _ROUNDED),
)
"""By mnemonic and operands; the first that matches counts. All others are of integers."""

_REGISTER = re.compile(r"\b(r\d{1,2}|q\d|d\d{1,2}|sl|fp|ip|sp|lr|pc)\b")
_NUMBERS = {"sl": "r10", "fp": "r11", "ip": "r12", "sp": "r13", "lr": "r14", "pc": "r15"}
_ADDS = re.compile(r"v(?:r?ml[as]|q?r?d?ml[as]|addl?va|abav|sli|sri|movn|qmovn|q?r?shrn).*")


def _vector(instruction: Instruction) -> _Vector | None:
    """Give how a vector instruction runs; None for others, and for transfers of several."""
    if not instruction.mnemonic.startswith("v") or _is_list(instruction):
        return None
    text = f"{instruction.mnemonic} {instruction.operands}"
    return next((made for pattern, made in _VECTORS if re.match(pattern, text)), _INTEGER)


def _is_list(instruction: Instruction) -> bool:
    return instruction.mnemonic.startswith(("vldm", "vstm", "vpush", "vpop"))


def _named(text: str) -> tuple[str, ...]:
    """Give the registers in `text`; halves of a vector are the vector."""
    names = (_NUMBERS.get(name, name) for name in _REGISTER.findall(text))
    return tuple(f"q{int(name[1:]) // 2}" if name[0] == "d" else name for name in names)


def _expanded(operands: str) -> tuple[str, ...]:
    """Give the vectors of a list like {d4-d9}."""
    match = re.search(r"\{d(\d+)-d(\d+)\}", operands)
    if match is None:
        return _named(operands.partition("{")[2])
    return tuple(f"q{number}" for number in range(int(match[1]) // 2, int(match[2]) // 2 + 1))


@dataclass(slots=True)
class _Pipeline:
    """The state of a simulation; `cycle` is the first one in which an instruction may issue."""

    cycle: int = 0
    ready: dict[str, int] = field(default_factory=dict)
    free: dict[Pipe, int] = field(default_factory=dict)
    first: Instruction | None = None

    def run(self, code: Sequence[Instruction]) -> None:
        """Issue `code` in order."""
        for instruction in code:
            vector = _vector(instruction)
            if vector is not None:
                self._issue_vector(instruction, vector)
            elif _is_list(instruction):
                self._issue_list(instruction)
            elif instruction.mnemonic not in _LOOP_ENDS:
                self._issue_scalar(instruction)

    def _wait(self, names: Sequence[str], early: int = 0) -> int:
        """Give the first cycle in which the registers `names` can be read, `early` sooner."""
        return max((self.cycle, *(self.ready.get(name, 0) - early for name in names)))

    def _issue_vector(self, instruction: Instruction, vector: _Vector) -> None:
        named = _named(instruction.operands)
        writes = () if instruction.mnemonic.startswith(("vst", "vpst", "vctp")) else named[:1]
        reads = named if not writes or _ADDS.match(instruction.mnemonic) else named[1:]
        # What is stored is read a cycle later than what is computed with.
        at = self._wait(reads, int(instruction.mnemonic.startswith("vst")))
        at = max(at, self.free.get(vector.pipe, 0))
        self.free[vector.pipe] = at + vector.cycles
        self.ready.update(dict.fromkeys(writes, at + vector.latency))
        self._on(at)

    def _issue_list(self, instruction: Instruction) -> None:
        """Move registers of 64 bits, one a cycle."""
        listed = _expanded(instruction.operands)
        is_store = instruction.mnemonic.startswith(("vstm", "vpush"))
        base = _named(instruction.operands.partition("{")[0])
        at = max(self._wait((*base, *(listed if is_store else ()))), self.free.get(Pipe.MEMORY, 0))
        for number, name in enumerate(listed):
            if not is_store:
                self.ready[name] = at + _BEATS * number + 1
        self.free[Pipe.MEMORY] = at + _BEATS * len(listed)
        self._on(at)

    def _issue_scalar(self, instruction: Instruction) -> None:
        reads = instruction.reads | instruction.address_registers | instruction.sum_registers
        at = self._wait((*reads, *instruction.stored, *instruction.shifted_register))
        if self.first is not None and at == self.cycle and _is_second(instruction, self.first):
            at -= 1
        self.first = None if at < self.cycle or instruction.nbytes != _NARROW else instruction
        is_slow = instruction.kind in _SLOW or bool(instruction.shifted_register)
        latency = _AFTER_LONG if is_slow or instruction.kind in _MANY else 1
        last = at + _scalar_cycles(instruction) - 1
        for name in instruction.writes:
            self.ready[name] = last + latency
        for name in instruction.updated_base:
            self.ready[name] = at + 1
        if instruction.kind in _MANY or instruction.kind in (Kind.LOAD, Kind.STORE):
            self.free[Pipe.MEMORY] = max(self.free.get(Pipe.MEMORY, 0), last + 1)
        self.cycle = last + 1

    def _on(self, at: int) -> None:
        self.cycle = at + 1
        self.first = None


def _is_second(instruction: Instruction, first: Instruction) -> bool:
    """Tell whether a narrow instruction issues with the narrow one before it."""
    apart = not (instruction.reads & first.writes)
    return instruction.nbytes == _NARROW and apart and bool(_SECOND.fullmatch(instruction.mnemonic))


def _scalar_cycles(instruction: Instruction) -> int:
    match instruction.kind:
        case Kind.LOAD_MANY | Kind.STORE_MANY:
            return max((len(instruction.listed) + 1) // 2, 1)
        case Kind.DIVIDE:
            return _DIVIDE
        case _:
            return 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoBeat:
    """The model of a Cortex-M55."""

    misprediction_cycles: int = 0

    def edge_cycles(
        self, before: Sequence[Instruction], block: Sequence[Instruction], *, taken: bool
    ) -> float:
        """Give the cycles that `block` adds after the block `before`.

        A block that follows itself is taken to have done so for long.
        """
        refill = _refill(before) if taken else 0
        if before == block:
            run = self._cycles(block, 2 * _STEADY, refill) - self._cycles(block, _STEADY, refill)
            return run / _STEADY
        pipeline = _Pipeline()
        pipeline.run(before)
        start = pipeline.cycle
        pipeline.cycle += refill
        pipeline.run(block)
        return pipeline.cycle - start

    @staticmethod
    def _cycles(block: Sequence[Instruction], times: int, refill: int) -> int:
        pipeline = _Pipeline()
        for _ in range(times):
            pipeline.run(block)
            pipeline.cycle += refill
        return pipeline.cycle


def _refill(before: Sequence[Instruction]) -> int:
    """Give what the taken branch at the end of `before` costs."""
    return 0 if not before or before[-1].mnemonic in _LOOP_ENDS else _REFILL
