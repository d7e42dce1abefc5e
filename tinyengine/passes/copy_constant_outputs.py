"""Let an operator write each output that is a constant of the model."""

from dataclasses import replace

from tinyengine.ir import Edge, Graph, Op, Slice, Source, Tensor


def copy_constant_outputs(graph: Graph) -> Graph:
    """Give the graph with a copy of every constant that it gives out, one for all its edges."""
    copies: dict[Tensor, Op] = {}
    for edge in graph.outputs:
        if edge.tensor.is_const and edge.tensor not in copies:
            copies[edge.tensor] = _copy(edge)
    if not copies:
        return graph
    outputs = tuple(
        replace(edge, tensor=copies[edge.tensor].output) if edge.tensor in copies else edge
        for edge in graph.outputs
    )
    return replace(graph, ops=(*graph.ops, *copies.values()), outputs=outputs)


def _copy(edge: Edge) -> Op:
    """Give what writes the constant of `edge`; no operator of the model does."""
    source = Source(index=-1, opcode="OUTPUT", name=edge.name)
    rank = len(edge.tensor.shape)
    return Slice(
        source=source,
        input=edge.tensor,
        output=replace(edge.tensor, data=None),
        begin=(0,) * rank,
        strides=(1,) * rank,
    )
