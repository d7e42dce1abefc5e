"""Check that a graph means something: its order, and what each operator asks of its operands."""

import math
from collections import Counter
from collections.abc import Iterator
from enum import Enum

from tinyengine.ir.elements import INTEGERS, float_faults
from tinyengine.ir.graph import Graph
from tinyengine.ir.ops import Op, Reshape
from tinyengine.ir.shapes import SHAPES
from tinyengine.ir.tensor import DType, Quantization, Tensor


class Level(Enum):
    """What the elements of a graph are: it is one IR on two levels."""

    FLOAT = "float"
    """float32, not quantized; as importers of float models give it, and quantization takes it."""

    INTEGER = "integer"
    """Integers with their quantization: what is compiled."""


def verify(graph: Graph, level: Level = Level.INTEGER, *, before: Graph | None = None) -> None:
    """Assert that `graph` is valid on `level`; importers and passes promise that it is.

    What it has of a valid graph `before` it is not looked at again, but for where it stands.
    """
    faults = find_faults(graph, level, before=before)
    assert not faults, "\n".join((f"graph '{graph.name}' is not valid:", *faults))


def find_faults(
    graph: Graph, level: Level = Level.INTEGER, *, before: Graph | None = None
) -> tuple[str, ...]:
    """Give all that is wrong with `graph`, each with the operator or tensor; empty: valid.

    Operators and tensors of a valid graph `before` it are known to be right by themselves.
    """
    if graph is before:
        return ()
    faults = [*_order(graph), *_states(graph), *_edges(graph, level)]
    known = frozenset[Op]() if before is None else frozenset(before.ops)
    right = frozenset[Tensor]() if before is None else frozenset(_tensors(before))
    for tensor in (each for each in _tensors(graph) if each not in right):
        faults += [f"tensor '{tensor.name}': {fault}" for fault in _tensor_faults(tensor, level)]
    if not faults:  # The operators' checks rely on well-formed tensors.
        faults = [
            f"{op.source}: {fault}"
            for op in graph.ops
            if op not in known
            for fault in find_op_faults(op, level)
        ]
    return tuple(faults)


def find_op_faults(op: Op, level: Level = Level.INTEGER) -> tuple[str, ...]:
    """Give how `op`'s operands, attributes and output disagree; its tensors are well-formed."""
    elements = float_faults if level is Level.FLOAT else INTEGERS[type(op)]
    return (*elements(op), *SHAPES[type(op)](op))


# -- the graph --------------------------------------------------------------------------------


def _tensors(graph: Graph) -> Iterator[Tensor]:
    found = dict.fromkeys(graph.given)
    for op in graph.ops:
        found |= dict.fromkeys((*op.inputs, *op.outputs))
    yield from found | dict.fromkeys(graph.output_tensors)


def _order(graph: Graph) -> Iterator[str]:
    known = set(graph.given)
    states = set(graph.state_tensors)
    for op in graph.ops:
        for tensor in op.inputs:
            if not tensor.is_const and tensor not in known:
                yield f"{op.source}: reads '{tensor.name}' before anything produces it"
        for tensor in op.outputs:
            if tensor.is_const:
                yield f"{op.source}: writes the constant '{tensor.name}'"
            if tensor in known - states:
                yield f"{op.source}: '{tensor.name}' is produced a second time"
            known.add(tensor)


def _states(graph: Graph) -> Iterator[str]:
    """Check that every state is read as it was before the run, and written once after that."""
    states, seen, written = set(graph.state_tensors), graph.seen_states, set[Tensor]()
    for state in graph.states:
        tensor, first = state.tensor, state.first
        if tensor.is_const or tensor in graph.input_tensors:
            yield f"state '{tensor.name}': is a constant or an input"
        if first.shape != tensor.shape or first.dtype != tensor.dtype.numpy:
            yield f"state '{tensor.name}': begins as {first.dtype} {first.shape}"
    for op in graph.ops:
        for tensor in dict.fromkeys((*op.inputs, *op.outputs)):
            if seen.get(tensor) in written:
                yield f"{op.source}: state '{tensor.name}' has been written before"
        yield from (f"{op.source}: {fault}" for fault in _state_faults(op, states))
        written |= {*op.states, *(states & set(op.outputs))}
    for edge in graph.outputs:
        if edge.tensor not in states and seen.get(edge.tensor) in written:
            yield f"output '{edge.name}': is a state that has been written before"


def _state_faults(op: Op, states: set[Tensor]) -> Iterator[str]:
    for tensor in op.states:
        if tensor not in states:
            yield f"changes '{tensor.name}', which is no state"
    if states & set(op.outputs) & set(op.inputs):
        yield "reads the state that is its output"
    if isinstance(op, Reshape) and op.output in states:
        yield "is only another shape, and gives a state no value"


def _edges(graph: Graph, level: Level) -> Iterator[str]:
    for tensor, count in Counter(graph.input_tensors).items():
        if count > 1:
            yield f"input '{tensor.name}': stands {count} times among the inputs"
        if tensor.is_const:
            yield f"input '{tensor.name}': is a constant"
    if not graph.outputs:
        yield "there is no output"
    for edge in graph.outputs:
        tensor = edge.tensor
        made = tensor in graph.producers or tensor in graph.given or tensor.is_const
        if not made:
            yield f"output '{edge.name}': nothing produces '{tensor.name}'"
    for edge in (*graph.inputs, *graph.outputs):
        is_converted = edge.dtype is DType.FLOAT32 and level is Level.INTEGER
        if is_converted and edge.tensor.quant is None:
            yield f"edge '{edge.name}': is float32, but its tensor is not quantized"
        if edge.dtype not in (DType.FLOAT32, edge.tensor.dtype):
            yield f"edge '{edge.name}': is {edge.dtype.value}, its tensor {edge.tensor.dtype.value}"


def _tensor_faults(tensor: Tensor, level: Level) -> Iterator[str]:
    if any(n < 1 for n in tensor.shape):
        yield f"shape {tensor.shape} has a dimension below 1"
    if tensor.dtype.is_float and level is Level.INTEGER:
        yield f"is {tensor.dtype.value}; tensors are integers"
    if tensor.quant is not None and level is Level.FLOAT:
        yield "is quantized in a float graph"
    if tensor.data is not None:
        if tensor.data.shape != tensor.shape or tensor.data.dtype != tensor.dtype.numpy:
            wanted = f"{tensor.dtype.value} {tensor.shape}"
            yield f"its data is {tensor.data.dtype} {tensor.data.shape}, not {wanted}"
        elif tensor.dtype.bits < 8:
            least, greatest = tensor.dtype.limits
            if tensor.data.min() < least or tensor.data.max() > greatest:
                yield f"its data is not {tensor.dtype.value}: outside [{least}, {greatest}]"
        if tensor.data.flags.writeable:
            yield "its data is writeable"
    if tensor.quant is not None and tensor.dtype is not DType.INT32:
        yield from _quant_faults(tensor, tensor.quant)


def _quant_faults(tensor: Tensor, quant: Quantization) -> Iterator[str]:
    if len(quant.scale) != len(quant.zero_point) or not quant.scale:
        yield f"has {len(quant.scale)} scales and {len(quant.zero_point)} zero points"
    if not all(math.isfinite(scale) and scale > 0 for scale in quant.scale):
        yield "has a scale that is not positive and finite"
    if not tensor.dtype.is_float:
        least, greatest = tensor.dtype.limits
        if not all(least <= point <= greatest for point in quant.zero_point):
            yield f"has a zero point outside [{least}, {greatest}]"
    if quant.per_channel:
        fits = quant.axis < len(tensor.shape) and tensor.shape[quant.axis] == len(quant.scale)
        if not fits:
            yield f"has {len(quant.scale)} scales along axis {quant.axis} of {tensor.shape}"
