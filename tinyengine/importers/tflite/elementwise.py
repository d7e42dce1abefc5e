"""Import the operators of two operands, PRELU, QUANTIZE and the unary functions."""

import math

from tflite.AddOptions import AddOptions
from tflite.BatchMatMulOptions import BatchMatMulOptions
from tflite.GeluOptions import GeluOptions
from tflite.LeakyReluOptions import LeakyReluOptions
from tflite.MulOptions import MulOptions
from tflite.SubOptions import SubOptions

from tinyengine.errors import ModelError
from tinyengine.importers.names import label
from tinyengine.importers.refusals import (
    DAMAGED_HINT,
    LIMIT_HINT,
    RefusedError,
    describe,
    told_of_scales,
)
from tinyengine.importers.shapes import broadcast
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.importers.tflite.ranges import (
    activation_range,
    require_below_one,
    require_headroom,
    require_wide_headroom,
)
from tinyengine.importers.tflite.reader import Accessor
from tinyengine.ir import (
    Add,
    BatchMatMul,
    DType,
    LeakyRelu,
    Lookup,
    Maximum,
    Minimum,
    Mul,
    Op,
    PRelu,
    Quantize,
    Sigmoid,
    SquaredDifference,
    Sub,
    Tensor,
)
from tinyengine.reference.arithmetic import LARGEST_DIFFERENCES, LEFT_SHIFTS, SQUARE_SHIFT
from tinyengine.reference.curves import sigmoid_scaling
from tinyengine.reference.lookup import build_table

UNARY_FUNCTIONS = (
    "LOGISTIC", "TANH", "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "ELU", "HARD_SWISH",
    "ABS", "SQRT", "RSQRT", "EXP", "LOG", "SQUARE", "NEG",
)  # fmt: skip
"""The opcodes that `unary` imports: functions of one value without attributes."""


def add(call: Call) -> tuple[Op, ...]:
    """Import ADD."""
    return (_sum(call, Add, AddOptions),)


def sub(call: Call) -> tuple[Op, ...]:
    """Import SUB."""
    return (_sum(call, Sub, SubOptions),)


def mul(call: Call) -> tuple[Op, ...]:
    """Import MUL."""
    lhs, rhs, output = _operands(call)
    greatest = LARGEST_DIFFERENCES[lhs.dtype]
    require_headroom(lhs.scale * rhs.scale / output.scale, greatest**2, "the product")
    options = call.options(MulOptions)
    act_min, act_max = activation_range(options.FusedActivationFunction(), output)
    op = Mul(source=call.source, output=output, lhs=lhs, rhs=rhs, act_min=act_min, act_max=act_max)
    return (op,)


def squared_difference(call: Call) -> tuple[Op, ...]:
    """Import SQUARED_DIFFERENCE."""
    lhs, rhs, output = _operands(call)
    twice_greatest = 2 * max(lhs.scale, rhs.scale)
    for operand in (lhs, rhs):
        require_below_one(
            operand.scale / twice_greatest, f"the multiplier of '{label(operand.name)}'"
        )
    shift = 2 * SQUARE_SHIFT
    ratio = twice_greatest**2 / ((1 << shift) * output.scale)
    require_headroom(ratio, 255 * 255 << shift, "the square")
    return (SquaredDifference(source=call.source, output=output, lhs=lhs, rhs=rhs),)


def batch_matmul(call: Call) -> tuple[Op, ...]:
    """Import BATCH_MATMUL of any operands, either of which may be adjoint or constant."""
    call.expect((2,))
    options = call.options(BatchMatMulOptions)
    lhs, rhs = call.input(0, "left operand"), call.input(1, "right operand")
    if min(len(lhs.shape), len(rhs.shape)) < 2 or max(len(lhs.shape), len(rhs.shape)) > 4:
        raise RefusedError(
            f"operands {describe(lhs.shape)} and {describe(rhs.shape)} must have rank 2, 3 or 4",
            LIMIT_HINT,
        )
    left = _matrix(lhs, options.AdjX())
    right = _matrix(rhs, options.AdjY())
    if left[1] != right[0]:
        raise RefusedError(
            f"{describe(left)} by {describe(right)} is no product of matrices", DAMAGED_HINT
        )
    output = call.output((*broadcast(lhs.shape[:-2], rhs.shape[:-2]), left[0], right[1]))
    ratio, products = lhs.scale * rhs.scale / output.scale, LARGEST_DIFFERENCES[lhs.dtype] ** 2
    if lhs.dtype is DType.INT16:
        require_wide_headroom(ratio, products * left[1])
    else:
        require_headroom(max(ratio, 1.0), products * left[1], "the sum of products")
    op = BatchMatMul(
        source=call.source,
        output=output,
        lhs=lhs,
        rhs=rhs,
        adjoins_lhs=bool(options.AdjX()),
        adjoins_rhs=bool(options.AdjY()),
    )
    return (op,)


def _matrix(tensor: Tensor, adjoint: bool) -> tuple[int, int]:
    """Give the rows and columns that the last two dimensions stand for."""
    rows, columns = tensor.shape[-2:]
    return (columns, rows) if adjoint else (rows, columns)


def minimum(call: Call) -> tuple[Op, ...]:
    """Import MINIMUM."""
    return (_extremum(call, Minimum),)


def maximum(call: Call) -> tuple[Op, ...]:
    """Import MAXIMUM."""
    return (_extremum(call, Maximum),)


def prelu(call: Call) -> tuple[Op, ...]:
    """Import PRELU: its slopes are a constant int8 tensor."""
    call.expect((2,))
    source, alpha = call.input(), call.input(1, "alpha", (DType.INT8,))
    if not alpha.is_const:
        raise RefusedError(f"alpha '{label(alpha.name)}' is not a constant", LIMIT_HINT)
    if broadcast(source.shape, alpha.shape) != source.shape:
        raise RefusedError(
            f"alpha {describe(alpha.shape)} does not fit an input of {describe(source.shape)}",
            DAMAGED_HINT,
        )
    output = call.output(source.shape)
    greatest = LARGEST_DIFFERENCES[source.dtype]
    require_headroom(source.scale / output.scale, greatest, "the input")
    ratio = source.scale * alpha.scale / output.scale
    require_headroom(ratio, greatest * 255, "the product")
    return (PRelu(source=call.source, output=output, input=source, alpha=alpha),)


def quantize(call: Call) -> tuple[Op, ...]:
    """Import QUANTIZE between integer types of 8 and 16 bits."""
    call.expect((1,))
    dtypes = (DType.INT8, DType.UINT8, DType.INT16)
    source = call.input(dtypes=dtypes)
    output = call.output(source.shape, dtypes)
    if {source.dtype, output.dtype} == {DType.UINT8, DType.INT16}:
        raise RefusedError("uint8 is not requantized to int16, nor int16 to uint8", LIMIT_HINT)
    greatest = LARGEST_DIFFERENCES[source.dtype]
    require_headroom(source.scale / output.scale, greatest, "the input")
    return (Quantize(source=call.source, output=output, input=source),)


def unary(call: Call) -> tuple[Op, ...]:
    """Import a function of one value without attributes."""
    return _curve(call) if call.is_wide else _lookup(call)


def leaky_relu(call: Call) -> tuple[Op, ...]:
    """Import LEAKY_RELU."""
    alpha = float(call.options(LeakyReluOptions).Alpha())
    if not math.isfinite(alpha):
        raise RefusedError(f"its slope alpha is {alpha}", DAMAGED_HINT)
    if not call.is_wide:
        return _lookup(call, alpha=alpha)
    least, greatest = DType.INT16.limits
    return (_leaky_relu(call, alpha, least, greatest),)


def _curve(call: Call) -> tuple[Op, ...]:
    """Import RELU, RELU6, LOGISTIC or TANH of int16."""
    call.expect((1,))
    if call.opcode in ("LOGISTIC", "TANH"):
        return (_sigmoid(call),)
    output = call.output(call.input().shape)
    act_min, act_max = activation_range({"RELU": 1, "RELU6": 3}[call.opcode], output)
    return (_leaky_relu(call, 0.0, act_min, act_max),)


def _leaky_relu(call: Call, alpha: float, act_min: int, act_max: int) -> Op:
    call.expect((1,))
    source = call.input()
    output = call.output(source.shape)
    if alpha < 0:
        raise RefusedError(
            f"its slope alpha is {alpha:g}: of int16 it must not be negative", LIMIT_HINT
        )
    factor = source.scale / output.scale
    require_headroom(factor * max(alpha, 1.0), LARGEST_DIFFERENCES[source.dtype], "the input")
    return LeakyRelu(
        source=call.source,
        output=output,
        input=source,
        alpha=alpha,
        act_min=act_min,
        act_max=act_max,
    )


def _sigmoid(call: Call) -> Op:
    call.expect((1,))
    source = call.input()
    output = call.output(source.shape)
    if output.scale != 1 / 32768:
        raise RefusedError(
            f"output '{label(output.name)}' has scale {output.scale:.9g}; of int16 it must be 2^-15"
        )
    op = Sigmoid(source=call.source, output=output, input=source, is_tanh=call.opcode == "TANH")
    try:
        sigmoid_scaling(op)
    except ModelError as error:
        raise told_of_scales(error) from error
    return op


def gelu(call: Call) -> tuple[Op, ...]:
    """Import GELU."""
    return _lookup(call, approximate=bool(call.options(GeluOptions).Approximate()))


def _lookup(call: Call, *, alpha: float = 0.0, approximate: bool = False) -> tuple[Op, ...]:
    call.expect((1,))
    source = call.input()
    output = call.output(source.shape)
    try:
        table = build_table(call.opcode, source, output, alpha=alpha, approximate=approximate)
    except ModelError as error:
        raise told_of_scales(error) from error
    op = Lookup(source=call.source, output=output, input=source, table=table, function=call.opcode)
    return (op,)


def _operands(call: Call) -> tuple[Tensor, Tensor, Tensor]:
    """Give lhs, rhs and output of an operator that broadcasts."""
    call.expect((2,))
    lhs, rhs = call.input(0, "left operand"), call.input(1, "right operand")
    return lhs, rhs, call.output(broadcast(lhs.shape, rhs.shape))


def _sum(call: Call, kind: type[Add] | type[Sub], options: Accessor) -> Op:
    lhs, rhs, output = _operands(call)
    if output.dtype is DType.INT16 and call.options(options).PotScaleInt16():
        _refuse_powers_of_two(lhs, rhs, output)
    twice_greatest = 2 * max(lhs.scale, rhs.scale)
    require_below_one(
        twice_greatest / ((1 << LEFT_SHIFTS[output.dtype]) * output.scale),
        "the multiplier of the sum",
    )
    for operand in (lhs, rhs):
        require_below_one(
            operand.scale / twice_greatest, f"the multiplier of '{label(operand.name)}'"
        )
    activation = call.options(options).FusedActivationFunction()
    act_min, act_max = activation_range(activation, output)
    return kind(
        source=call.source, output=output, lhs=lhs, rhs=rhs, act_min=act_min, act_max=act_max
    )


def _refuse_powers_of_two(*tensors: Tensor) -> None:
    """Refuse scales that are all powers of two, which the interpreter then adds otherwise.

    Source: TensorFlow Lite, quantization_util.cc, `CheckedLog2`.
    """
    logs = [math.log2(tensor.scale) for tensor in tensors]
    if all(abs(log - round(log)) < 1e-3 for log in logs):
        raise RefusedError(
            "sums of int16 by shifts (pot_scale_int16) are not supported", LIMIT_HINT
        )


def _extremum(call: Call, kind: type[Minimum] | type[Maximum]) -> Op:
    lhs, rhs, output = _operands(call)
    require_equal_quantization(output, lhs, rhs)
    return kind(source=call.source, output=output, lhs=lhs, rhs=rhs)
