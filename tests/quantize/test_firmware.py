"""Int8 files of `quantize`: LiteRT's reference kernels and firmware give the same bytes."""

from pathlib import Path

import pytest

from tests.builders.float_networks import small_network
from tests.support import ROOT, require_module, require_tool, shared_models_dir
from tinyengine import compile, quantize_model

MNIST = ROOT / "examples" / "from_pytorch" / "mnist.onnx"


def prove(network: Path, board: str, folder: Path) -> None:
    """Quantize `network`, and compare firmware and interpreter on two inputs."""
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    file = folder / f"{network.stem}.tflite"
    file.write_bytes(quantize_model(network, None).tflite)
    verdict = compile(file, board=board).validate(samples=2)
    assert verdict.bit_exact
    assert verdict.references == ("numpy", "interpreter")


def test_a_tflite_network(tmp_path: Path) -> None:
    network = tmp_path / "net.tflite"
    network.write_bytes(small_network())
    (tmp_path / "made").mkdir()
    prove(network, "mps3-an547", tmp_path / "made")


def test_an_onnx_network(tmp_path: Path) -> None:
    prove(MNIST, "stm32f746", tmp_path)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "board"),
    [
        ("rnet.onnx", "mps3-an547"),
        ("blazeface_front128.onnx", "mps2-an500"),
        ("face_detection_front.tflite", "mps2-an386"),
    ],
)
def test_real_float_networks(name: str, board: str, tmp_path: Path) -> None:
    network = shared_models_dir() / "float" / name
    if not network.is_file():
        pytest.skip(f"no float network {network}")
    prove(network, board, tmp_path)
