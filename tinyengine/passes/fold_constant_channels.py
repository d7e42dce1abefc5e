"""Fold input channels that never change into the biases of the operators that read them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.ir import Conv2D, DType, FullyConnected, Graph, Op, Tensor
from tinyengine.passes.channel_bounds import Bounds, channel_bounds, is_padded
from tinyengine.passes.rewrite import rewrite
from tinyengine.passes.taps import Product, rest_weight, taps_of
from tinyengine.reference.fixed_point import Ints


def fold_constant_channels(graph: Graph) -> Graph:
    """Give the graph with constant channels folded into Conv2D and FullyConnected behind them.

    A channel is constant where the bounds of its values meet: filters of zeros, sums that the
    clamp always cuts off, and what pools, tables, sums and depthwise convolutions make of those.
    Its weights become zero, and what they added goes into the bias. Where there is padding, a
    border tap sees the zero point instead: then only channels that always hold that are folded.
    """
    bounds = channel_bounds(graph)

    def fold(op: Op, _: Mapping[Tensor, Op]) -> Op:
        """Give `op` with its constant input channels in its bias."""
        return _folded(op, bounds[op.input]) if isinstance(op, Conv2D | FullyConnected) else op

    return rewrite(graph, fold)


def _folded(op: Product, x: Bounds) -> Product:
    """Give `op` without weights of the constant channels of `x`, its input's bounds."""
    taps = taps_of(op)
    if taps is None:
        return op
    value = x.least - op.input.zero_point
    folds = x.is_constant & taps.any(axis=(0, 1))
    if isinstance(op, Conv2D) and is_padded(op.padding):
        folds &= value == 0
    added = taps[:, :, folds].sum(axis=1) @ value[folds]
    total = added if op.bias is None else added + op.bias.values.astype(np.int64)
    if not folds.any() or not _fits_int32(total):
        return op
    bias = _bias(op, total) if added.any() else op.bias
    return replace(op, weight=_without(op, folds), bias=bias)


def _fits_int32(values: Ints) -> bool:
    least, greatest = DType.INT32.limits
    return bool(np.all((values >= least) & (values <= greatest)))


def _bias(op: Product, total: Ints) -> Tensor:
    data = total.astype(np.int32)
    data.flags.writeable = False
    if op.bias is not None:
        return replace(op.bias, data=data)
    name = f"{op.weight.name}_bias"
    return Tensor(name=name, shape=data.shape, dtype=DType.INT32, data=data)


def _without(op: Product, folds: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Tensor:
    """Give `op`'s weights with zeros for the input channels `folds`."""
    columns = np.tile(folds, op.weight.shape[-1] // len(folds))
    data = np.array(op.weight.values)
    data[..., columns] = rest_weight(op)
    data.flags.writeable = False
    return replace(op.weight, data=data)
