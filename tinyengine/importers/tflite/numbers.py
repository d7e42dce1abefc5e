"""Import the arithmetic that few networks have: SUM, ADD_N, DIV, CUMSUM, LOG_SOFTMAX and others."""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from tflite.ActivationFunctionType import ActivationFunctionType
from tflite.CumsumOptions import CumsumOptions
from tflite.DivOptions import DivOptions
from tflite.L2NormOptions import L2NormOptions
from tflite.ReducerOptions import ReducerOptions

from tinyengine.errors import ModelError
from tinyengine.importers.names import label
from tinyengine.importers.refusals import (
    DAMAGED_HINT,
    LIMIT_HINT,
    RefusedError,
    describe,
    told_of_scales,
)
from tinyengine.importers.shapes import axes_in, axis_in, broadcast, replaced, without
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.importers.tflite.ranges import activation_range
from tinyengine.ir import (
    AddN,
    CumSum,
    Div,
    DType,
    L2Normalization,
    LogSoftmax,
    Lookup,
    NumberBinary,
    NumberFunction,
    Op,
    ReduceProd,
    Sum,
    Tensor,
)
from tinyengine.reference import numbers

Operator = TypeVar("Operator", bound=Op)
Reduction = TypeVar("Reduction", Sum, ReduceProd)

_SIXTEENTHS = (1 / 16, 127)
_128THS = (1 / 128, 0)
"""Scale and zero point of the outputs that have just one."""


def sum_(call: Call) -> tuple[Op, ...]:
    """Import SUM over constant axes."""
    op = _reduction(call, Sum)
    _derive(numbers.sum_scaling, op)
    return (op,)


def reduce_prod(call: Call) -> tuple[Op, ...]:
    """Import REDUCE_PROD over constant axes."""
    op = _reduction(call, ReduceProd)
    _derive(numbers.prod_scaling, op)
    return (op,)


def _reduction(call: Call, kind: type[Reduction]) -> Reduction:
    call.expect((2,))
    source = call.input()
    axes = axes_in(call.integers(1, "axes"), len(source.shape))
    kept = source.shape
    for axis in axes:
        kept = replaced(kept, axis, 1)
    keeps = call.options(ReducerOptions).KeepDims()
    output = call.output(kept if keeps else without(source.shape, axes))
    return kind(source=call.source, output=output, input=source, axes=axes)


def add_n(call: Call) -> tuple[Op, ...]:
    """Import ADD_N of tensors that are quantized alike."""
    call.expect(range(2, 1 << 16))
    count = len(call.operator.inputs)
    operands = tuple(call.input(position, f"operand {position}") for position in range(count))
    first = operands[0]
    output = call.output(first.shape)
    for operand in operands[1:]:
        if operand.shape != first.shape:
            shapes = f"{describe(first.shape)} and {describe(operand.shape)}"
            raise RefusedError(f"operands {shapes} have different shapes", DAMAGED_HINT)
        require_equal_quantization(first, operand)
    op = AddN(source=call.source, output=output, operands=operands)
    _derive(lambda op: numbers.fine_scaling(op, first, count + 1), op)
    return (op,)


def div(call: Call) -> tuple[Op, ...]:
    """Import DIV of int8."""
    call.expect((2,))
    lhs, rhs = call.input(0, "dividend"), call.input(1, "divisor")
    if rhs.is_const and np.any(rhs.values == rhs.zero_point):
        raise RefusedError(f"its divisor '{label(rhs.name)}' holds a zero", LIMIT_HINT)
    output = call.output(broadcast(lhs.shape, rhs.shape))
    activation = call.options(DivOptions).FusedActivationFunction()
    act_min, act_max = activation_range(activation, output)
    op = Div(source=call.source, output=output, lhs=lhs, rhs=rhs, act_min=act_min, act_max=act_max)
    _derive(numbers.div_scaling, op)
    return (op,)


def floor_div(call: Call) -> tuple[Op, ...]:
    """Import FLOOR_DIV of int8 by a constant number, as a table, or of int32 by constants."""
    if call.has(0) and call.dtype(0) == DType.INT32.value:
        return _floored(call, NumberFunction.FLOOR_DIV)
    return _by_number(call, np.floor_divide)


def floor_mod(call: Call) -> tuple[Op, ...]:
    """Import FLOOR_MOD of int8 by a constant number, as a table, or of int32 by constants."""
    if call.has(0) and call.dtype(0) == DType.INT32.value:
        return _floored(call, NumberFunction.FLOOR_MOD)
    return _by_number(call, np.mod)


def _floored(call: Call, function: NumberFunction) -> tuple[Op, ...]:
    call.expect((2,))
    lhs = call.value(0, "dividend", (DType.INT32,))
    rhs = call.value(1, "divisor", (lhs.dtype,))
    if not rhs.is_const or np.any(rhs.values == 0):
        raise RefusedError(
            f"its divisor '{label(rhs.name)}' is not a constant without zeros", LIMIT_HINT
        )
    output = call.output_like(lhs, broadcast(lhs.shape, rhs.shape))
    op = NumberBinary(source=call.source, output=output, lhs=lhs, rhs=rhs, function=function)
    return (op,)


def _by_number(call: Call, function: np.ufunc) -> tuple[Op, ...]:
    """Give the table of a function of bytes as they are, whatever their scales.

    Source: TensorFlow Lite, kernels/floor_div.cc and floor_mod.cc: they know no quantization.
    """
    call.expect((2,))
    lhs, rhs = call.input(0, "dividend"), call.input(1, "divisor")
    values = np.unique(rhs.values) if rhs.is_const else np.zeros(0)
    if len(values) != 1 or 0 in values:
        raise RefusedError(
            f"its divisor '{label(rhs.name)}' is not one constant other than 0", LIMIT_HINT
        )
    output = call.output(broadcast(lhs.shape, rhs.shape))
    if output.shape != lhs.shape:
        raise RefusedError(f"its dividend {describe(lhs.shape)} is broadcast", LIMIT_HINT)
    wide = function(np.arange(-128, 128), int(values[0]))
    table = wide.astype(np.int8)  # -128 by -1 wraps, as it does in the interpreter
    op = Lookup(source=call.source, output=output, input=lhs, table=table, function=call.opcode)
    return (op,)


def cumsum(call: Call) -> tuple[Op, ...]:
    """Import CUMSUM along a constant axis."""
    call.expect((2,))
    options = call.options(CumsumOptions)
    source = call.input()
    op = CumSum(
        source=call.source,
        output=call.output(source.shape),
        input=source,
        axis=axis_in(call.integer(1, "axis"), len(source.shape)),
        exclusive=bool(options.Exclusive()),
        reverse=bool(options.Reverse()),
    )
    _derive(lambda op: numbers.fine_scaling(op, source, source.shape[op.axis] + 1), op)
    return (op,)


def l2_normalization(call: Call) -> tuple[Op, ...]:
    """Import L2_NORMALIZATION over the last dimension."""
    source, output = _vectors(call, _128THS)
    if call.options(L2NormOptions).FusedActivationFunction() != ActivationFunctionType.NONE:
        raise RefusedError("it has a fused activation, which the interpreter ignores", LIMIT_HINT)
    op = L2Normalization(source=call.source, output=output, input=source)
    _derive(numbers.require_short_vectors, op)
    return (op,)


def log_softmax(call: Call) -> tuple[Op, ...]:
    """Import LOG_SOFTMAX over the last dimension."""
    source, output = _vectors(call, _SIXTEENTHS)
    op = LogSoftmax(source=call.source, output=output, input=source)
    _derive(numbers.log_softmax_scaling, op)
    return (op,)


def _vectors(call: Call, quantization: tuple[float, int]) -> tuple[Tensor, Tensor]:
    """Give input and output of an operator on vectors, whose output has one `quantization`."""
    call.expect((1,))
    source = call.input()
    if not source.shape:
        raise RefusedError("its input has no dimensions", LIMIT_HINT)
    output = call.output(source.shape)
    if (output.scale, output.zero_point) != quantization:
        scale, zero_point = quantization
        raise RefusedError(
            f"output '{label(output.name)}' has scale {output.scale:.9g} and zero point "
            f"{output.zero_point}; it must have 1/{1 / scale:.0f} and {zero_point}"
        )
    return source, output


def _derive(derive: Callable[[Operator], object], op: Operator) -> None:
    """Refuse what `derive` has no parameters for."""
    try:
        derive(op)
    except ModelError as error:
        raise told_of_scales(error) from error
