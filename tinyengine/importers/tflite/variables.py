"""Variables of a network: what is read and assigned becomes plain tensors, and states.

VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE compute nothing: they say which tensor is
meant. A reader gets what was assigned last in the same run, or what the variable held before it;
one that is never assigned in a run is a constant.

Source: TensorFlow Lite, kernels/read_variable.cc, assign_variable.cc, call_once.cc.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tflite.CallOnceOptions import CallOnceOptions
from tflite.VarHandleOptions import VarHandleOptions

from tinyengine.importers.names import label, readable
from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.tflite.model import FileModel, FileOperator, FileTensor, read_network
from tinyengine.importers.tflite.reader import Accessor, open_table
from tinyengine.importers.tflite.tensors import require_shape
from tinyengine.ir import Array, DType

OPCODES = frozenset({"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"})

Valuer = Callable[[FileModel, int], Array]
"""Gives the bytes of a tensor that depends on constants only; raises RefusedError."""

_Name = tuple[str, str]
"""A variable's container and its name in it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Variable:
    """A variable that outlives a run, by indices of tensors.

    `read` is what it held before the run, `written` what it holds after it; `assign` says so last.
    `initial` are the bytes that it holds before the first run.
    """

    name: str
    read: int
    written: int
    assign: FileOperator
    initial: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resolved:
    """A network whose operators read and write plain tensors.

    `absorbed` are the operators, by their indices, of which nothing is left; `faults` those whose
    meaning is not clear, and why.
    """

    model: FileModel
    variables: tuple[Variable, ...] = ()
    absorbed: frozenset[int] = frozenset()
    faults: Mapping[int, RefusedError] = field(default_factory=dict)

    @property
    def given(self) -> frozenset[int]:
        """The tensors that are there before the run; all that are read where there are faults."""
        held = frozenset(variable.read for variable in self.variables)
        return self.shown if self.faults else held

    @property
    def shown(self) -> frozenset[int]:
        """The tensors that variables are read into."""
        reading = (each for each in self.model.operators if each.opcode == "READ_VARIABLE")
        return frozenset(index for operator in reading for index in operator.outputs)

    @property
    def written(self) -> frozenset[int]:
        """The tensors that are needed after the run."""
        return frozenset(variable.written for variable in self.variables)


@dataclass(slots=True, kw_only=True, eq=False)
class _Content:
    """What a variable holds at some point of the run.

    CALL_ONCE gave it the value of a tensor of another network: `first`, of which `initial` are the
    bytes. `read` is the tensor that shows what it held before the run, where anything reads that,
    and `value` what was assigned since then.
    """

    first: tuple[FileModel, int] | None = None
    initial: Array | None = None
    read: int | None = None
    value: int | None = None
    assign: FileOperator | None = None


def resolve(model: FileModel, value_of: Valuer) -> Resolved:
    """Give `model` without variables; `value_of` computes what initial values need."""
    if not any(operator.opcode in OPCODES for operator in model.operators):
        return Resolved(model=model)
    walk = _Walk(model, value_of)
    faults: dict[int, RefusedError] = {}
    for operator in model.operators:
        try:
            walk.take(operator)
        except RefusedError as refusal:
            faults[operator.index] = refusal
    variables = tuple(walk.variables()) if not faults else ()
    return Resolved(
        model=_with_values(model, walk, constants=not faults),
        variables=variables,
        absorbed=frozenset(o.index for o in model.operators if o.opcode in OPCODES),
        faults=faults,
    )


class _Walk:
    """The operators of a network one by one, and what its variables hold meanwhile."""

    def __init__(self, model: FileModel, value_of: Valuer) -> None:
        self.model = model
        self.names: dict[int, _Name] = {}
        self.contents: dict[_Name, _Content] = {}
        self.standins: dict[int, int] = {}
        self.taken = set(model.inputs)
        self._value_of = value_of

    def take(self, operator: FileOperator) -> None:
        """Follow one operator."""
        match operator.opcode:
            case "VAR_HANDLE":
                _expect(operator, inputs=0, outputs=1)
                self.names[operator.outputs[0]] = _name(self.model, operator)
            case "READ_VARIABLE":
                _expect(operator, inputs=1, outputs=1)
                self._read(operator)
            case "ASSIGN_VARIABLE":
                _expect(operator, inputs=2, outputs=0)
                self._assign(operator)
            case "CALL_ONCE":
                _expect(operator, inputs=0, outputs=0)
                self._call_once(operator)
            case _:
                pass

    def variables(self) -> Iterator[Variable]:
        """Give the variables that are read before they are assigned: they outlive the run."""
        for name, content in self.contents.items():
            if content.read is not None and content.value is not None:
                assert content.initial is not None and content.assign is not None
                yield Variable(
                    name=name[1],
                    read=content.read,
                    written=content.value,
                    assign=content.assign,
                    initial=content.initial,
                )

    def constants(self) -> Iterator[tuple[int, Array]]:
        """Give the tensors that show variables that are never assigned, with their bytes."""
        for content in self.contents.values():
            if content.read is not None and content.value is None:
                assert content.initial is not None
                yield content.read, content.initial

    def _read(self, operator: FileOperator) -> None:
        content, (output,) = self._content(operator), operator.outputs
        tensor = self.model.tensors[output]
        if tensor.data is not None or output in self.taken:
            raise RefusedError(f"it writes '{tensor.label}', which has a value already", LIMIT_HINT)
        self.taken.add(output)
        shown = content.read if content.value is None else content.value
        if shown is not None:
            _require_alike(tensor, self.model.tensors[shown])
            self.standins[output] = shown
            return
        if content.first is None:
            raise RefusedError(
                "it reads a variable that has no value yet",
                "let the model initialise it: converters add CALL_ONCE for that",
            )
        content.initial = self._value_of(*content.first)
        _require_whole(tensor, content.initial)
        content.read = output

    def _assign(self, operator: FileOperator) -> None:
        content, (_, index) = self._content(operator), operator.inputs
        index = self.standins.get(index, index)
        if content.read is not None:
            _require_alike(self.model.tensors[index], self.model.tensors[content.read])
        is_changed = index != content.read
        content.value, content.assign = (index, operator) if is_changed else (None, None)

    def _content(self, operator: FileOperator) -> _Content:
        name = self.names.get(operator.inputs[0])
        if name is None:
            raise RefusedError(
                "its variable does not come from VAR_HANDLE in this network", LIMIT_HINT
            )
        return self.contents.setdefault(name, _Content())

    def _call_once(self, operator: FileOperator) -> None:
        """Give variables the values that a subgraph assigns, of which nothing was read yet."""
        number = _options(CallOnceOptions, self.model, operator).InitSubgraphIndex()
        networks = self.model.networks
        if not 0 <= number < len(networks.subgraphs) or number == self.model.subgraph:
            raise RefusedError(f"it calls subgraph {number}, which it cannot", LIMIT_HINT)
        initial = read_network(self.model.file, networks, number)
        walk = _Walk(initial, self._value_of)
        for each in initial.operators:
            if each.opcode in ("READ_VARIABLE", "CALL_ONCE"):
                raise RefusedError(f"its subgraph {number} has {each.opcode}", LIMIT_HINT)
            walk.take(each)
        for name, content in walk.contents.items():
            if name in self.contents:
                raise RefusedError(
                    f"it initialises '{label(name[1])}', which is in use before", LIMIT_HINT
                )
            assert content.value is not None
            self.contents[name] = _Content(first=(initial, content.value))


def _with_values(model: FileModel, walk: _Walk, *, constants: bool) -> FileModel:
    """Give `model` with tensors in the place of those that only show others."""
    tensors = list(model.tensors)
    for index, data in walk.constants() if constants else ():
        tensors[index] = replace(tensors[index], data=data)

    def shown(indices: tuple[int, ...]) -> tuple[int, ...]:
        """Give the tensors that these show."""
        return tuple(walk.standins.get(index, index) for index in indices)

    operators = tuple(replace(each, inputs=shown(each.inputs)) for each in model.operators)
    return replace(model, tensors=tuple(tensors), operators=operators, outputs=shown(model.outputs))


def _expect(operator: FileOperator, *, inputs: int, outputs: int) -> None:
    """Refuse other numbers of inputs and outputs, or inputs that are left out."""
    given = (len(operator.inputs), len(operator.outputs))
    if given != (inputs, outputs) or min(operator.inputs, default=0) < 0:
        raise RefusedError(
            f"it has {given[0]} inputs and {given[1]} outputs; {inputs} and {outputs} expected",
            DAMAGED_HINT,
        )


def _options(table: Accessor, model: FileModel, operator: FileOperator) -> Accessor:
    if operator.options is None or operator.options_type != table.__name__:
        raise RefusedError(f"it carries no {table.__name__}", DAMAGED_HINT)
    return open_table(table, model.file, operator.options.Pos)


def _name(model: FileModel, operator: FileOperator) -> _Name:
    options = _options(VarHandleOptions, model, operator)
    return readable(options.Container() or b""), readable(options.SharedName() or b"")


def _require_whole(tensor: FileTensor, data: Array) -> None:
    """Refuse a tensor that is longer or shorter than what its variable is initialised with."""
    require_shape(tensor, "output")
    known = tensor.dtype in {dtype.value for dtype in DType}
    elements = math.prod(tensor.shape)
    if not known or DType(tensor.dtype).nbytes_of(elements) != data.nbytes:
        raise RefusedError(
            f"it reads {describe(tensor.shape)} of {tensor.dtype}, "
            f"but its variable is initialised with {data.nbytes} bytes",
            DAMAGED_HINT,
        )


def _require_alike(tensor: FileTensor, shown: FileTensor) -> None:
    """Refuse to see a tensor as another type, another shape or other real numbers."""
    mine, theirs = _meaning(tensor), _meaning(shown)
    if mine != theirs:
        raise RefusedError(f"its variable is {theirs} elsewhere, and {mine} here", DAMAGED_HINT)


def _meaning(tensor: FileTensor) -> str:
    text = f"{tensor.dtype} {describe(tensor.shape)}"
    if len(tensor.scales):
        points = ", ".join(map(str, tensor.zero_points))
        text += f", scale {', '.join(f'{s:.9g}' for s in tensor.scales)}, zero point {points}"
    return text
