"""What a board is: a target, memories, a serial port, and the emulators that stand in for it."""

from dataclasses import dataclass
from enum import Enum

from tinyengine.board.target import Isa, Target

__all__ = [
    "Board",
    "Boot",
    "ChipIdentity",
    "Clock",
    "ClockStep",
    "Flashing",
    "Isa",
    "Memory",
    "MemoryKind",
    "MemoryModel",
    "Placement",
    "RegisterUpdate",
    "Target",
    "Uart",
]


class MemoryKind(Enum):
    """What a memory is for; data goes to internal RAM before external RAM."""

    FLASH = "flash"
    RAM = "ram"
    EXTERNAL_RAM = "external-ram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """One bank: `origin` is its address, `nbytes` its size; banks stand fastest first.

    `executes` says of RAM that code runs there, and faster than from flash. `has_dma` is False
    where the DMA controllers do not reach.
    """

    name: str
    kind: MemoryKind
    origin: int
    nbytes: int
    executes: bool = False
    has_dma: bool = True

    @property
    def end(self) -> int:
        """The address after its last byte."""
        return self.origin + self.nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """In which memories, by their names, parts of the firmware go; "" where it does not matter.

    `arena` are the memories that the arena may take, none where any will do. `kernels` is where the
    hottest code is copied to at reset; the flash, where none is.
    """

    stack: str = ""
    arena: tuple[str, ...] = ()
    kernels: str = ""

    def over(self, other: "Placement") -> "Placement":
        """Give this one with what `other` says where it says nothing itself."""
        return Placement(
            stack=self.stack or other.stack,
            arena=self.arena or other.arena,
            kernels=self.kernels or other.kernels,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Uart:
    """The serial port of the test firmware; `driver` names a port in `runtime_c/firmware`.

    `defines` are C macros for the driver (baud rate divisor, pins).
    """

    driver: str
    base: int
    defines: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterUpdate:
    """Bits of the register at `address` to clear, then to set, before anything else runs.

    `nbytes`: it is accessed by that many bytes, 1, 2 or 4.
    """

    register: str
    address: int
    clear: int
    set: int
    purpose: str
    nbytes: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStep:
    """One access on the way to the rated clock: `value` goes to, or comes to, the bits of `mask`.

    With a `timeout_us` the core waits, at the reset clock, until the bits have the value; without
    one it sets them, and writes the register without reading it where `mask` is all of it. The
    register is accessed by `nbytes` bytes, 1, 2 or 4. Where a wait is in vain all further steps
    are left out; with `skip` only so many, and it counts as taken.
    """

    register: str
    address: int
    mask: int
    value: int
    timeout_us: int
    purpose: str
    nbytes: int = 4
    skip: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The way from the reset clock to the rated one, and what differs there.

    Where a wait ends without the value that it waits for, the firmware leaves the other steps out
    and runs at the reset clock. `uart_divisor` and `timer_hz` are those of the rated clock;
    `has_caches` tells whether the core has caches of its own to switch on.
    """

    source: str
    steps: tuple[ClockStep, ...]
    uart_divisor: int | None
    timer_hz: int
    has_caches: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A cache of flash: bytes, ways and bytes of a line, and what a line costs that it has not.

    `miss_cycles` are those of the core at its rated clock, `next_cycles` the same for the line
    after the one that was read before, which a prefetch may be at already.
    """

    nbytes: int
    ways: int
    line: int
    miss_cycles: int
    next_cycles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryModel:
    """How long instructions, and data, that are in flash are waited for.

    `is_unified`: it is one cache for both, `code` and `data` alike.
    """

    source: str
    code: Cache
    data: Cache
    is_unified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipIdentity:
    """The register that tells which chip this is: `value` in the bits of `mask` on the board."""

    register: str
    address: int
    mask: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashing:
    """How firmware gets into the board: what it has for that, tools that can, the best one first.

    What each tool needs to know: `chip` is pyOCD's name of the chip; `openocd` names OpenOCD's
    files for a probe and the chip; `dfu` is the vendor and product of the bootloader that dfu-util
    looks for; `uf2_family` the family that the blocks of a UF2 file bear, `uf2_board` how the
    Board-ID begins that the bootloader's drive tells; `bossac_offset` where
    bossac writes to. `identity` is None where no probe reaches the chip.
    """

    probe: str
    tools: tuple[str, ...]
    chip: str
    openocd: tuple[str, ...] = ()
    dfu: str | None = None
    uf2_family: int | None = None
    uf2_board: str | None = None
    bossac_offset: int | None = None
    identity: ChipIdentity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Boot:
    """Code that the chip's ROM runs first, in the first `nbytes` of the flash.

    `code` names a file of `runtime_c/firmware`; the vector table stands behind it.
    """

    code: str
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board as data; `source` cites where its figures come from.

    `qemu_machine` is the QEMU machine that is this very board, or None; `qemu_twin` names the
    board of the same core that QEMU runs instead. `clock_hz` is the core's rated clock, which
    `clock` says how to get to; after reset, and where there is no `clock`, the core runs at
    `reset_hz` and the timer counts `timer_hz` ticks per second (`qemu_timer_hz` in QEMU, where that
    differs). `flashing` is None where there is only an emulated board. `vectors` is where the core
    looks for its vector table when that is not the start of the flash. `qemu_lacks` names memories
    that the board has and QEMU's machine has not. `placement` is where parts go by default, where
    they fit. `memory_model` is None where flash is taken to answer at once.
    """

    name: str
    title: str
    source: str
    target: Target
    clock_hz: int
    memories: tuple[Memory, ...]
    uart: Uart
    timer: str
    qemu_machine: str | None
    qemu_twin: str | None
    reset_hz: int = 0
    timer_base: int = 0
    timer_hz: int = 0
    qemu_timer_hz: int | None = None
    vectors: Memory | None = None
    setup: tuple[RegisterUpdate, ...] = ()
    qemu_lacks: tuple[str, ...] = ()
    clock: Clock | None = None
    flashing: Flashing | None = None
    boot: Boot | None = None
    placement: Placement = Placement()
    memory_model: MemoryModel | None = None

    @property
    def vectors_origin(self) -> int:
        """The address of the vector table."""
        if self.vectors is not None:
            return self.vectors.origin
        return self.flash.origin + (self.boot.nbytes if self.boot else 0)

    @property
    def running_hz(self) -> int:
        """The clock at which the test firmware runs the model, if the oscillators start."""
        return self.clock_hz if self.clock else self.reset_hz

    @property
    def running_timer_hz(self) -> int:
        """The timer's ticks per second at that clock."""
        return self.clock.timer_hz if self.clock else self.timer_hz

    def milliseconds(self, cycles: float) -> float:
        """Give the time that `cycles` take at the board's rated clock."""
        return 1000 * cycles / self.clock_hz

    @property
    def flash(self) -> Memory:
        """The memory that code and weights live in."""
        return next(m for m in self.memories if m.kind is MemoryKind.FLASH)

    @property
    def ram_banks(self) -> tuple[Memory, ...]:
        """The memories that data can live in, fastest first, internal before external."""
        internal = tuple(m for m in self.memories if m.kind is MemoryKind.RAM)
        return internal + tuple(m for m in self.memories if m.kind is MemoryKind.EXTERNAL_RAM)
