"""Boards as Renode describes them: memories of their sizes, their core, their serial port.

Source: Renode documentation, "Describing platforms"; its platforms/ folder for the classes of
serial ports.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tinyengine.board import Board, list_boards
from tinyengine.errors import UsageError
from tinyengine.render import environment

_UARTS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "nrf5": ("UART.NRF52840_UART", 0x1000),
        "pl011": ("UART.PL011", 0x100),
        "stm32f4": ("UART.STM32_UART", 0x100),
        "stm32f7": ("UART.STM32F7_USART", 0x100),
    }
)
"""Renode's class of each serial port, and the bytes of its registers."""

_CPUS: Mapping[str, str] = MappingProxyType(
    {
        "cortex-m0": "cortex-m0",
        "cortex-m0plus": "cortex-m0+",
        "cortex-m3": "cortex-m3",
        "cortex-m4": "cortex-m4f",
        "cortex-m7": "cortex-m7",
        "cortex-m33": "cortex-m33",
    }
)
_BLOCK = 0x400
_PRIVATE = 0xE0000000


def can_have(board: Board) -> bool:
    """Tell whether Renode has what the test firmware needs of a board."""
    return board.uart.driver in _UARTS and board.target.name in _CPUS and board.timer == "dwt"


def check_can_have(board: Board) -> None:
    """Raise UsageError, which lists the boards that Renode has, where this is none of them."""
    if not can_have(board):
        names = ", ".join(each.name for each in list_boards() if can_have(each))
        raise UsageError(
            board.name, "Renode has no model of its core, serial port or timer", f"it has {names}"
        )


def millions_a_second(board: Board) -> int:
    """Give the millions of instructions that Renode's core executes in a second of its time."""
    return max(1, board.clock_hz // 1_000_000)


def platform_text(board: Board) -> str:
    """Give the platform description (.repl) of a board that Renode has."""
    uart, uart_nbytes = _UARTS[board.uart.driver]
    template = environment().get_template("renode/board.repl.j2")
    return template.render(
        board=board,
        cpu=_CPUS[board.target.name],
        uart=uart,
        uart_nbytes=uart_nbytes,
        has_frequency=board.uart.driver == "stm32f7",
        registers=_registers(board),
        mips=millions_a_second(board),
    )


def script_text(board: Board, port: int) -> str:
    """Give the script (.resc) that starts firmware.elf with its serial port at a TCP port."""
    return environment().get_template("renode/run.resc.j2").render(board=board, port=port)


def _registers(board: Board) -> list[tuple[str, int, int]]:
    """Give (name, address, bytes) of blocks of plain memory for the registers that are set."""
    steps = board.clock.steps if board.clock else ()
    addresses = [*(update.address for update in board.setup), *(step.address for step in steps)]
    touched = {address // _BLOCK for address in addresses if address < _PRIVATE}
    own = {board.uart.base // _BLOCK}
    own |= {
        block
        for block in touched
        for memory in board.memories
        if memory.origin <= block * _BLOCK < memory.origin + memory.nbytes
    }
    return [
        (f"registers{index}", block * _BLOCK, _BLOCK)
        for index, block in enumerate(sorted(touched - own))
    ]
