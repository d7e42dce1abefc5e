"""Models of the peripherals that the test firmware touches: a serial port and plain registers."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

_IDLE_POLLS = 64

_MOST_SENT_NBYTES = 8192
"""What firmware sends at once is a line of less than 600 bytes."""


class Wire:
    """The two directions of a serial line, seen from the firmware.

    `on_idle` is called when the firmware polls an empty receiver over and over, which means that
    it waits for the host. `on_flood` is called when it sends on and on, with nobody to take it.
    """

    def __init__(self, on_idle: Callable[[], None], on_flood: Callable[[], None]) -> None:
        """Begin with nothing on the line."""
        self.received: deque[int] = deque()
        self.sent = bytearray()
        self._on_idle = on_idle
        self._on_flood = on_flood
        self._polls = 0

    def feed(self, data: bytes) -> None:
        """Put bytes on the line to the firmware."""
        self.received.extend(data)
        self._polls = 0

    def poll(self) -> bool:
        """Say whether a byte has arrived; called for every read of a status register."""
        if self.received:
            return True
        self._polls += 1
        if self._polls >= _IDLE_POLLS:
            self._polls = 0
            self._on_idle()
        return False

    def take(self) -> int:
        """Give the byte that arrived first, or 0 if none did."""
        return self.received.popleft() if self.received else 0

    def send(self, value: int) -> None:
        """Take a byte from the firmware."""
        self._polls = 0
        if len(self.sent) >= _MOST_SENT_NBYTES:
            self._on_flood()
        else:
            self.sent.append(value & 0xFF)


class Device(Protocol):
    """Registers by byte offset from the device's base; values are unsigned."""

    def read(self, offset: int) -> int:
        """Give the value of a register."""

    def write(self, offset: int, value: int) -> None:
        """Set a register."""


class Registers:
    """Registers that hold what was written and do nothing."""

    def __init__(self) -> None:
        """Begin with every register 0."""
        self.values: dict[int, int] = {}

    def read(self, offset: int) -> int:
        """Give what was written last, 0 before that."""
        return self.values.get(offset, 0)

    def write(self, offset: int, value: int) -> None:
        """Keep the value."""
        self.values[offset] = value


class ReadyRegisters(Registers):
    """Registers in which every bit that firmware waits for has the value that it waits for.

    `ready` gives by offset the bits and their values.
    """

    def __init__(self, ready: Mapping[int, tuple[int, int]]) -> None:
        """Begin with every other bit 0."""
        super().__init__()
        self._ready = ready

    def read(self, offset: int) -> int:
        """Give what was written last, and what is waited for."""
        mask, value = self._ready.get(offset, (0, 0))
        return super().read(offset) & ~mask | value


@dataclass(frozen=True, slots=True, kw_only=True)
class UartLayout:
    """Where a polled UART has its registers, as offsets: status, and data received and sent.

    The status reads `idle` while nothing has arrived, and `arrived` when a byte has; sending takes
    no time.
    """

    status: int
    idle: int
    arrived: int
    receive: int
    send: int


class PolledUart(Registers):
    """A UART of which firmware reads a status and a byte, and to which it writes a byte."""

    def __init__(self, layout: UartLayout, wire: Wire) -> None:
        """Take the line."""
        super().__init__()
        self._layout = layout
        self._wire = wire

    def read(self, offset: int) -> int:
        """Give a byte, the status, or what was written."""
        if offset == self._layout.status:
            return self._layout.arrived if self._wire.poll() else self._layout.idle
        if offset == self._layout.receive:
            return self._wire.take()
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Send a byte or keep the value."""
        if offset == self._layout.send:
            self._wire.send(value)
        else:
            super().write(offset, value)


class NrfUart(Registers):
    """The nRF51/nRF52 UART: events RXDRDY 0x108 and TXDRDY 0x11C, RXD 0x518, TXD 0x51C.

    A byte that arrives raises RXDRDY; the firmware clears the event and reads RXD.
    Source: nRF51 Series Reference Manual 3.0, 29 UART; nRF52840 Product Specification, 6.33 UART.
    """

    _RXDRDY, _TXDRDY, _RXD, _TXD = 0x108, 0x11C, 0x518, 0x51C

    def __init__(self, wire: Wire) -> None:
        """Take the line."""
        super().__init__()
        self._wire = wire
        self._latched: int | None = None

    def read(self, offset: int) -> int:
        """Give a byte, an event, or what was written."""
        if offset == self._RXDRDY:
            if self._latched is None and self._wire.poll():
                self._latched = self._wire.take()
                self.values[self._RXDRDY] = 1
        elif offset == self._RXD:
            value, self._latched = self._latched or 0, None
            return value
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Send a byte or keep the value."""
        if offset == self._TXD:
            self._wire.send(value)
            self.values[self._TXDRDY] = 1
        else:
            super().write(offset, value)


class Ram(Protocol):
    """The board's RAM, as peripherals reach it."""

    def mem_read(self, address: int, size: int) -> bytearray:
        """Give `size` bytes from `address` on."""

    def mem_write(self, address: int, data: bytes) -> None:
        """Put bytes to `address`."""


class NrfUarte(Registers):
    """The nRF53's UARTE, which moves bytes from and to RAM: pointers and counts at 0x534 and 0x544.

    It is started by 0x000 and 0x008, and says by the events 0x110 and 0x120 that all is received
    or sent. Source: nRF5340 Product Specification 1.3, UARTE.
    """

    _STARTRX, _STARTTX, _ENDRX, _ENDTX = 0x000, 0x008, 0x110, 0x120
    _RXD_PTR, _TXD_PTR, _TXD_MAXCNT = 0x534, 0x544, 0x548

    def __init__(self, wire: Wire, ram: Ram) -> None:
        """Take the line and the memory."""
        super().__init__()
        self._wire = wire
        self._ram = ram
        self._receives = False

    def read(self, offset: int) -> int:
        """Give an event, which a byte that arrives raises, or what was written."""
        if offset == self._ENDRX and self._receives and self._wire.poll():
            self._receives = False
            self._ram.mem_write(self.values[self._RXD_PTR], bytes([self._wire.take()]))
            self.values[self._ENDRX] = 1
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Begin to receive or send, or keep the value."""
        if offset == self._STARTRX:
            self._receives = True
        elif offset == self._STARTTX:
            start, nbytes = self.values[self._TXD_PTR], self.values[self._TXD_MAXCNT]
            for byte in self._ram.mem_read(start, nbytes):
                self._wire.send(byte)
            self.values[self._ENDTX] = 1
        else:
            super().write(offset, value)
