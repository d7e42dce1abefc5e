"""Bound the values that each channel of each tensor can take, whatever the model's inputs are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    Array,
    AveragePool2D,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    DType,
    FullyConnected,
    Graph,
    Lookup,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Pad,
    Padding,
    Quantize,
    Reshape,
    ResizeNearestNeighbor,
    Rounding,
    Sub,
    Tensor,
)
from tinyengine.passes.taps import Product, taps_of
from tinyengine.reference import arithmetic
from tinyengine.reference.convolution import (
    convolution_factors,
    even_factors,
    fully_connected_factors,
    scaled_sums,
)
from tinyengine.reference.fixed_point import Ints, requantize, requantize_real
from tinyengine.reference.reduction import mean_scaling

LARGEST_SUM = 2**31 - 257
"""Greatest magnitude of what 32 bits hold with room for a zero point."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounds:
    """Least and greatest quantized value per channel, [C] each; the channels are the last axis."""

    least: Ints
    greatest: Ints

    @property
    def is_constant(self) -> npt.NDArray[np.bool_]:
        """True for the channels that always hold one and the same value, [C]."""
        return np.asarray(self.least == self.greatest)


def channel_bounds(graph: Graph) -> Mapping[Tensor, Bounds]:
    """Give bounds of all activations of `graph` and of the constants among them.

    The bounds hold for every input of the model; they are not always the tightest ones.
    """
    bounds = {tensor: _any_value(tensor) for tensor in graph.given}
    for op in graph.ops:
        for tensor in op.activations:
            if tensor.is_const:
                bounds[tensor] = _values(tensor)
        made = _output(op, [bounds[tensor] for tensor in op.activations])
        bounds |= {tensor: _any_value(tensor) for tensor in op.outputs}
        if op.output not in graph.state_tensors:
            bounds[op.output] = made
    return bounds


def is_padded(padding: Padding) -> bool:
    """Tell whether there is any padding."""
    return padding != Padding()


def _channels(tensor: Tensor) -> int:
    return tensor.shape[-1] if tensor.shape else 1


def _any_value(tensor: Tensor) -> Bounds:
    """Give the bounds of the type; half of those of uint64, which no rule looks at."""
    least, greatest = tensor.dtype.limits
    return _everywhere(tensor, least, min(greatest, np.iinfo(np.int64).max))


def _everywhere(tensor: Tensor, least: int, greatest: int) -> Bounds:
    count = _channels(tensor)
    return Bounds(
        least=np.full(count, least, np.int64), greatest=np.full(count, greatest, np.int64)
    )


def _values(constant: Tensor) -> Bounds:
    rows = constant.values.astype(np.int64).reshape(-1, _channels(constant))
    return Bounds(least=rows.min(axis=0), greatest=rows.max(axis=0))


def _output(op: Op, operands: list[Bounds]) -> Bounds:
    """Give the bounds of `op`'s output; those of its type where the operator tells nothing."""
    rule = RULES.get(type(op))
    integer_types = all(t.dtype in (DType.INT8, DType.UINT8) for t in (*op.activations, op.output))
    if rule is None or not integer_types:
        return _any_value(op.output)
    try:
        bounds = rule(op, *operands)
    except ModelError:  # Scales that no kernel takes: who selects kernels says so.
        return _any_value(op.output)
    assert len(bounds.least) == _channels(op.output), f"{op.source}: bounds of other channels"
    return bounds


# -- sums of products -------------------------------------------------------------------------


def _product(op: Product, x: Bounds) -> Bounds:
    taps = taps_of(op)
    if taps is None:
        return _everywhere(op.output, op.act_min, op.act_max)
    padded = isinstance(op, Conv2D) and is_padded(op.padding)
    least, greatest = _centred(op.input, x, may_be_outside=padded)
    rising, falling = np.maximum(taps, 0).sum(axis=1), np.minimum(taps, 0).sum(axis=1)
    low, high = rising @ least + falling @ greatest, rising @ greatest + falling @ least
    return _requantized(op, low, high)


def _depthwise_conv2d(op: DepthwiseConv2D, x: Bounds) -> Bounds:
    out_c = op.weight.shape[3]
    least, greatest = (
        np.repeat(bound, out_c // _channels(op.input))
        for bound in _centred(op.input, x, may_be_outside=is_padded(op.padding))
    )
    taps = op.weight.values.astype(np.int64).reshape(-1, out_c)
    rising, falling = np.maximum(taps, 0).sum(axis=0), np.minimum(taps, 0).sum(axis=0)
    low, high = rising * least + falling * greatest, rising * greatest + falling * least
    return _requantized(op, low, high)


def _centred(tensor: Tensor, x: Bounds, *, may_be_outside: bool) -> tuple[Ints, Ints]:
    """Give the bounds of a tap less the zero point; taps outside the image add nothing, so 0."""
    least, greatest = x.least - tensor.zero_point, x.greatest - tensor.zero_point
    if may_be_outside:
        return np.minimum(least, 0), np.maximum(greatest, 0)
    return least, greatest


def _requantized(op: Product | DepthwiseConv2D, low: Ints, high: Ints) -> Bounds:
    """Give the output's bounds for sums in [low, high] before the bias.

    Requantization never falls where its operand rises, unless something leaves 32 bits: then the
    clamp is all that is known.
    """
    bias = 0 if op.bias is None else op.bias.values.astype(np.int64)
    low, high = low + bias, high + bias
    if op.rounding is Rounding.EVEN:
        fits = _fits(low, high, np.maximum(even_factors(op).astype(np.float64), 1.0))
        scaled = [scaled_sums(op, sums) for sums in (low, high)]
    elif isinstance(op, FullyConnected):
        real = fully_connected_factors(op)
        fits = _fits(low, high, np.maximum(real, 1.0))
        scaled = [requantize_real(sums, real) for sums in (low, high)]
    else:
        multipliers, shifts = convolution_factors(op)
        fits = _fits(low, high, np.exp2(np.maximum(shifts, 0).astype(np.float64)))
        scaled = [requantize(sums, multipliers, shifts) for sums in (low, high)]
    least, greatest = (np.clip(s + op.output.zero_point, op.act_min, op.act_max) for s in scaled)
    return Bounds(
        least=np.where(fits, least, op.act_min), greatest=np.where(fits, greatest, op.act_max)
    )


def _fits(low: Ints, high: Ints, factor: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    largest = np.maximum(np.abs(low), np.abs(high)).astype(np.float64)
    return np.asarray(largest * factor <= LARGEST_SUM)


# -- elementwise ------------------------------------------------------------------------------


def _add(op: Add, lhs: Bounds, rhs: Bounds) -> Bounds:
    return _hull(arithmetic.add(op, *pair) for pair in _corners(lhs, rhs))


def _sub(op: Sub, lhs: Bounds, rhs: Bounds) -> Bounds:
    return _hull(arithmetic.sub(op, *pair) for pair in _corners(lhs, rhs))


def _mul(op: Mul, lhs: Bounds, rhs: Bounds) -> Bounds:
    return _hull(arithmetic.mul(op, *pair) for pair in _corners(lhs, rhs))


def _minimum(op: Minimum, lhs: Bounds, rhs: Bounds) -> Bounds:
    return _hull(arithmetic.minimum(op, *pair) for pair in _corners(lhs, rhs))


def _maximum(op: Maximum, lhs: Bounds, rhs: Bounds) -> Bounds:
    return _hull(arithmetic.maximum(op, *pair) for pair in _corners(lhs, rhs))


def _quantize(op: Quantize, x: Bounds) -> Bounds:
    return _hull(arithmetic.quantize(op, bound) for bound in (x.least, x.greatest))


def _lookup(op: Lookup, x: Bounds) -> Bounds:
    table = op.table.astype(np.int64)
    pairs = zip(x.least + 128, x.greatest + 129, strict=True)
    spans = [table[first:end] for first, end in pairs]
    return Bounds(
        least=np.array([span.min() for span in spans], np.int64),
        greatest=np.array([span.max() for span in spans], np.int64),
    )


def _corners(lhs: Bounds, rhs: Bounds) -> list[tuple[Ints, Ints]]:
    """Give the four pairs of extremes: sums and products are extreme at one of them."""
    return [(a, b) for a in (lhs.least, lhs.greatest) for b in (rhs.least, rhs.greatest)]


def _hull(extremes: Iterable[Array]) -> Bounds:
    values = np.stack([np.asarray(extreme, np.int64) for extreme in extremes])
    return Bounds(least=values.min(axis=0), greatest=values.max(axis=0))


# -- reductions and moves ---------------------------------------------------------------------


def _pool(op: AveragePool2D | MaxPool2D, x: Bounds) -> Bounds:
    """Bound a pool: it gives, clamped, what lies between the elements that it reads."""
    return Bounds(
        least=np.clip(x.least, op.act_min, op.act_max),
        greatest=np.clip(x.greatest, op.act_min, op.act_max),
    )


def _mean(op: Mean, x: Bounds) -> Bounds:
    if len(op.input.shape) - 1 in op.axes:
        return _any_value(op.output)
    scaling = mean_scaling(op)
    sums = ((bound - op.input.zero_point) * scaling.count for bound in (x.least, x.greatest))
    scaled = (requantize(total, scaling.multiplier, scaling.shift) for total in sums)
    return _hull(np.clip(s + op.output.zero_point, *op.output.dtype.limits) for s in scaled)


def _pad(op: Pad, x: Bounds) -> Bounds:
    if op.pads[-1:] != ((0, 0),):
        return _any_value(op.output)
    return Bounds(least=np.minimum(x.least, op.value), greatest=np.maximum(x.greatest, op.value))


def _reshape(op: Reshape, x: Bounds) -> Bounds:
    repeats, rest = divmod(_channels(op.output), _channels(op.input))
    if rest:
        return _everywhere(op.output, int(x.least.min()), int(x.greatest.max()))
    return Bounds(least=np.tile(x.least, repeats), greatest=np.tile(x.greatest, repeats))


def _concatenation(op: Concatenation, *operands: Bounds) -> Bounds:
    least, greatest = [x.least for x in operands], [x.greatest for x in operands]
    if op.axis == len(op.output.shape) - 1:
        return Bounds(least=np.concatenate(least), greatest=np.concatenate(greatest))
    return Bounds(least=np.min(least, axis=0), greatest=np.max(greatest, axis=0))


def _unchanged(op: Op, x: Bounds) -> Bounds:
    del op
    return x


RULES: Mapping[type[Op], Callable[..., Bounds]] = {
    Conv2D: _product,
    DepthwiseConv2D: _depthwise_conv2d,
    FullyConnected: _product,
    Add: _add,
    Sub: _sub,
    Mul: _mul,
    Minimum: _minimum,
    Maximum: _maximum,
    Quantize: _quantize,
    Lookup: _lookup,
    AveragePool2D: _pool,
    MaxPool2D: _pool,
    Mean: _mean,
    Pad: _pad,
    Reshape: _reshape,
    Concatenation: _concatenation,
    ResizeNearestNeighbor: _unchanged,
}
"""How operators bound their outputs; others may give any value of the output's type."""
