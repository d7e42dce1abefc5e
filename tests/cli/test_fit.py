"""`fit` says of every board what a model needs, of firmware that was built, and what is left."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.networks import network_with_large_activations
from tests.cli.command import succeeded, tinyengine
from tests.support import ROOT, require_tool
from tinyengine.board import list_boards, load_board
from tinyengine.choosing import BoardFit, Needs
from tinyengine.compiler import Options
from tinyengine.product import fit
from tinyengine.progress import silent

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"

FEW = ("nucleo-f446re", "microbit", "stm32f405", "mps2-an386")


def _let_there_be(monkeypatch, *names):
    require_tool("arm-none-eabi-gcc")
    monkeypatch.setattr(fit, "list_boards", lambda: tuple(map(load_board, names)))


@pytest.fixture
def _few(monkeypatch):
    """Let there be boards of two cores only."""
    _let_there_be(monkeypatch, *FEW)


@pytest.fixture
def _two(monkeypatch):
    """Let there be two boards, whose flash is not waited for."""
    _let_there_be(monkeypatch, "microbit", "mps2-an386")


@pytest.mark.slow
@pytest.mark.usefixtures("_few")
def test_figures_are_those_of_the_compiled_firmware(small, tmp_path):
    told = succeeded("fit", small, "--json").json()
    # Ascending RAM: 16 KiB, 128 KiB, 192 KiB, and 20 MiB of a board that is none but emulated.
    names = [each["board"] for each in told["boards"]]
    assert names == ["microbit", "nucleo-f446re", "stm32f405", "mps2-an386"]
    measured_on = ["microbit", "stm32f405", "stm32f405", "mps2-an386"]
    assert [each["measured_on"] for each in told["boards"]] == measured_on
    for each in told["boards"]:
        out = tmp_path / each["board"]
        report = succeeded("compile", small, "--board", each["board"], "-o", out, "--json").json()
        assert each["sram"]["total"] == report["sram"]["total"]
        assert each["flash_use"]["total"] == report["flash"]["total"]
        # How memset and memcpy begin depends on where things stand.
        measured = report["measured"]["instructions"]
        assert each["instructions"] == pytest.approx(measured, rel=1e-3)
        assert each["sram"]["total"] + each["sram"]["left"] == each["ram"]
        spent = each["cycles"] + (each["waits"] or 0)
        assert each["ms"] == pytest.approx(1000 * spent / each["clock_hz"], abs=1e-4)
        if each["board"] == each["measured_on"]:
            assert each["waits"] == succeeded("profile", out, "--json").json()["total"]["waits"]
    assert [each["waits"] is None for each in told["boards"]] == [True, False, False, True]


def test_waits_for_flash_are_in_the_time_and_in_the_answer():
    needs = Needs(
        measured_on="stm32f746",
        sram=1,
        flash=1,
        instructions=1,
        cycles=1_080_000,
        waits=1_080_000,
    )
    board = load_board("stm32f746")  # 216 MHz: each of the two takes 5 ms
    found = BoardFit(board=board, ram=2, flash=2, needs=needs)
    assert (found.ms, found.waits_ms) == (10, 5)
    assert found.reaches(100)
    assert not found.reaches(101)
    quick = replace(found, needs=replace(needs, waits=None))
    assert (quick.ms, quick.waits_ms) == (5, None)


def test_boards_share_a_measurement_where_flash_is_waited_for_alike(monkeypatch):
    measured = []

    def measure(_model, options, _progress):
        measured.append(options.board.name)
        needs = Needs(
            measured_on=measured[-1], sram=1, flash=1, instructions=1, cycles=1, waits=None
        )
        return None, needs

    monkeypatch.setattr(fit, "_measure", measure)
    monkeypatch.setattr(fit, "_holds", lambda *_: True)
    names = ["nrf52840", "mps2-an386", "nucleo-f446re", "stm32f469i-disco", "stm32f746"]
    names += ["nucleo-g474re", "nucleo-l476rg", "mps2-an500"]
    options = Options(board=load_board("microbit"))
    found = fit.fit_model(Path("m.tflite"), options, silent, tuple(map(load_board, names)))
    # Two Cortex-M4 without a model of flash, two STM32F4 of the same caches; kernels have CCM-SRAM
    # on one of two STM32 with the same cache.
    assert sorted(measured) == [
        "mps2-an386",
        "mps2-an500",
        "nucleo-g474re",
        "nucleo-l476rg",
        "stm32f469i-disco",
        "stm32f746",
    ]
    on = {each.board.name: each.needs.measured_on for each in found if each.needs}
    assert (on["nrf52840"], on["nucleo-f446re"]) == ("mps2-an386", "stm32f469i-disco")


@pytest.mark.usefixtures("_two")
def test_a_rate_that_no_board_reaches_ends_with_4(small):
    fast = succeeded("fit", small, "--fps", "100", "--json").json()
    assert all(each["fast_enough"] for each in fast["boards"])
    outcome = tinyengine("fit", small, "--fps", "1e9")
    assert outcome.code == 4
    assert outcome.message == (
        "error: small.tflite: reaches 1e+09 inferences a second on none of 2 boards"
    )
    assert "mps2-an386" in outcome.stdout


@pytest.mark.usefixtures("_two")
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
