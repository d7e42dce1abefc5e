"""Mobile networks as ONNX: float as onnxruntime, int8 exact on the device, few transposes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders.onnx_models import run_onnxruntime
from tests.builders.onnx_networks import ghostnet_v2, mobilenet_v2, mobilenet_v3_small
from tests.support import require_tool
from tinyengine import compile, quantize_model
from tinyengine.importers.onnx import parse_float
from tinyengine.ir import Transpose
from tinyengine.reference.floats import run_float

NETWORKS = [mobilenet_v2, mobilenet_v3_small, ghostnet_v2]


def images(count: int, file: bytes, seed: int = 0) -> np.ndarray:
    shape = parse_float(file, "net.onnx").inputs[0].tensor.shape
    coarse = np.random.default_rng(seed).normal(0, 1, (count, shape[1], 8, 8))
    step = shape[2] // 8
    return np.repeat(np.repeat(coarse, step, 2), step, 3).astype(np.float32)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_float_network_is_onnxruntimes(network: Callable[[], bytes]) -> None:
    file = network()
    graph = parse_float(file, "net.onnx")
    (x,) = images(1, file)
    (wanted,) = run_onnxruntime(file, {"image": x[None]})
    (found,) = run_float(graph, [x[None]])
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * float(np.abs(wanted).max()))
    transposes = [op for op in graph.ops if isinstance(op, Transpose)]
    # The input's axes, and those of the pooled [1, C, 1, 1] before it becomes a row.
    assert len(transposes) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_its_int8_network_is_exact_on_the_board(
    network: Callable[[], bytes], tmp_path: Path
) -> None:
    require_tool("arm-none-eabi-gcc")
    file = network()
    (tmp_path / "net.onnx").write_bytes(file)
    np.save(tmp_path / "x.npy", images(32, file))
    made = quantize_model(tmp_path / "net.onnx", tmp_path / "x.npy")
    assert made.score.sqnr is not None
    assert made.score.sqnr > 10
    (tmp_path / "net.tflite").write_bytes(made.tflite)
    verdict = compile(tmp_path / "net.tflite", board="mps2-an500").validate(samples=2)
    assert verdict.bit_exact
    assert "interpreter" in " ".join(verdict.references)
