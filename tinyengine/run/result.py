"""What one inference on a board gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Emulator(Enum):
    """What runs the firmware: an emulator, or a real board at a serial port."""

    UNICORN = "unicorn"
    QEMU = "qemu"
    RENODE = "renode"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misses:
    """Lines of flash that no cache had; `next` of them follow the line that was read before."""

    all: int = 0
    next: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedBlock:
    """Straight-line code [address, address + nbytes) that ran `count` times after another block.

    `previous` is the address of that one, 0 at the beginning. `site` is the address after the call
    with which control left the model's own functions; 0 while it is in them. `code` and `data` are
    the lines of flash that it had to wait for in all, where that was modelled.
    """

    site: int
    previous: int
    address: int
    nbytes: int
    count: int
    code: Misses = Misses()
    data: Misses = Misses()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The outputs and the measurements of one inference.

    `outputs` holds each output's bytes in the order of the model's edges. `instructions` are those
    from the entry of `bench_begin` to the entry of `bench_end`: exact under Unicorn (None where
    no C compiler could build the counter), to the resolution of one tick under QEMU and
    Renode, None on hardware. `ticks` are the firmware's own, at `hz` ticks per second; None under
    Unicorn, which has no clock. `stack_nbytes` is the stack of the model's function and below.
    `instructions_by_function` sums to `instructions`; None where the emulator cannot tell.
    `executed` is there where it was asked for. `clock_hz` is what the firmware says of the core's
    clock; None from firmware that does not. `models_memory` tells whether `executed` has the
    lines of flash that were waited for.
    """

    outputs: tuple[bytes, ...]
    instructions: int | None
    ticks: int | None
    hz: int
    stack_nbytes: int
    emulator: Emulator
    instructions_by_function: Mapping[str, int] | None = None
    executed: tuple[ExecutedBlock, ...] | None = None
    clock_hz: int | None = None
    models_memory: bool = False

    @property
    def measured_ms(self) -> float | None:
        """The milliseconds that a real board took; None where it was an emulator."""
        if self.emulator is not Emulator.SERIAL or self.ticks is None:
            return None
        return 1000 * self.ticks / self.hz
