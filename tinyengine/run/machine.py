"""What every machine offers that can run the test firmware."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tinyengine.board.memory_map import merge_banks
from tinyengine.board.types import Board
from tinyengine.errors import ToolError
from tinyengine.run.image import Image
from tinyengine.run.protocol import Done, Link
from tinyengine.run.result import Emulator, ExecutedBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a machine knows of a run; the fields are those of RunResult."""

    instructions: int | None
    ticks: int | None
    hz: int
    instructions_by_function: Mapping[str, int] | None = None
    executed: tuple[ExecutedBlock, ...] | None = None
    models_memory: bool = False


def check_image(image: Image, board: Board, where: str) -> None:
    """Raise ToolError where the image has bytes outside the board's flash and vector table."""
    homes = (board.vectors or board.flash, board.flash)
    for segment in image.segments:
        first, end = segment.address, segment.address + len(segment.data)
        if not any(home.origin <= first and end <= home.origin + home.nbytes for home in homes):
            raise ToolError(where, f"the image has bytes at 0x{first:08x}, outside the flash")


def check_in_ram(board: Board, where: str, address: int, nbytes: int) -> None:
    """Raise ToolError where [address, address + nbytes) is in no RAM of the board.

    Addresses come from the ELF, which may say anything; `where` names it.
    """
    end = address + nbytes
    regions = merge_banks(board.ram_banks)
    if not any(ram.origin <= address and end <= ram.origin + ram.nbytes for ram in regions):
        raise ToolError(
            where,
            f"an input of {nbytes} bytes at 0x{address:08x} is outside the board's RAM",
            "compile the model again",
        )


class Machine(Link, Protocol):
    """A link to firmware that runs somewhere.

    `greeting_attempts` is how often to greet the firmware. `has_memory_access` says whether
    `write_memory` can be used.
    """

    emulator: Emulator
    greeting_attempts: int
    has_memory_access: bool

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to the board's RAM, while the firmware waits for a line.

        Raises:
            ToolError: it is no RAM of the board.
        """

    def start_measuring(self) -> None:
        """Get ready for a run."""

    def measure(self, done: Done, hz: int) -> Measurement:
        """Give the measurements since `start_measuring`.

        `done` is the firmware's own word, with ticks of which it thinks there are `hz` a second.
        """

    def close(self) -> None:
        """End the machine and free what it holds."""
