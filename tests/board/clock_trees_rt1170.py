"""A model of the clock tree of NXP's i.MX RT1176, as its core Cortex-M7 uses it."""

from tests.board.clock_trees import MHZ, Memory


class Rt1176(Memory):
    """i.MX RT1176. Source: mcux-devices-rt, RT1170: fsl_clock.c, fsl_dcdc.h, fsl_pmu.c."""

    CCM, ANALOG, DCDC, FUSE = 0x40CC0000, 0x40C84000, 0x40CA8000, 0x40CAC870
    PINS = (0x400E816C, 0x400E8170, 0x400E861C, 0x400E8620)
    CRYSTAL = 24 * MHZ

    def __init__(self, *, biased: bool = True, dead: frozenset[str] = frozenset()) -> None:
        """Begin as the ROM may leave it: 700 MHz of the ARM PLL, at 1.0 V."""
        super().__init__(
            {
                self.CCM: 0x400,
                self.ANALOG + 0x10: 0x2,
                self.ANALOG + 0x20: 0x80,
                self.ANALOG + 0x200: 0x6075,
                self.DCDC + 4: 0x1010100C,
                self.DCDC + 0x14: 0x20000000,
                self.FUSE: 0 if biased else 0x10,
                **dict.fromkeys(self.PINS[:2], 0x5),
            },
            dead,
        )
        self._biased = biased

    def _crystal(self) -> bool:
        """Whether it runs, and goes out."""
        return self.get(self.ANALOG + 0x20) & 0x93 == 0x10 and "crystal" not in self.dead

    def _pll_hz(self) -> float:
        """Give the ARM PLL's clock while it is stable."""
        control = self.get(self.ANALOG + 0x200)
        if control & 0x3000 != 0x2000 or "pll" in self.dead or not self._crystal():
            return 0.0
        divider, after = control & 0xFF, (2, 4, 8, 1)[control >> 15 & 3]
        assert 104 <= divider <= 208
        return self.CRYSTAL * divider / 2 / after

    def read(self, address: int) -> int:
        """Give a register, with the ready bits; no root changes for long."""
        value = self.get(address)
        match address - self.ANALOG:
            case 0x20:
                return value | self._crystal() << 30
            case 0x200:
                return value | bool(self._pll_hz()) << 29
            case 0x560:
                on = value & 0x01000000 and "bias" not in self.dead
                return value | bool(on) << 26
        if address == self.DCDC + 8:
            return value | ("dcdc" not in self.dead) << 31
        return 0 if address == self.CCM + 0x20 else value

    def write(self, address: int, value: int) -> None:
        """Set a register; a PLL takes no other divider while it runs."""
        pll = self.ANALOG + 0x200
        if address == pll:
            changed = (self.get(pll) ^ value) & 0xFF
            assert not (changed and self.get(pll) & 0x2000), "the PLL runs"
            started = value & 0x2000 and not self.get(pll) & 0x2000
            assert not started or value & 0x1000, "its ring is not held while it starts"
        super().write(address, value)

    def core_hz(self) -> float:
        """Give M7_CLK_ROOT."""
        root = self.get(self.CCM)
        control = self.get(self.ANALOG + 0x200)
        goes_out = control & 0x4000 and not control >> 30 & 1
        match root >> 8 & 7:
            case 0:
                half = self.get(self.ANALOG + 0x10) & 0x01000002 == 0x01000002
                source = 24.0 * MHZ if half else 0.0
            case 4:
                source = self._pll_hz() if goes_out else 0.0
            case _:
                raise AssertionError("the model has the oscillator and the ARM PLL only")
        return source / ((root & 0xFF) + 1)

    def uart_hz(self) -> float:
        """Give LPUART1_CLK_ROOT, if the port has its pins and its clock."""
        root = self.get(self.CCM + 0xC80)
        routed = not any(self.get(pin) & 0x1F for pin in self.PINS)
        clocked = self.get(self.CCM + 0x6AC0) & self.get(self.CCM + 0x6620) & 1
        from_crystal = root >> 8 & 7 == 1 and (self._crystal() or "crystal" in self.dead)
        return self.CRYSTAL / ((root & 0xFF) + 1) if routed and clocked and from_crystal else 0.0

    def check(self) -> None:
        """Assert what overdrive needs, from 700 MHz on: 1.125 V, reached in steps, and the bias."""
        core = self.core_hz()
        assert 0 < core <= 996 * MHZ
        if core <= 700 * MHZ:
            return
        millivolts = 600 + 25 * self.bits(self.DCDC + 4, 8, 5)
        assert 1100 <= millivolts <= 1150 and not self.get(self.DCDC + 0x14) & 0x20000000
        bias = self.get(self.ANALOG + 0x550) & 0xFF001003 == 0x11001002
        on = self.get(self.ANALOG + 0x560) & 0x01001C00 == 0x01000400
        assert (bias and on) == self._biased
