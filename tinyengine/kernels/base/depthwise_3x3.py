"""Kernels of DepthwiseConv2D with windows 3x3 for cores without the DSP extension."""

from collections.abc import Callable

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.base.depthwise import row_members
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

_LINES: dict[int, dict[int, int]] = {
    1: {3: 81, 4: 99, 5: 116, 6: 138},
    2: {2: 71, 3: 91, 4: 113, 5: 133},
}
"""Instructions of a channel by the outputs of a line, by the windows' stride. Source:
te_base_depthwise_line_t2.h and te_base_depthwise_strided_t2.h."""

_GROUPS: dict[int, dict[int, int]] = {1: {5: 118, 6: 139}, 2: {4: 112, 5: 132}}
"""Instructions of a group by its outputs, likewise. Source: te_base_depthwise_groups_t2.h."""

_COLUMNS = {(1, 5): (1, 0), (1, 6): (5, 1), (2, 4): (1, 1), (2, 5): (1, 1)}
"""How far rows of groups go on at the edges and within, by stride and outputs. Source: likewise."""

_BIAS_BITS = 24
"""Of a word, for the bias; the others are for the shift."""


def window_is_3x3(op: DepthwiseConv2D) -> bool:
    """Windows must be 3x3, with steps of one or two columns."""
    return op.weight.shape[1:3] == (3, 3) and op.stride_w in _LINES


def padding_is_narrow(op: DepthwiseConv2D) -> bool:
    """Input must have two rows, and be padded by a row and a column at most on every side."""
    sides = (op.padding.top, op.padding.left, _rows_below(op), _reach(op))
    return max(sides) <= 1 < op.input.hwc[0]


def _rows_below(op: DepthwiseConv2D) -> int:
    """Give the rows below the input that the last output sees."""
    return (op.output.hwc[0] - 1) * op.stride_h + 3 - op.padding.top - op.input.hwc[0]


def _reach(op: DepthwiseConv2D) -> int:
    """Give the columns right of the input that the last output sees."""
    return (op.output.hwc[1] - 1) * op.stride_w + 3 - op.padding.left - op.input.hwc[1]


def line_is_divided(op: DepthwiseConv2D) -> bool:
    """Lines must be padded at an end and have 2 to 6 outputs, or be several groups of 4 to 6."""
    return op.stride_w not in _LINES or _group(op) is not None


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
    return factors is None or pack_factors(factors, folded_bias(op)) is not None


def pack_factors(factors: Factors, biases: Array) -> Array | None:
    """Give bias and shift in a word, and the multiplier: [channels, 2]; None where they are large.

    Channels whose output is always the zero point need neither bias nor shift.
    """
    is_zero = factors.multiplier == 0
    bias = np.where(is_zero, 0, biases.astype(np.int64))
    shift = np.where(is_zero, 0, factors.shift - 2)
    if np.any(shift < 0) or np.any(np.abs(bias) >= 1 << (_BIAS_BITS - 1)):
        return None
    return np.stack([(bias << 8) + shift, factors.multiplier], axis=1).astype(np.int32)


def _sides(op: DepthwiseConv2D) -> tuple[int, int]:
    """Give the columns of padding on the left and on the right."""
    return op.padding.left, max(_reach(op), 0)


def _is_single(op: DepthwiseConv2D) -> bool:
    """Tell whether a function computes all outputs of a line at once."""
    sides = _sides(op)
    is_padded = sides == (1, 1) if op.stride_w == 1 else sides != (0, 0)
    return is_padded and op.output.hwc[1] in _LINES[op.stride_w]


def _group(op: DepthwiseConv2D) -> int | None:
    """Give the outputs of a group: all, or such that fewest are computed twice; None if none fit.

    Without padding on the right the last group does not overlap the one before.
    """
    out_w = op.output.hwc[1]
    if _is_single(op):
        return out_w
    costs = _GROUPS[op.stride_w]
    sizes = [size for size in costs if out_w > size and (_sides(op)[1] or out_w % size == 0)]
    return min(sizes, key=lambda size: (-out_w % size, costs[size] / size), default=None)


def _division(op: DepthwiseConv2D) -> dict[str, int | Function]:
    """Give the function for a line of `op`, and how that divides it."""
    size, out_w, (left, right) = _group(op), op.output.hwc[1], _sides(op)
    assert size is not None, "the kernel has accepted the line"
    side = "both" if left and right else "right" if right else "left"
    suffix = "" if op.stride_w == 1 else f"_2_{side}"
    if _is_single(op):
        name, columns = f"line_{size}{suffix}", (int(op.stride_w == 2 or size == 6), 0)
    else:
        name, columns = f"groups_{size}{suffix}", _COLUMNS[op.stride_w, size]
    return {
        "line": Function(name=f"te_depthwise_{name}"),
        "group": size,
        "middle": max(0, -(-out_w // size) - left - right),
        "edge_columns": columns[0],
        "inner_columns": columns[1],
    }


def _params(reads: RowLayout, writes: RowLayout) -> Callable[[DepthwiseConv2D], Struct]:
    def params(op: DepthwiseConv2D) -> Struct:
        """Give the parameters of the C function."""
        in_h, in_w, channels = op.input.hwc
        out_w = op.output.hwc[1]
        factors = right_factors(op)
        assert factors is not None, "the kernel has accepted the factors"
        return Struct(
            c_type="te_depthwise_conv2d_base_3x3_params",
            members={
                **_division(op),
                "in_h": in_h,
                "in_w": in_w,
                "out_w": out_w,
                "channels": channels,
                "stride_h": op.stride_h,
                "stride_w": op.stride_w,
                "pad_top": op.padding.top,
                "pad_left": op.padding.left,
                "pad_right": _sides(op)[1],
                **row_members(op, reads, writes),
                "weight": np.ascontiguousarray(op.weight.values[0].transpose(2, 0, 1)),
                "factors": pack_factors(factors, folded_bias(op)),
            },
        )

    return params


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    """Give room for three rows of all that groups of four outputs see."""
    outputs = -(-op.output.hwc[1] // 4) * 4
    return int(3 * ((outputs - 1) * op.stride_w + 3) + 3) // 4 * 4


def _cost(op: DepthwiseConv2D) -> int:
    """Give the estimate, from the instructions of lines and groups; a row of padding takes less."""
    out_h, out_w, channels = op.output.hwc
    size = _group(op)
    assert size is not None, "the kernel has accepted the line"
    groups = -(-out_w // size)
    if _is_single(op):
        channel = _LINES[op.stride_w][out_w]
    else:
        channel = groups * _GROUPS[op.stride_w][size] + 6
    padded = (op.padding.top + max(_rows_below(op), 0)) * groups * ((2 + op.stride_w) * size - 2)
    return int(channels * (out_h * channel - padded) + out_h * 200)


def _kernel(reads: RowLayout, writes: RowLayout) -> Kernel:
    return Kernel(
        folder="base",
        function="te_depthwise_conv2d_s8_base_3x3",
        header="te_base_depthwise_3x3.h",
        shares=("te_depthwise_lines_base",),
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
            window_is_3x3,
            padding_is_narrow,
            line_is_divided,
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
