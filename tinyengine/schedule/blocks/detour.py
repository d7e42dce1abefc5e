"""Other ways through the graph that compute some rows or columns again to hold fewer bytes."""

from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.ir import Graph, Op
from tinyengine.schedule.blocks.line import Run

Rewrite = Mapping[Op, tuple[Op, ...]]
"""What stands in the graph instead of an operator, in order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Detour:
    """Blocks that compute what the operators [first, last) of an order do, after a rewrite.

    `origins` tells which operator each of the new ones stands for.
    """

    first: int
    last: int
    runs: tuple[Run, ...]
    rewrite: Rewrite
    origins: Mapping[Op, Op]

    @property
    def nbytes(self) -> int:
        """The least arena while it runs."""
        return max(run.nbytes for run in self.runs)

    @property
    def cycles(self) -> int:
        """The estimated cycles."""
        return sum(run.cycles for run in self.runs)


def rewritten(graph: Graph, rewrite: Rewrite) -> Graph:
    """Give `graph` with operators replaced."""
    return graph.with_ops(tuple(new for op in graph.ops for new in rewrite.get(op, (op,))))
