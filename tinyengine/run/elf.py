"""Read ELF files of unknown origin: what a broken or hostile one can cost is bounded.

pyelftools believes what a file says of itself and raises whatever comes of it.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from elftools.common.exceptions import DWARFError, ELFError
from elftools.construct import ConstructError
from elftools.elf.elffile import ELFFile

from tinyengine.errors import UsageError
from tinyengine.files import read_bytes

MOST_NBYTES = 64 << 20
"""Bytes of an ELF; the largest board has 16 MiB of flash, and there is debugging information."""

_MOST_SECTIONS = 4096
_MOST_SEGMENTS = 64
_HEADER, _PROGRAM, _SYMBOL = 40, 32, 16
"""Bytes of an entry of the tables. Source: System V ABI, "Object Files", Elf32_*."""

_COMPRESSED = 1 << 11
"""SHF_COMPRESSED."""

_BROKEN = (
    ELFError, DWARFError, ConstructError, ValueError, KeyError, IndexError, TypeError,
    AttributeError, ArithmeticError, AssertionError, RecursionError, struct.error,
)  # fmt: skip


@contextmanager
def open_elf(path: Path) -> Iterator[ELFFile]:
    """Give an ELF file of a 32-bit Arm core; whatever fails in the block is the file's fault.

    Raises:
        UsageError: it cannot be read, is no such file, or is broken.
    """
    try:
        elf = ELFFile(BytesIO(read_bytes(path, MOST_NBYTES)))
        _check(elf)
        yield elf
    except OSError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror}") from None
    except _BROKEN as error:
        what = str(error) or type(error).__name__
        raise UsageError(str(path), f"is not a firmware ELF: {what}") from None


def _check(elf: ELFFile) -> None:
    """Raise ValueError where it is for another machine, or its tables are impossible."""
    header = elf.header
    if header["e_machine"] != "EM_ARM" or elf.elfclass != 32:
        raise ValueError("not for 32-bit Arm")
    sections, segments = elf.num_sections(), elf.num_segments()
    if sections > _MOST_SECTIONS or (sections and header["e_shentsize"] != _HEADER):
        raise ValueError("its table of sections is broken")
    if segments > _MOST_SEGMENTS or (segments and header["e_phentsize"] != _PROGRAM):
        raise ValueError("its table of segments is broken")
    if sum(segment["p_filesz"] for segment in elf.iter_segments()) > MOST_NBYTES:
        raise ValueError("its segments are larger than the file")
    for section in elf.iter_sections():
        if section["sh_flags"] & _COMPRESSED or section.name.startswith(".zdebug"):
            raise ValueError("it has compressed sections")
        if section["sh_type"] == "SHT_SYMTAB" and section["sh_entsize"] != _SYMBOL:
            raise ValueError("its table of symbols is broken")
