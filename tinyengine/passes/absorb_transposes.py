"""Let weights take the order in which values stand in memory: a transpose before them goes."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.ir import FullyConnected, Graph, Op, Reshape, Tensor, Transpose
from tinyengine.passes.rewrite import rewrite


def absorb_transposes(graph: Graph) -> Graph:
    """Give the graph without transposes whose result is flattened for a matrix product.

    The product adds up the same terms in another order: the columns of its weights are permuted as
    the values were. Exporters write that where an image [C, H, W] is flattened.
    """
    return rewrite(graph, _absorb)


def _absorb(op: Op, producers: Mapping[Tensor, Op]) -> Op:
    if not isinstance(op, FullyConnected):
        return op
    reshape = producers.get(op.input)
    transpose = producers.get(reshape.input) if isinstance(reshape, Reshape) else reshape
    if not isinstance(transpose, Transpose) or transpose.output.elements != op.weight.shape[1]:
        return op
    moved = np.arange(transpose.input.elements).reshape(transpose.input.shape)
    places = moved.transpose(transpose.perm).reshape(-1)
    data = np.empty_like(op.weight.values)
    data[:, places] = op.weight.values
    data.flags.writeable = False
    return replace(op, input=transpose.input, weight=replace(op.weight, data=data))
