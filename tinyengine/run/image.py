"""What the runners need of an ELF file: bytes, symbols, and names for addresses."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import iter_unpack

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinyengine.errors import ToolError
from tinyengine.run.elf import open_elf


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Bytes that a flash tool would write to `address`; the program has them at `runs_at`."""

    address: int
    data: bytes
    executable: bool
    runs_at: int

    def holds(self, address: int) -> bool:
        """Tell whether the program has this address in here."""
        return self.runs_at <= address < self.runs_at + len(self.data)


@dataclass(frozen=True, kw_only=True)
class Image:
    """A firmware ELF: what goes to flash, its symbols with the Thumb bit cleared, and their bytes.

    `functions` has (address, name) of every function, ascending.
    """

    path: Path
    segments: tuple[Segment, ...]
    symbols: Mapping[str, int]
    sizes: Mapping[str, int]
    functions: tuple[tuple[int, str], ...]
    sections: Mapping[str, tuple[int, int]]

    def ports(self, direction: str) -> tuple[tuple[int, int], ...] | None:
        """Give address in RAM and bytes of each of the model's `inputs` or `outputs`.

        Read from the test firmware's constant of that name: pairs of words, address and bytes.
        None where the image has no such constant, being another firmware.
        """
        table = self._object(direction)
        if not table or len(table) % 8:
            return None
        return tuple(iter_unpack("<II", table))

    @property
    def code(self) -> Segment:
        """The segment that the markers of measurements lie in.

        Raises:
            ToolError: the marker is in no segment.
        """
        at = self.symbols["bench_begin"]
        for segment in self.segments:
            if segment.holds(at):
                return segment
        raise ToolError(str(self.path), f"its bench_begin, at 0x{at:08x}, is no code of it")

    @property
    def codes(self) -> tuple[Segment, ...]:
        """That segment, and those of code that is copied to RAM.

        Raises:
            ToolError: as `code`.
        """
        main = self.code
        others = (s for s in self.segments if s.executable and s.runs_at != s.address)
        return (main, *(segment for segment in others if segment is not main))

    def _object(self, name: str) -> bytes:
        """Give the bytes of a constant; none where it is not in the image."""
        address, nbytes = self.symbols.get(name, 0), self.sizes.get(name, 0)
        for segment in self.segments:
            offset = address - segment.address
            if offset >= 0 and offset + nbytes <= len(segment.data):
                return segment.data[offset : offset + nbytes]
        return b""

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(address for address, _ in self.functions)

    def function_at(self, address: int) -> str:
        """Give the name of the function that `address` lies in, or `?` below the first."""
        index = bisect_right(self._starts, address) - 1
        return self.functions[index][1] if index >= 0 else "?"

    def describe(self, address: int) -> str:
        """Give `address` for the reader: number, function and offset into it where in code."""
        address &= ~1
        index = bisect_right(self._starts, address) - 1
        inside = any(segment.holds(address) for segment in self.segments)
        if index < 0 or not inside:
            return f"0x{address:08x}"
        start, name = self.functions[index]
        return f"0x{address:08x} ({name}+0x{address - start:x})"


def load_image(path: Path) -> Image:
    """Read a firmware ELF.

    Raises:
        UsageError: no such file, or not a 32-bit Arm ELF executable.
    """
    with open_elf(path) as elf:
        return _read(path, elf)


def _read(path: Path, elf: ELFFile) -> Image:
    segments = tuple(
        Segment(
            address=s["p_paddr"],
            data=s.data(),
            executable=bool(s["p_flags"] & 1),
            runs_at=s["p_vaddr"],
        )
        for s in elf.iter_segments("PT_LOAD")
        if s["p_filesz"]
    )
    if not segments:
        raise ValueError("nothing to load")
    symbols: dict[str, int] = {}
    sizes: dict[str, int] = {}
    functions: dict[int, str] = {}
    table = elf.get_section_by_name(".symtab")
    for symbol in table.iter_symbols() if isinstance(table, SymbolTableSection) else ():
        is_function = symbol["st_info"]["type"] == "STT_FUNC"
        address = symbol["st_value"] & ~1 if is_function else symbol["st_value"]
        if symbol["st_shndx"] == "SHN_UNDEF" or not symbol.name:
            continue
        symbols[symbol.name] = address
        sizes[symbol.name] = symbol["st_size"]
        if is_function:
            functions[address] = symbol.name
    return Image(
        path=path,
        segments=segments,
        symbols=symbols,
        sizes=sizes,
        functions=tuple(sorted(functions.items())),
        sections={s.name: (s["sh_addr"], s["sh_size"]) for s in elf.iter_sections() if s.name},
    )
