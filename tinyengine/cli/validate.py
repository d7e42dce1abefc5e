"""`tinyengine validate`: compare the emulated board with the references, byte by byte."""

from collections.abc import Iterator
from typing import Annotated

import typer

from tinyengine import api
from tinyengine.api import Objective, Place, Report, Schedule, Timing, Verdict
from tinyengine.board import load_board
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.flash import flash as flash_board
from tinyengine.cli.options import (
    BoardOption,
    DetectionOption,
    EmulatorOption,
    FlashOption,
    JsonOption,
    ModelArgument,
    ObjectiveOption,
    PlaceOption,
    PortOption,
    ScheduleOption,
    ShapesOption,
    SignatureOption,
    SramOption,
    StepsOption,
    StreamOption,
    SubgraphOption,
    ToolchainOption,
    parse_shapes,
)
from tinyengine.cli.times import spread, time_rows
from tinyengine.errors import UsageError
from tinyengine.report.codec import Json, to_json


@reported
def validate_command(
    model: ModelArgument,
    board: BoardOption,
    samples: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="Random inputs to try.")
    ] = 5,
    steps: StepsOption = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the random inputs.")] = 0,
    emulator: EmulatorOption = None,
    port: PortOption = None,
    flash_first: Annotated[
        bool, typer.Option("--flash-first", help="With --port: write the firmware there first.")
    ] = False,
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
    toolchain: ToolchainOption = None,  # noqa: ARG001 -- its callback does it
    json: JsonOption = False,
) -> None:
    """Compile a model, run random inputs on the emulated board and compare every output byte."""
    Place(emulator=emulator, port=port).check(load_board(board))
    if flash_first and port is None:
        raise UsageError("--flash-first", "is for a real board: give its --port")
    firmware = api.compile(
        model,
        board=board,
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
        progress=progress,
    )
    if flash_first:
        flash_board(firmware)
    verdict = firmware.validate(
        samples=samples, steps=steps, seed=seed, emulator=emulator, port=port, progress=progress
    )
    timing = firmware.timing(progress=progress)
    if json:
        print_json(_as_json(firmware.report, verdict, timing))
    else:
        _show(firmware.report, verdict, timing)
    verdict.check(model.name)


def _as_json(report: Report, verdict: Verdict, timing: Timing | None) -> Json:
    return {
        "model": report.model.name,
        "board": report.board,
        "emulator": verdict.emulator,
        "samples": verdict.samples,
        "steps": verdict.steps,
        "references": list(verdict.references),
        "interpreter_refusal": verdict.refused or None,
        "onnxruntime": to_json(verdict.agreement) if verdict.agreement else None,
        "bit_exact": verdict.bit_exact,
        "mismatches": list(verdict.mismatches),
        "detection": {"box_steps": list(verdict.box_steps), "near_ties": verdict.near_ties}
        if verdict.has_rule
        else None,
        "writes_traced": verdict.writes_traced,
        "instructions": verdict.instructions[0] if verdict.instructions else None,
        "timing": None if timing is None else to_json(timing),
        "measured_ms": list(verdict.measured_ms) or None,
        "stack": verdict.stack,
        "sram": to_json(report.sram),
        "flash": to_json(report.flash),
    }


def _detection(verdict: Verdict) -> Iterator[str]:
    """Say how what need not be bit-exact was compared with the interpreter."""
    if verdict.has_rule and len(verdict.references) > 1:
        corners = "".join(f"corners to within {step:.2g}, " for step in verdict.box_steps)
        yield f"as the interpreter's: {corners}classes, scores, order and count the same"
    if verdict.near_ties:
        yield (
            f"but in {verdict.near_ties} of {verdict.samples} samples, where an overlap is so near "
            "the threshold that float32 rounds it over"
        )


_JUDGES = {"micro": "TFLite Micro's interpreter"}
"""The references whose names in JSON say too little to a reader."""


def _show(report: Report, verdict: Verdict, timing: Timing | None) -> None:
    rows = table("", "")
    add_row(rows, "board", f"{report.board} ({verdict.emulator})")
    of_steps = f", of {verdict.steps} steps each" if verdict.steps > 1 else ""
    add_row(rows, "samples", f"{verdict.samples}{of_steps}")
    judges = [_JUDGES.get(each, each) for each in verdict.references]
    add_row(rows, "compared with", " and ".join(judges))
    if verdict.refused:
        add_row(rows, "interpreter", f"refuses the model: {verdict.refused}")
    if verdict.agreement:
        told = verdict.agreement
        share = f"equal in {told.equal:,} of {told.values:,} output values"
        add_row(rows, "onnxruntime", told.refused or share)
    exact = "yes, every output byte"
    if verdict.has_rule:
        exact = "with numpy, every output byte"
    add_row(rows, "bit-exact", "no" if verdict.mismatches else exact)
    for line in _detection(verdict):
        add_row(rows, "detection", line)
    if verdict.writes_traced:
        add_row(rows, "writes", "traced: only to the arena and the stack")
    add_row(rows, "SRAM", f"{report.sram.total:,} bytes")
    add_row(rows, "flash", f"{report.flash.total:,} bytes")
    if verdict.instructions:
        add_row(rows, "instructions", spread(verdict.instructions))
    for name, text in time_rows(timing, verdict.measured_ms, verdict.clock_hz):
        add_row(rows, name, text)
    if any(entry.dtype is not entry.model_dtype for entry in report.inputs):
        add_row(rows, "edges", "float32 in the model; the host converts")
    out.print(rows)
    for text in verdict.mismatches[:5]:
        out.print(text, markup=False)
