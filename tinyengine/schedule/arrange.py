"""Lay blocks out in an arena: buffers, how close they may come, offsets."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinyengine.errors import ArenaError
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.choose.selection import Kernels
from tinyengine.schedule.blocks.detour import rewritten
from tinyengine.schedule.blocks.paths import Cut
from tinyengine.schedule.place.buffers import make_buffers
from tinyengine.schedule.place.offsets import Placing, aligned, place
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import Block, Buffer, Plan, Searched, Step, bank_nbytes
from tinyengine.schedule.storage import executed, operands, storage_roots, strips_of


def lay_out_cut(graph: Graph, cut: Cut, walls: tuple[int, ...] = ()) -> Plan:
    """Give the plan that runs the blocks of `cut`, of `graph` as the cut rewrites it."""
    plan = lay_out(rewritten(graph, cut.rewrite), cut.blocks, walls)
    return replace(plan, origins=cut.origins)


def lay_out(graph: Graph, blocks: Sequence[Block], walls: tuple[int, ...] = ()) -> Plan:
    """Give the plan that runs `blocks` in order, with offsets for all that they hold."""
    buffers, scratch = make_buffers(graph, blocks)
    distances = _distances(graph, blocks, buffers)
    offsets, first = _place_states(graph, buffers, walls)
    placing = Placing(
        buffers=tuple(buffer for buffer in buffers if not buffer.persistent),
        distances=distances,
        walls=tuple(wall - first for wall in walls),
    )
    placed = place(placing, bound=_lower_bound(placing, len(blocks)))
    offsets |= {buffer: offset + first for buffer, offset in placed.offsets.items()}
    return Plan(
        graph=graph,
        blocks=tuple(blocks),
        buffers=buffers,
        offsets=offsets,
        scratch=scratch,
        arena_nbytes=sum(bank_nbytes(offsets, walls)),
        strips=strips_of(graph),
        walls=walls,
        searched=Searched(placement=placed.is_exact),
    )


def _place_states(
    graph: Graph, buffers: Sequence[Buffer], walls: tuple[int, ...]
) -> tuple[dict[Buffer, int], int]:
    """Give the offsets of the states, one after the other from 0 on, and where the rest begins."""
    offsets, end = dict[Buffer, int](), 0
    for buffer in (buffer for buffer in buffers if buffer.persistent):
        offsets[buffer], end = end, end + aligned(buffer.nbytes)
    if walls and end > walls[0]:
        problem = f"its state of {end:,} bytes does not fit the {walls[0]:,} of the first bank"
        raise ArenaError(graph.name, problem)
    return offsets, end


def savings(graph: Graph, kernels: Kernels) -> dict[tuple[Op, Tensor], int]:
    """Give the bytes that each operator's output can share with each operand's bytes."""
    roots = storage_roots(graph)
    savings: dict[tuple[Op, Tensor], int] = {}
    for op in executed(graph):
        for tensor in operands(op):
            key = (op, roots[tensor])
            shared = max(
                output.nbytes - safe_distance(op, kernels.whole[op], tensor, output)
                for output in op.outputs
            )
            savings[key] = min(shared, savings.get(key, shared))
    return savings


def _distances(
    graph: Graph, blocks: Sequence[Block], buffers: Sequence[Buffer]
) -> dict[tuple[Buffer, Buffer], int]:
    """Give the distance of each output from each operand that dies in the block that writes it.

    Strips of columns have none: what is held whole beside them is not consumed row by row.
    """
    strips = strips_of(graph)
    buffer_of = {tensor: buffer for buffer in buffers for tensor in buffer.tensors}
    distances: dict[tuple[Buffer, Buffer], int] = {}
    for index, block in enumerate(blocks):
        dying = {
            tensor: buffer_of[tensor]
            for step in block.steps
            for tensor in operands(step.op)
            if tensor not in strips and _dies(buffer_of[tensor], index)
        }
        for step, written in [(each, t) for each in block.steps for t in each.op.outputs]:
            output = buffer_of[written]
            is_whole = output.rows is None and written not in strips and not output.persistent
            for tensor, operand in dying.items():
                if is_whole and tensor is not written:
                    least = _distance(block, step, tensor, written)
                    pair = (output, operand)
                    distances[pair] = max(least, distances.get(pair, 0))
    return distances


def _dies(operand: Buffer, block: int) -> bool:
    """Tell whether `operand` came from an earlier block and is not needed after this one."""
    lifetime = operand.lifetime
    return lifetime.last == block + 1 and operand.rows is None


def _distance(block: Block, step: Step, operand: Tensor, output: Tensor) -> int:
    if block.stream is None:
        return safe_distance(step.op, step.kernel, operand, output)
    return block.stream.distance(output, operand)


def _lower_bound(placing: Placing, blocks: int) -> int:
    """Give bytes that no placement of these buffers can go below."""
    changes = np.zeros(max(blocks, 1) + 2, np.int64)
    for buffer in placing.buffers:
        changes[buffer.lifetime.first] += buffer.nbytes
        changes[buffer.lifetime.last] -= buffer.nbytes
    for (out, operand), distance in placing.distances.items():
        first = max(out.lifetime.first, operand.lifetime.first)
        last = min(out.lifetime.last, operand.lifetime.last)
        if first < last:
            changes[first] -= out.nbytes - distance
            changes[last] += out.nbytes - distance
    return int(max(np.cumsum(changes)[: max(blocks, 1)].max(), 0))
