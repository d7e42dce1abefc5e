"""Every real model on every board: each output byte is the reference's, or it does not fit."""

import re
from pathlib import Path

import pytest

from tests.cli.command import Outcome, tinyengine
from tests.models.figures import written
from tests.models.real import MADE, MODELS, SMALL
from tests.support import FindModel, require_module, require_tool

pytestmark = pytest.mark.models

EMULATORS = {
    "stm32f746": "unicorn",
    "mps2-an500": "qemu",
    "mps2-an386": "qemu",
    "mps2-an385": "qemu",
    "mps2-an505": "qemu",
    "mps3-an547": "qemu",
}

TOO_LARGE_FOR_THE_DISCO = {"mcunet_in4", "mcunetv2_large"}
"""Files of 2.0 and 2.3 MB, nearly all of it weights; stm32f746 has 1 MiB of flash."""


@pytest.fixture(autouse=True)
def _tools() -> None:
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    require_module("ai_edge_litert")


def validate(find: FindModel, name: str, board: str, samples: int) -> Outcome:
    emulator = EMULATORS[board]
    return tinyengine(
        *("validate", find(name), "--board", board, "--emulator", emulator),
        *("--samples", samples, "--json"),
    )


def check_exact(outcome: Outcome, board: str, samples: int) -> None:
    assert outcome.code == 0, outcome.stderr
    verdict = outcome.json()
    assert verdict["bit_exact"] is True and verdict["mismatches"] == []
    assert verdict["references"] == ["numpy", "interpreter"]
    assert (verdict["board"], verdict["samples"]) == (board, samples)
    assert verdict["emulator"] == EMULATORS[board]


@pytest.mark.parametrize("board", EMULATORS)
@pytest.mark.parametrize("name", SMALL)
def test_a_small_model_is_exact(name: str, board: str, shared_model: FindModel) -> None:
    check_exact(validate(shared_model, name, board, 1), board, 1)


@pytest.mark.parametrize("board", ["mps2-an386", "mps3-an547"])
def test_a_model_with_weights_of_int4_is_exact(
    board: str, shared_model: FindModel, tmp_path: Path
) -> None:
    shared_model("mlperf_kws_dscnn")
    model = written("mlperf_kws_dscnn_int4", tmp_path)
    check_exact(validate(lambda _: model, model.stem, board, 1), board, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(MADE) - {"digits_int16"}))
@pytest.mark.parametrize("board", EMULATORS)
def test_models_of_int4_or_int16_are_exact(
    name: str, board: str, shared_model: FindModel, tmp_path: Path
) -> None:
    shared_model(MADE[name])
    model = written(name, tmp_path)
    check_exact(validate(lambda _: model, name, board, 1), board, 1)


@pytest.mark.slow
@pytest.mark.parametrize("board", EMULATORS)
@pytest.mark.parametrize("name", MODELS)
def test_every_model_is_exact_or_does_not_fit(
    name: str, board: str, shared_model: FindModel
) -> None:
    outcome = validate(shared_model, name, board, 5)
    if outcome.code == 4:
        assert outcome.stdout == ""
        assert len(re.findall(r"\d[\d,]{3,}", outcome.message)) >= 2, outcome.message
        assert board == "stm32f746" and name in TOO_LARGE_FOR_THE_DISCO, outcome.message
    else:
        check_exact(outcome, board, 5)
