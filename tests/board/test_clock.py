"""The steps of a board's clock, taken on a model of its clock tree, lead to its rated clock."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.board.clock_trees import (
    MHZ,
    Nrf52,
    Nrf53,
    Rp2040,
    Rp2350,
    Stm32F,
    Stm32H7,
    Stm32H7S,
    Tree,
    bits_per_second,
    take,
)
from tests.board.clock_trees_ambiq import Apollo510
from tests.board.clock_trees_nxp import Lpc55S69, Mcxn947, Rt1062
from tests.board.clock_trees_renesas import RA6M5, RA8M1, Ra
from tests.board.clock_trees_rt1170 import Rt1176
from tests.board.clock_trees_sam import SamD21, SamD51
from tests.board.clock_trees_stm32l import G474, L4R5, L476, WB55, Stm32L, Stm32U5
from tests.support import ROOT, require_tool
from tinyengine.board import Board, list_boards, load_board

BAUD = 115_200

Make = Callable[[frozenset[str]], Tree]


def stm32f(hse: int, uart_bus: int, limits: tuple[int, int, int], over_drive: float) -> Make:
    """Give the maker of an STM32F: MHz of its crystal and the most of core, APB1 and APB2.

    Its flash takes a wait state for each 30 MHz from 2.7 V on.
    """

    def make(dead: frozenset[str]) -> Tree:
        core, apb1, apb2 = (MHZ * limit for limit in limits)
        return Stm32F(
            hse_hz=hse * MHZ,
            uart_bus=uart_bus,
            limits=(core, apb1, apb2),
            per_wait=30 * MHZ,
            over_drive_above=over_drive * MHZ,
            dead=dead,
        )

    return make


NEVER = float("inf")

# The bootloader of the Portenta H7 has chosen the supply, which only a power cycle allows again.
SUPPLIED = {0x5802480C: 0x4}

# It may leave the core at 480 MHz, too: HSE of 25 MHz / 5 * 192 / 2, HSI off, voltage scale 0.
BOOTED = SUPPLIED | {
    0x58024400: 0x01050000,
    0x58024410: 0x3,
    0x58024418: 0x48,
    0x5802441C: 0x440,
    0x58024428: 0x52,
    0x5802442C: 0x01FF0008,
    0x58024430: 0x010302BF,
    0x58024454: 0x08,
    0x580244F4: 0x2,
    0x58024818: 0xC000,
    0x52002000: 0x24,
    0x5800042C: 0x1,
}

TREES: dict[str, Make] = {
    "apollo510-evb": lambda dead: Apollo510(dead=dead),
    "nucleo-f446re": stm32f(8, 1, (180, 45, 90), 168),  # RM0390, 5.1.3 and 6.2
    "nucleo-f767zi": stm32f(8, 1, (216, 54, 108), 180),  # RM0410, 4.1.4 and 5.2
    "stm32f405": stm32f(25, 2, (168, 42, 84), NEVER),  # RM0090, 7.2
    "stm32f469i-disco": stm32f(8, 1, (180, 45, 90), 168),  # RM0386, 5.1.4 and 6.2
    "stm32f746": stm32f(25, 2, (216, 54, 108), 180),  # RM0385, 4.1.4 and 5.2
    "stm32h743": lambda dead: Stm32H7(hse_hz=8 * MHZ, uart_bus=1, dead=dead),
    "stm32h747i-disco": lambda dead: Stm32H7(hse_hz=25 * MHZ, uart_bus=2, dead=dead),
    "stm32l4r5": lambda dead: Stm32L(L4R5, dead=dead),
    "nucleo-l476rg": lambda dead: Stm32L(L476, dead=dead),
    "nucleo-g474re": lambda dead: Stm32L(G474, dead=dead),
    "nucleo-wb55": lambda dead: Stm32L(WB55, dead=dead),
    "nucleo-u575zi": lambda dead: Stm32U5(dead=dead),
    "arduino-zero": lambda dead: SamD21(dead=dead),
    "metro-m4": lambda dead: SamD51(dead=dead),
    "stm32h7s78-dk": lambda dead: Stm32H7S(dead=dead),
    "portenta-h7": lambda dead: Stm32H7(hse_hz=25 * MHZ, uart_bus=2, left=SUPPLIED, dead=dead),
    "mimxrt1170-evk": lambda dead: Rt1176(dead=dead),
    "teensy41": lambda dead: Rt1062(dead=dead),
    "nrf5340": lambda dead: Nrf53(dead=dead),
    "lpc55s69": lambda dead: Lpc55S69(dead=dead),
    "frdm-mcxn947": lambda dead: Mcxn947(dead=dead),
    "ek-ra6m5": lambda dead: Ra(RA6M5, dead=dead),
    "ek-ra8m1": lambda dead: Ra(RA8M1, dead=dead),
    "nrf52840": lambda dead: Nrf52(dead=dead),
    "raspberry-pi-pico": lambda dead: Rp2040(dead=dead),
    "raspberry-pi-pico-2": lambda dead: Rp2350(dead=dead),
    "microbit-v2": lambda dead: Nrf52(dead=dead),
    "arduino-nano-33-ble": lambda dead: Nrf52(dead=dead),
}
OSCILLATORS = {
    name: ("crystal",) if "nrf" in load_board(name).uart.driver else ("hse", "pll")
    for name in TREES
} | {
    "stm32f405": ("pll",),  # these run from internal oscillators
    "stm32l4r5": ("pll",),
    "nucleo-l476rg": ("pll",),
    "nucleo-g474re": ("pll",),
    "nucleo-wb55": ("pll",),
    "nucleo-u575zi": ("pll", "booster"),
    "apollo510-evb": ("power",),
    "arduino-zero": ("crystal", "dfll"),
    "metro-m4": ("dpll",),
    "mimxrt1170-evk": ("crystal", "dcdc", "bias", "pll"),
    "teensy41": ("dcdc", "pll"),
    "stm32h7s78-dk": ("supply", "pll"),
    "lpc55s69": ("flash",),
    "frdm-mcxn947": ("oscillator",),
    "ek-ra6m5": ("crystal", "pll"),
    "ek-ra8m1": ("crystal", "pll"),
    "stm32h743": ("hse", "pll", "revision"),
    "raspberry-pi-pico": ("xosc",),
    "raspberry-pi-pico-2": ("xosc",),
}


def set_up(board: Board, tree: Tree) -> None:
    """Do what the firmware does before its steps."""
    for update in board.setup:
        tree.write(update.address, tree.read(update.address) & ~update.clear | update.set)


def started(board: Board, tree: Tree) -> bool:
    """Do what the firmware does before its steps, then these."""
    set_up(board, tree)
    assert board.clock is not None
    return take(tree, board.clock.steps)


def baud(board: Board, tree: Tree, *, rated: bool) -> float:
    """Give the port's bits per second."""
    assert board.clock is not None
    divisor = dict(board.uart.defines)["BOARD_UART_DIVISOR"]
    if rated and board.clock.uart_divisor:
        divisor = board.clock.uart_divisor
    return bits_per_second(board, tree.uart_hz(), divisor)


@pytest.mark.parametrize("name", TREES)
def test_the_steps_lead_to_the_rated_clock(name):
    board, tree = load_board(name), TREES[name](frozenset())
    set_up(board, tree)
    assert tree.core_hz() == board.reset_hz
    assert started(board, tree)
    assert tree.core_hz() == pytest.approx(board.clock_hz, rel=0.001)
    assert board.clock_hz == board.running_hz
    assert baud(board, tree, rated=True) == pytest.approx(BAUD, rel=0.02)


def test_a_board_behind_a_bootloader_starts_at_whatever_clock_that_has_left():
    board = load_board("portenta-h7")
    tree = Stm32H7(hse_hz=25 * MHZ, uart_bus=2, left=BOOTED)
    assert tree.core_hz() == 480 * MHZ
    set_up(board, tree)
    assert tree.core_hz() == board.reset_hz
    assert baud(board, tree, rated=False) == pytest.approx(BAUD, rel=0.02)
    assert started(board, tree)
    assert tree.core_hz() == board.clock_hz


def test_a_chip_that_wants_no_bias_gets_none_and_is_as_fast():
    board, tree = load_board("mimxrt1170-evk"), Rt1176(biased=False)
    assert started(board, tree)
    assert tree.core_hz() == board.clock_hz == 996 * MHZ
    assert tree.get(Rt1176.ANALOG + 0x560) == 0


@pytest.mark.parametrize(
    ("name", "dead"), [(name, dead) for name, each in OSCILLATORS.items() for dead in each]
)
def test_without_an_oscillator_the_core_stays_at_its_reset_clock(name, dead):
    board, tree = load_board(name), TREES[name](frozenset({dead}))
    assert not started(board, tree)
    assert tree.core_hz() == board.reset_hz
    assert baud(board, tree, rated=False) == pytest.approx(BAUD, rel=0.02)


MAKE_SURE = {
    "PWR_CR", "PWR_CR1",  # the voltage of reset is the highest
    "RCC_APB1ENR", "RCC_APB1ENR1",  # PWR's clock, for that, or on since the setup
    "PLL_SYS_CS", "CLOCKS_CLK_SYS_CTRL",  # the divider and the source of reset
    "RCC_D1CFGR", "RCC_D3CFGR",
    "XOSC_STARTUP", "WATCHDOG_TICK",  # of times, which the models have none of
    "MOSCWTCR",
    "ICACHE_CR", "CMCC_CTRL", "FCACHEIV", "FCACHEE",  # caches, likewise
    "SYSCON_LPCAC_CTRL",
    "MOMCR", "OPCCR", "SCKDIVCR2",  # the fastest mode and no divider are those of reset
    "CCM_CACRR", "CCM_CBCMR",  # likewise the divider and the source
    "DCDC_REG0", "DCDC_REG1", "DCDC_REG2",  # the mode, which the model has not
    "RCC_CFGR2",  # the bus halved on the way up, which the U5 does not demand
}  # fmt: skip
"""Registers whose step may be left out and the models do not notice."""

AS_AFTER_RESET = {"stm32h7s78-dk": {"RCC_PLLCKSELR"}}  # HSI / 32


@pytest.mark.parametrize("name", [name for name in TREES if OSCILLATORS[name] != ("crystal",)])
def test_a_model_notices_each_step_that_is_left_out(name):
    """What the models demand is no less than what the board file says."""
    board = load_board(name)
    assert board.clock is not None
    unnoticed = set()
    for index, step in enumerate(board.clock.steps):
        if step.timeout_us:
            continue
        steps = (*board.clock.steps[:index], *board.clock.steps[index + 1 :])
        if leads_to_the_rated_clock(replace(board, clock=replace(board.clock, steps=steps))):
            unnoticed.add(step.register)
    assert unnoticed <= MAKE_SURE | AS_AFTER_RESET.get(name, set())


def leads_to_the_rated_clock(board: Board) -> bool:
    """Tell whether the board's steps do, and nothing is out of its range on the way."""
    tree = TREES[board.name](frozenset())
    try:
        reached = started(board, tree) and tree.core_hz() == pytest.approx(
            board.clock_hz, rel=0.001
        )
        return reached and baud(board, tree, rated=True) == pytest.approx(BAUD, rel=0.02)
    except (AssertionError, KeyError, ZeroDivisionError):
        return False


_REGISTERS = """\
#include <stdint.h>
extern uint32_t registers[4];
static inline uint32_t reg_read(uint32_t at, uint32_t nbytes)
{
    return nbytes ? registers[at] : 0u;
}
static inline void reg_write(uint32_t at, uint32_t nbytes, uint32_t value)
{
    registers[at] = nbytes ? value : 0u;
}
"""
_MAIN = """\
#include <stdio.h>
#include "clock.h"
#include "registers.h"
uint32_t registers[4];
int main(void)
{
    clock_start();
    printf("%d %u %u %u", clock_is_rated(), registers[1], registers[2], registers[3]);
    return 0;
}
"""


@pytest.mark.parametrize(
    ("left_out", "said"),
    [(0, "0 1 0 0"), (1, "1 1 2 3"), (2, "1 1 0 3"), (3, "1 1 0 0")],
)
def test_the_firmware_leaves_out_what_it_is_told_to(left_out, said, tmp_path):
    """Register 0 is waited for in vain, after 1 was set; then 2 and 3 would be."""
    steps = f"{{1, 4, 0, ~0u, 1, 0}}, {{0, 4, {left_out}, 1, 1, 9}}, "
    steps += "{2, 4, 0, 3, 2, 0}, {3, 4, 0, 3, 3, 0}"
    board = "#define BOARD_HAS_CACHES 0\n#define BOARD_CLOCK_STEPS 4\n"
    board += f"#define BOARD_CLOCK_TABLE {{{steps}}}\n"
    for name in ("clock.c", "clock.h"):
        shutil.copy(ROOT / "runtime_c" / "firmware" / name, tmp_path)
    for name, text in (("board.h", board), ("registers.h", _REGISTERS), ("main.c", _MAIN)):
        (tmp_path / name).write_text(text)
    program = tmp_path / "program"
    sources = [tmp_path / "clock.c", tmp_path / "main.c"]
    subprocess.run([require_tool("cc"), *sources, "-o", program], check=True)
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    assert done.stdout == said


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_a_board_runs_at_its_rated_clock(board):
    assert board.running_hz == board.clock_hz
    if board.clock is not None:
        assert board.clock.source and all(step.purpose for step in board.clock.steps)


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_a_wait_has_an_end_and_other_steps_have_none(board):
    for step in board.clock.steps if board.clock else ():
        assert 0 <= step.timeout_us <= 1_000_000
        assert step.value & ~step.mask == 0 and step.address % step.nbytes == 0
