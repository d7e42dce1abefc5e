"""`profile` shows what each operator costs; its parts sum to what `compile` counted."""

import json

import pytest

from tests.cli.command import refused, succeeded
from tests.support import ROOT, require_tool

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
"""A network that streams where memory is short."""

MOST_PER_CALL = 200
"""Instructions that a kernel takes before and after its rows."""

BOARDS = ("stm32f746", "mps2-an386", "mps2-an385", "microbit")


@pytest.fixture(autouse=True)
def _tools():
    require_tool("arm-none-eabi-gcc")


def compile_into(folder, model, *options):
    """Compile, and give the directory and its report."""
    succeeded("compile", model, "-o", folder, *options)
    return folder, json.loads((folder / "report.json").read_text())


def check_sums(profile, report):
    """Check that operators and the rest sum to what was counted without a profile."""
    parts = [*profile["operators"], profile["rest"]]
    assert sum(part["instructions"] for part in parts) == report["measured"]["instructions"]
    assert profile["total"]["instructions"] == report["measured"]["instructions"]
    assert sum(part["cycles"] for part in parts) == pytest.approx(
        profile["total"]["cycles"], abs=len(parts)
    )
    assert sum(part["share"] for part in parts) == pytest.approx(1, abs=1e-3)
    assert [op["kernel"] for op in profile["operators"]] == [
        op["kernel"] for op in report["operators"]
    ]
    assert all(op["instructions"] > 0 for op in profile["operators"])


@pytest.mark.parametrize("board", BOARDS)
def test_the_parts_of_layers_sum_to_the_total(small, tmp_path, board):
    options = ("--board", board, "--schedule", "layer")
    folder, report = compile_into(tmp_path / "out", small, *options)
    profile = succeeded("profile", folder, "--json").json()
    check_sums(profile, report)
    assert {block["kind"] for block in report["blocks"]} == {"layer"}
    macs = [op["macs"] for op in profile["operators"]]
    # conv 3*3*4 outputs of 3*3*2, depthwise 3*3*4 of 3*3, fully connected 3 of 36; same padding
    # makes border windows narrower, MACs count all of them.
    assert macs == [36 * 18, 36 * 9, 0, 3 * 36]
    convolution = profile["operators"][0]
    per_mac = convolution["instructions"] / convolution["macs"]
    assert convolution["instructions_per_mac"] == pytest.approx(per_mac, abs=1e-4)


@pytest.mark.parametrize("streamed_input", [False, True])
@pytest.mark.parametrize("board", BOARDS)
def test_the_parts_of_streams_sum_to_the_total(tmp_path, board, streamed_input):
    options = ["--board", board, "--objective", "sram"]
    options += ["--stream-input"] if streamed_input else []
    folder, report = compile_into(tmp_path / "out", DIGITS, *options)
    assert "stream" in {block["kind"] for block in report["blocks"]}
    profile = succeeded("profile", folder, "--json").json()
    check_sums(profile, report)
    assert (profile["operators"][0]["op"] == "Feed") is streamed_input


def test_a_streamed_operator_costs_what_it_does_in_a_layer(tmp_path):
    """The same kernels compute the same rows: only what a call costs comes on top, for each row."""
    board = ("--board", "mps2-an385")
    layers, _ = compile_into(tmp_path / "layers", DIGITS, *board, "--schedule", "layer")
    streams, report = compile_into(tmp_path / "streams", DIGITS, *board, "--objective", "sram")
    whole, rows = (
        succeeded("profile", folder, "--json").json()["operators"] for folder in (layers, streams)
    )
    streamed = {i for b in report["blocks"] if b["kind"] == "stream" for i in b["operators"]}
    compared = 0
    for one, other in zip(whole, rows, strict=True):
        if other["index"] in streamed and one["kernel"] == other["kernel"]:
            calls = report["operators"][other["index"]]["output_shape"][1]
            assert 0 <= other["instructions"] - one["instructions"] <= calls * MOST_PER_CALL
            compared += 1
    assert compared >= 2


def test_a_model_is_compiled_for_the_board_first(small):
    profile = succeeded("profile", small, "--board", "mps2-an386", "--json").json()
    assert (profile["schema"], profile["board"], profile["core"]) == (1, "mps2-an386", "cortex-m4")
    assert (profile["measured"], profile["modelled"]) == (["instructions"], ["cycles", "ms"])
    assert profile["objective"] == "balanced"


def test_the_table_has_a_line_per_operator_and_the_total(compiled):
    shown = succeeded("profile", compiled).stdout.splitlines()
    profile = succeeded("profile", compiled, "--json").json()
    assert shown[0] == "small for stm32f746, cortex-m7, --objective balanced"
    for line, op in zip(shown[2:], profile["operators"], strict=False):
        words = line.split()
        assert words[0] == f"{op['index']}" and words[1] == op["op"]
        assert op["source"].split()[1] in words
        assert f"{op['instructions']:,}" in words and f"{op['cycles']:,}" in words
    total = next(line for line in shown if line.strip().startswith("total"))
    assert f"{profile['total']['instructions']:,}" in total and total.rstrip().endswith("100.0%")
    assert any(line.strip().startswith("calls and copies") for line in shown)


def test_a_core_that_only_qemu_has(tmp_path):
    require_tool("qemu-system-arm")
    folder, report = compile_into(tmp_path / "out", DIGITS, "--board", "mps3-an547")
    profile = succeeded("profile", folder, "--json").json()
    parts = [*profile["operators"], profile["rest"]]
    assert sum(part["instructions"] for part in parts) == profile["total"]["instructions"]
    # What `compile` gives is to the tick of a clock of 25 MHz: 40 instructions.
    counted = report["measured"]["instructions"]
    assert abs(profile["total"]["instructions"] - counted) <= 1000
    assert all(op["instructions"] > op["macs"] / 16 for op in profile["operators"])
    # Vectors take two cycles, and one where another pipeline works at the same time.
    total = profile["total"]
    assert total["instructions"] < total["cycles"] < 2 * total["instructions"]


def test_a_core_without_timing_table_has_no_cycles(small):
    profile = succeeded("profile", small, "--board", "mps2-an505", "--json").json()
    assert profile["total"]["cycles"] is None and profile["total"]["instructions"] > 0
    shown = succeeded("profile", small, "--board", "mps2-an505").stdout
    assert "cycles: there is no model of the cortex-m33" in shown


def test_a_model_needs_a_board(small):
    assert refused(2, "profile", small).startswith("error: --board: a model file needs a board")


def test_a_directory_has_its_board(compiled):
    message = refused(2, "profile", compiled, "--board", "microbit")
    assert message == f"error: --board: {compiled} was compiled for stm32f746"
