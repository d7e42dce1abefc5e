"""Networks of uint8 are exact on six boards' cores, and keep uint8 where the user sees it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders.unsigned_networks import branches, mobilenet
from tests.models.figures import BOARDS
from tests.models.test_int16 import check


def test_a_mobilenet_of_uint8_is_exact_on_a_board(tmp_path: Path) -> None:
    firmware = check(mobilenet(), tmp_path, "mps2-an386", "speed")
    (given,), (scores, best) = firmware.report.inputs, firmware.report.outputs
    assert [each.dtype.value for each in (given, scores, best)] == ["uint8", "uint8", "int32"]
    image = np.random.default_rng(2).integers(0, 256, (1, 32, 32, 3)).astype(np.uint8)
    given_scores, _ = firmware.run(image)
    assert given_scores.dtype == np.uint8


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("model", [mobilenet, branches])
def test_networks_of_uint8_are_exact_on_every_core(
    model: Callable[[], bytes], board: str, tmp_path: Path
) -> None:
    check(model(), tmp_path, board, "balanced")


@pytest.mark.slow
def test_a_mobilenet_of_uint8_is_streamed_exactly(tmp_path: Path) -> None:
    firmware = check(mobilenet(), tmp_path, "mps2-an386", "sram")
    assert any(block.kind.value == "stream" for block in firmware.report.blocks)
