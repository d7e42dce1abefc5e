"""Kernels of DepthwiseConv2D for the DSP extension: packed weights, scratch, cost."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.convolution import (
    batch_is_1,
    greatest_sums,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.requantize_dsp import Folded, factors_fold, fold, rounds_up_only
from tinyengine.kernels.spec import Constraint, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.fixed_point import Ints

_HEADER = "te_dsp_depthwise_conv2d.h"
_UP_BITS = {1: 10, 2: 12}
"""`rounding` of te_dsp_depthwise_conv2d.h: the bits that the output is up; 0 is signed."""

_GREATEST_STRIP = {3: 28, 5: 24, 7: 20}
"""Outputs computed at a time by kernel width: bounds the scratch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scaled:
    """How a channel's sums become outputs: [out_c] each, but `rounding`.

    Sums are scaled by 2^left; `factors` are the words of a channel that follow its weights.
    """

    rounding: int
    left: Ints
    factors: Ints


def dilation_is_1(op: DepthwiseConv2D) -> bool:
    """Dilation must be (1, 1)."""
    return op.dilation_h == 1 and op.dilation_w == 1


def kernel_is_at_most_16_high(op: DepthwiseConv2D) -> bool:
    """Kernel must be at most 16 high."""
    return op.weight.shape[1] <= 16


def channels_come_in_fours(op: DepthwiseConv2D) -> bool:
    """Input must have as many channels as the output, and at least 4."""
    return op.input.shape[-1] == op.output.shape[-1] >= 4


def _window_fits(kernel_w: int, stride_w: int) -> Constraint:
    def window_fits(op: DepthwiseConv2D) -> bool:
        return op.weight.shape[2] == kernel_w and op.stride_w == stride_w

    window_fits.__doc__ = f"Kernel must be {kernel_w} wide, with a horizontal stride of {stride_w}."
    return window_fits


def _scaling(op: DepthwiseConv2D) -> _Scaled:
    """Give the cheapest exact way from sums to outputs."""
    folded = fold(op)
    assert folded is not None, f"{op.source}: factors_fold accepts what does not fold"
    if rounds_up_only(op):
        for rounding, bits in _UP_BITS.items():
            scaled = _scaled_up(op, folded, bits)
            if scaled is not None:
                return replace(scaled, rounding=rounding)
    factors = np.stack([folded.multiplier, folded.offset, folded.shift], axis=1)
    left = np.where(folded.multiplier == 0, 0, 1)
    return _Scaled(rounding=0, left=left, factors=factors.astype(np.int64))


def _scaled_up(op: DepthwiseConv2D, folded: Folded, bits: int) -> _Scaled | None:
    """Give factors with which the output is sum * 2^left * multiplier / 2^32 + offset, `bits` up.

    Both roundings are in the offset: (offset + 1/2) * 2^32 for an output that is `shift` bits up,
    times 2^(bits - shift), is a whole number of 2^32 where bits > shift.
    """
    multiplier, offset, shift = (
        part.astype(np.int64) for part in (folded.multiplier, folded.offset, folded.shift)
    )
    is_constant = multiplier == 0
    up = np.where(is_constant, 1, bits - shift)
    if np.any(up < 1) or np.any(up > 30):
        return None
    left = np.where(is_constant, 0, up + 1)
    moved = (offset << up) + (np.int64(1) << (up - 1))
    moved = np.where(is_constant, op.output.zero_point << bits, moved)
    sums = np.where(is_constant, 0, greatest_sums(op)) << left
    reach = (sums * multiplier >> 32) + np.abs(moved) + 1
    weights = _weights(op) << left
    fits = np.all((weights >= -(2**15)) & (weights < 2**15))
    if np.any(sums >= 2**31) or np.any(reach >= 2**31) or not fits:
        return None
    return _Scaled(rounding=0, left=left, factors=np.stack([multiplier, moved], axis=1))


def _weights(op: DepthwiseConv2D) -> Ints:
    """Give the weights as [kernel_h, kernel_w, out_c]."""
    return np.asarray(op.weight.values[0].astype(np.int64))


def _records(op: DepthwiseConv2D, scaled: _Scaled) -> Array:
    """Give the records of te_depthwise_dsp, [out_c, words] of int32."""
    is_constant = scaled.factors[:, 0] == 0
    weights = np.where(is_constant, 0, _weights(op) << scaled.left)
    out_c = weights.shape[-1]
    bias = np.zeros(out_c, np.int64) if op.bias is None else op.bias.values.astype(np.int64)
    parts = [np.where(is_constant, 0, bias << scaled.left)[None, :]]
    for top in range(0, weights.shape[0] - 1, 2):
        parts.append(_pairs(weights[top], weights[top + 1]))
    if weights.shape[0] % 2:
        parts.append(_single(weights[-1], op.stride_w))
    words = np.concatenate([*parts, scaled.factors.T], axis=0).T
    return (np.ascontiguousarray(words) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _pairs(low: Ints, high: Ints) -> Ints:
    return np.asarray((low & 0xFFFF) | (high << 16))


def _single(row: Ints, stride_w: int) -> Ints:
    """Give the words of a row's weights, [words, out_c]. Source: te_dsp_depthwise_asm.h."""
    if stride_w == 1:
        pairs = [_pairs(row[:-1:2], row[1::2]), _pairs(row[1::2], row[2::2])]
    else:
        odd = np.concatenate([row[1::2], np.zeros_like(row[:1])])
        pairs = [_pairs(row[::2], odd)]
    return np.concatenate(pairs)


def _strip(op: DepthwiseConv2D) -> int:
    """Give the outputs computed at a time, a multiple of 4: strips of about the same width."""
    out_w = op.output.hwc[1]
    strips = -(-out_w // _GREATEST_STRIP[op.weight.shape[2]])
    return -(-out_w // (4 * strips)) * 4


def _columns(op: DepthwiseConv2D) -> int:
    columns = (_strip(op) - 1) * op.stride_w + op.weight.shape[2]
    return columns + columns % 2


def _scratch_nbytes(lanes: int) -> Callable[[DepthwiseConv2D], int]:
    def scratch_nbytes(op: DepthwiseConv2D) -> int:
        return 4 * lanes * (_columns(op) * 3 // 2 + _strip(op))

    return scratch_nbytes


def _params(reads: RowLayout, writes: RowLayout) -> Callable[[DepthwiseConv2D], Struct]:
    def params(op: DepthwiseConv2D) -> Struct:
        in_h, in_w, in_c = op.input.hwc
        _, out_w, out_c = op.output.hwc
        scaled = _scaling(op)
        records = _records(op, scaled)
        is_pixels = writes is RowLayout.PIXELS
        return Struct(
            c_type="te_depthwise_conv2d_dsp_params",
            members={
                "in_h": in_h,
                "in_w": in_w,
                "in_c": in_c,
                "out_w": out_w,
                "out_c": out_c,
                "multiplier": out_c // in_c,
                "kernel_h": op.weight.shape[1],
                "stride_h": op.stride_h,
                "pad_top": op.padding.top,
                "pad_left": op.padding.left,
                "in_zero_point": op.input.zero_point,
                "act_min": op.act_min,
                "act_max": op.act_max,
                "reads_channels": int(reads is RowLayout.CHANNELS),
                "pixel_step": out_c if is_pixels else 1,
                "channel_step": 1 if is_pixels else out_w,
                "strip": _strip(op),
                "columns": _columns(op),
                "rounding": scaled.rounding,
                "record_words": records.shape[1],
                "weight": records,
            },
        )

    return params


def _cost(reads: RowLayout) -> Callable[[DepthwiseConv2D], int]:
    """Give the instructions: what was counted on emulated cores, by part."""

    def cost(op: DepthwiseConv2D) -> int:
        _, kernel_h, kernel_w, _ = op.weight.shape
        out_h, out_w, out_c = op.output.hwc
        columns = min(op.input.hwc[1], _columns(op))
        expand = {RowLayout.PIXELS: 3.6, RowLayout.CHANNELS: 2.8}[reads] * columns
        passes = kernel_w * out_w * 1.5 + 20
        lines = (kernel_h / 2) * (expand + passes) + 7 * out_w + 40
        return int(out_h * out_c * lines)

    return cost


def _kernel(kernel_w: int, stride_w: int, reads: RowLayout, writes: RowLayout) -> Kernel:
    is_pixels = reads is RowLayout.PIXELS
    layout: tuple[Constraint, ...] = (channels_come_in_fours,) if is_pixels else ()
    return Kernel(
        name=f"te_depthwise_conv2d_s8_dsp_{kernel_w}_{stride_w}",
        header=_HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        params=_params(reads, writes),
        progress=Progress.ROW,
        constraints=(
            operands_are_int8,
            weight_is_constant,
            batch_is_1,
            sums_fit,
            dilation_is_1,
            _window_fits(kernel_w, stride_w),
            kernel_is_at_most_16_high,
            *layout,
            factors_fold,
        ),
        scratch_nbytes=_scratch_nbytes(4 if is_pixels else 1),
        reads=reads,
        writes=writes,
        cost=_cost(reads),
    )


KERNELS: tuple[Kernel, ...] = tuple(
    _kernel(kernel_w, stride_w, reads, writes)
    for kernel_w in (3, 5, 7)
    for stride_w in (1, 2)
    for reads in (RowLayout.CHANNELS, RowLayout.PIXELS)
    for writes in (RowLayout.CHANNELS, RowLayout.PIXELS)
)
"""By kernel width and stride, and the layouts of rows read and written."""
