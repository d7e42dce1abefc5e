"""Flashing through pyOCD, which talks to a simulated probe in front of a simulated nRF52840."""

import logging

import pytest

from tests.cli.command import refused, succeeded
from tests.flash.conftest import nrf52840

BOARD = "nrf52840"


def test_the_flash_holds_the_firmware_and_nothing_else_was_touched(compiled, chips):
    chips["0001"] = chip = nrf52840()
    firmware = (compiled(BOARD) / "firmware.bin").read_bytes()
    told = succeeded("flash", compiled(BOARD), "--tool", "pyocd", "--json").json()
    assert chip.flash(0, len(firmware)) == firmware
    assert told["nbytes"] == len(firmware) and told["address"] == 0 and told["verified"] is True
    assert told["device"] == "0001"
    pages = -(-len(firmware) // 4096)
    assert sorted(set(chip.erased)) == [page * 4096 for page in range(pages)]
    assert set(chip.flash(pages * 4096, 4096)) == {0xFF}
    assert chip.resets >= 1 and not chip.halted


def untouched(chip):
    """Nothing was erased, written or reset."""
    return not chip.erased and not chip.programmed and chip.resets == 0


def test_another_chip_is_refused_before_any_write(compiled, chips):
    chips["0001"] = chip = nrf52840(part=0x52833)
    message = refused(2, "flash", compiled(BOARD))
    assert message == (
        "error: nrf52840: another chip is connected: its FICR_INFO_PART is 0x00052833, that of "
        "nrf52840 is 0x00052840\n"
        "  hint: nothing was written; compile for the board that is connected, or choose with "
        "--probe"
    )
    assert untouched(chip)


def test_a_locked_chip_is_told_and_not_erased(compiled, chips):
    chips["0001"] = chip = nrf52840(locked=True)
    assert "nrf52840: the chip is locked" in refused(5, "flash", compiled(BOARD))
    assert untouched(chip)


def test_a_byte_that_does_not_hold_is_told(compiled, chips):
    chips["0001"] = nrf52840(bad=frozenset({1000}))
    byte = (compiled(BOARD) / "firmware.bin").read_bytes()[1000]
    message = refused(5, "flash", compiled(BOARD))
    assert "verification failed: at 0x000003e8 there is " in message
    assert f"there is 0x{byte ^ 1:02x}, not 0x{byte:02x}" in message


def test_several_probes_are_listed_and_one_is_chosen_by_the_start_of_its_id(compiled, chips):
    chips |= {"0001": nrf52840(), "0002": nrf52840(), "1000": nrf52840()}
    message = refused(2, "flash", compiled(BOARD))
    assert "error: --probe: 3 devices are connected: which one?" in message
    assert "  0002  simulated probe (pyocd)" in message
    assert "2 devices" in refused(2, "flash", compiled(BOARD), "--probe", "00")
    assert all(map(untouched, chips.values()))
    succeeded("flash", compiled(BOARD), "--probe", "10")
    assert [untouched(chip) for chip in chips.values()] == [True, True, False]


def test_nothing_connected_is_one_message(compiled, chips, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert not chips
    message = refused(5, "flash", compiled(BOARD))
    assert message == (
        "error: nrf52840: no board is connected, or nothing here can reach it\n"
        "  pyocd: found nothing\n"
        "  openocd: not installed\n"
        "  nrfutil: not installed\n"
        "  hint: it is flashed through: J-Link"
    )
    chips["0001"] = nrf52840()
    assert "no board is connected" in refused(5, "flash", compiled(BOARD), "--probe", "7")


def test_without_pyocd_it_is_told_how_to_get_it(compiled, monkeypatch):
    monkeypatch.setattr("tinyengine.product.flash.probe.find_spec", lambda _: None)
    message = refused(5, "flash", compiled(BOARD), "--tool", "pyocd")
    assert "pyocd: not installed: pip install 'tinyengine[flash]'" in message


def test_a_chip_that_pyocd_does_not_know_is_told(compiled, chips):
    chips["0001"] = chip = nrf52840()
    chip.becomes(identity=(0xE0042000, 0x10006449), flash=0x08000000)
    message = refused(5, "flash", compiled("stm32f746"))
    assert message == (
        "error: stm32f746nghx: pyOCD does not know this chip yet\n"
        "  hint: pyocd pack install stm32f746nghx"
    )
    assert untouched(chip)


def test_firmware_larger_than_the_flash_is_refused_before_anything_is_looked_for(own, chips):
    chips["0001"] = chip = nrf52840()
    directory = own(BOARD)
    (directory / "firmware.bin").write_bytes(bytes(0x100001))
    message = refused(4, "flash", directory)
    assert "has 1,048,577 bytes, the flash of nrf52840 has 1,048,576" in message
    assert untouched(chip)


def test_pyocd_says_nothing_of_its_own(compiled, chips, caplog):
    chips["0001"] = nrf52840()
    with caplog.at_level(logging.DEBUG):
        succeeded("flash", compiled(BOARD))
    assert [record for record in caplog.records if record.name.startswith("pyocd")] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tool", "jtag"), "--tool: 'jtag' is none of auto, pyocd"),
        (("--tool", "uf2"), "--tool: nrf52840 is flashed with pyocd, openocd, nrfutil, not uf2"),
        (("--port", "/dev/ttyACM0"), "--port: is where --run waits"),
    ],
)
def test_a_mistake_is_one_message(arguments, message, compiled):
    assert message in refused(2, "flash", compiled(BOARD), *arguments)


def test_an_emulated_board_is_refused(compiled):
    message = refused(2, "flash", compiled("mps2-an386"))
    assert message == "error: mps2-an386: is an emulated board: there is nothing to flash"


def test_a_directory_without_firmware_is_refused(own):
    directory = own(BOARD)
    (directory / "firmware.bin").unlink()
    assert "firmware.bin: cannot be read" in refused(2, "flash", directory)
    assert "is not an output directory" in refused(2, "flash", directory.parent)
