"""Drop operators that change nothing, and merge reshapes and transposes in a row."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.ir import (
    Concatenation,
    Graph,
    Lookup,
    Op,
    Pad,
    Quantize,
    Reshape,
    Slice,
    Tensor,
    Transpose,
)
from tinyengine.passes.rewrite import rewrite


def drop_identities(graph: Graph) -> Graph:
    """Drop operators whose output is their input.

    Operators that move no byte but change the shape (or the scale that the bytes are read with)
    become a Reshape, which costs nothing; reshapes in a row become one, and so do transposes.
    """
    return rewrite(graph, _simplify)


def _simplify(op: Op, producers: Mapping[Tensor, Op]) -> Op | Tensor:
    op = _merge_transposes(op, producers)
    source = _same_bytes(op)
    if source is None:
        return op
    before = producers.get(source)
    origin = before.input if isinstance(before, Reshape) else source
    for tensor in (source, origin):
        if tensor.shape == op.output.shape and tensor.quantized_like(op.output):
            return tensor
    return Reshape(source=op.source, input=origin, output=op.output)


def _merge_transposes(op: Op, producers: Mapping[Tensor, Op]) -> Op:
    """Let a Transpose of a Transpose read what the first one reads."""
    before = producers.get(op.input) if isinstance(op, Transpose) else None
    if not isinstance(op, Transpose) or not isinstance(before, Transpose):
        return op
    return replace(op, input=before.input, perm=tuple(before.perm[i] for i in op.perm))


def _same_bytes(op: Op) -> Tensor | None:
    """Give the operand whose bytes are `op`'s output's bytes, or None if `op` does work."""
    match op:
        case Reshape():
            return op.input
        case Pad() if all(pair == (0, 0) for pair in op.pads):
            return op.input
        case Transpose() if _keeps_order(op):
            return op.input
        case Slice() if op.input.shape == op.output.shape and _is_forward(op):
            return op.input
        case Concatenation(operands=(only,)):
            return only
        case Quantize() if op.input.quantized_like(op.output):
            return op.input
        case Lookup() if np.array_equal(op.table, np.arange(-128, 128)):
            return op.input
        case _:
            return None


def _keeps_order(op: Transpose) -> bool:
    """Tell whether only dimensions of size 1 change their place."""
    moved = [i for i in op.perm if op.input.shape[i] > 1]
    return moved == sorted(moved)


def _is_forward(op: Slice) -> bool:
    """Tell whether a slice of the full shape takes no dimension backwards."""
    return all(begin == 0 for begin in op.begin)
