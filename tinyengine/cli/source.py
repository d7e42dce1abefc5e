"""What a command works on: an output directory of `compile`, or a model that is compiled first."""

from dataclasses import dataclass
from pathlib import Path

from tinyengine import api
from tinyengine.api import Firmware, Shapes
from tinyengine.cli.console import progress
from tinyengine.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions:
    """The options that choose in a model file."""

    signature: str | None
    subgraph: str | None
    shapes: Shapes
    detection: bool

    @property
    def first(self) -> str:
        """The first of the options that was given, empty where none was."""
        given = {
            "--signature": self.signature is not None,
            "--subgraph": self.subgraph is not None,
            "--shape": bool(self.shapes),
            "--detection": self.detection,
        }
        return next((name for name, is_given in given.items() if is_given), "")


def open_source(source: Path, board: str | None, network: NetworkOptions) -> Firmware:
    """Give the firmware in the directory `source`, or that of a network of the model file.

    Raises:
        UsageError: the directory is another board's, or was to choose in a model file; or a model
            file has no board; and as the API.
    """
    if source.is_dir():
        option = network.first
        if option:
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
        signature=network.signature,
        subgraph=network.subgraph,
        shapes=network.shapes,
        detection=network.detection,
        progress=progress,
    )
