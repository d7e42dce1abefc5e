"""Networks as ONNX: float as onnxruntime, int8 exact on six cores, few transposes."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders.onnx_models import run_onnxruntime
from tests.builders.onnx_networks import ghostnet_v2, mobilenet_v2, mobilenet_v3_small, unet
from tests.builders.zoo import IMAGES, images
from tests.models.figures import BOARDS
from tests.support import require_module, require_tool
from tinyengine import compile
from tinyengine.importers.onnx import parse_float
from tinyengine.ir import Transpose
from tinyengine.reference.floats import run_float

NETWORKS = [mobilenet_v2, mobilenet_v3_small, ghostnet_v2, unet]


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
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", IMAGES)
def test_its_int8_network_is_exact_on_six_cores(name: str, board: str, tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    require_module("ai_edge_litert")
    file = tmp_path / f"{name}.tflite"
    file.write_bytes(IMAGES[name]())
    verdict = compile(file, board=board).validate(samples=2)
    assert verdict.bit_exact and verdict.references == ("numpy", "interpreter")
