"""Weights of int16 in the order in which the dot products of the DSP kernels read them.

Source: te_dsp_conv.h, te_dsp_conv_w16.h and te_conv_expand_1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Array
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.raised import Raised, raise_lines
from tinyengine.reference.fixed_point import Ints

SIGNED = 32
"""How te_requantize_folded rounds. Source: te_dsp_conv.h, TE_CONV_SIGNED."""

UP_BITS = {36: 10, 40: 13}
"""The other values of `rounding`, and the bits that the output is up then with int16 weights."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factors:
    """One way from sums to outputs: all are [out_c], but `rounding`; `fits` tells for whom.

    SIGNED: (offset + q - (sum < 0)) >> shift, with q the sum times `multiplier` / 2^31, rounded;
    `left` is 1, or 0 where the multiplier is, and nudge 0. Else as `Raised`.
    """

    rounding: int
    multiplier: Ints
    offset: Ints
    shift: Ints
    left: Ints
    nudge: Ints
    fits: npt.NDArray[np.bool_]


def raised_factors(rounding: int, up: Raised) -> Factors:
    """Give the way with the rounding that `up` has been found for."""
    return Factors(
        rounding=rounding,
        multiplier=up.multiplier,
        offset=up.offset,
        shift=np.zeros_like(up.left),
        left=up.left,
        nudge=up.nudge,
        fits=up.fits,
    )


def even_ways(lines: Lines, zero_point: int) -> list[Factors]:
    """Give the ways of an operator that rounds to even."""
    return [
        raised_factors(rounding, raise_lines(lines, zero_point, bits))
        for rounding, bits in UP_BITS.items()
    ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Records:
    """All records, as words; that of a last odd channel begins at word `even_words`.

    `rounding` and `offset` are those of te_conv_block, 0 where every record has its own.
    """

    words: Array
    even_words: int
    rounding: int = 0
    offset: int = 0


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


def fit_int16(weights: Ints, left: Ints) -> npt.NDArray[np.bool_]:
    """Tell for each channel whether its weights, [out_c, …], times 2^left fit 16 bits."""
    rows = weights.reshape(len(left), -1) << left[:, None]
    return np.asarray(np.all((rows >= -(2**15)) & (rows < 2**15), axis=1))


def channel_pairs(out_c: int) -> Ints:
    """Give the channels of every record, [records, 2]; a last odd one is both of its own."""
    first = np.arange(0, out_c, 2)
    return np.stack([first, np.minimum(first + 1, out_c - 1)], axis=1)


def pack(weights: Ints, bias: Ints, ways: Sequence[Factors]) -> Records | None:
    """Give the records of the weights [out_c, pairs, 2]; None if two channels have no way.

    Every two channels get the first of `ways` that fits both.
    """
    records = _pack(weights, bias, ways, channel_pairs(len(bias)))
    if records is None:
        return None
    even = sum(len(record) for record in records[: len(bias) // 2])
    return Records(words=as_words(np.concatenate(records)), even_words=even)


def pack_fours(weights: Ints, bias: Ints, ways: Sequence[Factors]) -> tuple[Records, int] | None:
    """Give the records of four outputs, then those of up to 3 more; and the words of the former.

    None if outputs of one record have no way in common. Source: te_dsp_product.h.
    """
    whole, rest = np.split(channel_pairs(len(bias)), [len(bias) // 4 * 2])
    padded = np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4), (0, 0)))
    fours = _pack(padded, bias, ways, whole.reshape(-1, 4))
    others = _pack(weights, bias, ways, rest)
    if fours is None or others is None:
        return None
    words = sum(len(record) for record in fours)
    even = words + sum(len(record) for record in others[: len(bias) % 4 // 2])
    return Records(words=as_words(np.concatenate([*fours, *others])), even_words=even), words


def _pack(weights: Ints, bias: Ints, ways: Sequence[Factors], groups: Ints) -> list[Ints] | None:
    """Give the records of `groups` of channels; None if one has no way that fits all of it."""
    fits = np.stack([way.fits & fit_int16(weights, way.left) for way in ways])
    fitting = np.all(fits[:, groups], axis=2)
    if not np.all(np.any(fitting, axis=0)):
        return None
    chosen = fitting.argmax(axis=0)
    records: dict[int, Ints] = {}
    for number, way in enumerate(ways):
        which = np.flatnonzero(chosen == number)
        packed = _records(weights, bias, way, groups[which])
        records |= dict(zip(which.tolist(), packed, strict=True))
    return [records[index] for index in range(len(groups))]


def as_words(numbers: Ints) -> Array:
    """Give numbers modulo 2^32."""
    return (np.ascontiguousarray(numbers) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _records(weights: Ints, bias: Ints, way: Factors, groups: Ints) -> Ints:
    """Give the records of groups of channels, [groups, words]; words modulo 2^32."""
    left, count = way.left[groups], len(groups)
    moved = weights[groups] << left[:, :, None, None]
    words = (moved[..., 0] & 0xFFFF) | (moved[..., 1] << 16)
    biases = (bias[groups] << left) + way.nudge[groups]
    rounding = np.full((count, 1), way.rounding, np.int64)
    factors = [way.multiplier, way.offset, *([way.shift] if way.rounding == SIGNED else [])]
    of_each = np.stack(factors, axis=1)[groups]
    columns = (biases, words.swapaxes(1, 2), rounding, of_each)
    flat = [part.reshape(count, math.prod(part.shape[1:])) for part in columns]
    return np.concatenate(flat, axis=1)
