"""Read `boards/NAME/board.toml` into a Board, and say what is wrong with a broken one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from itertools import combinations, pairwise
from pathlib import Path
from typing import TypeVar

from tinyengine.board.target import Target
from tinyengine.board.targets import TARGETS
from tinyengine.board.types import (
    Board,
    Boot,
    Cache,
    ChipIdentity,
    Clock,
    ClockStep,
    Flashing,
    Memory,
    MemoryKind,
    MemoryModel,
    Placement,
    RegisterUpdate,
    Uart,
)
from tinyengine.errors import UsageError
from tinyengine.files import read_bytes
from tinyengine.resources import boards_dir

_ADDRESS_SPACE = 1 << 32

_TIMEOUT_US = 100_000
"""How long a step waits by default: oscillators of crystals start within some ms."""

_MOST_NBYTES = 1 << 20

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Enum)


def load_board(name: str) -> Board:
    """Give the board `name`.

    Raises:
        UsageError: there is no such board, or its `board.toml` is broken.
    """
    names = _names()
    if name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.4)
        raise UsageError(
            "",
            f"there is no board '{name}'",
            hint=f"did you mean '{near[0]}'?" if near else "",
            details=(f"boards: {', '.join(names)}",),
        )
    return read_board(boards_dir() / name / "board.toml")


def list_boards() -> tuple[Board, ...]:
    """Give every board, sorted by name.

    Raises:
        UsageError: a `board.toml` is broken.
    """
    return tuple(load_board(name) for name in _names())


def read_board(path: Path) -> Board:
    """Read one `board.toml`; the board's name is that of its folder.

    Raises:
        UsageError: the file is no TOML, or a value is missing, unknown or out of range.
    """
    try:
        text = read_bytes(path, _MOST_NBYTES).decode("utf-8")
        return _board(path.parent.name, _Table(values=tomllib.loads(text), where=""))
    except OSError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(str(path), f"cannot be read: {error}") from None
    except _BrokenError as error:
        raise UsageError(str(path), str(error)) from None


def _names() -> list[str]:
    return sorted(path.parent.name for path in boards_dir().glob("*/board.toml"))


class _BrokenError(Exception):
    """What is wrong with a board file, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A TOML table that names the key in every complaint; without a default a key must be there."""

    values: Mapping[str, object]
    where: str

    def key(self, name: str) -> str:
        """Give the full name of the key `name`, for messages."""
        return f"{self.where}.{name}" if self.where else name

    def has(self, name: str) -> bool:
        """Tell whether the key `name` is there."""
        return name in self.values

    def get(self, name: str, kind: type[_T], default: _T | None = None) -> _T:
        """Give the value of `name`, which must be a `kind`; `default` where it is left out."""
        value = self.values.get(name, default)
        if value is None:
            raise _BrokenError(f"'{self.key(name)}' is missing")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _BrokenError(f"'{self.key(name)}' is {value!r}, which is no {kind.__name__}")
        return value

    def text(self, name: str) -> str:
        """Give the text that `name` must have."""
        return self.get(name, str)

    def optional_text(self, name: str) -> str | None:
        """Give the text of `name`, None where it is left out."""
        return self.text(name) if self.has(name) else None

    def choice(self, name: str, choices: type[_E]) -> _E:
        """Give the member of `choices` that `name` names."""
        value = self.text(name)
        known = [item.value for item in choices]
        if value not in known:
            raise _BrokenError(f"'{self.key(name)}' is '{value}'; known: {', '.join(known)}")
        return choices(value)

    def word(self, name: str, default: int | None = None) -> int:
        """Give an unsigned 32-bit number."""
        value = self.get(name, int, default)
        if not 0 <= value < _ADDRESS_SPACE:
            raise _BrokenError(f"'{self.key(name)}' is {value}, which is no unsigned 32-bit number")
        return value

    def optional_word(self, name: str) -> int | None:
        """Give the unsigned 32-bit number of `name`, None where it is left out."""
        return self.word(name) if self.has(name) else None

    def positive(self, name: str) -> int:
        """Give the number of `name`, which must be above 0."""
        value = self.word(name)
        if value == 0:
            raise _BrokenError(f"'{self.key(name)}' is 0")
        return value

    def table(self, name: str) -> "_Table":
        """Give the table `name`."""
        return _Table(values=self.get(name, dict), where=self.key(name))

    def tables(self, name: str, default: list[object] | None = None) -> "tuple[_Table, ...]":
        """Give the list of tables `name`."""
        tables = []
        for index, item in enumerate(self.get(name, list, default)):
            where = f"{self.key(name)}[{index}]"
            if not isinstance(item, dict):
                raise _BrokenError(f"'{where}' is {item!r}, which is no table")
            tables.append(_Table(values=item, where=where))
        return tuple(tables)

    def texts(self, name: str, default: list[object] | None = None) -> tuple[str, ...]:
        """Give the list of texts `name`."""
        items = self.get(name, list, default)
        if not all(isinstance(item, str) for item in items):
            raise _BrokenError(f"'{self.key(name)}' is no list of strings")
        return tuple(items)

    def allow(self, *names: str) -> None:
        """Refuse all keys but `names`."""
        unknown = sorted(set(self.values) - set(names))
        if unknown:
            raise _BrokenError(f"'{self.key(unknown[0])}' is unknown; known: {', '.join(names)}")


def _board(name: str, root: _Table) -> Board:
    root.allow(
        "title", "source", "target", "clock_hz", "reset_hz", "memory", "vectors", "setup", "uart",
        "timer", "emulation", "clock", "flashing",
        "boot", "placement", "memory_model",
    )  # fmt: skip
    timer = root.table("timer")
    timer.allow("driver", "base", "hz", "qemu_hz")
    emulation = root.table("emulation")
    emulation.allow("qemu_machine", "qemu_twin", "qemu_lacks")
    memories = tuple(_memory(table) for table in root.tables("memory"))
    _check_memories(memories)
    placement = _placement(root.table("placement"), memories) if root.has("placement") else None
    return Board(
        name=name,
        title=root.text("title"),
        source=root.text("source"),
        target=_target(root),
        clock_hz=root.positive("clock_hz"),
        reset_hz=root.positive("reset_hz"),
        memories=memories,
        vectors=_memory(root.table("vectors")) if root.has("vectors") else None,
        setup=tuple(_update(table) for table in root.tables("setup", default=[])),
        uart=_uart(root.table("uart")),
        timer=timer.text("driver"),
        timer_base=timer.word("base"),
        timer_hz=timer.positive("hz"),
        qemu_timer_hz=timer.positive("qemu_hz") if timer.has("qemu_hz") else None,
        qemu_machine=emulation.optional_text("qemu_machine"),
        qemu_twin=emulation.optional_text("qemu_twin"),
        qemu_lacks=emulation.texts("qemu_lacks", default=[]),
        clock=_clock(root.table("clock")) if root.has("clock") else None,
        boot=_boot(root.table("boot")) if root.has("boot") else None,
        flashing=_flashing(root.table("flashing")) if root.has("flashing") else None,
        placement=placement or Placement(),
        memory_model=_memory_model(root.table("memory_model"))
        if root.has("memory_model")
        else None,
    )


def _target(root: _Table) -> Target:
    name = root.text("target")
    if name not in TARGETS:
        raise _BrokenError(f"'target' is '{name}'; known: {', '.join(TARGETS)}")
    return TARGETS[name]


def _memory(table: _Table) -> Memory:
    table.allow("name", "kind", "origin", "nbytes", "executes", "dma")
    memory = Memory(
        name=table.text("name"),
        kind=table.choice("kind", MemoryKind),
        origin=table.word("origin"),
        nbytes=table.positive("nbytes"),
        executes=table.get("executes", bool, default=False),
        has_dma=table.get("dma", bool, default=True),
    )
    if memory.origin + memory.nbytes > _ADDRESS_SPACE:
        raise _BrokenError(f"'{table.where}' ends beyond the 32-bit address space")
    return memory


def _check_memories(memories: tuple[Memory, ...]) -> None:
    if sum(memory.kind is MemoryKind.FLASH for memory in memories) != 1:
        raise _BrokenError("'memory' needs exactly one of kind 'flash'")
    if not any(memory.kind is MemoryKind.RAM for memory in memories):
        raise _BrokenError("'memory' needs one of kind 'ram'")
    ordered = sorted(memories, key=lambda memory: memory.origin)
    for low, high in pairwise(ordered):
        if low.origin + low.nbytes > high.origin:
            raise _BrokenError(f"memories '{low.name}' and '{high.name}' overlap")


def _placement(table: _Table, memories: tuple[Memory, ...]) -> Placement:
    """Read where the stack and the kernels go by default."""
    table.allow("stack", "kernels")
    placement = Placement(
        stack=table.optional_text("stack") or "", kernels=table.optional_text("kernels") or ""
    )
    ram = {memory.name: memory for memory in memories if memory.kind is MemoryKind.RAM}
    for key, name in (("stack", placement.stack), ("kernels", placement.kernels)):
        if name and name not in ram:
            raise _BrokenError(f"'{table.key(key)}' is '{name}'; known: {', '.join(ram)}")
    if placement.kernels and not ram[placement.kernels].executes:
        raise _BrokenError(f"'{table.key('kernels')}' is '{placement.kernels}': no code runs there")
    return placement


def _memory_model(table: _Table) -> MemoryModel:
    table.allow("source", "code", "data", "both")
    both = _cache(table.table("both")) if table.has("both") else None
    return MemoryModel(
        source=table.text("source"),
        code=both or _cache(table.table("code")),
        data=both or _cache(table.table("data")),
        is_unified=both is not None,
    )


def _cache(table: _Table) -> Cache:
    table.allow("nbytes", "ways", "line", "miss_cycles", "next_cycles")
    cache = Cache(
        nbytes=table.positive("nbytes"),
        ways=table.positive("ways"),
        line=table.positive("line"),
        miss_cycles=table.positive("miss_cycles"),
        next_cycles=table.word("next_cycles"),
    )
    if cache.nbytes % (cache.ways * cache.line):
        raise _BrokenError(f"'{table.key('nbytes')}' is no whole number of ways of lines")
    return cache


def _update(table: _Table) -> RegisterUpdate:
    table.allow("register", "address", "nbytes", "clear", "set", "purpose")
    nbytes = _width(table)
    return RegisterUpdate(
        register=table.text("register"),
        address=table.word("address"),
        clear=_in_register(table, "clear", nbytes),
        set=_in_register(table, "set", nbytes),
        purpose=table.text("purpose"),
        nbytes=nbytes,
    )


def _width(table: _Table) -> int:
    """Give the bytes by which a register is accessed, whose address must be a multiple of them."""
    nbytes = table.word("nbytes", default=4)
    if nbytes not in (1, 2, 4):
        raise _BrokenError(f"'{table.key('nbytes')}' is {nbytes}; known: 1, 2, 4")
    if table.word("address") % nbytes:
        raise _BrokenError(f"'{table.key('address')}' is no multiple of {nbytes}")
    return nbytes


def _in_register(table: _Table, name: str, nbytes: int) -> int:
    """Give the bits of `name`, which a register of `nbytes` bytes must have; none by default."""
    bits = table.word(name, default=0)
    if bits >> 8 * nbytes:
        raise _BrokenError(f"'{table.key(name)}' has more bits than the register's {nbytes} bytes")
    return bits


def _clock(table: _Table) -> Clock:
    table.allow("source", "uart_divisor", "timer_hz", "caches", "step")
    steps = tuple(_step(step) for step in table.tables("step", default=[]))
    _check_waits(steps)
    return Clock(
        source=table.text("source"),
        steps=steps,
        uart_divisor=table.positive("uart_divisor") if table.has("uart_divisor") else None,
        timer_hz=table.positive("timer_hz"),
        has_caches=table.get("caches", bool, default=False),
    )


def _step(table: _Table) -> ClockStep:
    """Read a step: one of `write`, `set` or `clear` or both, and `wait` with `value`."""
    table.allow(
        "register", "address", "nbytes", "write", "set", "clear", "wait", "value", "timeout_us",
        "else_skip", "purpose",
    )  # fmt: skip
    nbytes = _width(table)
    kinds = [any(map(table.has, kind)) for kind in (("write",), ("set", "clear"), ("wait",))]
    if sum(kinds) != 1:
        raise _BrokenError(f"'{table.where}' needs one of write, set or clear, wait")
    is_write, _, is_wait = kinds
    if is_wait:
        mask = table.positive("wait") and _in_register(table, "wait", nbytes)
        value = table.word("value", default=mask)
    else:
        value = _in_register(table, "write" if is_write else "set", nbytes)
        whole = (1 << 8 * nbytes) - 1
        mask = whole if is_write else value | _in_register(table, "clear", nbytes)
    if value & ~mask:
        raise _BrokenError(f"'{table.key('value')}' has bits outside of 'wait'")
    if table.has("else_skip") and not is_wait:
        raise _BrokenError(f"'{table.key('else_skip')}' is of a wait that is in vain")
    return ClockStep(
        register=table.text("register"),
        address=table.word("address"),
        mask=mask,
        value=value,
        timeout_us=(table.positive("timeout_us") if table.has("timeout_us") else _TIMEOUT_US)
        if is_wait
        else 0,
        purpose=table.text("purpose"),
        nbytes=nbytes,
        skip=table.word("else_skip") if table.has("else_skip") else None,
    )


def _check_waits(steps: tuple[ClockStep, ...]) -> None:
    """Refuse to wait for both values of a bit: an emulator could not know which one it is."""
    waits = [step for step in steps if step.timeout_us]
    for first, second in combinations(waits, 2):
        both = first.mask & second.mask
        if first.address == second.address and (first.value ^ second.value) & both:
            raise _BrokenError(f"'clock.step' waits for both values of a bit of {first.register}")


def _boot(table: _Table) -> Boot:
    table.allow("code", "nbytes")
    return Boot(code=table.text("code"), nbytes=table.positive("nbytes"))


def _flashing(table: _Table) -> Flashing:
    table.allow(
        "probe",
        "tools",
        "chip",
        "openocd",
        "dfu",
        "uf2_family",
        "uf2_board",
        "bossac_offset",
        "identity",
    )
    return Flashing(
        probe=table.text("probe"),
        tools=table.texts("tools"),
        chip=table.text("chip"),
        openocd=table.texts("openocd", default=[]),
        dfu=table.optional_text("dfu"),
        uf2_family=table.optional_word("uf2_family"),
        uf2_board=table.optional_text("uf2_board"),
        bossac_offset=table.optional_word("bossac_offset"),
        identity=_identity(table.table("identity")) if table.has("identity") else None,
    )


def _identity(table: _Table) -> ChipIdentity:
    table.allow("register", "address", "mask", "value")
    identity = ChipIdentity(
        register=table.text("register"),
        address=table.word("address"),
        mask=table.positive("mask"),
        value=table.word("value"),
    )
    if identity.value & ~identity.mask:
        raise _BrokenError(f"'{table.key('value')}' has bits outside of 'mask'")
    return identity


def _uart(table: _Table) -> Uart:
    table.allow("driver", "base", "divisor", "control", "tx_pin", "rx_pin")
    macros = {"divisor": "DIVISOR", "control": "CONTROL", "tx_pin": "TX_PIN", "rx_pin": "RX_PIN"}
    return Uart(
        driver=table.text("driver"),
        base=table.word("base"),
        defines=tuple(
            (f"BOARD_UART_{macro}", table.word(key))
            for key, macro in macros.items()
            if table.has(key)
        ),
    )
