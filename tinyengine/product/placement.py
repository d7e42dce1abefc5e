"""Where the parts of a linked firmware stand, and what it takes of each memory."""

from collections.abc import Iterator

from tinyengine.board import Board, Memory
from tinyengine.product.build import Firmware
from tinyengine.report.report import MemoryEntry, PlacementEntry
from tinyengine.run.image import Image, load_image

_COPIED = (".data", ".kernels")
"""Sections that take room in flash too."""

_LOADED = (".vectors", ".text", ".rodata", *_COPIED)


def measure_placement(firmware: Firmware, board: Board) -> PlacementEntry:
    """Give the memories of stack, arena and kernels by the addresses in the ELF."""
    image = load_image(firmware.elf)
    arenas = [place for name, place in image.sections.items() if name.startswith(".arena")]
    kernels = image.sections.get(".kernels", (board.flash.origin, 0))
    return PlacementEntry(
        stack=next(_names(board, image.symbols["__stack_top"] - 1, 1), ""),
        arena=tuple(dict.fromkeys(name for place in arenas for name in _names(board, *place))),
        kernels=next(_names(board, *kernels), board.flash.name),
        kernels_nbytes=kernels[1],
        kernels_files=firmware.kernels,
        memories=tuple(
            MemoryEntry(name=memory.name, kind=memory.kind, nbytes=memory.nbytes, used=used)
            for memory in board.memories
            if (used := _used(image, board, memory))
        ),
    )


def _names(board: Board, address: int, nbytes: int) -> Iterator[str]:
    """Give the memories that [address, address + nbytes) reaches into."""
    end = address + max(nbytes, 1)
    return (m.name for m in board.memories if address < m.end and m.origin < end)


def _used(image: Image, board: Board, memory: Memory) -> int:
    """Give the bytes that the firmware takes of a memory."""
    total = 0
    for name, (address, nbytes) in image.sections.items():
        if name in _LOADED or name in (".bss", ".stack") or name.startswith(".arena"):
            first, end = max(address, memory.origin), min(address + nbytes, memory.end)
            total += max(end - first, 0)
            total += nbytes if memory is board.flash and name in _COPIED else 0
    return total
