"""Models of the clock trees of ST's L4, G4, WB and U5. Each is written from the manual."""

from dataclasses import dataclass

from tests.board.clock_trees import MHZ, Memory, prescaled


@dataclass(frozen=True)
class Kind:
    """What differs between L4, L4+, G4 and WB; clocks are in MHz.

    `internal` is the oscillator that runs after reset, `pll_source` its code in PLLCFGR; PLLR
    begins at bit `r_low`, and its code counts `r_step`. `per_wait` is the clock that a wait state
    more allows, `most` that of range 1, and `boosted` that with boost. `uart_times` is what the
    port's divisor counts of its bus, `second_most` the most of a second core.
    """

    internal: int
    reset: dict[int, int]
    pll_source: int
    r_low: int
    r_step: int
    per_wait: int
    most: int
    vco: tuple[int, int]
    boosted: int = 0
    rcc: int = 0x40021000
    acr: int = 0x40022000
    uart_times: int = 1
    second_most: int = 0


L476 = Kind(  # RM0351, 6.4 RCC registers, table 11 (wait states)
    internal=4, reset={0: 0x63}, pll_source=1, r_low=25, r_step=2, per_wait=16, most=80,
    vco=(64, 344),
)  # fmt: skip
L4R5 = Kind(  # RM0432, 6.4, 5.1.8 dynamic voltage scaling, table 12
    internal=4, reset={0: 0x63}, pll_source=1, r_low=25, r_step=2, per_wait=20, most=80,
    vco=(64, 344), boosted=120, uart_times=256,
)  # fmt: skip
G474 = Kind(  # RM0440, 7.4, 6.1.5, table 29 (range 1 boost)
    internal=16, reset={0: 0x500, 8: 0x5}, pll_source=2, r_low=25, r_step=2, per_wait=34, most=150,
    vco=(96, 344), boosted=170, uart_times=256,
)  # fmt: skip
WB55 = Kind(  # RM0434, 8.4, table 4 (wait states), 8.2 (32 MHz at most for HCLK2)
    internal=4, reset={0: 0x61}, pll_source=1, r_low=29, r_step=1, per_wait=18, most=64,
    vco=(96, 344), rcc=0x58000000, acr=0x58004000, second_most=32,
)  # fmt: skip


class Stm32L(Memory):
    """L4, L4+, G4 and WB: one PLL, from the oscillator that runs after reset."""

    PWR_CR5 = 0x40007080

    def __init__(self, kind: Kind, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: range 1, without boost."""
        self._kind, self._rcc = kind, kind.rcc
        self._before = float(kind.internal * MHZ)
        reset = {kind.rcc + offset: value for offset, value in kind.reset.items()}
        super().__init__({**reset, self.PWR_CR5: 0x100, kind.acr: 0x600}, dead)

    def _pll_runs(self) -> bool:
        config, enabled = self._rcc + 0xC, self._kind.r_low - 1
        from_internal = self.bits(config, 0, 2) == self._kind.pll_source
        output = self.bits(config, enabled, 1)
        return (
            bool(self.bits(self._rcc, 24, 1) and output)
            and from_internal
            and "pll" not in self.dead
        )

    def _boosts(self) -> bool:
        return bool(self._kind.boosted) and not self.bits(self.PWR_CR5, 8, 1)

    def _on_pll(self) -> bool:
        return self.bits(self._rcc + 8, 0, 2) == 3 and self._pll_runs()

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value = self.get(address)
        if address == self._rcc:
            return value | self._pll_runs() << 25
        if address == self._rcc + 8:
            return value & ~0xC | (0xC if self._on_pll() else 0)
        if address == self._rcc + 0x108 and self._kind.second_most:
            return value | 0x30000  # both prescalers are applied
        return value

    def write(self, address: int, value: int) -> None:
        """Set a register; PWR has a clock of its own to be switched on."""
        if address != self.PWR_CR5 or self.bits(self._rcc + 0x58, 28, 1):
            super().write(address, value)

    def _system_hz(self) -> float:
        if not self._on_pll():
            return float(self._kind.internal * MHZ)
        config = self._rcc + 0xC
        into = self._kind.internal * MHZ / (self.bits(config, 4, 4 - (self._kind.r_step & 1)) + 1)
        vco = into * self.bits(config, 8, 7)
        low, high = self._kind.vco
        assert 2.66 * MHZ <= into <= 16 * MHZ and low * MHZ <= vco <= high * MHZ
        divider = self.bits(config, self._kind.r_low, 4 - self._kind.r_step) + 1
        return vco / (divider * self._kind.r_step)

    def core_hz(self) -> float:
        """Give HCLK."""
        return prescaled(self._system_hz(), self.bits(self._rcc + 8, 4, 4), 4)

    def uart_hz(self) -> float:
        """Give the port's bus, PCLK1 or PCLK2: these boards divide neither."""
        assert self.bits(self._rcc + 8, 8, 6) == 0
        return self._kind.uart_times * self.core_hz()

    def check(self) -> None:
        """Assert wait states, boost, the way up past 80 MHz, and the second core's clock."""
        kind, core = self._kind, self.core_hz()
        assert core <= (kind.boosted if self._boosts() else kind.most) * MHZ
        assert (self.bits(kind.acr, 0, 4) + 1) * kind.per_wait * MHZ >= core
        # RM0440, 7.2.7; RM0432, 6.2.9: past 80 MHz only by way of the bus halved.
        halved = self.bits(self._rcc + 8, 4, 4) == 8
        assert core <= 80 * MHZ or halved or self._before in (core, core / 2)
        self._before = core
        if kind.second_most:
            second = prescaled(self._system_hz(), self.bits(self._rcc + 0x108, 4, 4), 4)
            assert second <= kind.second_most * MHZ


class Stm32U5(Memory):
    """STM32U575. Source: RM0456, 11.8 RCC, 10.10 PWR registers, table 54 (wait states)."""

    RCC, VOSR, ACR = 0x46020C00, 0x4602080C, 0x40022000

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: MSIS of 4 MHz, range 4."""
        super().__init__({self.RCC: 0x35, self.RCC + 0x34: 0x01010280}, dead)

    def _pll_runs(self) -> bool:
        config = self.RCC + 0x28
        ready = self.bits(config, 0, 2) == 1 and self.bits(config, 18, 1)
        return bool(ready and self.bits(self.RCC, 24, 1)) and "pll" not in self.dead

    def _powered(self) -> bool:
        return bool(self.bits(self.RCC + 0x94, 2, 1))

    def _boosts(self) -> bool:
        # The booster takes PLL1's source, divided by PLL1MBOOST, of 4 to 16 MHz.
        fed = self.bits(self.RCC + 0x28, 0, 2) == 1 and self.bits(self.RCC + 0x28, 12, 4) == 0
        on = self.bits(self.VOSR, 18, 1) and self.bits(self.VOSR, 16, 2) >= 2
        return bool(on and fed) and "booster" not in self.dead

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value = self.get(address)
        if address == self.RCC:
            return value | self._pll_runs() << 25
        if address == self.VOSR:
            return value | 1 << 15 | self._boosts() << 14
        if address == self.RCC + 0x1C:
            return value & ~0xC | (0xC if self._on_pll() else 0)
        return value

    def write(self, address: int, value: int) -> None:
        """Set a register; PWR has a clock of its own to be switched on."""
        if address != self.VOSR or self._powered():
            super().write(address, value)

    def _on_pll(self) -> bool:
        return self.bits(self.RCC + 0x1C, 0, 2) == 3 and self._pll_runs()

    def core_hz(self) -> float:
        """Give HCLK: CFGR2 has its prescaler."""
        hz = 4.0 * MHZ
        if self._on_pll():
            into = hz / (self.bits(self.RCC + 0x28, 8, 4) + 1)
            vco = into * (self.bits(self.RCC + 0x34, 0, 9) + 1)
            low, high = ((4, 8), (4, 8), (4, 8), (8, 16))[self.bits(self.RCC + 0x28, 2, 2)]
            assert low * MHZ <= into <= high * MHZ and 128 * MHZ <= vco <= 544 * MHZ
            hz = vco / (self.bits(self.RCC + 0x34, 24, 7) + 1)
        return prescaled(hz, self.bits(self.RCC + 0x20, 0, 4), 4)

    def uart_hz(self) -> float:
        """Give PCLK2."""
        return prescaled(self.core_hz(), self.bits(self.RCC + 0x20, 8, 3), 3)

    def check(self) -> None:
        """Assert the range, the booster above 55 MHz, and a wait state for each 32 MHz."""
        most = (25, 55, 110, 160)[self.bits(self.VOSR, 16, 2)]
        assert self.core_hz() <= most * MHZ
        assert self.core_hz() <= 55 * MHZ or self._boosts()
        assert (self.bits(self.ACR, 0, 4) + 1) * 32 * MHZ >= self.core_hz()
