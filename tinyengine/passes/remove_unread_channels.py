"""Remove channels that no operator reads, with the weights that make them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.ir import (
    AveragePool2D,
    Binary,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Lookup,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    PRelu,
    Quantize,
    Reshape,
    Resize,
    Tensor,
)
from tinyengine.passes.rewrite import with_operands
from tinyengine.passes.taps import Product, taps_of

Mask = npt.NDArray[np.bool_]
Channels = npt.NDArray[np.int64]

ABSENT = -1
"""Stands for the channel of an operand that an output channel does not read."""


def remove_unread_channels(graph: Graph) -> Graph:
    """Give the graph without the channels whose weights are zero in all that read them.

    They go from the Conv2D or FullyConnected that makes them, from the operators that treat every
    channel by itself on the way, and from the weights that read them. Model inputs and outputs
    keep all channels, and so do tensors that other operators read or make. Every tensor keeps
    at least one channel.
    """
    kept = _kept_channels(graph)
    if all(mask.all() for mask in kept.values()):
        return graph
    standins = {tensor: _taken(tensor, -1, mask) for tensor, mask in kept.items() if not mask.all()}
    return graph.with_ops(tuple(_narrowed(op, kept, standins) for op in graph.ops))


# -- which channels stay ----------------------------------------------------------------------


def _kept_channels(graph: Graph) -> Mapping[Tensor, Mask]:
    """Give the channels of every activation that stay, [C]: the least sets that are consistent."""
    tensors = dict.fromkeys((*graph.given, *graph.kept))
    tensors.update(dict.fromkeys(t for op in graph.ops for t in (*op.activations, *op.outputs)))
    for op in graph.ops:
        if isinstance(op, PRelu):
            tensors[op.alpha] = None
    edges = {*graph.given, *graph.kept, *(t for op in graph.ops for t in op.outputs[1:])}
    kept = {tensor: np.full(_channels(tensor), tensor in edges) for tensor in tensors}
    _spread(graph, kept)
    for mask in kept.values():
        mask[0] |= not mask.any()
    _spread(graph, kept)
    return kept


def _spread(graph: Graph, kept: Mapping[Tensor, Mask]) -> None:
    """Let operators ask for more channels in `kept` until all of them have what they need."""
    before = -1
    while (count := sum(int(mask.sum()) for mask in kept.values())) != before:
        before = count
        for op in reversed(graph.ops):
            _demand(op, kept)


def _demand(op: Op, kept: Mapping[Tensor, Mask]) -> None:
    """Add to `kept` what `op` needs of its operands and output."""
    out = kept[op.output]
    if isinstance(op, Conv2D | FullyConnected):
        taps = taps_of(op)
        kept[op.input][:] |= True if taps is None else taps[out].any(axis=(0, 1))
        return
    if isinstance(op, DepthwiseConv2D) and _channels(op.input) == 1:
        return
    for tensor, channels in _reads(op):
        mask = kept[tensor]
        if channels is None:
            mask[:] = out[:] = True
            continue
        read = channels != ABSENT
        mask[channels[out & read]] = True
        out[read] |= mask[channels[read]]


def _reads(op: Op) -> Iterator[tuple[Tensor, Channels | None]]:
    """Give operands with the channel that each output channel reads, [out_c], and no other one.

    None stands for operators that mix channels or whose channels are not known.
    """
    out_c = _channels(op.output)
    every = np.arange(out_c)
    match op:
        case DepthwiseConv2D():
            yield op.input, every // (out_c // _channels(op.input))
        case AveragePool2D() | MaxPool2D() | Resize() | Lookup() | Quantize():
            yield op.input, every
        case Binary():
            yield op.lhs, _broadcast(op.lhs, every)
            yield op.rhs, _broadcast(op.rhs, every)
        case PRelu():
            yield op.input, every
            yield op.alpha, _broadcast(op.alpha, every)
        case Pad():
            yield op.input, every if op.pads[-1:] == ((0, 0),) else None
        case Mean():
            yield op.input, None if len(op.input.shape) - 1 in op.axes else every
        case Reshape():
            in_c = _channels(op.input)
            yield op.input, None if out_c % in_c or not op.output.shape else every % in_c
        case Concatenation():
            yield from _joined(op, every)
        case _:
            yield from ((tensor, None) for tensor in op.activations)


def _broadcast(tensor: Tensor, every: Channels) -> Channels:
    if _channels(tensor) == len(every):
        return every
    return np.full_like(every, ABSENT)


def _joined(op: Concatenation, every: Channels) -> Iterator[tuple[Tensor, Channels]]:
    first = 0
    for tensor in op.operands:
        channels = every - first
        channels[(channels < 0) | (channels >= _channels(tensor))] = ABSENT
        yield tensor, channels
        if op.axis == len(op.output.shape) - 1:
            first += _channels(tensor)


def _channels(tensor: Tensor) -> int:
    return tensor.shape[-1] if tensor.shape else 1


# -- the graph without the others -------------------------------------------------------------


def _narrowed(op: Op, kept: Mapping[Tensor, Mask], standins: Mapping[Tensor, Tensor]) -> Op:
    """Give `op` on the tensors that stand for its own, with the weights that they leave."""
    output = standins.get(op.output, op.output)
    if not isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected):
        return replace(with_operands(op, standins), output=output)
    return replace(
        op,
        input=standins.get(op.input, op.input),
        output=output,
        weight=_narrowed_weight(op, kept),
        bias=None if op.bias is None else _taken(op.bias, 0, kept[op.output]),
    )


def _narrowed_weight(op: Product | DepthwiseConv2D, kept: Mapping[Tensor, Mask]) -> Tensor:
    if isinstance(op, DepthwiseConv2D):
        return _taken(op.weight, 3, kept[op.output])
    weight = _taken(op.weight, 0, kept[op.output])
    if kept[op.input].all():
        return weight
    columns = np.tile(kept[op.input], weight.shape[-1] // len(kept[op.input]))
    return _taken(weight, -1, columns)


def _taken(tensor: Tensor, axis: int, mask: Mask) -> Tensor:
    """Give the part of `tensor` where `mask` holds along `axis`, with its scales and values."""
    if mask.all():
        return tensor
    axis %= len(tensor.shape)
    shape = (*tensor.shape[:axis], int(mask.sum()), *tensor.shape[axis + 1 :])
    quant, data = tensor.quant, tensor.data
    if quant is not None and quant.per_channel and quant.axis == axis:
        scale = tuple(s for s, stays in zip(quant.scale, mask, strict=True) if stays)
        # Zero points of weights per channel count as 0: say so where one channel is left.
        quant = replace(quant, scale=scale, zero_point=(0,) * len(scale))
    if data is not None:
        data = np.ascontiguousarray(np.compress(mask, data, axis=axis))
        data.flags.writeable = False
    return replace(tensor, shape=shape, quant=quant, data=data)
