"""What a board is: a core, memories, a serial port, and the emulators that stand in for it."""

from dataclasses import dataclass
from enum import Enum


class Isa(Enum):
    """What a kernel may use; each includes the ones before it."""

    BASE = "base"
    DSP = "dsp"
    MVE = "mve"

    @property
    def includes(self) -> frozenset["Isa"]:
        """The instruction sets that code for this one may use."""
        order = list(Isa)
        return frozenset(order[: order.index(self) + 1])


class MemoryKind(Enum):
    """What a memory is for; data goes to internal RAM before external RAM."""

    FLASH = "flash"
    RAM = "ram"
    EXTERNAL_RAM = "external-ram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One bank: `origin` is its address, `nbytes` its size; banks stand fastest first."""

    name: str
    kind: MemoryKind
    origin: int
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """A Cortex-M core: its name, instruction set and the compiler's flags for it."""

    name: str
    isa: Isa
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uart:
    """The serial port of the test firmware; `driver` names a port in `runtime_c/firmware`."""

    driver: str
    base: int
    defines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board as data; `source` cites where its figures come from.

    `qemu_machine` is the QEMU machine that is this very board, or None; `qemu_twin` names the
    board of the same core that QEMU runs instead. `unicorn_cpu` is Unicorn's name of the core,
    or None where Unicorn lacks it.
    """

    name: str
    title: str
    source: str
    core: Core
    clock_hz: int
    memories: tuple[Memory, ...]
    uart: Uart
    timer: str
    qemu_machine: str | None
    qemu_twin: str | None
    unicorn_cpu: str | None
    semihosting: bool

    @property
    def flash(self) -> Memory:
        """The memory that code and weights live in."""
        return next(m for m in self.memories if m.kind is MemoryKind.FLASH)

    @property
    def ram_banks(self) -> tuple[Memory, ...]:
        """The memories that data can live in, fastest first, internal before external."""
        internal = tuple(m for m in self.memories if m.kind is MemoryKind.RAM)
        return internal + tuple(m for m in self.memories if m.kind is MemoryKind.EXTERNAL_RAM)
