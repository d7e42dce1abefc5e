"""Kernels of Conv2D, DepthwiseConv2D and FullyConnected of int16, with weights of int8.

The sums of most operators fit 32 bits, as their weights show. Then a sum is scaled by one
multiplication: with r and the shift t of `requantize_once`, r * 2^(32 - t) is a whole number for
t ≤ 32, and (sum * r * 2^(32 - t) + 2^31) >> 32 is (sum * r + 2^(t - 1)) >> t.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, DepthwiseConv2D, DType, FullyConnected, Op
from tinyengine.kernels.geometry import Windowed, clamp_members, image_members, reach_members
from tinyengine.kernels.ref.convolution import (
    Weighted,
    batch_is_1,
    channels_are_not_grouped,
    factors_fit,
    folded_bias,
    fully_connected_params,
    greatest_sums,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.convolution import (
    convolution_factors,
    fully_connected_factors,
    sums_are_wide,
)
from tinyengine.reference.fixed_point import Ints, reduced_multiplier

_MOST = 2**31
_ONCE = 15
"""The right shift of `requantize_once` for a factor of 1."""


def operands_are_int16(op: Weighted) -> bool:
    """Input and output must be int16 and the weight int8."""
    return (op.input.dtype, op.weight.dtype, op.output.dtype) == (
        DType.INT16,
        DType.INT8,
        DType.INT16,
    )


def bias_is_int64(op: Windowed) -> bool:
    """Bias must be int64 or left out."""
    return sums_are_wide(op)


def bias_is_int32(op: Windowed) -> bool:
    """Bias must be int32."""
    return op.bias is not None and op.bias.dtype is DType.INT32


def sums_have_32_bits(op: Windowed) -> bool:
    """Weights and bias must be so small that no sum leaves 32 bits, and factors in [2^-18, 1/2)."""
    if not (operands_are_int16(op) and weight_is_constant(op)):
        return True
    multiplier, shift = convolution_factors(op)
    right = _ONCE - shift.astype(np.int64)
    fits = (greatest_sums(op) < _MOST) & (right >= 16) & (right <= 32)
    return bool(np.all(fits | (multiplier == 0)))


def sums_need_64_bits(op: Windowed) -> bool:
    """Weights must be so large that some sum leaves 32 bits, and none when it is scaled."""
    if not (operands_are_int16(op) and weight_is_constant(op)):
        return True
    multiplier, shift = convolution_factors(op)
    sums = greatest_sums(op)
    scaled = sums * np.ldexp(multiplier.astype(np.float64), shift.astype(np.int32) - 31)
    fits = np.all((sums < 2**47) & (shift <= 7) & (scaled < _MOST - 1024))
    return bool(fits) and not sums_have_32_bits(op)


def matrix_needs_64_bits(op: FullyConnected) -> bool:
    """Weights must be so large that some sum leaves 32 bits, and none when it is scaled."""
    if not (operands_are_int16(op) and weight_is_constant(op)):
        return True
    scaled = greatest_sums(op) * fully_connected_factors(op)
    fits = np.all((greatest_sums(op) < 2**47) & (scaled < _MOST - 1024))
    return bool(fits) and sums_are_wide(op) and not sums_fit(op)


def single_multipliers(op: Windowed) -> npt.NDArray[np.int32]:
    """Give the factors of te_multiply_q32_rounded."""
    multiplier, shift = convolution_factors(op)
    left = np.where(multiplier == 0, 0, 32 - _ONCE + shift.astype(np.int64))
    return np.asarray(reduced_multiplier(multiplier) << left, np.int32)


def narrow_members(op: Windowed) -> Mapping[str, npt.NDArray[Any] | None]:
    """Give weights, biases and factors where sums have 32 bits."""
    return {
        "weight": op.weight.values,
        "bias": folded_bias(op),
        "wide_bias": None,
        "multiplier": single_multipliers(op),
        "shift": None,
    }


def _twice_members(op: Windowed) -> Mapping[str, npt.NDArray[Any] | None]:
    multiplier, shift = convolution_factors(op)
    return {
        "weight": op.weight.values,
        "bias": folded_bias(op),
        "wide_bias": None,
        "multiplier": multiplier,
        "shift": shift,
    }


def _wide_members(op: Windowed) -> Mapping[str, npt.NDArray[Any] | None]:
    multiplier, shift = convolution_factors(op)
    return {
        "weight": op.weight.values,
        "bias": None,
        "wide_bias": _wide_bias(op),
        "multiplier": reduced_multiplier(multiplier).astype(np.int32),
        "shift": np.asarray(_ONCE - shift.astype(np.int64), np.int8),
    }


def _wide_bias(op: Weighted) -> Ints:
    if op.bias is None:
        return np.zeros(op.output.shape[-1], np.int64)
    return op.bias.values.astype(np.int64)


def _wide_matrix_params(op: FullyConnected) -> Struct:
    members = {**fully_connected_params(op).members, "bias": _wide_bias(op)}
    del members["out_zero_point"]
    return Struct(c_type="te_fully_connected_s16_wide_params", members=members)


Members = Callable[[Any], Mapping[str, npt.NDArray[Any] | None]]


def conv2d_params(op: Conv2D, members: Members) -> Struct:
    """Give te_conv2d_s16_params with the pointers that `members` gives."""
    return Struct(
        c_type="te_conv2d_s16_params",
        members={
            **image_members(op),
            **reach_members(op),
            **clamp_members(op),
            **members(op),
        },
    )


def depthwise_conv2d_params(op: DepthwiseConv2D, members: Members) -> Struct:
    """Give te_depthwise_conv2d_s16_params with the pointers that `members` gives."""
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    return Struct(
        c_type="te_depthwise_conv2d_s16_params",
        members={
            **{"in_h": in_h, "in_w": in_w, "in_c": in_c, "out_w": out_w},
            "channel_multiplier": out_c // in_c,
            **reach_members(op),
            **clamp_members(op),
            **members(op),
        },
    )


def _kernel(op: type[Op], variant: str, members: Members, *constraints: Constraint) -> Kernel:
    is_depthwise = op is DepthwiseConv2D
    name = "depthwise_conv2d_s16" if is_depthwise else "conv2d_s16"
    params = depthwise_conv2d_params if is_depthwise else conv2d_params
    grouping = () if is_depthwise else (channels_are_not_grouped,)
    return Kernel(
        folder="ref",
        function=f"te_{name}{variant}",
        header=f"te_{name}.h",
        isa=Isa.BASE,
        op=op,
        params=lambda each: params(each, members),
        progress=Progress.PIXEL,
        constraints=(
            operands_are_int16,
            weight_is_constant,
            batch_is_1,
            *grouping,
            *constraints,
        ),
    )


CONV2D = _kernel(Conv2D, "", narrow_members, bias_is_int64, sums_have_32_bits)
DEPTHWISE_CONV2D = _kernel(DepthwiseConv2D, "", narrow_members, bias_is_int64, sums_have_32_bits)
FULLY_CONNECTED = Kernel(
    folder="ref",
    function="te_fully_connected_s16",
    header="te_fully_connected.h",
    isa=Isa.BASE,
    op=FullyConnected,
    params=fully_connected_params,
    progress=Progress.ROW,
    constraints=(operands_are_int16, weight_is_constant, factors_fit, sums_fit),
)

KERNELS: tuple[Kernel, ...] = (
    CONV2D,
    _kernel(Conv2D, "_twice", _twice_members, bias_is_int32, sums_fit),
    _kernel(Conv2D, "_wide", _wide_members, bias_is_int64, sums_need_64_bits),
    DEPTHWISE_CONV2D,
    _kernel(DepthwiseConv2D, "_wide", _wide_members, bias_is_int64, sums_need_64_bits),
    FULLY_CONNECTED,
    replace(
        FULLY_CONNECTED,
        function="te_fully_connected_s16_wide",
        header="te_fully_connected_s16.h",
        params=_wide_matrix_params,
        constraints=(operands_are_int16, weight_is_constant, factors_fit, matrix_needs_64_bits),
    ),
)
"""Portable kernels, for every shape; of convolutions one per way of adding up and scaling."""
