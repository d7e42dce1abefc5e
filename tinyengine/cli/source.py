"""What a command works on: an output directory of `compile`, or a model that is compiled first."""

from pathlib import Path

from tinyengine import api
from tinyengine.api import Firmware, Shapes
from tinyengine.cli.console import progress
from tinyengine.errors import UsageError


def open_source(
    source: Path,
    board: str | None,
    signature: str | None,
    subgraph: str | None,
    shapes: Shapes,
) -> Firmware:
    """Give the firmware in the directory `source`, or that of a network of the model file.

    Raises:
        UsageError: the directory is another board's, or was to choose in a model file; or a model
            file has no board; and as the API.
    """
    if source.is_dir():
        options = {"--signature": signature, "--subgraph": subgraph, "--shape": shapes or None}
        option = next((name for name, value in options.items() if value is not None), None)
        if option is not None:
            raise UsageError(option, f"{source} is compiled already; this chooses in a model file")
        firmware = api.load(source)
        if board is not None and board != firmware.board.name:
            raise UsageError("--board", f"{source} was compiled for {firmware.board.name}")
        return firmware
    if board is None:
        if not source.exists():
            raise UsageError(str(source), "there is no such directory or file")
        raise UsageError("--board", "a model file needs a board", hint="--board stm32f746")
    return api.compile(
        source,
        board=board,
        signature=signature,
        subgraph=subgraph,
        shapes=shapes,
        progress=progress,
    )
