"""Renode as a process: which one there is, and what it says on its console."""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from tinyengine.errors import ToolError
from tinyengine.run.limits import bound_to_us, limit

LEAST_VERSION = (1, 16, 1)
"""Before it a Cortex-M7 computes some instructions of its FPU wrong, without a word."""

HOW_TO_GET = (
    "Renode 1.16.1 or newer: github.com/renode/renode/releases, or brew install renode/tap/renode"
)
_PROGRAM = "renode"
_VERSION_SECONDS = 60

_DATA_NBYTES, _FILE_NBYTES = 8 << 30, 4 << 30
"""The most memory of the process, the board's among it, and the largest file that it writes; .NET
holds the code that it makes in one of 2 GiB."""

_MOST_LINES, _MOST_REFUSAL_LINES, _MOST_LINE_NBYTES = 5, 3, 4096
_READER_SECONDS = 5

_FAILED = "There was an error executing command"
_STRAY = "non existing peripheral"


def find_renode() -> str:
    """Give the path of a Renode that is new enough.

    Raises:
        ToolError: it is not installed, too old, or does not say which it is.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise ToolError(_PROGRAM, "not installed", HOW_TO_GET)
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(program, f"does not start: {error}", HOW_TO_GET) from None
    said = done.stdout.decode("utf-8", "replace")
    found = re.search(r"\bv(\d{1,4})\.(\d{1,4})\.(\d{1,4})", said)
    if found is None:
        details = said.splitlines()[:1]
        raise ToolError(program, "does not say which version it is", HOW_TO_GET, details)
    if tuple(map(int, found.groups())) < LEAST_VERSION:
        raise ToolError(program, f"is version {found[0][1:]}", HOW_TO_GET)
    return program


class RenodeProcess:
    """A Renode without windows, which runs a script; its console is read, and kept in part."""

    def __init__(self, program: str, script: Path) -> None:
        """Start it, with the absolute path of a script, in the script's folder.

        Raises:
            ToolError: it does not start.
        """
        command = [program, "--disable-xwt", "--console", "--plain", str(script)]
        try:
            self._process = subprocess.Popen(
                bound_to_us(command),
                cwd=script.parent,
                stdin=subprocess.PIPE,  # kept open: at its end the console would be over
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us to handle
            )
        except OSError as error:
            raise ToolError(program, f"does not start: {error}") from None
        limit(self._process.pid, data_nbytes=_DATA_NBYTES, file_nbytes=_FILE_NBYTES)
        self._lines: deque[str] = deque(maxlen=_MOST_LINES)
        self.refusal: tuple[str, ...] = ()  # what it said of a command that it could not do
        self.stray = ""  # what it said of the first access to an address that has nothing
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def words(self) -> tuple[str, ...]:
        """Give the last lines of its console."""
        if self.ended:
            self._reader.join(_READER_SECONDS)
        return tuple(self._lines)

    @property
    def status(self) -> int:
        """The exit status of a process that has ended."""
        return self._process.wait()

    def forget(self) -> None:
        """Forget accesses so far to addresses that have nothing."""
        self.stray = ""

    def close(self) -> None:
        """End it, and whatever it has started: the program may be a script around another."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(_READER_SECONDS)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        if not self._reader.is_alive():
            self._process.stdout.close()

    def _read(self) -> None:
        """Read the console to its end: nobody else does, and a full pipe would stop Renode."""
        assert self._process.stdout is not None
        while data := self._process.stdout.readline(_MOST_LINE_NBYTES):
            line = data.decode("utf-8", "replace").rstrip()
            if line:
                self._lines.append(line)
            if self.refusal and len(self.refusal) < _MOST_REFUSAL_LINES:
                self.refusal += (line,)
            elif _FAILED in line:
                self.refusal = (line,)
            elif _STRAY in line and not self.stray:
                self.stray = line
