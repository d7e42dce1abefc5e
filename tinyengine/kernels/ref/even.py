"""Portable kernels of operators that round once, halves to even, by factors of 24 or 30 bits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Add, Conv2D, DepthwiseConv2D, FullyConnected, Mul, Op, Rounding, Sub
from tinyengine.kernels.ref.arithmetic import (
    operands_are_int8,
    operands_broadcast,
    pair_members,
)
from tinyengine.kernels.ref.convolution import (
    CONV2D,
    DEPTHWISE_CONV2D,
    Weighted,
    batch_is_1,
    channels_are_not_grouped,
    folded_bias,
    greatest_sums,
    weight_is_constant,
)
from tinyengine.kernels.ref.convolution import operands_are_int8 as weighted_are_int8
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.arithmetic import even_product_factor, even_sum
from tinyengine.reference.convolution import even_factors, weight_zero_point

Parameters = Callable[[Any], Struct]

_BITS = 24
"""Bits of a float32 mantissa."""

_LARGEST = 2**31 - 1024
"""What a sum or an output may reach so that zero points still fit 32 bits."""


def sums_fit_float(op: Weighted) -> bool:
    """Weights and bias must be so small that no sum, in either scale, leaves 32 bits."""
    if not weight_is_constant(op):
        return True
    factors = np.maximum(even_factors(op).astype(np.float64), 1.0)
    return bool(np.all(greatest_sums(op) * factors < _LARGEST))


def factors_are_normal(op: Weighted) -> bool:
    """Scale ratios input * weight / output must lie between 2^-60 and 2^20."""
    return _is_normal(even_factors(op))


def product_is_normal(op: Mul) -> bool:
    """Scale ratio lhs * rhs / output must lie between 2^-60 and 2^14."""
    factor = np.asarray(even_product_factor(op))
    return _is_normal(factor) and float(factor) < 2.0**14


def sum_is_normal(op: Add | Sub) -> bool:
    """Scale ratios operand / output must be below 2^14, the larger one more than 2^-30."""
    try:
        return even_sum(op).shift >= 16
    except ModelError:
        return False


def _is_normal(factors: npt.NDArray[np.float32]) -> bool:
    return bool(np.all((factors > 2.0**-60) & (factors < 2.0**20)))


def mantissas(
    factors: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """Give (mantissa, shift) of float32 factors: mantissa / 2^shift, with mantissas of 24 bits."""
    parts, exponents = np.frexp(factors.astype(np.float64))
    return (parts * 2.0**_BITS).astype(np.int32), (_BITS - exponents).astype(np.int8)


def _with_mantissas(op: Conv2D | DepthwiseConv2D, kernel: Kernel) -> Struct:
    """Give the parameters that `kernel` has, with other factors."""
    struct = kernel.params(op)
    mantissa, shift = mantissas(np.broadcast_to(even_factors(op), op.output.shape[-1:]))
    return Struct(
        c_type=struct.c_type, members={**struct.members, "multiplier": mantissa, "shift": shift}
    )


def _conv2d_params(op: Conv2D) -> Struct:
    return _with_mantissas(op, CONV2D)


def _depthwise_params(op: DepthwiseConv2D) -> Struct:
    return _with_mantissas(op, DEPTHWISE_CONV2D)


def _fully_connected_params(op: FullyConnected) -> Struct:
    out_c, in_c = op.weight.shape
    mantissa, shift = mantissas(even_factors(op))
    return Struct(
        c_type="te_fully_connected_even_params",
        members={
            "in_c": in_c,
            "out_c": out_c,
            "weight_zero_point": weight_zero_point(op),
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
            "factor_step": 1 if len(mantissa) > 1 else 0,
            "weight": op.weight.values,
            "bias": folded_bias(op),
            "multiplier": mantissa,
            "shift": shift,
        },
    )


def _mul_params(op: Mul) -> Struct:
    (mantissa,), (shift,) = mantissas(np.array([even_product_factor(op)]))
    return Struct(
        c_type="te_mul_params",
        members={
            "pairs": pair_members(op.lhs, op.rhs, op.output),
            "lhs_zero_point": op.lhs.zero_point,
            "rhs_zero_point": op.rhs.zero_point,
            "out_multiplier": int(mantissa),
            "out_shift": int(shift),
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _sum_params(op: Add | Sub) -> Struct:
    factors = even_sum(op)
    return Struct(
        c_type="te_add_even_params",
        members={
            "pairs": pair_members(op.lhs, op.rhs, op.output),
            "lhs_zero_point": op.lhs.zero_point,
            "lhs_factor": factors.lhs_factor,
            "rhs_zero_point": op.rhs.zero_point,
            "rhs_factor": factors.rhs_factor,
            "shift": factors.shift,
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _convolution(op: type[Op], name: str, params: Parameters, *more: Constraint) -> Kernel:
    return Kernel(
        folder="ref",
        function=f"te_{name}_s8_even",
        header=f"te_{name}_even.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=Progress.ROW if op is FullyConnected else Progress.PIXEL,
        constraints=(
            weighted_are_int8,
            weight_is_constant,
            *more,
            factors_are_normal,
            sums_fit_float,
        ),
        rounding=Rounding.EVEN,
    )


def _elementwise(op: type[Op], name: str, params: Parameters, fits: Constraint) -> Kernel:
    return Kernel(
        folder="ref",
        function=f"te_{name}_s8_even",
        header=f"te_{name}_even.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=Progress.ELEMENT,
        constraints=(operands_are_int8, operands_broadcast, fits),
        rounding=Rounding.EVEN,
    )


KERNELS: tuple[Kernel, ...] = (
    _convolution(Conv2D, "conv2d", _conv2d_params, batch_is_1, channels_are_not_grouped),
    _convolution(DepthwiseConv2D, "depthwise_conv2d", _depthwise_params, batch_is_1),
    _convolution(FullyConnected, "fully_connected", _fully_connected_params),
    _elementwise(Mul, "mul", _mul_params, product_is_normal),
    _elementwise(Add, "add", _sum_params, sum_is_normal),
    _elementwise(Sub, "add", _sum_params, sum_is_normal),
)
"""One kernel per operator, for every shape. A difference is a sum with a negative factor."""
