"""Make a plan: order, kernels, blocks, lifetimes, distances, offsets; then have it checked."""

from collections.abc import Mapping, Sequence

from tinyengine.board.types import Isa
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.registry import select_kernels
from tinyengine.kernels.spec import Kernel
from tinyengine.schedule.buffers import make_buffers
from tinyengine.schedule.checker import check_plan
from tinyengine.schedule.offsets import Placing, place
from tinyengine.schedule.order import best_order
from tinyengine.schedule.overlap import safe_distance
from tinyengine.schedule.plan import ALIGNMENT, Block, Buffer, Lifetime, Plan, Step
from tinyengine.schedule.search import BlockSearch
from tinyengine.schedule.storage import executed, operands, storage_roots

_SLACK_STEPS = 12
"""Peaks above the least one that are tried until offsets are found within them."""


def plan_layers(graph: Graph, isa: Isa) -> Plan:
    """Plan `graph` operator by operator: one block each, all rows of it.

    Raises ModelError where no kernel for `isa` accepts an operator.
    """
    kernels = select_kernels(graph, isa)
    return plan_layers_with(graph, kernels)


def plan_layers_with(graph: Graph, kernels: Mapping[Op, Kernel]) -> Plan:
    """Plan `graph` operator by operator with the given kernels, and check the plan."""
    order = best_order(graph, _savings(graph, kernels))
    blocks = tuple(Block(steps=(Step(op=op, kernel=kernels[op]),)) for op in order)
    return _checked(lay_out(graph, blocks))


def plan_least_sram(graph: Graph, kernels: Mapping[Op, Kernel]) -> Plan:
    """Plan `graph` in the fewest bytes that blocks of streamed operators reach."""
    order = best_order(graph, _savings(graph, kernels))
    search = BlockSearch(graph, order, kernels)
    least = search.least_peak()
    best: Plan | None = None
    for step in range(_SLACK_STEPS):
        blocks = search.cut(least + least * step // 64)
        assert blocks is not None, "a peak that the search found cannot be cut"
        plan = lay_out(graph, blocks)
        if best is None or plan.arena_nbytes < best.arena_nbytes:
            best = plan
        if best.arena_nbytes <= least + least * (step + 1) // 64:
            break
    assert best is not None, "no plan was made"
    return _checked(best)


def lay_out(graph: Graph, blocks: Sequence[Block]) -> Plan:
    """Give the plan that runs `blocks` in order, with offsets for all that they hold."""
    buffers, scratch = make_buffers(graph, blocks)
    placing = Placing(buffers=buffers, distances=_distances(blocks, buffers))
    offsets = place(placing, bound=_lower_bound(placing, len(blocks)))
    extent = max((offsets[b] + b.nbytes for b in buffers), default=0)
    return Plan(
        graph=graph,
        blocks=tuple(blocks),
        buffers=buffers,
        offsets=offsets,
        scratch=scratch,
        arena_nbytes=-(-extent // ALIGNMENT) * ALIGNMENT,
    )


def _checked(plan: Plan) -> Plan:
    check_plan(plan)
    return plan


def _savings(graph: Graph, kernels: Mapping[Op, Kernel]) -> dict[tuple[Op, Tensor], int]:
    """Give the bytes that each operator's output can share with each operand's bytes."""
    roots = storage_roots(graph)
    savings: dict[tuple[Op, Tensor], int] = {}
    for op in executed(graph):
        for tensor in operands(op):
            key = (op, roots[tensor])
            shared = op.output.nbytes - safe_distance(op, kernels[op], tensor)
            savings[key] = min(shared, savings.get(key, shared))
    return savings


def _distances(
    blocks: Sequence[Block], buffers: Sequence[Buffer]
) -> dict[tuple[Buffer, Buffer], int]:
    """Give the distance of each output from each operand that dies in the block that writes it."""
    buffer_of = {tensor: buffer for buffer in buffers for tensor in buffer.tensors}
    distances: dict[tuple[Buffer, Buffer], int] = {}
    for index, block in enumerate(blocks):
        dying = {
            tensor: buffer_of[tensor]
            for step in block.steps
            for tensor in operands(step.op)
            if _dies(buffer_of[tensor], index)
        }
        for step in block.steps:
            output = buffer_of[step.op.output]
            for tensor, operand in dying.items():
                if output.rows is None and tensor is not step.op.output:
                    least = _distance(block, step, tensor)
                    pair = (output, operand)
                    distances[pair] = max(least, distances.get(pair, 0))
    return distances


def _dies(operand: Buffer, block: int) -> bool:
    """Tell whether `operand` came from an earlier block and is not needed after this one."""
    lifetime = operand.lifetime
    return lifetime.last == block + 1 and operand.rows is None


def _distance(block: Block, step: Step, operand: Tensor) -> int:
    if block.stream is None:
        return safe_distance(step.op, step.kernel, operand)
    return block.stream.distance(step.op.output, operand)


def _lower_bound(placing: Placing, blocks: int) -> int:
    """Give bytes that no placement of these buffers can go below."""
    bound = 0
    for block in range(max(blocks, 1)):
        here = Lifetime(first=block, last=block + 1)
        live = {buffer for buffer in placing.buffers if buffer.lifetime.meets(here)}
        shared = sum(
            out.nbytes - distance
            for (out, operand), distance in placing.distances.items()
            if out in live and operand in live
        )
        bound = max(bound, sum(buffer.nbytes for buffer in live) - shared)
    return bound
