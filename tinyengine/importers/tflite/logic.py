"""Import comparisons, LOGICAL_*, SELECT, CAST, plain integers, and what is known when compiling."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from tflite.AddOptions import AddOptions
from tflite.DivOptions import DivOptions
from tflite.MulOptions import MulOptions
from tflite.ReducerOptions import ReducerOptions
from tflite.ShapeOptions import ShapeOptions
from tflite.SubOptions import SubOptions
from tflite.TensorType import TensorType

from tinyengine.errors import ModelError
from tinyengine.importers.names import label
from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.shapes import axes_in, broadcast
from tinyengine.importers.tflite.call import (
    MOVED,
    Call,
    Handler,
    require_equal_quantization,
)
from tinyengine.ir import (
    Array,
    Broadcast,
    Cast,
    Compare,
    DType,
    NumberBinary,
    NumberFunction,
    Op,
    Relation,
    Reshape,
    Select,
    Tensor,
)
from tinyengine.reference.logic import compared_scaling, compares_reals

_WIDE = (DType.INT32, DType.INT64)
_COMPARED = (DType.INT8, DType.INT16, *_WIDE)
_BOOL = (DType.BOOL,)
_CAST = (DType.BOOL, DType.INT8, DType.UINT8, DType.INT16, DType.UINT32, *_WIDE)

_COMPARISONS = {
    "EQUAL": (Relation.EQUAL, False),
    "NOT_EQUAL": (Relation.NOT_EQUAL, False),
    "LESS": (Relation.LESS, False),
    "LESS_EQUAL": (Relation.LESS_EQUAL, False),
    "GREATER": (Relation.LESS, True),
    "GREATER_EQUAL": (Relation.LESS_EQUAL, True),
}
"""The relation that is asked for, and whether of the operands the other way round."""

COMPARISONS = tuple(_COMPARISONS)
"""The opcodes that `compare` imports."""

_FUNCTIONS = {
    "ADD": (NumberFunction.ADD, AddOptions),
    "SUB": (NumberFunction.SUB, SubOptions),
    "MUL": (NumberFunction.MUL, MulOptions),
    "MINIMUM": (NumberFunction.MINIMUM, None),
    "MAXIMUM": (NumberFunction.MAXIMUM, None),
    "DIV": (NumberFunction.DIV, DivOptions),
    "LOGICAL_AND": (NumberFunction.MINIMUM, None),
    "LOGICAL_OR": (NumberFunction.MAXIMUM, None),
}
"""What becomes of two integers, and the options that may fuse an activation."""

Ints = npt.NDArray[np.int64]


def _truncated(lhs: Ints, rhs: Ints) -> Ints:
    """Give lhs / rhs without what is behind the point, as C divides."""
    return (lhs - np.fmod(lhs, rhs)) // rhs


_REDUCTIONS: Mapping[str, Callable[[Ints, tuple[int, ...], bool], Ints]] = {
    "SUM": lambda x, axes, keeps: np.sum(x, axis=axes, keepdims=keeps),
    "REDUCE_PROD": lambda x, axes, keeps: np.prod(x, axis=axes, keepdims=keeps),
    "REDUCE_MAX": lambda x, axes, keeps: np.max(x, axis=axes, keepdims=keeps),
    "REDUCE_MIN": lambda x, axes, keeps: np.min(x, axis=axes, keepdims=keeps),
}
"""What becomes of constants along axes."""

_QUOTIENTS: Mapping[str, Callable[[Ints, Ints], Ints]] = {
    "DIV": _truncated,
    "FLOOR_DIV": np.floor_divide,
    "FLOOR_MOD": np.mod,
}
"""What becomes of two constants."""

_MOST_MADE = 1 << 16
"""Elements of a constant that an operator stands for."""


def unless_numbers(quantized: Handler) -> Handler:
    """Give what imports an operator by `quantized`, and as NumberBinary where it has int32, int64.

    The type of the first operand decides.
    """

    def handler(call: Call) -> tuple[Op, ...]:
        """Import the operator by its first operand's type."""
        has_numbers = call.has(0) and call.dtype(0) in ("int32", "int64")
        return number_binary(call) if has_numbers else quantized(call)

    return handler


def unless_known(computed: Handler) -> Handler:
    """Give what imports an operator by `computed`, and as a constant where all it reads is one.

    That is for int32 and int64 only: what exporters compute of shapes.
    """

    def handler(call: Call) -> tuple[Op, ...]:
        """Import the operator by what its operands are."""
        positions = range(len(call.operator.inputs))
        is_known = all(map(call.is_constant, positions)) and call.dtype(0) in ("int32", "int64")
        return _known(call) if is_known else computed(call)

    return handler


def _known(call: Call) -> tuple[Op, ...]:
    """Import an operator of two constants: numbers and their axes, or two numbers."""
    call.expect((2,))
    given = [call.value(position, "operand", _WIDE).values for position in (0, 1)]
    lhs, rhs = (values.astype(np.int64) for values in given)
    if call.opcode in _REDUCTIONS:
        axes = axes_in(rhs.reshape(-1).tolist(), lhs.ndim)
        keeps = bool(call.options(ReducerOptions).KeepDims())
        made = _REDUCTIONS[call.opcode](lhs, axes, keeps)
    else:
        if math.prod(broadcast(lhs.shape, rhs.shape)) > _MOST_MADE or (rhs == 0).any():
            raise RefusedError(
                "it divides by 0, or makes a constant larger than shapes need", LIMIT_HINT
            )
        with np.errstate(over="ignore"):
            made = _QUOTIENTS[call.opcode](lhs, rhs)
    return call.known(np.asarray(made).astype(given[0].dtype))


# -- comparisons and truths -------------------------------------------------------------------


def compare(call: Call) -> tuple[Op, ...]:
    """Import EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER and GREATER_EQUAL."""
    call.expect((2,))
    relation, swaps = _COMPARISONS[call.opcode]
    has_order = relation in (Relation.LESS, Relation.LESS_EQUAL)
    dtypes = _COMPARED if has_order else (*_COMPARED, DType.BOOL)
    lhs = call.value(0, "left operand", dtypes)
    rhs = call.value(1, "right operand", (lhs.dtype,))
    output = call.indices(broadcast(lhs.shape, rhs.shape), DType.BOOL)
    op = Compare(source=call.source, output=output, lhs=lhs, rhs=rhs, relation=relation)
    if compares_reals(op) and None in (lhs.quant, rhs.quant):
        raise RefusedError("its operands are int16 and not both have a scale")
    for operand in (lhs, rhs) if compares_reals(op) else ():
        try:
            compared_scaling(operand)
        except ModelError as error:
            raise RefusedError(
                f"'{label(operand.name)}' {error.problems[0].problem}",
                "the interpreter stops there, too: convert with values scaled down",
            ) from error
    return (replace(op, lhs=rhs, rhs=lhs),) if swaps else (op,)


def logical_binary(call: Call) -> tuple[Op, ...]:
    """Import LOGICAL_AND as the minimum of two bools, LOGICAL_OR as the maximum."""
    return _number_binary(call, _BOOL)


def logical_not(call: Call) -> tuple[Op, ...]:
    """Import LOGICAL_NOT: whether a bool equals false."""
    call.expect((1,))
    source = call.value(dtypes=_BOOL)
    output = call.output_like(source, source.shape)
    false = _constant(f"{output.name}/false", np.zeros((), np.bool_))
    relation = Relation.EQUAL
    op = Compare(source=call.source, output=output, lhs=source, rhs=false, relation=relation)
    return (op,)


def number_binary(call: Call) -> tuple[Op, ...]:
    """Import ADD, SUB, MUL, MINIMUM and MAXIMUM of int32 and int64; DIV of int32."""
    return _number_binary(call, (DType.INT32,) if call.opcode == "DIV" else _WIDE)


def _number_binary(call: Call, dtypes: tuple[DType, ...]) -> tuple[Op, ...]:
    call.expect((2,))
    function, options = _FUNCTIONS[call.opcode]
    lhs = call.value(0, "left operand", dtypes)
    rhs = call.value(1, "right operand", (lhs.dtype,))
    if options is not None and call.options(options).FusedActivationFunction():
        raise RefusedError(f"a fused activation of {lhs.dtype.value} is not supported", LIMIT_HINT)
    if function is NumberFunction.DIV and not (rhs.is_const and np.all(rhs.values)):
        raise RefusedError(
            f"its divisor '{label(rhs.name)}' is not a constant without zeros", LIMIT_HINT
        )
    output = call.output_like(lhs, broadcast(lhs.shape, rhs.shape))
    op = NumberBinary(source=call.source, output=output, lhs=lhs, rhs=rhs, function=function)
    return (op,)


# -- choices, casts and constants -------------------------------------------------------------


def select(call: Call) -> tuple[Op, ...]:
    """Import SELECT: a condition of one dimension chooses along the first one of the operands."""
    call.expect((3,))
    condition, lhs, rhs = _select_operands(call)
    if lhs.shape != rhs.shape:
        raise RefusedError(
            f"{describe(lhs.shape)} and {describe(rhs.shape)} are not one shape", DAMAGED_HINT
        )
    output = call.output_like(lhs, lhs.shape)
    require_equal_quantization(output, lhs, rhs)
    ops: list[Op] = []
    if condition.shape != lhs.shape and condition.elements > 1:
        if condition.shape != lhs.shape[:1]:
            raise RefusedError(
                f"condition {describe(condition.shape)} does not fit {describe(lhs.shape)}",
                DAMAGED_HINT,
            )
        shape = (*condition.shape, *(1,) * (len(lhs.shape) - 1))
        seen = Tensor(name=f"{output.name}/condition", shape=shape, dtype=DType.BOOL)
        ops.append(Reshape(source=call.source, output=seen, input=condition))
        condition = seen
    chosen = Select(source=call.source, output=output, condition=condition, lhs=lhs, rhs=rhs)
    return (*ops, chosen)


def select_v2(call: Call) -> tuple[Op, ...]:
    """Import SELECT_V2, whose operands broadcast."""
    call.expect((3,))
    condition, lhs, rhs = _select_operands(call)
    shape = broadcast(condition.shape, broadcast(lhs.shape, rhs.shape))
    output = call.output_like(lhs, shape)
    require_equal_quantization(output, lhs, rhs)
    op = Select(source=call.source, output=output, condition=condition, lhs=lhs, rhs=rhs)
    return (op,)


def _select_operands(call: Call) -> tuple[Tensor, Tensor, Tensor]:
    condition = call.value(0, "condition", _BOOL)
    lhs = call.value(1, "left operand", MOVED)
    return condition, lhs, call.value(2, "right operand", (lhs.dtype,))


def cast(call: Call) -> tuple[Op, ...]:
    """Import CAST between integers, and to and from bool; the bytes of int8 are its integers."""
    call.expect((1,))
    types = _as_they_are(call.dtype(0))
    source = call.unscaled(0, types) or call.value(dtypes=types)
    types = _as_they_are(call.declared_dtype())
    output = call.unscaled_output(source.shape, types) or call.output_value(source.shape, types)
    return (Cast(source=call.source, output=output, input=source),)


def _as_they_are(dtype: str) -> tuple[DType, ...]:
    """Give the types that a tensor of `dtype` may have: bytes of uint8 are not taken as int8."""
    return (DType.UINT8,) if dtype == DType.UINT8.value else _CAST


def fill(call: Call) -> tuple[Op, ...]:
    """Import FILL: one value of constant dimensions."""
    call.expect((2,))
    shape = call.integers(0, "dimensions", wide=True)
    value = call.value(1, "value", MOVED)
    if value.elements != 1 or value.shape or min(shape, default=1) < 1:
        raise RefusedError(f"{describe(value.shape)} does not fill {describe(shape)}", DAMAGED_HINT)
    output = call.output_like(value, shape)
    require_equal_quantization(output, value)
    return (Broadcast(source=call.source, output=output, input=value),)


def zeros_like(call: Call) -> tuple[Op, ...]:
    """Import ZEROS_LIKE of int32 and int64: a zero that is broadcast."""
    call.expect((1,))
    source = call.value(dtypes=_WIDE)
    output = call.output_like(source, source.shape)
    zero = _constant(f"{output.name}/zero", np.zeros((), source.dtype.numpy))
    return (Broadcast(source=call.source, output=output, input=zero),)


def _constant(name: str, values: Array) -> Tensor:
    values.flags.writeable = False
    return Tensor(name=name, shape=values.shape, dtype=DType(values.dtype.name), data=values)


# -- what is known when compiling -------------------------------------------------------------


def shape(call: Call) -> tuple[Op, ...]:
    """Import SHAPE: the constant that its input's shape is."""
    call.expect((1,))
    types = {TensorType.INT32: np.int32, TensorType.INT64: np.int64}
    wanted = call.options(ShapeOptions).OutType()
    if wanted not in types:
        raise RefusedError("its output is neither int32 nor int64")
    return call.known(np.array(call.shape(0), types[wanted]))


def rank(call: Call) -> tuple[Op, ...]:
    """Import RANK: the constant that its input's number of dimensions is."""
    call.expect((1,))
    return call.known(np.array(len(call.shape(0)), np.int32))


def range_(call: Call) -> tuple[Op, ...]:
    """Import RANGE from constants."""
    call.expect((3,))
    start, limit, delta = (
        call.integer(index, role, wide=True)
        for index, role in enumerate(("start", "limit", "delta"))
    )
    if delta == 0 or not 0 < len(range(start, limit, delta)) <= _MOST_MADE:
        raise RefusedError(
            f"from {start} to {limit} by {delta} is no range of 1 to {_MOST_MADE}", LIMIT_HINT
        )
    return call.known(np.arange(start, limit, delta).astype(call.dtype(0)))


def broadcast_args(call: Call) -> tuple[Op, ...]:
    """Import BROADCAST_ARGS of constants."""
    call.expect((2,))
    lhs, rhs = (call.integers(index, "shape", wide=True) for index in (0, 1))
    return call.known(np.array(broadcast(lhs, rhs)).astype(call.dtype(0)))
