"""`tinyengine compile`: from a model file to a directory with sources, firmware and report."""

from pathlib import Path
from typing import Annotated

import typer

from tinyengine import api
from tinyengine.api import Objective, Observer, Report, Schedule, default_output
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import refuse_foreign_dump
from tinyengine.cli.options import (
    BoardOption,
    DetectionOption,
    FlashOption,
    JsonOption,
    ModelArgument,
    ObjectiveOption,
    PlaceOption,
    ScheduleOption,
    ShapesOption,
    SignatureOption,
    SramOption,
    StreamOption,
    SubgraphOption,
    ToolchainOption,
    parse_path,
    parse_shapes,
)
from tinyengine.ir import Graph, format_graph
from tinyengine.product.output_directory import write_tree
from tinyengine.report.codec import to_json


@reported
def compile_command(
    model: ModelArgument,
    board: BoardOption,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", parser=parse_path, help="Default: build/NAME.", metavar="DIR"
        ),
    ] = None,
    sram: SramOption = None,
    flash: FlashOption = None,
    objective: ObjectiveOption = Objective.BALANCED,
    schedule: ScheduleOption = Schedule.AUTO,
    stream_input: StreamOption = False,
    place: PlaceOption = None,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    shape: ShapesOption = None,
    detection: DetectionOption = False,
    name: Annotated[str | None, typer.Option(help="The model's name in C.", metavar="NAME")] = None,
    dump_ir: Annotated[
        Path | None,
        typer.Option(parser=parse_path, help="Write the IR after every pass here.", metavar="DIR"),
    ] = None,
    toolchain: ToolchainOption = None,  # noqa: ARG001 -- its callback does it
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite files of an earlier output that were edited.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Compile a model to C and to tested firmware for a board."""
    if dump_ir is not None:
        refuse_foreign_dump(dump_ir)
    target = default_output(model) if output is None else output
    firmware = api.compile(
        model,
        board=board,
        output=target,
        force=force,
        sram=sram,
        flash=flash,
        objective=objective,
        schedule=schedule,
        stream_input=stream_input,
        place=place,
        signature=signature,
        subgraph=subgraph,
        shapes=parse_shapes(shape),
        detection=detection,
        name=name,
        progress=progress,
        observe=_dumper(dump_ir),
    )
    if json:
        print_json(to_json(firmware.report))
    else:
        _show(firmware.report, target)


def _dumper(directory: Path | None) -> Observer | None:
    """Give an observer that writes every graph into `directory`, numbered in their order."""
    if directory is None:
        return None
    numbers = iter(range(1000))

    def write(stage: str, graph: Graph) -> None:
        """Write the graph after `stage` to a file of its own."""
        write_tree(directory, {f"{next(numbers):02}-{stage}.txt": format_graph(graph)})

    return write


def _show(report: Report, target: Path) -> None:
    sram, flash, places = report.sram, report.flash, report.placement
    rows = table("", "bytes:", "")
    add_row(rows, "SRAM", f"{sram.total:,}", "arena + static + stack")
    where = " + ".join(places.arena)
    scratch = f"in {where}, of it scratch {sram.scratch_in_arena:,}"
    add_row(rows, "  arena", f"{sram.arena:,}", scratch)
    add_row(rows, "  stack", f"{sram.stack:,}", f"in {places.stack}, measured")
    if places.kernels_nbytes:
        add_row(
            rows, "code copied", f"{places.kernels_nbytes:,}", f"to {places.kernels}, beyond SRAM"
        )
    add_row(rows, "flash", f"{flash.total:,}", "")
    add_row(rows, "  weights", f"{flash.weights:,}", "")
    add_row(rows, "  code", f"{flash.code:,}", "")
    add_row(rows, "  other constants", f"{flash.other_constants:,}", "")
    model, instructions = report.model, report.measured.instructions
    out.print(f"{model.name} for {report.board}, {model.macs:,} MACs after passes", markup=False)
    out.print(rows)
    if instructions is not None:
        out.print(f"instructions {instructions:,} per inference")
    for line in report.describe_peak():
        out.print(line, markup=False)
    out.print(f"written to {target}", markup=False)
