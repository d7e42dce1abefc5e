"""`tinyengine pareto`: what a schedule saves in SRAM and costs in instructions, as a curve."""

from pathlib import Path
from typing import Annotated

import typer

from tinyengine import api
from tinyengine.api import Tradeoff, TradeoffPoint
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import refuse_to_overwrite, write_file
from tinyengine.cli.options import (
    BoardOption,
    DetectionOption,
    JsonOption,
    ModelArgument,
    ShapesOption,
    SignatureOption,
    SramOption,
    StreamOption,
    SubgraphOption,
    parse_path,
    parse_shapes,
)
from tinyengine.files import check_writable
from tinyengine.report.codec import Json

_NOTE = (
    "layers: each operator is done before the next begins, as with `compile --schedule layer`\n"
    "arena: exact, inputs, outputs and scratch included; stack and statics come on top\n"
    "instructions: estimated; `tinyengine validate --objective speed --sram BYTES` measures"
)


@reported
def pareto_command(
    model: ModelArgument,
    board: BoardOption,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", parser=parse_path, help="Write the curve here.", metavar="FILE"),
    ] = None,
    sram: SramOption = None,
    stream_input: StreamOption = False,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    shape: ShapesOption = None,
    detection: DetectionOption = False,
    json: JsonOption = False,
) -> None:
    """Show SRAM against instructions: one line per schedule that is worth choosing."""
    if svg is not None:
        check_writable(svg)
        refuse_to_overwrite("--svg", svg, model)
    found = api.pareto(
        model,
        board=board,
        sram=sram,
        stream_input=stream_input,
        signature=signature,
        subgraph=subgraph,
        shapes=parse_shapes(shape),
        detection=detection,
        progress=progress,
    )
    if svg is not None:
        write_file(svg, found.draw())
    if json:
        print_json(_as_json(found))
    else:
        _show(found)


def _as_json(found: Tradeoff) -> Json:
    return {
        "schema": 1,
        "model": {
            "name": found.model.name,
            "file": found.model.file,
            "sha256": found.model.sha256,
            "macs": found.macs,
        },
        "board": found.board.name,
        "isa": found.board.target.isa.value,
        "stream_input": found.stream_input,
        "estimated": ["instructions"],
        "measured": [],
        "schedules": [_schedule_json(each) for each in found.schedules],
        "layers": _schedule_json(found.layers),
        "room": {"name": found.bound.name, "arena": found.bound.nbytes},
    }


def _schedule_json(schedule: TradeoffPoint) -> Json:
    return {
        "arena": schedule.arena,
        "instructions": schedule.instructions,
        "recompute_macs": schedule.recompute_macs,
        "blocks": schedule.blocks,
        "streamed_blocks": schedule.streamed_blocks,
        "fits": schedule.fits,
        "problem": schedule.problem or None,
    }


def _show(found: Tradeoff) -> None:
    rows = table(
        "#:", "arena, bytes:", "instructions, estimated:", "recomputed MACs:", "streamed blocks:",
        "blocks:", "fits",
    )  # fmt: skip
    named = [(f"{number}", each) for number, each in enumerate(found.schedules, 1)]
    for name, each in (*named, ("layers", found.layers)):
        add_row(
            rows,
            name,
            f"{each.arena:,}",
            f"{each.instructions:,}",
            f"{each.recompute_macs:,}",
            f"{each.streamed_blocks}",
            f"{each.blocks}",
            "yes" if each.fits else f"no: {each.problem}",
        )
    out.print(found.title, markup=False)
    out.print(rows)
    out.print_lines(_NOTE)
