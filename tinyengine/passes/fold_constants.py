"""Compute at compile time what depends on constants only, as far as that is small."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.passes.rewrite import rewrite
from tinyengine.reference.execute import evaluate

MOST_NBYTES = 4 << 20
"""Bytes of one constant that folding may make; it takes some twenty times as many meanwhile."""

MOST_TOTAL_NBYTES = 16 << 20
"""Bytes of all constants that it may make of one model."""


def fold_constants(graph: Graph) -> Graph:
    """Replace operators whose operands are all constant by their value.

    Raises ModelError where a value, or all of them together, would be larger than any flash.
    """
    made = 0

    def fold(op: Op, _: Mapping[Tensor, Op]) -> Op | Tensor:
        """Give the constant that `op` computes, if its operands are constant."""
        nonlocal made
        if not all(tensor.is_const for tensor in op.inputs):
            return op
        made += op.output.nbytes
        if op.output.nbytes > MOST_NBYTES or made > MOST_TOTAL_NBYTES:
            raise _too_large(graph, op, made)
        value = np.array(evaluate(op, [tensor.values for tensor in op.inputs]), order="C")
        value.flags.writeable = False
        return replace(op.output, data=value)

    return rewrite(graph, fold)


def _too_large(graph: Graph, op: Op, made: int) -> ModelError:
    """Say which constant is too large, or with which all of them are."""
    where = f"{graph.name}: {op.source}"
    if op.output.nbytes > MOST_NBYTES:
        problem = (
            f"constants become one of {op.output.nbytes:,} bytes; {MOST_NBYTES:,} are the most"
        )
    else:
        problem = f"constants become {made:,} bytes in all; {MOST_TOTAL_NBYTES:,} are the most"
    return ModelError(where, problem, hint="give the operator an input that is smaller")
