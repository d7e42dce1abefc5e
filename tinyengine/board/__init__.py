"""Boards as data: what they have, where things go in their memories, and their test firmware."""

from tinyengine.board.check import missing_in
from tinyengine.board.load import list_boards, load_board, read_board
from tinyengine.board.memory_map import MemoryMap, Region, merge_banks, place, place_banks, rooms
from tinyengine.board.target import Architecture, Isa, Target, Toolchain
from tinyengine.board.targets import TARGETS
from tinyengine.board.types import (
    Board,
    ChipIdentity,
    Clock,
    ClockStep,
    Flashing,
    Memory,
    MemoryKind,
    Placement,
    RegisterUpdate,
    Uart,
)

__all__ = [
    "TARGETS",
    "Architecture",
    "Board",
    "ChipIdentity",
    "Clock",
    "ClockStep",
    "Flashing",
    "Isa",
    "Memory",
    "MemoryKind",
    "MemoryMap",
    "Placement",
    "Region",
    "RegisterUpdate",
    "Target",
    "Toolchain",
    "Uart",
    "list_boards",
    "load_board",
    "merge_banks",
    "missing_in",
    "place",
    "place_banks",
    "read_board",
    "rooms",
]
