"""Float ONNX files become float graphs that compute what onnxruntime computes."""

from typing import Any

import numpy as np
import pytest

from tests.builders.onnx_models import Node, model, node, run_onnxruntime
from tests.importers.onnx.float_cases import FLOAT_CASES, FloatCase
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


@pytest.mark.parametrize("case", FLOAT_CASES, ids=lambda case: case.tell)
def test_operator_computes_as_onnxruntime(case: FloatCase) -> None:
    graph = parse_float(case.file(), "net.onnx")
    verify(graph, Level.FLOAT)
    for x in case.samples(2):
        (wanted,) = run_onnxruntime(case.file(), {"x": x})
        (found,) = run_float(graph, [x])
        assert found.shape == wanted.shape
        most = 1e-5 * float(np.abs(wanted).max())
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=most)


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


def test_an_unknown_operator_is_named_with_those_that_are_known() -> None:
    file = model([node("Erf", "x", "y")], {"x": ("float32", (1, 3))}, {"y": ("float32", None)}, {})
    with pytest.raises(ModelError, match="Erf is not supported in float networks"):
        parse_float(file, "net.onnx")


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ([node("Gemm", "x x", "y")], "its second operand is computed, not constant"),
        ([node("MatMul", "x w", "y")], "its weight [4, 3, 1, 1] is no matrix"),
        ([node("Conv", "x w", "y", group=2)], "its weight [4, 3, 1, 1] and 2 groups do not fit 3"),
        (
            [node("ConvTranspose", "x w", "y")],
            "its weight [4, 3, 1, 1] does not fit [1, 3, 5, 5]",
        ),
        ([node("ConvTranspose", "x v", "y", group=3)], "it has groups or dilations"),
        ([node("ConvTranspose", "x v", "y", strides=[2, 3])], "its strides 2 by 3 differ"),
        ([node("DepthToSpace", "x", "y", blocksize=2)], "3 channels do not hold blocks of 2x2"),
        ([node("Expand", "x n", "y")], "it copies values that are computed"),
        ([node("Div", "x x", "y")], "its divisor is no constant other than 0"),
        ([node("Clip", "x w", "y")], "its bound [4, 3, 1, 1] is not one number"),
    ],
)  # fmt: skip
def test_what_is_refused_has_a_reason_and_a_hint(nodes: list[Node], problem: str) -> None:
    constants = {"w": drawn(4, 3, 1, 1), "v": drawn(3, 2, 2, 2), "n": np.array([2, 3, 5, 5])}
    edges = {"x": ("float32", (1, 3, 5, 5))}, {"y": ("float32", None)}
    with pytest.raises(ModelError) as caught:
        parse_float(model(nodes, *edges, constants), "net.onnx")
    first, hint = str(caught.value).splitlines()
    assert first.startswith(f"error: net.onnx: op 0 {nodes[0].op} 'y': {problem}")
    assert hint.startswith("  hint: ")


def test_weights_that_are_not_finite_are_refused() -> None:
    w = drawn(3, 2)
    w[1, 1] = np.inf
    file = model(
        [node("MatMul", "x w", "y")], {"x": ("float32", (1, 3))}, {"y": ("float32", None)}, {"w": w}
    )
    with pytest.raises(ModelError, match="not finite"):
        parse_float(file, "net.onnx")
