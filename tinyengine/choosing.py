"""What `import tinyengine` offers to choose a board: what a model needs on each of them.

boards = tinyengine.fit("net.tflite")
print([each.board.name for each in boards if each.reaches(fps=10)])
"""

from os import PathLike
from pathlib import Path

from tinyengine.board import list_boards
from tinyengine.compiler import Options
from tinyengine.errors import UsageError
from tinyengine.importers import NetworkChoice
from tinyengine.product.fit import BoardFit, Needs, fit_model, refuse_all
from tinyengine.progress import Progress, silent
from tinyengine.schedule import Objective

__all__ = ["BoardFit", "Needs", "fit", "refuse_all"]


def fit(
    model: str | PathLike[str],
    *,
    objective: Objective | str = Objective.BALANCED,
    stream_input: bool = False,
    signature: str | None = None,
    subgraph: str | None = None,
    detection: bool = False,
    progress: Progress = silent,
) -> tuple[BoardFit, ...]:
    """Give every board, the smallest RAM first: what a model needs there, and what is left.

    The model is compiled, built and run once for all boards of the same core and caches of flash,
    and for each board that the result does not fit. The arguments are those of `compile`.

    Raises:
        UsageError: there is no such objective.
        ModelError: the model is broken, or something in it is not supported.
        ToolError: a tool is missing, or it failed.
    """
    known = [each.value for each in Objective]
    if not isinstance(objective, Objective) and objective not in known:
        raise UsageError("objective", f"'{objective}' is none of {', '.join(known)}")
    options = Options(
        board=list_boards()[0],  # each board takes its place
        objective=Objective(objective),
        stream_input=stream_input,
        network=NetworkChoice(signature=signature, subgraph=subgraph, detection=detection),
    )
    return fit_model(Path(model), options, progress)
