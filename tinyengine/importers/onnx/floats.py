"""Turn an ONNX file that computes in float32 into a float Graph.

Layouts are followed as for quantized files: a name stands for a tensor whose axes lie in some
order, images as NHWC; transposes remain where a reader wants another order.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError, Problem
from tinyengine.importers.names import identifier, label
from tinyengine.importers.onnx import folding, movement
from tinyengine.importers.onnx.builder import Builder, node_source
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.model import FileModel, Node, known_domain, read_model
from tinyengine.importers.onnx.products import NHWC, as_image, from_image, window
from tinyengine.importers.onnx.values import Constant, Outside, Placed, Scheme, Value
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.shapes import axis_in
from tinyengine.ir import (
    NO_CLAMP,
    Add,
    AveragePool2D,
    Clamp,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    DType,
    Edge,
    FullyConnected,
    Graph,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Padding,
    PRelu,
    Softmax,
    Sub,
    Tensor,
    Unary,
)

Floats = npt.NDArray[np.float32]

_PLAIN = Scheme(scale=1.0, zero_point=0)
"""Stands where quantized files have a quantization."""

_UNARY = {
    "Sigmoid": "LOGISTIC", "Tanh": "TANH", "HardSwish": "HARD_SWISH", "Abs": "ABS", "Sqrt": "SQRT",
    "Exp": "EXP", "Log": "LOG", "Neg": "NEG", "LeakyRelu": "LEAKY_RELU", "Elu": "ELU",
    "Gelu": "GELU",
}  # fmt: skip


def parse_float(data: bytes, name: str, folder: Path | None = None) -> Graph:
    """Give the float network in the ONNX file `data`; `name` is the file's, for messages.

    External data are read from `folder`. Raises ModelError with all problems found.
    """
    model = read_model(data, name, folder)
    builder = FloatBuilder(model)
    problems = []
    for node in model.nodes:
        builder.source = node_source(node)
        try:
            _import(node, builder)
        except RefusedError as refusal:
            where = f"{name}: {builder.source}"
            problems.append(Problem(where=where, problem=refusal.problem, hint=refusal.hint))
    if problems:
        raise ModelError.from_problems(problems)
    try:
        outputs = tuple(builder.leaving(port.name) for port in model.outputs)
    except RefusedError as refusal:
        raise ModelError(name, refusal.problem, refusal.hint) from refusal
    return Graph(
        name=identifier(PurePath(name).stem),
        inputs=tuple(builder.edges[port.name] for port in model.inputs),
        outputs=outputs,
        ops=_needed(builder.ops, outputs),
    )


def _needed(ops: list[Op], outputs: tuple[Edge, ...]) -> tuple[Op, ...]:
    """Give the operators that some output depends on."""
    wanted = {edge.tensor for edge in outputs}
    kept: list[Op] = []
    for op in reversed(ops):
        if op.output in wanted:
            kept.append(op)
            wanted.update(op.inputs)
    return tuple(reversed(kept))


class FloatBuilder(Builder):
    """Builds a float graph: every tensor is float32, and constants are operands as they are."""

    def __init__(self, model: FileModel) -> None:
        """Take the file, whose inputs must be float32."""
        super().__init__(model)
        for port in model.inputs:
            if not isinstance(self.values[port.name], Outside):
                raise ModelError(
                    model.name,
                    f"input '{label(port.name)}' is {port.dtype}: the network is not float",
                    "give the float model, before any quantization",
                )
            tensor = Tensor(name=port.name, shape=port.shape, dtype=DType.FLOAT32)
            self.edges[port.name] = Edge(name=port.name, tensor=tensor, dtype=DType.FLOAT32)
            self.values[port.name] = self.held(tensor)

    def held(self, tensor: Tensor) -> Placed:
        """Give a tensor whose axes lie as the file has them."""
        order = tuple(range(len(tensor.shape)))
        return Placed(tensor=tensor, order=order, scheme=_PLAIN, is_real=True)

    def tensor(self, shape: tuple[int, ...], scheme: Scheme, suffix: str = "") -> Tensor:
        """Give a new float32 tensor, named after the operator's output where it is the last."""
        made = super().tensor(shape, scheme, suffix)
        return replace(made, dtype=DType.FLOAT32, quant=None)

    def fixed(self, values: npt.ArrayLike, suffix: str) -> Tensor:
        """Give a constant of float32; refuse what is not finite."""
        data = np.ascontiguousarray(np.asarray(values, np.float32))
        if not np.all(np.isfinite(data)):
            raise RefusedError("it holds values that are not finite", "train or export it again")
        data.setflags(write=False)
        return replace(self.tensor(data.shape, _PLAIN, suffix), data=data)

    def placed(self, name: str) -> Placed:
        """Give the tensor that `name` stands for; a constant becomes one."""
        value = self.value(name)
        if isinstance(value, Constant):
            return self.held(self.fixed(value.value, f"/{name}"))
        return super().placed(name)

    def leaving(self, name: str) -> Edge:
        """Give the edge of the output `name`, its axes as the file has them."""
        placed = self.logical(self.placed(name))
        return Edge(name=name, tensor=placed.tensor, dtype=DType.FLOAT32)


def _import(node: Node, builder: FloatBuilder) -> None:
    if not known_domain(node):
        raise RefusedError(f"operators of the domain '{label(node.domain)}' are not supported")
    call = Call(node, builder)
    made = folding.fold(call)
    if made is None:
        if node.op not in _HANDLERS:
            raise RefusedError(
                f"{node.op} is not supported in float networks",
                f"known: {', '.join(sorted(_HANDLERS))}",
            )
        results = _HANDLERS[node.op](call)
        made = results if isinstance(results, tuple) else (results,)
    for name, value in zip(node.outputs, made, strict=False):
        if isinstance(value, Placed):
            value = _named(builder, value, name)  # noqa: PLW2901
        builder.values[name] = value


def _named(builder: FloatBuilder, value: Placed, name: str) -> Placed:
    """Give the tensor of the last operator the name that the file has for it."""
    if not builder.ops or builder.ops[-1].output is not value.tensor or value.tensor.is_const:
        return value
    tensor = replace(value.tensor, name=name)
    builder.ops[-1] = replace(builder.ops[-1], output=tensor)
    return replace(value, tensor=tensor)


def _builder(call: Call) -> FloatBuilder:
    assert isinstance(call.b, FloatBuilder), "float networks have their own builder"
    return call.b


def _weights(call: Call, position: int) -> Floats:
    return np.asarray(call.array(position, "weight"), np.float32)


def _conv(call: Call) -> Value:
    """Import Conv of one or two dimensions, plain or depthwise."""
    b, x, weight = _builder(call), call.placed(0), _weights(call, 1)
    rank, groups = len(x.shape), call.integer("group", 1)
    if weight.ndim != rank or rank not in (3, 4):
        raise RefusedError(f"its weight {describe(weight.shape)} does not fit {describe(x.shape)}")
    if rank == 3:
        weight = weight[:, :, None]
    depthwise = groups == x.shape[1] and groups > 1 and weight.shape[1] == 1
    if groups > 1 and not depthwise:
        raise RefusedError("grouped convolution is not supported in float networks")
    geometry = window(call, call.ints("kernel_shape", weight.shape[4 - rank + 2 :]), x.shape[2:])
    image = as_image(call, x)
    size = geometry.output((image.tensor.shape[1], image.tensor.shape[2]))
    order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
    output = b.tensor((x.shape[0], *size, weight.shape[0]), _PLAIN)
    b.emit(
        (DepthwiseConv2D if depthwise else Conv2D)(
            source=b.source,
            input=image.tensor,
            output=output,
            weight=b.fixed(weight.transpose(order), "/weight"),
            bias=b.fixed(call.array(2, "bias"), "/bias") if call.has(2) else None,
            stride_h=geometry.strides[0],
            stride_w=geometry.strides[1],
            dilation_h=geometry.dilations[0],
            dilation_w=geometry.dilations[1],
            padding=geometry.padding,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return from_image(call, replace(image, tensor=output, order=NHWC), rank)


def _dense(call: Call, weight: Floats, bias: Tensor | None) -> Placed:
    """Give rows of the first operand times the transpose of `weight` [out, in]."""
    b, x = _builder(call), call.b.logical(call.placed(0))
    if not x.shape or x.shape[-1] != weight.shape[1]:
        raise RefusedError(f"its weight {describe(weight.shape)} does not fit {describe(x.shape)}")
    output = b.tensor((*x.shape[:-1], len(weight)), _PLAIN)
    b.emit(
        FullyConnected(
            source=b.source,
            input=x.tensor,
            output=output,
            weight=b.fixed(weight, "/weight"),
            bias=bias,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return b.held(output)


def _gemm(call: Call) -> Value:
    """Import Gemm with constant weights."""
    weight = _weights(call, 1) * np.float32(call.number("alpha", 1.0))
    if call.integer("transA", 0) or weight.ndim != 2:
        raise RefusedError("its transA is set, or its weight is no matrix", "export it again")
    weight = weight if call.integer("transB", 0) else weight.T
    bias = None
    if call.has(2):
        values = _weights(call, 2) * np.float32(call.number("beta", 1.0))
        bias = _builder(call).fixed(np.broadcast_to(values.reshape(-1), len(weight)), "/bias")
    return _dense(call, weight, bias)


def _matmul(call: Call) -> Value:
    """Import MatMul by a constant matrix."""
    weight = _weights(call, 1)
    if weight.ndim != 2:
        raise RefusedError(f"its weight {describe(weight.shape)} is no matrix")
    return _dense(call, weight.T, None)


def _pool(call: Call) -> Value:
    """Import MaxPool and AveragePool."""
    b, x = _builder(call), call.placed(0)
    average = call.node.op == "AveragePool"
    if len(call.node.outputs) != 1:
        raise RefusedError("its indices are not supported", "export it with one output")
    geometry = window(call, call.ints("kernel_shape"), x.shape[2:])
    if geometry.dilations != (1, 1):
        raise RefusedError("its dilation is not 1")
    if average and geometry.padding != Padding() and call.integer("count_include_pad", 0):
        raise RefusedError("its averages count the padding", "pad before it")
    image = as_image(call, x)
    n, in_h, in_w, channels = image.tensor.shape
    output = b.tensor((n, *geometry.output((in_h, in_w)), channels), _PLAIN)
    b.emit(
        (AveragePool2D if average else MaxPool2D)(
            source=b.source,
            input=image.tensor,
            output=output,
            kernel_h=geometry.kernel[0],
            kernel_w=geometry.kernel[1],
            stride_h=geometry.strides[0],
            stride_w=geometry.strides[1],
            padding=geometry.padding,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return from_image(call, replace(image, tensor=output, order=NHWC), len(x.shape))


def _mean(call: Call) -> Value:
    """Import GlobalAveragePool and ReduceMean."""
    b, x = _builder(call), call.placed(0)
    rank = len(x.shape)
    if call.node.op == "GlobalAveragePool":
        axes, keeps = tuple(range(2, rank)), True
    else:
        given = call.integers(1, "axes") if call.has(1) else call.ints("axes", tuple(range(rank)))
        axes = tuple(sorted(axis_in(axis, rank) for axis in given))
        keeps = bool(call.integer("keepdims", 1))
    places = tuple(sorted(x.order.index(axis) for axis in axes))
    kept = tuple(1 if place in places else n for place, n in enumerate(x.tensor.shape))
    output = b.tensor(kept, _PLAIN)
    b.emit(Mean(source=b.source, input=x.tensor, output=output, axes=places))
    made = replace(x, tensor=output)
    if keeps:
        return made
    return b.reshaped(made, tuple(n for axis, n in enumerate(x.shape) if axis not in axes))


def _unary(call: Call) -> Value:
    """Import a function of one value."""
    b, x = _builder(call), call.placed(0)
    output = b.tensor(x.tensor.shape, _PLAIN)
    slope = {"LeakyRelu": 0.01, "Elu": 1.0}.get(call.node.op, 0.0)
    b.emit(
        Unary(
            source=b.source,
            input=x.tensor,
            output=output,
            function=_UNARY[call.node.op],
            alpha=call.number("alpha", slope) if slope else 0.0,
            approximate=call.text("approximate", "none") == "tanh",
        )
    )
    return replace(x, tensor=output)


def _clamped(call: Call, x: Placed, low: float, high: float) -> Placed:
    b = _builder(call)
    output = b.tensor(x.tensor.shape, _PLAIN)
    b.emit(Clamp(source=b.source, input=x.tensor, output=output, minimum=low, maximum=high))
    return replace(x, tensor=output)


def _relu(call: Call) -> Value:
    """Import Relu."""
    return _clamped(call, call.placed(0), 0.0, math.inf)


def _clip(call: Call) -> Value:
    """Import Clip with constant bounds."""
    bounds = []
    for position, default in ((1, -math.inf), (2, math.inf)):
        given = call.array(position, "bound") if call.has(position) else np.array(default)
        bounds.append(float(given.reshape(-1)[0]))
    return _clamped(call, call.placed(0), *bounds)


def _hard_sigmoid(call: Call) -> Value:
    """Import HardSigmoid as a product, a sum and a clamp."""
    alpha, beta = call.number("alpha", 0.2), call.number("beta", 0.5)
    scaled = _with_constant(call, call.placed(0), Mul, np.float32(alpha))
    return _clamped(call, _with_constant(call, scaled, Add, np.float32(beta)), 0.0, 1.0)


def _with_constant(
    call: Call, x: Placed, kind: type[Add] | type[Mul], value: npt.ArrayLike
) -> Placed:
    """Give x plus or times a constant whose axes lie as those of x in memory."""
    b = _builder(call)
    output = b.tensor(x.tensor.shape, _PLAIN)
    b.emit(
        kind(
            source=b.source,
            lhs=x.tensor,
            rhs=b.fixed(value, "/constant"),
            output=output,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )
    )
    return replace(x, tensor=output)


_ARITHMETIC: Mapping[str, type[Add] | type[Sub] | type[Mul]] = {"Add": Add, "Sub": Sub, "Mul": Mul}


def _binary(call: Call) -> Value:
    """Import Add, Sub, Mul, Div by a constant, Min and Max, whose operands may be broadcast."""
    b = _builder(call)
    kind, lhs, rhs = call.node.op, call.placed(0), call.placed(1)
    if kind == "Div":
        if not rhs.tensor.is_const or not np.all(rhs.tensor.values):
            raise RefusedError("its divisor is no constant other than 0")
        rhs = b.held(b.fixed(1 / np.asarray(rhs.tensor.values, np.float32), "/reciprocal"))
        kind = "Mul"
    lhs, rhs, order = _aligned(b, lhs, rhs)
    shape = np.broadcast_shapes(lhs.tensor.shape, rhs.tensor.shape)
    output = b.tensor(shape, _PLAIN)
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
    return Placed(tensor=output, order=order, scheme=_PLAIN, is_real=True)


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


def _prelu(call: Call) -> Value:
    """Import PRelu with constant slopes."""
    b, x = _builder(call), call.placed(0)
    slope = _weights(call, 1)
    rank = len(x.shape)
    wide = slope.reshape((1,) * (rank - slope.ndim) + slope.shape).transpose(x.order)
    output = b.tensor(x.tensor.shape, _PLAIN)
    alpha = b.fixed(wide, "/slope")
    b.emit(PRelu(source=b.source, input=x.tensor, output=output, alpha=alpha))
    return replace(x, tensor=output)


def _softmax(call: Call) -> Value:
    """Import Softmax over one axis, which must lie last in memory or becomes the last."""
    b, x = _builder(call), call.placed(0)
    rank = len(x.shape)
    axis = axis_in(call.integer("axis", -1 if call.opset >= 13 else 1), rank)
    if call.opset < 13 and math.prod(x.shape[axis + 1 :]) != 1 and axis != rank - 1:
        raise RefusedError("its softmax goes over several axes", "export with opset 13 or newer")
    if x.order[-1] != axis:
        x = b.in_order(x, (*(each for each in x.order if each != axis), axis))
    output = b.tensor(x.tensor.shape, _PLAIN)
    b.emit(Softmax(source=b.source, input=x.tensor, output=output, beta=1.0))
    return replace(x, tensor=output)


def _batch_normalization(call: Call) -> Value:
    """Import BatchNormalization as a product and a sum, which fold into what is before them."""
    x = call.placed(0)
    gamma, beta, mean, variance = (
        np.asarray(call.array(position, "statistics"), np.float64) for position in (1, 2, 3, 4)
    )
    factor = gamma / np.sqrt(variance + call.number("epsilon", 1e-5))
    shape = [1] * len(x.shape)
    shape[1] = -1
    placed = [each.reshape(shape).transpose(x.order) for each in (factor, beta - mean * factor)]
    return _with_constant(call, _with_constant(call, x, Mul, placed[0]), Add, placed[1])


def _concat(call: Call) -> Value:
    """Import Concat; constants may be among the operands."""
    b = _builder(call)
    parts = [call.placed(position) for position in range(len(call.node.inputs))]
    rank = len(parts[0].shape)
    axis = axis_in(call.integer("axis", 0), rank)
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
    output = b.tensor(tuple(shape), _PLAIN)
    operands = tuple(part.tensor for part in placed)
    b.emit(Concatenation(source=b.source, operands=operands, axis=place, output=output))
    return replace(leading, tensor=output)


_HANDLERS: Mapping[str, Callable[[Call], Value | tuple[Value, ...]]] = {
    "Conv": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MaxPool": _pool,
    "AveragePool": _pool,
    "GlobalAveragePool": _mean,
    "ReduceMean": _mean,
    **dict.fromkeys(_UNARY, _unary),
    "Relu": _relu,
    "Clip": _clip,
    "HardSigmoid": _hard_sigmoid,
    "PRelu": _prelu,
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Min", "Max"), _binary),
    "Softmax": _softmax,
    "BatchNormalization": _batch_normalization,
    "Concat": _concat,
    "Identity": movement.identity,
    "Dropout": movement.identity,
    "Transpose": movement.transpose,
    "Reshape": movement.reshape,
    "Flatten": movement.flatten,
    "Squeeze": movement.squeeze,
    "Unsqueeze": movement.unsqueeze,
    "Slice": movement.slice_,
    "Split": movement.split,
    "Pad": movement.pad,
    "Resize": movement.resize,
    "Upsample": movement.resize,
    "Shape": movement.shape,
    "Constant": folding.constant_node,
    "ConstantOfShape": folding.constant_of_shape,
}
"""The operators of float networks; others are computed where all that they read is constant."""
