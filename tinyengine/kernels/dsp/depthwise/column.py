"""Kernels of DepthwiseConv2D for images one pixel wide."""

from itertools import product

from tinyengine.board.types import Isa
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.dsp.depthwise.factors import scaled_lines, scaling, sums_scale
from tinyengine.kernels.dsp.depthwise.form import EXPANDED, HEADER
from tinyengine.kernels.dsp.depthwise.records import column_records
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.ref.convolution import image_is_one_wide
from tinyengine.kernels.spec import Form, Kernel, Progress, RowLayout, Struct


def _params(op: DepthwiseConv2D) -> Struct:
    scaled = scaling(op)
    records = column_records(op, scaled)
    return Struct(
        c_type="te_depthwise_column_dsp_params",
        members={
            "in_h": op.input.shape[1],
            "channels": op.input.shape[3],
            "kernel_h": op.weight.shape[1],
            "stride_h": op.stride_h,
            "pad_top": op.padding.top,
            "in_zero_point": op.input.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "is_signed": int(scaled.is_signed),
            "record_words": records.shape[1],
            "weight": records,
        },
    )


def _cost(op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on emulated cores."""
    pairs = (op.weight.shape[1] + 1) // 2
    return int(op.output.elements * (9 + 4.25 * pairs))


def _kernels(form: Form) -> tuple[Kernel, ...]:
    kernel = Kernel(
        folder="dsp",
        function="te_depthwise_conv2d_s8_dsp_column",
        header=HEADER,
        isa=Isa.DSP,
        op=DepthwiseConv2D,
        form=form,
        params=_params,
        progress=Progress.ROW,
        constraints=(*EXPANDED, image_is_one_wide, sums_scale),
        cost=_cost,
    )
    constraints = (*EXPANDED, image_is_one_wide)
    return kernel, *even_kernels(kernel, constraints, scaled_lines, lambda op, _: _params(op))


KERNELS: tuple[Kernel, ...] = tuple(
    kernel
    for reads, writes in product((RowLayout.CHANNELS, RowLayout.PIXELS), repeat=2)
    for kernel in _kernels(Form(reads=reads, writes=writes))
)
"""By the layouts of rows read and written, which are the same bytes for one pixel."""
