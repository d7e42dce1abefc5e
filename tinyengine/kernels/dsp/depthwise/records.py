"""Weights of DepthwiseConv2D as the DSP kernels read them: records, of int16 or packed.

A record is what a kernel knows of a channel: bias, weights, factors.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Array, DepthwiseConv2D, Rounding
from tinyengine.kernels.dsp.depthwise.factors import Scaled, find_scaling, scaled_lines
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.nibbles import NIBBLE_OFFSET
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
        np.stack([bias[0] - inside, bias[0] - right, bias[0] - left]),
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


_BYTE_SCALE, _NIBBLE_SCALE = 8, 12
"""The bits that weights of 8 and of 4 bits may be scaled by."""


def records_pack(op: DepthwiseConv2D) -> bool:
    """Clamp must hide what is below the zero point (ReLU), biases must have 22 bits, scales 8."""
    if not weight_is_constant(op):
        return True
    scaled = _packable(op, _BYTE_SCALE)
    return scaled is not None and _has_offsets(op, scaled, op.rounding is Rounding.EVEN)


def records_halve(op: DepthwiseConv2D) -> bool:
    """Clamp must hide what is below the zero point (ReLU), biases must have 22 bits, scales 12."""
    if not weight_is_constant(op):
        return True
    scaled = _packable(op, _NIBBLE_SCALE)
    return scaled is not None and _has_offsets(op, scaled, _rounds_once(op, scaled))


def _rounds_once(op: DepthwiseConv2D, scaled: Scaled) -> npt.NDArray[np.bool_]:
    """Tell of every channel whether its offset has but half an output, not what rounds before."""
    return np.asarray(_offsets(op, scaled, True) == scaled.factors[:, 1])


def _has_offsets(op: DepthwiseConv2D, scaled: Scaled, once: npt.NDArray[np.bool_] | bool) -> bool:
    """Tell whether offsets are what packed records say; channels that are constant have others."""
    multiplier, offset, _ = scaled.factors.T
    return bool(np.all((multiplier == 0) | (offset == _offsets(op, scaled, once))))


def _offsets(op: DepthwiseConv2D, scaled: Scaled, once: npt.NDArray[np.bool_] | bool) -> Ints:
    """Give the offsets of packed records, [out_c]. Source: te_depthwise_offset."""
    halves = np.int64(2 * op.output.zero_point + 1)
    quarter = np.where(once, 0, (np.int64(1) << scaled.left) >> 2)
    return np.asarray((halves << (scaled.factors[:, 2] - 1)) + quarter)


def _packable(op: DepthwiseConv2D, most_left: int) -> Scaled | None:
    """Give the factors if, with the biases, they fit packed records that scale by so many bits."""
    try:
        scaled = find_scaling(op)
    except ModelError:
        return None
    if scaled is None or scaled.is_signed:
        return None
    biases = np.maximum(np.abs(_bias(op)), np.abs(_inside_bias(op)))
    return scaled if np.all((scaled.left <= most_left) & (biases < 2**21)) else None


def packed_lines(op: DepthwiseConv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even if they pack."""
    return scaled_lines(op) if records_pack(op) else None


def packed_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the packed records of te_depthwise_dsp, [out_c, words] of int32."""
    return _packed(scaled, _quads(_taken(scaled, _record_pairs(op))), _bias(op))


def packed_row_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the packed records of te_dsp_depthwise_rows.h, [out_c, words] of int32."""
    return _packed(scaled, _quads(_taken(scaled, _row_pairs(op))), _inside_bias(op))


def nibble_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the records of te_depthwise_dsp with weights of 4 bits, [out_c, words] of int32."""
    return _packed_nibbles(op, scaled, _record_pairs(op), _bias(op))


def nibble_row_records(op: DepthwiseConv2D, scaled: Scaled) -> Array:
    """Give the records of te_dsp_depthwise_rows.h with weights of 4 bits, [out_c, words]."""
    return _packed_nibbles(op, scaled, _row_pairs(op), _inside_bias(op))


def _record_pairs(op: DepthwiseConv2D) -> Ints:
    """Give the pairs of weights of the records of te_depthwise_dsp, [n, 2, out_c]."""
    weights = _weights(op)
    tops = range(0, len(weights) - 1, 2)
    parts = [np.stack([weights[top], weights[top + 1]], axis=1) for top in tops]
    if len(weights) % 2:
        parts.append(_single_pairs(weights[-1], op.stride_w))
    return np.concatenate(parts)


def _row_pairs(op: DepthwiseConv2D) -> Ints:
    """Give the pairs of weights of the records of te_dsp_depthwise_rows.h, [5, 2, out_c]."""
    weights = _weights(op)
    middle = weights[:, 1]
    pairs = [
        *np.stack([weights[:, 0], weights[:, 2]], axis=1),
        middle[:2],
        np.stack([middle[2], np.zeros_like(middle[2])]),
    ]
    return np.stack(pairs)


def _inside_bias(op: DepthwiseConv2D) -> Ints:
    """Give the bias of windows inside the input with its zero point folded in, [out_c]."""
    return np.asarray(_bias(op) - _weights(op).sum(axis=(0, 1)) * op.input.zero_point)


def _taken(scaled: Scaled, pairs: Ints) -> Ints:
    """Give the weights, 0 for channels that are constant."""
    return np.where(scaled.is_constant, 0, pairs)


def _quads(pairs: Ints) -> Ints:
    """Give two pairs of weights to a word, [words, out_c]."""
    even = np.pad(pairs, ((0, len(pairs) % 2), (0, 0), (0, 0))) + 128
    first, second = even[::2], even[1::2]
    return np.asarray(
        first[:, 0] | (second[:, 0] << 8) | (first[:, 1] << 16) | (second[:, 1] << 24)
    )


def _nibbles(pairs: Ints) -> Ints:
    """Give four pairs of weights to a word, [words, out_c]. Source: te_dsp_depthwise_nibbles.h."""
    fours = np.pad(pairs, ((0, -len(pairs) % 4), (0, 0), (0, 0))) + NIBBLE_OFFSET
    words = fours.reshape(-1, 4, 2, pairs.shape[2])
    places = 4 * np.arange(4)[:, None] + np.array([0, 16])
    return np.asarray((words << places[:, :, None]).sum(axis=(1, 2)))


def _packed_nibbles(op: DepthwiseConv2D, scaled: Scaled, pairs: Ints, bias: Ints) -> Array:
    """Give the packed records with weights of 4 bits."""
    once = np.where(_rounds_once(op, scaled), 16, 0)
    return _packed(scaled, _nibbles(_taken(scaled, pairs)), bias, once)


def _packed(scaled: Scaled, words: Ints, bias: Ints, once: Ints | int = 0) -> Array:
    """Give the packed records, [out_c, words] of int32, of the words of weights.

    Source: te_dsp_depthwise_packed.h.
    """
    constant_bias = np.where(scaled.is_constant, 0, bias)
    word = (constant_bias << 10) | (scaled.factors[:, 2] << 5) | scaled.left | once
    return as_words(np.concatenate([word[None, :], words, scaled.factors[:, :1].T]).T)
