"""Build exported packages with the Arm compiler around the test firmware, and run that."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.export.collect import Sources
from tests.support import require_tool
from tinyengine.board import Board
from tinyengine.product.firmware import firmware_files
from tinyengine.product.flags import LINK, WARNINGS
from tinyengine.product.project import Interface, make_project
from tinyengine.resources import runtime_dir

LIBC = runtime_dir() / "firmware" / "libc"
_OPTIONS = ("-O2", "-fno-common", "-ffunction-sections", "-fdata-sections", "-Werror")


def compiler(board: Board, language: str = "c") -> list[str]:
    """Give the command that compiles for a board's core, with all warnings as errors."""
    program = require_tool("arm-none-eabi-gcc" if language == "c" else "arm-none-eabi-g++")
    aligned = () if board.target.has_unaligned_access else ("-mno-unaligned-access",)
    standard = (
        ["-std=c11", *WARNINGS]
        if language == "c"
        else ["-std=c++17", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra"]
    )
    return [program, *board.target.flags, *aligned, *_OPTIONS, *standard]


def run(command: Sequence[object]) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def compile_all(
    board: Board,
    sources: Sources,
    includes: Sequence[Path],
    into: Path,
    options: Sequence[str] = (),
) -> list[Path]:
    """Compile C files, each into an object of its own; give the objects."""
    into.mkdir(parents=True, exist_ok=True)
    folders = [f"-I{path}" for path in (*sources.includes, *includes)]
    objects = []
    for index, path in enumerate(sources.files):
        object_file = into / f"{index}_{path.stem}.o"
        libc = ["-idirafter", LIBC]
        run([*compiler(board), *options, *folders, *libc, "-c", path, "-o", object_file])
        objects.append(object_file)
    return objects


def link_firmware(
    folder: Path, board: Board, objects: Sequence[Path], includes: Sequence[Path]
) -> Path:
    """Link objects with the test firmware that was written in `folder`; give the ELF."""
    elf = folder / "firmware.elf"
    script = [
        str(folder / "firmware/link.ld") if word == "firmware/link.ld" else word for word in LINK
    ]
    script = [word for word in script if not word.startswith("-Wl,-Map")]
    folders = [f"-I{path}" for path in (folder, folder / "firmware", *includes)]
    firmware = sorted((folder / "firmware").glob("*.c"))
    run([*compiler(board), *folders, "-idirafter", LIBC, *script, *firmware, *objects, "-o", elf])
    return elf


def model_firmware(
    folder: Path,
    board: Board,
    interface: Interface,
    objects: Sequence[Path],
    includes: Sequence[Path],
) -> Path:
    """Build the test firmware of a board around the objects of a model; give the ELF."""
    project = make_project(interface, board, "Made for a test.", ())
    for path, text in firmware_files(project).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return link_firmware(folder, board, objects, includes)
