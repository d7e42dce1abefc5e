"""`tinyengine report`: one HTML page on a compiled model."""

from pathlib import Path
from typing import Annotated

import typer

from tinyengine.cli.console import out, reported
from tinyengine.cli.files import write_file
from tinyengine.cli.profile import profile_json, profile_product
from tinyengine.errors import ToolError, UsageError
from tinyengine.product.pipeline import Product, load_product
from tinyengine.report.page import render_page
from tinyengine.report.report import Json


@reported
def report_command(
    directory: Annotated[
        Path, typer.Argument(help="An output directory of `compile`.", metavar="DIR")
    ],
) -> None:
    """Write DIR/report.html: memory over time, operators with what they cost, flash."""
    product = load_product(directory)
    if "buffers" not in product.report:
        raise UsageError(
            str(directory),
            "was compiled by an earlier tinyengine, whose report.json has no buffers",
            "compile the model again",
        )
    profile, unprofiled = _profile(product)
    target = directory / "report.html"
    write_file(target, render_page(product.report, profile, unprofiled))
    out.print(f"written to {target}", markup=False)


def _profile(product: Product) -> tuple[Json | None, str]:
    """Give the product's profile, or why there is none: the page says it."""
    try:
        return profile_json(product, profile_product(product)), ""
    except ToolError as error:
        first = error.problems[0]
        return None, f"{first.where}: {first.problem}"
