"""Turn an ONNX file into a Graph, or say everything that stands against it."""

from dataclasses import dataclass
from pathlib import Path, PurePath

from tinyengine.errors import ModelError, Problem
from tinyengine.importers.choice import Networks
from tinyengine.importers.names import identifier, label
from tinyengine.importers.onnx.builder import CARRIERS, Builder, node_source
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.folding import fold
from tinyengine.importers.onnx.handlers import HANDLERS, REASONS
from tinyengine.importers.onnx.model import (
    NO_SHAPES,
    FileModel,
    Node,
    Port,
    Shapes,
    known_domain,
    read_model,
)
from tinyengine.importers.onnx.values import Pending, Placed, Value
from tinyengine.importers.refusals import RefusedError, condense
from tinyengine.importers.summary import ModelSummary, OperatorSummary, TensorSummary
from tinyengine.ir import Edge, Graph, Source, count_macs


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Imported:
    """A node of the file, the multiply-accumulates that it became, and why it could not.

    It is not told again where it only reads what another one could not give.
    """

    node: Node
    macs: int
    problem: Problem | None
    is_told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Conversion:
    """A whole file and what became of it."""

    model: FileModel
    builder: Builder
    nodes: tuple[_Imported, ...]
    outputs: tuple[Edge, ...]
    problems: tuple[Problem, ...]


def parse(data: bytes, name: str, folder: Path | None = None, shapes: Shapes = NO_SHAPES) -> Graph:
    """Give the network in the ONNX file `data`; `name` is the file's, for messages.

    External data are read from `folder`; `shapes` are those of inputs that have open dimensions.
    Raises ModelError with all problems found.
    """
    conversion = _convert(data, name, folder, shapes)
    if conversion.problems:
        raise ModelError.from_problems(conversion.problems)
    builder = conversion.builder
    return Graph(
        name=identifier(PurePath(name).stem),
        inputs=tuple(builder.edges[port.name] for port in conversion.model.inputs),
        outputs=conversion.outputs,
        ops=tuple(builder.ops),
    )


def inspect(
    data: bytes, name: str, folder: Path | None = None, shapes: Shapes = NO_SHAPES
) -> ModelSummary:
    """Give what the ONNX file `data` holds, supported or not.

    Raises ModelError only where the file is so damaged that nothing can be listed.
    """
    conversion = _convert(data, name, folder, shapes)
    model = conversion.model
    return ModelSummary(
        name=identifier(PurePath(name).stem),
        inputs=tuple(_port(port) for port in model.inputs),
        outputs=tuple(_tensors(conversion.builder, (port.name,))[0] for port in model.outputs),
        operators=tuple(_operator(conversion.builder, each) for each in conversion.nodes),
        problems=conversion.problems,
        networks=Networks(subgraphs=(PurePath(name).stem,)),
        network=0,
    )


def _convert(data: bytes, name: str, folder: Path | None, shapes: Shapes) -> _Conversion:
    model = read_model(data, name, folder, shapes)
    try:
        builder = Builder(model)
    except RefusedError as refusal:
        raise ModelError(name, refusal.problem, refusal.hint) from refusal
    needed = _needed(model)
    nodes = tuple(
        _import(node, builder, name, is_needed=node.index in needed) for node in model.nodes
    )
    problems = [each.problem for each in nodes if each.problem is not None and each.is_told]
    outputs: list[Edge] = []
    for kind, ports in (("input", model.inputs), ("output", model.outputs)):
        if not ports:
            problems.append(Problem(where=name, problem=f"the model has no {kind}s"))
    for position, port in enumerate(model.outputs if not problems else ()):
        try:
            outputs.append(builder.left(port.name))
        except RefusedError as refusal:
            where = f"{name}: output {position} '{label(port.name)}'"
            problems.append(Problem(where=where, problem=refusal.problem, hint=refusal.hint))
    unread = [port.name for port in model.inputs if port.name not in builder.edges]
    if unread and not problems:
        listed = ", ".join(f"'{label(each)}'" for each in unread)
        problems.append(
            Problem(where=name, problem=f"no operator quantizes the float32 input {listed}",
                    hint="leave out inputs that nothing reads, and quantize the others")
        )  # fmt: skip
    return _Conversion(
        model=model,
        builder=builder,
        nodes=nodes,
        outputs=tuple(outputs),
        problems=tuple(condense(problems, name)),
    )


def _needed(model: FileModel) -> frozenset[int]:
    """Give the numbers of the nodes that some output depends on."""
    wanted = {port.name for port in model.outputs}
    needed = set()
    for node in reversed(model.nodes):
        if not wanted.isdisjoint(node.outputs):
            needed.add(node.index)
            wanted.update(node.inputs)
    return frozenset(needed)


def _import(node: Node, builder: Builder, name: str, *, is_needed: bool) -> _Imported:
    source = node_source(node)
    builder.source = source
    before = len(builder.ops)
    problem = None
    lost = next((each for each in node.inputs if each in builder.missing), None)
    if lost is not None:
        builder.missing.update(node.outputs)
        text = f"it reads '{label(lost)}', which is not supported"
        problem = Problem(where=f"{name}: {source}", problem=text)
        return _Imported(node=node, macs=0, problem=problem, is_told=False)
    try:
        if is_needed:
            _define(node, builder, before)
    except RefusedError as refusal:
        where = f"{name}: {source}"
        problem = Problem(where=where, problem=refusal.problem, hint=refusal.hint)
        builder.missing.update(node.outputs)
    macs = sum(count_macs(op) for op in builder.ops[before:])
    return _Imported(node=node, macs=macs, problem=problem)


def _outputs(node: Node, builder: Builder) -> tuple[Value, ...]:
    """Give what the outputs of a node stand for."""
    call = Call(node, builder)
    if not known_domain(node):
        raise RefusedError(
            f"operators of the domain '{label(node.domain)}' are not supported",
            "end the model before it, and compute the rest in your application",
        )
    folded = fold(call)
    if folded is not None:
        return folded
    if node.op not in HANDLERS:
        default = (f"{node.op} is not supported", "`tinyengine ops` lists the supported operators")
        raise RefusedError(*REASONS.get(node.op, default))
    handler = HANDLERS[node.op]
    if node.op in CARRIERS and node.inputs:
        pending = call.value(0)
        if isinstance(pending, Pending):
            return (call.deferred(pending, handler),)
    made = handler(call)
    return made if isinstance(made, tuple) else (made,)


def _define(node: Node, builder: Builder, emitted: int) -> None:
    """Give the outputs of a node their values; `emitted` operators were there before."""
    values = _outputs(node, builder)
    for name, value in zip(node.outputs, values, strict=False):
        if name in builder.values:
            raise RefusedError(f"it gives '{label(name)}', which is there already")
        if isinstance(value, Placed) and len(values) == 1 and len(builder.ops) > emitted:
            value = builder.named(value, _real_name(node, name))  # noqa: PLW2901
        builder.values[name] = value


def _real_name(node: Node, name: str) -> str:
    """Give the name of the reals that an output holds, as it is in the float network.

    Quantizers keep it as the operand of QuantizeLinear, and add to it what they call the integers.
    """
    if node.op == "QuantizeLinear" and node.inputs:
        return node.inputs[0].removesuffix("_QuantizeInput")
    return name.removesuffix("_quantized")


def _port(port: Port) -> TensorSummary:
    return TensorSummary(name=label(port.name), shape=port.shape, dtype=port.dtype)


def _operator(builder: Builder, imported: _Imported) -> OperatorSummary:
    node = imported.node
    source: Source = node_source(node)
    return OperatorSummary(
        source=source,
        inputs=_tensors(builder, node.inputs[:1]),
        outputs=_tensors(builder, node.outputs[:1]),
        macs=None if imported.problem else imported.macs,
        problem=imported.problem,
    )


def _tensors(builder: Builder, names: tuple[str, ...]) -> tuple[TensorSummary, ...]:
    return tuple(
        TensorSummary(name=label(each), shape=builder.shape_of(each), dtype=builder.type_of(each))
        for each in names
    )
