"""`tinyengine boards` and `doctor`: what there is, and whether the tools are here."""

import importlib.util
import shutil
from pathlib import Path
from typing import Annotated

import typer

from tinyengine.board import TARGETS, Board, Flashing, list_boards, missing_in, read_board
from tinyengine.board.types import MemoryKind
from tinyengine.cli.console import add_row, out, print_json, reported, table
from tinyengine.cli.options import JsonOption, parse_path
from tinyengine.delivery import has_renode
from tinyengine.errors import ToolError, UsageError
from tinyengine.product.tools import find_tools
from tinyengine.report.codec import Json

_ARCHITECTURES = tuple(dict.fromkeys(target.architecture for target in TARGETS.values()))
_RENODE = "github.com/renode/renode/releases"
_PROGRAMS = (
    *(
        (each.toolchain.program("objdump"), each.toolchain.packages["objdump"], "profile")
        for each in _ARCHITECTURES
    ),
    *((a.qemu_program, a.qemu_program, "run and validate under QEMU") for a in _ARCHITECTURES),
    ("renode", _RENODE, "run and validate with --emulator renode"),
    ("cc", "gcc", "count instructions under Unicorn faster than in Python"),
    ("make", "make", "build an emitted project by hand"),
)
_REPLACED = frozenset(each.toolchain.program("objdump") for each in _ARCHITECTURES)
"""What Capstone does as well."""

_PACKAGES = (
    ("unicorn", "unicorn", "run and validate"),
    ("capstone", "tinyengine[toolchain]", "profile where there is no objdump"),
    ("ai_edge_litert", "tinyengine[reference]", "compare with the TFLite interpreter"),
    ("tflite_micro", "tflite-micro", "compare where the TFLite interpreter has no kernel"),
    ("onnx", "tinyengine[onnx]", "read ONNX files"),
    ("serial", "tinyengine[serial]", "run and validate on a real board (--port)"),
)


@reported
def boards_command(
    json: JsonOption = False,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check", parser=parse_path, help="Say what this board.toml lacks.", metavar="FILE"
        ),
    ] = None,
) -> None:
    """List the boards: core, clock, flash, RAM and what emulates them."""
    if check is not None:
        _check(check)
        return
    boards = list_boards()
    if json:
        print_json({"boards": [_board(board) for board in boards]})
        return
    rows = table(
        "board", "core", "isa", "MHz:", "flash KiB:", "RAM KiB:", "external KiB:", "emulators"
    )
    for board in boards:
        sizes = (MemoryKind.FLASH, MemoryKind.RAM, MemoryKind.EXTERNAL_RAM)
        add_row(
            rows,
            board.name,
            board.target.name,
            board.target.isa.value,
            f"{board.clock_hz / 1e6:g}",
            *(f"{_total(board, kind) // 1024:,}" for kind in sizes),
            ", ".join(_emulators(board)),
        )
    out.print(rows)


def _check(path: Path) -> None:
    """Print that a board file is complete.

    Raises:
        UsageError: it is broken, or something is missing; all of that is named.
    """
    board = read_board(path)
    missing = missing_in(board)
    if missing:
        raise UsageError(
            str(path),
            f"{len(missing)} thing{'s are' if len(missing) > 1 else ' is'} missing",
            hint="CONTRIBUTING.md says what a board file holds",
            details=missing,
        )
    out.print(f"{path}: {board.title} is complete", markup=False)


def _board(board: Board) -> Json:
    return {
        "name": board.name,
        "title": board.title,
        "core": board.target.name,
        "isa": board.target.isa.value,
        "clock_hz": board.clock_hz,
        "reset_hz": board.reset_hz,
        "flashing": None if board.flashing is None else _flashing(board.flashing),
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


def _flashing(flashing: Flashing) -> Json:
    identity = flashing.identity
    return {
        "probe": flashing.probe,
        "tools": list(flashing.tools),
        "chip": flashing.chip,
        "openocd": list(flashing.openocd),
        "dfu": flashing.dfu,
        "uf2_family": flashing.uf2_family,
        "bossac_offset": flashing.bossac_offset,
        "identity": None
        if identity is None
        else {
            "register": identity.register,
            "address": identity.address,
            "mask": identity.mask,
            "value": identity.value,
        },
    }


def _total(board: Board, kind: MemoryKind) -> int:
    return sum(memory.nbytes for memory in board.memories if memory.kind is kind)


def _emulators(board: Board) -> list[str]:
    names = ["unicorn"] if board.target.unicorn_cpu else []
    if board.qemu_machine:
        names.append("qemu")
    elif board.qemu_twin:
        names.append(f"qemu ({board.qemu_twin})")
    return [*names, "renode"] if has_renode(board) else names


@reported
def doctor_command() -> None:
    """Check the tools that compiling and running need, and say how to get those missing."""
    rows = table("tool", "needed to", "found")
    complete = True
    for architecture in _ARCHITECTURES:
        try:
            tools = find_tools(architecture.toolchain)
            add_row(rows, tools.name, "compile", f"{tools.compiler}: {tools.why}")
        except ToolError as error:
            complete = False
            (problem,) = error.problems
            add_row(rows, problem.where, "compile", f"no: {problem.hint}")
    for program, package, purpose in _PROGRAMS:
        found = shutil.which(program)
        missing = f"no: {package if package == _RENODE else f'apt-get install {package}'}"
        if program in _REPLACED and importlib.util.find_spec("capstone") is not None:
            missing = "not needed: capstone does it"
        add_row(rows, program, purpose, found or missing)
    for module, package, purpose in _PACKAGES:
        there = importlib.util.find_spec(module) is not None
        add_row(rows, module, purpose, "yes" if there else f"no: pip install '{package}'")
    out.print(rows)
    if not complete:
        raise typer.Exit(5)
