"""Models of bools, int32 and int64: from the file over the header to the emulated board."""

import json

import numpy as np
import pytest

from tests.builders.networks import numbers_network
from tests.cli.command import succeeded
from tests.support import require_module, require_tool
from tinyengine.reference.interpreter import run_interpreter

INPUTS = {
    "mask": np.array([[True, False, False], [True, True, False]]),
    "counts": np.array([[1, -2], [1 << 30, 4], [-(1 << 31), 6]], np.int32),
    "keys": np.array([[1, -2, 1 << 60, 4, -(1 << 63)]], np.int64),
    "words": np.array([6, 0, 6, 3], np.int64),
}


@pytest.fixture
def model(tmp_path):
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "numbers.tflite"
    path.write_bytes(numbers_network())
    return path


@pytest.mark.parametrize("board", ["microbit", "stm32f746", "mps3-an547"])
def test_a_board_gives_the_interpreters_numbers(model, board):
    require_module("ai_edge_litert")
    require_tool("qemu-system-arm")
    told = succeeded("validate", model, "--board", board, "--samples", 3, "--json").json()
    assert told["references"] == ["numpy", "interpreter"] and told["bit_exact"] is True


def test_run_takes_and_gives_arrays_of_the_models_types(model, tmp_path):
    require_module("ai_edge_litert")
    command = ["run", model, "--board", "stm32f746"]
    for name, array in INPUTS.items():
        np.save(tmp_path / f"{name}.npy", array)
        command += ["--input", tmp_path / f"{name}.npy"]
    outputs = [tmp_path / f"output{index}.npy" for index in range(7)]
    for path in outputs:
        command += ["--output", path]
    succeeded(*command)
    expected = run_interpreter(model.read_bytes(), list(INPUTS.values()))
    for path, values in zip(outputs, expected, strict=True):
        assert np.load(path).dtype == values.dtype
        np.testing.assert_array_equal(np.load(path), values)


def test_header_and_report_declare_the_types(model, tmp_path):
    target = tmp_path / "out"
    succeeded("compile", model, "--board", "stm32f746", "-o", target)
    report = json.loads((target / "report.json").read_text())
    ports = [*report["inputs"], *report["outputs"]]
    types = ["bool", "int32", "int64", "int64"]
    types += ["bool", "int32", "int64", "int32", "int32", "int32", "int32"]
    assert [port["dtype"] for port in ports] == types
    assert {port["scale"] for port in ports} == {None}
    # The last input chooses among 7 rows: random ones must be there.
    assert [port.get("counts") for port in ports] == [None] * 3 + [7] + [None] * 7
    header = " ".join((target / "numbers.h").read_text().split())
    arguments = "const uint8_t *input0, const int32_t *input1, const int64_t *input2, "
    arguments += "const int64_t *input3, "
    arguments += "uint8_t *output0, int32_t *output1, int64_t *output2, int32_t *output3, "
    arguments += "int32_t *output4, int32_t *output5, int32_t *output6"
    assert arguments in header
    assert "bool [2, 3], 6 bytes" in header and "0 or 1" in header
    assert "int64 [4], 32 bytes" in header and "indices in [0, 7)" in header
