"""Members of parameters in C that say how large a convolution's images and windows are."""

from collections.abc import Mapping

from tinyengine.ir import Conv2D, DepthwiseConv2D
from tinyengine.kernels.spec import RowLayout

Windowed = Conv2D | DepthwiseConv2D


def image_members(op: Conv2D) -> Mapping[str, int]:
    """Give the members about input and output: rows, columns and channels."""
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    return {"in_h": in_h, "in_w": in_w, "in_c": in_c, "out_w": out_w, "out_c": out_c}


def reach_members(op: Windowed) -> Mapping[str, int]:
    """Give the members about where windows lie: kernel, strides, dilations and padding."""
    return {
        "kernel_h": op.weight.shape[1],
        "kernel_w": op.weight.shape[2],
        "stride_h": op.stride_h,
        "stride_w": op.stride_w,
        "dilation_h": op.dilation_h,
        "dilation_w": op.dilation_w,
        "pad_top": op.padding.top,
        "pad_left": op.padding.left,
    }


def clamp_members(op: Windowed) -> Mapping[str, int]:
    """Give the least and the greatest output."""
    return {"act_min": op.act_min, "act_max": op.act_max}


def window_members(op: Windowed) -> Mapping[str, int]:
    """Give the members about windows, zero points and clamp."""
    zero_points = {
        "in_zero_point": op.input.zero_point,
        "out_zero_point": op.output.zero_point,
    }
    return {**reach_members(op), **zero_points, **clamp_members(op)}


def step_members(op: Windowed, writes: RowLayout) -> Mapping[str, int]:
    """Give the bytes from one output pixel, and from one output channel, to the next."""
    _, out_w, out_c = op.output.hwc
    if writes is RowLayout.PIXELS:
        return {"pixel_step": out_c, "channel_step": 1}
    return {"pixel_step": 1, "channel_step": out_w}
