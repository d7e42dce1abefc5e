"""A network that enlarges by transposed convolutions, from the file to emulated boards."""

import pytest

from tests.builders.networks import u_network
from tests.cli.command import succeeded
from tests.support import require_module, require_tool


@pytest.fixture
def model(tmp_path):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    path = tmp_path / "u.tflite"
    path.write_bytes(u_network())
    return path


@pytest.mark.parametrize("objective", ["sram", "speed"])
@pytest.mark.parametrize("board", ["mps2-an385", "stm32f746", "mps3-an547"])
def test_a_board_gives_the_interpreters_mask(model, board, objective):
    command = ("validate", model, "--board", board, "--objective", objective, "--samples", 2)
    told = succeeded(*command, "--json").json()
    assert told["references"] == ["numpy", "interpreter"] and told["bit_exact"] is True


def test_enlarging_is_streamed(model, tmp_path):
    # Input, output and the joined image in between would take 5,184 bytes if whole.
    told = succeeded(
        "compile", model, "--board", "stm32f746", "-o", tmp_path / "out", "--json"
    ).json()
    assert told["sram"]["arena"] < 24 * 24 * 3 + 24 * 24 * 2 + 12 * 12 * 16
