"""Which inputs are indices: their values lie within what is gathered from."""

from tinyengine.ir.graph import Graph
from tinyengine.ir.logic_ops import Cast, Gather
from tinyengine.ir.ops import Broadcast, Concatenation, Op, Reshape, Slice, Transpose
from tinyengine.ir.tensor import Tensor

_KEEPS = Broadcast | Cast | Concatenation | Reshape | Slice | Transpose
"""Operators whose output has the values of their operands."""


def index_count(graph: Graph, tensor: Tensor) -> int | None:
    """Give n where the elements of an input are taken as indices in [0, n), None where not.

    Of several that are gathered from, the smallest counts.
    """
    found: list[int] = []
    pending, seen = [tensor], {tensor}
    while pending:
        held = pending.pop()
        for op in graph.consumers.get(held, ()):
            found += _counted(op, held)
            if isinstance(op, _KEEPS) and op.output not in seen:
                seen.add(op.output)
                pending.append(op.output)
    return min(found, default=None)


def _counted(op: Op, tensor: Tensor) -> list[int]:
    if isinstance(op, Gather) and tensor is op.indices:
        return [op.input.shape[op.axis]]
    return []
