"""Turn a TFLite file into a Graph, or say everything that stands against it."""

from dataclasses import dataclass
from pathlib import PurePath

from tinyengine.errors import ModelError, Problem
from tinyengine.importers.choice import FIRST, NetworkChoice
from tinyengine.importers.names import identifier
from tinyengine.importers.refusals import CONVERT_HINT, QUANTIZE_HINT, RefusedError, condense
from tinyengine.importers.summary import ModelSummary, OperatorSummary, TensorSummary
from tinyengine.importers.tflite.call import NUMBERS, Call
from tinyengine.importers.tflite.edges import input_edge, output_edge
from tinyengine.importers.tflite.handlers import HANDLERS
from tinyengine.importers.tflite.model import FileModel, FileOperator, read_model
from tinyengine.importers.tflite.tensors import TensorTable
from tinyengine.importers.tflite.wiring import Wiring, wire
from tinyengine.ir import Array, Edge, Graph, Op, Source, Tensor, count_macs
from tinyengine.reference.execute import evaluate

_MOST_FOLDED = 1 << 16
"""Elements of a constant that is computed when a file is read."""

_CONTROL_FLOW = frozenset({"IF", "WHILE", "CALL", "CALL_ONCE", "STABLEHLO_WHILE"})


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
        ops=tuple(op for imported in conversion.operators for op in imported.ops),
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
    )


def _convert(data: bytes, name: str, choice: NetworkChoice) -> _Conversion:
    model = read_model(data, name, choice)
    wiring = wire(model)
    tensors = TensorTable(model)
    operators = tuple(_import(each, model, wiring, tensors) for each in model.operators)
    problems = [each.problem for each in operators if each.problem is not None]
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
                where = f"{name}: {kind} {position} '{model.tensors[index].label}'"
                problems.append(Problem(where=where, problem=refusal.problem, hint=refusal.hint))
    if problems and model.operators and _is_float(model):
        problem = "the model computes in float32: none of its tensors is quantized"
        problems = [Problem(where=name, problem=problem, hint=QUANTIZE_HINT)]
    return _Conversion(
        model=model,
        operators=operators,
        inputs=tuple(edges[0]),
        outputs=tuple(edges[1]),
        problems=tuple(condense(problems, name)),
    )


def _import(
    operator: FileOperator, model: FileModel, wiring: Wiring, tensors: TensorTable
) -> _Imported:
    call = Call(operator, tensors, model.file)
    index = operator.index
    try:
        if index in wiring.faults:
            raise RefusedError(
                wiring.faults[index], "operators must stand in the order in which they run"
            )
        if index in wiring.stripped or index in wiring.dead:
            return _Imported(operator=operator, source=call.source)
        if operator.opcode not in HANDLERS:
            raise _unsupported(operator)
        ops = _folded(HANDLERS[operator.opcode](call), operator, tensors)
    except RefusedError as refusal:
        problem = Problem(
            where=f"{model.file.name}: {call.source}", problem=refusal.problem, hint=refusal.hint
        )
        return _Imported(operator=operator, source=call.source, problem=problem)
    return _Imported(operator=operator, source=call.source, ops=ops)


def _folded(ops: tuple[Op, ...], operator: FileOperator, tensors: TensorTable) -> tuple[Op, ...]:
    """Give `ops`; none where they compute small constants of numbers, which `tensors` learn.

    Exporters compute shapes so, and later operators of the file want constants.
    """
    values: dict[Tensor, Array] = {}
    for op in ops:
        known = [tensor.data if tensor.is_const else values.get(tensor) for tensor in op.inputs]
        operands = [value for value in known if value is not None]
        is_small = op.output.elements <= _MOST_FOLDED and op.output.dtype in NUMBERS
        if len(operands) < len(known) or not is_small:
            return ops
        values[op.output] = evaluate(op, operands)
    for index in operator.outputs if ops else ():
        tensor = tensors.made(index)
        assert tensor is not None, f"{operator.opcode} makes tensor {index}"
        tensors.learn(index, values[tensor])
    return ()


def _unsupported(operator: FileOperator) -> RefusedError:
    if operator.opcode == "CUSTOM":
        return RefusedError(
            f"the custom operator '{operator.custom_code}' is not supported",
            "end the model before it, and compute the rest in your application",
        )
    if operator.opcode in _CONTROL_FLOW:
        return RefusedError("control flow is not supported", "convert the model without it")
    if operator.opcode == "DEQUANTIZE":
        return RefusedError(
            "it continues in float32, which is not supported inside the model", QUANTIZE_HINT
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


def _operator_summary(model: FileModel, imported: _Imported) -> OperatorSummary:
    macs = sum(count_macs(op) for op in imported.ops)
    return OperatorSummary(
        source=imported.source,
        inputs=_summaries(model, imported.operator.inputs),
        outputs=_summaries(model, imported.operator.outputs),
        macs=None if imported.problem else macs,
        problem=imported.problem,
    )
