"""`--detection`: a small SSD from the file to emulated boards, and what is said of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.main import get_command

import tinyengine
from tests.builders.detectors import Suppression, ssd_network
from tests.cli.command import refused, succeeded
from tests.support import require_module, require_tool
from tinyengine.cli import make_app
from tinyengine.reference.interpreter import run_interpreter

BOARDS = ["microbit", "nrf52840", "stm32f746", "mps3-an547"]
"""Cortex-M0, M4, M7, M55."""

READING = ["compile", "run", "validate", "profile", "explain", "pareto", "fit", "export"]


@pytest.fixture
def ssd(tmp_path):
    path = tmp_path / "ssd.tflite"
    path.write_bytes(ssd_network())
    return path


@pytest.mark.parametrize("command", READING)
def test_every_command_that_reads_a_model_has_the_option(command):
    options = {option.name: option for option in get_command(make_app()).commands[command].params}
    assert not options["detection"].default
    assert "--detection" in succeeded(command, "--help").stdout


def test_without_the_option_a_detector_is_refused_with_the_way_out(ssd):
    message = refused(3, "explain", ssd)
    assert "TFLite_Detection_PostProcess computes in float32" in message
    assert "hint: `--detection` compiles it" in message
    assert message.count("error: ") == 1


def test_explain_takes_it_with_the_option(ssd):
    told = succeeded("explain", ssd, "--detection", "--json").json()
    assert told["supported"] is True
    last = told["operators"][-1]
    assert (last["op"], last["supported"]) == ("TFLite_Detection_PostProcess", True)


@pytest.mark.slow
@pytest.mark.parametrize("by_class", [False, True])
@pytest.mark.parametrize("board", BOARDS)
def test_a_board_finds_what_the_interpreter_finds(tmp_path, board, by_class):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    path = tmp_path / "ssd.tflite"
    path.write_bytes(ssd_network(by_class=by_class))
    command = ("validate", path, "--board", board, "--detection", "--samples", 4)
    told = succeeded(*command, "--json").json()
    assert told["references"] == ["numpy", "interpreter"]
    assert (told["bit_exact"], told["mismatches"]) == (True, [])
    # The greatest corner: encodings of (127 + 4) * 0.04 = 5.24 around 0.875, of a height of 0.6:
    # 0.875 + 0.6 * (0.524 + exp(1.048) / 2) = 2.045, below 4, in 22 bits.
    assert told["detection"] == {"box_steps": [2.0**-20], "near_ties": 0}


@pytest.mark.slow
def test_what_a_board_finds_is_given_in_real_numbers(ssd):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    firmware = tinyengine.compile(ssd, board="nrf52840", detection=True)
    image = np.random.default_rng(5).integers(-128, 128, (1, 32, 32, 3)).astype(np.int8)
    boxes, classes, scores, count = firmware.run(image)
    theirs = run_interpreter(ssd.read_bytes(), [image])
    assert count[0] == theirs[3][0] > 0
    found = int(count[0])
    np.testing.assert_allclose(boxes[0, :found], theirs[0][0, :found], rtol=0, atol=2.0**-20)
    np.testing.assert_array_equal(classes[0, :found], theirs[1][0, :found])
    np.testing.assert_array_equal(scores[0, :found], theirs[2][0, :found])


@pytest.mark.slow
def test_the_header_and_validate_say_what_the_integers_are(ssd, tmp_path):
    require_tool("arm-none-eabi-gcc")
    out = tmp_path / "out"
    succeeded("compile", ssd, "--board", "nrf52840", "--detection", "-o", out)
    header = (out / "ssd.h").read_text(encoding="utf-8")
    for line in (
        " * command  tinyengine compile ssd.tflite --board nrf52840 --detection",
        " * ymin, xmin, ymax, xmax of each box, the best one first, in steps of 2^-20",
        " * real = 9.5367431640625e-07 * (q - (0))",
        "static inline float ssd_dequantize_output0(int32_t value)",
        " * the class of each box, from 0 on, the background not counted",
        " * how many boxes were found",
    ):
        assert line in header.splitlines(), line
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert report["operators"][-1]["kernel"] == "te_detection_post_process_s8"
    # Scratch: two bytes for each of 160 boxes, 256 ranks and one class.
    assert report["sram"]["scratch_in_arena"] >= 2 * (160 + 256 + 1)
    shown = succeeded("validate", ssd, "--board", "nrf52840", "--detection", "--samples", 1).stdout
    assert "with numpy, every output byte" in shown
    assert "corners to within 9.5e-07, classes, scores, order and count the same" in shown
    message = refused(2, "run", out, "--detection")
    assert f"--detection: {out} is compiled already" in message


@pytest.mark.slow
def test_near_ties_are_told_and_are_no_mismatch(tmp_path):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    path = tmp_path / "near.tflite"
    # Corners on 13 places: quotients of small numbers, a fifth among them, which float32 carries
    # over the threshold or under it by what it rounds on the way.
    near = Suppression(boxes=60, most=30, iou_threshold=0.2, score_threshold=-1.0)
    path.write_bytes(replace(near, box_scale=0.037, box_zero_point=0, coarse=20).model())
    command = ("validate", path, "--board", "nrf52840", "--detection", "--samples", 100)
    told = succeeded(*command, "--json").json()
    assert (told["bit_exact"], told["mismatches"]) == (True, [])
    count = told["detection"]["near_ties"]
    assert 0 < count < 20
    shown = succeeded(*command).stdout
    assert f"but in {count} of 100 samples" in " ".join(shown.split())


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
def test_a_board_suppresses_what_the_interpreter_suppresses(tmp_path, board):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    path = tmp_path / "nms.tflite"
    path.write_bytes(Suppression(boxes=60, most=8, sigma=0.0).model())
    command = ("validate", path, "--board", board, "--detection", "--samples", 4)
    told = succeeded(*command, "--json").json()
    assert (told["bit_exact"], told["references"]) == (True, ["numpy", "interpreter"])
    assert told["detection"] == {"box_steps": [], "near_ties": 0}
