"""A compiled firmware for Renode: the board's description, a script, and a test for renode-test.

Source: Renode documentation, "Describing platforms" and "Testing with Renode"; its platforms/
folder for the classes of serial ports.
"""

from collections.abc import Mapping
from types import MappingProxyType

from tinyengine.board import Board
from tinyengine.errors import ToolError, UsageError
from tinyengine.files import read_bytes
from tinyengine.product.export.known_result import made_up_inputs
from tinyengine.product.export.library import Files
from tinyengine.product.export.sources import render
from tinyengine.product.infer import Ports
from tinyengine.product.product import Product
from tinyengine.run import record_session

_UARTS: Mapping[str, str] = MappingProxyType(
    {"stm32f4": "UART.STM32_UART", "stm32f7": "UART.STM32F7_USART", "pl011": "UART.PL011"}
)
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
_MOST_NBYTES = 64 << 20


def can_have(board: Board) -> bool:
    """Tell whether Renode has what the test firmware needs of a board."""
    return board.uart.driver in _UARTS and board.target.name in _CPUS and board.timer == "dwt"


def renode_files(product: Product) -> Files:
    """Give the files of a product's firmware; the test knows what it computes, from the emulator.

    Raises:
        UsageError: Renode does not have the board's serial port, timer or core.
        ToolError, WrongResultError: the firmware does not run.
    """
    board, name = product.board, product.report.model.name
    if not can_have(board):
        raise UsageError(board.name, "Renode has no model of its core, serial port or timer")
    inputs = made_up_inputs([(p.shape, p.dtype.numpy) for p in Ports.of(product).inputs])
    exchanges = record_session(
        product.elf, board, [array.tobytes() for array in inputs], product.output_nbytes
    )
    try:
        elf = read_bytes(product.elf, _MOST_NBYTES)
    except OSError as error:
        raise ToolError(str(product.elf), f"cannot be read: {error.strerror}") from error
    return {
        "board.repl": render(
            "renode/board.repl",
            board=board,
            cpu=_CPUS[board.target.name],
            uart=_UARTS[board.uart.driver],
            has_frequency=board.uart.driver == "stm32f7",
            registers=_registers(board),
            mips=max(1, board.clock_hz // 1_000_000),
        ),
        f"{name}.resc": render("renode/model.resc", name=name, board=board),
        f"{name}.robot": render("renode/model.robot", name=name, board=board, exchanges=exchanges),
        "README.md": render("renode/renode.md", name=name, board=board),
        "firmware.elf": elf,
    }


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
