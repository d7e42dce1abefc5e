"""Firmware under QEMU: results, faults, and processes that end."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.run.firmware import OUTPUT_NBYTES, Behaviour, build_fake, fake_input, fake_output
from tests.support import require_tool
from tinyengine.board import load_board
from tinyengine.errors import ToolError, WrongResultError
from tinyengine.run import Emulator, open_runner, run_firmware
from tinyengine.run.image import load_image
from tinyengine.run.qemu.run import QemuMachine, qemu_command

BOARDS = ("mps2-an505", "mps3-an547", "stm32f405", "microbit")


@pytest.fixture(autouse=True)
def _qemu():
    require_tool("qemu-system-arm")


def run(elf, name, behaviour, **options):
    board = load_board(name)
    with open_runner(elf, board, [OUTPUT_NBYTES], emulator=Emulator.QEMU, **options) as runner:
        return runner.infer([fake_input(behaviour)])


@pytest.mark.parametrize("name", BOARDS)
def test_inference_over_the_line(fake_elf, name):
    result = run(fake_elf(name), name, Behaviour.COMPUTE)
    assert result.outputs == (fake_output(fake_input()),)
    assert 1000 < result.stack_nbytes < 1200
    assert result.emulator is Emulator.QEMU
    assert result.instructions_by_function is None


@pytest.mark.parametrize("name", ["mps2-an505", "stm32f405", "microbit"])
def test_ticks_stand_for_instructions(fake_elf, name):
    board = load_board(name)
    tick = 1_000_000_000 // (board.qemu_timer_hz or board.timer_hz)
    result = run(fake_elf(name), name, Behaviour.LOOP)
    with open_runner(fake_elf(name), board, [OUTPUT_NBYTES], emulator=Emulator.UNICORN) as runner:
        exact = runner.infer([fake_input(Behaviour.LOOP)]).instructions
    assert abs(result.instructions - exact) <= tick + 20  # and the two reads of the timer


def test_long_input_goes_into_memory(tmp_path):
    board = load_board("mps2-an386")
    elf = build_fake(tmp_path, board, input_nbytes=90_000)
    data = fake_input(nbytes=90_000)
    began = monotonic()
    result = run_firmware(elf, board, [data], [OUTPUT_NBYTES], emulator=Emulator.QEMU)
    assert result.outputs == (fake_output(data),)
    assert monotonic() - began < 5  # over the line it would be more


def test_fault_is_reported_by_the_firmware(fake_elf):
    with pytest.raises(WrongResultError) as caught:
        run(fake_elf("mps2-an505"), "mps2-an505", Behaviour.UNALIGNED_PAIR)
    text = str(caught.value)
    assert text.startswith("error: firmware.elf on mps2-an505 (qemu): the core took a fault: una")
    assert "pc: 0x1000" in text
    assert "(fake_run+0x" in text


def children() -> set[int]:
    """Give the emulators that we have started and not ended."""
    tasks = Path(f"/proc/{os.getpid()}/task")
    return {int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()}


def test_endless_loop_ends_at_the_time_out(fake_elf):
    before = children()
    with pytest.raises(ToolError, match=r"did not answer RUN\n  no line within 0.5 s"):
        run(fake_elf("mps2-an505"), "mps2-an505", Behaviour.HANG, run_seconds=0.5)
    assert children() == before


def test_interrupt_key_ends_the_emulator(fake_elf):
    before = children()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(fake_elf("mps2-an505"), "mps2-an505", Behaviour.HANG)
    timer.join()
    assert children() == before


def test_emulator_ends_when_its_owner_is_killed(fake_elf):
    require_tool("setpriv")
    program = (
        "import sys, time; from pathlib import Path\n"
        "from tinyengine.board import load_board\n"
        "from tinyengine.run.image import load_image\n"
        "from tinyengine.run.qemu.run import QemuMachine\n"
        "machine = QemuMachine(load_image(Path(sys.argv[1])), load_board('mps2-an505'))\n"
        "print(machine._process.pid, flush=True); time.sleep(60)\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program, str(fake_elf("mps2-an505"))], stdout=subprocess.PIPE
    )
    pid = int(owner.stdout.readline())
    assert "qemu-system-arm" in Path(f"/proc/{pid}/cmdline").read_text()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    deadline = monotonic() + 10
    while is_alive(pid) and monotonic() < deadline:
        sleep(0.05)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_emulator_that_ends_is_reported_with_its_words(fake_elf, tmp_path):
    image = replace(load_image(fake_elf("mps2-an505")), path=tmp_path / "gone.elf")
    with pytest.raises(ToolError, match=r"QEMU ended with status 1\n  .*gone\.elf: No such file"):
        QemuMachine(image, load_board("mps2-an505"))


def test_emulator_that_dies_is_reported(fake_elf):
    board = load_board("mps2-an505")
    machine = QemuMachine(load_image(fake_elf("mps2-an505")), board)
    try:
        machine._process.kill()
        with pytest.raises(ToolError, match="QEMU ended with status -9"):
            machine.read_line(5)
        with pytest.raises(ToolError, match="QEMU ended with status -9"):
            machine.write_line(b"x" * 100_000)
    finally:
        machine.close()


def test_missing_qemu_names_the_package(fake_elf, monkeypatch):
    image = load_image(fake_elf("mps2-an505"))
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError) as caught:
        qemu_command(image, load_board("mps2-an505"))
    assert str(caught.value) == (
        "error: qemu-system-arm: not installed\n  hint: apt-get install qemu-system-arm"
    )


def test_board_that_qemu_lacks_is_refused_with_its_twin(fake_elf):
    with pytest.raises(ToolError) as caught:
        qemu_command(load_image(fake_elf("stm32f746")), load_board("stm32f746"))
    assert str(caught.value) == (
        "error: stm32f746: QEMU has no such board\n  hint: its twin is mps2-an500: compile for that"
    )
