"""Kernels of DepthwiseConv2D with windows 3x3 for cores without the DSP extension."""

from collections.abc import Callable

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.base.requantize import Factors, factors_are_right, right_factors
from tinyengine.kernels.exact.fold import rounds_up_only
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    dilation_is_1,
    folded_bias,
    multiplier_is_1,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Form, Function, Kernel, Progress, RowLayout, Struct

_LINES = {3: 71, 4: 92, 5: 117, 6: 142}
"""Instructions of a channel by the outputs of a line. Source: te_base_depthwise_line_t2.h."""

_GROUPS = {5: 120, 6: 141}
"""Instructions of a group by its outputs. Source: te_base_depthwise_groups_t2.h."""

_BIAS_BITS = 24
"""Of a word, for the bias; the others are for the shift."""


def window_is_3x3(op: DepthwiseConv2D) -> bool:
    """Windows must be 3x3, with steps of one column."""
    return op.weight.shape[1:3] == (3, 3) and op.stride_w == 1


def padding_is_narrow(op: DepthwiseConv2D) -> bool:
    """One column must be padded left and right of the input, and at most a row above and below."""
    in_h, in_w, _ = op.input.hwc
    out_h, out_w, _ = op.output.hwc
    below = (out_h - 1) * op.stride_h + 3 - op.padding.top - in_h
    return op.padding.left == 1 and out_w == in_w and max(op.padding.top, below) <= 1 < in_h


def line_is_long_enough(op: DepthwiseConv2D) -> bool:
    """Lines must have 3 outputs at least."""
    return op.output.hwc[1] >= min(_LINES)


def rounds_up(op: DepthwiseConv2D) -> bool:
    """Clamp must hide all outputs below the zero point."""
    return rounds_up_only(op)


def factors_are_small(op: DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/4, and the bias below 2^23."""
    if not weight_is_constant(op):
        return True
    try:
        factors = right_factors(op)
    except ModelError:
        return False
    return factors is None or _records(op, factors) is not None


def _records(op: DepthwiseConv2D, factors: Factors) -> np.ndarray | None:
    """Give bias and shift in a word, and the multiplier: [channels, 2]; None where they are large.

    Channels whose output is always the zero point need neither bias nor shift.
    """
    is_zero = factors.multiplier == 0
    bias = np.where(is_zero, 0, folded_bias(op).astype(np.int64))
    shift = np.where(is_zero, 0, factors.shift - 2)
    if np.any(shift < 0) or np.any(np.abs(bias) >= 1 << (_BIAS_BITS - 1)):
        return None
    return np.stack([(bias << 8) + shift, factors.multiplier], axis=1).astype(np.int32)


def _steps(layout: RowLayout, pixels: int, channels: int) -> tuple[int, int]:
    """Give the bytes from pixel to pixel and from channel to channel of a row."""
    return (channels, 1) if layout is RowLayout.PIXELS else (1, pixels)


def _group(out_w: int) -> int:
    """Give the outputs of a group of a line: all, or those with which it takes least."""
    if out_w in _LINES:
        return out_w
    return min(_GROUPS, key=lambda size: -(-out_w // size) * _GROUPS[size])


def _line(out_w: int) -> Function:
    return Function(name=f"te_depthwise_{'line' if out_w in _LINES else 'groups'}_{_group(out_w)}")


def _edge_columns(out_w: int) -> int:
    """Give how far a row of an edge goes on. Source: te_base_depthwise_line_t2.h, _groups_t2.h."""
    if out_w in _LINES:
        return int(out_w == 6)
    return {5: 1, 6: 5}[_group(out_w)]


def _params(reads: RowLayout, writes: RowLayout) -> Callable[[DepthwiseConv2D], Struct]:
    def params(op: DepthwiseConv2D) -> Struct:
        """Give the parameters of the C function."""
        in_h, in_w, channels = op.input.hwc
        out_w = op.output.hwc[1]
        factors = right_factors(op)
        assert factors is not None, "the kernel has accepted the factors"
        in_steps, out_steps = _steps(reads, in_w, channels), _steps(writes, out_w, channels)
        return Struct(
            c_type="te_depthwise_conv2d_base_3x3_params",
            members={
                "line": _line(out_w),
                "group": _group(out_w),
                "middle": max(0, -(-out_w // _group(out_w)) - 2),
                "edge_columns": _edge_columns(out_w),
                "in_h": in_h,
                "in_w": in_w,
                "out_w": out_w,
                "channels": channels,
                "stride_h": op.stride_h,
                "pad_top": op.padding.top,
                "in_zero_point": op.input.zero_point,
                "out_zero_point": op.output.zero_point,
                "act_min": op.act_min,
                "act_max": op.act_max,
                "in_pixel_step": in_steps[0],
                "in_channel_step": in_steps[1],
                "out_pixel_step": out_steps[0],
                "out_channel_step": out_steps[1],
                "weight": np.ascontiguousarray(op.weight.values[0].transpose(2, 0, 1)),
                "factors": _records(op, factors),
            },
        )

    return params


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    """Give room for three rows of all that groups of four outputs see."""
    return int(3 * (-(-op.output.hwc[1] // 4) * 4 + 2) + 3) // 4 * 4


def _cost(op: DepthwiseConv2D) -> int:
    """Give the estimate. Source: te_base_depthwise_line_t2.h and _groups_t2.h."""
    out_h, out_w, channels = op.output.hwc
    group = _group(out_w)
    channel = _LINES.get(out_w, -(-out_w // group) * _GROUPS.get(group, 0) + 20)
    return int(out_h * (channels * channel + 150))


def _kernel(reads: RowLayout, writes: RowLayout) -> Kernel:
    return Kernel(
        folder="base",
        function="te_depthwise_conv2d_s8_base_3x3",
        header="te_base_depthwise_3x3.h",
        shares=("te_depthwise_lines_base",),
        isa=Isa.BASE,
        op=DepthwiseConv2D,
        params=_params(reads, writes),
        progress=Progress.ROW,
        constraints=(
            operands_are_int8,
            weight_is_constant,
            batch_is_1,
            multiplier_is_1,
            sums_fit,
            dilation_is_1,
            window_is_3x3,
            padding_is_narrow,
            line_is_long_enough,
            rounds_up,
            factors_are_right,
            factors_are_small,
        ),
        scratch_nbytes=_scratch_nbytes,
        form=Form(reads=reads, writes=writes),
        cost=_cost,
    )


KERNELS: tuple[Kernel, ...] = tuple(
    _kernel(reads, writes) for reads in RowLayout for writes in RowLayout
)
"""By the layouts of rows read and written."""
