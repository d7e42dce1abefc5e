"""`tinyengine boards` and `doctor`: what there is, and whether the tools are here."""

import importlib.util
import shutil

import typer

from tinyengine.board import TARGETS, Board, list_boards
from tinyengine.board.types import MemoryKind
from tinyengine.cli.console import add_row, out, print_json, reported, table
from tinyengine.cli.options import JsonOption
from tinyengine.report.codec import Json

_PURPOSES = {"gcc": "compile", "objcopy": "compile", "objdump": "profile"}
_ARCHITECTURES = tuple(dict.fromkeys(target.architecture for target in TARGETS.values()))
_NEEDED = (
    *(
        (each.toolchain.program(name), each.toolchain.packages[name], purpose)
        for each in _ARCHITECTURES
        for name, purpose in _PURPOSES.items()
    ),
    ("make", "make", "compile"),
)
_OPTIONAL = (
    *((a.qemu_program, a.qemu_program, "run and validate under QEMU") for a in _ARCHITECTURES),
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
            board.target.name,
            board.target.isa.value,
            *(f"{_total(board, kind) // 1024:,}" for kind in sizes),
            ", ".join(_emulators(board)),
        )
    out.print(rows)


def _board(board: Board) -> Json:
    return {
        "name": board.name,
        "title": board.title,
        "core": board.target.name,
        "isa": board.target.isa.value,
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
    names = ["unicorn"] if board.target.unicorn_cpu else []
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
