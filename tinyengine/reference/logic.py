"""Semantics of comparisons, choices, casts, plain integers and indices, in numpy.

Source: TensorFlow Lite, `kernels/{comparisons,logical,select,cast,gather,add,sub,mul}.cc` and the
reference kernels that they call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Array,
    Cast,
    Compare,
    DType,
    Gather,
    NumberBinary,
    NumberFunction,
    Relation,
    Select,
    Tensor,
)
from tinyengine.reference.fixed_point import quantize_multiplier, requantize

COMPARED_SHIFT = 8
"""Bits by which a comparison shifts its operands to the left. Source: TFLite, comparisons.cc."""

_RELATIONS = {
    Relation.EQUAL: np.equal,
    Relation.NOT_EQUAL: np.not_equal,
    Relation.LESS: np.less,
    Relation.LESS_EQUAL: np.less_equal,
}

Ints = npt.NDArray[np.int64]


def _quotient(lhs: Array, rhs: Array) -> Ints:
    """Give lhs / rhs without what is behind the point, as C divides; rhs holds no zero."""
    left, right = lhs.astype(np.int64), rhs.astype(np.int64)
    return (left - np.fmod(left, right)) // right


_FUNCTIONS: Mapping[NumberFunction, Callable[[Any, Any], Any]] = {
    NumberFunction.ADD: np.add,
    NumberFunction.SUB: np.subtract,
    NumberFunction.MUL: np.multiply,
    NumberFunction.MINIMUM: np.minimum,
    NumberFunction.MAXIMUM: np.maximum,
    NumberFunction.DIV: _quotient,
    NumberFunction.FLOOR_DIV: np.floor_divide,
    NumberFunction.FLOOR_MOD: np.mod,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedScaling:
    """How a quantized operand becomes what is compared: (q - zero point) << 8, times a factor."""

    zero_point: int
    multiplier: int
    shift: int


def compares_reals(op: Compare) -> bool:
    """Tell whether what operands stand for is compared, and not their elements.

    Of int16, TFLite (LiteRT's comparisons.cc) has EQUAL and NOT_EQUAL compare the former, but LESS
    and LESS_EQUAL the latter, whatever the scales are.
    """
    is_order = op.relation in (Relation.LESS, Relation.LESS_EQUAL)
    return op.lhs.dtype is DType.INT8 or (op.lhs.dtype is DType.INT16 and not is_order)


def compare(op: Compare, lhs: Array, rhs: Array) -> Array:
    """Give whether lhs stands in the relation to rhs, broadcast."""
    if compares_reals(op):
        lhs, rhs = _compared(op.lhs, lhs), _compared(op.rhs, rhs)
    result: Array = np.broadcast_to(_RELATIONS[op.relation](lhs, rhs), op.output.shape)
    return np.ascontiguousarray(result)


def compared_scaling(tensor: Tensor) -> ComparedScaling:
    """Derive how `tensor`, int8 or int16, becomes what is compared: its scale must be below 1.

    Source: TensorFlow Lite, comparisons.cc, `ComparisonQuantized`; the interpreter aborts at 1.
    """
    if tensor.scale >= 1.0:
        raise ModelError(
            f"'{tensor.name}'", f"its scale is {tensor.scale:g}; what is compared has one below 1"
        )
    multiplier, shift = quantize_multiplier(tensor.scale)
    return ComparedScaling(zero_point=tensor.zero_point, multiplier=multiplier, shift=shift)


def _compared(tensor: Tensor, values: Array) -> npt.NDArray[np.int64]:
    scaling = compared_scaling(tensor)
    shifted = (values.astype(np.int64) - scaling.zero_point) << COMPARED_SHIFT
    return requantize(shifted, scaling.multiplier, scaling.shift)


def number_binary(op: NumberBinary, lhs: Array, rhs: Array) -> Array:
    """Give the function of lhs and rhs, broadcast, modulo 2^bits."""
    with np.errstate(over="ignore"):
        result: Array = _FUNCTIONS[op.function](lhs, rhs).astype(op.output.dtype.numpy)
    return np.ascontiguousarray(np.broadcast_to(result, op.output.shape))


def select(op: Select, condition: Array, lhs: Array, rhs: Array) -> Array:
    """Give lhs where the condition holds, rhs elsewhere."""
    result: Array = np.where(condition, lhs, rhs)
    return np.ascontiguousarray(np.broadcast_to(result, op.output.shape))


def cast(op: Cast, x: Array) -> Array:
    """Give the integers of x in the output's type."""
    return x.astype(op.output.dtype.numpy)


def gather(op: Gather, x: Array, indices: Array) -> Array:
    """Give what stands at the indices along the axis.

    Where an index leaves the dimension the interpreter stops with an error; here, as in the
    firmware, the nearest end is taken.
    """
    within = np.clip(indices.astype(np.int64), 0, op.input.shape[op.axis] - 1)
    return np.ascontiguousarray(np.take(x, within, axis=op.axis))
