"""Models of the peripherals that the test firmware touches: a serial port and plain registers."""

from collections import deque
from collections.abc import Callable, Mapping
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


class StmUsart(Registers):
    """An STM32 USART: status bits RXNE (5), TC (6), TXE (7), and two data registers.

    Source: RM0090, 30.6 USART registers (status and data at 0x00 and 0x04); RM0385, 31.8 USART
    registers (ISR 0x1C, RDR 0x24, TDR 0x28; TEACK and REACK are bits 21 and 22).
    """

    def __init__(self, wire: Wire, status: int, receive: int, transmit: int) -> None:
        """Take the offsets of the status and the data registers."""
        super().__init__()
        self._wire = wire
        self._status = status
        self._receive = receive
        self._transmit = transmit

    def read(self, offset: int) -> int:
        """Give a byte, the status, or what was written."""
        if offset == self._status:
            return 0x6000E0 if self._wire.poll() else 0x6000C0
        if offset == self._receive:
            return self._wire.take()
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Send a byte or keep the value."""
        if offset == self._transmit:
            self._wire.send(value)
        else:
            super().write(offset, value)


class CmsdkUart(Registers):
    """The Arm CMSDK APB UART: DATA 0x00, STATE 0x04 (bit 0 TX full, bit 1 RX full).

    Source: Arm DDI 0479, Cortex-M System Design Kit, 4.3 APB UART.
    """

    def __init__(self, wire: Wire) -> None:
        """Take the line."""
        super().__init__()
        self._wire = wire

    def read(self, offset: int) -> int:
        """Give a byte, the status, or what was written."""
        if offset == 0x00:
            return self._wire.take()
        if offset == 0x04:
            return 2 if self._wire.poll() else 0
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Send a byte or keep the value."""
        if offset == 0x00:
            self._wire.send(value)
        else:
            super().write(offset, value)


class Pl011(Registers):
    """The Arm PrimeCell UART: data 0x00, flags 0x18 (bit 4 RX empty, bit 5 TX full).

    Source: Arm DDI 0183, 3.3.
    """

    def __init__(self, wire: Wire) -> None:
        """Take the line."""
        super().__init__()
        self._wire = wire

    def read(self, offset: int) -> int:
        """Give a byte, the flags, or what was written."""
        if offset == 0x00:
            return self._wire.take()
        if offset == 0x18:
            return 0 if self._wire.poll() else 0x10
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Send a byte or keep the value."""
        if offset == 0x00:
            self._wire.send(value)
        else:
            super().write(offset, value)


class SercomUsart(Registers):
    """A SERCOM as USART: INTFLAG 0x18 (bit 0 transmitter empty, bit 2 received), data 0x28.

    SYNCBUSY, 0x1C, stays 0. Source: Microchip DS60001507, SERCOM USART, register summary.
    """

    def __init__(self, wire: Wire) -> None:
        """Take the line."""
        super().__init__()
        self._wire = wire

    def read(self, offset: int) -> int:
        """Give a byte, the flags, or what was written."""
        if offset == 0x18:
            return 5 if self._wire.poll() else 1
        if offset == 0x28:
            return self._wire.take()
        return super().read(offset)

    def write(self, offset: int, value: int) -> None:
        """Send a byte or keep the value."""
        if offset == 0x28:
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
