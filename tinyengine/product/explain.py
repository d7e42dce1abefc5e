"""What a model file holds, and what of it neither the importer nor any kernel can do."""

from dataclasses import replace
from pathlib import Path

from tinyengine.board import Isa
from tinyengine.importers import ModelSummary, NetworkChoice, inspect_file, load
from tinyengine.importers.summary import TransposeSummary
from tinyengine.ir import Transpose
from tinyengine.kernels.choose.selection import unsupported
from tinyengine.passes import run_passes


def explain_model(model: Path, choice: NetworkChoice) -> ModelSummary:
    """Give what is in the chosen network of the model file, and why any operator is unsupported.

    Every core runs the portable kernels: what they decline is not supported. They are asked where
    all can be imported.

    Raises:
        ModelError: the file is damaged, or none.
        UsageError: it has no such network.
    """
    summary = inspect_file(model, choice)
    if summary.problems:
        return summary
    optimized = run_passes(load(model, choice))
    problems = unsupported(optimized, Isa.BASE)
    by_where = {problem.where: problem for problem in problems}
    operators = tuple(
        replace(operator, problem=by_where.get(f"{summary.name}: {operator.source}"))
        for operator in summary.operators
    )
    transposes = tuple(
        TransposeSummary(source=op.source, input_shape=op.input.shape, output_shape=op.output.shape)
        for op in optimized.ops
        if isinstance(op, Transpose)
    )
    return replace(summary, operators=operators, problems=problems, transposes=transposes)
