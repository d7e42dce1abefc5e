"""What follows flashing: the hello at a serial port, and validation on the real board."""

from tests.cli.command import refused, succeeded
from tests.flash.conftest import nrf52840
from tests.run.serial_port import served
from tinyengine.board import load_board

BOARD = "nrf52840"


def test_run_waits_for_the_firmwares_hello(compiled, chips):
    chips["0001"] = nrf52840()
    with served(compiled(BOARD) / "firmware.elf", load_board(BOARD)) as port:
        told = succeeded("flash", compiled(BOARD), "--run", "--port", port, "--json").json()
        assert told["port"] == port
        text = succeeded("flash", compiled(BOARD), "--run", "--port", port).stdout
    assert f"the firmware answers at {port}" in text


def test_a_port_where_another_firmware_answers_is_told(compiled, chips, models, tmp_path):
    chips["0001"] = nrf52840()
    other = tmp_path / "other"
    succeeded("compile", models / "edges.tflite", "--board", BOARD, "-o", other)
    with served(other / "firmware.elf", load_board(BOARD)) as port:
        message = refused(5, "flash", compiled(BOARD), "--run", "--port", port)
    assert "it was built from another model" in message


def test_a_port_that_is_not_there_is_told_and_none_is_guessed(compiled, chips, monkeypatch):
    chips["0001"] = chip = nrf52840()
    monkeypatch.setattr("tinyengine.delivery._DEVICES", "/nowhere")
    message = refused(2, "flash", compiled(BOARD), "--run")
    assert "--port: which serial port is the board's? there is none here" in message
    assert not chip.programmed
    message = refused(5, "flash", compiled(BOARD), "--run", "--port", "/nowhere/ttyACM0")
    assert "/nowhere/ttyACM0: cannot be opened" in message


def test_the_only_port_is_taken(compiled, chips, monkeypatch, tmp_path):
    chips["0001"] = nrf52840()
    monkeypatch.setattr("tinyengine.delivery._DEVICES", str(tmp_path))
    with served(compiled(BOARD) / "firmware.elf", load_board(BOARD)) as port:
        (tmp_path / "ttyACM0").symlink_to(port)
        told = succeeded("flash", compiled(BOARD), "--run", "--json").json()
        (tmp_path / "ttyUSB0").symlink_to(port)
        message = refused(2, "flash", compiled(BOARD), "--run")
    assert told["port"] == f"{tmp_path}/ttyACM0"
    assert f"there are {tmp_path}/ttyACM0, {tmp_path}/ttyUSB0" in message


def test_validate_flashes_first_where_that_is_asked(compiled, chips, small):
    chips["0001"] = chip = nrf52840()
    with served(compiled(BOARD) / "firmware.elf", load_board(BOARD)) as port:
        options = ("--board", BOARD, "--port", port, "--samples", 1, "--json")
        told = succeeded("validate", small, *options).json()
        assert told["bit_exact"] is True and not chip.programmed
        told = succeeded("validate", small, *options, "--flash-first").json()
    assert told["bit_exact"] is True and chip.programmed
    message = refused(2, "validate", small, "--board", BOARD, "--flash-first")
    assert message == "error: --flash-first: is for a real board: give its --port"
