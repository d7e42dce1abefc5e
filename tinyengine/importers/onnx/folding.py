"""Compute what depends on constants alone: arithmetic on shapes, and constants made of others."""

import importlib
import math

import numpy as np

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.model import constant
from tinyengine.importers.onnx.values import Constant, Value
from tinyengine.importers.refusals import RefusedError
from tinyengine.ir import Array

FOLDED = frozenset({
    "Abs", "Add", "And", "Cast", "Ceil", "Concat", "Div", "Equal", "Expand", "Flatten", "Floor",
    "Gather", "Greater", "GreaterOrEqual", "Identity", "Less", "LessOrEqual", "Max", "Min", "Mod",
    "Mul", "Neg", "Not", "Or", "Pow", "Range", "Reciprocal", "ReduceMax", "ReduceMin",
    "ReduceProd", "ReduceSum", "Reshape", "Round", "Sign", "Slice", "Split", "Sqrt", "Squeeze",
    "Sub", "Tile", "Transpose", "Unsqueeze", "Where",
})  # fmt: skip
"""Operators that are computed where all their inputs are constants."""

_MOST_ELEMENTS = 1 << 22


def constant_node(call: Call) -> Value:
    """Import Constant."""
    attributes = call.node.attributes
    if attributes.get("value") is not None:
        onnx = importlib.import_module("onnx")
        return Constant(value=constant(onnx, attributes["value"], call.b.model.name))
    for name, dtype in (
        ("value_float", np.float32), ("value_floats", np.float32),
        ("value_int", np.int64), ("value_ints", np.int64),
    ):  # fmt: skip
        if attributes.get(name) is not None:
            return Constant(value=np.array(attributes[name], dtype))
    raise RefusedError("its value is of a type that is not supported", "export the model again")


def constant_of_shape(call: Call) -> Value:
    """Import ConstantOfShape, for a shape that is known."""
    shape = call.integers(0, "shape")
    if any(size < 0 for size in shape) or math.prod(shape) > _MOST_ELEMENTS:
        raise RefusedError(f"its shape {shape} is too large")
    held = call.node.attributes.get("value")
    value: Array = np.zeros(1, np.float32)
    if held is not None:
        value = constant(importlib.import_module("onnx"), held, call.b.model.name)
    return Constant(value=np.full(shape, value.reshape(-1)[0]))


def fold(call: Call) -> tuple[Value, ...] | None:
    """Give the outputs of a node whose inputs are all constants; None where they are not."""
    if call.node.op not in FOLDED or not call.node.inputs:
        return None
    inputs: dict[str, Array] = {}
    for name in filter(None, call.node.inputs):
        value = call.b.values.get(name)
        if not isinstance(value, Constant):
            return None
        inputs[name] = value.value
    if sum(value.size for value in inputs.values()) > _MOST_ELEMENTS:
        raise RefusedError("it computes too many constants", "fold them when exporting")
    if not _result_size(call) <= _MOST_ELEMENTS:
        raise RefusedError("it computes too many constants", "fold them when exporting")
    try:
        results = _evaluated(call, inputs)
    except Exception as error:  # the package's evaluator raises whatever numpy does
        raise RefusedError(f"its constants cannot be computed: {error}"[:200]) from error
    return tuple(Constant(value=np.asarray(each)) for each in results)


def _result_size(call: Call) -> float:
    """Give about how many values an operator gives that can make many of few."""
    values = [
        np.asarray(call.array(position, "operand"), np.float64).reshape(-1)
        for position in range(len(call.node.inputs))
        if call.has(position)
    ]
    with np.errstate(all="ignore"):
        match call.node.op, values:
            case "Expand", [data, shape]:
                return float(np.prod(np.maximum(shape, 1))) * data.size
            case "Tile", [data, repeats]:
                return float(np.prod(repeats)) * data.size
            case "Range", [start, limit, delta]:
                return float(np.abs((limit[:1] - start[:1]) / delta[:1]).max(initial=0.0))
            case _, _:
                return float(math.prod(_broadcast_size(call)))


def _broadcast_size(call: Call) -> tuple[int, ...]:
    """Give the shape that operands broadcast to; nothing where they do not."""
    shapes = [
        call.array(position, "operand").shape
        for position in range(len(call.node.inputs))
        if call.has(position)
    ]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return ()


def _evaluated(call: Call, inputs: dict[str, Array]) -> list[Array]:
    """Run one node in the package's reference evaluator."""
    helper = importlib.import_module("onnx.helper")
    evaluator = importlib.import_module("onnx.reference")
    attributes = {k: v for k, v in call.node.attributes.items() if v is not None}
    node = helper.make_node(call.node.op, call.node.inputs, call.node.outputs, **attributes)
    types = {name: helper.np_dtype_to_tensor_dtype(v.dtype) for name, v in inputs.items()}
    graph = helper.make_graph(
        [node],
        "fold",
        [helper.make_tensor_value_info(n, types[n], inputs[n].shape) for n in inputs],
        [helper.make_empty_tensor_value_info(name) for name in call.node.outputs],
    )
    opset = helper.make_opsetid("", call.opset)
    session = evaluator.ReferenceEvaluator(helper.make_model(graph, opset_imports=[opset]))
    return list(session.run(None, inputs))
