"""Turn blocks into buffers: which bytes must be held, and for how long."""

from collections.abc import Mapping, Sequence

from tinyengine.errors import counted
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.schedule.blocks.stream import ring_nbytes
from tinyengine.schedule.plan import Block, Buffer, Lifetime, Step
from tinyengine.schedule.storage import operands, storage_roots


def make_buffers(
    graph: Graph, blocks: Sequence[Block]
) -> tuple[tuple[Buffer, ...], dict[Op, Buffer]]:
    """Give all buffers that `blocks` need, and among them the scratch of each step that has any.

    Tensors come first, each with the other names of its bytes, then rings and scratch block by
    block; the steps of a block share their scratch, but for those that consume rows.
    """
    roots = storage_roots(graph)
    rings = {tensor for block in blocks if block.stream for tensor in block.stream.rings}
    members: dict[Tensor, list[Tensor]] = {}
    for tensor, root in roots.items():
        others = members.setdefault(root, [root])
        if tensor is not root:
            others.append(tensor)
    lifetimes = _lifetimes(graph, blocks, roots)
    buffers = [
        Buffer(
            name=root.name,
            tensors=tuple(names),
            nbytes=root.nbytes,
            lifetime=lifetimes[root],
            persistent=root in graph.state_tensors,
        )
        for root, names in members.items()
        if root not in rings
    ]
    scratch: dict[Op, Buffer] = {}
    for index, block in enumerate(blocks):
        life = Lifetime(first=index, last=index + 1)
        buffers += _rings(block, life, members)
        shared, own = _scratch_needs({step: scratch_nbytes(step) for step in block.steps})
        for ops, nbytes in [(tuple(shared), max(shared.values(), default=0)), *own]:
            if nbytes:
                buffer = Buffer(name="scratch", tensors=(), nbytes=nbytes, lifetime=life)
                scratch |= dict.fromkeys(ops, buffer)
                buffers.append(buffer)
    return tuple(buffers), scratch


def scratch_nbytes(step: Step) -> int:
    """Give the scratch bytes of one step."""
    return step.kernel.scratch_nbytes(step.op) if step.kernel.scratch_nbytes else 0


def block_scratch_nbytes(needs: Mapping[Step, int]) -> int:
    """Give the scratch bytes of a block as a whole, of what each of its steps `needs`."""
    shared, own = _scratch_needs(needs)
    return max(shared.values(), default=0) + sum(nbytes for _, nbytes in own)


def _scratch_needs(
    needs: Mapping[Step, int],
) -> tuple[dict[Op, int], list[tuple[tuple[Op], int]]]:
    """Give the scratch that steps can share, one after the other, and what they need alone.

    A step that consumes rows keeps its scratch from its first call to its last.
    """
    shared = {step.op: need for step, need in needs.items() if not step.kernel.consumes}
    own = [((step.op,), need) for step, need in needs.items() if step.kernel.consumes]
    return shared, own


def _rings(
    block: Block, life: Lifetime, members: Mapping[Tensor, Sequence[Tensor]]
) -> list[Buffer]:
    if block.stream is None:
        return []
    return [
        Buffer(
            name=f"{counted(rows, 'row')} of {tensor.name}",
            tensors=tuple(members[tensor]),
            nbytes=ring_nbytes(tensor, rows),
            lifetime=life,
            rows=rows,
        )
        for tensor, rows in block.stream.rings.items()
    ]


def _lifetimes(
    graph: Graph, blocks: Sequence[Block], roots: dict[Tensor, Tensor]
) -> dict[Tensor, Lifetime]:
    first = {roots[tensor]: 0 for tensor in graph.given}
    last = {roots[tensor]: 1 for tensor in graph.given}
    for index, block in enumerate(blocks):
        for step in block.steps:
            for tensor in step.op.outputs:
                first.setdefault(roots[tensor], index)
                last[roots[tensor]] = index + 1
            for tensor in operands(step.op):
                last[roots[tensor]] = index + 1
    for tensor in graph.kept:
        last[roots[tensor]] = len(blocks) + 1
    return {root: Lifetime(first=first[root], last=last[root]) for root in first}
