"""Rewrite a float graph into what the int8 format can say, exactly in real numbers."""

from collections.abc import Iterator
from dataclasses import replace

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Op,
    Pad,
    Padding,
    Tensor,
    Window,
)
from tinyengine.quantize.emit import same_padding


def prepare(graph: Graph) -> Graph:
    """Give the graph with paddings that are neither SAME nor VALID as operators of their own.

    Raises ModelError where a pool has such a padding.
    """
    return graph.with_ops(tuple(new for op in graph.ops for new in _padded(op)))


def _padded(op: Op) -> Iterator[Op]:
    if not isinstance(op, Window):
        yield op
        return
    padding = op.padding
    if padding in (Padding(), same_padding(op, op.extent)):
        yield op
        return
    if not isinstance(op, Conv2D | DepthwiseConv2D):
        raise ModelError(
            str(op.source),
            f"a pool with the padding {padding} has no int8 form",
            hint="pad to SAME or not at all",
        )
    pads = ((0, 0), (padding.top, padding.bottom), (padding.left, padding.right), (0, 0))
    sizes = zip(op.input.shape, pads, strict=True)
    shape = tuple(size + before + after for size, (before, after) in sizes)
    around = Tensor(name=f"{op.output.name}/padded", shape=shape, dtype=op.input.dtype)
    yield Pad(source=op.source, output=around, input=op.input, pads=pads, value=0)
    yield replace(op, input=around, padding=Padding())
