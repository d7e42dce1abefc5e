"""`tinyengine report`: one HTML page on a compiled model."""

from pathlib import Path
from typing import Annotated

import typer

from tinyengine import api
from tinyengine.cli.console import out, progress, reported
from tinyengine.cli.options import parse_path
from tinyengine.files import check_writable, write_bytes


@reported
def report_command(
    directory: Annotated[
        Path,
        typer.Argument(parser=parse_path, help="An output directory of `compile`.", metavar="DIR"),
    ],
) -> None:
    """Write DIR/report.html: memory over time, operators with what they cost, flash."""
    firmware = api.load(directory)
    target = directory / "report.html"
    check_writable(target, follow=False)
    write_bytes(target, firmware.page(progress=progress).encode("utf-8"), follow=False)
    out.print(f"written to {target}", markup=False)
