"""The options that commands share, and how sizes are read."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tinyengine.run import Emulator


class Schedule(StrEnum):
    """Which schedules may be chosen."""

    AUTO = "auto"
    LAYER = "layer"


def parse_size(text: str) -> int:
    """Read a size in bytes: 98304, 96K or 1M."""
    match = re.fullmatch(r"([0-9]{1,12})([kKmM]?)(?:i?[bB])?", text.strip())
    if match is None or int(match[1]) == 0:
        raise typer.BadParameter(f"'{text}' is not a size; write 98304, 96K or 1M")
    return int(match[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20}[match[2].lower()]


def parse_emulator(text: str) -> Emulator:
    """Read the name of an emulator."""
    names = {emulator.value: emulator for emulator in (Emulator.UNICORN, Emulator.QEMU)}
    if text not in names:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(names)}")
    return names[text]


ModelArgument = Annotated[Path, typer.Argument(help="The model file (.tflite).", metavar="MODEL")]
BoardOption = Annotated[
    str, typer.Option("--board", "-b", help="A board's name; see `tinyengine boards`.")
]
OptionalBoard = Annotated[
    str | None, typer.Option("--board", "-b", help="A board's name; see `tinyengine boards`.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
EmulatorOption = Annotated[
    Emulator | None,
    typer.Option(
        "--emulator",
        parser=parse_emulator,
        metavar="[unicorn|qemu]",
        help="Default: unicorn where it has the core.",
    ),
]
PortOption = Annotated[
    str | None,
    typer.Option(
        "--port",
        metavar="PORT",
        help="Not emulated: on the real board at this serial port, which has the same firmware.",
    ),
]
StreamOption = Annotated[
    bool,
    typer.Option("--stream-input", help="Take the input row by row: NAME_run_rows()."),
]
SizeOption = typer.Option(parser=parse_size, metavar="BYTES")
