"""Kernel of Conv2D of int16 for the DSP extension: pairs of taps times weights of int16.

Source: te_dsp_conv_s16.h.
"""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, once
from tinyengine.kernels.dsp.packing import as_words, channel_pairs
from tinyengine.kernels.geometry import clamp_members, image_members, reach_members
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    folded_bias,
    weight_is_constant,
)
from tinyengine.kernels.ref.convolution_s16 import (
    bias_is_int64,
    operands_are_int16,
    single_multipliers,
    sums_have_32_bits,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct
from tinyengine.reference.fixed_point import Ints

_FEW_PAIRS = 160
"""Pairs of taps up to which four pixels are computed at a time; two beyond."""

# Instructions of a pair of taps of two channels, by pixels at a time.
_PAIR = {4: 11.4, 2: 5.4, 1: 2.9}


def _pairs_of_row(op: Conv2D) -> int:
    """Give the pairs of taps of one row of a window."""
    return (op.weight.shape[2] * op.weight.shape[3] + 1) // 2


def _pairs_of(op: Conv2D) -> int:
    return op.weight.shape[1] * _pairs_of_row(op)


def _group(op: Conv2D) -> int:
    return 4 if _pairs_of(op) <= _FEW_PAIRS else 2


def _paired_weights(op: Conv2D) -> Ints:
    """Give the weights in pairs of taps, [out_c, pairs, 2]; an odd row of a window ends with 0."""
    out_c, kernel_h, kernel_w, in_c = op.weight.shape
    runs = op.weight.values.astype(np.int64).reshape(out_c, kernel_h, kernel_w * in_c)
    padded = np.pad(runs, ((0, 0), (0, 0), (0, runs.shape[2] % 2)))
    return np.asarray(padded.reshape(out_c, -1, 2))


@once
def _records(op: Conv2D) -> tuple[Array, int]:
    """Give all records as words, and the words of those but a last odd channel's."""
    channels = channel_pairs(op.output.shape[-1])
    weights = _paired_weights(op)[channels]
    words = (weights[..., 0] & 0xFFFF) | (weights[..., 1] << 16)
    columns = (
        folded_bias(op).astype(np.int64)[channels],
        words.swapaxes(1, 2).reshape(len(channels), -1),
        single_multipliers(op).astype(np.int64)[channels],
    )
    records = np.concatenate(columns, axis=1)
    return as_words(records.reshape(-1)), op.output.shape[-1] // 2 * records.shape[1]


def _scratch_nbytes(op: Conv2D) -> int:
    right = (op.output.hwc[1] - 1) * op.stride_w - op.padding.left + op.weight.shape[2]
    clips = op.dilation_w > 1 or op.padding.left > 0 or right > op.input.hwc[1]
    return 4 * (_group(op) * _pairs_of(op) + clips * _pairs_of_row(op))


def _params(op: Conv2D) -> Struct:
    words, even_words = _records(op)
    return Struct(
        c_type="te_conv2d_s16_dsp_params",
        members={
            **image_members(op),
            **reach_members(op),
            "pairs": _pairs_of(op),
            "words": len(words),
            "even_words": even_words,
            "group": _group(op),
            **clamp_members(op),
            "weight": words,
        },
    )


def _cost(op: Conv2D) -> int:
    """Estimate the instructions of the whole operator."""
    out_h, out_w, out_c = op.output.hwc
    pairs, kernel_h = _pairs_of(op), op.weight.shape[1]
    row, left, group = 0.0, out_w, _group(op)
    while left > 0:
        count, left = divmod(left, group)
        channels = _PAIR[group] * pairs + 2 * group * 3 + 13
        row += count * ((out_c + 1) // 2 * channels + 3 * group * pairs + 90 + 40 * (kernel_h - 1))
        group //= 2
    return int(out_h * (row + 120))


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="dsp",
        function="te_conv2d_s16_dsp",
        header="te_dsp_conv2d_s16.h",
        isa=Isa.DSP,
        op=Conv2D,
        params=_params,
        progress=Progress.PIXEL,
        constraints=(
            operands_are_int16,
            weight_is_constant,
            batch_is_1,
            channels_are_not_grouped,
            bias_is_int64,
            sums_have_32_bits,
        ),
        scratch_nbytes=_scratch_nbytes,
        form=Form(expands_weights=True),
        cost=_cost,
    ),
)
"""For every shape whose sums fit 32 bits."""
