"""Lays a board's memories and peripherals out in Unicorn, to the byte."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import unicorn
from unicorn.unicorn_py3.unicorn import Uc, UcError

from tinyengine.board.types import Board, Memory, MemoryKind
from tinyengine.errors import ToolError
from tinyengine.run.unicorn.peripherals import Peripheral

_PAGE = 0x1000
"""The granularity in bytes of Unicorn's memory."""

Fail = Callable[[str], None]
"""Takes what is wrong and stops the core."""


def all_memories(board: Board) -> tuple[Memory, ...]:
    """Give the board's memories, that of the vector table too where it is one of its own."""
    return board.memories + ((board.vectors,) if board.vectors else ())


def place_of(board: Board, address: int) -> str:
    """Give `address` for the reader, with the memory that it lies in."""
    for memory in all_memories(board):
        if memory.origin <= address < memory.origin + memory.nbytes:
            return f"0x{address:08x} in {memory.name}"
    return f"0x{address:08x}, outside the board's memories"


def map_memories(uc: Uc, board: Board, fail: Fail) -> None:
    """Map flash (read, execute) and RAM (read, write); guard what is smaller than a page.

    Code may be executed in RAM where the board says so.

    Raises:
        ToolError: two memories share a page of 4 KiB.
    """
    for memory in all_memories(board):
        first = memory.origin // _PAGE * _PAGE
        end = memory.origin + memory.nbytes
        last = -(-end // _PAGE) * _PAGE
        try:
            uc.mem_map(first, last - first, _protection(memory))
        except UcError as error:
            raise ToolError(
                board.name, f"Unicorn cannot map {memory.name} at 0x{memory.origin:08x}: {error}"
            ) from None
        if first != memory.origin:
            _guard(uc, board, (first, memory.origin), fail)
        if last != end:
            _guard(uc, board, (end, last), fail)


def map_peripherals(uc: Uc, peripherals: Sequence[Peripheral], fail: Fail) -> None:
    """Map the pages that hold peripherals; other addresses in these pages stop the core."""
    pages: dict[int, list[Peripheral]] = defaultdict(list)
    for peripheral in peripherals:
        for page in range(
            peripheral.base // _PAGE, -(-(peripheral.base + peripheral.nbytes) // _PAGE)
        ):
            pages[page * _PAGE].append(peripheral)
    for base, there in pages.items():
        _map_page(uc, base, tuple(there), fail)


def _protection(memory: Memory) -> int:
    if memory.kind is MemoryKind.FLASH:
        return int(unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
    executes = unicorn.UC_PROT_EXEC if memory.executes else unicorn.UC_PROT_NONE
    return int(unicorn.UC_PROT_READ | unicorn.UC_PROT_WRITE | executes)


def _guard(uc: Uc, board: Board, slack: tuple[int, int], fail: Fail) -> None:
    """Stop at any access that touches the half-open range `slack` of a mapped page."""
    first, last = slack

    def on_access(_: Uc, kind: int, address: int, nbytes: int, *_rest: object) -> None:
        """Fail where an access reaches beyond the memory."""
        if address + nbytes > first:
            verb = "write to" if kind == unicorn.UC_MEM_WRITE else "read of"
            fail(f"{verb} {place_of(board, max(address, first))}")

    def on_code(_: Uc, address: int, *_rest: object) -> None:
        """Fail where code is fetched from a peripheral."""
        fail(f"instruction fetch from {place_of(board, address)}")

    widest = 7
    data = unicorn.UC_HOOK_MEM_READ | unicorn.UC_HOOK_MEM_WRITE
    uc.hook_add(data, on_access, begin=first - widest, end=last - 1)
    uc.hook_add(unicorn.UC_HOOK_CODE, on_code, begin=first, end=last - 1)


def _map_page(uc: Uc, base: int, there: tuple[Peripheral, ...], fail: Fail) -> None:
    only = there[0]
    if len(there) == 1 and only.base <= base and base + _PAGE <= only.base + only.nbytes:
        shift = base - only.base
        read, write = only.device.read, only.device.write
        uc.mmio_map(
            base,
            _PAGE,
            lambda _uc, offset, _nbytes, _key: read(offset + shift),
            None,
            lambda _uc, offset, _nbytes, value, _key: write(offset + shift, value),
            None,
        )
        return

    def find(offset: int) -> Peripheral | None:
        """Give the peripheral at `offset`."""
        address = base + offset
        return next((p for p in there if p.base <= address < p.base + p.nbytes), None)

    def on_read(_uc: Uc, offset: int, _nbytes: int, _key: object) -> int:
        """Give what a peripheral answers."""
        found = find(offset)
        if found is None:
            fail(f"read of 0x{base + offset:08x}, a peripheral that the firmware must not need")
            return 0
        return found.device.read(base + offset - found.base)

    def on_write(_uc: Uc, offset: int, _nbytes: int, value: int, _key: object) -> None:
        """Pass a value on to a peripheral."""
        found = find(offset)
        if found is None:
            fail(f"write to 0x{base + offset:08x}, a peripheral that the firmware must not need")
        else:
            found.device.write(base + offset - found.base, value)

    uc.mmio_map(base, _PAGE, on_read, None, on_write, None)
