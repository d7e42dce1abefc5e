"""Build the graph of an ONNX network: names and their values, operators, layouts, edges."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.names import label
from tinyengine.importers.onnx.model import LARGEST_SIZE, LARGEST_TENSOR, FileModel, Node
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
    scheme_of,
)
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import (
    Array,
    DType,
    Edge,
    Lookup,
    Op,
    Pad,
    Quantization,
    Quantize,
    Reshape,
    Source,
    Tensor,
    Transpose,
)

FLOAT_HINT = (
    "quantize the whole network to int8 or uint8 (onnxruntime.quantization.quantize_static), "
    "or leave this operator to your application"
)

Pads = tuple[tuple[int, int], ...]
"""How much stands before and behind each dimension."""

Call = Callable[["Builder"], Value]


class Builder:
    """The state of one import; operators are emitted in an order in which they can run."""

    def __init__(self, model: FileModel) -> None:
        """Take the file; its constants are values from the start, its inputs are made when read."""
        self.model = model
        self.values: dict[str, Value] = {
            name: Constant(value=value) for name, value in model.constants.items()
        }
        self.ops: list[Op] = []
        self.edges: dict[str, Edge] = {}
        self.missing: set[str] = set()
        self.source = Source(index=0, opcode="", name="")
        self._names = 0
        for port in model.inputs:
            if port.dtype == "float32":
                order = tuple(range(len(port.shape)))
                outside = Outside(name=port.name, held=port.shape, order=order)
                self.values[port.name] = outside
            else:
                self.values[port.name] = self._integer_input(port.name, port.dtype, port.shape)

    # -- values -------------------------------------------------------------------------------

    def value(self, name: str) -> Value:
        """Give what `name` stands for; refuse names that stand for nothing (yet)."""
        if name not in self.values:
            raise RefusedError(
                f"it reads '{label(name)}', which nothing before it gives",
                "operators must stand in the order in which they run, and be supported themselves",
            )
        return self.values[name]

    def placed(self, name: str) -> Placed:
        """Give the int8 tensor that `name` stands for; refuse everything else."""
        value = self.value(name)
        if isinstance(value, Placed):
            return value
        raise RefusedError(_why_not_integers(name, value), FLOAT_HINT)

    def array(self, name: str, what: str) -> Array:
        """Give the constant that `name` stands for; `what` it is, for the message."""
        value = self.value(name)
        if not isinstance(value, Constant):
            raise RefusedError(f"its {what} is not a constant", "export the model with constants")
        return value.value

    def integers(self, name: str, what: str) -> tuple[int, ...]:
        """Give a constant of integers, flattened."""
        return tuple(int(each) for each in self.array(name, what).reshape(-1))

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Give the shape of what `name` stands for; the package's where it is not supported."""
        value = self.values.get(name)
        match value:
            case None:
                return self.model.shapes.get(name, ())
            case Constant():
                return value.value.shape
            case QuantizedConstant():
                return value.values.shape
            case _:
                return value.shape

    def type_of(self, name: str) -> str:
        """Give the element type of what `name` stands for; empty where it is not supported."""
        value = self.values.get(name)
        match value:
            case None:
                return ""
            case Constant():
                return value.value.dtype.name
            case Placed() if not value.is_real:
                return "uint8" if value.scheme.unsigned else "int8"
            case _:
                return "float32"

    # -- tensors ------------------------------------------------------------------------------

    def tensor(self, shape: tuple[int, ...], scheme: Scheme, suffix: str = "") -> Tensor:
        """Give a new int8 tensor, named after the operator that is imported."""
        if math.prod(shape) > LARGEST_TENSOR or max(shape, default=0) > LARGEST_SIZE:
            raise RefusedError(
                f"it gives {describe(shape)}: more than {LARGEST_TENSOR:,} values, or than "
                f"{LARGEST_SIZE:,} in one dimension",
                "an activation of this size fits no microcontroller",
            )
        self._names += 1
        name = f"{self.source.name}{suffix}" or f"value_{self._names}"
        return Tensor(name=name, shape=shape, dtype=DType.INT8, quant=scheme.quant)

    def constant(self, values: npt.ArrayLike, scheme: Scheme, suffix: str) -> Tensor:
        """Give a constant of int8 in a quantization of its own."""
        data = np.array(values, np.int8, order="C")
        data.setflags(write=False)
        return replace(self.tensor(data.shape, scheme, suffix), data=data)

    def named(self, x: Placed, name: str) -> Placed:
        """Give `x` another name, where the last operator gives it."""
        if not self.ops or self.ops[-1].output is not x.tensor or x.tensor.is_const or not name:
            return x
        tensor = replace(x.tensor, name=name)
        self.ops[-1] = replace(self.ops[-1], output=tensor)
        return replace(x, tensor=tensor)

    def emit(self, op: Op) -> None:
        """Append an operator."""
        self.ops.append(op)

    def in_order(self, x: Placed, order: Order) -> Placed:
        """Give `x` with its axes in `order` in memory: a transpose where they are not."""
        if x.order == order:
            return x
        perm = tuple(x.order.index(axis) for axis in order)
        shape = tuple(x.tensor.shape[place] for place in perm)
        output = self.tensor(shape, x.scheme, "/layout")
        self.emit(Transpose(source=self.source, input=x.tensor, output=output, perm=perm))
        return replace(x, tensor=output, order=order)

    def logical(self, x: Placed) -> Placed:
        """Give `x` with its axes in memory as the file has them."""
        return self.in_order(x, tuple(range(len(x.order))))

    def reshaped(self, x: Placed, shape: tuple[int, ...]) -> Placed:
        """Give the same elements under another shape, in the file's order."""
        x = self.logical(x)
        if x.tensor.shape == shape:
            return x
        output = self.tensor(shape, x.scheme)
        self.emit(Reshape(source=self.source, input=x.tensor, output=output))
        return replace(x, tensor=output, order=tuple(range(len(shape))))

    def surrounded(self, x: Placed, pads: Pads, value: float) -> Placed:
        """Give `x` with a constant around it; `pads` are those of each dimension in memory."""
        sizes = zip(x.tensor.shape, pads, strict=True)
        output = self.tensor(tuple(n + a + b for n, (a, b) in sizes), x.scheme)
        filler = int(x.scheme.quantized(value))
        self.emit(Pad(source=self.source, input=x.tensor, output=output, pads=pads, value=filler))
        return replace(x, tensor=output)

    def looked_up(
        self, x: Placed, function: Callable[[npt.NDArray[np.float64]], Array], scheme: Scheme
    ) -> Placed:
        """Give a function of each real, computed in float64, in another quantization."""
        reals = x.scheme.reals(np.arange(-128, 128)).astype(np.float64)
        with np.errstate(all="ignore"):
            results = np.nan_to_num(np.asarray(function(reals), np.float64))
            steps = np.rint(results / np.float64(np.float32(scheme.scale)))
        table = np.clip(steps + scheme.zero_point, -128, 127).astype(np.int8)
        return self.tabulated(x, table, scheme, self.source.opcode)

    def tabulated(self, x: Placed, table: Array, scheme: Scheme, function: str) -> Placed:
        """Give what a table of 256 bytes makes of `x`."""
        values = np.array(table, np.int8)
        values.setflags(write=False)
        output = self.tensor(x.tensor.shape, scheme)
        self.emit(
            Lookup(
                source=self.source, input=x.tensor, output=output, table=values, function=function
            )
        )
        return Placed(tensor=output, order=x.order, scheme=scheme, is_real=False)

    def requantized(self, x: Placed, scheme: Scheme) -> Placed:
        """Give `x` in another quantization, as DequantizeLinear and QuantizeLinear have it."""
        if (x.scheme.scale, x.scheme.zero_point) == (scheme.scale, scheme.zero_point):
            return replace(x, scheme=scheme, is_real=False)
        table = scheme.quantized(x.scheme.reals(np.arange(-128, 128)))
        return self.tabulated(x, table, scheme, "REQUANTIZE")

    def viewed(self, x: Placed, scheme: Scheme) -> Placed:
        """Give the same bytes of `x` in a quantization that another operator says they have."""
        if x.scheme.unsigned != scheme.unsigned:
            raise RefusedError("int8 and uint8 are mixed", "quantize the model again")
        if x.scheme == scheme:
            return x
        output = self.tensor(x.tensor.shape, scheme, "/view")
        self.emit(Reshape(source=self.source, input=x.tensor, output=output))
        return replace(x, tensor=output, scheme=scheme)

    # -- edges --------------------------------------------------------------------------------

    def entered(self, value: Outside, scheme: Scheme) -> Placed:
        """Give the int8 tensor that the host makes of a float32 input."""
        if value.name in self.edges:
            held = self.edges[value.name].tensor
            if held.quant != scheme.quant:
                raise RefusedError("the input is quantized in two ways", "quantize it once")
        else:
            tensor = Tensor(name=value.name, shape=value.held, dtype=DType.INT8, quant=scheme.quant)
            self.edges[value.name] = Edge(name=value.name, tensor=tensor, dtype=DType.FLOAT32)
        tensor = self.edges[value.name].tensor
        return Placed(tensor=tensor, order=value.order, scheme=scheme, is_real=False)

    def _integer_input(self, name: str, dtype: str, shape: tuple[int, ...]) -> Placed:
        """Give an input of int8 or uint8, in the quantization that its first reader says."""
        unsigned = dtype == "uint8"
        scheme = _scheme_in_use(self.model, name, unsigned)
        tensor = Tensor(name=name, shape=shape, dtype=DType.INT8, quant=scheme.quant)
        order = tuple(range(len(shape)))
        self.edges[name] = Edge(name=name, tensor=tensor, dtype=DType.INT8)
        if unsigned:
            raw = Tensor(name=name, shape=shape, dtype=DType.UINT8, quant=_as_uint8(scheme))
            self.edges[name] = Edge(name=name, tensor=raw, dtype=DType.UINT8)
            source = Source(index=-1, opcode="INPUT", name=name)
            tensor = replace(tensor, name=f"{name}/int8")
            self.ops.append(Quantize(source=source, input=raw, output=tensor))
        return Placed(tensor=tensor, order=order, scheme=scheme, is_real=False)

    def left(self, name: str) -> Edge:
        """Give the edge of the output `name`."""
        value = self.value(name)
        if isinstance(value, Constant) and value.value.dtype in (np.int8, np.uint8):
            values, _ = as_int8(value.value)
            scheme = Scheme(
                scale=1.0, zero_point=-128 * (value.value.dtype == np.uint8),
                unsigned=bool(value.value.dtype == np.uint8),
            )  # fmt: skip
            tensor = self.constant(values, scheme, f"{name}/constant")
            order = tuple(range(values.ndim))
            value = Placed(tensor=tensor, order=order, scheme=scheme, is_real=False)
        if not isinstance(value, Placed):
            raise RefusedError(
                f"it is computed in float32: {_why_not_integers(name, value)}", FLOAT_HINT
            )
        self.source = Source(index=-1, opcode="OUTPUT", name=name)
        value = self.logical(value)
        if value.is_real:
            return Edge(name=name, tensor=value.tensor, dtype=DType.FLOAT32)
        if not value.scheme.unsigned:
            return Edge(name=name, tensor=value.tensor, dtype=DType.INT8)
        output = replace(value.tensor, name=name, dtype=DType.UINT8, quant=_as_uint8(value.scheme))
        output = replace(output, data=None)
        self.emit(Quantize(source=self.source, input=value.tensor, output=output))
        return Edge(name=name, tensor=output, dtype=DType.UINT8)


def _as_uint8(scheme: Scheme) -> Quantization:
    return replace(scheme, zero_point=scheme.zero_point + 128).quant


def _why_not_integers(name: str, value: Value) -> str:
    """Say what a value is where int8 is needed."""
    match value:
        case Pending():
            return f"'{label(name)}' is what {value.what} gives in float32, not quantized"
        case Outside():
            return f"the input '{label(name)}' is float32 and not quantized"
        case _:
            return f"'{label(name)}' is a constant"


_SCALED: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "DequantizeLinear": ((0, 1, 2),),
    "QLinearConv": ((0, 1, 2),),
    "QLinearMatMul": ((0, 1, 2),),
    "QGemm": ((0, 1, 2),),
    "QLinearAdd": ((0, 1, 2), (3, 4, 5)),
    "QLinearMul": ((0, 1, 2), (3, 4, 5)),
    "QLinearAveragePool": ((0, 1, 2),),
    "QLinearGlobalAveragePool": ((0, 1, 2),),
    "QLinearSigmoid": ((0, 1, 2),),
    "QLinearLeakyRelu": ((0, 1, 2),),
    "QLinearSoftmax": ((0, 1, 2),),
}
"""Which inputs of an operator are bytes, their scale and their zero point."""

CARRIERS = frozenset({
    "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "MaxPool", "Slice",
})  # fmt: skip
"""Operators of one output whose output has the quantization of their first input."""


def _scheme_in_use(model: FileModel, name: str, unsigned: bool) -> Scheme:
    """Give the quantization that the first reader of the input `name` says; else 1 and 0."""
    names = {name}
    for node in model.nodes:
        if node.op in CARRIERS and node.inputs[:1] and node.inputs[0] in names:
            names.update(node.outputs[:1])
        for data, scale, zero_point in _SCALED.get(node.op, ()):
            if len(node.inputs) > scale and node.inputs[data] in names:
                held = model.constants.get(node.inputs[scale])
                index = node.inputs[zero_point] if len(node.inputs) > zero_point else ""
                if held is not None:
                    return scheme_of(held, model.constants.get(index), unsigned=unsigned)
    return Scheme(scale=1.0, zero_point=-128 * unsigned, unsigned=unsigned)


def node_source(node: Node) -> Source:
    """Give the source of the operators that a node becomes."""
    return Source(index=node.index, opcode=node.op, name=label(node.name))


def operand_reals(value: Value) -> npt.NDArray[np.float32] | None:
    """Give the reals of a constant; None for anything else."""
    match value:
        case QuantizedConstant():
            return value.reals
        case Constant() if value.value.dtype == np.float32:
            return np.asarray(value.value, np.float32)
        case _:
            return None
