"""`tinyengine compile`: from a model file to a directory with sources, firmware and report."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tinyengine.board import load_board
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import refuse_files, refuse_foreign_dump
from tinyengine.cli.options import (
    BoardOption,
    FlashOption,
    JsonOption,
    ModelArgument,
    ObjectiveOption,
    Schedule,
    ScheduleOption,
    SignatureOption,
    SramOption,
    StreamOption,
    SubgraphOption,
)
from tinyengine.compiler import Compiled, Observer, Options, compile_model
from tinyengine.importers import NetworkChoice
from tinyengine.importers.names import check_name
from tinyengine.ir import Graph, format_graph
from tinyengine.product.output_directory import output_directory, write_tree
from tinyengine.product.pipeline import make_product_within_budget
from tinyengine.report.report import Json
from tinyengine.schedule import Objective, describe_peak


@reported
def compile_command(
    model: ModelArgument,
    board: BoardOption,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Default: build/NAME.", metavar="DIR")
    ] = None,
    sram: SramOption = None,
    flash: FlashOption = None,
    objective: ObjectiveOption = Objective.BALANCED,
    schedule: ScheduleOption = Schedule.AUTO,
    stream_input: StreamOption = False,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    name: Annotated[str | None, typer.Option(help="The model's name in C.", metavar="NAME")] = None,
    dump_ir: Annotated[
        Path | None, typer.Option(help="Write the IR after every pass here.", metavar="DIR")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compile a model to C and to tested firmware for a board."""
    if name is not None:
        check_name(name)
    if output is not None:
        refuse_files(output)
    if dump_ir is not None:
        refuse_foreign_dump(dump_ir)
    options = Options(
        board=load_board(board),
        name=name,
        sram=sram,
        flash=flash,
        objective=objective,
        layers_only=schedule is Schedule.LAYER,
        stream_input=stream_input,
        network=NetworkChoice(signature=signature, subgraph=subgraph),
    )
    options = replace(options, command=_command(model, options))
    with progress(f"compiling {model.name}") as watch:
        compiled = compile_model(model, options, observe=_dumper(dump_ir), watch=watch)
    target = output or Path("build") / compiled.identity.name
    with output_directory(target) as staging:
        compiled, product = make_product_within_budget(model, compiled, staging)
    if json:
        print_json(product.report)
    else:
        _show(product.report, compiled, target)


def _command(model: Path, options: Options) -> str:
    """Give the command that makes the same sources again, without paths."""
    words = ["tinyengine", "compile", model.name, "--board", options.board.name]
    if options.objective is not Objective.BALANCED:
        words += ["--objective", options.objective.value]
    words += ["--schedule", "layer"] if options.layers_only else []
    words += ["--stream-input"] if options.stream_input else []
    words += ["--sram", str(options.sram)] if options.sram else []
    words += ["--flash", str(options.flash)] if options.flash else []
    words += ["--signature", options.network.signature] if options.network.signature else []
    words += ["--subgraph", options.network.subgraph] if options.network.subgraph else []
    words += ["--name", options.name] if options.name else []
    return shlex.join(words)


def _dumper(directory: Path | None) -> Observer | None:
    """Give an observer that writes every graph into `directory`, numbered in their order."""
    if directory is None:
        return None
    numbers = iter(range(1000))

    def write(stage: str, graph: Graph) -> None:
        write_tree(directory, {f"{next(numbers):02}-{stage}.txt": format_graph(graph)})

    return write


def _show(report: Json, compiled: Compiled, target: Path) -> None:
    sram, flash = report["sram"], report["flash"]
    rows = table("", "bytes:", "")
    add_row(rows, "SRAM", f"{sram['total']:,}", "arena + static + stack")
    add_row(rows, "  arena", f"{sram['arena']:,}", f"of it scratch {sram['scratch_in_arena']:,}")
    add_row(rows, "  stack", f"{sram['stack']:,}", "measured")
    add_row(rows, "flash", f"{flash['total']:,}", "")
    add_row(rows, "  weights", f"{flash['weights']:,}", "")
    add_row(rows, "  code", f"{flash['code']:,}", "")
    add_row(rows, "  other constants", f"{flash['other_constants']:,}", "")
    model, measured = report["model"], report["measured"]
    out.print(
        f"{model['name']} for {report['board']}, {model['macs']:,} MACs after passes", markup=False
    )
    out.print(rows)
    if measured["instructions"] is not None:
        out.print(f"instructions {measured['instructions']:,} per inference")
    for line in describe_peak(compiled.plan):
        out.print(line, markup=False)
    out.print(f"written to {target}", markup=False)
