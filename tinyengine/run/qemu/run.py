"""Runs firmware on an emulated board of QEMU, as a process of its own."""

import os
import select
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from functools import lru_cache
from time import monotonic

from tinyengine.board.types import Board
from tinyengine.errors import TinyEngineError, ToolError
from tinyengine.run.image import Image
from tinyengine.run.limits import bound_to_us, limit
from tinyengine.run.machine import Measurement, check_image, check_in_ram
from tinyengine.run.native.counter import Range
from tinyengine.run.protocol import Done, LineBuffer, SilenceError
from tinyengine.run.qemu.follow import QemuFollower, find_qemu
from tinyengine.run.qemu.gdb_port import GdbPort
from tinyengine.run.result import Emulator

_PROBE_SECONDS = 20
_NUDGE_SECONDS = 0.02
_WRITE_SECONDS = 20

_DATA_NBYTES, _FILE_NBYTES = 6 << 30, 256 << 20
"""The most memory of the process, the board's among it, and the largest file of its plugin."""

_NOTHING_ELSE = (
    *("-nodefaults", "-no-user-config"),
    *("-nic", "none", "-display", "none", "-monitor", "none", "-parallel", "none"),
)
"""No device but the machine's own: no semihosting, network, disk, screen or monitor."""

_SANDBOX = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")
"""QEMU itself may start no process and raise no privilege.
Source: QEMU's documentation, "Invocation", -sandbox."""


def qemu_command(image: Image, board: Board) -> list[str]:
    """Give the command that starts the firmware with its serial port on stdin and stdout.

    That port is all that the firmware has of the host: an ELF may come from anywhere.
    With `-icount shift=0` one instruction is 1 ns of the board's time.

    Raises:
        ToolError: QEMU has no such board, lacks a memory of it, or is not installed.
    """
    if board.qemu_machine is None:
        hint = f"its twin is {board.qemu_twin}: compile for that" if board.qemu_twin else ""
        raise ToolError(board.name, "QEMU has no such board", hint)
    program = find_qemu(board.target.architecture)
    _refuse_missing_memory(image, board)
    command = [program, "-M", board.qemu_machine, *_NOTHING_ELSE]
    command += _SANDBOX if _has_sandbox(program) else ()
    command += ["-serial", "stdio", "-icount", "shift=0", "-kernel", str(image.path)]
    return bound_to_us(command)


@lru_cache
def _has_sandbox(program: str) -> bool:
    """Tell whether this QEMU, on this kernel, can filter its own system calls."""
    command = [program, *_SANDBOX, "-M", "help"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def missing_memories(image: Image, board: Board) -> tuple[str, ...]:
    """Give the memories that the firmware uses and QEMU's machine does not have."""
    return tuple(
        memory.name
        for memory in board.memories
        if memory.name in board.qemu_lacks
        and any(
            nbytes and memory.origin <= origin < memory.end
            for origin, nbytes in image.sections.values()
        )
    )


def _refuse_missing_memory(image: Image, board: Board) -> None:
    """Raise ToolError where the firmware uses a memory of the board that QEMU does not have."""
    for name in missing_memories(image, board):
        raise ToolError(
            board.name,
            f"QEMU lacks the board's memory '{name}', which this firmware uses",
            "run it with --emulator unicorn",
        )


class QemuMachine:
    """A board in a QEMU process; a link to the firmware that runs on it."""

    emulator = Emulator.QEMU
    greeting_attempts = 10  # a port may drop what comes before it is switched on
    has_memory_access = True

    def __init__(
        self, image: Image, board: Board, *, follow: Sequence[Range] | None = None
    ) -> None:
        """Start QEMU; `follow` are the model's own functions, where executed blocks are wanted.

        Raises:
            ToolError: QEMU has no such board, is not installed or does not start; or there is no C
                compiler to follow with.
        """
        self._where = f"{image.path.name} on {board.name} (qemu)"
        check_image(image, board, self._where)
        command = qemu_command(image, board)
        self._follower: QemuFollower | None = None
        if follow is not None:
            self._follower = QemuFollower(image, follow, board.target.architecture)
        if self._follower:
            command += self._follower.options
        self._board = board
        self._timer_hz = board.qemu_timer_hz
        self._received = LineBuffer()
        self._has_spoken = False
        self._messages = tempfile.TemporaryFile()  # noqa: SIM115 -- closed in close()
        ours, theirs = socket.socketpair()
        self._gdb = GdbPort(ours)
        debugger = ["-chardev", f"socket,id=gdb,fd={theirs.fileno()}", "-gdb", "chardev:gdb"]
        try:
            self._process = subprocess.Popen(
                [*command, *debugger],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._messages,
                bufsize=0,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        except OSError as error:
            self._messages.close()
            self._gdb.close()
            raise ToolError(
                board.target.architecture.qemu_program, f"does not start: {error}"
            ) from None
        finally:
            theirs.close()
        limit(self._process.pid, data_nbytes=_DATA_NBYTES, file_nbytes=_FILE_NBYTES)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        os.set_blocking(self._to.fileno(), False)
        try:
            self._gdb.start()
        except OSError:
            gone = self._gone()
            self.close()
            raise gone from None

    def write_line(self, line: bytes) -> None:
        """Send a line; what the firmware answers meanwhile is kept."""
        left = memoryview(line + b"\n")
        deadline = monotonic() + _WRITE_SECONDS
        while left:
            try:
                left = left[os.write(self._to.fileno(), left) :]
            except BlockingIOError:
                if monotonic() >= deadline:
                    raise ToolError(self._where, "the firmware takes no input") from None
                select.select([], [self._to], [], 1.0)
                self._check_alive()
            except BrokenPipeError:
                raise self._gone() from None

    def read_line(self, timeout: float) -> bytes:
        """Give the next line; the time-out is for the whole line, in seconds."""
        deadline = monotonic() + timeout
        while (line := self._received.take()) is None:
            left = deadline - monotonic()
            if left <= 0:
                raise SilenceError(f"no line within {timeout:.3g} s")
            if not select.select([self._from], [], [], self._patience(left))[0]:
                self._nudge()
                continue
            data = os.read(self._from.fileno(), 65536)
            if not data:
                raise self._gone()
            self._has_spoken = True
            self._received.add(data)
        return line

    def _patience(self, left: float) -> float:
        """Give how long to wait before a nudge, in seconds, of the `left` that remain."""
        return left if self._has_spoken else min(left, _NUDGE_SECONDS)

    def _nudge(self) -> None:
        """Wake QEMU's main loop, which does not see by itself that the port was switched on.

        It looks for what came before that only when some event wakes it, and without a network
        there is none.
        """
        if not self._has_spoken:
            self._write(0, b"")

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to the board's RAM while the firmware waits for a line."""
        check_in_ram(self._board, self._where, address, len(data))
        self._write(address, data)

    def _write(self, address: int, data: bytes) -> None:
        try:
            self._gdb.write(address, data)
        except OSError:
            raise self._gone() from None

    def start_measuring(self) -> None:
        """Do nothing: the firmware's timer measures."""

    def measure(self, done: Done, hz: int) -> Measurement:
        """Give ticks, and the instructions that they stand for: one per nanosecond."""
        hz = self._timer_hz or hz
        instructions = done.ticks * 1_000_000_000 // hz
        executed = self._follower.executed() if self._follower else None
        return Measurement(instructions=instructions, ticks=done.ticks, hz=hz, executed=executed)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._gdb.close()
        self._to.close()
        self._from.close()
        self._messages.close()
        if self._follower:
            self._follower.close()

    def _check_alive(self) -> None:
        if self._process.poll() is not None:
            raise self._gone()

    def _gone(self) -> TinyEngineError:
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return ToolError(self._where, "QEMU does not answer any more")
        self._messages.seek(0)
        lines = self._messages.read().decode("utf-8", "replace").splitlines()
        return ToolError(self._where, f"QEMU ended with status {status}", details=lines[:5])
