"""What `report.json` holds, by the contract of schema 1, as frozen values."""

import math
import re
from dataclasses import dataclass, field
from enum import Enum

from tinyengine.board.target import Isa
from tinyengine.board.types import MemoryKind
from tinyengine.ir import DType
from tinyengine.report.codec import OPTIONAL, SIGNED, WrongValueError, from_json, named
from tinyengine.schedule.objectives import Objective
from tinyengine.schedule.plan import BlockKind, peak_lines

SCHEMA = 1

MOST_DIMENSIONS = 8
"""Dimensions that a tensor may have."""

ADDRESS_SPACE = 1 << 32
"""Bytes that a core can address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """The model: its name in C, its file and that one's digest, and the MACs after the passes."""

    name: str
    file: str
    sha256: str
    macs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """What the user allows, in bytes; None where only the board is the limit."""

    sram: int | None
    flash: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SramUse:
    """Bytes of SRAM that inference needs; `total` is arena, io, static and stack.

    `banks` are the pieces of the arena; inputs, outputs and `scratch_in_arena` have their place in
    it. `static` are the model's and its runtime's variables, `stack` was measured.
    """

    arena: int
    banks: tuple[int, ...]
    io: int
    scratch_in_arena: int
    static: int
    stack: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashUse:
    """Bytes of flash that the model and its runtime take, from the linked ELF."""

    code: int
    weights: int
    other_constants: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorEntry:
    """An operator, the kernel that computes it, and where its output stands.

    `offset` and `nbytes` are of the output's buffer in the arena, which lives during the blocks
    [first, last). `source` says which operator of the model file it was.
    """

    index: int
    name: str
    op: str
    source: str
    kernel: str
    block: int
    macs: int
    input_shapes: tuple[tuple[int, ...], ...]
    output_shape: tuple[int, ...]
    weights_nbytes: int = field(metadata=named("weights_bytes"))
    offset: int
    nbytes: int = field(metadata=named("bytes"))
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """Operators that run together, by index; the MACs that streaming them computes twice."""

    kind: BlockKind
    operators: tuple[int, ...]
    recompute_macs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEntry:
    """A buffer of the arena that is live at some time: bytes [offset, offset + nbytes)."""

    name: str
    offset: int
    nbytes: int = field(metadata=named("bytes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakEntry:
    """The block during which most bytes of the arena are taken, and what lives there."""

    step: int
    nbytes: int = field(metadata=named("bytes"))
    live: tuple[LiveEntry, ...]


class Thoroughness(Enum):
    """How something was searched for."""

    EXACT = "exact"
    """Among all that there is."""

    BOUNDED = "bounded"
    """The graph is too large for that: within a bounded time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry:
    """How the order of the operators, the blocks and the offsets were searched for."""

    order: Thoroughness
    blocks: Thoroughness
    placement: Thoroughness


class BufferKind(Enum):
    """What a buffer of the arena is."""

    INPUT = "input"
    TENSOR = "tensor"
    RING = "ring"
    SCRATCH = "scratch"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class BufferEntry:
    """A buffer of the arena; it is live during the blocks [first, last)."""

    name: str
    offset: int
    nbytes: int = field(metadata=named("bytes"))
    kind: BufferKind
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortEntry:
    """An input or output: the type that the device has and that of the model file.

    real = scale * (q - zero_point), where there is a scale. `offset` is in the arena's `bank`; a
    streamed input has none. `counts`, left out elsewhere, is n where an input holds
    indices in [0, n).
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    model_dtype: DType
    scale: float | None
    zero_point: int | None = field(metadata=SIGNED)
    offset: int | None
    bank: int
    nbytes: int = field(metadata=named("bytes"))
    counts: int | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredEntry:
    """What ran the firmware, and the instructions of one inference, where they were counted."""

    emulator: str
    instructions: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareEntry:
    """Bytes that the test firmware itself takes, which are in no total."""

    flash: int
    ram: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEntry:
    """A memory of the board, and the bytes that the linked firmware takes of it.

    The test firmware's own are among them, and the stack with the least that it is linked with.
    """

    name: str
    kind: MemoryKind
    nbytes: int = field(metadata=named("bytes"))
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementEntry:
    """In which memories parts of the firmware stand, by their names.

    `kernels` is where the code of `kernels_files` runs, `kernels_nbytes` of it; the flash, where
    none is copied to RAM. That RAM is beyond `sram.total`: inference does not need it.
    """

    stack: str
    arena: tuple[str, ...]
    kernels: str
    kernels_nbytes: int = field(metadata=named("kernels_bytes"))
    kernels_files: tuple[str, ...]
    memories: tuple[MemoryEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is known of a compiled model: the content of `report.json`.

    `board` is the board's name; `files` are those of the directory, by their path in it,
    and `digests` their SHA-256, empty for what a build makes again.
    """

    schema: int
    model: ModelEntry
    board: str
    isa: Isa
    objective: Objective
    budget: BudgetEntry
    sram: SramUse
    flash: FlashUse
    operators: tuple[OperatorEntry, ...]
    blocks: tuple[BlockEntry, ...]
    peak: PeakEntry
    search: SearchEntry
    buffers: tuple[BufferEntry, ...]
    inputs: tuple[PortEntry, ...]
    outputs: tuple[PortEntry, ...]
    measured: MeasuredEntry
    firmware: FirmwareEntry
    placement: PlacementEntry
    files: tuple[str, ...]
    digests: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Report(model={self.model.name!r}, board={self.board!r})"

    def describe_peak(self) -> tuple[str, ...]:
        """Give lines that say during which block memory peaks and what lives there."""
        members = self.blocks[self.peak.step].operators if self.blocks else ()
        sources = [self.operators[index].source for index in members]
        live = [(each.name, each.offset, each.nbytes) for each in self.peak.live]
        return peak_lines(self.peak.step, sources, self.peak.nbytes, live)


def model_number(source: str) -> str:
    """Give the number in the model of the operator that a `source` names; none at the edges."""
    found = re.match(r"op (\d+) ", source)
    return found[1] if found else ""


def read_report(value: object) -> Report:
    """Give the report that a JSON value holds.

    Raises:
        MissingKeyError, WrongValueError: it is not of this schema; the text says where.
    """
    report = from_json(Report, value)
    if report.schema != SCHEMA:
        raise WrongValueError(f"schema is {report.schema}, not {SCHEMA}")
    _check_indices(report)
    for kind, ports in (("inputs", report.inputs), ("outputs", report.outputs)):
        for index, port in enumerate(ports):
            _check_port(f"{kind}[{index}]", port, len(report.sram.banks))
    return report


def _check_port(where: str, port: PortEntry, banks: int) -> None:
    """Raise WrongValueError where what a port says of itself does not go together."""
    if len(port.shape) > MOST_DIMENSIONS:
        raise WrongValueError(f"{where}.shape has {len(port.shape):,} dimensions")
    nbytes = port.dtype.nbytes_of(math.prod(port.shape))
    if port.dtype.is_float:
        raise WrongValueError(f"{where}.dtype is {port.dtype.value}: the device has integers")
    if nbytes != port.nbytes or nbytes >= ADDRESS_SPACE:
        raise WrongValueError(f"{where}.bytes is {port.nbytes}, the shape has {nbytes}")
    if port.bank >= banks:
        raise WrongValueError(f"{where}.bank is {port.bank}, of {banks}")
    if port.model_dtype.is_float and None in (port.scale, port.zero_point):
        raise WrongValueError(f"{where} is converted without scale or zero point")


def _check_indices(report: Report) -> None:
    """Raise WrongValueError where an index leads to nothing."""
    blocks, operators = len(report.blocks), len(report.operators)
    indices = [("peak.step", report.peak.step, max(blocks, 1))]
    indices += [
        (f"operators[{n}].block", op.block, blocks) for n, op in enumerate(report.operators)
    ]
    indices += [
        (f"blocks[{n}].operators", index, operators)
        for n, block in enumerate(report.blocks)
        for index in block.operators
    ]
    for where, index, count in indices:
        if index >= count:
            raise WrongValueError(f"{where} is {index}, of {count}")
