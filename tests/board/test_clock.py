"""The steps of a board's clock, taken on a model of its clock tree, lead to its rated clock."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.board.clock_trees import (
    MHZ,
    Nrf52,
    Stm32F,
    Stm32H7,
    Stm32L4Plus,
    Tree,
    ports_divide,
    take,
)
from tinyengine.board import Board, list_boards, load_board

BAUD = 115_200

Make = Callable[[frozenset[str]], Tree]


def f746(dead: frozenset[str]) -> Tree:
    # RM0385: 216 MHz, APB1 54, APB2 108; 30 MHz a wait state from 2.7 V; over-drive above 180.
    limits = (216e6, 54e6, 108e6)
    return Stm32F(
        hse_hz=25 * MHZ, uart_bus=2, limits=limits, per_wait=30e6, over_drive_above=180e6, dead=dead
    )


def f405(dead: frozenset[str]) -> Tree:
    # RM0090: 168 MHz, APB1 42, APB2 84; 30 MHz a wait state.
    return Stm32F(hse_hz=25 * MHZ, uart_bus=2, limits=(168e6, 42e6, 84e6), per_wait=30e6, dead=dead)


TREES: dict[str, Make] = {
    "stm32f746": f746,
    "stm32f405": f405,
    "stm32h743": lambda dead: Stm32H7(hse_hz=8 * MHZ, dead=dead),
    "stm32l4r5": lambda dead: Stm32L4Plus(dead=dead),
    "nrf52840": lambda dead: Nrf52(dead=dead),
}
OSCILLATORS = {
    "stm32f746": ("hse", "pll"),
    "stm32f405": ("pll",),
    "stm32h743": ("hse", "pll"),
    "stm32l4r5": ("pll",),
    "nrf52840": ("crystal",),
}


def started(board: Board, tree: Tree) -> bool:
    """Do what the firmware does before its steps, then these."""
    for update in board.setup:
        tree.write(update.address, tree.read(update.address) & ~update.clear | update.set)
    assert board.clock is not None
    return take(tree, board.clock.steps)


def baud(board: Board, tree: Tree, *, rated: bool) -> float:
    """Give the port's bits per second."""
    assert board.clock is not None
    divisor = dict(board.uart.defines)["BOARD_UART_DIVISOR"]
    if rated and board.clock.uart_divisor:
        divisor = board.clock.uart_divisor
    return tree.uart_hz() / divisor if ports_divide(board) else tree.uart_hz() * divisor / (1 << 32)


@pytest.mark.parametrize("name", TREES)
def test_the_steps_lead_to_the_rated_clock(name):
    board, tree = load_board(name), TREES[name](frozenset())
    assert tree.core_hz() == board.reset_hz
    assert started(board, tree)
    assert tree.core_hz() == board.clock_hz == board.running_hz
    assert baud(board, tree, rated=True) == pytest.approx(BAUD, rel=0.02)


@pytest.mark.parametrize(
    ("name", "dead"), [(name, dead) for name, each in OSCILLATORS.items() for dead in each]
)
def test_without_an_oscillator_the_core_stays_at_its_reset_clock(name, dead):
    board, tree = load_board(name), TREES[name](frozenset({dead}))
    assert not started(board, tree)
    assert tree.core_hz() == board.reset_hz
    assert baud(board, tree, rated=False) == pytest.approx(BAUD, rel=0.02)


@pytest.mark.parametrize("name", [name for name in TREES if name != "nrf52840"])
def test_a_model_notices_each_step_that_is_left_out(name):
    """What the models demand is no less than what the board file says."""
    board = load_board(name)
    assert board.clock is not None
    steps, noticed = board.clock.steps, []
    for index in range(len(steps)):
        if steps[index].timeout_us:
            continue
        less = replace(board.clock, steps=(*steps[:index], *steps[index + 1 :]))
        tree = TREES[name](frozenset())
        try:
            reached = started(replace(board, clock=less), tree)
            port = baud(board, tree, rated=True)
            right = reached and tree.core_hz() == board.clock_hz
            noticed.append(not right or abs(port / BAUD - 1) > 0.02)
        except (AssertionError, KeyError, ZeroDivisionError):
            noticed.append(True)
    # Voltage scales are those of the reset on some: the step only makes sure.
    assert sum(noticed) >= len(noticed) - 3, noticed


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_a_board_runs_at_its_rated_clock(board):
    assert board.running_hz == board.clock_hz
    if board.clock is not None:
        assert board.clock.source and all(step.purpose for step in board.clock.steps)


@pytest.mark.parametrize("board", list_boards(), ids=lambda board: board.name)
def test_a_wait_has_an_end_and_other_steps_have_none(board):
    for step in board.clock.steps if board.clock else ():
        assert 0 <= step.timeout_us <= 1_000_000
        assert step.value & ~step.mask == 0 and step.address % 4 == 0
