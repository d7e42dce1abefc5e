"""Make a plan: order, kernels, lifetimes, distances, offsets; then have it checked."""

from collections.abc import Mapping

from tinyengine.board.types import Isa
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.registry import select_kernels
from tinyengine.kernels.spec import Kernel
from tinyengine.schedule.buffers import executed, make_buffers, storage_roots
from tinyengine.schedule.checker import check_plan
from tinyengine.schedule.offsets import Placing, place
from tinyengine.schedule.order import best_order
from tinyengine.schedule.overlap import safe_distance
from tinyengine.schedule.plan import ALIGNMENT, Block, BlockKind, Buffer, Lifetime, Plan, Step


def plan_layers(graph: Graph, isa: Isa) -> Plan:
    """Plan `graph` operator by operator: one block each, all rows of it.

    Raises ModelError where no kernel for `isa` accepts an operator.
    """
    kernels = select_kernels(graph, isa)
    distances = _distances(graph, kernels)
    savings = {
        (op, root): max(op.output.nbytes - distance, 0)
        for (op, root), distance in distances.items()
    }
    order = best_order(graph, savings)
    steps = tuple(Step(op=op, kernel=kernels[op]) for op in order)
    plan = _lay_out(graph, steps, distances)
    check_plan(plan)
    return plan


def _distances(graph: Graph, kernels: Mapping[Op, Kernel]) -> dict[tuple[Op, Tensor], int]:
    """Give the safe distance of each operator to each operand's bytes, in bytes."""
    roots = storage_roots(graph)
    distances: dict[tuple[Op, Tensor], int] = {}
    for op in executed(graph):
        for tensor in op.activations:
            if not tensor.is_const:
                key = (op, roots[tensor])
                least = safe_distance(op, kernels[op], tensor)
                distances[key] = max(least, distances.get(key, 0))
    return distances


def _lay_out(
    graph: Graph, steps: tuple[Step, ...], distances: Mapping[tuple[Op, Tensor], int]
) -> Plan:
    buffers, scratch = make_buffers(graph, steps)
    placing = Placing(buffers=buffers, distances=_allowed(steps, buffers, distances))
    offsets = place(placing, bound=_lower_bound(placing, len(steps)))
    extent = max((offsets[b] + b.nbytes for b in buffers), default=0)
    return Plan(
        graph=graph,
        blocks=tuple(Block(kind=BlockKind.LAYER, steps=(step,)) for step in steps),
        buffers=buffers,
        offsets=offsets,
        scratch=scratch,
        arena_nbytes=-(-extent // ALIGNMENT) * ALIGNMENT,
    )


def _allowed(
    steps: tuple[Step, ...],
    buffers: tuple[Buffer, ...],
    distances: Mapping[tuple[Op, Tensor], int],
) -> dict[tuple[Buffer, Buffer], int]:
    """Give the (output, operand) pairs that may overlap: the operand dies with the step."""
    buffer_of = {tensor: buffer for buffer in buffers for tensor in buffer.tensors}
    allowed = {}
    for index, step in enumerate(steps):
        for tensor in step.op.activations:
            if tensor.is_const:
                continue
            operand = buffer_of[tensor]
            if operand.lifetime.last == index + 1:
                pair = (buffer_of[step.op.output], operand)
                allowed[pair] = distances[step.op, operand.tensors[0]]
    return allowed


def _lower_bound(placing: Placing, steps: int) -> int:
    """Give bytes that no placement of these buffers can go below."""
    bound = 0
    for step in range(max(steps, 1)):
        here = Lifetime(first=step, last=step + 1)
        live = [buffer for buffer in placing.buffers if buffer.lifetime.meets(here)]
        shared = sum(
            out.nbytes - distance
            for (out, operand), distance in placing.distances.items()
            if out in live and operand in live
        )
        bound = max(bound, sum(buffer.nbytes for buffer in live) - shared)
    return bound
