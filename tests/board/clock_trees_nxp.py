"""Models of the clock trees of NXP's i.MX RT1062, LPC55S69 and MCXN947, from their manuals."""

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


class Mcxn947(Memory):
    """MCXN947. Source: MCXNX4XRM, SCG, SPC, FMU, ITRC; clock_config.c of FRDM-MCXN947's SDK."""

    SYSCON, SCG, SPC, FCTRL, ITRC = 0x40000000, 0x40044000, 0x40045000, 0x40043008, 0x40026028

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Begin as the ROM may leave it: from the oscillator of 12 MHz, halved, at 1.0 V."""
        super().__init__(
            {
                self.SCG + 0x14: 0x02000000,
                self.SCG + 0x300: 0x00800000,
                self.SPC + 0x100: 0x00000615,
                self.SPC + 0x40: 1,
                self.FCTRL: 1,
                self.SYSCON + 0x860: 0x40000000,
                self.SYSCON + 0x380: 1,
            },
            dead,
        )
        self._sram_level = 1

    def write(self, address: int, value: int) -> None:
        """Set a register; the oscillator is locked at first, SRAM takes what it was asked to."""
        locked = self.bits(self.SCG + 0x300, 23, 1)
        if address == self.SCG + 0x300 and locked and value & 0x800000:
            return
        if address == self.SPC + 0x40 and not value >> 30 & 1 and self.bits(address, 30, 1):
            self._sram_level = self.bits(address, 0, 2)
        if address in (self.SCG + 0x14, self.SCG + 0x308) and not self.bits(
            self.SYSCON + 0x208, 26, 1
        ):
            return
        voltage = self.SPC + 0x100
        if address == voltage and value & ~self.get(voltage) & 0xC0C:
            asked = [self.get(self.ITRC + 4 * n) & 0xC0003 == 0x80002 for n in (0, 1)]
            assert all(asked), "a glitch detector would reset the chip"
        super().write(address, value)

    def _fast_hz(self) -> float:
        on = self.bits(self.SCG + 0x300, 0, 1) and "oscillator" not in self.dead
        return (144.0 if self.bits(self.SCG + 0x308, 0, 1) else 48.0) * MHZ if on else 0.0

    def _source(self) -> int:
        wanted = self.bits(self.SCG + 0x14, 24, 4)
        return 3 if wanted == 3 and self._fast_hz() else 2

    def read(self, address: int) -> int:
        """Give a register, with the ready bits; the supplies are busy for moments only."""
        value = self.get(address)
        if address == self.SCG + 0x300:
            return value & ~(1 << 24) | bool(self._fast_hz()) << 24
        if address == self.SCG + 0x10:
            return self._source() << 24
        if address == self.SPC + 0x40:
            return value & 0x7FFFFFFF | (value >> 30 & 1) << 31
        return value

    def core_hz(self) -> float:
        """Give the main clock, divided for the bus."""
        hz = self._fast_hz() if self._source() == 3 else 12.0 * MHZ
        return hz / (self.bits(self.SYSCON + 0x380, 0, 8) + 1)

    def uart_hz(self) -> float:
        """Give the clock of Flexcomm 4, if it has its pins and is a UART."""
        routed = all(self.get(0x401170A0 + 4 * pin) & 0x1F00 == 0x1200 for pin in (0, 1))
        clocked = self.bits(self.SYSCON + 0x204, 15, 1) and self.bits(self.SYSCON + 0x200, 14, 1)
        undivided = (
            self.bits(self.SYSCON + 0x860, 0, 8) == 0
            and not self.get(self.SYSCON + 0x860) >> 29 & 3
        )
        is_uart = self.get(0x400B4FF8) & 7 == 1
        chosen = self.bits(self.SYSCON + 0x2C0, 0, 3) == 2
        return 12.0 * MHZ if routed and clocked and undivided and is_uart and chosen else 0.0

    def check(self) -> None:
        """Assert the supplies, SRAM's timing and the wait states of the clock of now."""
        core = self._fast_hz() if self._source() == 3 else 12.0 * MHZ
        active = self.SPC + 0x100
        levels = self.bits(active, 2, 2), self.bits(active, 10, 2), self._sram_level
        assert min(levels) >= (3 if core > 100 * MHZ else 2 if core > 50 * MHZ else 1)
        assert self.bits(self.FCTRL, 0, 4) >= (3 if core > 100 * MHZ else core > 24 * MHZ)
