"""Kernels of DepthwiseConv2D with windows five and seven wide, of short lines, without DSP."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.base.depthwise import row_members
from tinyengine.kernels.base.depthwise_3x3 import pack_factors, rounds_up
from tinyengine.kernels.base.requantize import factors_are_right, right_factors
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """How lines of one kind are computed. Source: te_base_depthwise_large_t2.h."""

    in_w: int
    """Columns of the input."""
    columns: int
    """How far a row goes on."""
    instructions: int
    """Of a row of all groups."""
    seen: int = 0
    """Columns that the second of two groups of five outputs sees; 0 for one group."""


_PAIRS = {(5, 1): (range(7, 11), 2, 106, 7), (7, 1): (range(8, 11), 3, 132, 8)}
"""By width and stride the outputs of lines in two groups, and what _Line has."""

_LINES: dict[tuple[int, int, int], _Line] = {
    (5, 1, 5): _Line(in_w=5, columns=1, instructions=43),
    (7, 1, 5): _Line(in_w=5, columns=1, instructions=49),
    (7, 1, 3): _Line(in_w=3, columns=0, instructions=28),
    (7, 2, 5): _Line(in_w=10, columns=3, instructions=70),
    (5, 2, 3): _Line(in_w=5, columns=1, instructions=35),
    **{
        (*window, out_w): _Line(in_w=out_w, columns=columns, instructions=instructions, seen=seen)
        for window, (widths, columns, instructions, seen) in _PAIRS.items()
        for out_w in widths
    },
    **{
        (7, 2, out_w): _Line(in_w=2 * out_w, columns=3, instructions=170, seen=13)
        for out_w in range(7, 11)
    },
}
"""By the windows' width and stride and the line's outputs."""

_MOST_ROWS = 7


def _case(op: DepthwiseConv2D) -> tuple[int, int, int]:
    return op.weight.shape[2], op.stride_w, op.output.hwc[1]


def line_is_whole(op: DepthwiseConv2D) -> bool:
    """Width, stride and outputs must be one of few cases, as SAME pads them: 7, 1, 5 for one."""
    line = _LINES.get(_case(op))
    pad = op.weight.shape[2] // 2
    return line is not None and (op.input.hwc[1], op.padding.left) == (line.in_w, pad)


def window_is_inside(op: DepthwiseConv2D) -> bool:
    """Windows must have at most 7 rows, and a row of each lie in the input."""
    kernel_h, in_h = op.weight.shape[1], op.input.hwc[0]
    last = (op.output.hwc[0] - 1) * op.stride_h - op.padding.top
    return kernel_h <= _MOST_ROWS and op.padding.top < kernel_h and last < in_h


def factors_are_small(op: DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be below 1/4, and the bias below 2^23."""
    if not weight_is_constant(op):
        return True
    try:
        factors = right_factors(op)
    except ModelError:
        return False
    return factors is None or pack_factors(factors, _bias(op)) is not None


def _bias(op: DepthwiseConv2D) -> Array:
    """Give the bias of every channel, [channels]."""
    if op.bias is None:
        return np.zeros(op.output.shape[-1], np.int64)
    return np.asarray(op.bias.values.astype(np.int64))


def _params(reads: RowLayout, writes: RowLayout) -> Callable[[DepthwiseConv2D], Struct]:
    def params(op: DepthwiseConv2D) -> Struct:
        """Give the parameters of the C function."""
        in_h, in_w, channels = op.input.hwc
        kernel_w, stride, out_w = _case(op)
        line = _LINES[_case(op)]
        lines = "pair" if line.seen else out_w
        factors = right_factors(op)
        assert factors is not None, "the kernel has accepted the factors"
        packed = pack_factors(factors, _bias(op))
        assert packed is not None, "the kernel has accepted the factors"
        return Struct(
            c_type="te_depthwise_conv2d_base_large_params",
            members={
                "line": Function(name=f"te_depthwise_large_{kernel_w}_{stride}_{lines}"),
                "columns": line.columns,
                "group": 5 if line.seen else out_w,
                "second": in_w - line.seen if line.seen else 0,
                "in_h": in_h,
                "in_w": in_w,
                "out_w": out_w,
                "channels": channels,
                "kernel_h": op.weight.shape[1],
                "kernel_w": kernel_w,
                "stride_h": op.stride_h,
                "pad_top": op.padding.top,
                "pad_left": op.padding.left,
                "width": _width(op),
                **row_members(op, reads, writes),
                "weight": np.ascontiguousarray(op.weight.values[0].transpose(2, 0, 1)),
                "factors": np.concatenate([packed, folded_bias(op)[:, None]], axis=1),
            },
        )

    return params


def _width(op: DepthwiseConv2D) -> int:
    """Give the elements of a padded row that groups of four outputs see."""
    kernel_w, stride, out_w = _case(op)
    return (-(-out_w // 4) * 4 - 1) * stride + kernel_w


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    return (op.weight.shape[1] * _width(op) + 3) // 4 * 4


def _cost(op: DepthwiseConv2D) -> int:
    """Give the estimate. Source: te_base_depthwise_large_t2.h."""
    out_h, out_w, channels = op.output.hwc
    kernel_h, in_h = op.weight.shape[1], op.input.hwc[0]
    tops = np.arange(out_h) * op.stride_h - op.padding.top
    rows = np.minimum(tops + kernel_h, in_h) - np.maximum(tops, 0)
    line = 98 if _LINES[_case(op)].seen else 6 * out_w + 22
    return int(
        channels * (rows.sum() * _LINES[_case(op)].instructions + out_h * line) + out_h * 150
    )


def _kernel(reads: RowLayout, writes: RowLayout) -> Kernel:
    return Kernel(
        folder="base",
        function="te_depthwise_conv2d_s8_base_large",
        header="te_base_depthwise_large.h",
        shares=("te_depthwise_large_base",),
        isa=Isa.BASE,
        thumb2=True,
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
            line_is_whole,
            window_is_inside,
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
