"""Which tensors need bytes of their own, and which are other names of bytes that others have."""

from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.ir import Graph, Op, Reshape, Tensor
from tinyengine.reference.rows import view_of
from tinyengine.schedule.ops import Columns, Join


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Where the rows of a part of a tensor stand: `first` bytes into rows of `row_bytes` bytes."""

    first: int
    row_bytes: int


def executed(graph: Graph) -> tuple[Op, ...]:
    """Give the operators that run; the others are only other names for the same bytes."""
    return tuple(op for op in graph.ops if not isinstance(op, Reshape | Columns | Join))


def storage_roots(graph: Graph) -> dict[Tensor, Tensor]:
    """Give for each activation the tensor whose bytes it is (itself unless it has none)."""
    whole = {part: op.output for op in graph.ops if isinstance(op, Join) for part in op.operands}
    roots = {tensor: tensor for tensor in graph.given}
    for op in graph.ops:
        is_alias = isinstance(op, Columns) or (isinstance(op, Reshape) and not op.input.is_const)
        if is_alias and isinstance(op, Reshape | Columns):
            roots[op.output] = roots[op.input]
        else:
            roots |= {tensor: whole.get(tensor, tensor) for tensor in op.outputs}
    return roots


def strips_of(graph: Graph) -> dict[Tensor, Strip]:
    """Give where each activation that is some columns of another stands in its rows."""
    strips: dict[Tensor, Strip] = {}
    for op in graph.ops:
        match op:
            case Columns():
                view = view_of(op.input)
                first = op.first * view.pixel_bytes
                strips[op.output] = Strip(first=first, row_bytes=view.row_bytes)
            case Join():
                row_bytes, first = view_of(op.output).row_bytes, 0
                for part in op.operands:
                    strips[part] = Strip(first=first, row_bytes=row_bytes)
                    first += view_of(part).row_bytes
            case _:
                pass
    return strips


def sources_of(graph: Graph) -> Mapping[Tensor, Tensor]:
    """Give for each tensor that is some columns of another that other tensor."""
    return {op.output: op.input for op in graph.ops if isinstance(op, Columns)}


def whole_only(graph: Graph) -> frozenset[Op]:
    """Give the operators that run as one layer: those of several outputs, or that change states."""
    states = set(graph.state_tensors)
    return frozenset(
        op
        for op in executed(graph)
        if len(op.outputs) > 1 or op.states or not states.isdisjoint(op.outputs)
    )


def state_readers(graph: Graph) -> Mapping[Op, frozenset[Op]]:
    """Give for each operator that changes states who reads them: they must have run before it."""
    ops = executed(graph)
    readers: dict[Tensor, list[Op]] = {tensor: [] for tensor in graph.state_tensors}
    for op in ops if readers else ():
        for tensor in dict.fromkeys(op.inputs):
            if tensor in graph.seen_states:
                readers[graph.seen_states[tensor]].append(op)
    return {
        op: frozenset(
            reader
            for tensor in (*op.states, *op.outputs)
            for reader in readers.get(tensor, ())
            if reader is not op
        )
        for op in ops
    }


def operands(op: Op) -> tuple[Tensor, ...]:
    """Give the activations of `op` that are in memory: no constants, each once."""
    return tuple(tensor for tensor in dict.fromkeys(op.activations) if not tensor.is_const)
