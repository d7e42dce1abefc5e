"""Which peripherals of a board the test firmware may touch, and their models."""

from collections.abc import Callable
from dataclasses import dataclass

from tinyengine.board.types import Board, ClockStep
from tinyengine.errors import ToolError
from tinyengine.run.unicorn.devices import (
    CmsdkUart,
    Device,
    NrfUart,
    Pl011,
    ReadyRegisters,
    Registers,
    SercomUsart,
    StmUsart,
    Wire,
)

_BLOCK, _SMALL_BLOCK = 0x1000, 0x400
"""Bytes of one peripheral on its bus: 1 KiB on an STM32 or a SAM, 4 KiB elsewhere."""

_SMALL_DRIVERS = ("stm32f4", "stm32f7", "sercom")

_UARTS: dict[str, Callable[[Wire], Device]] = {
    "cmsdk": CmsdkUart,
    "nrf5": NrfUart,
    "pl011": Pl011,
    "sercom": SercomUsart,
    "stm32f4": lambda wire: StmUsart(wire, status=0x00, receive=0x04, transmit=0x04),
    "stm32f7": lambda wire: StmUsart(wire, status=0x1C, receive=0x24, transmit=0x28),
}

_DWT, _SCS = 0xE0001000, 0xE000E000
"""Data watchpoint unit and system control space. Source: Armv7-M ARM, B3.1."""

_CCR, _UNALIGN_TRP = 0xD14, 1 << 3
"""Configuration and Control Register. Source: Armv7-M ARM, B3.2.8."""


@dataclass(frozen=True, slots=True)
class Peripheral:
    """A device at [base, base + nbytes)."""

    base: int
    nbytes: int
    device: Device


def peripherals_of(board: Board, wire: Wire) -> tuple[Peripheral, ...]:
    """Give the models of everything that the firmware of `board` touches, without overlaps.

    The serial port is modelled; the timer, and what switches clocks and pins on, are registers
    that hold what was written, and oscillators that start at once.

    Raises:
        ToolError: there is no model of the board's serial port.
    """
    uart = _UARTS.get(board.uart.driver)
    if uart is None:
        raise ToolError(board.name, f"there is no model of the serial port '{board.uart.driver}'")
    block = _SMALL_BLOCK if board.uart.driver in _SMALL_DRIVERS else _BLOCK
    found = [Peripheral(base, _BLOCK, Registers()) for base in (_DWT, _SCS)]
    found.append(Peripheral(board.uart.base, block, uart(wire)))
    steps = board.clock.steps if board.clock else ()
    written = (update.address for update in board.setup)
    for address in (board.timer_base, *written, *(step.address for step in steps)):
        if not any(p.base <= address < p.base + p.nbytes for p in found):
            base = address - address % block
            found.append(Peripheral(base, block, ReadyRegisters(_ready(steps, base))))
    return tuple(found)


def _ready(steps: tuple[ClockStep, ...], base: int) -> dict[int, tuple[int, int]]:
    """Give the bits that are waited for, by their register's offset from `base`."""
    ready: dict[int, tuple[int, int]] = {}
    for step in steps:
        if step.timeout_us:
            mask, value = ready.get(step.address - base, (0, 0))
            ready[step.address - base] = (mask | step.mask, value | step.value)
    return ready


def traps_unaligned(board: Board, peripherals: tuple[Peripheral, ...]) -> bool:
    """Say whether the core traps unaligned accesses: where it has none, or when told to."""
    control = next(p.device for p in peripherals if p.base == _SCS)
    return not board.target.has_unaligned_access or bool(control.read(_CCR) & _UNALIGN_TRP)
