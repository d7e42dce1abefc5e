"""What all passes share: replace operators one by one and drop what nobody reads any more."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from tinyengine.ir import Edge, Graph, Op, Reshape, Role, Tensor

Rule = Callable[[Op, Mapping[Tensor, Op]], Op | Tensor]
"""What stands for an operator, given the operators that made the tensors so far: the operator
itself, another one with the same output, or a tensor of the same value."""


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """Apply `rule` to every operator in order and drop what nobody reads any more.

    Later operators see what earlier ones became. Where a tensor takes the place of an output,
    the output's edge gets that tensor; an operator stays if the output would otherwise be a model
    input, because then nothing would write it. What copies a state keeps doing so: the state may
    have changed by the time that the copy is read.
    """
    outputs, states = frozenset(graph.output_tensors), frozenset(graph.state_tensors)
    standins: dict[Tensor, Tensor] = {}
    producers: dict[Tensor, Op] = {}
    for original in graph.ops:
        op = with_operands(original, standins)
        result = rule(op, producers)
        if op.output in states and _is_state_read(result, op.output):
            result = op
        if _shows(result, graph.seen_states) and not isinstance(op, Reshape):
            result = op
        if isinstance(result, Tensor):
            if op.output not in outputs or result in producers or result.is_const:
                standins[op.output] = result
                continue
            result = op
        assert result.output is op.output, f"{op.source}: a rule changed the output"
        producers[result.output] = result
    edges = tuple(_with_tensor(edge, standins) for edge in graph.outputs)
    return without_unread(replace(graph, ops=tuple(producers.values()), outputs=edges))


def without_unread(graph: Graph) -> Graph:
    """Give the graph without the operators whose output reaches no output of the graph."""
    needed = set(graph.kept)
    kept: list[Op] = []
    for op in reversed(graph.ops):
        if op.states or not needed.isdisjoint(op.outputs):
            kept.append(op)
            needed.update(op.inputs)
    return graph if len(kept) == len(graph.ops) else graph.with_ops(tuple(reversed(kept)))


def read_once(graph: Graph, tensor: Tensor) -> bool:
    """Tell whether one operator reads `tensor` and the graph does not give it out."""
    return len(graph.consumers.get(tensor, ())) == 1 and tensor not in graph.kept


def with_operands(op: Op, standins: Mapping[Tensor, Tensor]) -> Op:
    """Give `op` with operands replaced by the tensors that stand for them; the output stays."""
    changes: dict[str, Any] = {}
    for field in fields(op):
        value = getattr(op, field.name)
        is_read = field.metadata.get("role") is not Role.OUTPUT
        if isinstance(value, Tensor) and value in standins and is_read:
            changes[field.name] = standins[value]
        elif isinstance(value, tuple) and any(_is_replaced(item, standins) for item in value):
            changes[field.name] = tuple(standins.get(item, item) for item in value)
    return replace(op, **changes) if changes else op


def _is_state_read(result: Op | Tensor, state: Tensor) -> bool:
    """Tell whether what stands for the operator that writes a state no longer may write it."""
    return isinstance(result, Tensor | Reshape) or state in result.inputs


def _shows(result: Op | Tensor, states: Collection[Tensor]) -> bool:
    """Tell whether `result` is only another name for the bytes of one of `states`."""
    shown = result.input if isinstance(result, Reshape) else result
    return isinstance(shown, Tensor) and shown in states


def _is_replaced(item: object, standins: Mapping[Tensor, Tensor]) -> bool:
    return isinstance(item, Tensor) and item in standins


def _with_tensor(edge: Edge, standins: Mapping[Tensor, Tensor]) -> Edge:
    tensor = standins.get(edge.tensor)
    return edge if tensor is None else replace(edge, tensor=tensor)
