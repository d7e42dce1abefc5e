"""Kernels of Conv2D for MVE: packed weights, scratch, cost."""

from dataclasses import replace
from functools import partial

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, Rounding
from tinyengine.kernels.exact.fold import rounds_up_only
from tinyengine.kernels.exact.mend import once_kernel
from tinyengine.kernels.geometry import image_members, window_members
from tinyengine.kernels.mve.packing import TAPS, halved_records, nibbles_share_bytes, records
from tinyengine.kernels.mve.requantize import factors_shift_right, shift_right_only, shifted_lines
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Form, Function, Kernel, Progress, Struct

_CHANNELS = 4
"""Channels of a record. Source: te_mve_conv_dot.h."""

_WORD = 4
"""Channels of three kernel rows that are copied as words. Source: te_mve_conv_columns.h."""

_SHORT = 9
"""Blocks that are multiplied without a loop. Source: te_mve_conv_dot.h."""

_COLUMNS_NBYTES = 2048
"""Bytes of the columns of a strip, unless two windows have more: bounds the scratch."""


def _blocks(op: Conv2D) -> int:
    _, kernel_h, kernel_w, _ = op.weight.shape
    return -(-(kernel_h * kernel_w * op.input.shape[-1]) // TAPS)


def _records(op: Conv2D, axes: tuple[int, int, int, int] = (0, 1, 2, 3)) -> Array:
    """Give the records of te_mve_conv_block, [records, words] of int32.

    Taps are in the order in which `axes` leave [out_c, kernel_h, kernel_w, in_c]; the last block
    of a short window comes first.
    """
    blocks = _blocks(op)
    taps, factors = _taps(op, axes)
    filled = np.zeros((len(taps), blocks * TAPS), np.int8)
    filled[:, : taps.shape[1]] = taps
    ordered = np.roll(filled, TAPS, axis=1) if blocks <= _SHORT else filled
    return records(ordered, factors, _CHANNELS)


def _taps(op: Conv2D, axes: tuple[int, int, int, int]) -> tuple[Array, Array]:
    """Give the weights [out_c, taps] with `axes` in their order, and the factors of the records."""
    shifted = shift_right_only(op)
    assert shifted is not None, "the kernel has accepted the factors"
    return shifted.weight.transpose(axes).reshape(op.weight.shape[0], -1), shifted.factors


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


def _column_nbytes(op: Conv2D) -> int:
    return int(op.weight.shape[1] * op.input.shape[-1])


def _row_nbytes(op: Conv2D) -> int:
    """Give the bytes of all columns of an output row."""
    columns = (op.output.hwc[1] - 1) * op.stride_w + op.weight.shape[2]
    return int(columns * _column_nbytes(op))


def _together(op: Conv2D) -> int:
    """Give the rows computed at a time: two where a pixel of each row would be left alone."""
    return 2 if op.output.hwc[1] % 2 and 2 * _row_nbytes(op) <= _COLUMNS_NBYTES else 1


def _strip(op: Conv2D) -> int:
    """Give the outputs computed at a time: strips of about the same width, in pairs."""
    out_w = op.output.hwc[1]
    columns = _COLUMNS_NBYTES // _column_nbytes(op)
    greatest = max(2, (columns - op.weight.shape[2]) // op.stride_w + 1)
    strips = -(-out_w // greatest)
    width = -(-out_w // strips)
    return width if strips == 1 else width + width % 2


def _columns_scratch_nbytes(op: Conv2D) -> int:
    columns = (_strip(op) - 1) * op.stride_w + op.weight.shape[2]
    return _together(op) * columns * _column_nbytes(op) + TAPS + 2 * _CHANNELS


def columns_are_adjacent(op: Conv2D) -> bool:
    """Dilation must be 1."""
    return op.dilation_h == op.dilation_w == 1


def windows_are_not_points(op: Conv2D) -> bool:
    """Kernel must be larger than 1x1."""
    return op.weight.shape[1:3] != (1, 1)


def _params(op: Conv2D) -> Struct:
    return _params_with(op, _records(op), (0, 0))


def _columns_params(op: Conv2D) -> Struct:
    return _params_with(op, _records(op, (0, 2, 1, 3)), (_strip(op), _together(op)))


def _params_w4(op: Conv2D) -> Struct:
    packed = halved_records(*_taps(op, (0, 1, 2, 3)), _CHANNELS)
    return _params_with(op, packed, (0, 0), is_halved=True)


def _columns_params_w4(op: Conv2D) -> Struct:
    packed = halved_records(*_taps(op, (0, 2, 1, 3)), _CHANNELS)
    return _params_with(op, packed, (_strip(op), _together(op)), is_halved=True)


def nibbles_fit(op: Conv2D) -> bool:
    """Weights must lie in [-8, 7], and none be -8 beside one below 0 of the channel before."""
    if not weight_is_constant(op):
        return True
    shifted = shift_right_only(op)
    return shifted is None or nibbles_share_bytes(shifted.weight, _CHANNELS)


def _dot(op: Conv2D, is_halved: bool) -> Function:
    """Give the loop for the length of the windows, the form of the weights and the rounding."""
    length = "dot_w4" if is_halved else "short" if _blocks(op) <= _SHORT else "dot"
    way = "up" if rounds_up_only(op) else "signed"
    way = "once" if op.rounding is Rounding.EVEN else way
    return Function(name=f"te_mve_conv_{length}_{way}")


def _params_with(
    op: Conv2D, packed: Array, together: tuple[int, int], *, is_halved: bool = False
) -> Struct:
    """Give the parameters; `together` are the pixels and rows that are computed at a time."""
    inside = _columns_inside(op)
    return Struct(
        c_type="te_conv2d_mve_params",
        members={
            **image_members(op),
            **window_members(op),
            "is_point": int(_is_point(op)),
            "dot": _dot(op, is_halved),
            "inside_first": inside.start,
            "inside_last": inside.stop,
            "strip": together[0],
            "together": together[1],
            "blocks": _blocks(op),
            "words": packed.shape[1],
            "weight": packed,
        },
    )


def _quad_cost(op: Conv2D, is_halved: bool = False) -> int:
    """Give the instructions of four channels of a pair of pixels."""
    blocks = _blocks(op)
    around = 22 if blocks <= _SHORT and not is_halved else 27 + 2 * -(-(blocks - 1) // 8)
    around += 6 if is_halved else 0
    return 14 * blocks + around + (0 if rounds_up_only(op) else 4)


def _cost(op: Conv2D, is_halved: bool = False) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    kernel_h = op.weight.shape[1]
    out_h, out_w, out_c = op.output.hwc
    run = op.weight.shape[2] * op.input.shape[-1]
    copied = 0 if _is_point(op) else kernel_h * (20 + 5 * -(-run // TAPS))
    pair = -(-out_c // _CHANNELS) * _quad_cost(op, is_halved) + copied + 70
    return int(-(-out_h * out_w // 2) * pair + 40 * out_h)


def _columns_cost(op: Conv2D, is_halved: bool = False) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    kernel_h, kernel_w = op.weight.shape[1:3]
    out_h, out_w, out_c = op.output.hwc
    in_c, strips = op.input.shape[-1], -(-out_w // _strip(op))
    column = 0.5 if in_c == 1 else 6 if in_c <= TAPS else 5 + 3 * -(-in_c // TAPS)
    if kernel_h == 3 and 1 < in_c <= _WORD:
        column = 3
    columns = kernel_h * column * (out_w * op.stride_w + strips * kernel_w)
    pairs = out_w / 2 if _together(op) == 2 else -(-out_w // 2)
    row = pairs * (-(-out_c // _CHANNELS) * _quad_cost(op, is_halved) + 12) + columns
    return int(out_h * (row + strips * (100 + 20 * kernel_h) + 60))


_ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    channels_are_not_grouped,
    sums_fit,
)

_DOTS = ("te_mve_conv_dot", "te_mve_conv_many", "te_mve_conv_short")

_CONV2D = Kernel(
    folder="mve",
    function="te_conv2d_s8_mve",
    shares=_DOTS,
    header="te_mve_conv2d.h",
    isa=Isa.MVE,
    op=Conv2D,
    params=_params,
    progress=Progress.PIXEL,
    constraints=(*_ALWAYS, factors_shift_right),
    scratch_nbytes=_scratch_nbytes,
    cost=_cost,
)

_COLUMNS = Kernel(
    folder="mve",
    function="te_conv2d_s8_mve_columns",
    shares=_DOTS,
    header="te_mve_conv2d.h",
    isa=Isa.MVE,
    op=Conv2D,
    params=_columns_params,
    progress=Progress.ROW,
    constraints=(*_ALWAYS, factors_shift_right, columns_are_adjacent, windows_are_not_points),
    scratch_nbytes=_columns_scratch_nbytes,
    cost=_columns_cost,
)

_HALVED: tuple[Kernel, ...] = tuple(
    replace(
        kernel,
        function=f"{kernel.function}_w4",
        shares=("te_mve_conv_dot_w4", "te_mve_conv_many"),
        params=params,
        constraints=(*kernel.constraints, nibbles_fit),
        form=Form(halves_weights=True),
        cost=partial(cost, is_halved=True),
    )
    for kernel, params, cost in (
        (_CONV2D, _params_w4, _cost),
        (_COLUMNS, _columns_params_w4, _columns_cost),
    )
)

KERNELS: tuple[Kernel, ...] = (
    _CONV2D,
    _COLUMNS,
    *_HALVED,
    once_kernel(_CONV2D, _ALWAYS, shifted_lines, lambda op, _: _params(op)),
)
"""For every shape; factors that do not fit are left to the portable kernel."""
