"""Modelled cycles of what ran, from executed blocks and the disassembly: a model per core.

The counts of instructions are exact, the cycles are not: memory without wait states, no interrupts.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from tinyengine.run.cycles.disassembly import Instruction, disassemble, names_vectors
from tinyengine.run.cycles.dual_issue import DualIssue
from tinyengine.run.cycles.single_issue import (
    CORTEX_M0,
    CORTEX_M0PLUS,
    CORTEX_M3,
    CORTEX_M4,
    SingleIssue,
)
from tinyengine.run.cycles.two_beat import TwoBeat
from tinyengine.run.result import ExecutedBlock

__all__ = ["TIMINGS", "CoreModel", "Instruction", "block_cycles", "disassemble", "names_vectors"]


class CoreModel(Protocol):
    """How long blocks take on a core."""

    @property
    def misprediction_cycles(self) -> int:
        """What a branch costs that does not go the most frequent of its ways."""

    def edge_cycles(
        self, before: Sequence[Instruction], block: Sequence[Instruction], *, taken: bool
    ) -> float:
        """Give the cycles that `block` adds after `before`, whose last branch was `taken` or not.

        `before` is empty at the beginning.
        """


TIMINGS: Mapping[str, CoreModel] = MappingProxyType(
    {
        "cortex-m0": SingleIssue(timing=CORTEX_M0),
        "cortex-m0plus": SingleIssue(timing=CORTEX_M0PLUS),
        "cortex-m3": SingleIssue(timing=CORTEX_M3),
        "cortex-m4": SingleIssue(timing=CORTEX_M4),
        "cortex-m7": DualIssue(),
        "cortex-m55": TwoBeat(),
    }
)
"""The models by the name that targets give them."""


def block_cycles(
    executed: Sequence[ExecutedBlock], code: Mapping[int, Instruction], model: CoreModel
) -> tuple[float, ...]:
    """Give the cycles of each of `executed`, all its executions together.

    `code` is the disassembly. A taken branch, and a mispredicted one, cost where they lead to.
    """
    sizes = _sizes(executed)
    known: dict[tuple[int, int, int], float] = {}
    rare, usual = _rare_ways(executed, sizes), _usual_ways(executed)
    cycles = []
    for block in executed:
        key = (block.previous, block.address, block.nbytes)
        before = _instructions(code, block.previous, sizes.get(block.previous, 0))
        if key not in known:
            here = _instructions(code, block.address, block.nbytes)
            taken = _is_taken(block, sizes)
            known[key] = model.edge_cycles(before, here, taken=taken)
        extra = 0
        if before and before[-1].is_conditional:
            is_rare = _is_taken(block, sizes) is rare[block.site, block.previous]
            extra = model.misprediction_cycles if is_rare else 0
        elif before and before[-1].is_computed_jump:
            is_rare = block.address != usual[block.site, block.previous]
            extra = model.misprediction_cycles if is_rare else 0
        cycles.append(block.count * (known[key] + extra))
    return tuple(cycles)


def _sizes(executed: Sequence[ExecutedBlock]) -> dict[int, int]:
    """Give the bytes of the block at each address; of several sizes the most frequent."""
    counts: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for block in executed:
        counts[block.address][block.nbytes] += block.count
    return {address: sizes.most_common(1)[0][0] for address, sizes in counts.items()}


def _is_taken(block: ExecutedBlock, sizes: Mapping[int, int]) -> bool:
    return block.address != block.previous + sizes.get(block.previous, 0)


def _rare_ways(
    executed: Sequence[ExecutedBlock], sizes: Mapping[int, int]
) -> Mapping[tuple[int, int], bool]:
    """Tell for the end of each block whether taking the branch is the less frequent way."""
    balance: Counter[tuple[int, int]] = Counter()
    for block in executed:
        sign = 1 if _is_taken(block, sizes) else -1
        balance[block.site, block.previous] += sign * block.count
    return {end: taken_more <= 0 for end, taken_more in balance.items()}


def _usual_ways(executed: Sequence[ExecutedBlock]) -> Mapping[tuple[int, int], int]:
    """Give where the end of each block leads to most often: there a jump is predicted to go."""
    counts: defaultdict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for block in executed:
        counts[block.site, block.previous][block.address] += block.count
    return {end: ways.most_common(1)[0][0] for end, ways in counts.items()}


def _instructions(
    code: Mapping[int, Instruction], address: int, nbytes: int
) -> tuple[Instruction, ...]:
    found = []
    at = address
    while at < address + nbytes and at in code:
        found.append(code[at])
        at += code[at].nbytes
    return tuple(found)
