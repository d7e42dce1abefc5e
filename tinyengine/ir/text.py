"""Write a graph as text: one line per operator, the same text for the same graph."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import fields

import numpy as np

from tinyengine.ir.graph import Edge, Graph
from tinyengine.ir.ops import Halves, Op, Padding, Role, Rounding
from tinyengine.ir.tensor import Array, Quantization, Tensor

Names = Mapping[Tensor, str]

_USUAL = (Rounding.TFLITE, Halves.AWAY)
"""What is not told: how operators of TFLite's int8 round."""


def format_graph(graph: Graph) -> str:
    """Give the text of `graph`, with a final newline.

    Activations are numbered (%0, %1, ...) in the order in which they are made; q(scale, zero
    point) is their quantization. Constants stand as type, shape and CRC-32 of their bytes, scales
    per channel as their count, axis and CRC-32. After `#` stands the model's own operator.
    """
    names = _number(graph)
    lines = [f"graph '{graph.name}'"]
    lines += [
        f"input {names[edge.tensor]}: {_type(edge.tensor)} {_edge(edge)}" for edge in graph.inputs
    ]
    lines += [
        f"state {names[state.tensor]}: {_type(state.tensor)} from {_digest(state.first)}"
        for state in graph.states
    ]
    lines += [_op(op, names) for op in graph.ops]
    lines += [f"output {_operand(edge.tensor, names)} {_edge(edge)}" for edge in graph.outputs]
    return "\n".join(lines) + "\n"


def _number(graph: Graph) -> Names:
    made = dict.fromkeys((*graph.given, *(tensor for op in graph.ops for tensor in op.outputs)))
    return {tensor: f"%{number}" for number, tensor in enumerate(made)}


def _edge(edge: Edge) -> str:
    return f"as {edge.dtype.value} '{edge.name}'"


def _op(op: Op, names: Names) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in _arguments(op, names))
    results = ", ".join(f"{names[tensor]}: {_type(tensor)}" for tensor in op.outputs)
    return f"{results} = {type(op).__name__}({arguments})  # {op.source}"


def _arguments(op: Op, names: Names) -> Iterator[tuple[str, str]]:
    for field in fields(op):
        value = getattr(op, field.name)
        is_output = field.metadata.get("role") is Role.OUTPUT
        if field.name != "source" and not is_output and not any(value is usual for usual in _USUAL):
            yield field.name, _value(value, names)


def _value(value: object, names: Names) -> str:
    match value:
        case Tensor():
            return _operand(value, names)
        case tuple():
            return f"({', '.join(_value(item, names) for item in value)})"
        case np.ndarray():
            return f"{value.dtype}[{_shape(value.shape)}] {_digest(value)}"
        case Padding():
            return f"({value.top}, {value.bottom}, {value.left}, {value.right})"
        case _:
            return str(value)


def _operand(tensor: Tensor, names: Names) -> str:
    if tensor.data is None:
        return names.get(tensor, f"unknown '{tensor.name}'")
    return f"{_type(tensor)} {_digest(tensor.data)}"


def _type(tensor: Tensor) -> str:
    text = f"{tensor.dtype.value}[{_shape(tensor.shape)}]"
    return text if tensor.quant is None else f"{text} {_quant(tensor.quant)}"


def _quant(quant: Quantization) -> str:
    if quant.per_channel:
        scales = np.array(quant.scale, dtype="<f4")
        return f"q({len(quant.scale)} along {quant.axis} {_digest(scales)})"
    return f"q({np.float32(quant.scale[0])!s}, {quant.zero_point[0]})"


def _shape(shape: tuple[int, ...]) -> str:
    return ",".join(str(n) for n in shape)


def _digest(data: Array) -> str:
    little_endian = data.astype(data.dtype.newbyteorder("<"), copy=False)
    return f"@{zlib.crc32(np.ascontiguousarray(little_endian).tobytes()):08x}"
