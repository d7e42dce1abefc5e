"""A model of the clocks of Ambiq's Apollo510, from its register documentation."""

from tests.board.clock_trees import MHZ, Memory


class Apollo510(Memory):
    """Apollo510 in low-power mode. Source: PWRCTRL, GPIO and UART of AmbiqSuite 5.1.0."""

    POWER, GPIO, UART = 0x40021000, 0x40010000, 0x40039000

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: MRAM, TCMs, crypto and OTP are powered, pins are GPIOs and locked."""
        pins = {self.GPIO + 4 * pin: 3 for pin in (30, 55)}
        super().__init__({self.POWER: 0x20000009, self.POWER + 4: 0x08200000, **pins}, dead)

    def read(self, address: int) -> int:
        """Give a register; what is switched on is powered at once, if it ever is."""
        status = {self.POWER + 8: self.POWER + 4, self.POWER + 0x28: self.POWER + 0x24}
        if address in status:
            return 0 if "power" in self.dead else self.get(status[address])
        return self.get(address)

    def write(self, address: int, value: int) -> None:
        """Set a register; pins take nothing while they are locked."""
        is_pin = self.GPIO <= address < self.GPIO + 0x400
        if not is_pin or self.get(self.GPIO + 0x400) == 0x73:
            super().write(address, value)

    def core_hz(self) -> float:
        """Give the clock of the mode that the core is in."""
        assert self.bits(self.POWER, 0, 2) == 1, "the model has the low-power mode only"
        return 96.0 * MHZ

    def uart_hz(self) -> float:
        """Give what the port's divisor counts, in 1/64 of 16 times, of its 24 MHz."""
        pins = [self.get(self.GPIO + 4 * pin) & 0x1F for pin in (30, 55)]
        powered = self.bits(self.POWER + 4, 9, 1)
        return 24.0 * MHZ * 64 / 16 if pins == [0x04, 0x14] and powered else 0.0

    def check(self) -> None:
        """Assert that the memories that firmware stands in are powered, and the cycle counter."""
        assert self.bits(self.POWER + 0x24, 0, 3) == 7 and self.bits(self.POWER + 4, 26, 1)
