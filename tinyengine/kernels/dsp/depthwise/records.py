"""Weights of DepthwiseConv2D as the DSP kernels read them: records, of int16 or packed.

A record is what a kernel knows of a channel: bias, weights, factors.
"""

from dataclasses import replace

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import Array, DepthwiseConv2D, Rounding
from tinyengine.kernels.dsp.depthwise.factors import Scaled, find_scaling, scaled_lines
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.ref.convolution import weight_is_constant
from tinyengine.reference.fixed_point import Ints

ROW_RECORD_WORDS = 11
"""Source: te_dsp_depthwise_rows.h, TE_ROW_RECORD_WORDS."""


def record_words(op: DepthwiseConv2D) -> int:
    """Give the words of a record of te_depthwise_dsp that is not signed."""
    _, kernel_h, kernel_w, _ = op.weight.shape
    alone = kernel_w - 1 if op.stride_w == 1 else (kernel_w + 1) // 2
    return int(4 + kernel_h // 2 * kernel_w + kernel_h % 2 * alone)


def records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the records of te_depthwise_dsp, [out_c, words] of int32."""
    return as_words(np.concatenate(_parts(op, scaled), axis=0).T)


def column_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the records of te_depthwise_conv2d_s8_dsp_column, [quads, words] of int32."""
    words = np.concatenate(_parts(op, replace(scaled, is_signed=True)), axis=0)
    padded = np.pad(words, ((0, 0), (0, -words.shape[1] % 4)))
    quads = padded.reshape(len(words), -1, 4).transpose(1, 0, 2)
    return as_words(quads.reshape(-1, 4 * len(words)))


def row_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the records of te_dsp_depthwise_rows.h, [out_c, words] of int32."""
    (bias, *_), factors = _parts(op, scaled), scaled.factors.T
    weights = np.where(factors[0] == 0, 0, _weights(op) << scaled.left)
    columns = weights.sum(axis=0) * op.input.zero_point
    inside, left, right = columns.sum(axis=0), columns[1:].sum(axis=0), columns[:2].sum(axis=0)
    parts = [
        _pairs(weights[:, 0], weights[:, 2]),
        _pairs(weights[0, 1], weights[1, 1])[None, :],
        weights[2, 1][None, :] & 0xFFFF,
        factors[:2],
        np.stack([bias[0] - inside, bias[0] - left, bias[0] - right]),
        factors[2:],
    ]
    return as_words(np.concatenate(parts, axis=0).T)


def _parts(op: DepthwiseConv2D, scaled: Scaled) -> list[Ints]:
    """Give the parts of all records, each [words, out_c]."""
    weights = np.where(scaled.is_constant, 0, _weights(op) << scaled.left)
    parts = [np.where(scaled.is_constant, 0, _bias(op) << scaled.left)[None, :]]
    for top in range(0, weights.shape[0] - 1, 2):
        parts.append(_pairs(weights[top], weights[top + 1]))
    if weights.shape[0] % 2:
        alone = _pairs(weights[-1], np.zeros_like(weights[-1]))
        parts.append(alone if scaled.is_signed else _single(weights[-1], op.stride_w))
    return [*parts, scaled.factors.T]


def _bias(op: DepthwiseConv2D) -> Ints:
    """Give the bias, [out_c]."""
    out_c = op.output.shape[-1]
    return np.zeros(out_c, np.int64) if op.bias is None else op.bias.values.astype(np.int64)


def _weights(op: DepthwiseConv2D) -> Ints:
    """Give the weights as [kernel_h, kernel_w, out_c]."""
    return np.asarray(op.weight.values[0].astype(np.int64))


def _pairs(low: Ints, high: Ints) -> Ints:
    return np.asarray((low & 0xFFFF) | (high << 16))


def _single(row: Ints, stride_w: int) -> Ints:
    """Give the words of a row's weights, [words, out_c]."""
    pairs = _single_pairs(row, stride_w)
    return _pairs(pairs[:, 0], pairs[:, 1])


def _single_pairs(row: Ints, stride_w: int) -> Ints:
    """Give the pairs of a row's weights, [words, 2, out_c]. Source: te_dsp_depthwise_single.h."""
    if stride_w == 1:
        low, high = [row[:-1:2], row[1::2]], [row[1::2], row[2::2]]
    else:
        low, high = [row[::2]], [row[1::2], np.zeros_like(row[:1])]
    return np.stack([np.concatenate(low), np.concatenate(high)], axis=1)


# -- packed: weights of int8 ----------------------------------------------------------------------


def records_pack(op: DepthwiseConv2D) -> bool:
    """Clamp must hide what is below the zero point (ReLU), biases must have 22 bits, scales 8."""
    if not weight_is_constant(op):
        return True
    try:
        scaled = find_scaling(op)
    except ModelError:
        return False
    if scaled is None or scaled.is_signed:
        return False
    multiplier, offset, bits = scaled.factors.T
    halves = np.int64(2 * op.output.zero_point + 1)
    quarter = 0 if op.rounding is Rounding.EVEN else (1 << scaled.left) >> 2
    offsets = (halves << (bits - 1)) + quarter
    biases = np.maximum(np.abs(_bias(op)), np.abs(_inside_bias(op)))
    fits = (scaled.left <= 8) & (biases < 2**21)
    return bool(np.all(fits & ((multiplier == 0) | (offset == offsets))))


def packed_lines(op: DepthwiseConv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even if they pack."""
    return scaled_lines(op) if records_pack(op) else None


def packed_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the packed records of te_depthwise_dsp, [out_c, words] of int32."""
    weights = _weights(op)
    tops = range(0, len(weights) - 1, 2)
    parts = [np.stack([weights[top], weights[top + 1]], axis=1) for top in tops]
    if len(weights) % 2:
        parts.append(_single_pairs(weights[-1], op.stride_w))
    return _packed(scaled, np.concatenate(parts), _bias(op))


def packed_row_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the packed records of te_dsp_depthwise_rows.h, [out_c, words] of int32."""
    weights = _weights(op)
    middle = weights[:, 1]
    pairs = [
        *np.stack([weights[:, 0], weights[:, 2]], axis=1),
        middle[:2],
        np.stack([middle[2], np.zeros_like(middle[2])]),
    ]
    return _packed(scaled, np.stack(pairs), _inside_bias(op))


def _inside_bias(op: DepthwiseConv2D) -> Ints:
    """Give the bias of windows inside the input with its zero point folded in, [out_c]."""
    return np.asarray(_bias(op) - _weights(op).sum(axis=(0, 1)) * op.input.zero_point)


def _packed(scaled: Scaled, pairs: Ints, bias: Ints) -> Array:
    """Give the packed records, [out_c, words] of int32, of the pairs of weights [n, 2, out_c].

    Source: te_dsp_depthwise_packed.h.
    """
    weights = np.where(scaled.is_constant, 0, pairs)
    even = np.pad(weights, ((0, len(pairs) % 2), (0, 0), (0, 0))) + 128
    first, second = even[::2], even[1::2]
    quads = first[:, 0] | (second[:, 0] << 8) | (first[:, 1] << 16) | (second[:, 1] << 24)
    constant_bias = np.where(scaled.is_constant, 0, bias)
    word = (constant_bias << 10) | (scaled.factors[:, 2] << 5) | scaled.left
    return as_words(np.concatenate([word[None, :], quads, scaled.factors[:, :1].T]).T)
