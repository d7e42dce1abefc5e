"""Rewrite a float graph into what the int8 format can say well, exactly in real numbers."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    AveragePool2D,
    Clamp,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Level,
    MaxPool2D,
    Mul,
    Op,
    Pad,
    Padding,
    Reshape,
    Slice,
    Sub,
    Tensor,
    Transpose,
    Window,
    verify,
)
from tinyengine.quantize.emit import same_padding
from tinyengine.quantize.structure import Weighted
from tinyengine.quantize.weights import bias_of, channel_axis
from tinyengine.reference.floats import Floats


def prepare(graph: Graph) -> Graph:
    """Give the graph after all rewrites of PIPELINE.

    Raises ModelError where a pool has a padding that has no int8 form.
    """
    for rewrite in PIPELINE:
        graph = rewrite(graph)
        verify(graph, Level.FLOAT)
    return graph


def fold_factors(graph: Graph) -> Graph:
    """Fold products and sums by constants of every channel into the weights before them."""
    ops: list[Op] = []
    made: dict[Tensor, int] = {}
    for op in graph.ops:
        folded = _folded(op, graph, ops, made)
        if folded is None:
            made[op.output] = len(ops)
            ops.append(op)
        else:
            at, new = folded
            ops[at] = new
            made[op.output] = at
    return graph.with_ops(tuple(ops))


def _folded(op: Op, graph: Graph, ops: list[Op], made: dict[Tensor, int]) -> tuple[int, Op] | None:
    """Give the operator before `op` with what `op` does in it, and where that stands."""
    if not isinstance(op, Mul | Add | Sub) or op.lhs.is_const or not op.rhs.is_const:
        return None
    at = made.get(op.lhs)
    before = ops[at] if at is not None else None
    alone = len(graph.consumers.get(op.lhs, ())) == 1 and op.lhs not in graph.output_tensors
    values = _by_channel(op.rhs, op.output)
    if at is None or not isinstance(before, Weighted) or not alone or values is None:
        return None
    if op.output.shape != op.lhs.shape:
        return None
    factor = values if isinstance(op, Mul) else np.ones_like(values)
    shift = np.zeros_like(values) if isinstance(op, Mul) else values
    if isinstance(op, Sub):
        shift = -shift
    return at, _scaled(before, factor, shift, op.output)


def _by_channel(constant: Tensor, output: Tensor) -> Floats | None:
    """Give a constant as [channels], where it has one value for each of them."""
    channels = output.shape[-1] if output.shape else 1
    values = np.asarray(constant.values, np.float32)
    if values.size == 1:
        return np.full(channels, values.reshape(-1)[0], np.float32)
    if values.shape[-1:] == (channels,) and values.size == channels:
        return values.reshape(-1)
    return None


def _scaled(op: Weighted, factor: Floats, shift: Floats, output: Tensor) -> Op:
    """Give `op` whose sums are times `factor` plus `shift`, [channels] each."""
    shape = [1] * len(op.weight.shape)
    shape[channel_axis(op)] = -1
    weight = _constant(op.weight, np.asarray(op.weight.values, np.float32) * factor.reshape(shape))
    values = np.asarray(bias_of(op) * factor + shift, np.float32)
    bias = _constant(replace(op.weight, name=f"{op.weight.name}/bias", shape=values.shape), values)
    return replace(op, weight=weight, bias=bias, output=output)


def _constant(like: Tensor, values: Floats) -> Tensor:
    data = np.asarray(values, np.float32)
    data.setflags(write=False)
    return replace(like, data=data)


def pad_channels(graph: Graph) -> Graph:
    """Replace concatenations with zeros by paddings."""
    return graph.with_ops(tuple(map(_padded_with_zeros, graph.ops)))


def _padded_with_zeros(op: Op) -> Op:
    if not isinstance(op, Concatenation):
        return op
    held = [index for index, tensor in enumerate(op.operands) if not tensor.is_const]
    zeros = [tensor for tensor in op.operands if tensor.is_const]
    if len(held) != 1 or not zeros or any(np.any(tensor.values) for tensor in zeros):
        return op
    (at,) = held
    before = sum(tensor.shape[op.axis] for tensor in op.operands[:at])
    after = sum(tensor.shape[op.axis] for tensor in op.operands[at + 1 :])
    pads = [(0, 0)] * len(op.output.shape)
    pads[op.axis] = (before, after)
    return Pad(source=op.source, input=op.operands[at], output=op.output, pads=tuple(pads), value=0)


def pad_windows(graph: Graph) -> Graph:
    """Give paddings that are neither SAME nor VALID operators of their own."""
    return graph.with_ops(tuple(new for op in graph.ops for new in _padded(op, graph)))


def _padded(op: Op, graph: Graph) -> Iterator[Op]:
    if not isinstance(op, Window) or op.padding in (Padding(), same_padding(op, op.extent)):
        yield op
        return
    padding = op.padding
    if isinstance(op, MaxPool2D) and not _is_positive(op.input, graph) and _sees_edges(op):
        yield from _with_edges(op)
        return
    is_product = isinstance(op, Conv2D | DepthwiseConv2D)
    if not is_product and not (isinstance(op, MaxPool2D) and _is_positive(op.input, graph)):
        raise ModelError(
            str(op.source),
            f"its padding (top {padding.top}, bottom {padding.bottom}, left {padding.left}, "
            f"right {padding.right}) has no int8 form",
            hint="pad pools like TFLite's SAME, or after a ReLU",
        )
    pads = ((0, 0), (padding.top, padding.bottom), (padding.left, padding.right), (0, 0))
    sizes = zip(op.input.shape, pads, strict=True)
    shape = tuple(size + before + after for size, (before, after) in sizes)
    around = Tensor(name=f"{op.output.name}/padded", shape=shape, dtype=op.input.dtype)
    yield Pad(source=op.source, output=around, input=op.input, pads=pads, value=0)
    yield replace(op, input=around, padding=Padding())


def _sees_edges(op: MaxPool2D) -> bool:
    """Tell whether each window that sees padding sees the pixels beside it, too."""
    p = op.padding
    return all(
        before < span and (count - 1) * stride - before < size
        for before, span, count, stride, size in zip(
            (p.top, p.left),
            op.extent,
            op.output.shape[1:3],
            (op.stride_h, op.stride_w),
            op.input.shape[1:3],
            strict=True,
        )
    )


def _with_edges(op: MaxPool2D) -> Iterator[Op]:
    """Give the pool over its input with the pixels at the edges repeated: the same maxima."""
    x, p = op.input, op.padding
    for axis, (before, after) in ((1, (p.top, p.bottom)), (2, (p.left, p.right))):
        parts = [x]
        for count, place in ((before, 0), (after, x.shape[axis] - 1)):
            if not count:
                continue
            shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
            edge = Tensor(name=f"{op.output.name}/edge_{axis}_{place}", shape=shape, dtype=x.dtype)
            begin = tuple(place if index == axis else 0 for index in range(4))
            yield Slice(source=op.source, output=edge, input=x, begin=begin, strides=(1,) * 4)
            parts = [*parts, *[edge] * count] if place else [*[edge] * count, *parts]
        if len(parts) > 1:
            shape = (*x.shape[:axis], x.shape[axis] + before + after, *x.shape[axis + 1 :])
            x = Tensor(name=f"{op.output.name}/padded_{axis}", shape=shape, dtype=x.dtype)
            yield Concatenation(source=op.source, output=x, operands=tuple(parts), axis=axis)
    yield replace(op, input=x, padding=Padding())


def _is_positive(tensor: Tensor, graph: Graph) -> bool:
    """Tell whether nothing below zero is in `tensor`, so that zeros around it are no maxima."""
    producer = graph.producers.get(tensor)
    match producer:
        case Clamp():
            return producer.minimum >= 0
        case MaxPool2D() | AveragePool2D() | Pad() | Transpose() | Reshape():
            return _is_positive(producer.input, graph)
        case Concatenation():
            return all(_is_positive(each, graph) for each in producer.operands)
        case _:
            return False


PIPELINE: tuple[Callable[[Graph], Graph], ...] = (fold_factors, pad_channels, pad_windows)
"""The rewrites, in order."""
