"""Boards as data: what they have, where things go in their memories, and their test firmware."""

from tinyengine.board.load import list_boards, load_board
from tinyengine.board.memory_map import MemoryMap, Region, merge_banks, place, place_banks, rooms
from tinyengine.board.types import (
    Board,
    Core,
    Isa,
    Memory,
    MemoryKind,
    RegisterUpdate,
    Uart,
)

__all__ = [
    "Board",
    "Core",
    "Isa",
    "Memory",
    "MemoryKind",
    "MemoryMap",
    "Region",
    "RegisterUpdate",
    "Uart",
    "list_boards",
    "load_board",
    "merge_banks",
    "place",
    "place_banks",
    "rooms",
]
