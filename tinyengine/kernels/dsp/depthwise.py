"""Kernels of DepthwiseConv2D for the DSP extension: packed weights, scratch, cost."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.exact.requantize import fold, rounds_up_only
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    greatest_sums,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.convolution import convolution_factors
from tinyengine.reference.fixed_point import Ints

_HEADER = "te_dsp_depthwise_conv2d.h"
_FAST_BITS = 10
"""How many bits outputs are up in the sums that are rounded fastest."""

_LANES = 4
"""Channels computed at a time."""

_ROW_RECORD_WORDS, _UNPACKED_ROWS = 11, 8
"""Source: te_dsp_depthwise_rows.h, TE_ROW_RECORD_WORDS and TE_ROW_UNPACKED."""

_GREATEST_STRIP = {3: 28, 5: 24, 7: 20}
"""Outputs computed at a time by kernel width: bounds the scratch."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scaled:
    """How a channel's sums become outputs: [out_c] each, but `is_signed`.

    Sums are scaled by 2^left; `factors` are the three words of a channel behind its weights.
    """

    is_signed: bool
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


def _scaling(op: DepthwiseConv2D) -> _Scaled | None:
    """Give the cheapest exact way from sums to outputs; None where there is none."""
    if rounds_up_only(op):
        scaled = _scaled_up(op)
        if scaled is not None:
            return scaled
    folded = fold(op)
    if folded is None:
        return None
    factors = np.stack([folded.multiplier, folded.offset, folded.shift], axis=1)
    left = np.where(folded.multiplier == 0, 0, 1)
    return _Scaled(is_signed=True, left=left, factors=factors.astype(np.int64))


def _scaled_up(op: DepthwiseConv2D) -> _Scaled | None:
    """Give factors with which the output is sum * 2^left * multiplier / 2^32 + offset, `bits` up.

    Both roundings, halves up, are in the offset: half an output, and half a unit of the first
    rounding, which is a whole number where left > 1. Channels that are constant get weights 0.
    """
    multiplier, exponent = (part.astype(np.int64) for part in convolution_factors(op))
    right, sums = -exponent, greatest_sums(op)
    half = np.where(right > 0, np.int64(1) << np.maximum(right - 1, 0), 0)
    is_constant = (multiplier == 0) | ((right > 0) & (sums * multiplier // 2**31 + 1 < half))
    weights = np.abs(_weights(op)).max(axis=(0, 1))
    bits = np.full(len(sums), -1)
    for candidate in (_FAST_BITS, *range(1, 23)):
        left = candidate - right + 1
        fits = (left >= 2) & (left <= 30)
        scale = np.int64(1) << np.clip(left, 0, 30)
        fits &= (weights * scale < 2**15) & (sums * scale < 2**31)
        bits = np.where((bits < 0) & fits, candidate, bits)
    bits = np.where(is_constant, _FAST_BITS, bits)
    if np.any(bits < 0):
        return None
    left = np.where(is_constant, 0, bits - right + 1)
    up = np.where(is_constant, 0, bits - right)
    first_half = np.where(is_constant, 0, np.int64(1) << np.clip(up - 1, 0, bits - 1))
    last_half = np.where(is_constant | (right <= 0), 0, np.int64(1) << (bits - 1))
    offset = (np.int64(op.output.zero_point) << bits) + first_half + last_half
    multiplier = np.where(is_constant, 0, multiplier)
    reach = ((sums << left) * multiplier >> 32) + np.abs(offset) + 1
    if np.any(reach >= 2**31):
        return None
    return _Scaled(is_signed=False, left=left, factors=np.stack([multiplier, offset, bits], axis=1))


def sums_scale(op: DepthwiseConv2D) -> bool:
    """Scale ratios input * weight / output must be of a size that sums of 32 bits allow."""
    if not weight_is_constant(op):
        return True
    try:
        return _scaling(op) is not None
    except ModelError:
        return False


def _bias(op: DepthwiseConv2D) -> Ints:
    """Give the bias, [out_c]."""
    out_c = op.output.shape[-1]
    return np.zeros(out_c, np.int64) if op.bias is None else op.bias.values.astype(np.int64)


def _weights(op: DepthwiseConv2D) -> Ints:
    """Give the weights as [kernel_h, kernel_w, out_c]."""
    return np.asarray(op.weight.values[0].astype(np.int64))


def _records(op: DepthwiseConv2D, scaled: _Scaled) -> Array:
    """Give the records of te_depthwise_dsp, [out_c, words] of int32."""
    return _as_int32(np.concatenate(_record_parts(op, scaled), axis=0).T)


def _as_int32(words: Ints) -> Array:
    """Give words modulo 2^32."""
    return (np.ascontiguousarray(words) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _record_parts(op: DepthwiseConv2D, scaled: _Scaled) -> list[Ints]:
    """Give the parts of all records, each [words, out_c]."""
    is_constant = scaled.factors[:, 0] == 0
    weights = np.where(is_constant, 0, _weights(op) << scaled.left)
    parts = [np.where(is_constant, 0, _bias(op) << scaled.left)[None, :]]
    for top in range(0, weights.shape[0] - 1, 2):
        parts.append(_pairs(weights[top], weights[top + 1]))
    if weights.shape[0] % 2:
        alone = _pairs(weights[-1], np.zeros_like(weights[-1]))
        parts.append(alone if scaled.is_signed else _single(weights[-1], op.stride_w))
    return [*parts, scaled.factors.T]


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


def _column_records(op: DepthwiseConv2D, scaled: _Scaled) -> Array:
    """Give the records of te_depthwise_conv2d_s8_dsp_column, [quads, words] of int32."""
    parts = _record_parts(op, replace(scaled, is_signed=True))
    words = np.concatenate(parts, axis=0)
    padded = np.pad(words, ((0, 0), (0, -words.shape[1] % 4)))
    return _as_int32(
        padded.reshape(len(words), -1, 4).transpose(1, 0, 2).reshape(-1, 4 * len(words))
    )


def _strip(op: DepthwiseConv2D) -> int:
    """Give the outputs computed at a time, an even number: strips of about the same width."""
    out_w = op.output.hwc[1]
    strips = -(-out_w // _GREATEST_STRIP[op.weight.shape[2]])
    return -(-out_w // (2 * strips)) * 2


def _columns(op: DepthwiseConv2D) -> int:
    return _strip(op) * op.stride_w + op.weight.shape[2] - 1


def _record_words(op: DepthwiseConv2D) -> int:
    """Give the words of a record of te_depthwise_dsp that is not signed."""
    _, kernel_h, kernel_w, _ = op.weight.shape
    alone = kernel_w - 1 if op.stride_w == 1 else (kernel_w + 1) // 2
    return int(4 + kernel_h // 2 * kernel_w + kernel_h % 2 * alone)


def _scratch_nbytes(is_packed: bool) -> Callable[[DepthwiseConv2D], int]:
    def scratch_nbytes(op: DepthwiseConv2D) -> int:
        lane = _columns(op) * 3 // 2 + _strip(op) + (_record_words(op) if is_packed else 0)
        return 4 * _LANES * lane

    return scratch_nbytes


def _row_records(op: DepthwiseConv2D, scaled: _Scaled) -> Array:
    """Give the records of te_dsp_depthwise_rows.h, [out_c, words] of int32."""
    (bias, *_), factors = _record_parts(op, scaled), scaled.factors.T
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
    return _as_int32(np.concatenate(parts, axis=0).T)


def records_pack(op: DepthwiseConv2D) -> bool:
    """Clamp must hide what is below the zero point (ReLU), biases must have 22 bits, scales 8."""
    if not weight_is_constant(op):
        return True
    try:
        scaled = _scaling(op)
    except ModelError:
        return False
    if scaled is None or scaled.is_signed:
        return False
    multiplier, offset, bits = scaled.factors.T
    halves = np.int64(2 * op.output.zero_point + 1)
    offsets = (halves << (bits - 1)) + ((1 << scaled.left) >> 2)
    biases = np.maximum(np.abs(_bias(op)), np.abs(_inside_bias(op)))
    fits = (scaled.left <= 8) & (biases < 2**21)
    return bool(np.all(fits & ((multiplier == 0) | (offset == offsets))))


def _inside_bias(op: DepthwiseConv2D) -> Ints:
    """Give the bias of windows inside the input with its zero point folded in, [out_c]."""
    return np.asarray(_bias(op) - _weights(op).sum(axis=(0, 1)) * op.input.zero_point)


def _packed(scaled: _Scaled, pairs: Ints, bias: Ints) -> Array:
    """Give the packed records, [out_c, words] of int32, of the pairs of weights [n, 2, out_c].

    Source: te_dsp_depthwise_packed.h.
    """
    is_constant = scaled.factors[:, 0] == 0
    even = np.pad(np.where(is_constant, 0, pairs), ((0, len(pairs) % 2), (0, 0), (0, 0))) + 128
    first, second = even[::2], even[1::2]
    quads = first[:, 0] | (second[:, 0] << 8) | (first[:, 1] << 16) | (second[:, 1] << 24)
    word = (np.where(is_constant, 0, bias) << 10) | (scaled.factors[:, 2] << 5) | scaled.left
    return _as_int32(np.concatenate([word[None, :], quads, scaled.factors[:, :1].T]).T)


def _packed_records(op: DepthwiseConv2D, scaled: _Scaled) -> Array:
    """Give the packed records of te_depthwise_dsp."""
    weights = _weights(op)
    tops = range(0, len(weights) - 1, 2)
    parts = [np.stack([weights[top], weights[top + 1]], axis=1) for top in tops]
    if len(weights) % 2:
        parts.append(_single_pairs(weights[-1], op.stride_w))
    return _packed(scaled, np.concatenate(parts), _bias(op))


def _packed_row_records(op: DepthwiseConv2D, scaled: _Scaled) -> Array:
    """Give the packed records of te_dsp_depthwise_rows.h."""
    weights = _weights(op)
    middle = weights[:, 1]
    pairs = [
        *np.stack([weights[:, 0], weights[:, 2]], axis=1),
        middle[:2],
        np.stack([middle[2], np.zeros_like(middle[2])]),
    ]
    return _packed(scaled, np.stack(pairs), _inside_bias(op))


Records = Callable[[DepthwiseConv2D, _Scaled], Array]


def _params(
    reads: RowLayout, writes: RowLayout, records_of: Records, is_packed: bool
) -> Callable[[DepthwiseConv2D], Struct]:
    def params(op: DepthwiseConv2D) -> Struct:
        in_h, in_w, in_c = op.input.hwc
        _, out_w, out_c = op.output.hwc
        scaled = _scaling(op)
        assert scaled is not None, f"{op.source}: sums_scale accepts what does not scale"
        records = records_of(op, scaled)
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
                "pixel_step": out_c if is_pixels else 1,
                "channel_step": 1 if is_pixels else out_w,
                "strip": _strip(op),
                "record_words": _record_words(op) if is_packed else records.shape[1],
                "in_zero_point": op.input.zero_point,
                "act_min": op.act_min,
                "act_max": op.act_max,
                "reads_channels": int(reads is RowLayout.CHANNELS),
                "is_fused": int(not scaled.is_signed),
                "is_signed": int(scaled.is_signed),
                "is_packed": int(is_packed),
                "out_zero_point": op.output.zero_point,
                "weight": records,
            },
        )

    return params


_PAIRED = {3: 4.7, 5: 7.2, 7: 11.3}
_SINGLE = {3: 7.0, 5: 8.5, 7: 11.5}
"""Instructions per output of a pass over two rows, and over one with rounding, by kernel width."""


def _cost(reads: RowLayout, is_packed: bool) -> Callable[[DepthwiseConv2D], int]:
    def cost(op: DepthwiseConv2D) -> int:
        """Give the instructions: what was counted on emulated cores, by part."""
        _, kernel_h, kernel_w, _ = op.weight.shape
        out_h, out_w, out_c = op.output.hwc
        strips = -(-out_w // _strip(op))
        columns = min(op.input.hwc[1], strips * _columns(op))
        is_pixels = reads is RowLayout.PIXELS
        expanded = 3.5 * columns + 10 * strips if is_pixels else 2.9 * columns + 32 * strips
        paired = expanded + _PAIRED[kernel_w] * out_w + 20 * strips
        single = expanded / 2 + _SINGLE[kernel_w] * out_w + 45 * strips
        unpacked = strips * (6.5 * _record_words(op) + 20) if is_packed else 0
        rows = kernel_h // 2 * paired + single + unpacked
        return int(out_h * (out_c * rows + 600 * strips))

    return cost


_ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    sums_fit,
    dilation_is_1,
    kernel_is_at_most_16_high,
)


def windows_are_mostly_inside(op: DepthwiseConv2D) -> bool:
    """Windows must reach over a row by at most 1 pixel, and two of them must be inside."""
    in_w, out_w = op.input.shape[2], op.output.shape[2]
    behind = (out_w - 1) * op.stride_w - op.padding.left + 3 - in_w
    inside = out_w - op.padding.left - (behind > 0)
    return op.padding.left <= 1 and behind <= 1 and inside >= 2


def kernel_is_3_high(op: DepthwiseConv2D) -> bool:
    """Kernel must be 3 high."""
    return op.weight.shape[1] == 3


def multiplier_is_1(op: DepthwiseConv2D) -> bool:
    """Input must have as many channels as the output."""
    return op.input.shape[-1] == op.output.shape[-1]


def negative_sums_are_clamped(op: DepthwiseConv2D) -> bool:
    """Clamp must hide what is below the zero point (ReLU), scale ratios must allow 32-bit sums."""
    if not weight_is_constant(op):
        return True
    try:
        scaled = _scaling(op)
    except ModelError:
        return False
    return scaled is not None and not scaled.is_signed


def _rows_cost(is_packed: bool) -> Callable[[DepthwiseConv2D], int]:
    def cost(op: DepthwiseConv2D) -> int:
        """Give the instructions: what was counted on emulated cores."""
        out_h, out_w, out_c = op.output.hwc
        even_w = out_w + out_w % 2
        channel = {1: 16, 2: 19}[op.stride_w] * even_w + 36 + (70 if is_packed else 0)
        return int(out_h * (out_c * channel + 120) + 8 * op.input.shape[2])

    return cost


def _rows_scratch_nbytes(is_packed: bool) -> Callable[[DepthwiseConv2D], int]:
    def scratch_nbytes(op: DepthwiseConv2D) -> int:
        records = 4 * _UNPACKED_ROWS * _ROW_RECORD_WORDS if is_packed else 0
        return int(op.input.shape[2] + 3) // 4 * 4 + records

    return scratch_nbytes


def _rows(stride_w: int, writes: RowLayout, is_packed: bool) -> Kernel:
    records_of = _packed_row_records if is_packed else _row_records
    return Kernel(
        name=f"te_depthwise_conv2d_s8_dsp_3_{stride_w}_channels",
        header=_HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        params=_params(RowLayout.CHANNELS, writes, records_of, is_packed),
        progress=Progress.ROW,
        constraints=(
            *_ALWAYS,
            _window_fits(3, stride_w),
            kernel_is_3_high,
            windows_are_mostly_inside,
            multiplier_is_1,
            negative_sums_are_clamped,
            *((records_pack,) if is_packed else ()),
        ),
        scratch_nbytes=_rows_scratch_nbytes(is_packed),
        reads=RowLayout.CHANNELS,
        writes=writes,
        cost=_rows_cost(is_packed),
        expands_weights=not is_packed,
    )


def image_is_one_wide(op: DepthwiseConv2D) -> bool:
    """Input and output must be [1, H, 1, C], with a kernel 1 wide and a multiplier of 1."""
    is_column = op.weight.shape[2] == op.input.shape[2] == op.output.shape[2] == 1
    return is_column and op.padding.left == 0 and op.input.shape[3] == op.output.shape[3]


def _column_params(op: DepthwiseConv2D) -> Struct:
    scaled = _scaling(op)
    assert scaled is not None, f"{op.source}: sums_scale accepts what does not scale"
    records = _column_records(op, scaled)
    return Struct(
        c_type="te_depthwise_column_dsp_params",
        members={
            "in_h": op.input.shape[1],
            "channels": op.input.shape[3],
            "kernel_h": op.weight.shape[1],
            "stride_h": op.stride_h,
            "pad_top": op.padding.top,
            "in_zero_point": op.input.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "is_signed": int(scaled.is_signed),
            "record_words": records.shape[1],
            "weight": records,
        },
    )


def _column_cost(op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on emulated cores."""
    pairs = (op.weight.shape[1] + 1) // 2
    return int(op.output.elements * (9 + 4.25 * pairs))


def _column(reads: RowLayout, writes: RowLayout) -> Kernel:
    return Kernel(
        name="te_depthwise_conv2d_s8_dsp_column",
        header=_HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        params=_column_params,
        progress=Progress.ROW,
        constraints=(*_ALWAYS, image_is_one_wide, sums_scale),
        reads=reads,
        writes=writes,
        cost=_column_cost,
    )


def _kernel(
    kernel_w: int, stride_w: int, reads: RowLayout, writes: RowLayout, is_packed: bool
) -> Kernel:
    is_pixels = reads is RowLayout.PIXELS
    layout: tuple[Constraint, ...] = (channels_come_in_fours,) if is_pixels else ()
    exact = records_pack if is_packed else sums_scale
    return Kernel(
        name=f"te_depthwise_conv2d_s8_dsp_{kernel_w}_{stride_w}",
        header=_HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        params=_params(reads, writes, _packed_records if is_packed else _records, is_packed),
        progress=Progress.ROW,
        constraints=(*_ALWAYS, _window_fits(kernel_w, stride_w), *layout, exact),
        scratch_nbytes=_scratch_nbytes(is_packed),
        reads=reads,
        writes=writes,
        cost=_cost(reads, is_packed),
        expands_weights=not is_packed,
        shares=("te_depthwise_dsp",),
    )


_LAYOUTS = (RowLayout.CHANNELS, RowLayout.PIXELS)

KERNELS: tuple[Kernel, ...] = (
    *(
        _kernel(kernel_w, stride_w, reads, writes, is_packed)
        for kernel_w in (3, 5, 7)
        for stride_w in (1, 2)
        for reads in _LAYOUTS
        for writes in _LAYOUTS
        for is_packed in (False, True)
    ),
    *(
        _rows(stride_w, writes, is_packed)
        for stride_w in (1, 2)
        for writes in _LAYOUTS
        for is_packed in (False, True)
    ),
    *(_column(reads, writes) for reads in _LAYOUTS for writes in _LAYOUTS),
)
"""By kernel width and stride, the layouts of rows read and written, and the form of records."""
