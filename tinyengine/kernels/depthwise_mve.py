"""Kernels of DepthwiseConv2D for MVE: packed weights, scratch, cost."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.convolution import (
    batch_is_1,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.convolution_mve import factors_shift_right
from tinyengine.kernels.depthwise_dsp import kernel_is_at_most_16_high, multiplier_is_1
from tinyengine.kernels.packing_mve import TAPS, records
from tinyengine.kernels.requantize_dsp import rounds_up_only
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.convolution import convolution_factors

_QUAD, _WORD, _LANES = 4, 4, 16
"""Channels of a record, rows of a word, channels expanded at a time: te_mve_depthwise_dot.h."""

_STRIP_WORDS = 32
"""Words of a channel in the columns of a strip: bounds the scratch."""


def columns_are_adjacent(op: DepthwiseConv2D) -> bool:
    """Horizontal dilation must be 1."""
    return op.dilation_w == 1


def _planes(op: DepthwiseConv2D) -> int:
    """Give the words of a column of a window."""
    return -(-op.weight.shape[1] // _WORD)


def _window_has(words: int) -> Constraint:
    def window_fits(op: DepthwiseConv2D) -> bool:
        return words - TAPS // _WORD < op.weight.shape[2] * _planes(op) <= words

    window_fits.__doc__ = (
        f"Kernel width * (height / 4, rounded up) must be {words - TAPS // _WORD + 1} to {words}."
    )
    return window_fits


def _words(op: DepthwiseConv2D) -> Array:
    """Give the weights as [channels, words * 4], columns of filled up words one after another."""
    weight = op.weight.values[0]
    kernel_h, kernel_w, channels = weight.shape
    filled = np.zeros((_planes(op) * _WORD, kernel_w, channels), np.int8)
    filled[:kernel_h] = weight
    return np.ascontiguousarray(filled.transpose(2, 1, 0)).reshape(channels, -1)


def _records(op: DepthwiseConv2D) -> Array:
    """Give the records of te_mve_depthwise_block, [records, words] of int32."""
    multiplier, shift = convolution_factors(op)
    shift = np.where(multiplier == 0, 0, shift)
    factors = np.stack([folded_bias(op), multiplier, shift]).astype(np.int32)
    return records(_words(op), factors, _QUAD)


def _strip(op: DepthwiseConv2D) -> int:
    """Give the outputs computed at a time: strips of about the same width."""
    out_w = op.output.hwc[1]
    columns = _STRIP_WORDS // _planes(op)
    greatest = max(1, (columns - op.weight.shape[2]) // op.stride_w + 1)
    strips = -(-out_w // greatest)
    return -(-out_w // strips)


def _columns(op: DepthwiseConv2D) -> int:
    return (_strip(op) - 1) * op.stride_w + op.weight.shape[2]


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    words = _columns(op) * _planes(op) + TAPS // _WORD - 1
    return 4 * _QUAD * _strip(op) + _LANES + _WORD * _LANES * words


def _params(op: DepthwiseConv2D) -> Struct:
    in_h, in_w, channels = op.input.hwc
    packed = _records(op)
    return Struct(
        c_type="te_depthwise_conv2d_mve_params",
        members={
            "in_h": in_h,
            "in_w": in_w,
            "channels": channels,
            "out_w": op.output.hwc[1],
            "kernel_h": op.weight.shape[1],
            "kernel_w": op.weight.shape[2],
            "stride_h": op.stride_h,
            "stride_w": op.stride_w,
            "dilation_h": op.dilation_h,
            "pad_top": op.padding.top,
            "pad_left": op.padding.left,
            "in_zero_point": op.input.zero_point,
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "is_signed": int(not rounds_up_only(op)),
            "strip": _strip(op),
            "words": packed.shape[1],
            "weight": packed,
        },
    )


def _cost_of(vectors: int) -> float:
    """Give the instructions of a sum of so many vectors. Source: te_mve_depthwise_dot.h."""
    return 3.25 if vectors == 1 else 2.0 * vectors + 3


def _cost(op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    out_h, out_w, channels = op.output.hwc
    kernel_h, kernel_w = op.weight.shape[1:3]
    vectors = -(-kernel_w * _planes(op) // (TAPS // _WORD))
    strips = -(-out_w // _strip(op))
    output = _cost_of(vectors) + (2.75 if rounds_up_only(op) else 3.25)
    column = 7 * _planes(op) + 2 * kernel_h
    quads, blocks = -(-channels // _QUAD), -(-channels // _LANES)
    quad = 4 * output * out_w + strips * (25 if vectors == 1 else 70)
    block = strips * (_columns(op) * column + 70 + 50 * _planes(op)) + 30
    return int(out_h * (quads * quad + blocks * block + 60 + 15 * kernel_h))


def _kernel(words: int) -> Kernel:
    return Kernel(
        name=f"te_depthwise_conv2d_s8_mve_{words}",
        header="te_mve_depthwise_conv2d.h",
        isa=Isa.MVE,
        op=DepthwiseConv2D,
        params=_params,
        progress=Progress.ROW,
        constraints=(
            operands_are_int8,
            weight_is_constant,
            batch_is_1,
            multiplier_is_1,
            sums_fit,
            factors_shift_right,
            columns_are_adjacent,
            kernel_is_at_most_16_high,
            _window_has(words),
        ),
        scratch_nbytes=_scratch_nbytes,
        cost=_cost,
    )


KERNELS: tuple[Kernel, ...] = tuple(_kernel(words) for words in (4, 8, 12, 16))
"""By the words of a window: how many vectors of 16 taps a channel's weights take."""
