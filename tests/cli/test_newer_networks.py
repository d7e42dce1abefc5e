"""Networks of newer kinds, from the file to emulated boards: a U, and a block of attention."""

import pytest

from tests.builders.networks import attention_network, u_network
from tests.cli.command import succeeded
from tests.support import require_module, require_tool

NETWORKS = {"u": u_network, "attention": attention_network}


@pytest.fixture(autouse=True)
def tools():
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")


def written(tmp_path, name):
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(NETWORKS[name]())
    return path


@pytest.mark.parametrize("objective", ["sram", "speed"])
@pytest.mark.parametrize("board", ["mps2-an385", "stm32f746", "mps3-an547"])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_board_gives_the_interpreters_outputs(tmp_path, name, board, objective):
    model = written(tmp_path, name)
    command = ("validate", model, "--board", board, "--objective", objective, "--samples", 2)
    told = succeeded(*command, "--json").json()
    assert told["references"] == ["numpy", "interpreter"] and told["bit_exact"] is True


def test_enlarging_is_streamed(tmp_path):
    model = written(tmp_path, "u")
    # Input, output and the joined image in between would take 5,184 bytes if whole.
    told = succeeded(
        "compile", model, "--board", "stm32f746", "-o", tmp_path / "out", "--json"
    ).json()
    assert told["sram"]["arena"] < 24 * 24 * 3 + 24 * 24 * 2 + 12 * 12 * 16
