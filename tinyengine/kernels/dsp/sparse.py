"""Kernels for the DSP extension of weights that are mostly 0: those that are 0 take no time.

Source: te_dsp_sparse.h, which has the formula.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, Rounding, once
from tinyengine.kernels.dsp.convolution import (
    ALWAYS,
    scaled_way,
    sums_fit_scaled,
)
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.dsp.packing_w8 import ScaledWay, even_lines_w8
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.fold import factors_fold, sum_ranges
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.geometry import clamp_members, image_members, reach_members, step_members
from tinyengine.kernels.ref.convolution import folded_bias, weight_is_constant
from tinyengine.kernels.spec import Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.fixed_point import Ints

_SUM_LIMIT = 2**22
"""What sums without their bias must be below. Source: te_dsp_sparse.h."""

_NUDGE = 2**30
"""What scaled biases are less: what scaled sums begin with."""

_FARTHEST = 255
"""Taps from one to the next, at most."""

_AHEAD = 12
"""Bytes behind all taps that are read, but of no use."""

_LEAST_ZEROS = 0.375
"""The share of weights from which on it may pay to skip those that are 0."""

_MANY_TAPS = 320
"""Taps of a window beyond which four pixels are expanded at a time; eight else."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Taps:
    """The taps of every channel as the kernels read them: `stream` is int8; `counts` [out_c]."""

    stream: Array
    counts: Ints


def pack_taps(weights: Ints, multiple: int) -> Taps:
    """Give the taps that are not 0 of weights [out_c, taps], a `multiple` of so many of a channel.

    Source: te_dsp_sparse.h.
    """
    parts, counts = [], []
    for row in weights:
        at = np.flatnonzero(row)
        ahead = np.diff(at, prepend=0)
        between = np.maximum(ahead - 1, 0) // _FARTHEST  # taps of weight 0 that lead to each
        count = int(len(at) + between.sum())
        padded = -(-count // multiple) * multiple
        pairs = np.zeros((padded + 1, 2), np.int64)
        place = np.arange(len(at)) + np.cumsum(between)
        pairs[:count, 0] = _FARTHEST
        pairs[place, 0] = ahead - _FARTHEST * between
        pairs[place, 1] = row[at]
        parts.append(pairs.reshape(-1)[:-1])
        counts.append(padded)
    parts.append(np.zeros(_AHEAD, np.int64))
    stream = (np.concatenate(parts) & 0xFF).astype(np.uint8).view(np.int8)
    return Taps(stream=stream, counts=np.array(counts, np.int64))


def weights_are_mostly_0(op: Conv2D) -> bool:
    """Three of eight weights must be 0 at least."""
    if not weight_is_constant(op):
        return True
    return bool(np.count_nonzero(op.weight.values) <= (1 - _LEAST_ZEROS) * op.weight.elements)


def sums_fit_23_bits(op: Conv2D) -> bool:
    """Weights must be so small that no sum without its bias exceeds 23 bits."""
    if not weight_is_constant(op):
        return True
    bias = folded_bias(op).astype(np.int64)
    return bool(np.max(np.abs(np.array(sum_ranges(op)) - bias)) < _SUM_LIMIT)


@once
def _taps_of(op: Conv2D) -> Taps:
    """Give the taps of every channel; none of those whose output never changes."""
    weights = op.weight.values.astype(np.int64).reshape(op.weight.shape[0], -1)
    return pack_taps(np.where(_way_of(op).flat[:, None], 0, weights), 2)


def _way_of(op: Conv2D) -> ScaledWay:
    """Give the exact way from scaled sums to outputs of an operator that has one."""
    if op.rounding is Rounding.EVEN:
        found = even_lines_w8(op)
        way = None if found is None else found[1]
    else:
        way = scaled_way(op)
    assert way is not None, "the kernel has accepted the factors"
    return way


def _group(op: Conv2D) -> int:
    """Give the pixels that are computed at a time."""
    return 8 if op.weight.elements // op.weight.shape[0] <= _MANY_TAPS else 4


def _scratch_nbytes(op: Conv2D) -> int:
    """Give the bytes for expanded windows, and for what is clipped of them."""
    _, kernel_h, kernel_w, in_c = op.weight.shape
    right = (op.output.hwc[1] - 1) * op.stride_w - op.padding.left + kernel_w
    is_clipped = op.dilation_w > 1 or op.padding.left > 0 or right > op.input.hwc[1]
    run = kernel_w * in_c
    return 2 * _group(op) * kernel_h * run + ((2 * run + 3) // 4 * 4 if is_clipped else 0)


def _params_of(writes: RowLayout) -> Callable[[Conv2D], Struct]:
    def params(op: Conv2D) -> Struct:
        """Give the parameters of the C function."""
        return _params(op, writes)

    return params


def _params(op: Conv2D, writes: RowLayout) -> Struct:
    way, taps = _way_of(op), _taps_of(op)
    factors = np.stack([taps.counts, way.bias - _NUDGE, way.multiplier], axis=1)
    return Struct(
        c_type="te_conv2d_dsp_sparse_params",
        members={
            **image_members(op),
            **reach_members(op),
            **step_members(op, writes),
            "group": _group(op),
            "offset": way.offset,
            "in_zero_point": op.input.zero_point,
            **clamp_members(op),
            "rounding": way.rounding,
            "taps": taps.stream,
            "factor": as_words(factors.reshape(-1)),
        },
    )


# Instructions for a tap of a channel, for a channel, and to expand a tap, by pixels at a time.
_PER_TAP = {8: 11.6, 4: 7.6}
_PER_CHANNEL = {8: 83, 4: 58}
_EXPANDED = {8: 22, 4: 11}
_PER_RUN = 60
"""Of two pixels, for a row of their windows."""


def _cost(op: Conv2D) -> int:
    """Estimate the instructions of the whole operator."""
    out_h, out_w, out_c = op.output.hwc
    taps, count = op.weight.elements // out_c, int(_taps_of(op).counts.sum())
    if op.input.hwc[:2] == (out_h, out_w) and op.weight.shape[1:3] == (1, 1):
        out_h, out_w = 1, out_h * out_w
    row = 120.0
    for places, groups in _groups(out_w, _group(op)).items():
        channels = _PER_TAP[places] * count + _PER_CHANNEL[places] * out_c
        around = _EXPANDED[places] * taps + _PER_RUN * places / 2 * op.weight.shape[1]
        row += groups * (channels + around + 120)
    return int(out_h * row)


def _groups(pixels: int, most: int) -> dict[int, int]:
    """Give how many groups of 8 and of 4 a row of `pixels` is computed in."""
    if most == 4:
        return {4: -(-pixels // 4)}
    eights, left = divmod(pixels, 8)
    return {8: eights + (left > 4), 4: int(0 < left <= 4)}


_ASKS = (*ALWAYS, weights_are_mostly_0, sums_fit_scaled, sums_fit_23_bits)


def _even_lines(op: Conv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even; None where there are none."""
    found = even_lines_w8(op)
    return None if found is None else found[0]


def _conv2d(writes: RowLayout) -> Kernel:
    return Kernel(
        folder="dsp",
        function="te_conv2d_s8_dsp_sparse",
        header="te_dsp_conv2d_sparse.h",
        isa=Isa.DSP,
        op=Conv2D,
        params=_params_of(writes),
        progress=Progress.PIXEL if writes is RowLayout.PIXELS else Progress.ROW,
        constraints=(*_ASKS, factors_fold),
        scratch_nbytes=_scratch_nbytes,
        form=Form(writes=writes, skips_zeros=True),
        cost=_cost,
    )


def _even(kernel: Kernel) -> Kernel:
    """Give the kernel of operators that round to even, made of `kernel`."""

    def params(op: Conv2D, _: Lines) -> Struct:
        """Give the parameters of the C function."""
        return kernel.params(op)

    return even_kernels(kernel, _ASKS, _even_lines, params)[0]


_CONV2D = tuple(_conv2d(writes) for writes in RowLayout)

KERNELS: tuple[Kernel, ...] = (*_CONV2D, *(_even(kernel) for kernel in _CONV2D))
"""For every shape; also where halves are rounded to even, if one rounding gives all outputs."""
