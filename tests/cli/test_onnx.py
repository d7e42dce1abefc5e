"""ONNX files go the whole way: explained, compiled, validated byte by byte on emulated boards."""

import importlib

import pytest

from tests.builders.networks import small_network
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


def test_transposes_that_remain_are_shown(file):
    told = succeeded("explain", file, "--json").json()
    shapes = [(each["input_shape"], each["output_shape"]) for each in told["transposes"]]
    assert shapes == [([1, 3, 6, 6], [1, 6, 6, 3]), ([1, 3, 3, 16], [1, 16, 3, 3])]
    table = succeeded("explain", file).stdout
    assert "transpose on the device: [1, 3, 6, 6] to [1, 6, 6, 3], for op " in table
    assert "transpose on the device: [1, 3, 3, 16] to [1, 16, 3, 3], for output 'o'" in table


def test_the_header_says_what_the_axes_are(file, tmp_path):
    succeeded("compile", file, "--board", "stm32f746", "-o", tmp_path / "out")
    words = " * channels x height x width, channels first (N, C, H, W)\n"
    assert (tmp_path / "out" / "net.h").read_text().count(words) == 2


def open_network():
    """Give a network whose input leaves height and width open."""
    require_module("onnx")
    onnx = importlib.import_module("onnx")
    proto = onnx.ModelProto.FromString(network())
    for dim, name in zip(proto.graph.input[0].type.tensor_type.shape.dim[2:], "HW", strict=True):
        dim.dim_param = name
    return proto.SerializeToString()


def test_open_dimensions_are_fixed_by_an_option(tmp_path):
    path = tmp_path / "open.onnx"
    path.write_bytes(open_network())
    assert refused(3, "explain", path) == (
        "error: open.onnx: input 'x': has an open dimension beside the batch\n"
        "  hint: say it: --shape x=1,3,H,W, with numbers for H, W"
    )
    assert refused(2, "explain", path, "--shape", "x=1,3") == (
        "error: --shape: input 'x' has the shape [1, 3, open, open] in the file"
    )
    assert refused(2, "explain", path, "--shape", "big") == (
        "error: --shape: 'big' is not NAME=1,3,48,48"
    )
    succeeded("validate", path, "--board", "stm32f746", "--samples", 1, "--shape", "x=1,3,4,4")


def test_a_tflite_file_leaves_no_shape_open(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(small_network())
    assert refused(2, "explain", path, "--shape", "x=1,8") == (
        "error: --shape: net.tflite fixes the shapes itself: TFLite files do"
    )


def test_a_broken_file_is_refused(tmp_path):
    require_module("onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\xff" * 100)
    assert "it is no ONNX model" in refused(3, "explain", path)
