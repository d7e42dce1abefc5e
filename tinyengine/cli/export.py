"""`tinyengine export`: a model as a library for another build system."""

from pathlib import Path
from typing import Annotated

import typer

from tinyengine.api import Objective
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.options import (
    DetectionOption,
    JsonOption,
    ObjectiveOption,
    SignatureOption,
    StreamOption,
    SubgraphOption,
    parse_path,
)
from tinyengine.delivery import DEFAULT_LABEL, ECOSYSTEM_NAMES, Label, Package, export_model


@reported
def export_command(
    source: Annotated[
        Path,
        typer.Argument(
            parser=parse_path,
            help="A model file, for every kind of core, or an output directory of `compile`, for "
            "its board's (for renode: its firmware).",
            metavar="MODEL|DIR",
        ),
    ],
    to: Annotated[str, typer.Option("--to", metavar=f"<{'|'.join(ECOSYSTEM_NAMES)}>")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            parser=parse_path,
            metavar="DIR",
            help="Where the packages go: the model's and, beside it, that of the kernels.",
        ),
    ],
    objective: ObjectiveOption = Objective.BALANCED,
    stream_input: StreamOption = False,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    detection: DetectionOption = False,
    name: Annotated[str | None, typer.Option(help="The model's name in C.", metavar="NAME")] = None,
    version: Annotated[
        str, typer.Option(metavar="X.Y.Z", help="Of the model's package.")
    ] = DEFAULT_LABEL.version,
    license_name: Annotated[
        str, typer.Option("--license", metavar="SPDX", help="Of the model's package.")
    ] = DEFAULT_LABEL.license,
    url: Annotated[
        str, typer.Option(metavar="URL", help="Where it is published.")
    ] = DEFAULT_LABEL.url,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite packages that were edited.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Export a model as a library for another build system."""
    packages = export_model(
        source,
        to=to,
        output=output,
        objective=objective,
        stream_input=stream_input,
        signature=signature,
        subgraph=subgraph,
        detection=detection,
        name=name,
        label=Label(version=version, license=license_name, url=url),
        force=force,
        progress=progress,
    )
    if json:
        print_json({"to": to, "packages": [_as_json(package) for package in packages]})
        return
    rows = table("package", "version", "files:", "folder")
    for package in packages:
        files = f"{len(package.files):,}"
        add_row(rows, package.name, package.version, files, str(package.directory))
    out.print(rows)
    out.print(f"{packages[0].directory}/README.md says how to use it", markup=False)


def _as_json(package: Package) -> dict[str, object]:
    return {
        "name": package.name,
        "version": package.version,
        "directory": str(package.directory),
        "files": list(package.files),
    }
