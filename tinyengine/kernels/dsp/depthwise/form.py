"""What the kernels of DepthwiseConv2D for the DSP extension have in common: form, parameters."""

from collections.abc import Callable

from tinyengine.ir import Array, DepthwiseConv2D, Rounding
from tinyengine.kernels.dsp.depthwise.factors import Scaled, scaled_lines, scaling
from tinyengine.kernels.dsp.depthwise.records import packed_lines, record_words
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    dilation_is_1,
    kernel_is_at_most_16_high,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
    weights_fit_16_bits,
)
from tinyengine.kernels.spec import Constraint, Form, Kernel, RowLayout, Struct

HEADER = "te_dsp_depthwise_conv2d.h"

_SHAPES: tuple[Constraint, ...] = (
    weight_is_constant,
    batch_is_1,
    sums_fit,
    dilation_is_1,
    kernel_is_at_most_16_high,
)

PACKED: tuple[Constraint, ...] = (operands_are_int8, *_SHAPES)
"""What kernels always ask that hold weights in bytes or less."""

EXPANDED: tuple[Constraint, ...] = (weights_fit_16_bits, *_SHAPES)
"""What kernels always ask that hold weights in int16."""

FORMS: tuple[dict[str, bool], ...] = ({"expands_weights": True}, {}, {"halves_weights": True})
"""The forms of weights, as what a `Form` is made with: of int16, packed bytes, packed nibbles."""

Records = Callable[[DepthwiseConv2D, Scaled], Array]


def even_twins(kernel: Kernel, constraints: tuple[Constraint, ...]) -> tuple[Kernel, ...]:
    """Give the kernels of operators that round to even; the factors take care of the rest.

    There are none with weights of 4 bits.
    """
    if kernel.halves_weights:
        return ()
    lines_of = scaled_lines if kernel.expands_weights else packed_lines
    return even_kernels(kernel, constraints, lines_of, lambda op, _: kernel.params(op))


_GREATEST_STRIP = {3: 28, 5: 24, 7: 20}
"""Outputs computed at a time by kernel width: bounds the scratch."""


def strip_of(op: DepthwiseConv2D) -> int:
    """Give the outputs computed at a time, an even number: strips of about the same width."""
    out_w = op.output.hwc[1]
    strips = -(-out_w // _GREATEST_STRIP[op.weight.shape[2]])
    return -(-out_w // (2 * strips)) * 2


def params(form: Form, records_of: Records, op: DepthwiseConv2D) -> Struct:
    """Give te_depthwise_conv2d_dsp_params with the records that `records_of` makes."""
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    scaled = scaling(op)
    records = records_of(op, scaled)
    is_pixels, is_packed = form.writes is RowLayout.PIXELS, not form.expands_weights
    packed = 2 if op.rounding is Rounding.EVEN else 1
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
            "strip": strip_of(op),
            "record_words": record_words(op) if is_packed else records.shape[1],
            "in_zero_point": op.input.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "reads_channels": int(form.reads is RowLayout.CHANNELS),
            "is_fused": int(not scaled.is_signed),
            "is_signed": int(scaled.is_signed),
            "is_packed": packed if is_packed else 0,
            "out_zero_point": op.output.zero_point,
            "weight": records,
        },
    )
