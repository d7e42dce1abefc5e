"""What every machine offers that can run the test firmware."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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


class Machine(Link, Protocol):
    """A link to firmware that runs somewhere.

    `greeting_attempts` is how often to greet the firmware. `has_memory_access` says whether
    `write_memory` can be used.
    """

    emulator: Emulator
    greeting_attempts: int
    has_memory_access: bool

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to the board's RAM, while the firmware waits for a line."""

    def start_measuring(self) -> None:
        """Get ready for a run."""

    def measure(self, done: Done, hz: int) -> Measurement:
        """Give the measurements since `start_measuring`.

        `done` is the firmware's own word, with ticks of which it thinks there are `hz` a second.
        """

    def close(self) -> None:
        """End the machine and free what it holds."""
