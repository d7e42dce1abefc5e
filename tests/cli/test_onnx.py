"""ONNX files go the whole way: explained, compiled, validated byte by byte on emulated boards."""

import pytest

from tests.cli.command import refused, succeeded
from tests.importers.onnx.test_layout import network
from tests.support import require_module, require_tool


@pytest.fixture
def file(tmp_path):
    require_module("onnx")
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "net.onnx"
    path.write_bytes(network())
    return path


@pytest.mark.parametrize("board", ["stm32f746", "mps2-an385", "mps3-an547"])
def test_every_byte_is_that_of_the_named_reference(board, file):
    told = succeeded("validate", file, "--board", board, "--samples", 2, "--json").json()
    assert told["references"] == ["numpy"]
    assert told["bit_exact"] is True
    values = 2 * 16 * 3 * 3
    assert told["onnxruntime"] == {"equal": values, "values": values, "refused": ""}


def test_the_table_tells_how_far_onnxruntime_agrees(file):
    require_module("onnxruntime")
    table = succeeded("validate", file, "--board", "stm32f746", "--samples", 1).stdout
    assert "equal in 144 of 144 output values" in table


def test_explain_shows_operators_shapes_and_macs(file):
    told = succeeded("explain", file, "--json").json()
    assert told["supported"] is True
    # 3x3 convolutions of 6x6 pixels: 3 channels to 8, and 8 to 8; MACs stand where q is.
    assert told["macs"] == 36 * 9 * (3 * 8 + 8 * 8)
    convolution = next(op for op in told["operators"] if op["op"] == "Conv")
    assert convolution["inputs"][0]["shape"] == [1, 3, 6, 6]
    assert told["inputs"] == [{"name": "x", "shape": [1, 3, 6, 6], "dtype": "float32"}]
    assert told["outputs"] == [{"name": "o", "shape": [1, 16, 3, 3], "dtype": "float32"}]


def test_a_broken_file_is_refused(tmp_path):
    require_module("onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\xff" * 100)
    assert "it is no ONNX model" in refused(3, "explain", path)
