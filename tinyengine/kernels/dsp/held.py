"""Kernel of Conv2D of eight channels with a 1x1 window, whose weights are held in registers."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, once
from tinyengine.kernels.dsp.packing import UP_BITS, Factors, as_words, fit_int16, in_run_order
from tinyengine.kernels.dsp.packing import raised_factors as raised
from tinyengine.kernels.exact.fold import factors_fold, fold, rounds_up_only
from tinyengine.kernels.exact.raised import raise_outputs
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.fixed_point import Ints

_CHANNELS = 8

_ROUNDING = 36
"""TE_CONV_UP_LESS."""


def window_is_a_point(op: Conv2D) -> bool:
    """Window must be 1x1 with a stride of 1 and no padding, the input 8 channels and 2 columns."""
    is_point = op.weight.shape[1:] == (1, 1, _CHANNELS) and (op.stride_h, op.stride_w) == (1, 1)
    return is_point and op.input.hwc[:2] == op.output.hwc[:2] and op.output.hwc[1] > 1


def rounds_up(op: Conv2D) -> bool:
    """Output must have a ReLU."""
    return rounds_up_only(op)


def channels_are_raised(op: Conv2D) -> bool:
    """Weights, scaled so that outputs are 10 bits up, must fit 16 bits."""
    asked = (weight_is_constant, window_is_a_point, rounds_up_only, factors_fold)
    if not all(check(op) for check in asked):
        return True
    way = _way_of(op)
    return bool(np.all(way.fits & fit_int16(_expanded_weights(op), way.left)))


@once
def _way_of(op: Conv2D) -> Factors:
    """Give the way from sums to outputs, of all channels that it fits."""
    folded = fold(op)
    assert folded is not None, "the kernel has accepted the factors"
    return raised(_ROUNDING, raise_outputs(op, folded, UP_BITS[_ROUNDING]))


def _expanded_weights(op: Conv2D) -> Ints:
    """Give the weights in the order of an expanded pixel, [out_c, 4, 2]."""
    return in_run_order(op.weight.values.astype(np.int64).reshape(-1, 1, _CHANNELS))


@once
def _records(op: Conv2D) -> Array:
    """Give all records. Source: te_conv2d_s8_dsp_held.c."""
    way = _way_of(op)
    moved = _expanded_weights(op) << way.left[:, None, None]
    words = (moved[..., 0] & 0xFFFF) | (moved[..., 1] << 16)
    bias = (folded_bias(op).astype(np.int64) << way.left) + way.nudge
    factors = np.stack([bias, way.multiplier, way.offset], axis=1)
    return as_words(np.concatenate([words, factors], axis=1).reshape(-1))


def _params(op: Conv2D) -> Struct:
    """Give the parameters of the C function."""
    return Struct(
        c_type="te_conv2d_dsp_held_params",
        members={
            "out_w": op.output.hwc[1],
            "out_c": op.output.hwc[2],
            "act_min": op.act_min,
            "act_max": op.act_max,
            "weight": _records(op),
        },
    )


def _cost(op: Conv2D) -> int:
    """Estimate the instructions of all rows."""
    out_h, out_w, out_c = op.output.hwc
    return int(out_h * (out_c * (13.4 * out_w + 20) + 60))


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="dsp",
        function="te_conv2d_s8_dsp_held",
        header="te_dsp_conv2d_held.h",
        isa=Isa.DSP,
        op=Conv2D,
        params=_params,
        progress=Progress.ROW,
        constraints=(
            operands_are_int8,
            weight_is_constant,
            batch_is_1,
            channels_are_not_grouped,
            window_is_a_point,
            sums_fit,
            rounds_up,
            factors_fold,
            channels_are_raised,
        ),
        form=Form(writes=RowLayout.CHANNELS),
        cost=_cost,
    ),
)
"""For rows of pixels that become rows of channels, as depthwise kernels read them."""
