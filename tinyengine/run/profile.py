"""What each operator of a model costs: executed blocks, by the call that they ran under.

Kernels are shared by operators, and streamed operators take turns, so the name of a function does
not tell which operator runs. The call does: a line of the model's C file calls for one operator.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyengine.board.types import MemoryModel
from tinyengine.errors import ToolError
from tinyengine.run.cycles import TIMINGS, Instruction, block_cycles
from tinyengine.run.result import ExecutedBlock
from tinyengine.run.source_lines import SourceLines

_CALL = re.compile(r"^ *te_\w+\(\s*(?:&\w+|reader),", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Executed instructions, and their modelled cycles; None where the core has no model.

    `waits` are the cycles beyond these that `lines` of flash are waited for; None where the board
    has no model of its memory.
    """

    instructions: int
    cycles: float | None
    waits: int | None = None
    lines: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The cost of one inference: each operator's, in the order of the report, and the rest.

    The rest are the calls and the copies of inputs and outputs. All parts sum to the total.
    """

    operators: tuple[Cost, ...]
    rest: Cost

    @property
    def total(self) -> Cost:
        """The cost of everything."""
        return add_costs((*self.operators, self.rest))


def add_costs(costs: Sequence[Cost]) -> Cost:
    """Give the sum."""
    cycles = [cost.cycles for cost in costs if cost.cycles is not None]
    waits = [cost.waits for cost in costs if cost.waits is not None]
    return Cost(
        instructions=sum(cost.instructions for cost in costs),
        cycles=sum(cycles) if len(cycles) == len(costs) else None,
        waits=sum(waits) if len(waits) == len(costs) else None,
        lines=sum(cost.lines for cost in costs),
    )


def call_lines(source: str) -> Mapping[int, int]:
    """Give the operator that each line of the emitted `source` calls for, lines counted from 1.

    Operators are called in the order of the report, each by one line.
    """
    calls = {}
    line, counted = 1, 0
    for operator, match in enumerate(_CALL.finditer(source)):
        line += source.count("\n", counted, match.start())
        counted = match.start()
        calls[line] = operator
    return calls


def make_profile(
    executed: Sequence[ExecutedBlock],
    code: Mapping[int, Instruction],
    lines: SourceLines,
    calls: Mapping[int, int],
    timing: str | None,
    *,
    memory: MemoryModel | None = None,
) -> Profile:
    """Give the profile of what was executed on a core with this `timing`, None where it has none.

    `code` is the disassembly, `lines` and `calls` are of the model's C file; `memory` is what the
    board says of its flash, whose lines have been counted.

    Raises:
        ToolError: the C file and the firmware do not belong together.
    """
    model = None if timing is None else TIMINGS[timing]
    cycles = block_cycles(executed, code, model) if model else None
    instructions_of: Counter[int | None] = Counter()
    cycles_of: defaultdict[int | None, float] = defaultdict(float)
    waits_of: Counter[int | None] = Counter()
    lines_of: Counter[int | None] = Counter()
    for index, block in enumerate(executed):
        operator = calls.get(lines.line_at(block.site - 1)) if block.site else None
        instructions_of[operator] += block.count * _count(code, block)
        if cycles is not None:
            cycles_of[operator] += cycles[index]
        if memory is not None:
            waits_of[operator] += memory_waits(block, memory)
            lines_of[operator] += block.code.all + block.data.all
    missing = sorted(set(calls.values()) - set(instructions_of))
    if missing:
        raise ToolError(
            "profile",
            f"the firmware never calls operator {missing[0]}",
            "the C files are not those it was built from: compile the model again",
        )

    def cost(operator: int | None) -> Cost:
        """Give what an operator cost; None is what belongs to none."""
        there = cycles_of[operator] if cycles is not None else None
        return Cost(
            instructions=instructions_of[operator],
            cycles=there,
            waits=None if memory is None else waits_of[operator],
            lines=lines_of[operator],
        )

    return Profile(
        operators=tuple(cost(operator) for operator in sorted(set(calls.values()))),
        rest=cost(None),
    )


def memory_waits(block: ExecutedBlock, memory: MemoryModel) -> int:
    """Give the cycles that a block waits for lines of flash, in all its executions."""
    return sum(
        (missed.all - missed.next) * cache.miss_cycles + missed.next * cache.next_cycles
        for missed, cache in ((block.code, memory.code), (block.data, memory.data))
    )


def _count(code: Mapping[int, Instruction], block: ExecutedBlock) -> int:
    """Give the number of instructions in a block."""
    count, at = 0, block.address
    while at < block.address + block.nbytes:
        if at not in code:
            raise ToolError(
                "profile",
                f"the firmware executes 0x{at:08x}, which is no instruction of its code",
                "compile the model again",
            )
        at += code[at].nbytes
        count += 1
    return count
