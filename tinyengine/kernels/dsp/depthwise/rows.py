"""Kernels of DepthwiseConv2D 3x3 that compute a row of a channel at a time."""

from functools import partial
from itertools import product

from tinyengine.board.types import Isa
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.dsp.depthwise.factors import negative_sums_are_clamped
from tinyengine.kernels.dsp.depthwise.form import (
    EXPANDED,
    FORMS,
    HEADER,
    PACKED,
    even_twins,
    params,
)
from tinyengine.kernels.dsp.depthwise.records import (
    ROW_RECORD_WORDS,
    nibble_row_records,
    packed_row_records,
    records_halve,
    records_pack,
    row_records,
)
from tinyengine.kernels.exact.nibbles import weights_have_4_bits
from tinyengine.kernels.ref.convolution import multiplier_is_1, window_is
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, RowLayout

_UNPACKED_ROWS = 8
"""Source: te_dsp_depthwise_rows.h, TE_ROW_UNPACKED."""

_LONG = 8192
"""Outputs of a row whose pairs are too many for the plan. Source: the same, TE_ROW_TWO."""


def windows_are_mostly_inside(op: DepthwiseConv2D) -> bool:
    """Windows must reach over a row by at most 1 pixel; 2 (3 if none on the right) be inside."""
    in_w, out_w = op.input.shape[2], op.output.shape[2]
    left = op.padding.left
    behind = (out_w - 1) * op.stride_w - left + 3 - in_w
    is_right = behind > 0
    inside = out_w - left - is_right
    return left <= 1 and behind <= 1 and inside >= (3 if left and not is_right else 2)


def rows_are_short(op: DepthwiseConv2D) -> bool:
    """Rows must have at most 8191 outputs."""
    return op.output.hwc[1] < _LONG


def kernel_is_3_high(op: DepthwiseConv2D) -> bool:
    """Kernel must be 3 high."""
    return op.weight.shape[1] == 3


def _cost(form: Form, op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on emulated cores."""
    out_h, out_w, out_c = op.output.hwc
    even_w = out_w + out_w % 2
    unpacked = 0 if form.expands_weights else 70
    channel = {1: 16, 2: 19}[op.stride_w] * even_w + 36 + unpacked
    return int(out_h * (out_c * channel + 120) + 8 * op.input.shape[2])


def _scratch_nbytes(form: Form, op: DepthwiseConv2D) -> int:
    unpacked = 0 if form.expands_weights else 4 * _UNPACKED_ROWS * ROW_RECORD_WORDS
    return int(op.input.shape[2] + 3) // 4 * 4 + unpacked


def _kernels(stride_w: int, form: Form) -> tuple[Kernel, ...]:
    suffix = "_w4" if form.halves_weights else ""
    exact: tuple[Constraint, ...] = ()
    records_of = row_records
    if form.halves_weights:
        exact, records_of = (weights_have_4_bits, records_halve), nibble_row_records
    elif not form.expands_weights:
        exact, records_of = (records_pack,), packed_row_records
    constraints = (
        *(EXPANDED if form.expands_weights else PACKED),
        window_is(3, stride_w),
        kernel_is_3_high,
        windows_are_mostly_inside,
        rows_are_short,
        multiplier_is_1,
    )
    kernel = Kernel(
        folder="dsp",
        function=f"te_depthwise_conv2d_s8_dsp_3_{stride_w}_channels{suffix}",
        header=HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        form=form,
        params=partial(params, form, records_of),
        progress=Progress.ROW,
        constraints=(*constraints, negative_sums_are_clamped, *exact),
        scratch_nbytes=partial(_scratch_nbytes, form),
        cost=partial(_cost, form),
    )
    return kernel, *even_twins(kernel, constraints)


KERNELS: tuple[Kernel, ...] = tuple(
    kernel
    for stride_w, writes, weights in product((1, 2), (RowLayout.CHANNELS, RowLayout.PIXELS), FORMS)
    for kernel in _kernels(stride_w, Form(reads=RowLayout.CHANNELS, writes=writes, **weights))
)
"""By stride, the layout of rows written, and the form of records."""
