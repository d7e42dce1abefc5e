"""`--signature` and `--subgraph` choose one of a file's networks, for every command."""

import numpy as np
import pytest

from tests.cli.command import refused, succeeded
from tests.importers.test_subgraphs import three_networks
from tests.support import require_module, require_tool

BOARD = ("--board", "stm32f746")


@pytest.fixture
def file(tmp_path):
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "several.tflite"
    path.write_bytes(three_networks(in_third="FLOOR"))
    return path


def test_explain_names_all_and_shows_the_chosen_one(file):
    lines = succeeded("explain", file, "--signature", "serving_default").stdout.splitlines()
    assert "subgraph 0: 'encode'" in lines
    assert "subgraph 1: 'decode', shown here" in lines
    assert "signature 'serving_default': subgraph 1" in lines
    told = succeeded("explain", file, "--subgraph", "decode", "--json").json()
    assert told["subgraphs"] == ["encode", "decode", "main"]
    assert told["signatures"] == {"serving_default": 1, "tiny": 2}
    assert told["subgraph"] == 1
    assert [op["op"] for op in told["operators"]] == ["ABS"]


def test_compile_says_its_choice_in_the_sources(file, tmp_path):
    out = tmp_path / "out"
    succeeded("compile", file, *BOARD, "-o", out, "--subgraph", "decode")
    banner = (out / "several.c").read_text().splitlines()[:6]
    assert any("--subgraph decode" in line for line in banner)
    message = refused(2, "run", out, "--subgraph", "decode")
    assert message.startswith("error: --subgraph: ")
    assert "is compiled already; this chooses in a model file" in message


def test_run_computes_the_chosen_network(file, tmp_path):
    given, got = tmp_path / "x.npy", tmp_path / "y.npy"
    values = np.arange(-8, 8, dtype=np.int8).reshape(1, 16)
    np.save(given, values)
    succeeded("run", file, *BOARD, "-i", given, "-o", got, "--signature", "serving_default")
    np.testing.assert_array_equal(np.load(got), np.abs(values))
    succeeded("run", file, *BOARD, "-i", given, "-o", got)
    np.testing.assert_array_equal(np.load(got), np.maximum(values, 0))


def test_validate_compares_the_chosen_network_with_the_interpreter(file):
    require_module("ai_edge_litert")
    told = succeeded("validate", file, *BOARD, "--samples", 2, "--subgraph", "1", "--json").json()
    assert told["references"] == ["numpy", "interpreter"]
    assert told["bit_exact"] is True


@pytest.mark.parametrize("command", ["profile", "pareto", "validate", "compile"])
def test_a_network_that_is_not_supported_is_the_chosen_ones_matter_alone(command, file, tmp_path):
    output = ("-o", tmp_path / "out") if command == "compile" else ()
    succeeded(command, file, *BOARD, *output)
    message = refused(3, command, file, *BOARD, *output, "--signature", "tiny")
    assert message.startswith("error: several.tflite: op 0 FLOOR 'y_': FLOOR is not supported")
