"""Talks to firmware on a real board over a serial port."""

import errno
import os
from importlib import import_module
from time import monotonic
from typing import Any

from tinyengine.errors import ToolError
from tinyengine.run.machine import Measurement
from tinyengine.run.protocol import Done, LineBuffer, SilenceError
from tinyengine.run.result import Emulator

BAUD = 115200
"""Bits per second of the test firmware's port: 8 data bits, no parity, 1 stop bit."""


_MOST_READ_NBYTES = 4096

_HINTS = {
    errno.ENOENT: "is the board plugged in? `ls /dev/tty*` shows the ports",
    errno.EACCES: "on most systems the ports are for members of the group dialout",
    errno.EBUSY: "end the program that has it open",
}


class SerialBoard:
    """A real board at a serial port; a link to the firmware that runs on it."""

    emulator = Emulator.SERIAL
    greeting_attempts = 5
    has_memory_access = False

    def __init__(self, port: str) -> None:
        """Open the port, for example /dev/ttyACM0; forget what it has received.

        Raises:
            ToolError: pyserial is missing, or the port cannot be opened.
        """
        try:
            serial: Any = import_module("serial")
        except ImportError:
            raise ToolError(
                "pyserial", "not installed", "pip install 'tinyengine[serial]'"
            ) from None
        self._port_name = port
        self._errors = (OSError, serial.SerialException)
        self._received = LineBuffer()
        try:
            self._port = serial.Serial(port, BAUD, timeout=0.1, write_timeout=10)
            self._port.write(b"\n")  # ends whatever line the firmware may be in the middle of
        except self._errors as error:
            raise _unopened(port, error) from None

    def write_line(self, line: bytes) -> None:
        """Send a line."""
        try:
            self._port.write(line + b"\n")
        except self._errors as error:
            raise ToolError(self._port_name, f"is gone: {error}") from None

    def read_line(self, timeout: float) -> bytes:
        """Give the next line; the time-out is for the whole line, in seconds."""
        deadline = monotonic() + timeout
        while (line := self._received.take()) is None:
            if monotonic() >= deadline:
                raise SilenceError(f"no line within {timeout:.3g} s on {self._port_name}")
            try:
                waiting = min(self._port.in_waiting, _MOST_READ_NBYTES)
                self._received.add(self._port.read(max(1, waiting)))
            except self._errors as error:
                raise ToolError(self._port_name, f"is gone: {error}") from None
        return line

    def write_memory(self, address: int, data: bytes) -> None:
        """Fail: the line is the only way to the board."""
        raise AssertionError(f"no way to write {len(data)} bytes to 0x{address:08x}")

    def start_measuring(self) -> None:
        """Do nothing: the firmware's timer measures."""

    def measure(self, done: Done, hz: int) -> Measurement:
        """Give the ticks, which are the core's cycles."""
        return Measurement(instructions=None, ticks=done.ticks, hz=hz)

    def close(self) -> None:
        """Close the port."""
        self._port.close()


def _unopened(port: str, error: Exception) -> ToolError:
    """Say why a port cannot be opened, in the system's words where it has any."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None:
        return ToolError(port, f"cannot be opened: {error}")
    return ToolError(port, f"cannot be opened: {os.strerror(number)}", _HINTS.get(number, ""))
