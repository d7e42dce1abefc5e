"""Which peripherals of a board the test firmware may touch, and their models."""

from dataclasses import dataclass

from tinyengine.board.types import Board, ClockStep
from tinyengine.errors import ToolError
from tinyengine.run.unicorn.devices import (
    Device,
    NrfUart,
    NrfUarte,
    PolledUart,
    Ram,
    ReadyRegisters,
    Registers,
    UartLayout,
    Wire,
)

_BLOCK, _SMALL_BLOCK = 0x1000, 0x400
"""Bytes of one peripheral on its bus: 1 KiB at most on STM32, SAM and RA, 4 KiB elsewhere."""

_SMALL_DRIVERS = ("stm32f4", "stm32f7", "sercom", "sci")

_LAYOUTS = {
    # Arm DDI 0479, 4.3 APB UART: STATE has bit 1, RX full.
    "cmsdk": UartLayout(status=0x04, idle=0, arrived=2, receive=0x00, send=0x00),
    # UM11126, USART: FIFOSTAT has bits 5, room to send, and 6, received.
    "flexcomm": UartLayout(status=0xE04, idle=0x20, arrived=0x60, receive=0xE30, send=0xE20),
    # IMXRT1060RM, LPUART: STAT has bits 23, room to send, and 21, received.
    "lpuart": UartLayout(status=0x14, idle=0x800000, arrived=0xA00000, receive=0x1C, send=0x1C),
    # Arm DDI 0183, 3.3: UARTFR has bits 4, RX empty, and 5, TX full.
    "pl011": UartLayout(status=0x18, idle=0x10, arrived=0, receive=0x00, send=0x00),
    # R01UH0891, 30.2 SCI: SSR has bits 7, room to send, and 6, received.
    "sci": UartLayout(status=0x04, idle=0x80, arrived=0xC0, receive=0x05, send=0x03),
    # DS60001507, SERCOM USART: INTFLAG has bits 0, room to send, and 2, received.
    "sercom": UartLayout(status=0x18, idle=1, arrived=5, receive=0x28, send=0x28),
    # RM0090, 30.6 USART: SR has bits 7 and 6, room and all sent, and 5, received.
    "stm32f4": UartLayout(status=0x00, idle=0xC0, arrived=0xE0, receive=0x04, send=0x04),
    # RM0385, 31.8 USART: ISR has the same, and bits 21 and 22: both directions are on.
    "stm32f7": UartLayout(status=0x1C, idle=0x6000C0, arrived=0x6000E0, receive=0x24, send=0x28),
}


def _uart(driver: str, wire: Wire, ram: Ram) -> Device | None:
    """Give the model of a serial port, None where there is none."""
    match driver:
        case "nrf5":
            return NrfUart(wire)
        case "nrf_uarte":
            return NrfUarte(wire, ram)
        case _:
            layout = _LAYOUTS.get(driver)
            return PolledUart(layout, wire) if layout else None


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


def peripherals_of(board: Board, wire: Wire, ram: Ram) -> tuple[Peripheral, ...]:
    """Give the models of everything that the firmware of `board` touches, without overlaps.

    The serial port is modelled; the timer, and what switches clocks and pins on, are registers
    that hold what was written, and oscillators that start at once.

    Raises:
        ToolError: there is no model of the board's serial port.
    """
    uart = _uart(board.uart.driver, wire, ram)
    if uart is None:
        raise ToolError(board.name, f"there is no model of the serial port '{board.uart.driver}'")
    block = _SMALL_BLOCK if board.uart.driver in _SMALL_DRIVERS else _BLOCK
    found = [Peripheral(base, _BLOCK, Registers()) for base in (_DWT, _SCS)]
    found.append(Peripheral(board.uart.base, block, uart))
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
