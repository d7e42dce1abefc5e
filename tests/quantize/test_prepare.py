"""Rewrites before quantization change nothing in float."""

import numpy as np

from tests.builders.onnx_models import Node, model, node, run_onnxruntime
from tinyengine.importers.onnx import parse_float
from tinyengine.quantize.prepare import prepare
from tinyengine.reference.floats import run_float

RNG = np.random.default_rng(3)


def drawn(*shape: int) -> np.ndarray:
    return RNG.normal(0, 1, shape).astype(np.float32)


def prepared(nodes: list[Node], constants: dict[str, np.ndarray], *shape: int) -> list[str]:
    """Give the names of the operators that are left, after comparing with onnxruntime."""
    file = model(nodes, {"x": ("float32", shape)}, {"y": ("float32", None)}, constants)
    graph = prepare(parse_float(file, "net.onnx"))
    x = drawn(*shape)
    (wanted,) = run_onnxruntime(file, {"x": x})
    (found,) = run_float(graph, [x])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * float(np.abs(wanted).max()))
    return [type(op).__name__ for op in graph.ops if type(op).__name__ != "Transpose"]


def test_a_normalization_folds_into_the_convolution_before_it() -> None:
    nodes = [node("Conv", "x w", "a"), node("BatchNormalization", "a s b m v", "y")]
    constants = {
        "w": drawn(4, 3, 3, 3), "s": drawn(4), "b": drawn(4), "m": drawn(4),
        "v": np.abs(drawn(4)) + 0.1,
    }  # fmt: skip
    assert prepared(nodes, constants, 1, 3, 6, 6) == ["Conv2D"]


def test_a_sum_after_a_matrix_product_becomes_its_bias() -> None:
    nodes = [node("MatMul", "x w", "a"), node("Add", "a b", "y")]
    assert prepared(nodes, {"w": drawn(6, 4), "b": drawn(4)}, 1, 6) == ["FullyConnected"]


def test_a_product_whose_operand_others_read_stays() -> None:
    nodes = [node("Conv", "x w", "a"), node("Mul", "a c", "b"), node("Add", "a b", "y")]
    left = prepared(nodes, {"w": drawn(4, 3, 1, 1), "c": drawn(4, 1, 1)}, 1, 3, 5, 5)
    assert left == ["Conv2D", "Mul", "Add"]


def test_zeros_beside_channels_become_padding() -> None:
    nodes = [node("Relu", "x", "a"), node("Concat", "a z", "y", axis=1)]
    left = prepared(nodes, {"z": np.zeros((1, 2, 5, 5), np.float32)}, 1, 3, 5, 5)
    assert left == ["Clamp", "Pad"]


def test_a_pool_padded_on_all_sides_pads_with_zeros_after_a_relu() -> None:
    pool = node("MaxPool", "a", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    assert prepared([node("Relu", "x", "a"), pool], {}, 1, 3, 8, 8) == ["Clamp", "Pad", "MaxPool2D"]
