"""`tinyengine report`: one HTML page on a compiled model."""

from pathlib import Path
from typing import Annotated

import typer

from tinyengine import api
from tinyengine.cli.console import out, progress, reported
from tinyengine.cli.files import write_file


@reported
def report_command(
    directory: Annotated[
        Path, typer.Argument(help="An output directory of `compile`.", metavar="DIR")
    ],
) -> None:
    """Write DIR/report.html: memory over time, operators with what they cost, flash."""
    page = api.load(directory).page(progress=progress)
    target = directory / "report.html"
    write_file(target, page)
    out.print(f"written to {target}", markup=False)
