"""`tinyengine flash`: write the firmware into a real board."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tinyengine import api
from tinyengine.api import Firmware
from tinyengine.cli.console import err, out, print_json, progress, reported
from tinyengine.cli.options import JsonOption, parse_path
from tinyengine.delivery import (
    FLASH_TOOLS,
    Device,
    Flashed,
    flash_firmware,
    refuse_to_choose,
    the_port,
    wait_for_hello,
)
from tinyengine.errors import UsageError


@reported
def flash_command(
    directory: Annotated[
        Path,
        typer.Argument(parser=parse_path, help="An output directory of `compile`.", metavar="DIR"),
    ],
    probe: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Of the probe, or the drive or port of a bootloader; its start will do.",
        ),
    ] = None,
    tool: Annotated[
        str, typer.Option(metavar=f"<{'|'.join(FLASH_TOOLS)}>", help="auto: what the board has.")
    ] = FLASH_TOOLS[0],
    run: Annotated[
        bool, typer.Option("--run", help="Wait until the firmware answers at its serial port.")
    ] = False,
    port: Annotated[
        str | None, typer.Option(metavar="PORT", help="The board's serial port, for --run.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the firmware into the board that is connected, verify it, and reset the board."""
    if port is not None and not run:
        raise UsageError("--port", "is where --run waits: give that, too")
    firmware = api.load(directory)
    where = (port or the_port()) if run else None
    flashed = flash(firmware, probe, tool)
    if where is not None:
        wait_for_hello(firmware.product, where, progress=progress)
    if json:
        print_json(_as_json(flashed, where))
        return
    out.print(told(flashed), markup=False)
    if where is not None:
        out.print(
            f"the firmware answers at {where}: run and validate take --port {where}", markup=False
        )


def flash(firmware: Firmware, probe: str | None = None, tool: str = FLASH_TOOLS[0]) -> Flashed:
    """Flash a firmware; where several devices are connected, ask whoever sits at the terminal."""
    return flash_firmware(firmware.product, probe=probe, tool=tool, choose=_ask, progress=progress)


def told(flashed: Flashed) -> str:
    """Say what was written."""
    return (
        f"{flashed.nbytes:,} bytes written to 0x{flashed.address:08x} of {flashed.board} with "
        f"{flashed.device.tool}, verified; the board was reset"
    )


def _ask(devices: Sequence[Device]) -> Device:
    if not (sys.stdin.isatty() and err.is_terminal):
        return refuse_to_choose(devices)
    for number, device in enumerate(devices, 1):
        err.print(f"{number}  {device.id}  {device.description} ({device.tool})", markup=False)
    answer: int = typer.prompt("which one?", type=int, err=True)
    return devices[answer - 1] if 1 <= answer <= len(devices) else refuse_to_choose(devices)


def _as_json(flashed: Flashed, port: str | None) -> dict[str, object]:
    return {
        "board": flashed.board,
        "tool": flashed.device.tool,
        "device": flashed.device.id,
        "address": flashed.address,
        "nbytes": flashed.nbytes,
        "verified": True,
        "port": port,
    }
