"""A device at the other end of the line may send anything: all of it is bounded."""

import os
import threading
import time
import tty
from contextlib import contextmanager

import pytest

from tests.run.firmware import OUTPUT_NBYTES, build_fake, fake_input
from tests.support import require_module, require_tool
from tinyengine.board import load_board
from tinyengine.errors import TinyEngineError, ToolError, WrongResultError
from tinyengine.run import Emulator, open_runner, protocol
from tinyengine.run.machine import check_in_ram
from tinyengine.run.protocol import (
    MOST_LINE_NBYTES,
    LineBuffer,
    NoiseError,
    Session,
    SilenceError,
    seal,
)

GREETING = b"HELLO te1 m arena=1 inputs=1 outputs=1 hz=1"


class Script:
    """A link whose other side says what it is told to, each line after some seconds."""

    def __init__(self, *payloads, seconds=0.0):
        self._lines, self._seconds = list(map(seal, payloads)), seconds

    def write_line(self, line):
        pass

    def read_line(self, timeout):
        time.sleep(min(self._seconds, max(timeout, 0)))
        if not self._lines or timeout < self._seconds:
            raise SilenceError(f"nothing for {timeout:g} s")
        return self._lines.pop(0)


@pytest.mark.parametrize(
    "number", [b"9" * 10, b"9" * 5000, b"4294967296", b"-1", b"1e9", b"", b"0x10"]
)
@pytest.mark.parametrize("field", [b"status", b"ticks", b"stack"])
def test_numbers_of_a_run_have_32_bits(field, number):
    good = b"DONE status=0 ticks=7 stack=9"
    bad = b" ".join(
        field + b"=" + number if word.startswith(field) else word for word in good.split()
    )
    with pytest.raises(ToolError, match="unexpected answer to RUN"):
        Session(Script(bad), "w").run()


@pytest.mark.parametrize("number", [b"9" * 10, b"9" * 5000, b"-1", b""])
@pytest.mark.parametrize("field", [b"arena", b"inputs", b"outputs", b"hz"])
def test_numbers_of_a_greeting_have_32_bits(field, number):
    bad = b" ".join(
        field + b"=" + number if word.startswith(field) else word for word in GREETING.split()
    )
    with pytest.raises(ToolError, match="unexpected answer to HELLO"):
        Session(Script(bad), "w").hello()


def test_a_timer_that_stands_still_is_refused():
    with pytest.raises(ToolError, match="unexpected answer to HELLO"):
        Session(Script(GREETING.replace(b"hz=1", b"hz=0")), "w").hello()


def test_the_numbers_of_a_fault_are_registers():
    fault = b"FAULT cfsr=" + b"F" * 600 + b" pc=" + b"1" * 9 + b" lr=00000010"
    with pytest.raises(WrongResultError) as caught:
        Session(Script(fault), "w", "<{:x}>".format).run()
    assert "lr: <10>" in str(caught.value) and "pc: <" not in str(caught.value)


def test_a_line_is_bounded():
    buffer = LineBuffer()
    buffer.add(b"a" * (MOST_LINE_NBYTES - 1) + b"\r\nb\n")
    assert buffer.take() == b"a" * (MOST_LINE_NBYTES - 1)
    assert (buffer.take(), buffer.take()) == (b"b", None)
    buffer.add(b"c" * (MOST_LINE_NBYTES + 1))
    with pytest.raises(NoiseError, match="more than 1024 bytes without a line end"):
        buffer.take()
    buffer.add(b"d\n")
    assert buffer.take() == b"d"


@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_whole_transfer_is_bounded_in_time(direction, monkeypatch):
    """Each answer comes in time, all of them do not."""
    monkeypatch.setattr(protocol, "_REPLY_SECONDS", 0.2)
    monkeypatch.setattr(protocol, "_LINE_SECONDS", 0.01)
    data = bytes(20 * 256)
    replies = [b"OK"] * 20
    if direction == "out":
        replies = [b"DATA 0 %d %s" % (at, b"00" * 256) for at in range(0, len(data), 256)]
    talk = Session(Script(*replies, seconds=0.1), "w")
    began = time.monotonic()
    with pytest.raises(ToolError, match="did not answer"):
        talk.write_input(0, data) if direction == "in" else talk.read_output(0, len(data))
    assert time.monotonic() - began < 1  # not 2 s
    fast = Session(Script(*replies), "w")
    fast.write_input(0, data) if direction == "in" else fast.read_output(0, len(data))


@contextmanager
def device(behave):
    """Give the name of a pseudo-terminal at which `behave(descriptor, stopped)` runs."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    stopped = threading.Event()
    thread = threading.Thread(target=behave, args=(ours, stopped))
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stopped.set()
        thread.join()
        os.close(ours)
        os.close(theirs)


def send(descriptor, data):
    try:
        os.write(descriptor, data)
    except BlockingIOError:
        time.sleep(0.001)


def zeros(descriptor, stopped):
    """Send bytes without end, and no line."""
    while not stopped.is_set():
        send(descriptor, bytes(4096))


def lines(descriptor, stopped):
    """Send lines without end, none of which is an answer."""
    while not stopped.is_set():
        send(descriptor, b"\x1b[2Jboo\n" * 100)


def drip(descriptor, stopped):
    """Send a byte now and then, and never a line end."""
    while not stopped.is_set():
        send(descriptor, b"x")
        time.sleep(0.05)


def silence(_, stopped):
    """Send nothing."""
    stopped.wait()


@pytest.mark.parametrize("behave", [zeros, lines, drip, silence])
def test_a_device_that_is_no_board_is_given_up(behave, fake_elf, monkeypatch):
    require_module("serial")
    monkeypatch.setattr(protocol, "_REPLY_SECONDS", 1.0)
    monkeypatch.setattr(protocol, "_RETRY_SECONDS", 0.2)
    elf, board = fake_elf("stm32f405"), load_board("stm32f405")
    began = time.monotonic()
    with (
        device(behave) as port,
        pytest.raises(TinyEngineError) as caught,
        open_runner(elf, board, [OUTPUT_NBYTES], emulator=Emulator.SERIAL, port=port),
    ):
        pass
    assert time.monotonic() - began < 10
    assert len(str(caught.value)) < 600 and "\x1b" not in str(caught.value)


FLOOD = """\
#include "fake.h"
#include "firmware/uart.h"
int fake_run(void *arena, const int8_t *input, int8_t *output)
{
    (void)arena;
    (void)output;
    for (uint32_t i = 0;; i++) {
        uart_putc(input[0] == 0 || i % 8u != 0u ? 'x' : '\\n');
    }
}
"""


@pytest.mark.parametrize("emulator", [Emulator.UNICORN, Emulator.QEMU])
@pytest.mark.parametrize("kind", [0, 1], ids=["bytes", "lines"])
def test_firmware_that_sends_without_end_is_ended(kind, emulator, tmp_path):
    require_tool("qemu-system-arm")
    board = load_board("mps2-an386")
    elf = build_fake(tmp_path, board, FLOOD)
    began = time.monotonic()
    with (
        open_runner(elf, board, [OUTPUT_NBYTES], emulator=emulator) as runner,
        pytest.raises(TinyEngineError, match=r"sends without waiting|came damaged"),
    ):
        runner.infer([fake_input(kind)])
    assert time.monotonic() - began < 20


def test_an_input_lies_in_ram():
    board = load_board("stm32f405")
    first, second = board.ram_banks[:2]
    check_in_ram(board, "w", first.origin, first.nbytes)
    for address, nbytes in (
        (board.flash.origin, 4),
        (first.origin - 1, 4),
        (board.uart.base, 4),
        (first.origin + first.nbytes - 2, 1 << 20),
        (second.origin + second.nbytes - 2, 4),
        (0xFFFFFFFF, 4),
    ):
        with pytest.raises(ToolError, match="outside the board's RAM"):
            check_in_ram(board, "w", address, nbytes)
