"""Fold PAD into the convolutions and pools that read it, by growing their padding."""

from collections.abc import Mapping
from dataclasses import replace

from tinyengine.ir import (
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    MaxPool2D,
    Mul,
    Op,
    Pad,
    Padding,
    Sub,
    Tensor,
    Window,
)
from tinyengine.passes.rewrite import rewrite


def fold_pads(graph: Graph) -> Graph:
    """Give the graph without those PADs whose readers can all pad by themselves.

    Convolutions pad with the zero point, maximum pools with nothing at all. A PAD that somebody
    else reads too, or that is an output, stays for everybody: folding it into some of its readers
    would save no work and would keep both its input and its output alive.
    """
    merged = rewrite(graph, _merge_pads)
    foldable = {
        op.output: op
        for op in merged.ops
        if isinstance(op, Pad) and _is_spatial(op) and _all_can_take(merged, op)
    }

    def fold(op: Op, _: Mapping[Tensor, Op]) -> Op:
        """Give `op` with the padding before it as its own."""
        if not isinstance(op, Window) or op.input not in foldable:
            return op
        pad = foldable[op.input]
        return replace(op, input=pad.input, padding=_grown(op, pad))

    return rewrite(merged, fold)


def _merge_pads(op: Op, producers: Mapping[Tensor, Op]) -> Op:
    """Let a PAD of a PAD with the same value pad for both."""
    before = producers.get(op.input) if isinstance(op, Pad) else None
    if not isinstance(op, Pad) or not isinstance(before, Pad) or before.value != op.value:
        return op
    pairs = zip(before.pads, op.pads, strict=True)
    pads = tuple((first[0] + last[0], first[1] + last[1]) for first, last in pairs)
    return replace(op, input=before.input, pads=pads)


def _is_spatial(pad: Pad) -> bool:
    """Tell whether `pad` only pads the height and the width of images."""
    return len(pad.pads) == 4 and pad.pads[0] == pad.pads[3] == (0, 0)


def _all_can_take(graph: Graph, pad: Pad) -> bool:
    if pad.output in graph.kept or not pad.input.quantized_like(pad.output):
        return False
    return all(_can_take(op, pad, graph) for op in graph.consumers.get(pad.output, ()))


def _can_take(op: Op, pad: Pad, graph: Graph) -> bool:
    """Tell whether `op` computes the same bits when it pads `pad.input` itself.

    A convolution's padding counts as the zero point. A maximum pool ignores its padding, which is
    the same as padding with a value that never wins: one that is not above the least that the
    input can be, or not above the least that the pool's clamp lets through. No window may lie
    in the padding alone.
    """
    match op:
        case Conv2D() | DepthwiseConv2D():
            return pad.value == pad.output.zero_point and _touches(_grown(op, pad), op.extent)
        case MaxPool2D():
            least = max(op.act_min, _least(pad.input, graph))
            return pad.value <= least and _touches(_grown(op, pad), op.extent)
        case _:
            return False


def _grown(op: Window, pad: Pad) -> Padding:
    (top, bottom), (left, right) = pad.pads[1:3]
    return Padding(
        top=op.padding.top + top,
        bottom=op.padding.bottom + bottom,
        left=op.padding.left + left,
        right=op.padding.right + right,
    )


def _touches(padding: Padding, extent: tuple[int, int]) -> bool:
    """Tell whether every window that spans `extent` touches the input within `padding`."""
    rows, columns = max(padding.top, padding.bottom), max(padding.left, padding.right)
    return rows < extent[0] and columns < extent[1]


def _least(tensor: Tensor, graph: Graph) -> int:
    """Give a lower bound of the quantized values that `tensor` can hold."""
    match graph.producers.get(tensor):
        case Window(act_min=least) | FullyConnected(act_min=least):
            return least
        case Add(act_min=least) | Sub(act_min=least) | Mul(act_min=least):
            return least
        case Lookup(table=table):
            return int(table.min())
        case _:
            return tensor.dtype.limits[0]
