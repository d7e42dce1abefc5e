"""Kernels of DepthwiseConv2D with windows of one pixel, for every core and way of rounding."""

from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import DepthwiseConv2D, Padding, Rounding
from tinyengine.kernels.exact.point import fit_point, point_fits
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    multiplier_is_1,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Kernel, Progress, Struct


def window_is_a_point(op: DepthwiseConv2D) -> bool:
    """Windows must be of one pixel, one for each pixel of the input, without padding."""
    is_point = op.weight.shape[1:3] == (1, 1) and (op.stride_h, op.stride_w) == (1, 1)
    return is_point and op.padding == Padding()


def _params(op: DepthwiseConv2D) -> Struct:
    point = fit_point(op)
    assert point is not None, "the kernel has accepted the factors"
    _, pixels, channels = op.output.hwc
    return Struct(
        c_type="te_depthwise_conv2d_point_params",
        members={
            "pixels": pixels,
            "channels": channels,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "shift": point.shift,
            "factor": np.stack([point.factor, point.offset], axis=1).astype(np.int32),
        },
    )


def _cost(op: DepthwiseConv2D) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    out_h, out_w, channels = op.output.hwc
    return int(out_h * (out_w * (10 * channels + 8) + 60))


_POINT = Kernel(
    folder="base",
    function="te_depthwise_conv2d_s8_point",
    header="te_depthwise_conv2d_point.h",
    isa=Isa.BASE,
    op=DepthwiseConv2D,
    params=_params,
    progress=Progress.ELEMENT,
    constraints=(
        operands_are_int8,
        weight_is_constant,
        batch_is_1,
        multiplier_is_1,
        sums_fit,
        window_is_a_point,
        point_fits,
    ),
    cost=_cost,
)

KERNELS: tuple[Kernel, ...] = (_POINT, replace(_POINT, rounding=Rounding.EVEN))
"""The same for both ways of rounding: the factors are proven."""
