"""Turn an operator order into buffers: which bytes must be held, and for how long."""

from collections.abc import Sequence

from tinyengine.ir import Graph, Op, Reshape, Tensor
from tinyengine.schedule.plan import Buffer, Lifetime, Step


def executed(graph: Graph) -> tuple[Op, ...]:
    """Give the operators that run; a Reshape is only another name for the same bytes."""
    return tuple(op for op in graph.ops if not isinstance(op, Reshape))


def storage_roots(graph: Graph) -> dict[Tensor, Tensor]:
    """Give for each activation the tensor whose bytes it is (itself unless reshaped)."""
    roots = {tensor: tensor for tensor in graph.input_tensors}
    for op in graph.ops:
        is_alias = isinstance(op, Reshape) and not op.input.is_const
        roots[op.output] = roots[op.input] if is_alias and isinstance(op, Reshape) else op.output
    return roots


def make_buffers(graph: Graph, steps: Sequence[Step]) -> tuple[tuple[Buffer, ...], dict[Op, Buffer]]:
    """Give all buffers that `steps` need, tensors first, and the scratch buffer of each step."""
    roots = storage_roots(graph)
    members: dict[Tensor, list[Tensor]] = {}
    for tensor, root in roots.items():
        members.setdefault(root, []).append(tensor)
    lifetimes = _lifetimes(graph, steps, roots)
    buffers = [
        Buffer(name=root.name, tensors=tuple(names), nbytes=root.nbytes, lifetime=lifetimes[root])
        for root, names in members.items()
    ]
    scratch: dict[Op, Buffer] = {}
    for index, step in enumerate(steps):
        nbytes = step.kernel.scratch_nbytes(step.op) if step.kernel.scratch_nbytes else 0
        if nbytes:
            life = Lifetime(first=index, last=index + 1)
            name = f"scratch of {step.op.output.name}"
            scratch[step.op] = Buffer(name=name, tensors=(), nbytes=nbytes, lifetime=life)
    return (*buffers, *scratch.values()), scratch


def _lifetimes(
    graph: Graph, steps: Sequence[Step], roots: dict[Tensor, Tensor]
) -> dict[Tensor, Lifetime]:
    first = {roots[tensor]: 0 for tensor in graph.input_tensors}
    last = {roots[tensor]: 1 for tensor in graph.input_tensors}
    for index, step in enumerate(steps):
        first.setdefault(step.op.output, index)
        last[step.op.output] = index + 1
        for tensor in step.op.activations:
            if not tensor.is_const:
                last[roots[tensor]] = index + 1
    for tensor in graph.output_tensors:
        last[roots[tensor]] = len(steps) + 1
    return {root: Lifetime(first=first[root], last=last[root]) for root in first}
