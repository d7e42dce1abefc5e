"""Let means read what a transpose before them reads: fewer values move, or none."""

from dataclasses import replace

from tinyengine.ir import Graph, Mean, Op, Tensor, Transpose
from tinyengine.passes.rewrite import read_once
from tinyengine.passes.split import expand


def sink_transposes(graph: Graph) -> Graph:
    """Give the graph with transposes behind the means that alone read them.

    A mean adds up the same terms in any order. Exporters write a global pooling of [C, H, W] as a
    transpose and a mean of each axis: what is left to transpose is a vector, which costs nothing.
    Where the mean would go over the last axis, whose elements are the channels of kernels, the
    transpose stays where it is.
    """
    transposes: dict[Tensor, Transpose] = {}

    def sink(op: Op) -> tuple[Op, ...] | None:
        """Give a mean and a transpose for a mean of a transposed tensor."""
        if isinstance(op, Transpose):
            transposes[op.output] = op
        before = transposes.get(op.input) if isinstance(op, Mean) else None
        if not isinstance(op, Mean) or before is None or not read_once(graph, before.output):
            return None
        moved = _exchanged(before, op)
        if moved is not None:
            transposes[op.output] = moved[1]
        return moved

    return expand(graph, sink)


def _exchanged(before: Transpose, mean: Mean) -> tuple[Mean, Transpose] | None:
    """Give the mean of what `before` reads and the transpose that gives its output, if any."""
    shape = before.input.shape
    axes = tuple(sorted(before.perm[axis] for axis in mean.axes))
    if not axes or axes[-1] == len(shape) - 1:
        return None
    kept = [axis for axis in range(len(shape)) if axis not in axes]
    if len(mean.output.shape) == len(shape):
        perm = before.perm
        reduced = tuple(size if axis in kept else 1 for axis, size in enumerate(shape))
    else:
        perm = tuple(kept.index(axis) for axis in before.perm if axis in kept)
        reduced = tuple(shape[axis] for axis in kept)
    output = replace(mean.output, name=f"{mean.output.name}/untransposed", shape=reduced)
    return (
        replace(mean, input=before.input, axes=axes, output=output),
        Transpose(source=mean.source, input=output, perm=perm, output=mean.output),
    )
