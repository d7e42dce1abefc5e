"""Build an emitted project with its Makefile, and measure what the model takes in flash and RAM."""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tinyengine.board.target import Toolchain
from tinyengine.board.types import Board
from tinyengine.errors import FitError, FlashError, Problem, TinyEngineError, ToolError
from tinyengine.product.firmware import LIBRARY

_PROGRAMS = ("gcc", "objcopy")
"""What the Makefile calls of a toolchain."""

_LIBRARY_OBJECTS = frozenset(f"build/firmware/{stem}.o" for stem in LIBRARY)
_SECONDS = 900
_ERROR_LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareSizes:
    """Bytes by whom they belong to; the arena and the stack are in none of them.

    The model's are `code` (with its runtime and the C library), `weights`, `other_constants` in
    flash and `model_static` in RAM; the test firmware's are `firmware_flash` and `firmware_ram`.
    """

    code: int
    weights: int
    other_constants: int
    model_static: int
    firmware_flash: int
    firmware_ram: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """A built project: the files and their sizes."""

    elf: Path
    bin: Path
    map: Path
    sizes: FirmwareSizes


def build(directory: Path, board: Board) -> Firmware:
    """Run the Makefile in `directory`, which was emitted for `board`.

    Raises:
        ToolError: make or the compiler is missing or fails.
        FitError: the program is larger than a memory of the board; FlashError: than its flash.
    """
    _check_tools(board.target.toolchain)
    _make(directory, board)
    elf, linker_map = directory / "firmware.elf", directory / "firmware.map"
    return Firmware(
        elf=elf,
        bin=directory / "firmware.bin",
        map=linker_map,
        sizes=measure_sizes(elf, linker_map),
    )


def measure_sizes(elf: Path, linker_map: Path) -> FirmwareSizes:
    """Give the sizes of a linked firmware from its ELF and its linker map.

    Raises:
        ToolError: a file is missing, truncated, or the two do not belong together.
    """
    sections = _section_sizes(elf)
    parts = _parse_map(linker_map)
    for section, nbytes in sections.items():
        listed = sum(count for (name, _), count in parts.items() if name == section)
        if listed != nbytes:
            raise ToolError(
                str(linker_map),
                f"lists {listed} bytes in {section}, but {elf.name} has {nbytes}",
                hint="build the project anew",
            )
    model, weights, firmware = (_Owner(parts, owner) for owner in ("model", "weights", "firmware"))
    constants = _CONSTANTS
    return FirmwareSizes(
        code=model.nbytes(".text") + weights.nbytes(".text"),
        weights=weights.nbytes(*constants),
        other_constants=model.nbytes(*constants),
        model_static=model.nbytes(".data", ".bss") + weights.nbytes(".data", ".bss"),
        firmware_flash=firmware.nbytes(".vectors", ".text", *constants),
        firmware_ram=firmware.nbytes(".data", ".bss"),
    )


_CONSTANTS = (".rodata", ".data")
_SECTIONS = frozenset({".vectors", ".text", ".rodata", ".data", ".bss"})


@dataclass(frozen=True, slots=True)
class _Owner:
    """The bytes of one owner by output section."""

    parts: Counter[tuple[str, str]]
    owner: str

    def nbytes(self, *sections: str) -> int:
        return sum(self.parts[section, self.owner] for section in sections)


def _check_tools(toolchain: Toolchain) -> None:
    needed = {"make": "make"}
    needed |= {toolchain.program(name): toolchain.packages[name] for name in _PROGRAMS}
    missing = [tool for tool in needed if shutil.which(tool) is None]
    if missing:
        found = {*(needed[tool] for tool in missing), toolchain.library_package}
        packages = " ".join(sorted(found))
        raise ToolError(
            ", ".join(missing),
            "not found; needed to build firmware",
            hint=f"on Debian or Ubuntu: apt-get install {packages}",
        )


def _make(directory: Path, board: Board) -> None:
    # A make that called us must not hand its options to this one; messages are parsed below.
    environment = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MFLAGS"}}
    try:
        done = subprocess.run(
            ["make", "-j2", "--no-print-directory", f"CROSS={board.target.toolchain.prefix}"],
            cwd=directory,
            env={**environment, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(str(directory), f"make did not finish in {_SECONDS} s") from None
    except OSError as error:
        raise ToolError(str(directory), f"make cannot run: {error}") from None
    if done.returncode != 0:
        raise _failure(directory, board, done.stderr)


def _failure(directory: Path, board: Board, stderr: str) -> TinyEngineError:
    """Tell a program that does not fit from a missing library and from any other failure."""
    overflows = dict(re.findall(r"region `(\w+)' overflowed by (\d+) bytes", stderr))
    if overflows:
        only_flash = list(overflows) == ["FLASH"]
        error = (FlashError if only_flash else FitError).from_problems(
            _overflow(board, region, int(nbytes)) for region, nbytes in sorted(overflows.items())
        )
        if isinstance(error, FlashError):
            error.needed_nbytes = board.flash.nbytes + int(overflows["FLASH"])
        return error
    hint = ""
    if re.search(r"cannot find -lc\b|fatal error: (string|stdint)\.h", stderr):
        hint = f"on Debian or Ubuntu: apt-get install {board.target.toolchain.library_package}"
    lines = [line for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line] or lines
    return ToolError(str(directory), "make failed", hint=hint, details=errors[:_ERROR_LINES])


def _overflow(board: Board, region: str, nbytes: int) -> Problem:
    if region == "FLASH":
        available = board.flash.nbytes
        what = (
            f"the program needs {available + nbytes:,} bytes of flash, the board has {available:,}"
        )
        hint = "a board with more flash, or a smaller model"
    else:
        part = {"DATA": "data and stack", "ARENA": "the arena", "VECTORS": "the vector table"}
        what = f"{part.get(region, region)} need {nbytes} bytes more than their region of RAM has"
        hint = ""
    return Problem(where=board.name, problem=what, hint=hint)


def _section_sizes(elf: Path) -> dict[str, int]:
    """Give the size of each section that belongs to someone."""
    try:
        with elf.open("rb") as file:
            sections = {s.name: int(s["sh_size"]) for s in ELFFile(file).iter_sections()}
    except (OSError, ELFError, ValueError, UnicodeDecodeError, AttributeError) as error:
        raise ToolError(str(elf), f"is no complete ELF file: {error}") from None
    missing = sorted({".vectors", ".text"} - set(sections))
    if missing:
        raise ToolError(str(elf), f"has no section {missing[0]}")
    return {name: nbytes for name, nbytes in sections.items() if name in _SECTIONS}


_OUTPUT = re.compile(r"^(\.\w+)(?:\s+0x[0-9a-f]+\s+0x[0-9a-f]+.*)?$")
_INPUT = re.compile(r"^ (\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (.*))?$")


def _parse_map(linker_map: Path) -> Counter[tuple[str, str]]:
    """Give the bytes by (output section, owner); padding belongs to who stands before it."""
    try:
        text = linker_map.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ToolError(str(linker_map), f"cannot be read: {error.strerror}") from None
    placed: list[_Placed] = []
    section, owner = "", "firmware"
    for line in text.partition("Linker script and memory map")[2].splitlines():
        if output := _OUTPUT.match(line):
            section, owner = output[1], "firmware"
        elif section in _SECTIONS and (found := _INPUT.match(line)):
            if found[1] != "*fill*":
                owner = _owner_of(found[4] or "")
            placed.append(_Placed(section, owner, int(found[2], 16), int(found[3], 16)))
    return _without_overlaps(placed)


class _Placed(NamedTuple):
    """What one line of the map says: bytes from an address on, in an output section."""

    section: str
    owner: str
    address: int
    nbytes: int


def _without_overlaps(placed: Sequence[_Placed]) -> Counter[tuple[str, str]]:
    """Sum the bytes by (output section, owner).

    Where the linker has merged a string into the end of another, the map tells the size that it
    had before: it ends where the next one begins.
    """
    parts: Counter[tuple[str, str]] = Counter()
    for part, following in zip_longest(placed, placed[1:]):
        nbytes = part.nbytes
        if following is not None and following.section == part.section and following.nbytes:
            nbytes = max(min(nbytes, following.address - part.address), 0)
        parts[part.section, part.owner] += nbytes
    return parts


def _owner_of(path: str) -> str:
    """Give whom an object file belongs to; what stands in for libraries belongs to the model."""
    if path in _LIBRARY_OBJECTS:
        return "model"
    if path.startswith("build/firmware/"):
        return "firmware"
    if re.fullmatch(r"build/\w+_weights\.o", path):
        return "weights"
    return "model"
