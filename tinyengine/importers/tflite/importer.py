"""Turn a TFLite file into a Graph, or say everything that stands against it."""

from dataclasses import dataclass, replace
from pathlib import PurePath

from tinyengine.errors import ModelError, Problem
from tinyengine.importers.choice import FIRST, NetworkChoice
from tinyengine.importers.names import identifier
from tinyengine.importers.refusals import CONVERT_HINT, QUANTIZE_HINT, RefusedError, condense
from tinyengine.importers.summary import ModelSummary, OperatorSummary, TensorSummary
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.constants import folded
from tinyengine.importers.tflite.detection import DETECTION, as_quantized
from tinyengine.importers.tflite.edges import input_edge, output_edge
from tinyengine.importers.tflite.folding import value_of
from tinyengine.importers.tflite.handlers import CUSTOM, HANDLERS
from tinyengine.importers.tflite.islands import Islands, bridge, find_islands, refused
from tinyengine.importers.tflite.model import FileModel, FileOperator, read_model
from tinyengine.importers.tflite.states import Held, first_state, hold, settle
from tinyengine.importers.tflite.tensors import TensorTable
from tinyengine.importers.tflite.unsigned import joined, require_unsigned
from tinyengine.importers.tflite.variables import Resolved, resolve
from tinyengine.importers.tflite.wiring import Wiring, wire
from tinyengine.ir import Edge, Graph, Op, Source, State, Tensor, count_macs

_WITHOUT_SHAPE = frozenset({"UNIQUE", "WHERE", "DYNAMIC_PARTITION", "NON_MAX_SUPPRESSION"})
"""Operators whose output has a shape that only running them tells."""

_CONTROL_FLOW = frozenset({"IF", "WHILE", "CALL", "STABLEHLO_WHILE"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Imported:
    """An operator of the file and what became of it."""

    operator: FileOperator
    source: Source
    ops: tuple[Op, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Conversion:
    """A whole file and what became of it."""

    model: FileModel
    operators: tuple[_Imported, ...]
    inputs: tuple[Edge, ...]
    outputs: tuple[Edge, ...]
    ops: tuple[Op, ...]
    states: tuple[State, ...]
    problems: tuple[Problem, ...]


def parse(data: bytes, name: str, choice: NetworkChoice = FIRST) -> Graph:
    """Give the chosen network of the TFLite file `data`; `name` is the file's, for messages.

    Raises ModelError with all problems found, UsageError where there is no such network.
    """
    conversion = _convert(data, name, choice)
    if conversion.problems:
        raise ModelError.from_problems(conversion.problems)
    return Graph(
        name=identifier(PurePath(name).stem),
        inputs=conversion.inputs,
        outputs=conversion.outputs,
        ops=conversion.ops,
        states=conversion.states,
    )


def inspect(data: bytes, name: str, choice: NetworkChoice = FIRST) -> ModelSummary:
    """Give what the chosen network of the TFLite file `data` holds, supported or not.

    Raises ModelError only where the file is so damaged that nothing can be listed.
    """
    conversion = _convert(data, name, choice)
    model = conversion.model
    return ModelSummary(
        name=identifier(PurePath(name).stem),
        inputs=_summaries(model, model.inputs),
        outputs=_summaries(model, model.outputs),
        operators=tuple(_operator_summary(model, each) for each in conversion.operators),
        problems=conversion.problems,
        networks=model.networks,
        network=model.subgraph,
        states=tuple(_state_summary(state.tensor) for state in conversion.states),
    )


def _convert(data: bytes, name: str, choice: NetworkChoice) -> _Conversion:
    resolved = resolve(read_model(data, name, choice), value_of)
    model, wiring = resolved.model, wire(resolved)
    tensors = TensorTable(model)
    islands = find_islands(model, wiring)
    parts = (wiring, islands, choice)
    operators = [_import(each, resolved, parts, tensors) for each in model.operators]
    held = _hold(operators, resolved, wiring, tensors)
    problems = [each.problem for each in operators if each.problem is not None]
    unmade = {
        index
        for each in operators
        if each.problem and each.operator.opcode in DETECTION
        for index in each.operator.outputs
    }
    edges: list[list[Edge]] = [[], []]
    for side, kind, indices in ((0, "input", model.inputs), (1, "output", model.outputs)):
        if not indices:
            problems.append(
                Problem(where=name, problem=f"the model has no {kind}s", hint=CONVERT_HINT)
            )
        for position, index in enumerate(indices):
            try:
                build = output_edge if side else input_edge
                edges[side].append(build(index, model, wiring, tensors))
            except RefusedError as refusal:
                if index in unmade:
                    continue
                where = f"{name}: {kind} {position} '{model.tensors[index].label}'"
                problems.append(Problem(where=where, problem=refusal.problem, hint=refusal.hint))
    if problems and model.operators and _is_float(model):
        problem = "the model computes in float32: none of its tensors is quantized"
        problems = [Problem(where=name, problem=problem, hint=QUANTIZE_HINT)]
    given = [*(edge.tensor for edge in edges[0]), *(each.state.tensor for each in held)]
    imported = [op for each in operators for op in each.ops]
    ops, outputs = settle(joined(imported, given, tensors.in_both_forms()), held, edges[1])
    return _Conversion(
        model=model,
        operators=tuple(operators),
        ops=ops,
        inputs=tuple(edges[0]),
        outputs=outputs,
        states=(
            *(each.state for each in held),
            *(first_state(tensor) for op in ops for tensor in op.states),
        ),
        problems=tuple(condense(problems, name)),
    )


def _hold(
    operators: list[_Imported], resolved: Resolved, wiring: Wiring, tensors: TensorTable
) -> list[Held]:
    """Give what the variables become; where one cannot be, its assignment gets the problem."""
    held: list[Held] = []
    for variable in resolved.variables:
        try:
            held.append(hold(variable, wiring, tensors))
        except RefusedError as refusal:
            index = variable.assign.index
            operators[index] = _refused(operators[index], resolved.model, refusal)
    return held


def _import(
    operator: FileOperator,
    resolved: Resolved,
    found: tuple[Wiring, Islands, NetworkChoice],
    tensors: TensorTable,
) -> _Imported:
    model, index = resolved.model, operator.index
    if operator.opcode == "CUSTOM" and operator.custom_code in CUSTOM:
        operator = replace(operator, opcode=operator.custom_code)
    wiring, islands, choice = found
    call = Call(operator, tensors, model.file)
    imported = _Imported(operator=operator, source=call.source)
    try:
        if index in resolved.faults:
            raise resolved.faults[index]
        if index in wiring.faults:
            raise RefusedError(
                wiring.faults[index], "operators must stand in the order in which they run"
            )
        if index in wiring.stripped | wiring.dead | resolved.absorbed | islands.crossed:
            return imported
        if index in islands.bridges:
            return replace(imported, ops=bridge(call, islands.bridges[index], tensors))
        if index in islands.names and operator.opcode not in _CONTROL_FLOW:
            raise refused(islands.names[index])
        if operator.opcode not in HANDLERS:
            raise _unsupported(operator)
        if operator.opcode not in DETECTION:
            require_unsigned(operator, model)
        else:
            quantized = as_quantized(operator, model, islands.origins, is_on=choice.detection)
            call = Call(quantized, tensors, model.file)
        ops = folded(HANDLERS[operator.opcode](call), operator, tensors)
        return replace(imported, ops=ops)
    except RefusedError as refusal:
        return _refused(imported, model, refusal)


def _refused(imported: _Imported, model: FileModel, refusal: RefusedError) -> _Imported:
    problem = Problem(
        where=f"{model.file.name}: {imported.source}",
        problem=refusal.problem,
        hint=refusal.hint,
    )
    return replace(imported, problem=problem)


def _unsupported(operator: FileOperator) -> RefusedError:
    if operator.opcode == "CUSTOM":
        return RefusedError(
            f"the custom operator '{operator.custom_code}' is not supported",
            "end the model before it, and compute the rest in your application",
        )
    if operator.opcode in _CONTROL_FLOW:
        hint = "convert the model without it: with loops unrolled (Keras: GRU(unroll=True))"
        return RefusedError("control flow is not supported", hint)
    if operator.opcode in _WITHOUT_SHAPE:
        return RefusedError(
            f"{operator.opcode} gives as many elements as its input's values ask for: memory is "
            "planned before there are any",
            "end the model before it, and compute the rest in your application",
        )
    return RefusedError(
        f"{operator.opcode} is not supported", "`tinyengine ops` lists the supported operators"
    )


def _is_float(model: FileModel) -> bool:
    dtypes = {tensor.dtype for tensor in model.tensors}
    return "float32" in dtypes and not dtypes & {"int8", "uint8", "int16"}


def _summaries(model: FileModel, indices: tuple[int, ...]) -> tuple[TensorSummary, ...]:
    chosen = (model.tensors[index] for index in indices if index >= 0)
    return tuple(
        TensorSummary(name=tensor.name, shape=tensor.shape, dtype=tensor.dtype) for tensor in chosen
    )


def _state_summary(tensor: Tensor) -> TensorSummary:
    return TensorSummary(name=tensor.name, shape=tensor.shape, dtype=tensor.dtype.value)


def _operator_summary(model: FileModel, imported: _Imported) -> OperatorSummary:
    macs = sum(count_macs(op) for op in imported.ops)
    return OperatorSummary(
        source=imported.source,
        inputs=_summaries(model, imported.operator.inputs),
        outputs=_summaries(model, imported.operator.outputs),
        macs=None if imported.problem else macs,
        problem=imported.problem,
    )
