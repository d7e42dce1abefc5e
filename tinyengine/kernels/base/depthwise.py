"""Kernels of DepthwiseConv2D for cores without the DSP extension: packed weights and cost."""

from collections.abc import Callable, Mapping

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.base.requantize import factors_are_right, right_factors, right_lines
from tinyengine.kernels.exact.mend import once_kernel
from tinyengine.kernels.geometry import clamp_members
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    dilation_is_1,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
    widened,
    window_is_widened,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, RowLayout, Struct


def _steps(layout: RowLayout, pixels: int, channels: int) -> tuple[int, int]:
    """Give the bytes from pixel to pixel and from channel to channel of a row."""
    return (channels, 1) if layout is RowLayout.PIXELS else (1, pixels)


def row_members(op: DepthwiseConv2D, reads: RowLayout, writes: RowLayout) -> Mapping[str, int]:
    """Give the members about zero points, clamp, and the steps in bytes through rows."""
    _, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    in_steps, out_steps = _steps(reads, in_w, in_c), _steps(writes, out_w, out_c)
    return {
        "in_zero_point": op.input.zero_point,
        "out_zero_point": op.output.zero_point,
        **clamp_members(op),
        "in_pixel_step": in_steps[0],
        "in_channel_step": in_steps[1],
        "out_pixel_step": out_steps[0],
        "out_channel_step": out_steps[1],
    }


def _params(reads: RowLayout, writes: RowLayout) -> Callable[[DepthwiseConv2D], Struct]:
    def params(given: DepthwiseConv2D) -> Struct:
        """Give the parameters of the C function."""
        op = widened(given)
        in_h, in_w, in_c = op.input.hwc
        _, out_w, out_c = op.output.hwc
        factors = right_factors(op)
        assert factors is not None, "the kernel has accepted the factors"
        return Struct(
            c_type="te_depthwise_conv2d_base_params",
            members={
                "in_h": in_h,
                "in_w": in_w,
                "out_w": out_w,
                "out_c": out_c,
                "channel_multiplier": out_c // in_c,
                "kernel_h": op.weight.shape[1],
                "stride_h": op.stride_h,
                "pad_top": op.padding.top,
                "pad_left": op.padding.left,
                "width": _width(op),
                **row_members(op, reads, writes),
                "weight": np.ascontiguousarray(op.weight.values[0].transpose(2, 0, 1)),
                "bias": folded_bias(op),
                "multiplier": factors.multiplier,
                "shift": factors.shift.astype(np.int8),
            },
        )

    return params


def _width(op: DepthwiseConv2D) -> int:
    """Give the elements of a padded row that groups of four outputs see."""
    outputs = -(-op.output.hwc[1] // 4) * 4
    return int((outputs - 1) * op.stride_w + op.weight.shape[2])


def _scratch_nbytes(given: DepthwiseConv2D) -> int:
    op = widened(given)
    return int(op.weight.shape[1] * _width(op) + 3) // 4 * 4


def _cost_3(given: DepthwiseConv2D) -> int:
    """Give the estimate for windows three wide in Thumb-2. Source: te_base_depthwise_t2.h."""
    op = widened(given)
    out_h, out_w, out_c = op.output.hwc
    fives, threes = -(-out_w // 5), -(-out_w // 3)
    has_fives = op.stride_w == 1 and out_w > 4 and fives * 3 <= threes * 2
    size, row = (5, 30) if has_fives else (3, 18 + 2 * op.stride_w)
    kernel_h = op.weight.shape[1]
    groups = (fives if has_fives else threes) * (kernel_h * row + 8 * size + 27)
    right = (out_w - 1) * op.stride_w + 3 - op.padding.left - op.input.hwc[1]
    borders = 16.0 * (min(op.padding.left, 1) + (right > 0))
    if op.padding.left > 1 or right > 1 or kernel_h > 3 or out_w < 3:
        borders = kernel_h * (3.25 * min(op.input.hwc[1], _width(op)) + 30) + 60
    return int(out_h * (out_c * (groups + borders + 95) + 200))


def _cost(given: DepthwiseConv2D) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    op = widened(given)
    out_h, out_w, out_c = op.output.hwc
    _, kernel_h, kernel_w, _ = op.weight.shape
    row = 3 * op.stride_w + 2 * kernel_w + 4 * kernel_w + 6
    groups = -(-out_w // 4) * (kernel_h * row + 55)
    copies = kernel_h * (3.25 * min(op.input.hwc[1], _width(op)) + 30)
    return int(out_h * (out_c * (groups + copies + 75 + 25 * (out_w % 4 > 0)) + 150))


def _kernel(kernel_w: int, stride_w: int, reads: RowLayout, writes: RowLayout) -> Kernel:
    return Kernel(
        folder="base",
        function=f"te_depthwise_conv2d_s8_base_{kernel_w}_{stride_w}",
        header="te_base_depthwise_conv2d.h",
        shares=("te_depthwise_base_3",) if kernel_w == 3 else (),
        isa=Isa.BASE,
        op=DepthwiseConv2D,
        params=_params(reads, writes),
        progress=Progress.ROW,
        constraints=(
            operands_are_int8,
            weight_is_constant,
            batch_is_1,
            sums_fit,
            dilation_is_1,
            window_is_widened(kernel_w, stride_w),
            factors_are_right,
        ),
        scratch_nbytes=_scratch_nbytes,
        form=Form(reads=reads, writes=writes),
        cost=_cost_3 if kernel_w == 3 else _cost,
    )


def _rounded_once(kernel: Kernel) -> Kernel:
    constraints = tuple(each for each in kernel.constraints if each is not factors_are_right)
    return once_kernel(kernel, constraints, right_lines, lambda op, _: kernel.params(op))


_DEPTHWISE = tuple(
    _kernel(kernel_w, stride_w, reads, writes)
    for kernel_w in (3, 5, 7)
    for stride_w in (1, 2)
    for reads in RowLayout
    for writes in RowLayout
)

KERNELS: tuple[Kernel, ...] = (*_DEPTHWISE, *map(_rounded_once, _DEPTHWISE))
"""By kernel width and stride, and the layouts of rows read and written."""
