"""`tinyengine tune`: measures every kernel on sample operators, and fits what it costs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tinyengine.board import Isa
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.files import write_file
from tinyengine.cli.options import JsonOption, parse_path
from tinyengine.files import check_writable
from tinyengine.report.codec import Json
from tinyengine.tune import BOARDS, TABLE, read_table, table_text, tune, update_table


@reported
def tune_command(
    isa: Annotated[Isa, typer.Option(help="Whose kernels to measure.")],
    only: Annotated[
        str, typer.Option(help="Only kernels whose name has this in it.", metavar="TEXT")
    ] = "",
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            parser=parse_path,
            help="The table to update.",
            metavar="FILE",
            show_default="its own",
        ),
    ] = TABLE,
    json: JsonOption = False,
) -> None:
    """Measure kernels on the emulated core, and write what they cost into the table."""
    check_writable(output)
    read_table(output)  # before what takes long
    rows = tune(isa, only, progress)
    stored = update_table(output, isa, rows)
    write_file(output, table_text(stored))
    if json:
        print_json({"schema": 1, "isa": isa.value, "board": BOARDS[isa], "rows": rows})
    else:
        _show(rows, isa, output)


def _show(rows: Sequence[Json], isa: Isa, output: Path) -> None:
    lines = table(
        "kernel",
        "op",
        "reads",
        "writes",
        "shapes",
        "samples:",
        "instructions",
        "cycles each:",
        "error:",
    )
    for row in rows:
        cycles = row["cycles_per_instruction"]
        add_row(
            lines,
            *(row[key] for key in ("kernel", "op", "reads", "writes", "class")),
            f"{row['samples']}",
            " + ".join(f"{factor:g} {term}" for term, factor in row["instructions"].items()),
            "" if cycles is None else f"{cycles:.2f}",
            f"{row['worst']:.1%}",
        )
    out.print(f"kernels for {isa.value}, on {BOARDS[isa]}", markup=False)
    out.print(lines)
    out.print(f"written to {output}", markup=False)
