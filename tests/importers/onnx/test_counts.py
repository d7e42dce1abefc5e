"""How often onnxruntime differs from the named reference, over ten million outputs each."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.builders.onnx_models import model, node, run_onnxruntime
from tests.support import require_module
from tinyengine.importers.onnx import parse
from tinyengine.reference import run

pytestmark = pytest.mark.slow

OUTPUTS = 10_000_000


def scales(rng: np.random.Generator, count: int | None = None) -> Any:
    return np.asarray(rng.uniform(0.0005, 0.02, count), np.float32)


def convolution(rng: np.random.Generator) -> tuple[bytes, tuple[int, ...]]:
    constants = {
        "w": rng.integers(-127, 128, (64, 16, 3, 3)).astype(np.int8), "ws": scales(rng, 64),
        "wz": np.zeros(64, np.int8), "b": rng.integers(-9999, 9999, 64).astype(np.int32),
        **ends(rng, 0.9),
    }  # fmt: skip
    nodes = [node("QLinearConv", "x s z w ws wz t v b", "o", pads=[1, 1, 1, 1])]
    return file(nodes, (1, 16, 72, 72), constants), (1, 16, 72, 72)


def product(rng: np.random.Generator) -> tuple[bytes, tuple[int, ...]]:
    constants = {
        "w": rng.integers(-127, 128, (64, 512)).astype(np.int8), "ws": scales(rng, 512),
        "wz": np.zeros(512, np.int8), **ends(rng, 0.9),
    }  # fmt: skip
    return file([node("QLinearMatMul", "x s z w ws wz t v", "o")], (640, 64), constants), (640, 64)


def gemm(rng: np.random.Generator) -> tuple[bytes, tuple[int, ...]]:
    constants = {
        "w": rng.integers(-127, 128, (512, 64)).astype(np.int8), "ws": scales(rng, 512),
        "wz": np.zeros(512, np.int8), "b": rng.integers(-9999, 9999, 512).astype(np.int32),
        **ends(rng, 0.9),
    }  # fmt: skip
    nodes = [node("QGemm", "x s z w ws wz b t v", "o", transB=1)]
    return file(nodes, (640, 64), constants), (640, 64)


def elementwise(op: str) -> Any:
    def build(rng: np.random.Generator) -> tuple[bytes, tuple[int, ...]]:
        shape = (1, 512, 640)
        constants = {**ends(rng, 0.05 if op == "QLinearMul" else 0.03), "r": scales(rng)}
        return file([node(op, "x s z y r v t v", "o")], shape, constants, two=True), shape

    return build


def quantized_sum(decimal: bool) -> Any:
    """Give Add between quantizations; decimal scales make many sums halves."""

    def build(rng: np.random.Generator) -> tuple[bytes, tuple[int, ...]]:
        shape = (1, 512, 640)
        short = rng.choice(np.array([0.1, 0.2, 0.3, 0.5, 0.01, 0.02, 0.05], np.float32), 3)
        s, r, t = short if decimal else scales(rng, 3)
        constants = {"s": s, "z": np.int8(rng.integers(-99, 99)), "r": r, "t": t, "v": np.int8(3)}
        nodes = [
            node("DequantizeLinear", "x s z", "a"), node("DequantizeLinear", "y r v", "b"),
            node("Add", "a b", "c"), node("QuantizeLinear", "c t v", "o"),
        ]  # fmt: skip
        return file(nodes, shape, constants, two=True), shape

    return build


def ends(rng: np.random.Generator, step: float) -> dict[str, Any]:
    return {
        "s": scales(rng), "z": np.int8(rng.integers(-128, 128)),
        "t": np.float32(step * rng.uniform(0.5, 1)), "v": np.int8(rng.integers(-50, 50)),
    }  # fmt: skip


def file(
    nodes: Any, shape: tuple[int, ...], constants: Mapping[str, Any], two: bool = False
) -> bytes:
    inputs = dict.fromkeys("xy" if two else "x", ("int8", shape))
    return model(nodes, inputs, {"o": ("int8", None)}, constants)


@pytest.mark.parametrize(
    ("build", "most"),
    [
        pytest.param(convolution, 0.0, id="QLinearConv"),
        pytest.param(product, 0.0, id="QLinearMatMul"),
        pytest.param(gemm, 0.0, id="QGemm"),
        pytest.param(elementwise("QLinearMul"), 0.0, id="QLinearMul"),
        pytest.param(elementwise("QLinearAdd"), 1e-5, id="QLinearAdd"),
        pytest.param(quantized_sum(decimal=False), 1e-5, id="Add"),
    ],
)
def test_outputs_are_onnxruntimes(build: Any, most: float, record_property: Any) -> None:
    count(build, most, record_property, fuses=True)


@pytest.mark.parametrize("decimal", [False, True])
def test_sums_are_those_of_the_standards_operators(decimal: bool, record_property: Any) -> None:
    """Where onnxruntime does not fuse, every output is the reference's."""
    count(quantized_sum(decimal), 0.0, record_property, fuses=False)


def count(build: Any, most: float, record_property: Any, *, fuses: bool) -> None:
    """Count the outputs that differ, among ten million."""
    require_module("onnxruntime")
    rng = np.random.default_rng(1)
    total = differ = 0
    while total < OUTPUTS:
        data, _ = build(rng)
        graph = parse(data, "m.onnx")
        values = {
            edge.name: rng.integers(-128, 128, edge.tensor.shape).astype(np.int8)
            for edge in graph.inputs
        }
        (mine,), (theirs,) = (
            run(graph, list(values.values())),
            run_onnxruntime(data, values, fuses=fuses),
        )
        steps = np.abs(mine.astype(int) - theirs.astype(int))
        assert steps.max() <= 1
        differ += int(np.count_nonzero(steps))
        total += steps.size
    record_property("differ", f"{differ} of {total:,}")
    assert differ <= most * total, f"{differ} of {total:,} differ"
