"""Import quantization itself, functions of one value, sums, products and softmax."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.affine import affine
from tinyengine.importers.onnx.builder import operand_reals
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.values import (
    Constant,
    Order,
    Outside,
    Pending,
    Placed,
    QuantizedConstant,
    Scheme,
    Value,
    as_int8,
)
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import (
    Add,
    DepthwiseConv2D,
    DType,
    Mul,
    Padding,
    Quantization,
    Rounding,
    Softmax,
    Sub,
    Tensor,
)

Reals = npt.NDArray[np.float64]
Function = Callable[[Reals], Reals]

SOFTMAX = Scheme(scale=1 / 256, zero_point=-128)
"""The quantization that the integer softmax gives."""


# -- quantization -----------------------------------------------------------------------------


def quantize_linear(call: Call) -> Value:
    """Import QuantizeLinear: it ends what is computed in reals."""
    value = call.value(0)
    scheme = call.scheme(1, 2)
    match value:
        case Outside():
            return call.b.entered(value, scheme)
        case Pending():
            return value.quantized(scheme)
        case Placed():
            return call.b.requantized(value, scheme)
        case _:
            reals = operand_reals(value)
            if reals is None:
                raise RefusedError("it quantizes a constant that is not float32")
            values = scheme.quantized(reals).astype(np.int16)
            stored = values + 128 if scheme.unsigned else values
            return Constant(value=stored.astype(np.uint8 if scheme.unsigned else np.int8))


def dequantize_linear(call: Call) -> Value:
    """Import DequantizeLinear: what follows computes in reals."""
    value = call.value(0)
    if isinstance(value, Placed):
        scheme = call.scheme(1, 2, unsigned=value.scheme.unsigned)
        return call.b.viewed(value, scheme).as_real(True)
    if not isinstance(value, Constant):
        raise RefusedError("it dequantizes what is not quantized", "export the model again")
    scales = call.array(1, "scale").reshape(-1)
    held = value.value
    values, shift = (held, 0) if held.dtype == np.int32 else as_int8(held)
    points = call.array(2, "zero point").reshape(-1) if call.has(2) else np.zeros(scales.size)
    axis = call.integer("axis", 1)
    if call.integer("block_size", 0) or points.size != scales.size or scales.dtype != np.float32:
        raise RefusedError("its scales are of blocks, or of another type", "quantize it again")
    return QuantizedConstant(
        values=values,
        scales=np.asarray(scales, np.float32),
        zero_points=points.astype(np.int64) - shift,
        axis=axis % max(values.ndim, 1),
    )


# -- functions of one value -------------------------------------------------------------------


def _erf(x: Reals) -> Reals:
    return np.asarray(np.vectorize(math.erf, otypes=[np.float64])(x))


def _tanh_gelu(x: Reals) -> Reals:
    return np.asarray(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))


_FUNCTIONS: dict[str, Function] = {
    "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "Tanh": np.tanh,
    "HardSwish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "Abs": np.abs,
    "Neg": np.negative,
    "Exp": np.exp,
    "Log": np.log,
    "Sqrt": np.sqrt,
    "Reciprocal": lambda x: 1 / x,
    "Erf": _erf,
    "Softplus": lambda x: np.log1p(np.exp(x)),
    "Softsign": lambda x: x / (1 + np.abs(x)),
    "Mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
}
"""Functions without attributes, in float64."""

UNARY = tuple(_FUNCTIONS)
"""The operators that `unary` imports."""


def unary(call: Call) -> Value:
    """Import a function of one value."""
    return _function(call, _FUNCTIONS[call.node.op])


def leaky_relu(call: Call) -> Value:
    """Import LeakyRelu."""
    alpha = call.number("alpha", 0.01)
    return _function(call, lambda x: np.where(x >= 0, x, alpha * x))


def elu(call: Call) -> Value:
    """Import Elu."""
    alpha = call.number("alpha", 1.0)
    return _function(call, lambda x: np.where(x >= 0, x, alpha * np.expm1(x)))


def hard_sigmoid(call: Call) -> Value:
    """Import HardSigmoid."""
    alpha, beta = call.number("alpha", 0.2), call.number("beta", 0.5)
    return _function(call, lambda x: np.clip(alpha * x + beta, 0, 1))


def gelu(call: Call) -> Value:
    """Import Gelu, exact or by tanh."""
    if call.text("approximate", "none") == "tanh":
        return _function(call, _tanh_gelu)
    return _function(call, lambda x: x * (1 + _erf(x / math.sqrt(2))) / 2)


def _function(call: Call, function: Function) -> Pending:
    """Give a function of the operand's reals, to be quantized: a table."""
    x = call.placed(0)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        made = call.b.looked_up(x, function, scheme)
        return _clipped(call, made, limits)

    return Pending(shape=x.shape, build=build, what=call.node.op)


def _clipped(call: Call, x: Placed, limits: tuple[int, int]) -> Placed:
    if limits == (-128, 127):
        return x
    table = np.clip(np.arange(-128, 128), *limits)
    return call.b.tabulated(x, table.astype(np.int8), x.scheme, "CLIP")


def relu(call: Call) -> Value:
    """Import Relu: a clamp of what comes before it."""
    return _clamp(call, 0.0, np.inf)


def clip(call: Call) -> Value:
    """Import Clip with constant limits."""
    ends = []
    for position, fallback in ((1, -np.inf), (2, np.inf)):
        held = operand_reals(call.value(position)) if call.has(position) else None
        if call.has(position) and (held is None or held.size != 1):
            raise RefusedError("its limits are not constants", "export the model again")
        ends.append(fallback if held is None else float(held.reshape(-1)[0]))
    return _clamp(call, ends[0], ends[1])


def _clamp(call: Call, low: float, high: float) -> Value:
    value = call.value(0)
    if isinstance(value, Pending):
        return value.clamped(low, high)
    x = call.placed(0)
    if not x.is_real:
        point = x.scheme.quantized([max(low, -1e30), min(high, 1e30)])
        return _clipped(call, x, (int(point[0]), int(point[1])))
    return _function(call, lambda reals: np.clip(reals, low, high))


def qlinear_unary(call: Call) -> Value:
    """Import onnxruntime's QLinearSigmoid and QLinearLeakyRelu."""
    alpha = call.number("alpha", 0.01)
    functions: dict[str, Function] = {
        "QLinearSigmoid": _FUNCTIONS["Sigmoid"],
        "QLinearLeakyRelu": lambda x: np.where(x >= 0, x, alpha * x),
    }
    return call.b.looked_up(call.operand(0), functions[call.node.op], call.scheme(3, 4))


def prelu(call: Call) -> Value:
    """Import PRelu with constant slopes, one or one per channel.

    The part above zero is a table, the part below a depthwise convolution by the slopes' signs,
    whose factors have their magnitudes; one of the two is zero, so that their sum is exact.
    """
    x, slopes = call.placed(0), operand_reals(call.value(1))
    if slopes is None:
        raise RefusedError("its slopes are not constant", "export the model with constants")
    if slopes.size == 1:
        alpha = float(slopes.reshape(-1)[0])
        return _function(call, lambda reals: np.where(reals >= 0, reals, alpha * reals))
    rank = len(x.shape)
    channels = slopes.reshape(-1)
    aligned = (1,) * (rank - slopes.ndim) + slopes.shape
    axis = next((each for each, size in enumerate(aligned) if size > 1), 0)
    if len(aligned) != rank or aligned[axis] != channels.size or channels.size != x.shape[axis]:
        raise RefusedError(f"its slopes {describe(slopes.shape)} are not one per channel")
    order = (*(each for each in range(rank) if each != axis), axis)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        image = call.b.in_order(x, order)
        above = call.b.looked_up(image, lambda reals: np.maximum(reals, 0), scheme)
        low = np.minimum(np.arange(-128, 128), x.scheme.zero_point).astype(np.int8)
        below = call.b.tabulated(image, low, x.scheme, "BELOW_ZERO")
        below = _scaled_by_channel(call, below, channels, scheme)
        return _exact_sum(call, above, below, limits)

    return Pending(shape=x.shape, build=build, what="PRelu")


def _scaled_by_channel(
    call: Call, x: Placed, factors: npt.NDArray[np.float32], scheme: Scheme
) -> Placed:
    """Give each channel of [..., C] in memory times its factor."""
    row = replace(x, order=tuple(range(len(x.order))))
    row = call.b.reshaped(row, (1, 1, x.tensor.elements // factors.size, factors.size))
    data = np.sign(factors).astype(np.int8).reshape(1, 1, 1, -1)
    data.setflags(write=False)
    scales = np.where(factors == 0, 1, np.abs(factors)).tolist()
    quant = Quantization(scale=tuple(scales), zero_point=(0,) * len(scales), axis=3)
    weight = Tensor(
        name=f"{call.b.source.name}/slopes",
        shape=data.shape,
        dtype=DType.INT8,
        quant=quant,
        data=data,
    )
    output = call.b.tensor(row.tensor.shape, scheme, "/below")
    call.b.emit(
        DepthwiseConv2D(
            source=call.b.source, input=row.tensor, output=output, weight=weight, bias=None,
            stride_h=1, stride_w=1, dilation_h=1, dilation_w=1, padding=Padding(),
            act_min=-128, act_max=127, rounding=Rounding.EVEN,
        )
    )  # fmt: skip
    made = Placed(tensor=output, order=(0, 1, 2, 3), scheme=scheme, is_real=False)
    return replace(call.b.reshaped(made, x.tensor.shape), order=x.order)


def _exact_sum(call: Call, lhs: Placed, rhs: Placed, limits: tuple[int, int]) -> Placed:
    """Give the sum of two tensors in one quantization, which needs no rounding."""
    output = call.b.tensor(lhs.tensor.shape, lhs.scheme)
    call.b.emit(
        Add(
            source=call.b.source, lhs=lhs.tensor, rhs=rhs.tensor, output=output,
            act_min=limits[0], act_max=limits[1], rounding=Rounding.EVEN,
        )
    )  # fmt: skip
    return Placed(tensor=output, order=lhs.order, scheme=lhs.scheme, is_real=False)


# -- functions of two values ------------------------------------------------------------------

_KINDS: dict[str, type[Add | Sub | Mul]] = {
    "Add": Add, "Sub": Sub, "Mul": Mul, "QLinearAdd": Add, "QLinearMul": Mul,
}  # fmt: skip

_SCALARS: dict[str, Callable[[Reals, float], Reals]] = {
    "Add": lambda x, c: x + c,
    "Sub": lambda x, c: x - c,
    "Mul": lambda x, c: x * c,
    "Div": lambda x, c: x / c,
}


def binary(call: Call) -> Value:
    """Import Add, Sub, Mul and Div of dequantized operands; Div by a single constant only."""
    op = call.node.op
    lhs, rhs = call.value(0), call.value(1)
    scalar = operand_reals(rhs)
    if isinstance(lhs, Placed) and scalar is not None and scalar.size == 1:
        number = float(scalar.reshape(-1)[0])
        if scalar.ndim <= len(lhs.shape):
            return _function(call, lambda x: _SCALARS[op](x, number))
    scalar = operand_reals(lhs)
    if isinstance(rhs, Placed) and scalar is not None and scalar.size == 1 and op != "Div":
        number = float(scalar.reshape(-1)[0])
        sign = -1 if op == "Sub" else 1
        function = _SCALARS["Mul" if op == "Mul" else "Add"]
        x = rhs

        def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
            """Emit the operator in a quantization, within limits."""
            made = call.b.looked_up(x, lambda reals: function(sign * reals, number), scheme)
            return _clipped(call, made, limits)

        return Pending(shape=rhs.shape, build=build, what=op)
    by_channel = _by_channel(call, lhs, rhs)
    if by_channel is not None:
        return by_channel
    if op == "Div":
        raise RefusedError(
            "it divides by what is computed, or by many constants", "multiply by the inverse"
        )
    return _binary(call, _operand(call, 0), _operand(call, 1))


def _by_channel(call: Call, lhs: Value, rhs: Value) -> Value | None:
    """Give an operator whose one operand has a float32 constant for each channel; else None."""
    x, held = (lhs, rhs) if isinstance(rhs, Constant) else (rhs, lhs)
    values = operand_reals(held) if isinstance(held, Constant) else None
    if not isinstance(x, Placed | Pending) or values is None or values.size < 2:
        return None
    shape = (1,) * (len(x.shape) - values.ndim) + values.shape
    axis = next(place for place, size in enumerate(shape) if size > 1)
    if len(shape) != len(x.shape) or values.size != x.shape[axis]:
        return None
    c, ones = values.reshape(-1).astype(np.float64), np.ones(values.size)
    with np.errstate(all="ignore"):
        factor, shift = {
            "Add": (ones, c),
            "Sub": (ones, -c) if x is lhs else (-ones, c),
            "Mul": (c, 0 * c),
            "Div": (1 / c, 0 * c),
        }[call.node.op]
    if not np.all(np.isfinite(factor + shift)) or (call.node.op == "Div" and x is rhs):
        raise RefusedError("it divides by what is computed, or by 0", "multiply by the inverse")
    if isinstance(x, Placed):
        return affine(call, x, factor, shift, axis)
    return x.affine(factor, shift) if x.affine is not None and axis == 1 else None


def qlinear_binary(call: Call) -> Value:
    """Import onnxruntime's QLinearAdd and QLinearMul."""
    scheme = call.scheme(6, 7)
    operands = []
    for position in (0, 3):
        value = call.value(position)
        if isinstance(value, Placed):
            operands.append(call.operand(position))
            continue
        held = call.weights(position)
        operands.append(_as_placed(call, held, f"/operand_{position}"))
    return _binary(call, operands[0], operands[1]).quantized(scheme)


def _operand(call: Call, position: int) -> Placed:
    """Give an operand as a tensor; a dequantized constant becomes a constant one."""
    value = call.value(position)
    if isinstance(value, QuantizedConstant):
        return _as_placed(call, value, f"/operand_{position}")
    return call.placed(position)


def _as_placed(call: Call, held: QuantizedConstant, suffix: str) -> Placed:
    if held.scales.size != 1:
        raise RefusedError("its constant has several scales", "quantize it per tensor")
    scheme = Scheme(scale=float(held.scales[0]), zero_point=int(held.zero_points.reshape(-1)[0]))
    tensor = call.b.constant(held.values, scheme, suffix)
    order = tuple(range(held.values.ndim))
    return Placed(tensor=tensor, order=order, scheme=scheme, is_real=True)


def _binary(call: Call, lhs: Placed, rhs: Placed) -> Pending:
    try:
        shape = tuple(int(n) for n in np.broadcast_shapes(lhs.shape, rhs.shape))
    except ValueError as error:
        raise RefusedError(
            f"{describe(lhs.shape)} and {describe(rhs.shape)} do not broadcast"
        ) from error
    kind, rank = _KINDS[call.node.op], len(shape)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        order = _common_order(lhs, rhs, rank)
        left, right = (_aligned(call, each, order) for each in (lhs, rhs))
        output = call.b.tensor(tuple(shape[axis] for axis in order), scheme)
        call.b.emit(
            kind(
                source=call.b.source, lhs=left, rhs=right, output=output,
                act_min=limits[0], act_max=limits[1], rounding=Rounding.EVEN,
            )
        )  # fmt: skip
        return Placed(tensor=output, order=order, scheme=scheme, is_real=False)

    return Pending(shape=shape, build=build, what=call.node.op)


def _common_order(lhs: Placed, rhs: Placed, rank: int) -> Order:
    """Give the order of the operand that is largest and no constant."""
    free = [x for x in (lhs, rhs) if not x.tensor.is_const and len(x.order) == rank]
    if not free:
        return tuple(range(rank))
    return max(free, key=lambda x: x.tensor.elements).order


def _aligned(call: Call, x: Placed, order: Order) -> Tensor:
    """Give the tensor of `x` with all dimensions of `order`, in that order in memory."""
    missing = len(order) - len(x.shape)
    if x.tensor.is_const:
        values = x.tensor.values.reshape((1,) * missing + x.shape).transpose(order)
        return call.b.constant(values, x.scheme, "/constant")
    if missing:
        x = call.b.reshaped(x, (1,) * missing + x.shape)
    return call.b.in_order(x, order).tensor


# -- softmax ----------------------------------------------------------------------------------


def softmax(call: Call) -> Value:
    """Import Softmax between quantizations, over one axis."""
    x = call.placed(0)
    rank = len(x.shape)
    axis = call.integer("axis", -1 if call.opset >= 13 else 1)
    if not -rank <= axis < rank:
        raise RefusedError(f"axis {axis} does not exist in {describe(x.shape)}")
    axis %= rank
    if call.opset < 13 and math.prod(x.shape[axis:]) != x.shape[axis]:
        raise RefusedError("it runs over several axes", "export the model with opset 13 or newer")
    return _softmax(call, x, axis)


def qlinear_softmax(call: Call) -> Value:
    """Import onnxruntime's QLinearSoftmax."""
    x = call.operand(0)
    axis = call.integer("axis", -1) % len(x.shape)
    return _softmax(call, x, axis).quantized(call.scheme(3, 4))


def _softmax(call: Call, x: Placed, axis: int) -> Pending:
    order = (*(each for each in x.order if each != axis), axis)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        rows = call.b.in_order(x, order)
        output = call.b.tensor(rows.tensor.shape, SOFTMAX)
        call.b.emit(Softmax(source=call.b.source, input=rows.tensor, output=output, beta=1.0))
        made = Placed(tensor=output, order=order, scheme=SOFTMAX, is_real=False)
        return _clipped(call, call.b.requantized(made, scheme), limits)

    return Pending(shape=x.shape, build=build, what="Softmax")
