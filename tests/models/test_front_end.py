"""A whole audio front end equals TFLite Micro's interpreter, in numpy and on emulated boards."""

from pathlib import Path

import numpy as np
import pytest

import tinyengine
from tests.builders.front_end import differing, front_end_model, noise, speech, steps_of
from tests.importers.cases import Case
from tests.importers.signal_operators import SIGNAL_CASES
from tests.properties.signals import interpret_steps, reference_steps
from tests.support import require_tool
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array

SOUNDS = {"speech": speech, "noise": lambda seconds: noise(seconds, 5)}
OTHER_CORES = ("microbit", "mps2-an385", "nucleo-u575zi", "mps3-an547")
"""Cortex-M0, M3, M33 and M55."""


def check_on_board(sound: Array, board: str, folder: Path) -> None:
    """Compare every output of every step on `board` with the interpreter's."""
    require_tool("arm-none-eabi-gcc")
    path = folder / "front_end.tflite"
    path.write_bytes(front_end_model())
    steps = steps_of(sound)
    expected = interpret_steps(path.read_bytes(), steps)
    firmware = tinyengine.compile(path, board=board, output=folder / board)
    assert differing(firmware.run_all(steps, steps=True), expected) == []


def test_the_reference_is_the_interpreters_on_a_second_of_sound() -> None:
    model = front_end_model()
    steps = steps_of(np.concatenate([speech(1.5), noise(0.5, 3)]))
    expected = interpret_steps(model, steps)
    assert differing(reference_steps(parse(model, "front_end.tflite"), steps), expected) == []
    rows = np.array([row for row, _ in expected])
    assert rows.max() > 400 and len(np.unique(rows)) > 200


@pytest.mark.slow
@pytest.mark.parametrize("sound", SOUNDS)
def test_ten_seconds_on_a_board_are_the_interpreters(sound: str, tmp_path: Path) -> None:
    check_on_board(SOUNDS[sound](10), "stm32f746", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("board", OTHER_CORES)
def test_a_second_on_other_cores_is_the_interpreters(board: str, tmp_path: Path) -> None:
    check_on_board(np.concatenate([speech(1.2)[8000:], noise(0.5, 4)]), board, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("case", SIGNAL_CASES, ids=lambda case: case.opcode)
def test_every_operator_runs_on_the_smallest_core(case: Case, tmp_path: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    path = tmp_path / "model.tflite"
    path.write_bytes(case.model())
    verdict = tinyengine.compile(path, board="microbit", output=tmp_path / "out").validate(
        samples=1
    )
    assert verdict.bit_exact
