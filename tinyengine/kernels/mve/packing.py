"""Weights in the order in which the dot products of the MVE kernels read them."""

import numpy as np

from tinyengine.ir import Array
from tinyengine.reference.fixed_point import Ints

TAPS = 16
"""Taps of a block: what one instruction multiplies."""


def records(weights: Array, factors: Array, channels: int) -> Array:
    """Give the records of every `channels` channels, [records, words] of int32.

    A record is blocks of 16 taps of each channel, from `weights` [out_c, taps], and then every row
    of `factors`, [rows, out_c]. Taps and channels are filled up with zeros.
    """
    count = -(-weights.shape[0] // channels)
    words = _in_blocks(_filled(weights, count * channels), count)
    return np.concatenate([words, _by_record(factors, count, channels)], axis=1)


def halved_records(weights: Array, factors: Array, channels: int) -> Array:
    """Give the same of weights of 4 bits, of which a byte holds those of two channels.

    Source: te_mve_conv_dot_w4.h.
    """
    count = -(-weights.shape[0] // channels)
    words = _in_blocks(_bytes(weights, channels).astype(np.int8), count)
    return np.concatenate([words, _by_record(factors, count, channels)], axis=1)


def nibbles_share_bytes(weights: Array, channels: int) -> bool:
    """Tell whether `halved_records` can hold the weights [out_c, ...]: no byte is below -128."""
    flat = weights.reshape(len(weights), -1)
    fits = flat.min() >= -8 and flat.max() <= 7
    return bool(fits and _bytes(flat, channels).min() >= -128)


def _bytes(weights: Array, channels: int) -> Ints:
    """Give a + 16 * b of every two of the channels, filled up to records."""
    filled = _filled(weights, -(-len(weights) // channels) * channels).astype(np.int64)
    return filled[::2] + 16 * filled[1::2]


def _filled(weights: Array, channels: int) -> Array:
    """Give [channels, taps], filled up with zeros, of [out_c, taps]."""
    filled = np.zeros((channels, weights.shape[1]), weights.dtype)
    filled[: len(weights)] = weights
    return filled


def _in_blocks(rows: Array, count: int) -> Array:
    """Give `count` records of rows of taps, 16 taps of each row after another, as words."""
    blocks = -(-rows.shape[1] // TAPS)
    filled = np.zeros((len(rows), blocks * TAPS), np.int8)
    filled[:, : rows.shape[1]] = rows
    in_blocks = filled.reshape(count, -1, blocks, TAPS).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(in_blocks).reshape(count, -1).view(np.int32)


def _by_record(factors: Array, count: int, channels: int) -> Array:
    """Give every row of factors [rows, out_c], record by record."""
    filled = np.zeros((len(factors), count * channels), np.int32)
    filled[:, : factors.shape[1]] = factors
    return filled.reshape(-1, count, channels).transpose(1, 0, 2).reshape(count, -1)
