"""Kernels of Conv2D, DepthwiseConv2D and FullyConnected."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Conv2D, DepthwiseConv2D, DType, FullyConnected, once
from tinyengine.kernels.geometry import image_members, window_members
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.convolution import (
    convolution_factors,
    fully_connected_factors,
    weight_zero_point,
)
from tinyengine.reference.fixed_point import Ints, quantize_wide

Weighted = Conv2D | DepthwiseConv2D | FullyConnected

# What a sum may reach so that zero points and roundings still fit 32 bits.
_SUM_LIMIT = 2**31 - 1024


def operands_are_int8(op: Weighted) -> bool:
    """Input, weight and output must be int8 and the bias int32."""
    is_int8 = {t.dtype for t in (op.input, op.weight, op.output)} == {DType.INT8}
    return is_int8 and (op.bias is None or op.bias.dtype is DType.INT32)


def weights_fit_16_bits(op: Weighted) -> bool:
    """Input and output must be int8, weights int8 or int16, and the bias int32."""
    if {op.input.dtype, op.output.dtype} != {DType.INT8}:
        return False
    has_weights = op.weight.dtype in (DType.INT8, DType.INT16)
    return has_weights and (op.bias is None or op.bias.dtype is DType.INT32)


def weight_is_constant(op: Weighted) -> bool:
    """Weight and bias must be constants."""
    return op.weight.is_const and (op.bias is None or op.bias.is_const)


def batch_is_1(op: Conv2D | DepthwiseConv2D) -> bool:
    """Input must be [1, H, W, C]."""
    return len(op.input.shape) == 4 and op.input.shape[0] == 1


def channels_are_not_grouped(op: Conv2D) -> bool:
    """Weight must have as many input channels as the input."""
    return op.weight.shape[3] == op.input.shape[-1]


def dilation_is_1(op: DepthwiseConv2D) -> bool:
    """Dilation must be (1, 1)."""
    return op.dilation_h == 1 and op.dilation_w == 1


def kernel_is_at_most_16_high(op: DepthwiseConv2D) -> bool:
    """Kernel must be at most 16 high."""
    return op.weight.shape[1] <= 16


def window_is(kernel_w: int, stride_w: int) -> Constraint:
    """Give the constraint that windows are so wide and so far apart."""

    def window_fits(op: DepthwiseConv2D) -> bool:
        """Windows must be so wide and so far apart."""
        return op.weight.shape[2] == kernel_w and op.stride_w == stride_w

    window_fits.__doc__ = f"Kernel must be {kernel_w} wide, with a horizontal stride of {stride_w}."
    return window_fits


def window_is_widened(kernel_w: int, stride_w: int) -> Constraint:
    """Give the constraint that windows are so wide once they are `widened`, and so far apart."""
    if kernel_w != 3:
        return window_is(kernel_w, stride_w)

    def window_fits(op: DepthwiseConv2D) -> bool:
        """Windows must be so wide and so far apart."""
        return op.weight.shape[2] in (1, 3) and op.stride_w == stride_w

    window_fits.__doc__ = f"Kernel must be 1 or 3 wide, with a horizontal stride of {stride_w}."
    return window_fits


@once
def widened(op: DepthwiseConv2D) -> DepthwiseConv2D:
    """Give an operator whose kernel is 1 wide with one of 3: zeros beside it change no sum."""
    if op.weight.shape[2] != 1:
        return op
    values = np.pad(op.weight.values, ((0, 0), (0, 0), (1, 1), (0, 0)))
    weight = replace(op.weight, shape=values.shape, data=values)
    padding = replace(op.padding, left=op.padding.left + 1, right=op.padding.right + 1)
    return replace(op, weight=weight, padding=padding)


def image_is_one_wide(op: DepthwiseConv2D) -> bool:
    """Input and output must be [1, H, 1, C], with a kernel 1 wide and a multiplier of 1."""
    is_column = op.weight.shape[2] == op.input.shape[2] == op.output.shape[2] == 1
    return is_column and op.padding.left == 0 and op.input.shape[3] == op.output.shape[3]


def multiplier_is_1(op: DepthwiseConv2D) -> bool:
    """Input must have as many channels as the output."""
    return op.input.shape[-1] == op.output.shape[-1]


def weight_zero_point_is_0(op: FullyConnected) -> bool:
    """Weight zero point must be 0."""
    return weight_zero_point(op) == 0


def sums_fit(op: Weighted) -> bool:
    """Weights and bias must be so small that no sum, scaled by a factor above 1, leaves 32 bits."""
    if not weight_is_constant(op):
        return True
    try:
        return bool(np.all(greatest_sums(op) * _left_factors(op) < _SUM_LIMIT))
    except ModelError:
        return False


def factors_fit(op: FullyConnected) -> bool:
    """Scale ratio input * weight / output must be below 2^20."""
    try:
        double_factors(op)
    except ModelError:
        return False
    return True


def _rows_of_weights(op: Weighted) -> Ints:
    """Give the weights as [out_c, taps]."""
    weight = op.weight.values.astype(np.int64)
    if isinstance(op, DepthwiseConv2D):
        return weight.reshape(-1, weight.shape[-1]).T
    return weight.reshape(weight.shape[0], -1)


@once
def _bias(op: Weighted) -> Ints:
    """Give the bias per output channel, 0 where the output does not depend on it."""
    if op.bias is None:
        return np.zeros(op.output.shape[-1], np.int64)
    return np.where(_is_constant(op), 0, op.bias.values.astype(np.int64))


@once
def greatest_sums(op: Weighted) -> Ints:
    """Give a bound of the magnitude of every sum that a kernel may hold, per output channel."""
    weights, zero_point = _rows_of_weights(op), _zero_point_of_weight(op)
    greatest = -op.input.dtype.limits[0]
    products = np.abs(weights).sum(axis=1) * greatest
    corrections = abs(zero_point) * greatest * weights.shape[1]
    centred = np.abs(weights - zero_point).sum(axis=1) * abs(op.input.zero_point)
    return np.asarray(np.abs(_bias(op)) + products + corrections + centred)


def _left_factors(op: Weighted) -> npt.NDArray[np.float64]:
    """Give how much a sum may grow before it is rounded, at least 1, per output channel."""
    if isinstance(op, FullyConnected):
        return np.maximum(fully_connected_factors(op), 1.0)
    _, shift = convolution_factors(op)
    return np.asarray(2.0 ** np.maximum(shift.astype(np.float64), 0.0))


def _is_constant(op: Weighted) -> npt.NDArray[np.bool_]:
    """Tell per output channel whether its multiplier is 0: the output is its zero point."""
    if isinstance(op, FullyConnected):
        return np.zeros(op.output.shape[-1], bool)
    multiplier, _ = convolution_factors(op)
    return np.asarray(multiplier == 0)


def _zero_point_of_weight(op: Weighted) -> int:
    return weight_zero_point(op) if isinstance(op, FullyConnected) else 0


@once
def folded_bias(op: Weighted) -> npt.NDArray[np.int32]:
    """Give the bias with the input's zero point folded in."""
    weights = _rows_of_weights(op) - _zero_point_of_weight(op)
    folded = _bias(op) - op.input.zero_point * weights.sum(axis=1)
    return np.asarray(folded, np.int32)


def _conv2d_params(op: Conv2D) -> Struct:
    multiplier, shift = convolution_factors(op)
    return Struct(
        c_type="te_conv2d_params",
        members={
            **image_members(op),
            **window_members(op),
            "weight": op.weight.values,
            "bias": folded_bias(op),
            "multiplier": multiplier,
            "shift": shift,
        },
    )


def _depthwise_conv2d_params(op: DepthwiseConv2D) -> Struct:
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    multiplier, shift = convolution_factors(op)
    return Struct(
        c_type="te_depthwise_conv2d_params",
        members={
            "in_h": in_h,
            "in_w": in_w,
            "in_c": in_c,
            "out_w": out_w,
            "channel_multiplier": out_c // in_c,
            **window_members(op),
            "weight": op.weight.values,
            "bias": folded_bias(op),
            "multiplier": multiplier,
            "shift": shift,
        },
    )


def double_factors(op: FullyConnected) -> tuple[tuple[int, int, int], ...]:
    """Give multiplier, fraction and shift of te_requantize_double: one of each, or per output."""
    return tuple(quantize_wide(float(factor)) for factor in fully_connected_factors(op))


def fully_connected_params(op: FullyConnected) -> Struct:
    """Give te_fully_connected_params."""
    out_c, in_c = op.weight.shape
    factors = double_factors(op)
    return Struct(
        c_type="te_fully_connected_params",
        members={
            "in_c": in_c,
            "out_c": out_c,
            "weight_zero_point": weight_zero_point(op),
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "factor_step": 1 if len(factors) > 1 else 0,
            "weight": op.weight.values,
            "bias": folded_bias(op),
            "multiplier": np.array([multiplier for multiplier, _, _ in factors], np.int32),
            "fraction": np.array([fraction for _, fraction, _ in factors], np.int32),
            "shift": np.array([shift for _, _, shift in factors], np.int8),
        },
    )


CONV2D = Kernel(
    folder="ref",
    function="te_conv2d_s8",
    header="te_conv2d.h",
    isa=Isa.BASE,
    op=Conv2D,
    params=_conv2d_params,
    progress=Progress.PIXEL,
    constraints=(
        operands_are_int8,
        weight_is_constant,
        batch_is_1,
        channels_are_not_grouped,
        sums_fit,
    ),
)

DEPTHWISE_CONV2D = Kernel(
    folder="ref",
    function="te_depthwise_conv2d_s8",
    header="te_depthwise_conv2d.h",
    isa=Isa.BASE,
    op=DepthwiseConv2D,
    params=_depthwise_conv2d_params,
    progress=Progress.PIXEL,
    constraints=(operands_are_int8, weight_is_constant, batch_is_1, sums_fit),
)

FULLY_CONNECTED = Kernel(
    folder="ref",
    function="te_fully_connected_s8",
    header="te_fully_connected.h",
    isa=Isa.BASE,
    op=FullyConnected,
    params=fully_connected_params,
    progress=Progress.ROW,
    constraints=(operands_are_int8, weight_is_constant, factors_fit, sums_fit),
)

KERNELS: tuple[Kernel, ...] = (CONV2D, DEPTHWISE_CONV2D, FULLY_CONNECTED)
"""One portable kernel per operator, for every shape."""
