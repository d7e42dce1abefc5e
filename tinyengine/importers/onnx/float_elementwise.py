"""Import elementwise operators of float networks, softmax, normalization and joins."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.importers.onnx.affine import normalization
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.float_builder import (
    PLAIN,
    FloatBuilder,
    builder_of,
    clamped,
    weights_of,
    with_constant,
)
from tinyengine.importers.onnx.values import Placed, Value
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.shapes import axis_in
from tinyengine.ir import (
    NO_CLAMP,
    Add,
    Concatenation,
    Maximum,
    Minimum,
    Mul,
    Op,
    PRelu,
    Softmax,
    Sub,
    Unary,
)

UNARY = {
    "Sigmoid": "LOGISTIC", "Tanh": "TANH", "HardSwish": "HARD_SWISH", "Abs": "ABS", "Sqrt": "SQRT",
    "Exp": "EXP", "Log": "LOG", "Neg": "NEG", "LeakyRelu": "LEAKY_RELU", "Elu": "ELU",
    "Gelu": "GELU",
}  # fmt: skip
"""The functions of one value, and what they are called in float graphs."""


def unary(call: Call) -> Value:
    """Import a function of one value."""
    b, x = builder_of(call), call.placed(0)
    output = b.tensor(x.tensor.shape, PLAIN)
    slope = {"LeakyRelu": 0.01, "Elu": 1.0}.get(call.node.op, 0.0)
    b.emit(
        Unary(
            source=b.source,
            input=x.tensor,
            output=output,
            function=UNARY[call.node.op],
            alpha=call.number("alpha", slope) if slope else 0.0,
            approximate=call.text("approximate", "none") == "tanh",
        )
    )
    return replace(x, tensor=output)


def relu(call: Call) -> Value:
    """Import Relu."""
    return clamped(call, call.placed(0), 0.0, math.inf)


def clip(call: Call) -> Value:
    """Import Clip with constant bounds."""
    bounds = []
    for position, default in ((1, -math.inf), (2, math.inf)):
        given = call.array(position, "bound") if call.has(position) else np.array(default)
        if given.size != 1:
            raise RefusedError(f"its bound {describe(given.shape)} is not one number")
        bounds.append(float(given.reshape(-1)[0]))
    if not bounds[0] <= bounds[1]:
        raise RefusedError(f"its bounds {bounds[0]:g} and {bounds[1]:g} are none")
    return clamped(call, call.placed(0), *bounds)


def hard_sigmoid(call: Call) -> Value:
    """Import HardSigmoid as a product, a sum and a clamp."""
    alpha, beta = call.number("alpha", 0.2), call.number("beta", 0.5)
    scaled = with_constant(call, call.placed(0), Mul, np.float32(alpha))
    return clamped(call, with_constant(call, scaled, Add, np.float32(beta)), 0.0, 1.0)


_ARITHMETIC: Mapping[str, type[Add] | type[Sub] | type[Mul]] = {"Add": Add, "Sub": Sub, "Mul": Mul}


def binary(call: Call) -> Value:
    """Import Add, Sub, Mul, Div by a constant, Min and Max, whose operands may be broadcast."""
    b = builder_of(call)
    kind, lhs, rhs = call.node.op, call.placed(0), call.placed(1)
    if len(call.node.inputs) != 2:
        raise RefusedError(f"it has {len(call.node.inputs)} operands", "export it with two")
    if kind == "Div":
        if not rhs.tensor.is_const or not np.all(rhs.tensor.values):
            raise RefusedError(
                "its divisor is no constant other than 0", "multiply by the inverse instead"
            )
        rhs = b.held(b.fixed(1 / np.asarray(rhs.tensor.values, np.float32), "/reciprocal"))
        kind = "Mul"
    lhs, rhs, order = _aligned(b, lhs, rhs)
    shape = np.broadcast_shapes(lhs.tensor.shape, rhs.tensor.shape)
    output = b.tensor(shape, PLAIN)
    if kind in _ARITHMETIC:
        op: Op = _ARITHMETIC[kind](
            source=b.source,
            lhs=lhs.tensor,
            rhs=rhs.tensor,
            output=output,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    else:
        extreme = Minimum if kind == "Min" else Maximum
        op = extreme(source=b.source, lhs=lhs.tensor, rhs=rhs.tensor, output=output)
    b.emit(op)
    return Placed(tensor=output, order=order, scheme=PLAIN, is_real=True)


def _aligned(b: FloatBuilder, lhs: Placed, rhs: Placed) -> tuple[Placed, Placed, tuple[int, ...]]:
    """Give both operands with as many axes, in one order: that of the larger activation."""
    leading = max(
        (each for each in (lhs, rhs) if not each.tensor.is_const),
        key=lambda each: (len(each.shape), each.tensor.elements),
        default=lhs,
    )
    rank = max(len(lhs.shape), len(rhs.shape))
    order = leading.order if len(leading.shape) == rank else tuple(range(rank))
    made = []
    for each in (lhs, rhs):
        shape = (1,) * (rank - len(each.shape)) + each.shape
        if each.tensor.is_const:
            values = np.asarray(each.tensor.values, np.float32).reshape(shape).transpose(order)
            made.append(replace(b.held(b.fixed(values, "/operand")), order=order))
        else:
            wide = each if len(each.shape) == rank else b.reshaped(each, shape)
            made.append(b.in_order(wide, order))
    try:
        np.broadcast_shapes(made[0].tensor.shape, made[1].tensor.shape)
    except ValueError:
        raise RefusedError(
            f"{describe(lhs.shape)} and {describe(rhs.shape)} do not broadcast"
        ) from None
    return made[0], made[1], order


def prelu(call: Call) -> Value:
    """Import PRelu with constant slopes."""
    b, x = builder_of(call), call.placed(0)
    slope = weights_of(call, 1, "slope")
    rank = len(x.shape)
    shape = (1,) * (rank - slope.ndim) + slope.shape
    if len(shape) != rank or any(n not in (1, m) for n, m in zip(shape, x.shape, strict=True)):
        raise RefusedError(f"its slopes {describe(slope.shape)} do not fit {describe(x.shape)}")
    output = b.tensor(x.tensor.shape, PLAIN)
    alpha = b.fixed(slope.reshape(shape).transpose(x.order), "/slope")
    b.emit(PRelu(source=b.source, input=x.tensor, output=output, alpha=alpha))
    return replace(x, tensor=output)


def softmax(call: Call) -> Value:
    """Import Softmax over one axis, which must lie last in memory or becomes the last."""
    b, x = builder_of(call), call.placed(0)
    rank = len(x.shape)
    axis = axis_in(call.integer("axis", -1 if call.opset >= 13 else 1), rank)
    if call.opset < 13 and math.prod(x.shape[axis + 1 :]) != 1 and axis != rank - 1:
        raise RefusedError("its softmax goes over several axes", "export with opset 13 or newer")
    if x.order[-1] != axis:
        x = b.in_order(x, (*(each for each in x.order if each != axis), axis))
    output = b.tensor(x.tensor.shape, PLAIN)
    b.emit(Softmax(source=b.source, input=x.tensor, output=output, beta=1.0))
    return replace(x, tensor=output)


def batch_normalization(call: Call) -> Value:
    """Import BatchNormalization as a product and a sum, which fold into what is before them."""
    x = call.placed(0)
    factor, shift = normalization(call, x.shape)
    shape = [1] * len(x.shape)
    shape[1] = -1
    placed = [each.reshape(shape).transpose(x.order) for each in (factor, shift)]
    return with_constant(call, with_constant(call, x, Mul, placed[0]), Add, placed[1])


def concat(call: Call) -> Value:
    """Import Concat; constants may be among the operands."""
    b = builder_of(call)
    parts = [call.placed(position) for position in range(len(call.node.inputs))]
    if not parts:
        raise RefusedError("it has no operand")
    rank = len(parts[0].shape)
    axis = axis_in(call.integer("axis", 0), rank)
    rest = {part.shape[:axis] + part.shape[axis + 1 :] for part in parts}
    if len(rest) > 1 or any(len(part.shape) != rank for part in parts):
        shapes = ", ".join(describe(part.shape) for part in parts)
        raise RefusedError(f"{shapes} do not continue each other along axis {axis}")
    leading = next((part for part in parts if not part.tensor.is_const), parts[0])
    placed = [
        replace(
            b.held(b.fixed(np.transpose(part.tensor.values, leading.order), "/operand")),
            order=leading.order,
        )
        if part.tensor.is_const
        else b.in_order(part, leading.order)
        for part in parts
    ]
    place = leading.order.index(axis)
    shape = list(placed[0].tensor.shape)
    shape[place] = sum(part.tensor.shape[place] for part in placed)
    output = b.tensor(tuple(shape), PLAIN)
    operands = tuple(part.tensor for part in placed)
    b.emit(Concatenation(source=b.source, operands=operands, axis=place, output=output))
    return replace(leading, tensor=output)
