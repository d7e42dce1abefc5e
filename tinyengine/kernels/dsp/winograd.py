"""Kernels of Conv2D by Winograd's minimal filtering: 16 multiplications where others take 36.

Source: te_dsp_winograd.h, which has the formula.
"""

from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, Rounding, count_macs, once
from tinyengine.kernels.dsp.convolution import (
    ALWAYS,
    channels_from,
    direct_scratch_nbytes,
    scaled_way,
    sums_fit_scaled,
    weights_share_words,
)
from tinyengine.kernels.dsp.packing import as_words, in_run_order
from tinyengine.kernels.dsp.packing_w8 import ScaledWay, even_lines_w8
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.fold import factors_fold
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.geometry import clamp_members, image_members
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct
from tinyengine.reference.fixed_point import Ints

_UNROLLED = 8
"""TE_WINOGRAD_PAIRS."""

_LEAST_CHANNELS = 16

_DIRECT = 0.78
"""Instructions of a MAC where channels are computed directly."""

_G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]], np.int64)
_SIGNS = np.array([1, 1, 1, -1], np.int64)
_ROWS, _COLUMNS = [1, 2, 0, 3], [1, 2, 3, 0]
"""Their order in records."""


def transformed(weights: Ints) -> Ints:
    """Give U of weights [out_c, 3, 3, in_c] as the kernel has it, [out_c, 4, 4, in_c].

    Row 3 and column 3 are negated. None exceeds 9 * 128.
    """
    u = np.einsum("ik,okln,jl->oijn", _G, weights, _G)
    return np.asarray(u * _SIGNS[:, None, None] * _SIGNS[:, None])


def window_is_3x3(op: Conv2D) -> bool:
    """Window must be 3x3, stride and dilation 1."""
    steps = (op.stride_h, op.stride_w, op.dilation_h, op.dilation_w)
    return op.weight.shape[1:3] == (3, 3) and steps == (1, 1, 1, 1)


def channels_are_many(op: Conv2D) -> bool:
    """Input must have 16 channels at least, a multiple of 4; output an even number."""
    in_c = op.weight.shape[3]
    return in_c >= _LEAST_CHANNELS and in_c % 4 == 0 and op.weight.shape[0] % 2 == 0


def _pairs(op: Conv2D) -> int:
    return -(-op.weight.shape[3] // (2 * _UNROLLED)) * _UNROLLED


def _scratch_nbytes(op: Conv2D) -> int:
    in_c, out_c = op.weight.shape[3], op.weight.shape[0]
    return 128 * _pairs(op) + max(24 * in_c, 8 * out_c)


def _even_lines(op: Conv2D) -> Lines | None:
    """Give the factors of an operator that rounds to even; None where there are none."""
    found = even_lines_w8(op)
    return None if found is None else found[0]


@once
def _words(op: Conv2D) -> Array:
    """Give all records. Source: te_dsp_winograd.h."""
    way = _way_of(op)
    u = transformed(np.where(way.flat[:, None, None, None], 0, op.weight.values.astype(np.int64)))
    out_c, _, _, in_c = u.shape
    runs = in_run_order(u.reshape(out_c, 16, in_c))
    runs = np.pad(
        runs.reshape(out_c, 16, in_c // 2, 2), ((0, 0), (0, 0), (0, _pairs(op) - in_c // 2), (0, 0))
    )
    halves = (runs[..., 0] & 0xFFFF) | (runs[..., 1] << 16)
    # [record, channel, row, column, pair] become [record, column, phase, pair, row, channel].
    words = halves.reshape(out_c // 2, 2, 4, 4, -1)[:, :, _ROWS][:, :, :, _COLUMNS]
    words = words.reshape(out_c // 2, 2, 2, 2, 4, -1).transpose(0, 4, 2, 5, 3, 1)
    columns = words.reshape(out_c // 2, 4, -1)
    bias, multiplier = way.bias.reshape(-1, 2), way.multiplier.reshape(-1, 2)
    factors = np.concatenate([bias[:, :1], multiplier, bias[:, 1:]], axis=1)
    parts = [columns[:, 0], columns[:, 1], columns[:, 2], factors, columns[:, 3], factors]
    return as_words(np.concatenate(parts, axis=1).reshape(-1))


def _way_of(op: Conv2D) -> ScaledWay:
    """Give the exact way from scaled sums to outputs of an operator that has one."""
    if op.rounding is Rounding.EVEN:
        found = even_lines_w8(op)
        way = None if found is None else found[1]
    else:
        way = scaled_way(op)
    assert way is not None, "the kernel has accepted the factors"
    return way


def _params(op: Conv2D) -> Struct:
    """Give the parameters of the C function."""
    return _first_channels(op, op.weight.shape[0])


def _half_params(op: Conv2D) -> Struct:
    """Give the parameters of the C function that computes half of the channels as others do."""
    channels = _half(op)
    return Struct(
        c_type="te_conv2d_dsp_winograd_half_params",
        members={
            "winograd": _first_channels(op, channels),
            "direct": channels_from(op, channels),
            "channels": channels,
        },
    )


def _half(op: Conv2D) -> int:
    """Give the channels of the first half, an even number."""
    return int(op.weight.shape[0] // 4 * 2)


def _first_channels(op: Conv2D, channels: int) -> Struct:
    way, records = _way_of(op), _words(op).reshape(op.weight.shape[0] // 2, -1)
    words = records[: channels // 2].reshape(-1)
    return Struct(
        c_type="te_conv2d_dsp_winograd_params",
        members={
            **image_members(op),
            "pad_top": op.padding.top,
            "pad_left": op.padding.left,
            "pairs": _pairs(op),
            "words": len(words),
            "offset": way.offset,
            "in_zero_point": op.input.zero_point,
            **clamp_members(op),
            "rounding": way.rounding,
            "weight": words,
        },
    )


def _cost(op: Conv2D) -> int:
    """Estimate the instructions of all rows."""
    out_h, out_w, out_c = op.output.hwc
    twins = (out_h + 1) // 2 * ((out_w + 3) // 4)
    channels = out_c // 2 * (8 * 16 * _pairs(op) + 280)
    return int(twins * (channels + 90 * _pairs(op) + 150))


def _half_cost(op: Conv2D) -> int:
    out_h, out_w, out_c = op.output.hwc
    share = _half(op) / out_c
    expansion = (out_h + 1) // 2 * ((out_w + 3) // 4) * (90 * _pairs(op) + 150)
    winograd = share * (_cost(op) - expansion) + expansion
    return int(winograd + (1 - share) * _DIRECT * count_macs(op) + 120 * out_h * out_w)


def _half_scratch_nbytes(op: Conv2D) -> int:
    return max(_scratch_nbytes(op), direct_scratch_nbytes(op))


def output_has_halves(op: Conv2D) -> bool:
    """Output must have 4 channels at least."""
    return op.weight.shape[0] >= 4


_ASKS = (*ALWAYS, window_is_3x3, channels_are_many, sums_fit_scaled)

_KERNEL = Kernel(
    folder="dsp",
    function="te_conv2d_s8_dsp_winograd",
    header="te_dsp_conv2d_winograd.h",
    isa=Isa.DSP,
    op=Conv2D,
    params=_params,
    progress=Progress.PAIRS,
    constraints=(*_ASKS, factors_fold),
    scratch_nbytes=_scratch_nbytes,
    form=Form(expands_weights=True),
    cost=_cost,
    shares=("te_winograd_dsp",),
)

_HALF = replace(
    _KERNEL,
    function="te_conv2d_s8_dsp_winograd_half",
    params=_half_params,
    constraints=(*_ASKS, factors_fold, weights_share_words, output_has_halves),
    scratch_nbytes=_half_scratch_nbytes,
    cost=_half_cost,
    shares=(
        "te_conv2d_s8_dsp_winograd",
        "te_winograd_dsp",
        "te_conv2d_s8_dsp",
        "te_conv_rows_dsp",
        "te_conv_dots_w8_dsp",
    ),
)

KERNELS: tuple[Kernel, ...] = (
    _KERNEL,
    _HALF,
    even_kernels(_KERNEL, _ASKS, _even_lines, lambda op, _: _params(op))[0],
)
"""For windows of 3x3 with a stride of 1, and many channels; also where halves are rounded to even,
if one rounding gives all outputs. Weights take 3.6 times as much flash as those of int8: where that
is too much, half of the channels are computed so."""
