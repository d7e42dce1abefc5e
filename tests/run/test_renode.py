"""Firmware under Renode, of which a stand-in takes the place: results, failures, processes.

What the stand-in says is of Renode's sources (1.16.1): Monitor.PrintException, SystemBus.
"""

import os
import signal
import threading
from pathlib import Path
from time import monotonic

import pytest

from tests.cli.command import refused, succeeded, tinyengine
from tests.run.firmware import OUTPUT_NBYTES, Behaviour, fake_input, fake_output
from tests.run.renode_stand_in import install, started
from tinyengine.board import list_boards, load_board
from tinyengine.errors import ToolError, UsageError, WrongResultError
from tinyengine.run import Emulator, open_runner
from tinyengine.run.image import load_image
from tinyengine.run.renode.platform import can_have
from tinyengine.run.renode.run import RenodeMachine

BOARD = "stm32f746"
WHERE = f"error: firmware.elf on {BOARD} (renode): "
GET = "Renode 1.16.1 or newer: github.com/renode/renode/releases, or brew install renode/tap/renode"


@pytest.fixture
def renode(tmp_path, monkeypatch):
    """Give a function that puts a Renode of some behaviour before all else on PATH."""
    folder = tmp_path / "bin"

    def put(behaviour="fine", **options):
        install(folder, behaviour, **options)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return folder

    yield put
    assert not [pid for pid in started(folder) if Path(f"/proc/{pid}").exists()]


def run(elf, behaviour=Behaviour.COMPUTE, **options):
    board = load_board(BOARD)
    with open_runner(elf, board, [OUTPUT_NBYTES], emulator=Emulator.RENODE, **options) as runner:
        return [runner.infer([fake_input(behaviour)]) for _ in range(2)]


def test_inferences_over_the_socket(fake_elf, renode):
    renode(version="Renode v1.17.0\n  build: a")
    results = run(fake_elf(BOARD))
    assert [result.outputs for result in results] == [(fake_output(fake_input()),)] * 2
    assert {result.emulator for result in results} == {Emulator.RENODE}
    assert results[0].instructions == results[0].ticks  # at 216 MHz, 216 million a second
    assert results[0].measured_ms is None


def test_faults_of_the_firmware_are_its_own(fake_elf, renode):
    renode()
    with pytest.raises(WrongResultError, match="returned -3"):
        run(fake_elf(BOARD), Behaviour.FAIL)


@pytest.mark.parametrize(
    ("behaviour", "kind", "message"),
    [
        ("dies", ToolError, "Renode ended with status 3\n  (monitor) i @"),
        ("hangs up", ToolError, "Renode ended with status 4\n  (monitor) i @"),
        (
            "refuses",
            ToolError,
            "Renode fails\n  There was an error executing command 'machine LoadPlatformDescription"
            "':\n  Error E04: Could not resolve type 'UART.STM32F7_USART'.",
        ),
        (
            "stray",
            WrongResultError,
            "the firmware accesses an address where the board has nothing\n  12:00:00.0000 "
            "[WARNING] sysbus: [cpu: 0x8000420] ReadDoubleWord from non existing peripheral",
        ),
    ],
)
def test_what_goes_wrong_is_said_in_renodes_words(behaviour, kind, message, fake_elf, renode):
    renode(behaviour)
    with pytest.raises(kind) as caught:
        run(fake_elf(BOARD))
    assert str(caught.value).startswith(WHERE + message)


def test_a_serial_port_that_never_opens_is_waited_for_no_longer_than_said(fake_elf, renode):
    folder, began = renode("silent"), monotonic()
    with pytest.raises(ToolError) as caught:
        RenodeMachine(load_image(fake_elf(BOARD)), load_board(BOARD), seconds=4)
    problem = "Renode does not open the emulated serial port\n  Downloading something"
    assert str(caught.value) == WHERE + problem
    assert monotonic() - began < 20
    assert len(started(folder)) == 2


def test_firmware_that_never_answers_ends_at_the_time_out(fake_elf, renode):
    renode()
    with pytest.raises(ToolError, match=r"did not answer RUN\n  no line within 0.5 s"):
        run(fake_elf(BOARD), Behaviour.HANG, run_seconds=0.5)


def test_interrupt_key_ends_renode(fake_elf, renode):
    renode("silent")
    elf = fake_elf(BOARD)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(1.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        run(elf)
    timer.join()  # that no process is left is tested for all


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("Renode v1.16.0\n  build: a", "is version 1.16.0"),
        ("Renode v1.9.12\n  build: a", "is version 1.9.12"),
        ("a node of what?", "does not say which version it is\n  a node of what?"),
    ],
)
def test_a_renode_that_is_too_old_is_refused(version, problem, fake_elf, renode):
    folder = renode(version=version)
    with pytest.raises(ToolError) as caught:
        run(fake_elf(BOARD))
    assert str(caught.value) == f"error: {folder}/renode: {problem}\n  hint: {GET}"


def test_without_renode_the_message_says_how_to_get_it(compiled, monkeypatch):
    monkeypatch.setenv("PATH", "")
    message = refused(5, "run", compiled, "--emulator", "renode")
    assert message == f"error: renode: not installed\n  hint: {GET}"


@pytest.mark.parametrize("command", ["run", "validate"])
def test_that_is_said_before_anything_is_built(command, small, monkeypatch):
    monkeypatch.setenv("PATH", "")
    outcome = tinyengine(command, small, "--board", BOARD, "--emulator", "renode")
    assert (outcome.code, outcome.stdout) == (5, "")
    assert outcome.stderr == f"error: renode: not installed\n  hint: {GET}\n"
    outcome = tinyengine(command, small, "--board", "mps2-an386", "--emulator", "renode")
    assert outcome.code == 2 and outcome.stderr.startswith("error: mps2-an386: Renode has no")


def test_a_board_that_renode_has_not_is_refused_with_those_that_it_has(fake_elf):
    with pytest.raises(UsageError) as caught:
        RenodeMachine(load_image(fake_elf("mps2-an505")), load_board("mps2-an505"))
    names = ", ".join(board.name for board in list_boards() if can_have(board))
    assert "stm32f746" in names
    assert str(caught.value) == (
        "error: mps2-an505: Renode has no model of its core, serial port or timer\n"
        f"  hint: it has {names}"
    )


def test_commands_take_it_for_an_emulator(small, renode):
    renode()
    arguments = ("--board", BOARD, "--emulator", "renode", "--json")
    ran = succeeded("run", small, *arguments).json()
    assert (ran["emulator"], ran["bit_exact"]) == ("renode", True)
    validated = succeeded("validate", small, "--samples", 2, *arguments).json()
    assert (validated["emulator"], validated["bit_exact"]) == ("renode", True)
    assert validated["writes_traced"] is False
