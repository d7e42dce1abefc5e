"""Networks of int16 activations are exact on six boards' cores, whole and streamed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.int16_networks import classifier, unet
from tests.models.figures import BOARDS
from tests.support import require_module, require_tool
from tinyengine import api


def check(model: bytes, folder: Path, board: str, objective: str) -> api.Firmware:
    """Check that every byte on the board is the interpreter's; give the firmware."""
    require_module("ai_edge_litert")
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    file = folder / "net.tflite"
    file.write_bytes(model)
    firmware = api.compile(file, board=board, objective=objective)
    verdict = firmware.validate(samples=2)
    assert verdict.bit_exact and verdict.references == ("numpy", "interpreter")
    return firmware


def test_a_classifier_of_int16_is_exact_on_a_board(tmp_path: Path) -> None:
    check(classifier(), tmp_path, "mps2-an386", "speed")


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("model", [unet, classifier])
def test_networks_of_int16_are_exact_on_every_core(
    model: Callable[[], bytes], board: str, tmp_path: Path
) -> None:
    check(model(), tmp_path, board, "speed")


@pytest.mark.slow
def test_a_u_of_int16_is_streamed_exactly(tmp_path: Path) -> None:
    firmware = check(unet(), tmp_path, "mps2-an386", "sram")
    assert any(block.kind.value == "stream" for block in firmware.report.blocks)
    # The two images of 24x24x8 that are added, kept whole, are 18,432 bytes.
    assert firmware.report.sram.arena < 14 * 1024
