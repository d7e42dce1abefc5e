"""Kernels of Conv2D for MVE: packed weights, scratch, cost."""

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D
from tinyengine.kernels.exact.fold import rounds_up_only
from tinyengine.kernels.exact.mend import once_kernel
from tinyengine.kernels.mve.packing import TAPS, records
from tinyengine.kernels.mve.requantize import factors_shift_right, shift_right_only, shifted_lines
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct

_CHANNELS = 4
"""Channels of a record. Source: te_mve_conv_dot.h."""


def _blocks(op: Conv2D) -> int:
    _, kernel_h, kernel_w, _ = op.weight.shape
    return -(-(kernel_h * kernel_w * op.input.shape[-1]) // TAPS)


def _records(op: Conv2D) -> Array:
    """Give the records of te_mve_conv_block, [records, words] of int32."""
    shifted = shift_right_only(op)
    assert shifted is not None, "the kernel has accepted the factors"
    return records(shifted.weight.reshape(op.weight.shape[0], -1), shifted.factors, _CHANNELS)


def _scratch_nbytes(op: Conv2D) -> int:
    return 3 * TAPS * _blocks(op) + 2 * _CHANNELS


def _columns_inside(op: Conv2D) -> range:
    """Give the output columns whose windows are side by side within the input's width."""
    _, in_w, _ = op.input.hwc
    out_w, left, stride = op.output.hwc[1], op.padding.left, op.stride_w
    if op.dilation_w > 1:
        return range(0)
    first = -(-left // stride)
    last = (in_w - op.weight.shape[2] + left) // stride + 1
    return range(first, max(first, min(last, out_w)))


def _is_point(op: Conv2D) -> bool:
    """Tell whether windows are one pixel that never lies outside the input."""
    out_h, out_w, _ = op.output.hwc
    is_in_rows = op.padding.top == 0 and (out_h - 1) * op.stride_h < op.input.hwc[0]
    return op.weight.shape[1:3] == (1, 1) and is_in_rows and _columns_inside(op) == range(out_w)


def _params(op: Conv2D) -> Struct:
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    packed, inside = _records(op), _columns_inside(op)
    return Struct(
        c_type="te_conv2d_mve_params",
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
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "is_point": int(_is_point(op)),
            "is_signed": int(not rounds_up_only(op)),
            "inside_first": inside.start,
            "inside_last": inside.stop,
            "blocks": _blocks(op),
            "words": packed.shape[1],
            "weight": packed,
        },
    )


def _cost(op: Conv2D) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    blocks, kernel_h = _blocks(op), op.weight.shape[1]
    out_h, out_w, out_c = op.output.hwc
    quad = 14 * blocks + 2 * -(-(blocks - 1) // 8) + (25 if rounds_up_only(op) else 29)
    run = op.weight.shape[2] * op.input.shape[-1]
    copied = 0 if _is_point(op) else kernel_h * (20 + 5 * -(-run // TAPS))
    pair = -(-out_c // _CHANNELS) * quad + copied + 70
    return int(-(-out_h * out_w // 2) * pair + 40 * out_h)


_ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    channels_are_not_grouped,
    sums_fit,
)

_CONV2D = Kernel(
    folder="mve",
    function="te_conv2d_s8_mve",
    header="te_mve_conv2d.h",
    isa=Isa.MVE,
    op=Conv2D,
    params=_params,
    progress=Progress.PIXEL,
    constraints=(*_ALWAYS, factors_shift_right),
    scratch_nbytes=_scratch_nbytes,
    cost=_cost,
)

KERNELS: tuple[Kernel, ...] = (
    _CONV2D,
    once_kernel(_CONV2D, _ALWAYS, shifted_lines, lambda op, _: _params(op)),
)
"""For every shape; factors that do not fit are left to the portable kernel."""
