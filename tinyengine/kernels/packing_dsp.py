"""Weights in the order in which the dot products of the DSP kernels read them.

Source: te_dsp_conv.h, te_conv_block and te_conv_expand_1.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.ir import Array
from tinyengine.reference.fixed_point import Ints

SIGNED = 0
"""`rounding` of te_dsp_conv.h: te_requantize_folded."""

UP_BITS = {1: 11, 2: 13}
"""The other values of `rounding`: the bits that the output is up."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scaled:
    """How sums become outputs: all are [out_c], but `rounding`.

    SIGNED: (offset + q - (sum < 0)) >> shift, with q the sum times `multiplier` / 2^31, rounded;
    `left` is 1, or 0 where the multiplier is, and nudge 0. Else as `requantize_dsp.Raised`.
    """

    rounding: int
    multiplier: Ints
    offset: Ints
    shift: Ints
    left: Ints
    nudge: Ints


def run_order(count: int) -> Ints:
    """Give the taps of a run as expanded, [pairs, 2]: quads as (0, 2), (1, 3); -1 is nothing."""
    quads = np.arange(count // 4)[:, None] * 4 + np.array([0, 2, 1, 3])
    left = count % 4
    tail = {0: [], 1: [0, -1], 2: [0, 1], 3: [0, 2, 1, -1]}[left]
    rest = [tap if tap < 0 else tap + count - left for tap in tail]
    return np.concatenate([quads.reshape(-1), np.array(rest, np.int64)]).reshape(-1, 2)


def in_run_order(runs: Ints) -> Ints:
    """Give the weights of [out_c, runs, taps] in the order of the expanded runs, [out_c, n, 2]."""
    out_c, count, taps = runs.shape
    padded = np.concatenate([runs, np.zeros((out_c, count, 1), np.int64)], axis=2)
    return np.asarray(padded[:, :, run_order(taps)].reshape(out_c, -1, 2))


def fits_int16(weights: Array, left: Ints) -> bool:
    """Tell whether the weights [out_c, …] times 2^left fit 16 bits."""
    rows = weights.reshape(len(left), -1).astype(np.int64) << left[:, None]
    return bool(np.all((rows >= -(2**15)) & (rows < 2**15)))


def w16_records(weights: Ints, bias: Ints, scaled: Scaled) -> Array:
    """Give the records of int16 weights [out_c, pairs, 2]: [records, words] of int32."""
    moved = weights << scaled.left[:, None, None]
    words = (moved[:, :, 0] & 0xFFFF) | (moved[:, :, 1] << 16)
    biases = (bias << scaled.left) + scaled.nudge
    factors = [scaled.multiplier, scaled.offset]
    factors += [scaled.shift] if scaled.rounding == SIGNED else []
    a, b = _channel_pairs(len(bias))
    return _as_words(
        np.stack([biases[a], biases[b]], axis=1),
        np.stack([words[a], words[b]], axis=2),
        *(np.stack(factors, axis=1)[channel] for channel in (a, b)),
    )


def w8_records(weights: Ints, bias: Ints, scaled: Scaled) -> Array:
    """Give the records of int8 weights [out_c, pairs, 2]: [records, words] of int32."""
    last = scaled.shift if scaled.rounding == SIGNED else scaled.left
    factors = np.stack([scaled.multiplier, scaled.offset, last], axis=1)
    biases = bias + (scaled.nudge >> scaled.left)
    a, b = _channel_pairs(len(bias))
    halves = (weights[a] & 0xFF) | ((weights[b] & 0xFF) << 8)
    words = halves[:, :, 0] | (halves[:, :, 1] << 16)
    return _as_words(np.stack([biases[a], biases[b]], axis=1), words, factors[a], factors[b])


def _channel_pairs(out_c: int) -> tuple[Ints, Ints]:
    """Give the channels a and b of each record: a last odd channel is both."""
    first = np.arange(0, out_c, 2)
    return first, np.minimum(first + 1, out_c - 1)


def _as_words(*parts: Ints) -> Array:
    """Join the parts of every record; values modulo 2^32."""
    rows = [part.reshape(len(part), -1) for part in parts]
    return (np.concatenate(rows, axis=1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
