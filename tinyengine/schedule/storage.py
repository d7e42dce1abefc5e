"""Which tensors need bytes of their own: reshaped tensors are other names of the same bytes."""

from tinyengine.ir import Graph, Op, Reshape, Tensor


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


def operands(op: Op) -> tuple[Tensor, ...]:
    """Give the activations of `op` that are in memory: no constants, each once."""
    return tuple(tensor for tensor in dict.fromkeys(op.activations) if not tensor.is_const)
