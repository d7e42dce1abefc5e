"""`fit` says of every board what a model needs, of firmware that was built, and what is left."""

import pytest

from tests.builders.networks import network_with_large_activations
from tests.cli.command import succeeded, tinyengine
from tests.support import ROOT, require_tool
from tinyengine.board import list_boards, load_board
from tinyengine.product import fit

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"

FEW = ("nucleo-f446re", "microbit", "stm32f405", "mps2-an386")


@pytest.fixture
def _few(monkeypatch):
    """Let there be boards of two cores only."""
    require_tool("arm-none-eabi-gcc")
    monkeypatch.setattr(fit, "list_boards", lambda: tuple(map(load_board, FEW)))


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
def test_figures_are_those_of_the_compiled_firmware(small, tmp_path):
    told = succeeded("fit", small, "--json").json()
    # Ascending RAM: 16 KiB, 128 KiB, 192 KiB, and 20 MiB of a board that is none but emulated.
    names = [each["board"] for each in told["boards"]]
    assert names == ["microbit", "nucleo-f446re", "stm32f405", "mps2-an386"]
    assert [each["measured_on"] for each in told["boards"]] == ["microbit", *["mps2-an386"] * 3]
    for each in told["boards"]:
        out = tmp_path / each["board"]
        report = succeeded("compile", small, "--board", each["board"], "-o", out, "--json").json()
        assert each["sram"]["total"] == report["sram"]["total"]
        assert each["flash_use"]["total"] == report["flash"]["total"]
        # How memset and memcpy begin depends on where things stand.
        measured = report["measured"]["instructions"]
        assert each["instructions"] == pytest.approx(measured, rel=1e-3)
        assert each["sram"]["total"] + each["sram"]["left"] == each["ram"]
        assert each["ms"] == pytest.approx(1000 * each["cycles"] / each["clock_hz"], abs=1e-4)


@pytest.mark.usefixtures("_few")
def test_a_rate_that_no_board_reaches_ends_with_4(small):
    fast = succeeded("fit", small, "--fps", "100", "--json").json()
    assert all(each["fast_enough"] for each in fast["boards"])
    outcome = tinyengine("fit", small, "--fps", "1e9")
    assert outcome.code == 4
    assert outcome.message == (
        "error: small.tflite: reaches 1e+09 inferences a second on none of 4 boards"
    )
    assert "stm32f405" in outcome.stdout


@pytest.mark.usefixtures("_few")
def test_a_board_that_is_too_small_says_why(tmp_path):
    model = tmp_path / "large.tflite"
    model.write_bytes(network_with_large_activations(40_000))
    told = succeeded("fit", model, "--json").json()
    first, *others = told["boards"]
    assert (first["board"], first["fits"], first["sram"]) == ("microbit", False, None)
    assert "bytes" in first["problem"]
    assert all(each["fits"] for each in others)


@pytest.mark.slow
def test_the_digits_network_fits_every_board():
    require_tool("arm-none-eabi-gcc")
    told = succeeded("fit", DIGITS, "--json").json()
    assert sorted(each["board"] for each in told["boards"]) == [b.name for b in list_boards()]
    assert all(each["fits"] for each in told["boards"])
