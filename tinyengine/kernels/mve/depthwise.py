"""Kernels of DepthwiseConv2D for MVE: packed weights, scratch, cost."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.exact.fold import rounds_up_only
from tinyengine.kernels.exact.mend import once_kernel
from tinyengine.kernels.mve.packing import TAPS, records
from tinyengine.kernels.mve.requantize import (
    RightShifts,
    factors_shift_right,
    shift_right_only,
    shifted_lines,
)
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    image_is_one_wide,
    kernel_is_at_most_16_high,
    multiplier_is_1,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Function, Kernel, Progress, Struct

_QUAD, _WORD, _LANES = 4, 4, 16
"""Channels of a record, rows of a word, channels expanded at a time: te_mve_depthwise_dot.h."""

_PATCH, _PATCH_COLUMNS = 4, 28
"""Rows and columns of a patch, and the most outputs of a strip of patches."""

_STRIP_WORDS = 32
"""Words of a channel in the columns of a strip: bounds the scratch."""


def columns_are_adjacent(op: DepthwiseConv2D) -> bool:
    """Horizontal dilation must be 1."""
    return op.dilation_w == 1


def _planes(op: DepthwiseConv2D) -> int:
    """Give the words of a column of a window."""
    return -(-op.weight.shape[1] // _WORD)


def _window_has(words: int) -> Constraint:
    def window_fits(op: DepthwiseConv2D) -> bool:
        """Rows of the window must take the words that this form has."""
        return words - TAPS // _WORD < op.weight.shape[2] * _planes(op) <= words

    window_fits.__doc__ = (
        f"Kernel width * (height / 4, rounded up) must be {words - TAPS // _WORD + 1} to {words}."
    )
    return window_fits


def _shifted(op: DepthwiseConv2D) -> RightShifts:
    shifted = shift_right_only(op)
    assert shifted is not None, "the kernel has accepted the factors"
    return shifted


def _words(op: DepthwiseConv2D) -> Array:
    """Give the weights as [channels, words * 4], columns of filled up words one after another."""
    weight = _shifted(op).weight[0]
    kernel_h, kernel_w, channels = weight.shape
    filled = np.zeros((_planes(op) * _WORD, kernel_w, channels), np.int8)
    filled[:kernel_h] = weight
    return np.ascontiguousarray(filled.transpose(2, 1, 0)).reshape(channels, -1)


def _records(op: DepthwiseConv2D) -> Array:
    """Give the records of te_mve_depthwise_block, [records, words] of int32."""
    return records(_words(op), _shifted(op).factors, _QUAD)


def _strip(op: DepthwiseConv2D) -> int:
    """Give the outputs computed at a time: strips of about the same width."""
    out_w = op.output.hwc[1]
    columns = _STRIP_WORDS // _planes(op)
    greatest = max(1, (columns - op.weight.shape[2]) // op.stride_w + 1)
    strips = -(-out_w // greatest)
    return -(-out_w // strips)


def _columns(op: DepthwiseConv2D) -> int:
    return (_strip(op) - 1) * op.stride_w + op.weight.shape[2]


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    words = _columns(op) * _planes(op) + TAPS // _WORD - 1
    return 4 * _QUAD * _strip(op) + _LANES + _WORD * _LANES * words


def has_16_channels(op: DepthwiseConv2D) -> bool:
    """Input must have at least 16 channels."""
    return int(op.input.shape[-1]) >= _LANES


def products_add_up_in_16_bits(op: DepthwiseConv2D) -> bool:
    """Weights must be such that products of every two taps of a channel add up in 16 bits."""
    if not weight_is_constant(op) or not factors_shift_right(op):
        return True
    return bool(np.all(np.abs(_column_taps(op).astype(np.int64)).sum(axis=1) <= 255))


def _column_taps(op: DepthwiseConv2D) -> Array:
    """Give the weights of a column as [pairs, 2, channels]; a last odd one is filled up."""
    weight = _shifted(op).weight[0, :, 0, :]
    kernel_h, channels = weight.shape
    filled = np.zeros((kernel_h + kernel_h % 2, channels), np.int8)
    filled[:kernel_h] = weight
    return filled.reshape(-1, 2, channels)


def _column_records(op: DepthwiseConv2D) -> Array:
    """Give the records of te_mve_column, [records, words] of int32."""
    factors = _shifted(op).factors
    channels = factors.shape[1]
    taps = _column_taps(op).reshape(-1, channels)
    records = []
    for first in range(0, channels, _LANES):
        lanes = min(first, channels - _LANES) + np.arange(_LANES)
        vectors = lanes.reshape(-1, 4).T[[0, 2, 1, 3]]
        words = np.ascontiguousarray(taps[:, lanes]).reshape(-1).view(np.int32)
        parts = [factors[:, vector].reshape(-1) for vector in vectors]
        records.append(np.concatenate([words, *parts]))
    return np.stack(records)


def window_is_in_a_patch(op: DepthwiseConv2D) -> bool:
    """Windows must be at most 3x3, with strides and dilations of 1."""
    steps = (op.stride_h, op.stride_w, op.dilation_h, op.dilation_w)
    return max(op.weight.shape[1:3]) <= _PATCH - 1 and steps == (1, 1, 1, 1)


def clamp_is_that_of_int8(op: DepthwiseConv2D) -> bool:
    """Clamp must be that of int8, and outputs of negative sums be all the same."""
    return (op.act_min, op.act_max) == (-128, 127) and rounds_up_only(op)


def _patch_strip(op: DepthwiseConv2D) -> int:
    """Give the outputs computed at a time: strips of about the same width, in fours."""
    out_w = op.output.hwc[1]
    strips = -(-out_w // _PATCH_COLUMNS)
    width = -(-out_w // strips)
    return -(-width // _PATCH) * _PATCH


def _patch_records(op: DepthwiseConv2D) -> Array:
    """Give the records of te_mve_patch, [channels, words] of int32."""
    shifted = _shifted(op)
    kernel_h, kernel_w, channels = shifted.weight.shape[1:]
    columns = np.zeros((channels, _PATCH + 1, _WORD), np.int8)
    columns[:, 1 : 1 + kernel_w, :kernel_h] = shifted.weight[0].transpose(2, 1, 0)
    words = columns.reshape(channels, -1).view(np.int32)
    return np.concatenate([words, shifted.factors.T], axis=1)


def _patch_params(op: DepthwiseConv2D) -> Struct:
    return _params_with(op, _patch_records(op), _patch_strip(op), _expand(op.weight.shape[1] + 1))


def _patch_scratch_nbytes(op: DepthwiseConv2D) -> int:
    return _LANES + _WORD * _LANES * (_patch_strip(op) + _PATCH - 2)


def _patch_cost(op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    out_h, out_w, channels = op.output.hwc
    quads, rest = divmod(out_w, _PATCH)
    strips = -(-out_w // _patch_strip(op))
    channel = 28 * quads + (0, 21, 33, 33)[rest] + 20 * strips
    columns = out_w + strips * (op.weight.shape[2] - 1)
    block = 14 * columns + 60 * strips
    return int(-(-out_h // 2) * (channels * channel + -(-channels // _LANES) * block + 200))


def _params(op: DepthwiseConv2D) -> Struct:
    return _params_with(op, _records(op), _strip(op), _expand(op.weight.shape[1]))


def _column_params(op: DepthwiseConv2D) -> Struct:
    return _params_with(op, _column_records(op), _strip(op))


def _column_cost(op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    out_h, _, channels = op.output.hwc
    kernel_h = op.weight.shape[1]
    block = 23 * -(-kernel_h // 2) + (43 if rounds_up_only(op) else 51)
    return int(out_h * (-(-channels // _LANES) * block + 5 * kernel_h + 70))


def _expand(rows: int) -> Function:
    """Give the function that expands the last 1 to 4 of so many rows."""
    return Function(name=f"te_mve_depthwise_expand_{(rows - 1) % _WORD + 1}")


def _params_with(
    op: DepthwiseConv2D, packed: Array, strip: int, expand: Function | None = None
) -> Struct:
    in_h, in_w, channels = op.input.hwc
    return Struct(
        c_type="te_depthwise_conv2d_mve_params",
        members={
            "in_h": in_h,
            "in_w": in_w,
            "channels": channels,
            "out_w": op.output.hwc[1],
            "kernel_h": op.weight.shape[1],
            "kernel_w": op.weight.shape[2],
            "stride_h": op.stride_h,
            "stride_w": op.stride_w,
            "dilation_h": op.dilation_h,
            "pad_top": op.padding.top,
            "pad_left": op.padding.left,
            "in_zero_point": op.input.zero_point,
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "is_signed": int(not rounds_up_only(op)),
            "expand": expand,
            "strip": strip,
            "words": packed.shape[1],
            "weight": packed,
        },
    )


def _cost_of(vectors: int) -> float:
    """Give the instructions of a sum of so many vectors. Source: te_mve_depthwise_dot.h."""
    return 3.25 if vectors == 1 else 2.0 * vectors + 3


def _cost(op: DepthwiseConv2D) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    out_h, out_w, channels = op.output.hwc
    kernel_h, kernel_w = op.weight.shape[1:3]
    vectors = -(-kernel_w * _planes(op) // (TAPS // _WORD))
    strips = -(-out_w // _strip(op))
    output = _cost_of(vectors) + (2.75 if rounds_up_only(op) else 3.25)
    column = 7 * _planes(op) + 2 * kernel_h
    quads, blocks = -(-channels // _QUAD), -(-channels // _LANES)
    quad = 4 * output * out_w + strips * (25 if vectors == 1 else 70)
    block = strips * (_columns(op) * column + 70 + 50 * _planes(op)) + 30
    return int(out_h * (quads * quad + blocks * block + 60 + 15 * kernel_h))


_ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    multiplier_is_1,
    sums_fit,
    kernel_is_at_most_16_high,
)


_CALL = ("te_mve_depthwise_call",)


def _kernel(words: int) -> Kernel:
    return Kernel(
        folder="mve",
        function=f"te_depthwise_conv2d_s8_mve_{words}",
        shares=_CALL,
        header="te_mve_depthwise_conv2d.h",
        isa=Isa.MVE,
        op=DepthwiseConv2D,
        params=_params,
        progress=Progress.ROW,
        constraints=(*_ALWAYS, factors_shift_right, columns_are_adjacent, _window_has(words)),
        scratch_nbytes=_scratch_nbytes,
        cost=_cost,
    )


_COLUMN = Kernel(
    folder="mve",
    function="te_depthwise_conv2d_s8_mve_column",
    header="te_mve_depthwise_conv2d.h",
    isa=Isa.MVE,
    op=DepthwiseConv2D,
    params=_column_params,
    progress=Progress.ROW,
    constraints=(
        *_ALWAYS,
        factors_shift_right,
        image_is_one_wide,
        has_16_channels,
        products_add_up_in_16_bits,
    ),
    scratch_nbytes=lambda op: int(op.input.shape[-1]),
    cost=_column_cost,
)

_PATCHES = Kernel(
    folder="mve",
    function="te_depthwise_conv2d_s8_mve_patch",
    shares=_CALL,
    header="te_mve_depthwise_conv2d.h",
    isa=Isa.MVE,
    op=DepthwiseConv2D,
    params=_patch_params,
    progress=Progress.ROW,
    constraints=(*_ALWAYS, factors_shift_right, window_is_in_a_patch, clamp_is_that_of_int8),
    scratch_nbytes=_patch_scratch_nbytes,
    cost=_patch_cost,
)

_DEPTHWISE = (*(_kernel(words) for words in (4, 8, 12, 16)), _COLUMN)


def _rounded_once(kernel: Kernel) -> Kernel:
    constraints = tuple(each for each in kernel.constraints if each is not factors_shift_right)
    return once_kernel(kernel, constraints, shifted_lines, lambda op, _: kernel.params(op))


KERNELS: tuple[Kernel, ...] = (*_DEPTHWISE, _PATCHES, *map(_rounded_once, _DEPTHWISE))
"""By the words of a window: how many vectors of 16 taps a channel's weights take; columns."""
