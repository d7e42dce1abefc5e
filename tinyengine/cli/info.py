"""`tinyengine boards` and `doctor`: what there is, and whether the tools are here."""

import importlib.util
import shutil

import typer

from tinyengine.board import Board, list_boards
from tinyengine.board.types import MemoryKind
from tinyengine.cli.console import add_row, out, print_json, reported, table
from tinyengine.cli.options import JsonOption
from tinyengine.report.report import Json

_NEEDED = (
    ("arm-none-eabi-gcc", "gcc-arm-none-eabi", "compile"),
    ("arm-none-eabi-objcopy", "binutils-arm-none-eabi", "compile"),
    ("arm-none-eabi-objdump", "binutils-arm-none-eabi", "profile"),
    ("make", "make", "compile"),
)
_OPTIONAL = (
    ("qemu-system-arm", "qemu-system-arm", "run and validate under QEMU"),
    ("cc", "gcc", "count instructions under Unicorn"),
)
_PACKAGES = (
    ("unicorn", "unicorn", "run and validate"),
    ("ai_edge_litert", "tinyengine[reference]", "compare with the TFLite interpreter"),
    ("serial", "tinyengine[serial]", "run and validate on a real board (--port)"),
)


@reported
def boards_command(json: JsonOption = False) -> None:
    """List the boards: core, flash, RAM and what emulates them."""
    boards = list_boards()
    if json:
        print_json({"boards": [_board(board) for board in boards]})
        return
    rows = table("board", "core", "isa", "flash KiB:", "RAM KiB:", "external KiB:", "emulators")
    for board in boards:
        sizes = (MemoryKind.FLASH, MemoryKind.RAM, MemoryKind.EXTERNAL_RAM)
        add_row(
            rows,
            board.name,
            board.core.name,
            board.core.isa.value,
            *(f"{_total(board, kind) // 1024:,}" for kind in sizes),
            ", ".join(_emulators(board)),
        )
    out.print(rows)


def _board(board: Board) -> Json:
    return {
        "name": board.name,
        "title": board.title,
        "core": board.core.name,
        "isa": board.core.isa.value,
        "clock_hz": board.clock_hz,
        "flash": _total(board, MemoryKind.FLASH),
        "ram": _total(board, MemoryKind.RAM),
        "external_ram": _total(board, MemoryKind.EXTERNAL_RAM),
        "memories": [
            {"name": m.name, "kind": m.kind.value, "origin": m.origin, "bytes": m.nbytes}
            for m in board.memories
        ],
        "emulators": _emulators(board),
        "source": board.source,
    }


def _total(board: Board, kind: MemoryKind) -> int:
    return sum(memory.nbytes for memory in board.memories if memory.kind is kind)


def _emulators(board: Board) -> list[str]:
    names = ["unicorn"] if board.unicorn_cpu else []
    if board.qemu_machine:
        names.append("qemu")
    elif board.qemu_twin:
        names.append(f"qemu ({board.qemu_twin})")
    return names


@reported
def doctor_command() -> None:
    """Check the tools that compiling and running need, and say how to get those missing."""
    rows = table("tool", "needed to", "found")
    found = {program: shutil.which(program) for program, *_ in (*_NEEDED, *_OPTIONAL)}
    for program, package, purpose in (*_NEEDED, *_OPTIONAL):
        add_row(rows, program, purpose, found[program] or f"no: apt-get install {package}")
    for module, package, purpose in _PACKAGES:
        there = importlib.util.find_spec(module) is not None
        add_row(rows, module, purpose, "yes" if there else f"no: pip install '{package}'")
    out.print(rows)
    if not all(found[program] for program, *_ in _NEEDED):
        raise typer.Exit(5)
