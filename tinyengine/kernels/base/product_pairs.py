"""The kernel of FullyConnected for cores without DSP that has two outputs to a multiplication.

Source: te_base_product_pairs.h.
"""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, FullyConnected, once
from tinyengine.kernels.base.fully_connected import (
    ALWAYS,
    exact_factors_of,
    exact_lines,
    factors_are_exact,
)
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.ref.convolution import folded_bias
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.convolution import weight_zero_point
from tinyengine.reference.fixed_point import Ints

_OUTPUTS = 4
"""Outputs computed at a time."""

_MOST_PAIRS = 8
"""Pairs of elements of a chunk."""

_LEAST_WEIGHTS = 1024
"""Of a matrix: for smaller ones the smaller code is as good."""


def weight_is_large(op: FullyConnected) -> bool:
    """Weight must have 1,024 elements at least."""
    return op.weight.elements >= _LEAST_WEIGHTS


@once
def _chunks(op: FullyConnected) -> Ints:
    """Give the pairs of elements of every chunk, 0 for one element."""
    return divide(op.weight.values.astype(np.int64) - weight_zero_point(op))


def divide(weights: Ints) -> Ints:
    """Give the longest chunks for weights [out_c, in_c], from the first element on.

    The sums of a chunk fit 16 bits for any input.
    """
    lows = np.where(weights > 0, -128 * weights, 127 * weights)
    highs = np.where(weights > 0, 127 * weights, -128 * weights)
    pad = ((0, 0), (1, 0))
    least, greatest = (np.pad(np.cumsum(part, axis=1), pad) for part in (lows, highs))
    at, pairs = 0, []
    while at < weights.shape[1]:
        ends = np.arange(at + 2, min(at + 2 * _MOST_PAIRS, weights.shape[1]) + 1, 2)
        low, high = (part[:, ends] - part[:, at : at + 1] for part in (least, greatest))
        fits = np.all((low >= -(2**15)) & (high < 2**15), axis=0)
        pairs.append(int(fits.sum()))  # a longer chunk has greater sums: what fits comes first
        at += max(2 * pairs[-1], 1)
    return np.array(pairs, np.int64)


def _fours(rows: Array, fill: int) -> Array:
    """Give rows [out_c, n] in fours, the last one filled up: [(out_c + 3) / 4, 4, n]."""
    missing = -len(rows) % _OUTPUTS
    filled = np.pad(rows, ((0, missing), (0, 0)), constant_values=fill)
    return filled.reshape(-1, _OUTPUTS, rows.shape[1])


def _weights(op: FullyConnected) -> Array:
    """Give the weights plus 128 as unsigned bytes, by four outputs."""
    weight = (op.weight.values.astype(np.int16) + 128).astype(np.uint8)
    fours = _fours(weight, 128 + weight_zero_point(op))
    return np.ascontiguousarray(fours.transpose(0, 2, 1)).reshape(-1)


def _biases(bias: Ints, chunks: int) -> Array:
    """Give the biases by four outputs: those of lower sums with what they have too much."""
    fours = _fours(bias[:, None], 0)[:, :, 0].astype(np.int64)
    fours[:, :2] += (fours[:, 2:] << 16) - (chunks << 15)
    return (fours & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _params(op: FullyConnected) -> Struct:
    out_c, in_c = op.weight.shape
    chunks = _chunks(op)
    bits, way = exact_factors_of(op)
    factors = np.stack([way.multiplier, way.offset, way.left], axis=1).astype(np.int32)
    is_shared = bool(np.all(factors == factors[0]))
    kept = np.repeat(factors[:1], _OUTPUTS, axis=0) if is_shared else factors
    # What the kernel adds for the zero point of the weights is in the chunks.
    bias = folded_bias(op).astype(np.int64) + (way.nudge >> way.left)
    return Struct(
        c_type="te_fully_connected_base_pairs_params",
        members={
            "in_c": in_c,
            "out_c": out_c,
            "weight_offset": 128 + weight_zero_point(op),
            "act_min": op.act_min,
            "act_max": op.act_max,
            "bits": bits,
            "chunks": len(chunks),
            "factor_step": 0 if is_shared else 3 * _OUTPUTS,
            "chunk": chunks.astype(np.uint8),
            "weight": _weights(op),
            "bias": _biases(bias, len(chunks)),
            "factor": _fours(kept, 0),
        },
    )


def _scratch_nbytes(op: FullyConnected) -> int:
    return 8 * len(_chunks(op)) + 8


def _cost(op: FullyConnected) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    out_c, in_c = op.weight.shape
    fours, chunks = -(-out_c // _OUTPUTS), len(_chunks(op))
    row = fours * (5.5 * in_c + 7 * chunks + 52) + 3 * in_c + 20 * chunks + 120
    return int(op.input.elements // in_c * row)


_SHAPES = (*ALWAYS, weight_is_large)

_PAIRS = Kernel(
    folder="base",
    function="te_fully_connected_s8_base_pairs",
    header="te_base_fully_connected_pairs.h",
    isa=Isa.BASE,
    op=FullyConnected,
    params=_params,
    progress=Progress.ROW,
    constraints=(*_SHAPES, factors_are_exact),
    scratch_nbytes=_scratch_nbytes,
    cost=_cost,
)

KERNELS: tuple[Kernel, ...] = (
    _PAIRS,
    *even_kernels(_PAIRS, _SHAPES, exact_lines, lambda op, _: _params(op)),
)
"""For matrices that are large enough for the greater code."""
