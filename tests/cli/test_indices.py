"""Models that end in ARG_MAX and ARG_MIN: int32 and int64 from the file to the emulated board."""

import json

import numpy as np
import pytest

from tests.builders.networks import index_network
from tests.cli.command import succeeded
from tests.support import require_module, require_tool
from tinyengine.reference.interpreter import run_interpreter

IMAGE = np.random.default_rng(5).integers(-128, 128, (1, 5, 4, 3)).astype(np.int8)


@pytest.fixture
def model(tmp_path):
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "indices.tflite"
    path.write_bytes(index_network())
    return path


@pytest.mark.parametrize("board", ["microbit", "mps2-an385", "stm32f746", "mps3-an547"])
def test_a_board_gives_the_interpreters_indices(model, board):
    require_module("ai_edge_litert")
    require_tool("qemu-system-arm")
    told = succeeded("validate", model, "--board", board, "--samples", 2, "--json").json()
    assert told["references"] == ["numpy", "interpreter"] and told["bit_exact"] is True


def test_run_writes_indices_in_the_models_types(model, tmp_path):
    require_module("ai_edge_litert")
    np.save(tmp_path / "image.npy", IMAGE)
    outputs = [tmp_path / f"{name}.npy" for name in ("classes", "lowest")]
    arguments = [option for path in outputs for option in ("--output", path)]
    command = ("run", model, "--board", "stm32f746", "--input", tmp_path / "image.npy")
    told = succeeded(*command, *arguments, "--json").json()
    assert [np.load(path).dtype for path in outputs] == [np.int32, np.int64]
    for path, expected, port in zip(
        outputs, run_interpreter(model.read_bytes(), [IMAGE]), told["outputs"], strict=True
    ):
        written = np.load(path)
        np.testing.assert_array_equal(written, expected)
        assert port["values"] == expected.reshape(-1).tolist()


def test_report_and_header_declare_the_types(model, tmp_path):
    target = tmp_path / "out"
    succeeded("compile", model, "--board", "stm32f746", "-o", target)
    outputs = json.loads((target / "report.json").read_text())["outputs"]
    assert [(port["dtype"], port["scale"], port["bytes"]) for port in outputs] == [
        ("int32", None, 5 * 4 * 4),
        ("int64", None, 4 * 6 * 8),
    ]
    header = (target / "indices.h").read_text()
    assert "int32 [1, 5, 4], 80 bytes" in header
    assert "int32_t *output0, int64_t *output1" in " ".join(header.split())
