"""`tinyengine pareto`: what a schedule saves in SRAM and costs in instructions, as a curve."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from tinyengine.board import Board, load_board, place
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import write_file
from tinyengine.cli.options import (
    BoardOption,
    JsonOption,
    ModelArgument,
    SignatureOption,
    StreamOption,
    SubgraphOption,
)
from tinyengine.compiler import STACK_NBYTES, Options, check_flash, identify
from tinyengine.errors import FitError
from tinyengine.importers import NetworkChoice, load
from tinyengine.ir import Graph, count_graph_macs
from tinyengine.lower import lower
from tinyengine.passes import run_passes
from tinyengine.product.firmware import FIRMWARE_STATIC_NBYTES
from tinyengine.product.pipeline import aligned
from tinyengine.report.curve import Point, render_curve
from tinyengine.report.report import Json, ModelIdentity
from tinyengine.schedule import BlockKind, Choice, plan_choices

_NOTE = (
    "arena: exact, inputs, outputs and scratch included; stack and statics come on top\n"
    "instructions: estimated; `tinyengine validate --objective speed --sram BYTES` measures"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One line of the trade-off; `problem` says why the board cannot run it, empty if it can.

    `arena` is in bytes and exact, `instructions` are estimated.
    """

    arena: int
    instructions: int
    recompute_macs: int
    blocks: int
    streamed_blocks: int
    problem: str

    @property
    def fits(self) -> bool:
        """True where the board has the memories for it."""
        return not self.problem


@reported
def pareto_command(
    model: ModelArgument,
    board: BoardOption,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Write the curve here.", metavar="FILE")
    ] = None,
    stream_input: StreamOption = False,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    json: JsonOption = False,
) -> None:
    """Show SRAM against instructions: one line per schedule that is worth choosing."""
    options = Options(board=load_board(board), stream_input=stream_input)
    graph = load(model, NetworkChoice(signature=signature, subgraph=subgraph))
    identity = identify(model, graph.name)
    optimized = run_passes(graph)
    with progress(f"planning {model.name}") as watch:
        choices = plan_choices(
            optimized, options.board.target.isa, stream_input=stream_input, watch=watch
        )
        schedules = [_schedule(choice, options) for choice in choices]
    if svg is not None:
        write_file(svg, _curve(identity, options, schedules))
    if json:
        print_json(_as_json(identity, optimized, options, schedules))
    else:
        _show(identity, options, schedules)


def _schedule(choice: Choice, options: Options) -> Schedule:
    plan = choice.plan
    return Schedule(
        arena=plan.arena_nbytes,
        instructions=choice.instructions,
        recompute_macs=plan.recompute_macs,
        blocks=len(plan.blocks),
        streamed_blocks=sum(block.kind is not BlockKind.LAYER for block in plan.blocks),
        problem=_why_not(choice, options),
    )


def _why_not(choice: Choice, options: Options) -> str:
    """Say why the board's memories do not hold the plan and its constants; empty if they do.

    A streamed input is held by the firmware, as `tinyengine compile` would have it.
    """
    plan = choice.plan
    held = aligned(plan.fed.tensor.nbytes) if plan.fed is not None else 0
    try:
        place(options.board, plan.arena_nbytes + held, FIRMWARE_STATIC_NBYTES, STACK_NBYTES)
        check_flash(plan, lower(plan, "model"), replace(options, flash=None))
    except FitError as error:
        return error.problems[0].problem
    return ""


def _as_json(
    identity: ModelIdentity, graph: Graph, options: Options, schedules: Sequence[Schedule]
) -> Json:
    return {
        "schema": 1,
        "model": {
            "name": identity.name,
            "file": identity.file,
            "sha256": identity.sha256,
            "macs": count_graph_macs(graph),
        },
        "board": options.board.name,
        "isa": options.board.target.isa.value,
        "stream_input": options.stream_input,
        "estimated": ["instructions"],
        "measured": [],
        "schedules": [
            {
                "arena": each.arena,
                "instructions": each.instructions,
                "recompute_macs": each.recompute_macs,
                "blocks": each.blocks,
                "streamed_blocks": each.streamed_blocks,
                "fits": each.fits,
                "problem": each.problem or None,
            }
            for each in schedules
        ],
    }


def _show(identity: ModelIdentity, options: Options, schedules: Sequence[Schedule]) -> None:
    rows = table(
        "#:", "arena, bytes:", "instructions, estimated:", "recomputed MACs:", "streamed blocks:",
        "blocks:", "fits",
    )  # fmt: skip
    for number, each in enumerate(schedules, 1):
        add_row(
            rows,
            f"{number}",
            f"{each.arena:,}",
            f"{each.instructions:,}",
            f"{each.recompute_macs:,}",
            f"{each.streamed_blocks}",
            f"{each.blocks}",
            "yes" if each.fits else f"no: {each.problem}",
        )
    out.print(f"{identity.name} for {_title(options)}", markup=False)
    out.print(rows)
    out.print_lines(_NOTE)


def _curve(identity: ModelIdentity, options: Options, schedules: Sequence[Schedule]) -> str:
    points = [
        Point(
            nbytes=each.arena,
            instructions=each.instructions,
            fits=each.fits,
            remark=f"{each.streamed_blocks} streamed",
        )
        for each in schedules
    ]
    return render_curve(f"{identity.name} for {_title(options)}", points)


def _title(options: Options) -> str:
    board: Board = options.board
    return board.name + (", input streamed" if options.stream_input else "")
