"""Record what a host and a firmware say to each other for one inference."""

from collections.abc import Sequence
from pathlib import Path

from tinyengine.board.types import Board
from tinyengine.errors import ToolError
from tinyengine.run.image import load_image
from tinyengine.run.protocol import Link, Session
from tinyengine.run.unicorn.run import UnicornMachine

_MEASURED = ("HELLO", "DONE")
"""Answers that tell clocks, ticks and stack: of them the first word only is the same elsewhere."""


class _Recorder:
    """A link that keeps pairs of what was sent and what was answered."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.exchanges: list[tuple[str, str]] = []
        self._sent = ""

    def write_line(self, line: bytes) -> None:
        """Send a line."""
        self._sent = line.decode("ascii")
        self._link.write_line(line)

    def read_line(self, timeout: float) -> bytes:
        """Give the next line."""
        line = self._link.read_line(timeout)
        text = line.decode("ascii").rstrip("\r")
        first = text.split(" ")[0]
        self.exchanges.append((self._sent, first if first in _MEASURED else text))
        return line


def record_session(
    elf: Path, board: Board, inputs: Sequence[bytes], output_nbytes: Sequence[int]
) -> list[tuple[str, str]]:
    """Run one inference in Unicorn; give each line that was sent and what its answer begins with.

    Raises:
        ToolError: Unicorn does not have the board's core, or the firmware is silent.
        WrongResultError: the firmware did something that it must not.
    """
    if board.target.unicorn_cpu is None:
        raise ToolError(board.name, "Unicorn does not have this core")
    machine = UnicornMachine(load_image(elf), board)
    try:
        recorder = _Recorder(machine)
        session = Session(recorder, f"{elf.name} on {board.name}")
        session.hello()
        for index, data in enumerate(inputs):
            session.write_input(index, data)
        session.run()
        for index, nbytes in enumerate(output_nbytes):
            session.read_output(index, nbytes)
    finally:
        machine.close()
    return recorder.exchanges
