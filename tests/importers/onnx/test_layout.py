"""NCHW becomes NHWC: transposes are left at the edges alone, if at all."""

import numpy as np
import pytest

from tests.builders.onnx_models import Node, model, node
from tests.importers.onnx.cases import SCALARS
from tests.support import require_module
from tinyengine.importers.onnx import parse
from tinyengine.ir import DType, Transpose
from tinyengine.passes import run_passes
from tinyengine.reference import run

require_module("onnx")
RNG = np.random.default_rng(11)


def block(constants: dict, x: str, channels: tuple[int, int], name: str) -> list[Node]:
    """Give a convolution between quantizations, from the reals `x` to the reals `name`."""
    shape = (channels[1], channels[0], 3, 3)
    constants |= {
        f"{name}_w": RNG.integers(-127, 128, shape).astype(np.int8),
        f"{name}_s": np.full(channels[1], 0.004, np.float32),
        f"{name}_z": np.zeros(channels[1], np.int8),
    }
    return [
        node("DequantizeLinear", f"{name}_w {name}_s {name}_z", f"{name}_k", axis=0),
        node("Conv", f"{x} {name}_k", f"{name}_c", pads=[1, 1, 1, 1]),
        node("Relu", f"{name}_c", f"{name}_r"),
        node("QuantizeLinear", f"{name}_r t v", f"{name}_q"),
        node("DequantizeLinear", f"{name}_q t v", name),
    ]


def network(*, channels: int = 3, kind: str = "float32") -> bytes:
    """Give two convolutions, a residual, a concatenation over channels, and a flattened head."""
    constants: dict = {}
    ends = {"inputs": {"x": (kind, (1, channels, 6, 6))}, "outputs": {"o": ("float32", None)}}
    first = [node("QuantizeLinear", "x s z", "i")] if kind == "float32" else []
    nodes = [
        *first,
        node("DequantizeLinear", "i s z" if first else "x s z", "f"),
        *block(constants, "f", (channels, 8), "a"),
        *block(constants, "a", (8, 8), "b"),
        node("Add", "a b", "sum"),
        node("QuantizeLinear", "sum u v", "sum_q"),
        node("DequantizeLinear", "sum_q u v", "sum_f"),
        node("Concat", "sum_f b", "both", axis=1),
        node("QuantizeLinear", "both u v", "both_q"),
        node("DequantizeLinear", "both_q u v", "both_f"),
        node("Transpose", "both_f", "there", perm=[0, 2, 3, 1]),
        node("Transpose", "there", "back", perm=[0, 3, 1, 2]),
        node("MaxPool", "back", "most", kernel_shape=[2, 2], strides=[2, 2]),
        node("QuantizeLinear", "most u v", "most_q"),
        node("DequantizeLinear", "most_q u v", "o"),
    ]
    return model(nodes, constants={**SCALARS, **constants}, **ends)


@pytest.mark.parametrize(("channels", "at_input"), [(3, 1), (1, 0)])
def test_transposes_are_left_at_the_edges_alone(channels: int, at_input: int) -> None:
    graph = run_passes(parse(network(channels=channels), "m.onnx"))
    transposes = [op for op in graph.ops if isinstance(op, Transpose)]
    assert len(transposes) == at_input + 1
    for op in transposes:
        assert op.input in graph.input_tensors or op.output in graph.output_tensors


def test_edges_have_the_shapes_of_the_file() -> None:
    graph = parse(network(), "m.onnx")
    assert graph.inputs[0].tensor.shape == (1, 3, 6, 6)
    assert graph.inputs[0].dtype is DType.FLOAT32
    assert graph.outputs[0].tensor.shape == (1, 16, 3, 3)


def test_bytes_of_uint8_come_and_go_as_they_are() -> None:
    nodes = [node("Identity", "x", "i"), node("Transpose", "i", "o", perm=[0, 2, 3, 1])]
    file = model(nodes, {"x": ("uint8", (1, 2, 3, 4))}, {"o": ("uint8", None)}, {})
    values = RNG.integers(0, 256, (1, 2, 3, 4)).astype(np.uint8)
    graph = parse(file, "m.onnx")
    assert graph.inputs[0].dtype is graph.outputs[0].dtype is DType.UINT8
    (result,) = run(graph, [values])
    np.testing.assert_array_equal(result, values.transpose(0, 2, 3, 1))
    (result,) = run(run_passes(graph), [values])
    np.testing.assert_array_equal(result, values.transpose(0, 2, 3, 1))
