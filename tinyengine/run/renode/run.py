"""Runs firmware on a board that Renode emulates; its serial port is a socket."""

import select
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from tinyengine.board.types import Board
from tinyengine.errors import TinyEngineError, ToolError, WrongResultError
from tinyengine.files import read_bytes
from tinyengine.run.image import Image
from tinyengine.run.machine import Measurement, check_image
from tinyengine.run.protocol import Done, LineBuffer, SilenceError
from tinyengine.run.renode.platform import (
    check_can_have,
    millions_a_second,
    platform_text,
    script_text,
)
from tinyengine.run.renode.program import RenodeProcess, find_renode
from tinyengine.run.result import Emulator

START_SECONDS = 90.0
"""How long Renode may take until the serial port can be connected to; it is a few in general."""

_LOOPBACK = "127.0.0.1"
_RETRY_SECONDS = 0.1
_WRITE_SECONDS = 20.0
_MOST_ELF_NBYTES = 64 << 20


class RenodeMachine:
    """A board in a Renode process; a link to the firmware that runs on it.

    Renode lets a core read and write where a board has nothing, and only says so: here that is an
    error, from the beginning of a run on.
    """

    emulator = Emulator.RENODE
    greeting_attempts = 10  # its serial ports drop what comes before they are switched on
    has_memory_access = False

    def __init__(self, image: Image, board: Board, *, seconds: float = START_SECONDS) -> None:
        """Start Renode, which may take so many seconds.

        Raises:
            UsageError: Renode does not have the board.
            ToolError: Renode is not installed, too old, or does not start.
        """
        check_can_have(board)
        self._where = f"{image.path.name} on {board.name} (renode)"
        self._board = board
        self._received = LineBuffer()
        self._measuring = False
        check_image(image, board, self._where)
        program = find_renode()
        self._folder = TemporaryDirectory(prefix="tinyengine-")
        port = _free_port()
        try:
            script = _write_files(Path(self._folder.name), image, board, port)
            self._process = RenodeProcess(program, script)
        except BaseException:
            self._folder.cleanup()
            raise
        try:
            self._socket = self._connect(port, monotonic() + seconds)
        except BaseException:
            self._end()
            raise

    def write_line(self, line: bytes) -> None:
        """Send a line."""
        self._socket.settimeout(_WRITE_SECONDS)
        try:
            self._socket.sendall(line + b"\n")
        except TimeoutError:
            raise ToolError(self._where, "the firmware takes no input") from None
        except OSError:
            raise self._gone() from None

    def read_line(self, timeout: float) -> bytes:
        """Give the next line; the time-out is for the whole line, in seconds."""
        deadline = monotonic() + timeout
        while (line := self._received.take()) is None:
            left = deadline - monotonic()
            if left <= 0:
                raise SilenceError(f"no line within {timeout:.3g} s")
            if not select.select([self._socket], [], [], min(left, 1.0))[0]:
                self._check()
                continue
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                raise self._gone()
            self._received.add(data)
        self._check()
        return line

    def write_memory(self, address: int, data: bytes) -> None:
        """Fail: the line is the only way to the board."""
        raise AssertionError(f"no way to write {len(data)} bytes to 0x{address:08x}")

    def start_measuring(self) -> None:
        """Look out for accesses to where the board has nothing; what start-up touched is past."""
        if not self._measuring:
            self._process.forget()
        self._measuring = True

    def measure(self, done: Done, hz: int) -> Measurement:
        """Give ticks, and the instructions that they stand for.

        The timer counts at the rated clock, whatever the firmware thinks it is, and the core
        executes so many millions of instructions a second. Source: the board's description.
        """
        del hz
        instructions = done.ticks * millions_a_second(self._board) * 1_000_000
        return Measurement(
            instructions=instructions // self._board.clock_hz,
            ticks=done.ticks,
            hz=self._board.clock_hz,
        )

    def close(self) -> None:
        """End the process and what it holds."""
        self._socket.close()
        self._end()

    def _end(self) -> None:
        self._process.close()
        self._folder.cleanup()

    def _connect(self, port: int, deadline: float) -> socket.socket:
        """Wait until Renode offers the serial port."""
        while True:
            self._check()
            try:
                return socket.create_connection((_LOOPBACK, port), timeout=1.0)
            except OSError:
                if monotonic() >= deadline:
                    break
            sleep(_RETRY_SECONDS)
        raise ToolError(
            self._where,
            "Renode does not open the emulated serial port",
            details=self._process.words(),
        )

    def _check(self) -> None:
        """Raise where Renode has ended, could not do a command, or saw a stray access."""
        if self._process.ended:
            raise self._gone()
        if self._process.refusal:
            sleep(_RETRY_SECONDS)  # the reason stands in the next lines
            raise ToolError(self._where, "Renode fails", details=self._process.refusal)
        if self._measuring and self._process.stray:
            raise WrongResultError(
                self._where,
                "the firmware accesses an address where the board has nothing",
                details=(self._process.stray,),
            )

    def _gone(self) -> TinyEngineError:
        deadline = monotonic() + 5
        while not self._process.ended and monotonic() < deadline:
            sleep(_RETRY_SECONDS)
        if not self._process.ended:
            return ToolError(self._where, "Renode has closed the emulated serial port")
        problem = f"Renode ended with status {self._process.status}"
        return ToolError(self._where, problem, details=self._process.words())


def _free_port() -> int:
    """Give a TCP port that nobody has now."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _write_files(folder: Path, image: Image, board: Board, port: int) -> Path:
    """Write what Renode reads into a folder; give the path of the script."""
    (folder / "board.repl").write_text(platform_text(board), encoding="utf-8")
    try:
        (folder / "firmware.elf").write_bytes(read_bytes(image.path, _MOST_ELF_NBYTES))
    except OSError as error:
        raise ToolError(str(image.path), f"cannot be read: {error.strerror}") from None
    script = folder / "run.resc"
    script.write_text(script_text(board, port), encoding="utf-8")
    return script
