"""Measure every model of a folder on boards, and write the table of results into a README.

    python examples/results.py FOLDER [--boards A,B] [--samples N] [--readme README.md]

Each cell is one `tinyengine compile` and one `tinyengine validate`: the firmware has run on the
emulated board and every output byte was compared with the reference. A wrong result stops it all.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

BOARDS = (
    "stm32f746",
    "mps2-an500",
    "mps2-an386",
    "mps2-an385",
    "mps2-an505",
    "mps3-an547",
)
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
DOES_NOT_FIT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model on one board; `report` is the compiler's, None where the model does not fit."""

    model: str
    board: str
    report: dict[str, Any] | None


def tinyengine(*arguments: str | Path) -> int:
    """Run the command line; give 0 or the code for "does not fit", stop on anything else."""
    command = [sys.executable, "-m", "tinyengine", *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode not in (0, DOES_NOT_FIT):
        raise SystemExit(f"{' '.join(command[2:])}\n{ran.stderr}{ran.stdout}")
    return ran.returncode


def measure(model: Path, board: str, samples: int) -> Result:
    """Compile `model` for `board`, validate it with `samples` inputs, and give the result."""
    print(f"{model.stem} on {board} ...", file=sys.stderr, flush=True)
    with TemporaryDirectory() as folder:
        output = Path(folder) / "out"
        if tinyengine("compile", model, "--board", board, "-o", output) == DOES_NOT_FIT:
            return Result(model=model.stem, board=board, report=None)
        report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    code = tinyengine("validate", model, "--board", board, "--samples", str(samples), "--json")
    return Result(model=model.stem, board=board, report=report if code == 0 else None)


def rendered(results: Sequence[Result]) -> str:
    """Give the table, in Markdown: a line per model, the instructions of each board as columns."""
    models = list(dict.fromkeys(result.model for result in results))
    boards = list(dict.fromkeys(result.board for result in results))
    cells = {(result.model, result.board): result.report for result in results}
    head = ["model", "MACs", "SRAM, bytes", "flash, bytes", *boards]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for model in models:
        reports = [cells.get((model, board)) for board in boards]
        lines.append([model, *sizes(reports), *(instructions(report) for report in reports)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def sizes(reports: Sequence[dict[str, Any] | None]) -> list[str]:
    """Give MACs, SRAM and flash on the first board that the model fits."""
    report = next((report for report in reports if report is not None), None)
    if report is None:
        return ["", "", ""]
    numbers = report["model"]["macs"], report["sram"]["total"], report["flash"]["total"]
    return [f"{number:,}" for number in numbers]


def instructions(report: dict[str, Any] | None) -> str:
    """Give the instructions of one inference, or that the model does not fit."""
    return "does not fit" if report is None else f"{report['measured']['instructions']:,}"


def replaced(text: str, table: str) -> str:
    """Give the README's `text` with `table` between the two marker comments."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"no {BEGIN} and {END} in the README")
    return f"{before}{begin}\n{table}\n{end}{after}"


def main() -> None:
    """Measure, then print the table or write it into the README."""
    parser = argparse.ArgumentParser(description="Measure models on emulated boards.")
    parser.add_argument("folder", type=Path, help="folder of .tflite files")
    parser.add_argument("--boards", default=",".join(BOARDS), help="names, with commas between")
    parser.add_argument("--samples", type=int, default=5, help="inputs to compare per cell")
    parser.add_argument("--readme", type=Path, help="write here, between the marker comments")
    arguments = parser.parse_args()
    models = sorted(arguments.folder.glob("*.tflite"))
    if not models:
        raise SystemExit(f"{arguments.folder}: no .tflite files")
    table = rendered(
        [
            measure(model, board, arguments.samples)
            for model in models
            for board in arguments.boards.split(",")
        ]
    )
    if arguments.readme is None:
        print(table)
    else:
        text = arguments.readme.read_text(encoding="utf-8")
        arguments.readme.write_text(replaced(text, table), encoding="utf-8")


if __name__ == "__main__":
    main()
