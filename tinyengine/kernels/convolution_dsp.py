"""Kernels of Conv2D for the DSP extension: packed weights, scratch, cost."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D
from tinyengine.kernels.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    folded_bias,
    greatest_sums,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.requantize_dsp import Folded, factors_fold, fold, rounds_up_only
from tinyengine.kernels.spec import Kernel, Progress, RowLayout, Struct
from tinyengine.reference.fixed_point import Ints

_SIGNED = 0
_UP_BITS = {1: 10, 2: 12}
"""`rounding` of te_dsp_conv.h: the bits that the output is up."""

_FEW_PAIRS = 160
"""Pairs of taps up to which four pixels are expanded at a time; two beyond."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scaled:
    """How a channel's sums become outputs: [out_c] each, but `rounding`.

    Sums are scaled by 2^left; `factors` are the words of a channel that follow its weights.
    """

    rounding: int
    left: Ints
    factors: Ints


def run_order(count: int) -> Ints:
    """Give the taps of a run as expanded, [pairs, 2]: quads as (0, 2), (1, 3); -1 is nothing.

    Source: te_dsp_conv.h, te_conv_expand_1.
    """
    quads = np.arange(count // 4)[:, None] * 4 + np.array([0, 2, 1, 3])
    left = count % 4
    tail = {0: [], 1: [0, -1], 2: [0, 1], 3: [0, 2, 1, -1]}[left]
    rest = [tap if tap < 0 else tap + count - left for tap in tail]
    return np.concatenate([quads.reshape(-1), np.array(rest, np.int64)]).reshape(-1, 2)


def expanded_weights(op: Conv2D) -> Ints:
    """Give the weights in the order of the expanded windows, [out_c, pairs, 2]."""
    out_c, kernel_h, kernel_w, in_c = op.weight.shape
    runs = op.weight.values.astype(np.int64).reshape(out_c, kernel_h, kernel_w * in_c)
    order = run_order(kernel_w * in_c)
    padded = np.concatenate([runs, np.zeros((out_c, kernel_h, 1), np.int64)], axis=2)
    return np.asarray(padded[:, :, order].reshape(out_c, -1, 2))


def pairs_of(op: Conv2D) -> int:
    """Give the pairs of taps of an expanded window."""
    _, kernel_h, kernel_w, in_c = op.weight.shape
    return int(kernel_h * len(run_order(kernel_w * in_c)))


def _factors_of(op: Conv2D, folded: Folded, is_w16: bool) -> _Scaled:
    """Give the cheapest exact way from sums to outputs."""
    if rounds_up_only(op):
        for rounding, bits in _UP_BITS.items():
            scaled = _scaled_up(op, folded, rounding, bits)
            if scaled is not None and (_fits_int16(op, scaled.left) or not is_w16):
                return scaled
    factors = np.stack([folded.multiplier, folded.offset, folded.shift], axis=1)
    left = np.where(folded.multiplier == 0, 0, 1)
    return _Scaled(rounding=_SIGNED, left=left, factors=factors.astype(np.int64))


def _scaled_up(op: Conv2D, folded: Folded, rounding: int, bits: int) -> _Scaled | None:
    """Give factors with which the output is sum * 2^left * multiplier / 2^32 + offset, `bits` up.

    Both roundings are in the offset: (offset + 1/2) * 2^32 for an output that is `shift` bits up,
    times 2^(bits - shift), is a whole number of 2^32 where bits > shift.
    """
    multiplier, offset, shift = (
        part.astype(np.int64) for part in (folded.multiplier, folded.offset, folded.shift)
    )
    is_constant = multiplier == 0
    up = bits - shift
    if np.any(~is_constant & (up < 1)):
        return None
    left = np.where(is_constant, 0, up + 1)
    moved = (offset << np.maximum(up, 1)) + (1 << (np.maximum(up, 1) - 1))
    moved = np.where(is_constant, op.output.zero_point << bits, moved)
    sums = np.where(is_constant, 0, greatest_sums(op) << left)
    reach = (sums * multiplier >> 32) + np.abs(moved) + 1
    if np.any(sums >= 2**31) or np.any(reach >= 2**31):
        return None
    return _Scaled(rounding=rounding, left=left, factors=np.stack([multiplier, moved], axis=1))


def _fits_int16(op: Conv2D, left: Ints) -> bool:
    weights = op.weight.values.astype(np.int64).reshape(len(left), -1) << left[:, None]
    return bool(np.all((weights >= -(2**15)) & (weights < 2**15)))


def _w16_records(op: Conv2D, scaled: _Scaled) -> Array:
    """Give the records of te_conv_block with int16 weights, [records, words] of int32."""
    weights = expanded_weights(op) << scaled.left[:, None, None]
    words = (weights[:, :, 0] & 0xFFFF) | (weights[:, :, 1] << 16)
    bias = folded_bias(op).astype(np.int64) << scaled.left
    a, b = _channel_pairs(len(bias))
    return _as_words(
        np.stack([bias[a], bias[b]], axis=1),
        np.stack([words[a], words[b]], axis=2),
        scaled.factors[a],
        scaled.factors[b],
    )


def _w8_records(op: Conv2D, scaled: _Scaled) -> Array:
    """Give the records of te_conv_block with int8 weights, [records, words] of int32."""
    weights = expanded_weights(op) & 0xFF
    bias, factors = folded_bias(op).astype(np.int64), scaled.factors
    if scaled.rounding != _SIGNED:
        factors = np.concatenate([factors, scaled.left[:, None]], axis=1)
    a, b = _channel_pairs(len(bias))
    words = weights[a] | (weights[b] << 8)
    words = words[:, :, 0] | (words[:, :, 1] << 16)
    return _as_words(np.stack([bias[a], bias[b]], axis=1), words, factors[a], factors[b])


def _channel_pairs(out_c: int) -> tuple[Ints, Ints]:
    """Give the channels a and b of each record: a last odd channel is both."""
    first = np.arange(0, out_c, 2)
    return first, np.minimum(first + 1, out_c - 1)


def _as_words(*parts: Ints) -> Array:
    """Join the parts of every record; values modulo 2^32."""
    rows = [part.reshape(len(part), -1) for part in parts]
    return (np.concatenate(rows, axis=1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _group(op: Conv2D) -> int:
    """Give the pixels that are computed at a time."""
    return 4 if pairs_of(op) <= _FEW_PAIRS else 2


def _scratch_nbytes(op: Conv2D) -> int:
    _, _, kernel_w, in_c = op.weight.shape
    run = kernel_w * in_c if _has_clipped_windows(op) else 0
    return 4 * _group(op) * pairs_of(op) + (run + 3) // 4 * 4


def _has_clipped_windows(op: Conv2D) -> bool:
    """Tell whether columns of a window may be apart or outside the input."""
    right = (op.output.hwc[1] - 1) * op.stride_w - op.padding.left + op.weight.shape[2]
    return op.dilation_w > 1 or op.padding.left > 0 or right > op.input.hwc[1]


def _params(op: Conv2D, writes: RowLayout, scaled: _Scaled, weight: Array) -> Struct:
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    is_pixels = writes is RowLayout.PIXELS
    return Struct(
        c_type="te_conv2d_dsp_params",
        members={
            "in_h": in_h,
            "in_w": in_w,
            "in_c": in_c,
            "out_w": out_w,
            "out_c": out_c,
            "kernel_h": op.weight.shape[1],
            "kernel_w": op.weight.shape[2],
            "stride_h": op.stride_h,
            "stride_w": op.stride_w,
            "dilation_h": op.dilation_h,
            "dilation_w": op.dilation_w,
            "pad_top": op.padding.top,
            "pad_left": op.padding.left,
            "in_zero_point": op.input.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "pixel_step": out_c if is_pixels else 1,
            "channel_step": 1 if is_pixels else out_w,
            "group": _group(op),
            "pairs": pairs_of(op),
            "record_words": weight.shape[1],
            "rounding": scaled.rounding,
            "weight": weight,
        },
    )


def _params_of(writes: RowLayout, is_w16: bool) -> Callable[[Conv2D], Struct]:
    def params(op: Conv2D) -> Struct:
        folded = fold(op)
        assert folded is not None, "the kernel has accepted the factors"
        scaled = _factors_of(op, folded, is_w16)
        records = _w16_records(op, scaled) if is_w16 else _w8_records(op, scaled)
        return _params(op, writes, scaled, records)

    return params


def _cost(per_pair: float) -> Callable[[Conv2D], int]:
    """Give the estimate for `per_pair` instructions for a pair of taps of one output."""

    def cost(op: Conv2D) -> int:
        out_h, out_w, out_c = op.output.hwc
        output = pairs_of(op) * per_pair + (5 if rounds_up_only(op) else 7)
        pixel = out_c * output + 2.2 * pairs_of(op) + 20 * op.weight.shape[1] + 30
        return int(out_h * (out_w * pixel + 150))

    return cost


_CONSTRAINTS = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    channels_are_not_grouped,
    sums_fit,
    factors_fold,
)


def _conv2d(writes: RowLayout, is_w16: bool) -> Kernel:
    return Kernel(
        name="te_conv2d_s8_dsp_w16" if is_w16 else "te_conv2d_s8_dsp",
        header="te_dsp_conv2d.h",
        isa=Isa.DSP,
        op=Conv2D,
        params=_params_of(writes, is_w16),
        progress=Progress.PIXEL if writes is RowLayout.PIXELS else Progress.ROW,
        constraints=_CONSTRAINTS,
        scratch_nbytes=_scratch_nbytes,
        writes=writes,
        cost=_cost(1.42 if is_w16 else 1.7),
    )


KERNELS: tuple[Kernel, ...] = tuple(
    _conv2d(writes, is_w16) for is_w16 in (False, True) for writes in RowLayout
)
"""For every shape; factors of 1/2 and more are left to the portable kernel."""
