"""Choosing a machine, checking sizes, serial ports, and images."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.run.firmware import OUTPUT_NBYTES, Behaviour, fake_input, fake_output
from tests.run.serial_port import served
from tests.support import require_module
from tinyengine.board import load_board
from tinyengine.errors import ToolError, UsageError
from tinyengine.run import Emulator, open_runner, pick_emulator, run_firmware
from tinyengine.run.image import load_image


def test_unicorn_is_picked_where_it_has_the_core():
    assert pick_emulator(load_board("stm32f746")) is Emulator.UNICORN
    assert pick_emulator(load_board("mps3-an547")) is Emulator.QEMU


def test_board_without_any_emulator_is_refused():
    board = replace(load_board("mps3-an547"), qemu_machine=None)
    with pytest.raises(ToolError, match="mps3-an547: no emulator can run this board"):
        pick_emulator(board)


def test_serial_needs_a_port(fake_elf):
    with pytest.raises(UsageError, match="which serial port is the board on"):
        run_firmware(
            fake_elf("stm32f746"),
            load_board("stm32f746"),
            [fake_input()],
            [OUTPUT_NBYTES],
            emulator=Emulator.SERIAL,
        )


def test_only_unicorn_traces_writes(fake_elf):
    board = load_board("stm32f746")
    with (
        pytest.raises(UsageError, match="only unicorn can trace writes, not qemu"),
        open_runner(fake_elf("stm32f746"), board, [1], emulator=Emulator.QEMU, trace_writes=True),
    ):
        pass


def test_inputs_and_outputs_of_other_sizes_are_refused(fake_elf):
    elf, board = fake_elf("stm32f746"), load_board("stm32f746")
    with pytest.raises(ToolError) as caught:
        run_firmware(elf, board, [fake_input()], [10])
    assert str(caught.value) == (
        "error: firmware.elf on stm32f746 (unicorn): "
        "the firmware has 1 output of 300 bytes, not 1 of 10 bytes\n"
        "  hint: it was built from another model"
    )
    with pytest.raises(ToolError, match="has 1 input of 600 bytes, not 1 of 599 bytes"):
        run_firmware(elf, board, [fake_input()[:-1]], [OUTPUT_NBYTES])
    with pytest.raises(ToolError, match="has 1 input of 600 bytes, not 0"):
        run_firmware(elf, board, [], [OUTPUT_NBYTES])


@pytest.fixture
def board_on_a_port(fake_elf):
    """Give the name of a port at which an emulated board is."""
    with served(fake_elf("stm32f746"), load_board("stm32f746")) as port:
        yield port


def test_inference_over_a_serial_port(fake_elf, board_on_a_port):
    require_module("serial")
    data = fake_input(Behaviour.COMPUTE)
    with open_runner(
        fake_elf("stm32f746"),
        load_board("stm32f746"),
        [OUTPUT_NBYTES],
        emulator=Emulator.SERIAL,
        port=board_on_a_port,
    ) as runner:
        result = runner.infer([data])
    assert result.outputs == (fake_output(data),)
    assert result.instructions is None
    assert result.ticks == 0  # the emulated timer stands still
    assert result.emulator is Emulator.SERIAL


def test_missing_pyserial_names_the_extra(fake_elf, monkeypatch):
    monkeypatch.setitem(sys.modules, "serial", None)
    with (
        pytest.raises(ToolError) as caught,
        open_runner(
            fake_elf("stm32f746"),
            load_board("stm32f746"),
            [OUTPUT_NBYTES],
            emulator=Emulator.SERIAL,
            port="/dev/null",
        ),
    ):
        pass
    assert str(caught.value) == (
        "error: pyserial: not installed\n  hint: pip install 'tinyengine[serial]'"
    )


def test_port_that_does_not_exist_is_refused(fake_elf):
    require_module("serial")
    board = load_board("stm32f746")
    with (
        pytest.raises(ToolError) as caught,
        open_runner(
            fake_elf("stm32f746"),
            board,
            [OUTPUT_NBYTES],
            emulator=Emulator.SERIAL,
            port="/dev/no-such-port",
        ),
    ):
        pass
    assert str(caught.value) == (
        "error: /dev/no-such-port: cannot be opened: No such file or directory\n"
        "  hint: is the board plugged in? `ls /dev/tty*` shows the ports"
    )


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"MZ" * 100, None])
def test_file_that_is_no_firmware_is_refused(tmp_path, content):
    path = tmp_path / "firmware.elf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"firmware\.elf: (is not a firmware ELF|cannot be read)"):
        load_image(path)


def test_program_for_the_host_is_refused():
    with pytest.raises(UsageError, match="is not a firmware ELF: not for 32-bit Arm"):
        load_image(Path("/bin/true"))


def test_truncated_firmware_is_refused(fake_elf, tmp_path):
    data = fake_elf("stm32f746").read_bytes()
    path = tmp_path / "cut.elf"
    for length in (40, 52, 200, len(data) // 2, len(data) - 200):
        path.write_bytes(data[:length])
        with pytest.raises(UsageError, match=r"cut\.elf"):
            load_image(path)
