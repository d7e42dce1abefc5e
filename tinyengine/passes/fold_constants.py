"""Compute at compile time what depends on constants only."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.passes.rewrite import rewrite
from tinyengine.reference.execute import evaluate


def fold_constants(graph: Graph) -> Graph:
    """Replace operators whose operands are all constant by their value."""
    return rewrite(graph, _fold)


def _fold(op: Op, _: Mapping[Tensor, Op]) -> Op | Tensor:
    if not all(tensor.is_const for tensor in op.inputs):
        return op
    value = np.array(evaluate(op, [tensor.values for tensor in op.inputs]), order="C")
    value.flags.writeable = False
    return replace(op.output, data=value)
