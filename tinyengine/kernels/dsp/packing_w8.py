"""Weights of int8 as the dot products of the DSP kernels read them, two channels to a word.

Convolutions have four channels to a record, of which two words stand in turns.

A byte of channel a and the next byte of channel b make the half word a + 256 * b, so that one dual
multiplication gives the sum of a plus 256 times that of b; another, of the bytes of a alone, tells
them apart. All sums are then 256 times as large. Source: te_dsp_conv_w8.h.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.kernels.dsp.packing import SIGNED, Records, as_words
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fold import Folded
from tinyengine.kernels.exact.search import Curves, exact_factors, half_up
from tinyengine.kernels.ref.convolution import Weighted, folded_bias
from tinyengine.reference.fixed_point import Ints

LEFT = 8
"""Sums are scaled by 2^LEFT."""

SCALED_UP_BITS = {40: 12, 36: 8}
"""By `rounding`, the bits that the output is up. Source: te_dsp_conv_w8.h."""

_FLAT = 2**30
"""The multiplier of channels that are constant, whose sum is their bias alone."""

SCALED_LIMIT = 2**23 - 2**12
"""What a sum may reach so that it, scaled and nudged, fits 32 bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScaledWay:
    """One way from scaled sums to outputs, for all channels: [out_c] each, but two.

    SIGNED: (offset * 2^shift + q - (sum < 0)) >> shift + 1, with q the unscaled sum times
    `multiplier` / 2^31, rounded, and the shift in the low byte of `bias`. Else as `exact_factors`,
    with `offset` for half_up. `bias` is scaled. A channel that is `flat` has the output that its
    bias alone gives.
    """

    rounding: int
    offset: int
    bias: Ints
    multiplier: Ints
    flat: npt.NDArray[np.bool_]


def raised_way(curves: Curves, bias: Ints, rounding: int, bits: int) -> ScaledWay | None:
    """Give the way with outputs `bits` up, exact for every sum of every channel.

    None where a channel has none. `curves` are the channels', or one of all.
    """
    parts = []
    for part in curves.parts():
        factors = exact_factors(part, bits, np.full(len(part.channels), LEFT))
        if not np.all(factors.exists):
            return None
        parts.append(factors)
    multiplier = np.concatenate([part.multiplier for part in parts])
    nudge = np.concatenate([part.nudge for part in parts])
    constant = np.concatenate([part.constant for part in parts])
    flat = np.broadcast_to(multiplier == 0, bias.shape)
    return ScaledWay(
        rounding=rounding,
        offset=half_up(curves.zero_point, bits),
        bias=np.where(flat, (constant - curves.zero_point) << (bits + 2), (bias << LEFT) + nudge),
        multiplier=np.where(flat, _FLAT, multiplier),
        flat=flat,
    )


def even_lines_w8(op: Weighted) -> tuple[Lines, ScaledWay] | None:
    """Give the factors of an operator that rounds to even, and the way; None where none fits."""
    for rounding, bits in SCALED_UP_BITS.items():
        lines = even_lines(op, bits)
        if lines is None:
            continue
        up = bits - (LEFT - 1) - lines.shift
        multiplier = lines.multiplier << np.maximum(up, 0) >> np.maximum(-up, 0)
        offset = half_up(op.output.zero_point, bits)
        reach = ((lines.bound << LEFT) * np.minimum(multiplier, 2**31) >> 32) + abs(offset) + 1
        if np.all((multiplier < 2**31) & (reach < 2**31) & (lines.bound < SCALED_LIMIT)):
            bias = folded_bias(op).astype(np.int64) << LEFT
            flat = np.zeros(len(bias), bool)
            way = ScaledWay(
                rounding=rounding, offset=offset, bias=bias, multiplier=multiplier, flat=flat
            )
            return lines, way
    return None


def signed_way(folded: Folded, bias: Ints, zero_point: int) -> ScaledWay:
    """Give the way of te_requantize_folded."""
    multiplier, offset, shift = (
        part.astype(np.int64) for part in (folded.multiplier, folded.offset, folded.shift)
    )
    flat = multiplier == 0
    constant = offset >> shift
    return ScaledWay(
        rounding=SIGNED,
        offset=2 * zero_point + 1,
        bias=(np.where(flat, (constant - zero_point) * 4, bias) << LEFT)
        | np.where(flat, 0, shift - 1),
        multiplier=np.where(flat, _FLAT, multiplier),
        flat=flat,
    )


_FEW = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 1, 2)}
"""The channels of the record of fewer than four. Source: te_conv_last in te_dsp_conv.h."""

_FEW_OUTPUTS = {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1)}
"""The same of a product, whose outputs follow each other. Source: te_fully_connected_s8_dsp.c."""


def channel_fours(out_c: int) -> Ints:
    """Give the channels of every record of a convolution, [records, 4].

    Of what is left over the record has the last four, some of which another has, too.
    """
    return _fours_of(out_c, _FEW)


def product_fours(out_c: int) -> Ints:
    """Give the outputs of every record of a product, [records, 4], likewise."""
    return _fours_of(out_c, _FEW_OUTPUTS)


def _fours_of(out_c: int, few: Mapping[int, tuple[int, ...]]) -> Ints:
    if out_c < 4:
        return np.array([few[out_c]], np.int64)
    first = np.minimum(np.arange(0, out_c, 4), out_c - 4)
    return np.asarray(first[:, None] + np.arange(4))


def share_words(weights: Ints, channels: Ints) -> bool:
    """Tell whether the weights [out_c, pairs, 2] of the `channels` of records fit half words."""
    a, b = weights[channels.reshape(-1, 2).T]
    halves = a + 256 * b
    return bool(np.all((halves >= -(2**15)) & (halves < 2**15)))


def pack_w8(weights: Ints, way: ScaledWay) -> Records:
    """Give the records of the weights [out_c, pairs, 2] of a convolution.

    Those of four channels of their own are `even_words`. Source: te_dsp_conv_w8.h.
    """
    records = _fours(weights, way, channel_fours(len(weights)))
    return _packed(way, records, len(weights) // 4 * records.shape[1])


def pack_fours_w8(weights: Ints, way: ScaledWay) -> tuple[Records, int]:
    """Give the records of four outputs of a product; and the words of those that share none.

    Source: te_dsp_product.h.
    """
    fours = product_fours(len(weights))
    padded = np.pad(weights, ((0, 0), (0, -weights.shape[1] % 4), (0, 0)))
    count, pairs = len(fours), padded.shape[1]
    twos = _records(padded, way, fours.reshape(-1, 2)).reshape(count, 2, pairs + 4)
    quads = twos[:, :, 1:-3].reshape(count, 2, pairs // 4, 4).swapaxes(1, 2)
    parts = (twos[:, :, :1], quads, twos[:, :, -3:])
    words = np.concatenate([part.reshape(count, -1) for part in parts], axis=1)
    whole = len(weights) // 4 * words.shape[1]
    return _packed(way, words, whole), whole


def _fours(weights: Ints, way: ScaledWay, channels: Ints) -> Ints:
    """Give the records of `channels` [records, 4], [records, words]."""
    twos = _records(weights, way, channels.reshape(-1, 2))
    turns = twos.reshape(len(channels), 2, twos.shape[1]).swapaxes(1, 2)
    return turns.reshape(len(channels), 2 * twos.shape[1])


def _records(weights: Ints, way: ScaledWay, pairs: Ints) -> Ints:
    """Give the records of the channels in `pairs`, [records, words]."""
    a, b = np.where(way.flat[:, None, None], 0, weights)[pairs.T]
    halves = (a + 256 * b) & 0xFFFF
    bias, multiplier = way.bias[pairs], way.multiplier[pairs]
    words = halves[:, :, 0] | (halves[:, :, 1] << 16)
    return np.concatenate([bias[:, 1:], words, bias[:, :1], multiplier], axis=1)


def _packed(way: ScaledWay, records: Ints, even_words: int) -> Records:
    return Records(
        words=as_words(records.reshape(-1)),
        even_words=even_words,
        rounding=way.rounding,
        offset=way.offset,
    )
