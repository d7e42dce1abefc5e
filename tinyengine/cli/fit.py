"""`tinyengine fit`: which boards a model fits, what it takes there, and what is left."""

from typing import Annotated

import typer

from tinyengine import choosing
from tinyengine.api import Objective
from tinyengine.choosing import BoardFit
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.options import (
    DetectionOption,
    JsonOption,
    ModelArgument,
    ObjectiveOption,
    SignatureOption,
    StreamOption,
    SubgraphOption,
    ToolchainOption,
)
from tinyengine.report.codec import Json

_NOTE = (
    "SRAM and flash: of linked firmware, the stack measured, on the board of that kind which is\n"
    "named; left: of the board's RAM and flash. ms: modelled cycles at the board's clock; of it\n"
    "waits: for flash, without them where its cache is not known (-)"
)


@reported
def fit_command(
    model: ModelArgument,
    fps: Annotated[
        float | None,
        typer.Option(
            "--fps",
            min=0.001,
            metavar="N",
            help="Say which boards make so many inferences a second.",
        ),
    ] = None,
    objective: ObjectiveOption = Objective.BALANCED,
    stream_input: StreamOption = False,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    detection: DetectionOption = False,
    toolchain: ToolchainOption = None,  # noqa: ARG001 -- its callback does it
    json: JsonOption = False,
) -> None:
    """Compile a model for every board: SRAM, flash and ms, and what is left of each."""
    found = choosing.fit(
        model,
        objective=objective,
        stream_input=stream_input,
        signature=signature,
        subgraph=subgraph,
        detection=detection,
        progress=progress,
    )
    if json:
        print_json({"schema": 1, "fps": fps, "boards": [_as_json(fit, fps) for fit in found]})
    else:
        _show(found, fps)
    choosing.refuse_all(model, found, fps)


def _as_json(fit: BoardFit, fps: float | None) -> Json:
    needs = fit.needs
    return {
        "board": fit.board.name,
        "core": fit.board.target.name,
        "clock_hz": fit.board.clock_hz,
        "fits": needs is not None,
        "problem": fit.problem or None,
        "ram": fit.ram,
        "flash": fit.flash,
        "sram": None if needs is None else {"total": needs.sram, "left": fit.ram - needs.sram},
        "flash_use": None
        if needs is None
        else {"total": needs.flash, "left": fit.flash - needs.flash},
        "instructions": None if needs is None else needs.instructions,
        "cycles": None if needs is None else needs.cycles,
        "waits": None if needs is None else needs.waits,
        "ms": None if fit.ms is None else round(fit.ms, 4),
        "fast_enough": None if fps is None else fit.reaches(fps),
        "measured_on": None if needs is None else needs.measured_on,
    }


def _show(found: tuple[BoardFit, ...], fps: float | None) -> None:
    wanted = () if fps is None else (f"{fps:g} fps",)
    rows = table(
        "board",
        "core",
        "SRAM:",
        "left:",
        "flash:",
        "left:",
        "MHz:",
        "ms:",
        "waits:",
        *wanted,
        "measured on",
    )
    for fit in found:
        add_row(rows, fit.board.name, fit.board.target.name, *_needs(fit, fps))
    out.print(rows)
    for fit in found:
        if fit.problem:
            out.print(f"{fit.board.name}: {fit.problem}", markup=False)
    out.print_lines(_NOTE)


def _needs(fit: BoardFit, fps: float | None) -> tuple[str, ...]:
    """Give the cells that say what the model needs."""
    clock, needs = f"{fit.board.clock_hz / 1e6:g}", fit.needs
    answer = {True: "yes", False: "no", None: "?"}
    wanted = () if fps is None else (answer[fit.reaches(fps)],)
    if needs is None:
        return ("-", "-", "-", "-", clock, "does not fit", "", *wanted, "")
    return (
        f"{needs.sram:,}",
        f"{fit.ram - needs.sram:,}",
        f"{needs.flash:,}",
        f"{fit.flash - needs.flash:,}",
        clock,
        "no model" if fit.ms is None else f"{fit.ms:,.2f}",
        "-" if fit.waits_ms is None else f"{fit.waits_ms:,.2f}",
        *wanted,
        needs.measured_on,
    )
