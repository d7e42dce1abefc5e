"""Which files of the runtime are copied to fast memory: those in which a model's time goes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.enums import ENUM_RELOC_TYPE_ARM
from elftools.elf.relocation import RelocationSection
from elftools.elf.sections import SymbolTableSection

from tinyengine.errors import ToolError
from tinyengine.kernels.choose.selection import estimate_instructions
from tinyengine.schedule import Plan

_ALIGN = 16
"""What a section of code may be aligned to, in bytes."""

_VENEER_NBYTES = 16
"""The most that the linker adds, beside the caller, to reach a function that is far from it."""

_BRANCHES = frozenset(ENUM_RELOC_TYPE_ARM[name] for name in ("R_ARM_THM_CALL", "R_ARM_THM_JUMP24"))
"""Relocations of calls and of calls in tail position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotFile:
    """A C file by its name without suffix, and the instructions of an inference in it, estimated.

    A file that several kernels share has those of all of them.
    """

    stem: str
    instructions: int


def hot_files(plan: Plan) -> tuple[HotFile, ...]:
    """Give the files of the plan's kernels, by their names."""
    instructions: Counter[str] = Counter()
    for step in plan.steps:
        computes = step.kernel.stands_for or step.kernel
        for source in step.kernel.sources:
            instructions[Path(source).stem] += estimate_instructions(step.op, computes)
    return tuple(
        HotFile(stem=stem, instructions=count) for stem, count in sorted(instructions.items())
    )


def choose_files(
    files: Sequence[HotFile], nbytes_of: Mapping[str, int], room: int
) -> tuple[str, ...]:
    """Give the files that go into `room` bytes.

    Those of most instructions per byte that fit; or, where these have fewer in all, those of most
    instructions: a large one may count more than many small ones.
    """
    there = [file for file in files if nbytes_of.get(file.stem)]
    per_byte = sorted(
        there, key=lambda each: (-each.instructions / nbytes_of[each.stem], each.stem)
    )
    in_all = sorted(there, key=lambda each: (-each.instructions, each.stem))
    filled = [_fill(order, nbytes_of, room) for order in (per_byte, in_all)]
    best = max(filled, key=lambda chosen: sum(file.instructions for file in chosen))
    return tuple(file.stem for file in best)


def _fill(order: Sequence[HotFile], nbytes_of: Mapping[str, int], room: int) -> tuple[HotFile, ...]:
    """Give the files that fit into `room` bytes, the first ones first."""
    chosen, left = [], room
    for file in order:
        if nbytes_of[file.stem] <= left:
            chosen.append(file)
            left -= nbytes_of[file.stem]
    return tuple(chosen)


def code_nbytes(file: Path) -> int:
    """Give the most bytes that the code of an object file takes when it is linked.

    That is its sections and, since they may stand far from all others, a veneer for each function
    that they call elsewhere.

    Raises:
        ToolError: it is no object file.
    """
    try:
        with file.open("rb") as stream:
            elf = ELFFile(stream)
            sizes = [
                int(section["sh_size"])
                for section in elf.iter_sections()
                if section.name == ".text" or section.name.startswith(".text.")
            ]
            veneers = len(_called_elsewhere(elf))
    except (OSError, ELFError, ValueError) as error:
        raise ToolError(str(file), f"is no object file: {error}") from None
    return sum(-(-nbytes // _ALIGN) * _ALIGN for nbytes in sizes) + veneers * _VENEER_NBYTES


def _called_elsewhere(elf: ELFFile) -> set[str]:
    """Give the functions that an object file calls and does not define."""
    called = set()
    for section in elf.iter_sections():
        if not isinstance(section, RelocationSection):
            continue
        symbols = elf.get_section(section["sh_link"])
        if isinstance(symbols, SymbolTableSection):
            for relocation in section.iter_relocations():
                symbol = symbols.get_symbol(relocation["r_info_sym"])
                if relocation["r_info_type"] in _BRANCHES and symbol["st_shndx"] == "SHN_UNDEF":
                    called.add(symbol.name)
    return called
