"""Compute spatial operators on several images one image at a time: kernels know one."""

from dataclasses import replace

from tinyengine.ir import Conv2D, Graph, Op, Padding, Reshape, Resize, Tensor, Window
from tinyengine.passes.split import Splitter, expand


def split_batches(graph: Graph) -> Graph:
    """Give the graph with windows and resizing of [N, H, W, C] as N operators on [1, H, W, C].

    A convolution that looks at single pixels sees the images as one of N times the height instead.
    """
    splitter = Splitter(0, "batch")

    def pieces(op: Op) -> tuple[Op, ...] | None:
        """Give an operator for every image, None where there is one image."""
        if not isinstance(op, Window | Resize) or op.input.shape[0] == 1:
            return None
        if isinstance(op, Conv2D) and _is_pointwise(op):
            return _as_one_image(op)
        return _by_image(op, splitter)

    return expand(graph, pieces)


def _by_image(op: Window | Resize, splitter: Splitter) -> tuple[Op, ...]:
    count = op.input.shape[0]
    inputs, slices = splitter.cut(op.source, op.input, count)
    outputs = splitter.parts_of(op.output, count)
    parts = [replace(op, input=x, output=y) for x, y in zip(inputs, outputs, strict=True)]
    return (*slices, *parts, splitter.join(op.source, outputs, op.output))


def _is_pointwise(op: Conv2D) -> bool:
    is_dense = (op.stride_h, op.stride_w) == (1, 1) and op.padding == Padding()
    return is_dense and op.weight.shape[1:3] == (1, 1)


def _as_one_image(op: Conv2D) -> tuple[Op, ...]:
    before, after = _stacked(op.input), _stacked(op.output)
    return (
        Reshape(source=op.source, input=op.input, output=before),
        replace(op, input=before, output=after),
        Reshape(source=op.source, input=after, output=op.output),
    )


def _stacked(tensor: Tensor) -> Tensor:
    n, h, w, c = tensor.shape
    return replace(tensor, name=f"{tensor.name}/stacked", shape=(1, n * h, w, c))
