"""What a model file holds, and what of it neither the importer nor any kernel can do."""

from dataclasses import replace
from pathlib import Path

from tinyengine.board import Isa
from tinyengine.importers import ModelSummary, NetworkChoice, inspect_file, load
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
    problems = unsupported(run_passes(load(model, choice)), Isa.BASE)
    by_where = {problem.where: problem for problem in problems}
    operators = tuple(
        replace(operator, problem=by_where.get(f"{summary.name}: {operator.source}"))
        for operator in summary.operators
    )
    return replace(summary, operators=operators, problems=problems)
