"""Lower a plan to a program: bind addresses, gather constants, name symbols."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tinyengine.ir import (
    AddN,
    Array,
    Concatenation,
    DType,
    Edge,
    Graph,
    Op,
    Tensor,
    Window,
    count_macs,
)
from tinyengine.ir.axes import detection_meaning, input_layout, output_layout
from tinyengine.ir.index_range import index_count
from tinyengine.kernels.spec import Function, Kernel, Struct
from tinyengine.layout import Place, explain_overlaps, name_places, number_operators
from tinyengine.reference.rows import RowView, operand_view, output_view, view_of, written_view
from tinyengine.resources import (
    DUAL_FOLDER,
    INCLUDE_FOLDERS,
    SHORT_FOLDER,
    SINGLE_FOLDER,
    runtime_dir,
)
from tinyengine.schedule.ops import Feed
from tinyengine.schedule.plan import ALIGNMENT, Block, Buffer, Plan, Step, locate
from tinyengine.schedule.storage import operands

_C_TYPES = {
    name: f"{name}_t" for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64")
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Port:
    """An input or output of the emitted model; `offset` is in the arena's `bank`, in bytes.

    `layout` says in words what the axes are, where it is an image, or what its values are.
    `counts` is n where an input holds indices in [0, n).

    A streamed input has no offset: its rows come from the caller when they are due.
    """

    macro: str
    argument: str
    c_type: str
    edge: Edge
    offset: int | None
    bank: int = 0
    layout: str = ""
    counts: int | None = None

    @property
    def rows(self) -> RowView:
        """The rows in which the input is streamed."""
        return view_of(self.edge.tensor)

    @property
    def nbytes(self) -> int:
        """Bytes of the whole tensor."""
        return self.edge.tensor.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Constant:
    """A constant array in flash."""

    name: str
    c_type: str
    values: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parameters:
    """A constant struct of kernel parameters; `members` are C initializers in order."""

    name: str
    c_type: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Call:
    """One kernel call with what a reader wants to know of it: what it does, why it is safe."""

    comment: str
    remarks: tuple[str, ...]
    function: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CallBlock:
    """Calls that belong together: one layer, or a loop of `ticks` ticks over several.

    `bases` are the C names of the arena's banks that they use.
    """

    name: str
    ticks: int | None
    calls: tuple[Call, ...]
    reads_input: bool
    bases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A piece of the arena: C names of the argument and of its bytes, macro prefix, size."""

    arena: str
    base: str
    macro: str
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldState:
    """A tensor that survives from run to run, `offset` bytes into the first bank of the arena.

    `place` is that as a C expression. `initial` is the constant array that it begins with, None
    where that is zeros.
    """

    tensor: Tensor
    offset: int
    place: str
    initial: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """All that the templates print: they decide nothing."""

    name: str
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    states: tuple[HeldState, ...]
    banks: tuple[int, ...]
    constants: tuple[Constant, ...]
    parameters: tuple[Parameters, ...]
    blocks: tuple[CallBlock, ...]
    places: tuple[Place, ...]
    headers: tuple[str, ...]
    runtime_files: tuple[str, ...]

    @property
    def streams_input(self) -> bool:
        """True where the caller hands over the input row by row."""
        return any(port.offset is None for port in self.inputs)

    @property
    def verb(self) -> str:
        """What the function does that computes: a model with state takes steps."""
        return "step" if self.states else "run"

    @property
    def state_nbytes(self) -> int:
        """The bytes at the arena's start that must survive from step to step."""
        end = max((state.offset + state.tensor.nbytes for state in self.states), default=0)
        return -(-end // ALIGNMENT) * ALIGNMENT

    @property
    def arenas(self) -> tuple[Bank, ...]:
        """The banks of the arena: one, unless it is split."""
        return tuple(
            Bank(
                arena=bank_name("arena", index),
                base=bank_name("base", index),
                macro=bank_name("ARENA", index),
                nbytes=nbytes,
            )
            for index, nbytes in enumerate(self.banks)
        )

    def place(self, port: Port) -> str:
        """Give where a port stands in the arena, as a C expression."""
        return f"{bank_name('base', port.bank)} + {self.macro}_{port.macro}_OFFSET"

    @property
    def pointers(self) -> tuple[str, ...]:
        """The arguments that may not be null: a streamed input's context may."""
        inputs = ("read_row",) if self.streams_input else tuple(p.argument for p in self.inputs)
        arenas = tuple(bank.arena for bank in self.arenas)
        return (*arenas, *inputs, *(port.argument for port in self.outputs))

    @property
    def macro(self) -> str:
        """The prefix of the model's macros."""
        return self.name.upper()

    @property
    def constant_nbytes(self) -> int:
        """Bytes of all constant arrays."""
        return sum(constant.values.nbytes for constant in self.constants)


def lower(plan: Plan, name: str, *, issues: int = 1, short_loops: bool = False) -> Program:
    """Give the program of `plan` under the C identifier `name`.

    It is for cores that issue so many instructions at a time; with `short_loops` for those of a
    small cache of code.
    """
    pool = _ConstantPool(name)
    arena = _Arena(plan=plan, places=name_places(plan, name.upper()))
    numbers = number_operators(plan)
    bound = {
        step: _bind(arena, step, f"{_stem(step.kernel.header)}_{numbers[step.op]}", pool)
        for step in plan.steps
    }
    blocks = [
        CallBlock(
            name=f"{block.kind.value}_{index}",
            ticks=block.stream.ticks if block.stream else None,
            calls=tuple(
                bound[step].call(
                    _rows(block, step.op), explain_overlaps(plan, block, step, arena.places)
                )
                for step in block.steps
            ),
            reads_input=any(isinstance(step.op, Feed) for step in block.steps),
            bases=_bases(bound[step] for step in block.steps),
        )
        for index, block in enumerate(plan.blocks)
    ]
    kernels = [step.kernel for step in plan.steps]
    states = _states(arena, pool)
    return Program(
        name=name,
        inputs=_inputs(plan),
        outputs=_ports(plan, plan.graph.outputs, "output"),
        states=states,
        banks=plan.bank_nbytes,
        constants=tuple(pool.constants),
        parameters=tuple(part for each in bound.values() for part in each.parameters),
        blocks=tuple(blocks),
        places=tuple(arena.places.values()),
        headers=tuple(sorted({"te_rows.h", *(kernel.header for kernel in kernels)})),
        runtime_files=runtime_files(kernels, issues=issues, short_loops=short_loops),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """A step with everything that its call needs but the rows; `banks` are those it touches."""

    comment: str
    function: str
    parameters: tuple[Parameters, ...]
    operands: tuple[str, ...]
    scratch: tuple[str, ...]
    banks: frozenset[int]

    def call(self, rows: tuple[str, str], remarks: tuple[str, ...]) -> Call:
        """Give the call that computes the rows from one to before another, C expressions."""
        first = f"&{self.parameters[-1].name}" if self.parameters else "reader"
        arguments = (first, *self.operands, *rows, *self.scratch)
        return Call(
            comment=self.comment, remarks=remarks, function=self.function, arguments=arguments
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Arena:
    """The plan, and the names of its buffers' places."""

    plan: Plan
    places: Mapping[Buffer, Place]

    def address(self, buffer: Buffer, first: int = 0) -> str:
        """Give where byte `first` of a buffer stands, as a C expression."""
        bank, _ = locate(self.plan.offsets[buffer], self.plan.walls)
        address = f"{bank_name('base', bank)} + {self.places[buffer].name}"
        return f"{address} + {first}" if first else address


def _bind(arena: _Arena, step: Step, instance: str, pool: "_ConstantPool") -> _Bound:
    """Give `step` with places for all its operands and a name, `instance`, for its parameters."""
    op, kernel, plan = step.op, step.kernel, arena.plan
    is_fed = isinstance(op, Feed)
    parameters = () if is_fed else _parameters(instance, kernel.params(op), pool)
    sources = [
        _constant_view(op, tensor, pool.add(f"{instance}_operand{index}", tensor.values))
        if tensor.is_const
        else _view(arena, "te_in", tensor, _seen_by(step, tensor))
        for index, tensor in enumerate(op.activations)
    ]
    if isinstance(op, AddN | Concatenation):
        sources = ["(const te_src[]){" + ", ".join(sources) + "}"]
    written = [_view(arena, "te_out", tensor, written_view(op, tensor)) for tensor in op.outputs]
    changed = [_view(arena, "te_out", tensor, view_of(tensor)) for tensor in op.states]
    has_scratch = kernel.scratch_nbytes is not None
    buffers = {plan.buffer_of[tensor] for tensor in (*operands(op), *op.outputs, *op.states)}
    buffers |= {plan.scratch[op]} if op in plan.scratch else set()
    return _Bound(
        comment=describe(op),
        function=kernel.function,
        parameters=parameters,
        operands=(*sources, *written, *changed),
        scratch=(_scratch(arena, op),) if has_scratch else (),
        banks=frozenset(locate(plan.offsets[buffer], plan.walls)[0] for buffer in buffers),
    )


def _bases(bound: Iterable[_Bound]) -> tuple[str, ...]:
    """Give the C names of the banks that the steps of a block use."""
    banks = frozenset[int]().union(*(each.banks for each in bound))
    return tuple(bank_name("base", bank) for bank in sorted(banks))


def _states(arena: _Arena, pool: "_ConstantPool") -> tuple[HeldState, ...]:
    """Give the states with where they stand; those that do not begin with zeros have a constant."""
    held, plan = [], arena.plan
    for index, state in enumerate(plan.graph.states):
        begins = bool(np.any(state.first))
        held.append(
            HeldState(
                tensor=state.tensor,
                offset=plan.offsets[plan.buffer_of[state.tensor]],
                place=arena.address(plan.buffer_of[state.tensor]),
                initial=pool.add(f"state{index}", state.first) if begins else None,
            )
        )
    return tuple(held)


class _ConstantPool:
    """Names constant arrays; equal contents share one array."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.constants: list[Constant] = []
        self._known: dict[tuple[str, bytes], str] = {}

    def add(self, name: str, values: Array) -> str:
        """Give the name of the array that holds `values`; `name` if it is a new one."""
        flat = np.ascontiguousarray(values).reshape(-1)
        flat = flat.view(np.uint8) if flat.dtype == np.bool_ else flat
        key = (flat.dtype.name, flat.tobytes())
        if key not in self._known:
            symbol = f"{self.prefix}_{name}"
            c_type = _C_TYPES[flat.dtype.name]
            self._known[key] = symbol
            self.constants.append(Constant(name=symbol, c_type=c_type, values=flat))
        return self._known[key]


def _stem(header: str) -> str:
    return header.removeprefix("te_").removesuffix(".h")


def _parameters(instance: str, struct: Struct, pool: _ConstantPool) -> tuple[Parameters, ...]:
    """Give the parameters, those first that others point to."""
    before: list[Parameters] = []
    members = []
    for member, value in struct.members.items():
        name = f"{instance}_{member}"
        match value:
            case None:
                text = "0"
            case np.ndarray():
                text = pool.add(name, value)
            case Function():
                text = value.name
            case Struct():
                before += _parameters(name, value, pool)
                text = f"&{name}"
            case tuple():
                text = "{" + ", ".join(str(item) for item in value) + "}"
            case _:
                text = str(int(value))
        members.append(f".{member} = {text}")
    return (*before, Parameters(name=instance, c_type=struct.c_type, members=tuple(members)))


def _seen_by(step: Step, tensor: Tensor) -> RowView:
    return view_of(tensor) if step.kernel.consumes else operand_view(step.op, tensor)


def _rows(block: Block, op: Op) -> tuple[str, str]:
    """Give the first row to compute and the one after the last, as C expressions."""
    if block.stream is None:
        return "0", str(output_view(op).rows)
    pace = block.stream.paces[op]
    due = f"{pace.offset}, {pace.period}, {pace.rows})"
    return f"te_due(tick, {due}", f"te_due(tick + 1, {due}"


def _constant_view(op: Op, tensor: Tensor, symbol: str) -> str:
    view = operand_view(op, tensor)
    return f"te_in({symbol}, {view.row_bytes}, {view.rows})"


def _view(arena: _Arena, constructor: str, tensor: Tensor, view: RowView) -> str:
    plan = arena.plan
    buffer, strip = plan.buffer_of[tensor], plan.strips.get(tensor)
    rows = buffer.rows or view.rows
    first, row_bytes = (strip.first, strip.row_bytes) if strip else (0, view.row_bytes)
    return f"{constructor}({arena.address(buffer, first)}, {row_bytes}, {rows})"


def _scratch(arena: _Arena, op: Op) -> str:
    scratch = arena.plan.scratch
    return arena.address(scratch[op]) if op in scratch else "0"


def bank_name(stem: str, bank: int) -> str:
    """Give the C name of what belongs to a bank: the first has no number."""
    return f"{stem}{bank}" if bank else stem


def _inputs(plan: Plan) -> tuple[Port, ...]:
    if plan.fed is None:
        return _ports(plan, plan.graph.inputs, "input")
    c_type = plan.fed.tensor.dtype.c_name
    layout = input_layout(plan.graph, plan.fed.tensor)
    port = Port(
        macro="INPUT0", argument="input", c_type=c_type, edge=plan.fed, offset=None, layout=layout
    )
    return (port,)


def _ports(plan: Plan, edges: tuple[Edge, ...], kind: str) -> tuple[Port, ...]:
    single = len(edges) == 1
    ports = []
    for index, edge in enumerate(edges):
        bank, offset = locate(plan.offsets[plan.buffer_of[edge.tensor]], plan.walls)
        ports.append(
            Port(
                macro=f"{kind.upper()}{index}",
                argument=kind if single else f"{kind}{index}",
                c_type=edge.tensor.dtype.c_name,
                edge=edge,
                offset=offset,
                bank=bank,
                layout=_meaning(plan.graph, edge.tensor, kind),
                counts=index_count(plan.graph, edge.tensor) if kind == "input" else None,
            )
        )
    return tuple(ports)


def _meaning(graph: Graph, tensor: Tensor, kind: str) -> str:
    """Give in words what an input's or output's axes or values are, where that can be told."""
    counts = index_count(graph, tensor) if kind == "input" else None
    if counts is not None:
        return f"indices in [0, {counts})"
    if tensor.dtype is DType.BOOL:
        return "0 or 1"
    if kind == "output" and (meaning := detection_meaning(graph, tensor)):
        return meaning
    return (input_layout if kind == "input" else output_layout)(graph, tensor)


def describe(op: Op) -> str:
    """Give one line for a comment: opcode, name, shapes, window, MACs, source."""
    if isinstance(op, Feed):
        return f"rows of the input '{comment_safe(op.source.name)}': {_shape(op.output)}"
    operands = " and ".join(_shape(tensor) for tensor in op.activations)
    parts = [f"{op.source.opcode} '{comment_safe(op.source.name)}': {operands} -> "]
    parts[0] += " and ".join(_shape(tensor) for tensor in op.outputs)
    if isinstance(op, Window):
        parts.append(_window(op))
    macs = count_macs(op)
    if macs:
        parts.append(f"{macs:,} MACs")
    return ", ".join(parts) + f" (op {op.source.index} of the model)"


def comment_safe(text: str, longest: int = 96) -> str:
    """Give at most `longest` characters of `text` that cannot end a comment or splice lines.

    What is left is printable ASCII without asterisks, question marks and backslashes.
    """
    return re.sub(r"[^ -~]|[*?\\]", "_", text)[:longest]


def _shape(tensor: Tensor) -> str:
    return "[" + ",".join(map(str, tensor.shape)) + "]"


def _window(op: Window) -> str:
    kernel_h, kernel_w = op.kernel
    stride = op.stride_h if op.stride_h == op.stride_w else f"{op.stride_h}x{op.stride_w}"
    return f"{kernel_h}x{kernel_w} stride {stride}"


def runtime_files(
    kernels: list[Kernel], *, issues: int = 1, short_loops: bool = False
) -> tuple[str, ...]:
    """Give the runtime files that `kernels` need, relative to the runtime folder, sorted.

    Headers are found by following the quoted includes: beside the file that names them, then in the
    runtime's include folders. Cores that issue two instructions at a time have some of their own,
    and so have those of a small cache of code, by `short_loops`.
    """
    instead = ((DUAL_FOLDER,) if issues > 1 else ()) + ((SHORT_FOLDER,) if short_loops else ())
    sources = {source for kernel in kernels for source in kernel.sources}
    found, todo = set(sources), sorted(sources)
    found.add("include/te_rows.h")
    while todo:
        source = todo.pop()
        text = (runtime_dir() / source).read_text(encoding="utf-8")
        for header in _quoted_includes(text):
            if (path := _header(source, header, instead)) not in found:
                found.add(path)
                todo.append(path)
    return tuple(sorted(found))


def _header(source: str, header: str, instead: tuple[str, ...]) -> str:
    """Give where the runtime file `source` finds `header`, relative to the runtime folder.

    Folders of `instead` go before its own.
    """
    beside = source.rpartition("/")[0]
    also = SINGLE_FOLDER if beside in (DUAL_FOLDER, SHORT_FOLDER) else beside
    paths = [f"{folder}/{header}" for folder in (*instead, also, *INCLUDE_FOLDERS)]
    return next(path for path in paths if (runtime_dir() / path).is_file())


def _quoted_includes(text: str) -> Iterator[str]:
    for match in re.finditer(r'^#include "(\w+\.h)"', text, re.MULTILINE):
        yield match[1]


__all__ = ["Call", "Constant", "DType", "Parameters", "Port", "Program", "describe", "lower"]
