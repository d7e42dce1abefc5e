"""Kernel of DepthwiseConv2D of int16 for the DSP extension: windows of 3x3, channels in pairs.

Source: te_dsp_depthwise_s16.h.
"""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, DepthwiseConv2D, once
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.geometry import window_members
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    dilation_is_1,
    folded_bias,
    multiplier_is_1,
    weight_is_constant,
)
from tinyengine.kernels.ref.convolution_s16 import (
    bias_is_int64,
    operands_are_int16,
    single_multipliers,
    sums_have_32_bits,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct


def window_is_3_by_3(op: DepthwiseConv2D) -> bool:
    """Window must be 3x3, and the horizontal stride 1 or 2."""
    return op.weight.shape[1:3] == (3, 3) and op.stride_w in (1, 2)


def channels_are_even(op: DepthwiseConv2D) -> bool:
    """Channels must be even in number."""
    return op.input.hwc[2] % 2 == 0


@once
def _records(op: DepthwiseConv2D) -> Array:
    """Give the records of two channels each: biases, pairs of weights, factors; as words."""
    taps = op.weight.values.astype(np.int64).reshape(9, -1, 2)
    words = (taps[..., 0] & 0xFFFF) | (taps[..., 1] << 16)
    bias, factors = (
        each.astype(np.int64).reshape(-1, 2) for each in (folded_bias(op), single_multipliers(op))
    )
    return as_words(np.concatenate([bias, words.T, factors], axis=1).reshape(-1))


def _params(op: DepthwiseConv2D) -> Struct:
    in_h, in_w, in_c = op.input.hwc
    window = window_members(op)
    names = ("stride_h", "stride_w", "pad_top", "pad_left", "act_min", "act_max")
    return Struct(
        c_type="te_depthwise_conv2d_s16_dsp_params",
        members={
            **{"in_h": in_h, "in_w": in_w, "in_c": in_c, "out_w": op.output.hwc[1]},
            **{name: window[name] for name in names},
            "weight": _records(op),
        },
    )


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    return 2 * op.input.hwc[2] * (9 + op.stride_w + 3)


def _cost(op: DepthwiseConv2D) -> int:
    """Estimate the instructions of the whole operator."""
    out_h, out_w, out_c = op.output.hwc
    first = -(-op.padding.left // op.stride_w)
    last = (op.input.hwc[1] - 3 + op.padding.left) // op.stride_w + 1
    inside = max(min(last, out_w) - first, 0)
    pairs, single = inside // 2, inside % 2
    copied = (out_w - inside) * (44 * (out_c // 2) + 9 * out_c + 200)
    return out_h * (pairs * (36 * out_c + 70) + single * (22 * out_c + 70) + copied + 120)


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="dsp",
        function="te_depthwise_conv2d_s16_dsp_3",
        header="te_dsp_depthwise_conv2d_s16.h",
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        params=_params,
        progress=Progress.ROW,
        constraints=(
            operands_are_int16,
            weight_is_constant,
            batch_is_1,
            multiplier_is_1,
            dilation_is_1,
            window_is_3_by_3,
            channels_are_even,
            bias_is_int64,
            sums_have_32_bits,
        ),
        scratch_nbytes=_scratch_nbytes,
        form=Form(expands_weights=True),
        cost=_cost,
    ),
)
"""For windows of 3x3 whose sums fit 32 bits."""
