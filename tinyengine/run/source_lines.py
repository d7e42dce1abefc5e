"""Which line of the emitted C an instruction comes from, by the debugging information of an ELF."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from elftools.dwarf.lineprogram import LineProgram
from elftools.elf.elffile import ELFFile

from tinyengine.errors import UsageError
from tinyengine.run.elf import open_elf
from tinyengine.run.native.counter import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLines:
    """The code of one C file: the addresses of its `functions`, and its lines.

    `starts` ascend; line `lines[i]` begins at `starts[i]` and ends where the next begins. Lines of
    other files that are inlined are 0.
    """

    functions: tuple[Range, ...]
    starts: tuple[int, ...]
    lines: tuple[int, ...]

    def line_at(self, address: int) -> int:
        """Give the line that the byte at `address` comes from; 0 where it is not of the file."""
        if not any(first <= address < last for first, last in self.functions):
            return 0
        return self.lines[bisect_right(self.starts, address) - 1]


_MOST_UNITS = 4096
_MOST_LINES_NBYTES = 2 << 20
"""Compilation units that are looked at, and bytes of line programs that are run."""


def load_source_lines(elf: Path, source: str) -> SourceLines:
    """Give the code that the linked `elf` has of the file `source`.

    Raises:
        UsageError: there is none: it is other firmware, or built without -g.
    """
    functions: list[Range] = []
    rows: list[tuple[int, int]] = []
    with open_elf(elf) as file:
        for program in _programs(file, source):
            _read(program, _numbers_of(program, source), functions, rows)
    if not functions:
        hint = "compile the model again"
        raise UsageError(str(elf), f"has no debugging information of {source}", hint=hint)
    rows.sort(key=lambda row: row[0])
    return SourceLines(
        functions=tuple(sorted(functions)),
        starts=tuple(address for address, _ in rows),
        lines=tuple(line for _, line in rows),
    )


def _programs(elf: ELFFile, source: str) -> Iterator[LineProgram]:
    """Give the line programs of the compilation units of `source`."""
    if not elf.has_dwarf_info():
        return
    # Neither relocations, which linked firmware has none of, nor files that this one names.
    information = elf.get_dwarf_info(relocate_dwarf_sections=False, follow_links=False)
    left = _MOST_LINES_NBYTES
    for unit in islice(information.iter_CUs(), _MOST_UNITS):
        name = unit.get_top_DIE().attributes.get("DW_AT_name")
        if name is None or name.value.decode() != source:
            continue
        program = information.line_program_for_CU(unit)
        if program is not None:
            left -= max(program.program_end_offset - program.program_start_offset, 0)
            if left < 0:
                raise ValueError("its line numbers are longer than any model's")
            yield program


def _numbers_of(program: LineProgram, source: str) -> frozenset[int]:
    """Give the numbers that the line program has for `source`.

    They count from 0 since DWARF 5, and from 1 before. Source: DWARF 5, 6.2.4.1.
    """
    first = 0 if program.header.version >= 5 else 1
    names = [entry.name.decode() for entry in program.header.file_entry]
    return frozenset(index for index, name in enumerate(names, first) if name == source)


def _read(
    program: LineProgram,
    numbers: frozenset[int],
    functions: list[Range],
    rows: list[tuple[int, int]],
) -> None:
    """Append the sequences of a line program; those that the linker dropped start at 0."""
    sequence: list[tuple[int, int]] = []
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if not state.end_sequence:
            sequence.append((state.address, state.line if state.file in numbers else 0))
            continue
        if sequence and sequence[0][0] != 0:
            functions.append((sequence[0][0], state.address))
            rows += sequence
        sequence = []
