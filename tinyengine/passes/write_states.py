"""Let operators write states themselves, where a copy into the state is all that reads them."""

from collections.abc import Mapping
from dataclasses import replace

from tinyengine.ir import Graph, Op, Reshape, Slice, Tensor, Window
from tinyengine.passes.rewrite import read_once


def write_states(graph: Graph) -> Graph:
    """Give the graph without copies into states of what nothing else reads.

    The operator that made it takes the place of the copy. Windows keep theirs: they are streamed
    with their neighbours, and what writes a state is not.
    """
    taken: dict[Op, Op] = {}
    changed = frozenset[Tensor]()
    for op in graph.ops:
        maker = _maker(graph, op)
        if maker is not None and changed.isdisjoint(_read(graph.seen_states, maker)):
            taken[maker] = op
        changed |= {*op.states, *(t for t in op.outputs if t in graph.state_tensors)}
    if not taken:
        return graph
    made = {copy: replace(maker, output=copy.output) for maker, copy in taken.items()}
    return graph.with_ops(tuple(made.get(op, op) for op in graph.ops if op not in taken))


def _maker(graph: Graph, op: Op) -> Op | None:
    """Give the operator that could write the state that `op` copies into, where there is one."""
    if not isinstance(op, Slice) or op.output not in graph.state_tensors:
        return None
    made, state = op.input, op.output
    is_copy = made.shape == state.shape and not any(op.begin) and made.quantized_like(state)
    maker = graph.producers.get(made)
    if maker is None or isinstance(maker, Reshape | Window) or not is_copy:
        return None
    is_alone = len(maker.outputs) == 1 and not maker.states and read_once(graph, made)
    return maker if is_alone and state not in _read(graph.seen_states, maker) else None


def _read(seen: Mapping[Tensor, Tensor], op: Op) -> frozenset[Tensor]:
    """Give the states that `op` reads."""
    return frozenset(seen[tensor] for tensor in op.inputs if tensor in seen)
