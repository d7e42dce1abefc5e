"""How a file's operators hang together: producers, execution order, float edges, dead operators."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tinyengine.importers.tflite.model import FileModel, FileOperator
from tinyengine.importers.tflite.variables import Resolved

_DATA_OPERANDS: Mapping[str, int] = {"RANK": 0, "RESHAPE": 1, "SHAPE": 0, "ZEROS_LIKE": 0}
"""How many leading operands hold data, for opcodes whose others may be computed from shapes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wiring:
    """Which operators do what: all by the operator's index.

    `given` are the tensors that are there before the first operator runs: inputs, and what
    variables hold. `stripped` are the QUANTIZE after a float32 input and the DEQUANTIZE before a
    float32 output, which the host computes. `dead` are those that no output depends on. `faults`
    are what is wrong with an operator's connections.
    """

    producers: Mapping[int, FileOperator]
    given: frozenset[int]
    stripped: frozenset[int]
    dead: frozenset[int]
    faults: Mapping[int, str]


def data_operands(operator: FileOperator) -> tuple[int, ...]:
    """Give the operands whose values an operator needs when it runs."""
    return operator.inputs[: _DATA_OPERANDS.get(operator.opcode, len(operator.inputs))]


def wire(resolved: Resolved) -> Wiring:
    """Find out how the operators of a network hang together."""
    model, producers = resolved.model, dict[int, FileOperator]()
    given = resolved.given.union(model.inputs)
    known, taken = set(given), resolved.shown.union(model.inputs)
    faults: dict[int, str] = {}
    for operator in model.operators:
        if operator.opcode == "READ_VARIABLE":
            continue
        fault = _input_fault(model, operator, known) or _output_fault(
            model, operator, producers, taken
        )
        if fault:
            faults[operator.index] = fault
        for index in operator.outputs:
            producers.setdefault(index, operator)
        known.update(operator.outputs)
    stripped = frozenset(operator.index for operator in _edge_operators(model))
    return Wiring(
        producers=producers,
        given=given,
        stripped=stripped,
        dead=frozenset(_dead_operators(resolved)),
        faults=faults,
    )


def _input_fault(model: FileModel, operator: FileOperator, known: Collection[int]) -> str:
    """Tell which input does not exist when `operator` runs, or give an empty text."""
    for index in operator.inputs:
        if index < 0 or index in known:
            continue
        tensor = model.tensors[index]
        if tensor.data is None and not tensor.oddities:
            return f"it reads '{tensor.label}', which nothing before it produces"
    return ""


def _output_fault(
    model: FileModel,
    operator: FileOperator,
    producers: Mapping[int, FileOperator],
    taken: Collection[int],
) -> str:
    """Tell which output `operator` must not write, or give an empty text."""
    for position, index in enumerate(operator.outputs):
        name = model.tensors[index].label
        if index in producers or index in operator.outputs[:position]:
            return f"it writes '{name}', which is already produced"
        if index in model.inputs:
            return f"it writes '{name}', which is an input of the model"
        if index in taken:
            return f"it writes '{name}', which a variable is read into"
        if model.tensors[index].data is not None:
            return f"it writes '{name}', which is a constant"
    return ""


def _edge_operators(model: FileModel) -> Iterator[FileOperator]:
    """Give the conversions between float32 edges and the integer network."""
    sides = {"QUANTIZE": frozenset(model.inputs), "DEQUANTIZE": frozenset(model.outputs)}
    for operator in model.operators:
        if operator.opcode not in sides or (len(operator.inputs), len(operator.outputs)) != (1, 1):
            continue
        ends = {"QUANTIZE": operator.inputs[0], "DEQUANTIZE": operator.outputs[0]}
        edge = ends[operator.opcode]
        at_edge = edge in sides[operator.opcode] and model.tensors[edge].dtype == "float32"
        if at_edge and operator.inputs[0] >= 0:
            yield operator


def _dead_operators(resolved: Resolved) -> Iterator[int]:
    """Give the operators that no output depends on; one without outputs has some effect."""
    model = resolved.model
    needed = set(model.outputs) | resolved.written
    for operator in reversed(model.operators):
        if operator.index in resolved.absorbed:
            continue
        if operator.outputs and needed.isdisjoint(operator.outputs):
            yield operator.index
        else:
            needed.update(data_operands(operator))
