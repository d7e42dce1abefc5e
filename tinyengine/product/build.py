"""Build an emitted project, and measure what the model takes in flash and RAM."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tinyengine.board.types import Board
from tinyengine.errors import FitError, Problem, ToolError
from tinyengine.product.compile_c import Compilation
from tinyengine.product.firmware import LIBRARY
from tinyengine.product.linker_map import Section, read_map
from tinyengine.product.tools import find_tools

_LIBRARY_OBJECTS = frozenset(f"build/firmware/{stem}.o" for stem in LIBRARY)
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
    """A built project: the files and their sizes; `kernels` are the C files copied to RAM."""

    elf: Path
    bin: Path
    map: Path
    sizes: FirmwareSizes
    kernels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shortfall:
    """Flash that a program would need beyond what there is.

    `needed_nbytes` is all that it needs; `refusal` is what to tell where no other program fits.
    """

    nbytes: int
    needed_nbytes: int
    refusal: FitError


def build(directory: Path, board: Board) -> Firmware:
    """Compile and link the project in `directory`, which was emitted for `board`.

    Raises:
        ToolError: the compiler is missing or fails.
        FitError: the program is larger than a memory of the board.
    """
    built = try_build(directory, board)
    if isinstance(built, Shortfall):
        raise built.refusal
    return built


def try_build(directory: Path, board: Board) -> Firmware | Shortfall:
    """Compile and link as `build` does; where just the flash is too small, give by how much.

    Raises:
        ToolError: the compiler is missing or fails.
        FitError: the program is larger than another memory of the board.
    """
    with Compilation(directory, board, find_tools(board.target.toolchain)) as compilation:
        return finish_build(compilation, directory, board)


def finish_build(
    compilation: Compilation,
    directory: Path,
    board: Board,
    before_link: Callable[[], None] = lambda: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Firmware | Shortfall:
    """Compile what `compilation` did not begin with, and link, as `try_build` does.

    `before_link` is called when the object files are there, `meanwhile` once when compilers leave
    a processor free.

    Raises what that does, but for a compiler that is missing; and what is called.
    """
    problem = compilation.finish(before_link, meanwhile)
    shortfall = None if problem is None else _lacks(directory, board, problem)
    if shortfall is not None:
        return shortfall
    elf, linker_map = directory / "firmware.elf", directory / "firmware.map"
    return Firmware(
        elf=elf,
        bin=directory / "firmware.bin",
        map=linker_map,
        sizes=measure_sizes(elf, linker_map),
        kernels=_kernels(linker_map),
    )


def _kernels(linker_map: Path) -> tuple[str, ...]:
    """Give the names, without suffix, of the C files whose code stands in .kernels."""
    section = read_map(linker_map).get(".kernels")
    pieces = section.pieces() if section else ()
    return tuple(sorted({Path(path).stem for path, _ in pieces if path.endswith(".o")}))


def measure_sizes(elf: Path, linker_map: Path) -> FirmwareSizes:
    """Give the sizes of a linked firmware from its ELF and its linker map.

    Raises:
        ToolError: a file is missing, truncated, or the two do not belong together.
    """
    listed = read_map(linker_map)
    for name, nbytes in _section_sizes(elf).items():
        in_map = _nbytes(listed, name)
        if in_map != nbytes:
            raise ToolError(
                str(linker_map),
                f"lists {in_map} bytes in {name}, but {elf.name} has {nbytes}",
                hint="build the project anew",
            )
    parts = Counter[tuple[str, str]]()
    for name in _SECTIONS & listed.keys():
        for path, nbytes in listed[name].pieces():
            parts[name, _owner_of(path)] += nbytes
    model, weights, firmware = (_Owner(parts, owner) for owner in ("model", "weights", "firmware"))
    constants = _CONSTANTS
    return FirmwareSizes(
        code=model.nbytes(*_CODE) + weights.nbytes(*_CODE),
        weights=weights.nbytes(*constants),
        other_constants=model.nbytes(*constants),
        model_static=model.nbytes(".data", ".bss") + weights.nbytes(".data", ".bss"),
        firmware_flash=firmware.nbytes(".vectors", *_CODE, *constants),
        firmware_ram=firmware.nbytes(".data", ".bss"),
    )


_CODE = (".text", ".kernels")
_CONSTANTS = (".rodata", ".data")
_SECTIONS = frozenset({".vectors", *_CODE, *_CONSTANTS, ".bss"})


def _nbytes(listed: Mapping[str, Section], section: str) -> int:
    """Give the bytes of a section that may not be there."""
    return listed[section].nbytes if section in listed else 0


@dataclass(frozen=True, slots=True)
class _Owner:
    """The bytes of one owner by output section."""

    parts: Counter[tuple[str, str]]
    owner: str

    def nbytes(self, *sections: str) -> int:
        """Give the bytes of `sections`."""
        return sum(self.parts[section, self.owner] for section in sections)


def _lacks(directory: Path, board: Board, problem: str) -> Shortfall:
    """Give what the flash lacks, where that is what the linker printed; raise what else it is."""
    found = re.findall(r"region `(\w+)' overflowed by (\d+) bytes", problem)
    if found:
        return _shortfall(board, {region: int(nbytes) for region, nbytes in found})
    raise _failure(directory, board, problem)


def _shortfall(board: Board, overflows: Mapping[str, int]) -> Shortfall:
    """Give what the flash lacks; raise FitError where another region overflows, by these bytes."""
    refusal = FitError.from_problems(
        _overflow(board, region, nbytes) for region, nbytes in sorted(overflows.items())
    )
    if list(overflows) != ["FLASH"]:
        raise refusal
    nbytes = overflows["FLASH"]
    return Shortfall(nbytes=nbytes, needed_nbytes=board.flash.nbytes + nbytes, refusal=refusal)


def _failure(directory: Path, board: Board, stderr: str) -> ToolError:
    """Tell a missing library from any other failure."""
    hint = ""
    if re.search(r"cannot find -lc\b|fatal error: (string|stdint)\.h", stderr):
        hint = f"on Debian or Ubuntu: apt-get install {board.target.toolchain.library_package}"
    lines = list(dict.fromkeys(line for line in stderr.splitlines() if line.strip()))
    errors = [line for line in lines if "error:" in line] or lines
    details = errors[:_ERROR_LINES]
    return ToolError(str(directory), "the compiler failed", hint=hint, details=details)


def _overflow(board: Board, region: str, nbytes: int) -> Problem:
    if region == "FLASH":
        available = board.flash.nbytes
        what = (
            f"the program needs {available + nbytes:,} bytes of flash, the board has {available:,}"
        )
        hint = "a board with more flash, or a smaller model"
    else:
        part = {"DATA": "data and stack", "ARENA": "the arena", "VECTORS": "the vector table",
                "KERNELS": "kernels"}  # fmt: skip
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


def _owner_of(path: str) -> str:
    """Give whom an object file belongs to; what stands in for libraries belongs to the model."""
    if path in _LIBRARY_OBJECTS:
        return "model"
    # LONG is the linker script's: the list of what is copied at reset.
    if path.startswith(("build/firmware/", "LONG ")):
        return "firmware"
    if re.fullmatch(r"build/\w+_weights\.o", path):
        return "weights"
    return "model"
