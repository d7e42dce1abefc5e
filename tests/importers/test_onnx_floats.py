"""Float ONNX files become float graphs that compute what onnxruntime computes."""

from typing import Any

import numpy as np
import pytest

from tests.builders.onnx_models import Node, model, node, run_onnxruntime
from tinyengine.errors import ModelError
from tinyengine.importers.onnx import parse_float
from tinyengine.ir import Graph, Level, Transpose, verify
from tinyengine.reference.floats import run_float

RNG = np.random.default_rng(7)


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(0, 1, shape).astype(np.float32)


def agree(
    nodes: list[Node],
    constants: dict[str, Any],
    *shape: int,
    opset: int = 21,
    rank: int | None = None,
) -> Graph:
    """Compare the network from x to y with onnxruntime; give its graph."""
    out = None if rank is None else [f"d{i}" for i in range(rank)]
    file = model(nodes, {"x": ("float32", shape)}, {"y": ("float32", out)}, constants, opset=opset)
    graph = parse_float(file, "net.onnx")
    verify(graph, Level.FLOAT)
    x = drawn(*shape)
    (wanted,) = run_onnxruntime(file, {"x": x})
    (found,) = run_float(graph, [x])
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * float(np.abs(wanted).max()))
    return graph


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"strides": [2, 1]},
        {"pads": [1, 0, 2, 1]},
        {"dilations": [2, 2]},
        {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
        {"auto_pad": "SAME_UPPER", "strides": [2, 2]},
    ],
)
def test_convolutions(attributes: dict[str, Any]) -> None:
    constants = {"w": drawn(4, 3, 3, 2), "b": drawn(4)}
    agree([node("Conv", "x w b", "y", **attributes)], constants, 1, 3, 9, 8)


def test_a_depthwise_convolution() -> None:
    nodes = [node("Conv", "x w -", "y", group=6, pads=[1, 1, 1, 1])]
    nodes[0] = Node(op="Conv", inputs=["x", "w"], outputs=["y"], attributes=nodes[0].attributes)
    agree(nodes, {"w": drawn(6, 1, 3, 3)}, 1, 6, 7, 7)


def test_a_convolution_of_one_dimension() -> None:
    agree([node("Conv", "x w", "y", strides=[2])], {"w": drawn(5, 3, 4)}, 1, 3, 20)


@pytest.mark.parametrize("attributes", [{}, {"transB": 1, "alpha": 0.5, "beta": 2.0}])
def test_gemm(attributes: dict[str, Any]) -> None:
    shape = (5, 7) if attributes else (7, 5)
    agree([node("Gemm", "x w b", "y", **attributes)], {"w": drawn(*shape), "b": drawn(5)}, 1, 7)


def test_matmul_and_the_sum_after_it() -> None:
    nodes = [node("MatMul", "x w", "p"), node("Add", "p b", "y")]
    agree(nodes, {"w": drawn(7, 5), "b": drawn(5)}, 1, 7)


@pytest.mark.parametrize(
    "op",
    ["Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Abs", "Exp",
     "Neg", "Gelu"],
)  # fmt: skip
def test_functions_of_one_value(op: str) -> None:
    agree([node(op, "x", "y")], {}, 1, 3, 4, 5)


def test_clip_with_bounds() -> None:
    constants = {"low": np.float32(-0.5), "high": np.float32(0.75)}
    agree([node("Clip", "x low high", "y")], constants, 1, 3, 4, 5)


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("shape", [(3, 1, 1), (1, 3, 1, 1), (), (1, 3, 4, 5)])
def test_arithmetic_with_constants(op: str, shape: tuple[int, ...]) -> None:
    agree([node(op, "x c", "y")], {"c": np.abs(drawn(*shape)) + 1}, 1, 3, 4, 5)


def test_prelu_has_a_slope_for_each_channel() -> None:
    agree([node("PRelu", "x s", "y")], {"s": drawn(3, 1, 1)}, 1, 3, 4, 5)


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 0, 0]])
def test_pools(op: str, pads: list[int]) -> None:
    agree([node(op, "x", "y", kernel_shape=[2, 3], strides=[2, 2], pads=pads)], {}, 1, 3, 8, 9)


def test_means_keep_or_drop_dimensions() -> None:
    agree([node("GlobalAveragePool", "x", "y")], {}, 1, 3, 4, 5)
    agree([node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)], {}, 1, 3, 4, 5, opset=13)


def test_batch_normalization() -> None:
    constants = {"s": drawn(3), "b": drawn(3), "m": drawn(3), "v": np.abs(drawn(3)) + 0.1}
    agree([node("BatchNormalization", "x s b m v", "y")], constants, 1, 3, 4, 5)


def test_images_stay_as_they_lie_between_convolutions() -> None:
    nodes = [
        node("Conv", "x w", "a", pads=[1, 1, 1, 1]),
        node("Relu", "a", "b"),
        node("MaxPool", "b", "c", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "c v", "d"),
        node("Concat", "d d", "e", axis=1),
        node("Softmax", "e", "f", axis=1),
        node("Flatten", "f", "y"),
    ]
    graph = agree(nodes, {"w": drawn(4, 3, 3, 3), "v": drawn(2, 4, 1, 1)}, 1, 3, 8, 8)
    kinds = [type(op) for op in graph.ops]
    assert kinds.count(Transpose) == 2  # the input becomes NHWC, and flatten wants NCHW


def test_shape_arithmetic_is_folded() -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n", axis=0),
        node("Unsqueeze", "n axis", "m"),
        node("Concat", "m rest", "t", axis=0),
        node("Reshape", "x t", "y"),
    ]
    constants = {
        "zero": np.array(0, np.int64), "axis": np.array([0], np.int64),
        "rest": np.array([-1], np.int64),
    }  # fmt: skip
    agree(nodes, constants, 1, 3, 4, 5)


def test_an_unknown_operator_is_named_with_those_that_are_known() -> None:
    file = model([node("Erf", "x", "y")], {"x": ("float32", (1, 3))}, {"y": ("float32", None)}, {})
    with pytest.raises(ModelError, match="Erf is not supported in float networks"):
        parse_float(file, "net.onnx")


def test_weights_that_are_not_finite_are_refused() -> None:
    w = drawn(3, 2)
    w[1, 1] = np.inf
    file = model(
        [node("MatMul", "x w", "y")], {"x": ("float32", (1, 3))}, {"y": ("float32", None)}, {"w": w}
    )
    with pytest.raises(ModelError, match="not finite"):
        parse_float(file, "net.onnx")
