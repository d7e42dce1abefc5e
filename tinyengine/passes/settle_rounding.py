"""Round as TensorFlow Lite does, for which there are fast kernels, wherever that gives the same."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    FullyConnected,
    Graph,
    Mul,
    Op,
    Quantization,
    Rounding,
    Sub,
    Tensor,
)
from tinyengine.passes.rewrite import rewrite
from tinyengine.reference.convolution import even_factors, scaled_sums, weight_zero_point
from tinyengine.reference.execute import evaluate
from tinyengine.reference.fixed_point import Ints

_LARGEST_SUM = 2**31 - 1024
_BYTES = np.arange(-128, 128, dtype=np.int8)
_AROUND = (0.5, 0.25, 0.75, 0.1, 0.9, 0.02, 0.98)
"""Where in the interval of possible factors one is tried."""


def settle_rounding(graph: Graph) -> Graph:
    """Give the graph with TFLite's rounding in operators where it changes no possible output.

    Sums and products are compared for every pair of bytes. Where products are added up, outputs
    never fall where the sum grows, in either way of rounding: it is enough that both change at the
    same sums. The factors of those operators, which stand in the weights' scales, may become other
    ones near by. Convolutions stay: TFLite rounds their sums twice, and one in a hundred differs.
    """
    return rewrite(graph, _settle)


def _settle(op: Op, _: Mapping[Tensor, Op]) -> Op:
    match op:
        case Add() | Sub() | Mul() if op.rounding is Rounding.EVEN:
            return _settled_bytes(op)
        case FullyConnected() if op.rounding is Rounding.EVEN:
            return _settled_sums(op)
        case _:
            return op


def _settled_bytes(op: Add | Sub | Mul) -> Op:
    """Give `op` with TFLite's rounding if no pair of bytes tells them apart, else `op` itself."""
    pairs = (_BYTES[:, None], _BYTES[None, :])
    square = replace(op.output, shape=(256, 256))
    small = replace(
        op,
        lhs=replace(op.lhs, shape=(256, 1), data=None),
        rhs=replace(op.rhs, shape=(1, 256), data=None),
        output=square,
    )
    try:
        same = np.array_equal(
            evaluate(small, pairs), evaluate(replace(small, rounding=Rounding.TFLITE), pairs)
        )
    except ModelError:
        return op
    return replace(op, rounding=Rounding.TFLITE) if same else op


def _settled_sums(op: FullyConnected) -> Op:
    """Give `op` with TFLite's rounding and factors with which it is the same, or `op` itself."""
    least, greatest = _sum_ranges(op)
    if max(np.abs(least).max(), np.abs(greatest).max()) > _LARGEST_SUM:
        return op
    outputs, sums, is_met = _changes(op, least, greatest)
    low, high = _factor_bounds(outputs, sums, is_met, even_factors(op).astype(np.float64))
    if np.any(low > high):
        return op
    for part in _AROUND:
        settled = _with_factors(op, low + part * (high - low))
        if settled is not None and _agree(op, settled, (sums, is_met), (least, greatest)):
            return settled
    return op


def _sum_ranges(op: FullyConnected) -> tuple[Ints, Ints]:
    """Give the least and greatest sum of every output, bias included."""
    weight = op.weight.values.astype(np.int64)
    rows = weight - weight_zero_point(op)
    ends = np.array([-128, 127]) - op.input.zero_point
    products = rows[:, :, None] * ends
    bias = 0 if op.bias is None else op.bias.values.astype(np.int64)
    return bias + products.min(axis=2).sum(axis=1), bias + products.max(axis=2).sum(axis=1)


def _changes(
    op: FullyConnected, least: Ints, greatest: Ints
) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Give outputs without zero point [K], the least sum for each [K, C], and whether it is met.

    It is met where the channel has sums on both sides of the change. Found by bisection.
    """
    wanted = np.arange(op.act_min + 1, op.act_max + 1, dtype=np.int64) - op.output.zero_point
    outputs = wanted[:, None]
    below = np.broadcast_to(least, (len(wanted), len(least))).copy()
    above = np.broadcast_to(greatest, below.shape).copy()
    is_met = (scaled_sums(op, least) < outputs) & (scaled_sums(op, greatest) >= outputs)
    while np.any(is_met & (above - below > 1)):
        middle = (below + above) // 2
        reaches = scaled_sums(op, middle) >= outputs
        above, below = np.where(reaches, middle, above), np.where(reaches, below, middle)
    return wanted, above, is_met


def _factor_bounds(
    outputs: Ints, sums: Ints, is_met: npt.NDArray[np.bool_], real: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give bounds of the factors, [C] or [1], that make every output begin at its sum.

    sum * factor must reach output - 1/2, (sum - 1) * factor must not.
    """
    ties = outputs[:, None] - 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        here, before = ties / sums, ties / (sums - 1)
    low = np.maximum(
        np.where(is_met & (sums > 0), here, 0.0), np.where(is_met & (sums < 1), before, 0.0)
    ).max(axis=0, initial=0.0)
    high = np.minimum(
        np.where(is_met & (sums > 1), before, np.inf), np.where(is_met & (sums < 0), here, np.inf)
    ).min(axis=0, initial=np.inf)
    if len(real) == 1:
        low, high = low.max(keepdims=True), high.min(keepdims=True)
    return np.maximum(low, real * (1 - 2.0**-10)), np.minimum(high, real * (1 + 2.0**-10))


def _with_factors(op: FullyConnected, factors: npt.NDArray[np.float64]) -> FullyConnected | None:
    """Give `op` with TFLite's rounding and these factors, by the scales of its weights."""
    quant = op.weight.quant
    assert quant is not None, f"{op.source}: the weights are not quantized"
    scales = factors * op.output.scale / op.input.scale
    if not np.all((scales > 0) & np.isfinite(scales)):
        return None
    zero_points = np.resize(np.array(quant.zero_point), len(scales))
    weight = replace(
        op.weight,
        quant=Quantization(
            scale=tuple(scales.tolist()), zero_point=tuple(zero_points.tolist()), axis=quant.axis
        ),
    )
    return replace(op, weight=weight, rounding=Rounding.TFLITE)


def _agree(
    op: FullyConnected,
    settled: FullyConnected,
    changes: tuple[Ints, npt.NDArray[np.bool_]],
    ends: tuple[Ints, Ints],
) -> bool:
    """Tell whether both give the same outputs on both sides of every change, and at the ends."""
    sums, is_met = changes
    try:
        for where, matters in ((sums, is_met), (sums - 1, is_met), (np.array(ends), True)):
            both = [_outputs(each, where) for each in (op, settled)]
            if np.any((both[0] != both[1]) & matters):
                return False
    except ModelError:
        return False
    return True


def _outputs(op: FullyConnected, sums: Ints) -> Ints:
    return np.clip(scaled_sums(op, sums) + op.output.zero_point, op.act_min, op.act_max)
