"""Models of clock trees: registers as the manuals say, and the clocks that come of them.

A bit that says ready is set only where what it speaks of is switched on and can run; `dead` names
oscillators that never start. Each model is written from the manual, not from board.toml.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from tinyengine.board import Board, ClockStep

MHZ = 1_000_000


class Tree(Protocol):
    """A chip's clocks, after what was written to its registers."""

    def read(self, address: int) -> int:
        """Give a register, with the bits that the hardware sets."""

    def write(self, address: int, value: int) -> None:
        """Set a register."""

    def core_hz(self) -> float:
        """Give the core's clock."""

    def uart_hz(self) -> float:
        """Give the clock of the board's serial port."""

    def check(self) -> None:
        """Assert that wait states, voltages and buses are right for the clocks of now."""


def take(tree: Tree, steps: tuple[ClockStep, ...]) -> bool:
    """Interpret the steps as the firmware does; tell whether all waits came to an end."""
    left_out = 0
    for step in steps:
        if left_out:
            left_out -= 1
            continue
        if step.timeout_us:
            if tree.read(step.address) & step.mask != step.value:
                if step.skip is None:
                    return False
                left_out = step.skip
        else:
            kept = (
                0
                if step.mask == (1 << 8 * step.nbytes) - 1
                else tree.read(step.address) & ~step.mask
            )
            tree.write(step.address, kept | step.value)
        tree.check()
    return True


@dataclass
class Memory:
    """Registers that start with their reset values."""

    reset: dict[int, int]
    dead: frozenset[str] = frozenset()
    values: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        """Reset."""
        self.values = dict(self.reset)

    def get(self, address: int) -> int:
        """Give what was written last."""
        return self.values.get(address, 0)

    def bits(self, address: int, low: int, count: int) -> int:
        """Give a field of a register."""
        return self.get(address) >> low & ((1 << count) - 1)

    def write(self, address: int, value: int) -> None:
        """Set a register."""
        self.values[address] = value & 0xFFFFFFFF


def prescaled(hz: float, code: int, bits: int) -> float:
    """Divide by a prescaler of ST's: without its top bit by 1, else by 2, 4, 8, 16, 64...

    Source: RM0385, 5.3.3, HPRE and PPRE.
    """
    if not code >> (bits - 1):
        return hz
    table = (2, 4, 8, 16, 64, 128, 256, 512)
    return hz / table[code & ((1 << (bits - 1)) - 1)]


class Stm32F(Memory):
    """STM32F4 and F7. Source: RM0090, 7.3; RM0385, 5.3 RCC registers, 4.1.4 and 3.3.2."""

    CR, PLLCFGR, CFGR, APB1ENR = 0x40023800, 0x40023804, 0x40023808, 0x40023840
    PWR_CR, PWR_CSR, ACR = 0x40007000, 0x40007004, 0x40023C00

    def __init__(
        self, *, hse_hz: float, uart_bus: int, limits: tuple[float, float, float], per_wait: float,
        over_drive_above: float = float("inf"), dead: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """Take the crystal, the port's bus, the most of core, APB1, APB2, and Hz a wait state."""
        self._hse, self._uart_bus, self._limits = hse_hz, uart_bus, limits
        self._per_wait, self._over_drive_above = per_wait, over_drive_above
        # RCC_CR: HSION, HSIRDY; PLLCFGR: M 16, N 192, P 2; PWR_CR: VOS is scale 1.
        reset = {self.CR: 0x83, self.PLLCFGR: 0x24003010, self.PWR_CR: 0xC000, self.ACR: 0}
        super().__init__(reset, dead)

    def _runs(self, name: str) -> bool:
        if name == "hsi":
            return True
        if name == "hse":
            return bool(self.bits(self.CR, 16, 1)) and name not in self.dead
        source = "hse" if self.bits(self.PLLCFGR, 22, 1) else "hsi"
        return bool(self.bits(self.CR, 24, 1)) and name not in self.dead and self._runs(source)

    def _source(self) -> str:
        wanted = ("hsi", "hse", "pll")[self.bits(self.CFGR, 0, 2)]
        return wanted if self._runs(wanted) else "hsi"

    def _pll_hz(self) -> float:
        source = self._hse if self.bits(self.PLLCFGR, 22, 1) else 16 * MHZ
        into = source / self.bits(self.PLLCFGR, 0, 6)
        vco = into * self.bits(self.PLLCFGR, 6, 9)
        assert 0.95 * MHZ <= into <= 2.1 * MHZ and 100 * MHZ <= vco <= 432 * MHZ
        return vco / (2 * self.bits(self.PLLCFGR, 16, 2) + 2)

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value, powered = self.get(address), self.bits(self.APB1ENR, 28, 1)
        if address == self.CR:
            return value | self._runs("hse") << 17 | self._runs("pll") << 25
        if address == self.CFGR:
            return value & ~0xC | ("hsi", "hse", "pll").index(self._source()) << 2
        if address == self.PWR_CSR:
            over = self.get(self.PWR_CR) >> 16 & 3 if powered else 0
            return value | (over & 1) << 16 | (over == 3) << 17
        return value

    def core_hz(self) -> float:
        """Give HCLK."""
        hz = {"hsi": 16 * MHZ, "hse": self._hse}.get(self._source()) or self._pll_hz()
        return prescaled(hz, self.bits(self.CFGR, 4, 4), 4)

    def _apb(self, number: int) -> float:
        return prescaled(self.core_hz(), self.bits(self.CFGR, 7 + 3 * number, 3), 3)

    def uart_hz(self) -> float:
        """Give PCLK1 or PCLK2."""
        return self._apb(self._uart_bus)

    def check(self) -> None:
        """Assert what each clock needs."""
        core, apb1, apb2 = self._limits
        assert self.core_hz() <= core and self._apb(1) <= apb1 and self._apb(2) <= apb2
        assert (self.bits(self.ACR, 0, 4) + 1) * self._per_wait >= self.core_hz()
        if self.core_hz() > self._over_drive_above:
            assert self.read(self.PWR_CSR) >> 17 & 1


NOTHING: Mapping[int, int] = MappingProxyType({})


class Stm32H7(Memory):
    """STM32H743. Source: RM0433, 8.7 RCC registers, 6.8 PWR registers, table 17 (wait states).

    Of revision V, or Y where "revision" is dead: DS12110 allows 480 MHz for V only.
    """

    R, P = 0x58024400, 0x58024800
    ACR, SYSCFG_PWRCR, IDCODE = 0x52002000, 0x5800042C, 0x5C001000

    def __init__(
        self, *, hse_hz: float, uart_bus: int, left: Mapping[int, int] = NOTHING,
        dead: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """Reset: HSI of 64 MHz, voltage scale 3, LDO and SMPS bits as at power-on.

        `left` are registers as a bootloader leaves them instead.
        """
        self._hse, self._uart_bus = hse_hz, uart_bus
        reset = {
            self.R: 0x83,
            self.R + 0x28: 0x02020200,
            self.R + 0x2C: 0x01FF0000,
            self.P + 0xC: 0x6,
            self.P + 0x18: 0x4000,
            self.ACR: 0x37,
        }
        super().__init__(reset | dict(left), dead)

    def _runs(self, name: str) -> bool:
        if name == "hsi":
            return bool(self.bits(self.R, 0, 1))
        bit = 16 if name == "hse" else 24
        source = {0: "hsi", 2: "hse"}[self.bits(self.R + 0x28, 0, 2)]
        needs = name == "hse" or self._runs(source)
        return bool(self.bits(self.R, bit, 1)) and name not in self.dead and needs

    def write(self, address: int, value: int) -> None:
        """Set a register; a PLL that is on takes nothing, nor can go off while it is needed."""
        if address in (self.R + 0x28, self.R + 0x2C, self.R + 0x30) and self.bits(self.R, 24, 1):
            return
        if address == self.R and self._source() == "pll":
            value |= 1 << 24
        super().write(address, value)

    def _source(self) -> str:
        wanted = {0: "hsi", 2: "hse", 3: "pll"}[self.bits(self.R + 0x10, 0, 3)]
        return wanted if self._runs(wanted) else "hsi"

    def _scale(self) -> int:
        """Give the voltage scale: 0 is the highest voltage."""
        scale = {3: 1, 2: 2, 1: 3}[self.bits(self.P + 0x18, 14, 2)]
        powers = self.bits(self.R + 0xF4, 1, 1) and self.get(self.SYSCFG_PWRCR) & 1
        return 0 if scale == 1 and powers else scale

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value = self.get(address)
        if address == self.IDCODE:
            return (0x1003 if "revision" in self.dead else 0x2003) << 16 | 0x6450
        if address == self.R:
            return value | self._runs("hse") << 17 | self._runs("pll") << 25
        if address == self.R + 0x10:
            return value & ~0x38 | {"hsi": 0, "hse": 2, "pll": 3}[self._source()] << 3
        if address in (self.P + 0x4, self.P + 0x18):
            # One supply is chosen, and the voltage follows.
            return value | (self.bits(self.P + 0xC, 0, 3) in (2, 4)) << 13
        return value

    def _pll_hz(self) -> float:
        source = {0: 64 * MHZ, 2: self._hse}[self.bits(self.R + 0x28, 0, 2)]
        into = source / self.bits(self.R + 0x28, 4, 6)
        vco = into * (self.bits(self.R + 0x30, 0, 9) + 1)
        low, high = ((1, 2), (2, 4), (4, 8), (8, 16))[self.bits(self.R + 0x2C, 2, 2)]
        assert low * MHZ <= into <= high * MHZ and 192 * MHZ <= vco <= 960 * MHZ
        assert not self.bits(self.R + 0x2C, 1, 1) and self.bits(self.R + 0x2C, 16, 1)
        return vco / (self.bits(self.R + 0x30, 9, 7) + 1)

    def core_hz(self) -> float:
        """Give the CPU's clock."""
        hz = {"hsi": 64.0 * MHZ, "hse": self._hse}.get(self._source()) or self._pll_hz()
        return prescaled(hz, self.bits(self.R + 0x18, 8, 4), 4)

    def _axi(self) -> float:
        return prescaled(self.core_hz(), self.bits(self.R + 0x18, 0, 4), 4)

    def uart_hz(self) -> float:
        """Give PCLK1 or PCLK2, from which the ports are clocked if they are not told otherwise."""
        assert self.get(self.R + 0x54) == 0
        return prescaled(self._axi(), self.bits(self.R + 0x1C, 4 * self._uart_bus, 3), 3)

    def check(self) -> None:
        """Assert the voltage, the buses and the wait states that the clocks need."""
        assert self.core_hz() <= (480, 400, 300, 200)[self._scale()] * MHZ
        assert self._axi() <= (240, 200, 150, 100)[self._scale()] * MHZ
        assert self.uart_hz() <= self.core_hz() / 4 or self.core_hz() <= 64 * MHZ
        # A wait state for each 70 MHz of the AXI bus at scale 1, 60 MHz at the 240 MHz of scale 0.
        waits = self.bits(self.ACR, 0, 4)
        assert waits >= (4 if self._axi() > 225 * MHZ else -(-self._axi() // (70 * MHZ)) - 1)


class Stm32H7S(Memory):
    """STM32H7S7. Source: RM0477, 7.8 RCC registers, 6.8 PWR registers, 5.3.7 (wait states)."""

    R, P, ACR = 0x58024400, 0x58024800, 0x52002000

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: HSI of 64 MHz, the lower voltage."""
        reset = {self.R: 1, self.R + 0x28: 0x02020200, self.R + 0x30: 0x01010280}
        super().__init__(reset | {self.ACR: 0x13}, dead)

    def _pll_runs(self) -> bool:
        fed = self.bits(self.R + 0x28, 0, 2) == 0 and self.bits(self.R + 0x2C, 5, 1)
        return bool(self.bits(self.R, 24, 1) and fed) and "pll" not in self.dead

    def _is_supplied(self) -> bool:
        return "supply" not in self.dead

    def _on_pll(self) -> bool:
        return self.bits(self.R + 0x10, 0, 3) == 3 and self._pll_runs()

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value = self.get(address)
        if address == self.R:
            return value | self._pll_runs() << 25
        if address == self.R + 0x10:
            return value & ~0x38 | (0x18 if self._on_pll() else 0)
        if address == self.P + 0x14:
            return value & ~2 | self._is_supplied() << 1
        return value

    def core_hz(self) -> float:
        """Give the CPU's clock."""
        hz = 64.0 * MHZ
        if self._on_pll():
            into = hz / self.bits(self.R + 0x28, 4, 6)
            vco = into * (self.bits(self.R + 0x30, 0, 9) + 1)
            low, high = ((1, 2), (2, 4), (4, 8), (8, 16))[self.bits(self.R + 0x2C, 3, 2)]
            assert low * MHZ <= into <= high * MHZ and not self.bits(self.R + 0x2C, 1, 1)
            assert 384 * MHZ <= vco <= 1672 * MHZ
            hz = vco / (self.bits(self.R + 0x30, 9, 7) + 1)
        return prescaled(hz, self.bits(self.R + 0x18, 0, 4), 4)

    def _bus(self) -> float:
        return prescaled(self.core_hz(), self.bits(self.R + 0x1C, 0, 4), 4)

    def uart_hz(self) -> float:
        """Give PCLK1."""
        return prescaled(self._bus(), self.bits(self.R + 0x20, 0, 3), 3)

    def check(self) -> None:
        """Assert the voltage, a wait state for each 40 MHz of the bus, and the buses' most."""
        high = self._is_supplied() and self.bits(self.P + 0x14, 0, 1)
        assert self.core_hz() <= (600 if high else 400) * MHZ
        assert self._bus() <= (300 if high else 200) * MHZ
        for low in (0, 4, 8, 12):
            assert prescaled(self._bus(), self.bits(self.R + 0x20, low, 3), 3) <= 150 * MHZ
        assert (self.bits(self.ACR, 0, 4) + 1) * 40 * MHZ >= self._bus()


class Nrf52(Memory):
    """nRF52: the core runs at 64 MHz from either oscillator. Source: nRF52840 PS 1.7, 5.4 CLOCK."""

    START, STARTED = 0x40000000, 0x40000100

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: the internal oscillator."""
        super().__init__({}, dead)

    def read(self, address: int) -> int:
        """Give a register, with the event that the crystal runs."""
        if address == self.STARTED:
            return int(self.get(self.START) & 1 and "crystal" not in self.dead)
        return self.get(address)

    def core_hz(self) -> float:
        """Give the core's clock."""
        return 64.0 * MHZ

    def uart_hz(self) -> float:
        """Give what the divisor counts: bits of 2^-32 of 16 MHz, whatever the core's clock."""
        return 16.0 * MHZ

    def check(self) -> None:
        """Assert nothing: the flash needs no wait states that software sets."""


class Nrf53(Nrf52):
    """nRF5340, application core. Source: nRF5340 PS 1.3, CLOCK: HFCLKCTRL halves 128 MHz."""

    START, STARTED, HFCLKCTRL = 0x50005000, 0x50005100, 0x50005558

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: halved."""
        super().__init__(dead=dead)
        self.values[self.HFCLKCTRL] = 1

    def core_hz(self) -> float:
        """Give the core's clock."""
        return (64.0 if self.bits(self.HFCLKCTRL, 0, 1) else 128.0) * MHZ


class Rp2040(Memory):
    """RP2040. Source: RP2040 Datasheet, 2.14.3 resets, 2.15.7 clocks, 2.16.7 XOSC, 2.18.4 PLL."""

    RESETS, CLOCKS, XOSC, PLL = 0x4000C000, 0x40008000, 0x40024000, 0x40028000
    IO, MOST, RING = 0x40014000, 133 * MHZ, 6.5 * MHZ
    ALL, NEEDED = 0x01FFFFFF, {"pll": 12, "uart": 22}

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: nearly everything is held in reset, the ring oscillator runs."""
        super().__init__({self.RESETS: self.ALL, self.PLL: 1, self.PLL + 4: 0x2D}, dead)

    def _held(self, name: str) -> int:
        return self.bits(self.RESETS, self.NEEDED[name], 1)

    def _xosc_runs(self) -> bool:
        return self.get(self.XOSC) == 0xFABAA0 and "xosc" not in self.dead

    def _pll_runs(self) -> bool:
        return not self.get(self.PLL + 4) & 0x21 and self._xosc_runs() and "pll" not in self.dead

    def write(self, address: int, value: int) -> None:
        """Set a register; what is held in reset takes nothing."""
        if not (self.PLL <= address < self.PLL + 0x1000 and self._held("pll")):
            super().write(address, value)

    def read(self, address: int) -> int:
        """Give a register, with the ready bits."""
        value = self.get(address)
        ready = {
            self.RESETS + 8: ~self.get(self.RESETS) & self.ALL,
            self.XOSC + 4: self._xosc_runs() << 31,
            self.PLL: value | self._pll_runs() << 31,
            self.CLOCKS + 0x38: 4 if self._on_crystal() else 1,
            self.CLOCKS + 0x44: 2 if self._on_pll() else 1,
        }
        return ready.get(address, value)

    def _on_crystal(self) -> bool:
        return self.bits(self.CLOCKS + 0x30, 0, 2) == 2 and self._xosc_runs()

    def _on_pll(self) -> bool:
        control = self.CLOCKS + 0x3C
        chosen = self.bits(control, 0, 1) == 1 and self.bits(control, 5, 3) == 0
        return chosen and self._pll_runs() and not self.get(self.PLL + 4) & 8

    def core_hz(self) -> float:
        """Give clk_sys."""
        if not self._on_pll():
            return self.RING
        vco = 12 * MHZ / self.bits(self.PLL, 0, 6) * self.bits(self.PLL + 8, 0, 12)
        assert 750 * MHZ <= vco <= 1600 * MHZ
        dividers = self.PLL + 0xC
        return vco / self.bits(dividers, 16, 3) / self.bits(dividers, 12, 3)

    def uart_hz(self) -> float:
        """Give what the port's divisor counts: 1/64 of 16 bit times of clk_peri."""
        enabled = self.get(self.CLOCKS + 0x48) == 1 << 11 and not self._held("uart")
        pins = [self.get(self.IO + 8 * pin + 4) for pin in (0, 1)]
        return self.core_hz() * 64 / 16 if enabled and pins == [2, 2] else 0

    def check(self) -> None:
        """Assert the most of the core."""
        assert self.core_hz() <= self.MOST


class Rp2350(Rp2040):
    """RP2350. Source: RP2350 Datasheet, 7.5.3 resets, 8.1.6 clocks, 8.2.8 XOSC, 8.6.5 PLL, 9.11."""

    RESETS, CLOCKS, XOSC, PLL = 0x40020000, 0x40010000, 0x40048000, 0x40050000
    IO, MOST, RING = 0x40028000, 150 * MHZ, 11.0 * MHZ
    PADS = 0x40038000
    ALL, NEEDED = 0x1FFFFFFF, {"pll": 14, "uart": 26}

    def __init__(self, *, dead: frozenset[str] = frozenset()) -> None:
        """Reset: pads are isolated, their inputs off, as well."""
        super().__init__(dead=dead)
        self.values |= {self.PADS + 4: 0x116, self.PADS + 8: 0x116}

    def uart_hz(self) -> float:
        """Give what the port's divisor counts; nothing while its pads are isolated."""
        pads = [self.get(self.PADS + 4 * pin) for pin in (1, 2)]
        return super().uart_hz() if all(pad & 0x1C0 == 0x40 for pad in pads) else 0


def bits_per_second(board: Board, hz: float, divisor: int) -> float:
    """Give the port's bits per second, where `hz` is its clock."""
    match board.uart.driver:
        case "nrf5" | "nrf_uarte":  # nRF52840 PS 1.7, 6.33 UART: BAUDRATE
            return hz * divisor / (1 << 32)
        case "flexcomm" | "lpuart":  # UM11126, USART; IMXRT1060RM, LPUART: here 13 samples a bit
            return hz / 13 / divisor
        case "sci" | "sci_b":  # R01UH0891, SCI: 8 clocks a bit, BRR + 1, MDDR / 256
            return hz / 8 / ((divisor & 0xFF) + 1) * (divisor >> 8) / 256
        case "sercom":  # DS60001507, 33.6.2.3: arithmetic, 16 samples a bit
            return hz / 16 * (1 - divisor / 65536)
        case _:
            return hz / divisor
