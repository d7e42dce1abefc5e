"""`tinyengine explain`: what is in a model file, and what of it is not supported."""

from tinyengine import api
from tinyengine.api import ModelSummary, OperatorSummary, TensorSummary
from tinyengine.cli.console import add_row, out, print_json, reported, table
from tinyengine.cli.options import (
    DetectionOption,
    JsonOption,
    ModelArgument,
    ShapesOption,
    SignatureOption,
    SubgraphOption,
    parse_shapes,
)
from tinyengine.errors import ModelError, counted
from tinyengine.report.codec import Json


@reported
def explain_command(
    model: ModelArgument,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    shape: ShapesOption = None,
    detection: DetectionOption = False,
    json: JsonOption = False,
) -> None:
    """Show a model's operators, shapes and MACs, and which are unsupported and why."""
    summary = api.explain(
        model,
        signature=signature,
        subgraph=subgraph,
        shapes=parse_shapes(shape),
        detection=detection,
    )
    if json:
        print_json(_as_json(summary))
    else:
        _show(summary)
    if summary.problems:
        raise ModelError.from_problems(summary.problems)


def _as_json(summary: ModelSummary) -> Json:
    return {
        "name": summary.name,
        "supported": not summary.problems,
        "macs": summary.macs,
        "subgraphs": list(summary.networks.subgraphs),
        "signatures": dict(summary.networks.signatures),
        "subgraph": summary.network,
        "inputs": [_tensor(tensor) for tensor in summary.inputs],
        "outputs": [_tensor(tensor) for tensor in summary.outputs],
        "states": [_tensor(tensor) for tensor in summary.states],
        "transposes": [
            {
                "index": each.source.index,
                "input_shape": list(each.input_shape),
                "output_shape": list(each.output_shape),
            }
            for each in summary.transposes
        ],
        "operators": [
            {
                "index": operator.source.index,
                "op": operator.source.opcode,
                "name": operator.source.name,
                "inputs": [_tensor(tensor) for tensor in operator.inputs],
                "outputs": [_tensor(tensor) for tensor in operator.outputs],
                "macs": operator.macs,
                "supported": operator.problem is None,
                "reason": operator.problem.problem if operator.problem else None,
                "hint": operator.problem.hint if operator.problem else None,
            }
            for operator in summary.operators
        ],
        "problems": [
            {"where": problem.where, "problem": problem.problem, "hint": problem.hint}
            for problem in summary.problems
        ],
    }


def _tensor(tensor: TensorSummary) -> Json:
    return {"name": tensor.name, "shape": list(tensor.shape), "dtype": tensor.dtype}


def _show(summary: ModelSummary) -> None:
    rows = table("#:", "operator", "input", "output", "MACs:", "supported")
    for operator in summary.operators:
        add_row(
            rows,
            str(operator.source.index),
            operator.source.opcode,
            _shapes(operator.inputs[:1]),
            _shapes(operator.outputs),
            f"{operator.macs:,}" if operator.macs else "",
            _verdict(operator),
        )
    out.print(rows)
    operators = counted(len(summary.operators), "operator")
    out.print()
    out.print(f"{summary.name}: {operators}, {summary.macs:,} MACs in the file", markup=False)
    for each in summary.transposes:
        shapes = " to ".join(str(list(shape)) for shape in (each.input_shape, each.output_shape))
        where = each.source if each.source.index >= 0 else f"output '{each.source.name}'"
        out.print(f"transpose on the device: {shapes}, for {where}", markup=False)
    for number, name in enumerate(summary.networks.subgraphs):
        if len(summary.networks.subgraphs) > 1:
            shown = ", shown here" if number == summary.network else ""
            out.print(f"subgraph {number}: '{name}'{shown}", markup=False)
    for name, number in summary.networks.signatures.items():
        out.print(f"signature '{name}': subgraph {number}", markup=False)
    for kind, tensors in _edges(summary):
        for tensor in tensors:
            out.print(f"{kind}: {tensor.dtype} {_shapes((tensor,))} '{tensor.name}'", markup=False)


def _edges(summary: ModelSummary) -> tuple[tuple[str, tuple[TensorSummary, ...]], ...]:
    return (("input", summary.inputs), ("output", summary.outputs), ("state", summary.states))


def _verdict(operator: OperatorSummary) -> str:
    return "yes" if operator.problem is None else f"no: {operator.problem.problem}"


def _shapes(tensors: tuple[TensorSummary, ...]) -> str:
    return " ".join("[" + ",".join(map(str, tensor.shape)) + "]" for tensor in tensors)
