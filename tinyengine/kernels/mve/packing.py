"""Weights in the order in which the dot products of the MVE kernels read them."""

import numpy as np

from tinyengine.ir import Array

TAPS = 16
"""Taps of a block: what one instruction multiplies."""


def records(weights: Array, factors: Array, channels: int) -> Array:
    """Give the records of every `channels` channels, [records, words] of int32.

    A record is blocks of 16 taps of each channel, from `weights` [out_c, taps], and then every row
    of `factors`, [rows, out_c]. Taps and channels are filled up with zeros.
    """
    out_c, taps = weights.shape
    count, blocks = -(-out_c // channels), -(-taps // TAPS)
    padded = np.zeros((count * channels, blocks * TAPS), np.int8)
    padded[:out_c, :taps] = weights
    in_blocks = padded.reshape(count, channels, blocks, TAPS).transpose(0, 2, 1, 3)
    words = np.ascontiguousarray(in_blocks).reshape(count, -1).view(np.int32)
    last = np.zeros((len(factors), count * channels), np.int32)
    last[:, :out_c] = factors
    by_record = last.reshape(-1, count, channels).transpose(1, 0, 2).reshape(count, -1)
    return np.concatenate([words, by_record], axis=1)
