"""Read the instructions of an ELF with Capstone and tell them as objdump does."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from elftools.elf.sections import SymbolTableSection

from tinyengine.errors import ToolError
from tinyengine.run.cycles.disassembly import Instruction
from tinyengine.run.elf import open_elf

_NUMBER = re.compile(r"#(-?)0x([0-9a-f]+)")
_MOST_NBYTES = 4 << 20
_EXECUTABLE = 0x4
"""SHF_EXECINSTR. Source: ELF-32, sections."""

_WIDTH = re.compile(r"\.[nw]$")
_TARGET = re.compile(r"(^|, )#(0x[0-9a-f]+|\d+)$")
_CONDITION = "(eq|ne|hs|cs|lo|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?"
_BRANCH = re.compile(rf"(?:bl?{_CONDITION}|cbn?z)")
_SHIFT = re.compile(rf"(asr|lsr|lsl|ror)(s?){_CONDITION}")
_CARRY = re.compile(r"(?<=.)(hs|lo)$")
_CARRY_NAMES = {"hs": "cs", "lo": "cc"}


def disassemble_with_capstone(elf: Path) -> Mapping[int, Instruction]:
    """Give every instruction of the firmware `elf` by its address; needs the package capstone.

    Raises:
        ToolError: it has no code, or no symbols. UsageError: it cannot be read.
    """
    import capstone  # noqa: PLC0415 -- an optional package

    engine = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    engine.syntax = capstone.CS_OPT_SYNTAX_NOREGNAME
    engine.skipdata = True
    found = {}
    for address, code in _code(elf):
        for at, nbytes, mnemonic, operands in engine.disasm_lite(code, address):
            known = not mnemonic.startswith(".")
            name, rest = _as_objdump(mnemonic, operands, nbytes) if known else ("", "")
            found[at] = Instruction(address=at, nbytes=nbytes, mnemonic=name, operands=rest)
    return found


def _code(elf: Path) -> Iterator[tuple[int, bytes]]:
    """Give the runs of instructions: the mapping symbols $t begin them, $d begin data."""
    with open_elf(elf) as image:
        table = image.get_section_by_name(".symtab")
        sections = [each for each in image.iter_sections() if each["sh_flags"] & _EXECUTABLE]
        if not sections or not isinstance(table, SymbolTableSection):
            raise ToolError(str(elf), "has no code or no symbols")
        marks = sorted(
            (symbol["st_value"], symbol.name[:2])
            for symbol in table.iter_symbols()
            if symbol.name[:2] in ("$t", "$d")
        )
        parts = [(each["sh_addr"], each.data()) for each in sections]
    if sum(len(data) for _, data in parts) > _MOST_NBYTES:
        raise ToolError(str(elf), "has more code than any model")
    for start, data in parts:
        yield from _runs(start, data, marks)


def _runs(start: int, data: bytes, marks: Sequence[tuple[int, str]]) -> Iterator[tuple[int, bytes]]:
    """Give the runs of instructions of one section, from `start` on."""
    stop = start + len(data)
    within = [(address, kind) for address, kind in marks if start <= address < stop]
    ends = [address for address, _ in within[1:]] + [stop]
    for (address, kind), end in zip(within, ends, strict=True):
        if kind == "$t" and end > address:
            yield address, data[address - start : end - start]


def _as_objdump(mnemonic: str, operands: str, nbytes: int) -> tuple[str, str]:
    """Write an instruction as objdump does: the same one, where it has several names."""
    name = _CARRY.sub(lambda m: _CARRY_NAMES[m[1]], _WIDTH.sub("", mnemonic))
    if name.startswith("it"):
        operands = _CARRY_NAMES.get(operands, operands)
    if _BRANCH.fullmatch(name):
        return name, _TARGET.sub(lambda m: f"{m[1]}{int(m[2], 0):x}", operands)
    rest = _NUMBER.sub(lambda m: f"#{m[1]}{int(m[2], 16)}", operands)
    shift = _SHIFT.fullmatch(name)
    if shift and nbytes == 4 and "#" in rest:
        moved, _, count = rest.rpartition(", ")
        return f"mov{shift[2]}{shift[3] or ''}", f"{moved}, {shift[1]} {count}"
    if name.startswith("mul") and nbytes == 2:
        return name, rest.rpartition(", ")[0]
    return ("nop", "") if (name, rest) == ("mov", "r8, r8") else (name, rest)
