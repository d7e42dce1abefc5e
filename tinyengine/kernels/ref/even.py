"""Portable kernels of operators that round once, halves to even, by factors of 24 or 30 bits."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.ir import (
    Add,
    Array,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Mul,
    Op,
    Rounding,
    Sub,
)
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
from tinyengine.reference.arithmetic import even_product_factor, rounded_sum
from tinyengine.reference.convolution import even_factors, weight_zero_point

Parameters = Callable[[Any], Struct]

_BITS = 24
"""Bits of a float32 mantissa."""

_MOST_APART = 28
"""Bits that two operands of a sum may be apart, so that it fits 64."""

_LAST_KEY = 44 << (_BITS - 1)
"""More than te_float_key gives for a sum of 63 bits."""

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
    """Scales must lie between 2^-60 and 2^60, those of the operands within 2^28 of each other."""
    scales = np.array([t.scale for t in (op.lhs, op.rhs, op.output)], np.float32)
    shifts = mantissas(scales[:2])[1].astype(np.int64)
    is_near = int(np.abs(np.diff(shifts)).max()) <= _MOST_APART
    return bool(np.all((scales > 2.0**-60) & (scales < 2.0**60))) and is_near


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
    scales = np.array([op.lhs.scale, op.rhs.scale], np.float32)
    mantissa, shift = (part.astype(np.int64) for part in mantissas(scales))
    unit = int(shift.max())
    lhs_left, rhs_left = (unit - shift).tolist()
    return Struct(
        c_type="te_add_even_params",
        members={
            "pairs": pair_members(op.lhs, op.rhs, op.output),
            "lhs_zero_point": op.lhs.zero_point,
            "lhs_mantissa": int(mantissa[0]),
            "lhs_left": lhs_left,
            "rhs_zero_point": op.rhs.zero_point,
            "rhs_mantissa": int(mantissa[1]) * (-1 if isinstance(op, Sub) else 1),
            "rhs_left": rhs_left,
            "act_min": op.act_min,
            "changes": op.act_max - op.act_min,
            "change": _changes(op, unit),
        },
    )


def _changes(op: Add | Sub, unit: int) -> Array:
    """Give the least sum for every output above act_min: a float32 as te_float_key has it.

    Sums are in units of 2^-unit.
    """
    outputs = np.arange(op.act_min + 1, op.act_max + 1, dtype=np.int64) - op.output.zero_point
    below, above = (np.full(len(outputs), end, np.int64) for end in (-_LAST_KEY, _LAST_KEY))
    while np.any(is_open := above - below > 1):
        middle = (below + above) // 2
        reaches = rounded_sum(op, _float_of(middle, unit)) >= outputs
        above = np.where(is_open & reaches, middle, above)
        below = np.where(is_open & ~reaches, middle, below)
    return above.astype(np.int32)


def _float_of(key: npt.NDArray[np.int64], unit: int) -> npt.NDArray[np.float32]:
    """Give the float32 of a key of te_float_key."""
    magnitude = np.abs(key)
    shift = np.maximum((magnitude >> (_BITS - 1)) - 1, 0)
    significand = magnitude - (shift << (_BITS - 1))
    return np.asarray(np.sign(key) * np.ldexp(significand, shift - unit), np.float32)


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
