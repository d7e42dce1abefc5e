"""The options that commands share, and how sizes are read."""

import os
from pathlib import Path
from typing import Annotated

import typer

from tinyengine.api import Emulator, Objective, Schedule
from tinyengine.errors import UsageError
from tinyengine.product.tools import CROSS
from tinyengine.sizes import parse_size


def parse_bytes(text: str) -> int:
    """Read a size in bytes: 98304, 96K or 1M."""
    try:
        return parse_size(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def parse_emulator(text: str) -> Emulator:
    """Read the name of an emulator."""
    names = {each.value: each for each in Emulator if each is not Emulator.SERIAL}
    if text not in names:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(names)}")
    return names[text]


def parse_path(text: str) -> Path:
    """Read the path of a file or directory: an empty one would be the current directory."""
    if not text:
        raise typer.BadParameter("the path is empty; write . for the current directory")
    return Path(text)


def parse_shapes(texts: list[str] | None) -> dict[str, tuple[int, ...]]:
    """Read shapes of inputs, NAME=1,3,48,48 each."""
    shapes = {}
    for text in texts or ():
        name, _, sizes = text.rpartition("=")
        try:
            shapes[name] = tuple(int(size) for size in sizes.split(","))
        except ValueError:
            raise UsageError("--shape", f"'{text}' is not NAME=1,3,48,48") from None
    return shapes


ModelArgument = Annotated[
    Path,
    typer.Argument(parser=parse_path, help="The model file (.tflite or .onnx).", metavar="MODEL"),
]
SignatureOption = Annotated[
    str | None,
    typer.Option(
        "--signature", metavar="NAME", help="The network of this signature; default: the first."
    ),
]
SubgraphOption = Annotated[
    str | None,
    typer.Option("--subgraph", metavar="NAME", help="The same by the subgraph's name or number."),
]
ShapesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--shape", metavar="NAME=SIZES", help="Of an input that the file leaves open: x=1,3,48,48."
    ),
]
DetectionOption = Annotated[
    bool,
    typer.Option(
        "--detection",
        help="Compile TFLite_Detection_PostProcess and NON_MAX_SUPPRESSION in integers: boxes to "
        "within one step of TFLite's float32, the same classes, scores and order.",
    ),
]
_BOARD = typer.Option(
    "--board", "-b", metavar="BOARD", help="A board's name; see `tinyengine boards`."
)
BoardOption = Annotated[str, _BOARD]
OptionalBoard = Annotated[str | None, _BOARD]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
EmulatorOption = Annotated[
    Emulator | None,
    typer.Option(
        "--emulator",
        parser=parse_emulator,
        metavar="<unicorn|qemu|renode>",
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


StepsOption = Annotated[
    int | None,
    typer.Option(
        "--steps",
        min=1,
        max=10_000,
        metavar="N",
        help="Of a model with state: steps one after the other, from its first state on.",
    ),
]


def use_toolchain(prefix: str | None) -> str | None:
    """Make this run, and what it starts, build with the toolchain that a user names."""
    if prefix == "":
        raise typer.BadParameter("the name is empty; leave the option out for the default")
    if prefix is not None:
        os.environ[CROSS] = prefix
    return prefix


ToolchainOption = Annotated[
    str | None,
    typer.Option(
        "--toolchain",
        metavar="PREFIX",
        callback=use_toolchain,
        help="What comes before gcc, like /opt/arm/bin/arm-none-eabi-, or clang. Default: $CROSS, "
        "else the first of gcc on PATH, gcc from its Python package, clang.",
    ),
]
StreamOption = Annotated[
    bool,
    typer.Option("--stream-input", help="Take the input row by row: NAME_run_rows()."),
]
PlaceOption = Annotated[
    str | None,
    typer.Option(
        "--place",
        metavar="PLACES",
        help="Memories of the board: stack=dtcm,arena=sram1+sram2,kernels=itcm, or some of these; "
        "none: nothing apart. Default: the fastest.",
    ),
]
SramOption = Annotated[
    int | None,
    typer.Option(
        parser=parse_bytes,
        metavar="SIZE",
        help="The most SRAM that inference may need, stack included: 98304 (bytes), 96K or 1M.",
    ),
]
FlashOption = Annotated[
    int | None,
    typer.Option(
        parser=parse_bytes,
        metavar="SIZE",
        help="The most flash for weights, code and constants: 98304 (bytes), 96K or 1M.",
    ),
]
ObjectiveOption = Annotated[
    Objective,
    typer.Option(
        help="What to have little of: cycles (speed), SRAM (sram), or (balanced) the fewest bytes "
        "within 15 % of the best cycles among plans within 1.25 times the least SRAM."
    ),
]
ScheduleOption = Annotated[
    Schedule,
    typer.Option(
        help="auto: stream chains of operators where that saves SRAM; "
        "layer: each operator is done before the next begins."
    ),
]
SourceArgument = Annotated[
    Path,
    typer.Argument(
        parser=parse_path,
        help="An output directory of `compile`, whose firmware is executed, or a model file.",
        metavar="DIR|MODEL",
    ),
]
