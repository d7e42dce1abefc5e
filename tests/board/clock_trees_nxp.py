"""Models of the clock trees of NXP's i.MX RT1062 and LPC55S69, written from their manuals."""

from tests.board.clock_trees import MHZ, Memory


class Rt1062(Memory):
    """i.MX RT1062. Source: IMXRT1060RM, 14.7 CCM registers, 14.8.9 ARM PLL, 18.8 DCDC registers."""

    CCM, PLL_ARM, DCDC = 0x400FC000, 0x400D8000, 0x40080000
    CRYSTAL = 24 * MHZ

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Begin as the ROM leaves it: 396 MHz of the ARM PLL, at 1.15 V."""
        super().__init__(
            {
                self.PLL_ARM: 0x2042,
                self.CCM + 0x10: 1,
                self.CCM + 0x14: 0x000A8200,
                self.CCM + 0x18: 0x2DAE8324,
                self.DCDC + 0xC: 0x0E,
            },
            dead,
        )

    def _pll_hz(self) -> float:
        on = self.get(self.PLL_ARM) & 0x13000 == 0x2000
        if not on or "pll" in self.dead:
            return 0.0
        divider = self.bits(self.PLL_ARM, 0, 7)
        assert 54 <= divider <= 108
        return self.CRYSTAL * divider / 2 / (self.bits(self.CCM + 0x10, 0, 3) + 1)

    def read(self, address: int) -> int:
        """Give a register, with the ready bits; no divider is busy for long."""
        value = self.get(address)
        if address == self.PLL_ARM:
            return value | bool(self._pll_hz()) << 31
        if address == self.DCDC:
            powered = self.bits(self.CCM + 0x80, 6, 2) == 3
            return value | (powered and "dcdc" not in self.dead) << 31
        return 0 if address == self.CCM + 0x48 else value

    def write(self, address: int, value: int) -> None:
        """Set a register; the DCDC takes nothing without its clock, a PLL nothing while it runs."""
        if address == self.DCDC + 0xC and self.bits(self.CCM + 0x80, 6, 2) != 3:
            return
        if address == self.PLL_ARM and not value & 0x1000 and self._pll_hz():
            return
        super().write(address, value)

    def _core_and_bus(self) -> tuple[float, float]:
        divider = self.CCM + 0x14
        if self.bits(divider, 25, 1):
            assert self.bits(self.CCM + 0x18, 12, 2) == 1, "the model has the crystal only"
            hz = self.CRYSTAL / (self.bits(divider, 27, 3) + 1)
        else:
            assert self.bits(self.CCM + 0x18, 18, 2) == 3, "the model has the ARM PLL only"
            hz = self._pll_hz()
        core = hz / (self.bits(divider, 10, 3) + 1)
        return core, core / (self.bits(divider, 8, 2) + 1)

    def core_hz(self) -> float:
        """Give AHB_CLK_ROOT, which is the core's."""
        return self._core_and_bus()[0]

    def uart_hz(self) -> float:
        """Give UART_CLK_ROOT, if LPUART6 has its pins and its clock."""
        pins = (0x401F80C4, 2), (0x401F80C8, 2), (0x401F8550, 1), (0x401F8554, 1)
        routed = all(self.get(address) == value for address, value in pins)
        from_crystal = self.bits(self.CCM + 0x24, 6, 1)
        clocked = self.bits(self.CCM + 0x74, 6, 2) == 3
        divider = self.bits(self.CCM + 0x24, 0, 6) + 1
        return self.CRYSTAL / divider if routed and from_crystal and clocked else 0.0

    def check(self) -> None:
        """Assert the voltage (IMXRT1060CEC, table 11) and the most of core and IPG bus."""
        core, bus = self._core_and_bus()
        millivolts = 800 + 25 * self.bits(self.DCDC + 0xC, 0, 5)
        assert 0 < core <= 600 * MHZ and bus <= 150 * MHZ
        assert millivolts >= (1250 if core > 528 * MHZ else 1150 if core > 24 * MHZ else 925)
        assert millivolts <= 1300


class Lpc55S69(Memory):
    """LPC55S69. Source: UM11126, 4.5 SYSCON, 5.7 flash controller, 13.4 analog control."""

    SYSCON, ANACTRL, FLASH = 0x40000000, 0x40013000, 0x40034000

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Begin as the ROM may leave it: from the oscillator of 12 MHz, at 1 wait state."""
        super().__init__(
            {
                self.SYSCON + 0x104: 0x800,
                self.SYSCON + 0x284: 1,
                self.SYSCON + 0x400: 0x101A,
                self.ANACTRL + 0x10: 1 << 14,
            },
            dead,
        )
        self._flash_waits = 1
        self._flash_is_done = True

    def _fast(self) -> bool:
        return bool(self.bits(self.ANACTRL + 0x10, 30, 1))

    def read(self, address: int) -> int:
        """Give a register; the flash is ready after each command."""
        if address == self.FLASH + 0xFE0:
            return 4 * (self._flash_is_done and "flash" not in self.dead)
        return self.get(address)

    def write(self, address: int, value: int) -> None:
        """Set a register; the command 2 makes the flash take its wait states over.

        Nobody knows when, if it was not told to forget what it had done before.
        """
        if address == self.ANACTRL + 0x10 and not self.bits(self.SYSCON + 0x208, 27, 1):
            return
        super().write(address, value)
        if address == self.FLASH + 0xFE8:
            self._flash_is_done = False
        elif address == self.FLASH and value == 2 and not self._flash_is_done:
            self._flash_waits = self.bits(self.FLASH + 0x80, 0, 4)
            self._flash_is_done = True

    def core_hz(self) -> float:
        """Give the main clock, undivided."""
        if self.bits(self.SYSCON + 0x284, 0, 3):
            return 0.0  # a PLL that is not on
        source = self.bits(self.SYSCON + 0x280, 0, 3)
        assert source == 0 or (source == 3 and self._fast())
        return (96.0 if source else 12.0) * MHZ

    def uart_hz(self) -> float:
        """Give the clock of Flexcomm 0, if it has its pins and is out of reset."""
        routed = all(self.get(0x40001000 + 4 * pin) == 0x101 for pin in (29, 30))
        clocked = self.bits(self.SYSCON + 0x204, 11, 1) and self.bits(self.SYSCON + 0x200, 13, 1)
        held = self.bits(self.SYSCON + 0x104, 11, 1)
        chosen = self.bits(self.SYSCON + 0x2B0, 0, 3) == 2
        return 12.0 * MHZ if routed and clocked and chosen and not held else 0.0

    def check(self) -> None:
        """Assert a wait state for each 11 MHz, 8 up to 100 MHz, of the flash and of its reader."""
        waits = min(self._flash_waits, self.bits(self.SYSCON + 0x400, 12, 4))
        assert waits >= (8 if self.core_hz() > 88 * MHZ else -(-self.core_hz() // (11 * MHZ)) - 1)
