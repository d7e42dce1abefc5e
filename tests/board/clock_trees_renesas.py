"""Models of the clock trees of Renesas' RA6M5 and RA8M1, written from their manuals."""

from dataclasses import dataclass

from tests.board.clock_trees import MHZ, Memory


@dataclass(frozen=True)
class Kind:
    """What differs between RA6M5 and RA8M1; clocks are in MHz.

    `prcr`, `momcr` are offsets. `most` are those of core, bus (ICLK), FCLK and PCLKB. `mstp` and
    `pins` switch the serial port on, `pins` with their function. A flash wait state more is needed
    above each of `waits`.
    """

    crystal: int
    prcr: int
    momcr: int
    drive: int
    most: tuple[int, int, int, int]
    waits: tuple[int, ...]
    mstp: tuple[int, int]
    pwpr: int
    pins: tuple[tuple[int, int], ...]


RA6M5 = Kind(  # R01UH0891, 8.2 and 47.4.3; BSP_FEATURE_SYSC_CLOCK_FREQ_*_ROM_WAITS of Renesas' FSP
    crystal=24, prcr=0x3FE, momcr=0x413, drive=0, most=(200, 200, 50, 50), waits=(50, 100, 150),
    mstp=(0x40084004, 31), pwpr=0x40080D03,
    pins=((0x4008092C, 0x04010000), (0x40080928, 0x04010000)),
)  # fmt: skip
RA8M1 = Kind(  # R01UH0994, 8.2 and 45.4.2; the same of FSP
    crystal=20, prcr=0x3FA, momcr=0xA50, drive=6, most=(480, 240, 60, 60), waits=(48, 96, 144, 192),
    mstp=(0x40203004, 22), pwpr=0x40400D0C,
    pins=((0x40400AB8, 0x05010000), (0x40400ABC, 0x05010000)),
)  # fmt: skip


class Ra(Memory):
    """RA6M5 and RA8M1: MOCO of 8 MHz after reset, a crystal, a PLL, dividers."""

    SYSTEM, FLWT = 0x4001E000, 0x4001C11C

    def __init__(self, kind: Kind, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: registers are protected, ports are stopped, MOSC and PLL are off."""
        self._kind, self._is_ra8 = kind, kind is RA8M1
        s = self.SYSTEM
        reset = {s + 0x20: 0 if self._is_ra8 else 0x22022222, s + 0x26: 1, s + 0x32: 1, s + 0x2A: 1}
        super().__init__({**reset, kind.mstp[0]: 0xFFFFFFFF, kind.pwpr: 0x80, s + 0x55: 1}, dead)

    def write(self, address: int, value: int) -> None:
        """Set a register: clocks once PRCR has its key, pins once PWPR lets them."""
        kind, offset = self._kind, address - self.SYSTEM
        is_clock = 0 <= offset < 0x1000 and offset != kind.prcr
        if is_clock and self.get(self.SYSTEM + kind.prcr) & 0xFF01 != 0xA501:
            return
        if address in dict(kind.pins) and self.get(kind.pwpr) != 0x40:
            return
        stopped = self.get(self.SYSTEM + 0x55) & 0x40
        if offset == 0x54 and not stopped:
            return
        if offset == 0x55 and not (stopped and value & 0x40):
            value = value & 0xF0 | self.get(address) & 0x0F
        if address == kind.pwpr and value & 0x40 and self.get(kind.pwpr) & 0x80:
            return
        super().write(address, value)

    def _crystal_runs(self) -> bool:
        driven = self.get(self.SYSTEM + self._kind.momcr) == self._kind.drive
        return not self.get(self.SYSTEM + 0x32) and driven and "crystal" not in self.dead

    def _pll_hz(self) -> float:
        control = self.get(self.SYSTEM + 0x28)
        if self.get(self.SYSTEM + 0x2A) or not self._crystal_runs() or "pll" in self.dead:
            return 0.0
        assert not control >> 4 & 1, "the model has the crystal only"
        into = self._kind.crystal * MHZ / ((control & 3) + 1)
        if self._is_ra8:
            vco = into * ((control >> 8 & 0xFF) + 1)
            assert 6 * MHZ <= into <= 12 * MHZ and 640 * MHZ <= vco <= 1440 * MHZ
            return vco / ((self.get(self.SYSTEM + 0x4C) & 0xF) + 1)
        hz = into * ((control >> 8 & 0x3F) + 1) / 2
        assert 8 * MHZ <= into <= 24 * MHZ and 120 * MHZ <= hz <= 200 * MHZ
        return hz

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value = self.get(address)
        if address == self.SYSTEM + 0x3C:
            return self._crystal_runs() << 3 | bool(self._pll_hz()) << 5
        if address == self.SYSTEM + 0x55:
            return value & 0x7F | (value >> 6 & 1) << 7
        if address == self.SYSTEM + self._kind.prcr:
            return value & 0xFF
        return 0 if address == 0x4001C104 else value

    def _source(self) -> float:
        if self.get(self.SYSTEM + 0x26) == 5 and self._pll_hz():
            return self._pll_hz()
        return 8.0 * MHZ

    def _divided(self, low: int) -> float:
        return self._source() / (1 << self.bits(self.SYSTEM + 0x20, low, 3))

    def core_hz(self) -> float:
        """Give CPUCLK of an RA8, ICLK of an RA6."""
        if self._is_ra8:
            return self._source() / (1 << self.bits(self.SYSTEM + 0x24, 0, 4))
        return self._divided(24)

    def uart_hz(self) -> float:
        """Give the port's clock: SCICLK of an RA8, PCLKA of an RA6."""
        kind = self._kind
        routed = all(self.get(pin) == value for pin, value in kind.pins)
        if not routed or self.bits(kind.mstp[0], kind.mstp[1], 1):
            return 0.0
        if not self._is_ra8:
            return self._divided(12)
        if self.bits(self.SYSTEM + 0x55, 6, 1):
            return 0.0
        source = {1: 8.0 * MHZ, 5: self._pll_hz()}[self.bits(self.SYSTEM + 0x55, 0, 4)]
        return source / (1, 2, 4, 6, 8)[self.bits(self.SYSTEM + 0x54, 0, 3)]

    def check(self) -> None:
        """Assert the most of each clock, and the flash's wait states for the bus."""
        bus = self._divided(24)
        clocks = (self.core_hz(), bus, self._divided(28), self._divided(8))
        assert all(hz <= most * MHZ for hz, most in zip(clocks, self._kind.most, strict=True))
        assert self.get(self.FLWT) >= sum(bus > limit * MHZ for limit in self._kind.waits)
