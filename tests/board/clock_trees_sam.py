"""Models of the clock trees of Microchip's SAM D21 and D51, written from their data sheets."""

from tests.board.clock_trees import MHZ, Memory


class SamD21(Memory):
    """SAM D21. Source: DS40001882, 15 GCLK, 17 SYSCTRL, 22.8 NVMCTRL, 37.12 (wait states)."""

    SYSCTRL, GCLK, CTRLB = 0x40000800, 0x40000C00, 0x41004004
    XOSC32K, OSC8M, DFLLCTRL, DFLLMUL, PCLKSR = 0x14, 0x20, 0x24, 0x2C, 0x0C
    CRYSTAL = 32_768

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: generator 0 is the oscillator of 8 MHz, which is divided by 8."""
        super().__init__({self.SYSCTRL + self.OSC8M: 0x87000382}, dead)
        self._generators = {0: 0x00010600}
        self._clocks: dict[int, int] = {}

    def _control(self, offset: int) -> int:
        return self.get(self.SYSCTRL + offset)

    def _crystal_runs(self) -> bool:
        return self._control(self.XOSC32K) & 0xE == 0xE and "crystal" not in self.dead

    def _reference(self) -> float:
        """Give what generic clock 0, the DFLL's reference, is."""
        clock = self._clocks.get(0, 0)
        runs = clock >> 14 & 1
        return self._generator(clock >> 8 & 0xF) if runs else 0.0

    def _generator(self, number: int) -> float:
        control = self._generators.get(number, 0)
        if not control >> 16 & 1:
            return 0.0
        source = control >> 8 & 0x1F
        if source == 5:
            return float(self.CRYSTAL) if self._crystal_runs() else 0.0
        if source == 6:
            return 8.0 * MHZ / (1 << (self._control(self.OSC8M) >> 8 & 3))
        assert source == 7, "the model has no other source"
        return self._dfll()

    def _dfll(self) -> float:
        closed = self._control(self.DFLLCTRL) & 0x6 == 0x6 and "dfll" not in self.dead
        return self._reference() * (self._control(self.DFLLMUL) & 0xFFFF) if closed else 0.0

    def read(self, address: int) -> int:
        """Give a register, with the ready bits; nothing takes time to synchronize."""
        if address == self.SYSCTRL + self.PCLKSR:
            ready = self._control(self.DFLLCTRL) >> 1 & 1
            locked = 0xC0 if self._dfll() else 0
            return self._crystal_runs() << 1 | ready << 4 | locked
        return 0 if address == self.GCLK else self.get(address)

    def write(self, address: int, value: int) -> None:
        """Set a register; CLKCTRL is the upper half of GCLK's first word."""
        if address == self.GCLK:
            self._clocks[value >> 16 & 0x3F] = value >> 16
        elif address == self.GCLK + 4:
            self._generators[value & 0xF] = value
        else:
            super().write(address, value)

    def core_hz(self) -> float:
        """Give generator 0; a source that does not run leaves the one before."""
        return self._generator(0)

    def uart_hz(self) -> float:
        """Give the clock of SERCOM5, which is generic clock 25, if its pins are its own."""
        clock = self._clocks.get(25, 0)
        pins = self.get(0x410044B8) >> 24 == 0x33 and self.get(0x410044D4) >> 16 == 0x0101
        bus = self.get(0x40000420) >> 7 & 1
        return self._generator(clock >> 8 & 0xF) if clock >> 14 & 1 and pins and bus else 0.0

    def check(self) -> None:
        """Assert 48 MHz at most, and a wait state above 24 MHz."""
        assert 0 < self.core_hz() <= 48.1 * MHZ
        assert self.bits(self.CTRLB, 1, 4) >= (self.core_hz() > 24 * MHZ)


class SamD51(Memory):
    """SAM D51. Source: DS60001507, 14 GCLK, 15 MCLK, 28 OSCCTRL; wait states are automatic."""

    GCLK, OSCCTRL = 0x40001C00, 0x40001000
    DPLL = OSCCTRL + 0x30

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: generator 0 is the DFLL, free-running at 48 MHz."""
        super().__init__({self.GCLK + 0x20: 0x00000106, self.DPLL + 8: 0x20}, dead)

    def _generator(self, number: int) -> float:
        control = self.get(self.GCLK + 0x20 + 4 * number)
        if not control >> 8 & 1:
            return 0.0
        source = control & 0xF
        assert source in (6, 7), "the model has no other source"
        return (48.0 * MHZ if source == 6 else self._dpll()) / max(1, control >> 16)

    def _channel(self, number: int) -> float:
        control = self.get(self.GCLK + 0x80 + 4 * number)
        return self._generator(control & 0xF) if control >> 6 & 1 else 0.0

    def _dpll(self) -> float:
        from_gclk = self.bits(self.DPLL + 8, 5, 3) == 0
        if not self.bits(self.DPLL, 1, 1) or not from_gclk or "dpll" in self.dead:
            return 0.0
        reference = self._channel(1)
        if not reference:
            return 0.0
        assert 32_000 <= reference <= 3.2 * MHZ
        ratio = self.get(self.DPLL + 4)
        hz = reference * ((ratio & 0x1FFF) + 1 + (ratio >> 16 & 0x1F) / 32)
        assert 96 * MHZ <= hz <= 200 * MHZ
        return hz

    def read(self, address: int) -> int:
        """Give a register, with the ready bits; nothing takes time to synchronize."""
        if address == self.DPLL + 0x10:
            return 3 if self._dpll() else 0
        return self.get(address)

    def core_hz(self) -> float:
        """Give generator 0."""
        return self._generator(0)

    def uart_hz(self) -> float:
        """Give the clock of SERCOM3, which is channel 24, if its pins are its own."""
        pins = self.get(0x41008038) >> 24 == 0x22 and self.get(0x41008054) >> 16 == 0x0101
        return self._channel(24) if pins and self.get(0x40000818) >> 10 & 1 else 0.0

    def check(self) -> None:
        """Assert 120 MHz at most."""
        assert 0 < self.core_hz() <= 120 * MHZ
