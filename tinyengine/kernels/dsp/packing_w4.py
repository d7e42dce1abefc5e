"""Weights of 4 bits as the dot products of the DSP kernels read them, four channels to a half word.

Sums are scaled as those of weights of int8 are. Source: te_dsp_conv_w4.h.
"""

import numpy as np

from tinyengine.kernels.dsp.packing import Records, as_words
from tinyengine.kernels.dsp.packing_w8 import ScaledWay
from tinyengine.kernels.exact.nibbles import NIBBLE_OFFSET
from tinyengine.reference.fixed_point import Ints

CHANNELS = 4
"""Channels of a record. Source: te_dsp_conv_w4.h, TE_NIBBLE_CHANNELS."""

UP_LEAST, UP_LEAST_BITS = 44, 4
"""A `rounding` for scale ratios of up to 8, and the bits that the output is up then."""

_SUM_LIMIT = 2**19
"""What a sum without its bias may reach, so that 4096 times as much fits 32 bits."""


def nibble_sums_fit(weights: Ints) -> bool:
    """Tell whether no sum of products of the weights [out_c, …] with int8 reaches 2^19."""
    magnitudes = np.abs(weights.reshape(len(weights), -1)).sum(axis=1)
    return bool(np.max(magnitudes) * 128 < _SUM_LIMIT)


def pack_w4(weights: Ints, way: ScaledWay) -> Records:
    """Give the head and the records of the weights [out_c, pairs, 2]; out_c is 4 or more."""
    out_c = len(weights)
    whole, last = out_c // CHANNELS, out_c - CHANNELS
    starts = [*range(0, whole * CHANNELS, CHANNELS), *([last] if out_c % CHANNELS else [])]
    groups = np.array(starts)[:, None] + np.arange(CHANNELS)
    offsets = np.array([NIBBLE_OFFSET] * (CHANNELS - 1) + [0])[:, None, None]
    digits = (np.where(way.flat[:, None, None], 0, weights)[groups] + offsets) & 15
    halves = (digits << (4 * np.arange(CHANNELS))[:, None, None]).sum(axis=1)
    words = halves[:, :, 0] | (halves[:, :, 1] << 16)
    records = np.concatenate([words, way.bias[groups], way.multiplier[groups]], axis=1)
    head = np.array([whole * records.shape[1], last])
    packed = as_words(np.concatenate([head, records.reshape(-1)]))
    return Records(words=packed, even_words=len(packed), rounding=way.rounding, offset=way.offset)
