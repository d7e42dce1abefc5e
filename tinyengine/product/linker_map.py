"""Read linker maps, GNU ld's and lld's: which object file has which bytes of a program."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tinyengine.errors import ToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """An output section; `starts` are the addresses and object files of its pieces, in order."""

    address: int
    nbytes: int
    starts: tuple[tuple[int, str], ...]

    def pieces(self) -> Iterator[tuple[str, int]]:
        """Give object files and bytes; padding belongs to who stands before it.

        A piece ends where the next one begins: the map may tell the size that a piece had before
        the linker merged its strings into others.
        """
        end = (self.address + self.nbytes, "")
        for (address, path), (following, _) in pairwise((*self.starts, end)):
            yield path, max(following - address, 0)


def read_map(linker_map: Path) -> Mapping[str, Section]:
    """Give the output sections by name.

    Raises:
        ToolError: the map cannot be read.
    """
    try:
        text = linker_map.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise ToolError(str(linker_map), f"cannot be read: {error.strerror}") from None
    lines = text.partition("Linker script and memory map")[2].splitlines()
    return _sections(_gnu_lines(lines) if lines else _lld_lines(text.splitlines()))


@dataclass(frozen=True, slots=True)
class _Line:
    """What one line of a map says: of an output section (`path` is None) or of a piece of it."""

    section: str
    address: int
    nbytes: int
    path: str | None = None


def _sections(lines: Iterator[_Line]) -> dict[str, Section]:
    found: dict[str, Section] = {}
    for line in lines:
        if line.path is None:
            found[line.section] = Section(address=line.address, nbytes=line.nbytes, starts=())
        elif line.section in found and line.nbytes:
            section = found[line.section]
            found[line.section] = Section(
                address=section.address,
                nbytes=section.nbytes,
                starts=(*section.starts, (line.address, line.path)),
            )
    return found


_GNU_OUTPUT = re.compile(r"^(\.\w+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)")
_GNU_PIECE = re.compile(r"^ (\S*)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)(?: (.*))?$")


def _gnu_lines(lines: Sequence[str]) -> Iterator[_Line]:
    section = ""
    for line in lines:
        if output := _GNU_OUTPUT.match(line):
            section = output[1]
            yield _Line(section, int(output[2], 16), int(output[3], 16))
        elif (piece := _GNU_PIECE.match(line)) and piece[1] != "*fill*":
            yield _Line(section, int(piece[2], 16), int(piece[3], 16), piece[4] or "")


_LLD = re.compile(r"^ *([0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +\d+ ( *)(\S.*)$")


def _lld_lines(lines: Sequence[str]) -> Iterator[_Line]:
    """Read `VMA LMA Size Align` and then, indented ever deeper, a section, a piece or a symbol."""
    section = ""
    for line in lines:
        if (found := _LLD.match(line)) is None:
            continue
        address, nbytes, indent, what = int(found[1], 16), int(found[2], 16), found[3], found[4]
        if not indent:
            section = what
            yield _Line(section, address, nbytes)
        elif (piece := re.fullmatch(r"(.+):\(([^()]*)\)", what)) is not None:
            yield _Line(section, address, nbytes, piece[1])
