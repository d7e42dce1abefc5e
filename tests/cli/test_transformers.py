"""A keyword transformer and a block of MobileViT, exact on six cores."""

import pytest

from tests.builders.transformers import keyword_transformer, mobile_vit_block
from tests.cli.command import succeeded
from tests.support import require_module, require_tool

NETWORKS = {"words": keyword_transformer, "vit": mobile_vit_block}
BOARDS = ["raspberry-pi-pico", "mps2-an385", "nrf52840", "stm32f746", "mps2-an505", "mps3-an547"]
"""Cortex-M0+, M3, M4, M7, M33, M55."""


def validated(tmp_path, name, board):
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(NETWORKS[name]())
    return succeeded("validate", path, "--board", board, "--samples", 2, "--json").json()


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_core_gives_the_interpreters_outputs(tmp_path, name, board):
    told = validated(tmp_path, name, board)
    assert told["references"] == ["numpy", "interpreter"] and told["bit_exact"] is True


def test_scores_of_attention_take_most_of_the_memory(tmp_path):
    told = validated(tmp_path, "words", "stm32f746")
    # Scores and shares of two heads, 49 by 49 each, stand in one place: softmax works in it.
    assert told["bit_exact"] is True
    assert told["sram"]["arena"] < 3 * 2 * 49 * 49
