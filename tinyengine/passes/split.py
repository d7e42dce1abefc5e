"""Split operators along a dimension: their pieces, and the operators that cut and join tensors."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tinyengine.ir import Concatenation, Graph, Op, Slice, Source, Tensor
from tinyengine.passes.rewrite import without_unread

Pieces = Callable[[Op], tuple[Op, ...] | None]
"""What computes an operator: others, of which the last writes its output; None: it itself."""


class Splitter:
    """Cuts tensors along one `axis`; what has been joined here is not cut again."""

    def __init__(self, axis: int, what: str) -> None:
        """Take the axis, and the word that names pieces: batch, group."""
        self._axis = axis
        self._what = what
        self._parts: dict[Tensor, tuple[Tensor, ...]] = {}

    def cut(
        self, source: Source, tensor: Tensor, count: int
    ) -> tuple[tuple[Tensor, ...], list[Op]]:
        """Give the `count` equal pieces of `tensor`, and the operators that make them."""
        known = self._parts.get(tensor, ())
        if len(known) == count:
            return known, []
        slices = [
            Slice(
                source=source,
                input=tensor,
                output=part,
                begin=self._at(number * part.shape[self._axis], len(part.shape)),
                strides=(1,) * len(part.shape),
            )
            for number, part in enumerate(self.parts_of(tensor, count))
        ]
        parts = tuple(op.output for op in slices)
        self._parts[tensor] = parts
        return parts, list(slices)

    def parts_of(self, tensor: Tensor, count: int) -> tuple[Tensor, ...]:
        """Give `count` new tensors like `tensor`, each as large as a piece of it."""
        shape = list(tensor.shape)
        shape[self._axis] //= count
        return tuple(
            replace(tensor, name=f"{tensor.name}/{self._what}_{number}", shape=tuple(shape))
            for number in range(count)
        )

    def join(self, source: Source, parts: Sequence[Tensor], output: Tensor) -> Op:
        """Give the operator that puts `parts` together as `output`."""
        self._parts[output] = tuple(parts)
        return Concatenation(source=source, operands=tuple(parts), axis=self._axis, output=output)

    def _at(self, index: int, rank: int) -> tuple[int, ...]:
        return tuple(index if axis == self._axis else 0 for axis in range(rank))


def expand(graph: Graph, pieces: Pieces) -> Graph:
    """Give the graph with every operator replaced by its `pieces`, less what nobody reads."""
    ops: list[Op] = []
    changed = False
    for op in graph.ops:
        made = pieces(op)
        changed |= made is not None
        ops += (op,) if made is None else made
    return without_unread(graph.with_ops(tuple(ops))) if changed else graph
