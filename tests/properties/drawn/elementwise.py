"""Random models of operators element by element, of two operands or more, and of one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.properties.drawn.draw import PLAIN, Draw, Sample, Sampler, Shape, integers, like, unit
from tinyengine.ir import DType

FROM_MINUS_1 = (1 / 128, 0)
FROM_0 = (1 / 256, -128)
"""Scale and zero point of int8 results that the operator itself prescribes."""


def meeting(draw: Draw, count: int) -> tuple[list[Shape], Shape]:
    """Give shapes that broadcast to another: they lack dimensions, or have one element there."""
    shape = draw.shape(1, 4, 4)
    given: list[Shape] = [shape]
    for _ in range(count - 1):
        if draw.chance():
            given.append(shape)
            continue
        narrow = tuple(draw.pick([1, size]) for size in shape)
        given.append(narrow[draw.integer(0, len(shape)) :])
    return [given[i] for i in draw.order(count)], shape


def arithmetic(draw: Draw) -> Sample:
    """Give a sum, a difference, a product, or the square of a difference."""
    (one, other), shape = meeting(draw, 2)
    lhs, rhs = draw.tensor(one), draw.tensor(other)
    if draw.dtype not in PLAIN:
        sides = unit(lhs), unit(rhs)
        step = sides[0] * sides[1] * 100 if draw.opcode == "MUL" else max(sides)
        if draw.opcode == "SQUARED_DIFFERENCE":
            step = max(sides) ** 2 * 100
        result = draw.tensor(shape, scale=float(np.float32(step * 2.0 ** draw.real(-2, 3))))
    else:
        result = draw.tensor(shape)
    operands = [draw.perhaps_constant(lhs), rhs]
    if draw.opcode == "SQUARED_DIFFERENCE":
        return draw.sample(operands, result)
    options: dict[str, Any] = {}
    if draw.dtype not in PLAIN:
        options["fused_activation_function"] = draw.pick(["NONE", "RELU", "RELU6"])
    if draw.dtype == "int16" and draw.opcode != "MUL":
        options["pot_scale_int16"] = False
    return draw.sample(operands, result, **options)


def extremum(draw: Draw) -> Sample:
    """Give the smaller or the greater of two."""
    (one, other), shape = meeting(draw, 2)
    lhs = draw.tensor(one)
    return draw.sample([lhs, draw.perhaps_constant(like(lhs, other))], like(lhs, shape))


def comparison(draw: Draw) -> Sample:
    """Give a comparison of two that are quantized alike or not."""
    (one, other), shape = meeting(draw, 2)
    lhs = draw.tensor(one, scale=draw.scale(-12, -0.01))
    rhs = like(lhs, other) if draw.chance() else draw.tensor(other, scale=draw.scale(-12, -0.01))
    return draw.sample([lhs, draw.perhaps_constant(rhs)], Spec(shape=shape, dtype="bool"))


def logical(draw: Draw) -> Sample:
    """Give what is true of two truths, or of one."""
    (one, other), shape = meeting(draw, 2)
    if draw.opcode == "LOGICAL_NOT":
        return draw.sample([draw.tensor(shape)], draw.tensor(shape))
    return draw.sample([draw.tensor(one), draw.tensor(other)], draw.tensor(shape))


def quotient(draw: Draw) -> Sample:
    """Give a quotient of quantized tensors or of integers; the divisor is never zero."""
    (one, other), shape = meeting(draw, 2)
    if draw.dtype in PLAIN:
        return _quotient_of_integers(draw, (one, other, shape))
    low, high = DType(draw.dtype).limits
    lhs, rhs = draw.tensor(one), draw.tensor(other, zero_point=draw.pick([low, low + 28]))
    step = unit(lhs) / unit(rhs)
    scale = float(np.float32(step * 2.0 ** -draw.real(6.01, 9.0)))
    limits = {1: (low + 38, high)}
    if draw.chance():
        rhs = _with(rhs, draw.random.integers(low + 38, high + 1, other))
    activation = draw.pick(["NONE", "RELU"])
    result = draw.tensor(shape, scale=scale)
    return draw.sample([lhs, rhs], result, limits=limits, fused_activation_function=activation)


def _with(spec: Spec, data: object) -> Spec:
    return Spec(
        shape=spec.shape, dtype=spec.dtype, scale=spec.scale, zero_point=spec.zero_point, data=data
    )


def _quotient_of_integers(draw: Draw, shapes: tuple[Shape, Shape, Shape]) -> Sample:
    one, other, shape = shapes
    ends = [-(1 << 31) + 1, -7, -2, -1, 1, 2, 3, 10, (1 << 31) - 1]
    divisor = draw.random.choice(ends, other)
    # The interpreter's division of the least integer by -1 is undefined.
    limits = {0: (-(1 << 31) + 1, (1 << 31) - 1)}
    operands = [draw.tensor(one), _with(draw.tensor(other), divisor)]
    return draw.sample(operands, draw.tensor(shape), limits=limits)


def whole_quotient(draw: Draw) -> Sample:
    """Give a quotient without its fraction, or the remainder."""
    if draw.dtype in PLAIN:
        return quotient(draw)
    shape = draw.shape()
    lhs, number = draw.tensor(shape), draw.tensor((1,), zero_point=-2)
    divisor = draw.pick([-128, -7, -1, 1, 3, 100, 127])
    return draw.sample([lhs, _with(number, [divisor])], draw.tensor(shape))


def select(draw: Draw) -> Sample:
    """Give a choice between two."""
    if draw.opcode == "SELECT":
        shape = draw.shape()
        shapes, condition = [shape, shape], draw.pick([shape, shape[:1]])
    else:
        (condition, *shapes), shape = meeting(draw, 3)
    yes = draw.tensor(shapes[0])
    operands = [Spec(shape=condition, dtype="bool"), yes, like(yes, shapes[1])]
    return draw.sample(operands, like(yes, shape))


def prelu(draw: Draw) -> Sample:
    """Give a PRELU with a slope for each channel."""
    shape = draw.shape(2, 4)
    slopes = draw.constant(draw.tensor((*[1] * (len(shape) - 2), shape[-1])))
    return draw.sample([draw.tensor(shape), slopes], draw.tensor(shape))


def add_n(draw: Draw) -> Sample:
    """Give a sum of several."""
    source = draw.tensor(draw.shape(), zero_point=draw.integer(-20, 20))
    result = draw.tensor(source.shape, scale=unit(source) * 2.0 ** draw.real(0, 2))
    return draw.sample([source] * draw.integer(2, 6), result)


def unary(draw: Draw) -> Sample:
    """Give a function of one."""
    shape = draw.shape(1, 4, 6)
    zero = -128 if draw.opcode in ("SQRT", "RSQRT") else None
    source = draw.tensor(shape, scale=draw.scale(-8, -2), zero_point=zero)
    options: dict[str, Any] = {}
    if draw.opcode == "LEAKY_RELU":
        options = {"alpha": draw.real(0 if draw.dtype == "int16" else -2, 2)}
    if draw.opcode == "GELU":
        options = {"approximate": draw.chance()}
    return draw.sample([source], _curve_result(draw, shape), **options)


def _curve_result(draw: Draw, shape: Shape) -> Spec:
    """Give the result of a function, with the scale that it wants."""
    if draw.dtype == "int16" and draw.opcode in ("LOGISTIC", "TANH"):
        return draw.tensor(shape, scale=2.0**-15)
    if draw.dtype == "uint8" and draw.opcode in ("LOGISTIC", "TANH"):
        wanted = {"LOGISTIC": (1 / 256, 0), "TANH": (1 / 128, 128)}[draw.opcode]
        return draw.tensor(shape, scale=wanted[0], zero_point=wanted[1])
    wanted = {"LOGISTIC": FROM_0, "TANH": FROM_MINUS_1}.get(draw.opcode, (0.0, None))
    return draw.tensor(shape, scale=wanted[0], zero_point=wanted[1])


def quantize(draw: Draw) -> Sample:
    """Give a change of scale, and of type where there is another."""
    shape = draw.shape()
    kinds = {"uint8": ["int8"], "int8": ["int8", "uint8", "int16"], "int16": ["int8", "int16"]}
    source = draw.tensor(shape)
    near = unit(source) * 2.0 ** draw.real(-2, 2)
    kind = draw.pick(kinds.get(draw.dtype, ["int16"]))
    return draw.sample([source], draw.tensor(shape, kind, scale=float(np.float32(near))))


def cast(draw: Draw) -> Sample:
    """Give the same numbers in another type."""
    shape = draw.shape()
    kind = draw.pick(["bool", "int8", "uint8", "int16", "int32", "int64"])
    options = {"in_data_type": draw.dtype.upper(), "out_data_type": kind.upper()}
    return draw.sample([draw.tensor(shape)], draw.tensor(shape, kind), **options)


def fill(draw: Draw) -> Sample:
    """Give a tensor of one value."""
    shape = draw.shape()
    value = draw.tensor(())
    return draw.sample([integers(*shape), value], like(value, shape))


SAMPLERS: Mapping[str, Sampler] = {
    **dict.fromkeys(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"), arithmetic),
    **dict.fromkeys(("MINIMUM", "MAXIMUM"), extremum),
    **dict.fromkeys(
        ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"), comparison
    ),
    **dict.fromkeys(("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT"), logical),
    "DIV": quotient,
    **dict.fromkeys(("FLOOR_DIV", "FLOOR_MOD"), whole_quotient),
    **dict.fromkeys(("SELECT", "SELECT_V2"), select),
    "ADD_N": add_n,
    "CAST": cast,
    "FILL": fill,
    "PRELU": prelu,
    "QUANTIZE": quantize,
    **dict.fromkeys(
        (
            *("ABS", "ELU", "EXP", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "LOGISTIC", "NEG"),
            *("RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "RSQRT", "SQRT", "SQUARE", "TANH"),
        ),
        unary,
    ),
}
