"""The instructions of an ELF, as objdump reads them, and what a model of time asks of each."""

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path

from tinyengine.board.target import Isa, Toolchain
from tinyengine.errors import ToolError
from tinyengine.run.limits import limit

_SECONDS = 120
_DATA_NBYTES, _MOST_NBYTES = 256 << 20, 64 << 20
"""Bytes that objdump may have in memory, and print: of a model it is a tenth at most."""
_LINE = re.compile(r"\s*([0-9a-f]+):\t([0-9a-f]{4}(?: [0-9a-f]{4})?)\s*\t([a-z][\w.]*|)\s*(.*)")
_COMMENT = re.compile(r"\s*[@;].*")
_NUMBERS = {"sl": "r10", "fp": "r11", "ip": "r12", "sp": "r13", "lr": "r14", "pc": "r15"}
_REGISTER = re.compile(r"\b(r\d{1,2}|sl|fp|ip|sp|lr|pc)\b")
_CONDITION = "(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"


class Kind(Enum):
    """What an instruction does, as far as time goes."""

    ALU = "alu"
    DSP = "dsp"
    """Packs, extends, saturates or takes bit fields."""
    MULTIPLY = "multiply"
    """Product without a sum."""
    ACCUMULATE = "accumulate"
    """Product and sum in 32 bits, the dual 16-bit ones among them."""
    LONG = "long"
    """Product of 64 bits."""
    LONG_ACCUMULATE = "long accumulate"
    DIVIDE = "divide"
    LOAD = "load"
    STORE = "store"
    LOAD_MANY = "load many"
    STORE_MANY = "store many"
    BRANCH = "branch"
    CALL = "call"
    BRANCH_REGISTER = "branch register"
    TABLE = "table"
    IT = "it"
    STATUS = "status"
    """To or from a special register, or a barrier."""


_KINDS: tuple[tuple[Kind, str], ...] = (
    (Kind.LOAD, r"ldr(?:b|h|sb|sh|ex|t)?"),
    (Kind.STORE, r"str(?:b|h|ex|t)?"),
    (Kind.LOAD_MANY, r"ldm\w*|pop|ldrd"),
    (Kind.STORE_MANY, r"stm\w*|push|strd"),
    (Kind.CALL, r"bl"),
    (Kind.BRANCH_REGISTER, r"bx|blx"),
    (Kind.BRANCH, r"b|cbn?z"),
    (Kind.TABLE, r"tbb|tbh"),
    (Kind.IT, r"it[te]{0,3}"),
    (Kind.DIVIDE, r"[us]div"),
    (Kind.LONG_ACCUMULATE, r"[us]mlal|smlal[bt][bt]|sml[as]ldx?|umaal"),
    (Kind.LONG, r"[us]mull"),
    (Kind.ACCUMULATE, r"ml[as]|sml[as]dx?|smla[bt][bt]|smlaw[bt]|smml[as]r?"),
    (Kind.MULTIPLY, r"muls?|smul[bt][bt]|smulw[bt]|smu[as]dx?|smmulr?"),
    (Kind.DSP, r"[us]xta?[bh](?:16)?|pkh(?:bt|tb)|[us]sat(?:16)?|[us]bfx|bf[ci]|sel|usada?8"),
    (Kind.DSP, r"(?:s|q|sh|u|uq|uh)(?:add|sub)(?:8|16)|qd?(?:add|sub)|(?:rev|rev16|revsh|rbit)"),
    (Kind.STATUS, r"msr|mrs|dmb|dsb|isb"),
)
"""Of mnemonics without width and condition; the first that matches counts. What none matches is
ALU. Source: Armv7-M Architecture Reference Manual, A7.7."""

_COMPARES = frozenset({"cmp", "cmn", "tst", "teq"})
_ONE_OPERAND = re.compile(r"(?:mov|mvn|neg|[us]xt[bh](?:16)?|rev|rev16|revsh|rbit|clz|adr)[sw]?")


@dataclass(frozen=True, kw_only=True)
class Instruction:
    """One instruction; `mnemonic` is without the width, `operands` without comments."""

    address: int
    nbytes: int
    mnemonic: str
    operands: str

    @cached_property
    def kind(self) -> Kind:
        """What it does."""
        for kind, pattern in _KINDS:
            if re.fullmatch(rf"(?:{pattern}){_CONDITION}?", self.mnemonic):
                return kind
        return Kind.ALU

    @cached_property
    def is_conditional(self) -> bool:
        """True for a branch that may go on to the next instruction."""
        return self.kind is Kind.BRANCH and self.mnemonic != "b"

    @cached_property
    def is_computed_jump(self) -> bool:
        """True for a jump within a function to where a register or memory says."""
        return self.kind is Kind.TABLE or (self.kind is Kind.LOAD and "r15" in self.writes)

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """The registers of a transfer of several, without the base."""
        if self.mnemonic.startswith(("ldrd", "strd")):
            return _registers(self.operands)[:2]
        return _registers(self.operands.partition("{")[2])

    @cached_property
    def memory(self) -> str:
        """The operand that says where a load or store goes; empty for others."""
        return self.operands[self.operands.find("[") :] if "[" in self.operands else ""

    @cached_property
    def last_register(self) -> frozenset[str]:
        """The last register that is named."""
        return frozenset(_registers(self.operands)[-1:])

    @cached_property
    def shifted_register(self) -> frozenset[str]:
        """The operand of the ALU that is shifted on its way there."""
        is_shifted = self.kind is Kind.ALU and re.search(
            r", (?:lsl|lsr|asr|ror|rrx)", self.operands
        )
        return self.last_register if is_shifted else frozenset()

    @cached_property
    def address_registers(self) -> frozenset[str]:
        """What the address of a load, store or branch comes from."""
        match self.kind:
            case Kind.LOAD | Kind.STORE | Kind.TABLE:
                return frozenset(_registers(self.memory))
            case Kind.LOAD_MANY | Kind.STORE_MANY:
                if self.memory:
                    return frozenset(_registers(self.memory))
                base = _registers(self.operands.partition("{")[0])
                return frozenset(base or ("r13",))
            case _:
                return frozenset()

    @cached_property
    def updated_base(self) -> frozenset[str]:
        """The address register that a load or store writes back."""
        if self.kind in (Kind.LOAD_MANY, Kind.STORE_MANY) and not self.memory:
            is_stack = self.mnemonic in ("push", "pop")
            return self.address_registers if is_stack or "!" in self.operands else frozenset()
        written_back = self.memory.endswith("!") or "]," in self.memory.replace(" ", "")
        return frozenset(_registers(self.memory)[:1]) if written_back else frozenset()

    @cached_property
    def writes(self) -> frozenset[str]:
        """The registers that it gives a result, without an updated base."""
        named = _registers(self.operands)
        match self.kind:
            case Kind.LOAD:
                return frozenset(named[:1])
            case Kind.LOAD_MANY:
                return frozenset(self.listed)
            case Kind.LONG | Kind.LONG_ACCUMULATE:
                return frozenset(named[:2])
            case Kind.CALL:
                return frozenset({"r14"})
            case Kind.STORE | Kind.STORE_MANY | Kind.BRANCH | Kind.BRANCH_REGISTER:
                return frozenset()
            case Kind.TABLE | Kind.IT | Kind.STATUS:
                return frozenset()
            case _:
                compares = re.sub(rf"{_CONDITION}$", "", self.mnemonic) in _COMPARES
                return frozenset() if compares else frozenset(named[:1])

    @cached_property
    def sum_registers(self) -> frozenset[str]:
        """What a multiplication adds to."""
        named = _registers(self.operands)
        match self.kind:
            case Kind.ACCUMULATE:
                return frozenset(named[3:4])
            case Kind.LONG_ACCUMULATE:
                return frozenset(named[:2])
            case _:
                return frozenset()

    @cached_property
    def stored(self) -> frozenset[str]:
        """The registers that go to memory."""
        match self.kind:
            case Kind.STORE:
                return frozenset(_registers(self.operands)[:1])
            case Kind.STORE_MANY:
                return frozenset(self.listed)
            case _:
                return frozenset()

    @cached_property
    def reads(self) -> frozenset[str]:
        """All other registers that it computes with."""
        named = _registers(self.operands)
        match self.kind:
            case Kind.LOAD | Kind.STORE | Kind.LOAD_MANY | Kind.STORE_MANY | Kind.TABLE:
                return frozenset()
            case Kind.BRANCH | Kind.BRANCH_REGISTER | Kind.CALL | Kind.IT | Kind.STATUS:
                return frozenset(named)
            case Kind.ACCUMULATE:
                return frozenset(named[1:3])
            case Kind.LONG | Kind.LONG_ACCUMULATE:
                return frozenset(named[2:])
            case _:
                return frozenset(named if self._reads_first(named) else named[1:])

    def _reads_first(self, named: Sequence[str]) -> bool:
        stem = re.sub(rf"{_CONDITION}$", "", self.mnemonic)
        if stem in _COMPARES or stem == "movt" or stem.startswith("bfi"):
            return True
        is_short = self.operands.count(",") == 1 and not _ONE_OPERAND.fullmatch(stem)
        return is_short and bool(named)


def _registers(text: str) -> tuple[str, ...]:
    return tuple(_NUMBERS.get(name, name) for name in _REGISTER.findall(text))


def names_vectors(toolchain: Toolchain) -> bool:
    """Tell whether what is installed can name the instructions of MVE: Capstone cannot."""
    return shutil.which(toolchain.program("objdump")) is not None


def disassemble(elf: Path, toolchain: Toolchain, isa: Isa = Isa.BASE) -> Mapping[int, Instruction]:
    """Give every instruction of the firmware `elf`, which `toolchain` has built, by its address.

    For `isa` MVE objdump is told so: it does not look into the file for that.

    Raises:
        ToolError: objdump is missing or fails.
    """
    name = toolchain.program("objdump")
    program = shutil.which(name)
    if program is None and importlib.util.find_spec("capstone") is not None:
        from tinyengine.run.cycles.capstone_reader import (  # noqa: PLC0415 -- it needs this module
            disassemble_with_capstone,
        )

        return disassemble_with_capstone(elf)
    if program is None:
        package = toolchain.packages["objdump"]
        raise ToolError(name, "not installed", f"apt-get install {package}; pip install capstone")
    # An absolute path is neither an option nor a file of options (@file).
    core = ("--architecture=armv8.1-m.main",) if isa is Isa.MVE else ()
    status, text, complaints = _run(name, [program, "--disassemble", *core, str(elf.absolute())])
    if status != 0:
        raise ToolError(name, f"cannot read {elf}", details=complaints.strip().splitlines()[:5])
    return parse_disassembly(text)


def _run(name: str, command: Sequence[str]) -> tuple[int, str, str]:
    """Run a program whose input may be hostile; give its status and what it printed."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(command, stdout=out, stderr=err)
        except OSError as error:
            raise ToolError(name, f"does not run: {error}") from None
        limit(process.pid, data_nbytes=_DATA_NBYTES, file_nbytes=_MOST_NBYTES)
        try:
            status = process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            raise ToolError(name, f"does not end within {_SECONDS} s") from None
        finally:
            process.kill()
            process.wait()
        out.seek(0)
        err.seek(0)
        return status, out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")


def parse_disassembly(text: str) -> Mapping[int, Instruction]:
    """Read what objdump prints; literal pools are no instructions.

    What objdump does not know, being younger than it, has no mnemonic.
    """
    found = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        address = int(match[1], 16)
        found[address] = Instruction(
            address=address,
            nbytes=2 * len(match[2].split()),
            mnemonic=re.sub(r"\.[nw]$", "", match[3]),
            operands=_COMMENT.sub("", match[4]),
        )
    return found
