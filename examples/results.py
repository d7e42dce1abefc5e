"""Measure every model of a folder on boards, and write the table of results into a README.

    python examples/results.py FOLDER [--boards A,B] [--samples N] [--readme README.md]

Each cell is one `tinyengine validate`: the firmware has run on the
emulated board and every output byte was compared with the reference. A wrong result stops it all.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
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
    """One model on one board; `verdict` is what `validate` says, None where it does not fit."""

    model: str
    macs: int
    board: str
    verdict: dict[str, Any] | None


def tinyengine(*arguments: str | Path) -> dict[str, Any] | None:
    """Run a command with --json and give its object, None for "does not fit"; stop on failure."""
    command = [sys.executable, "-m", "tinyengine", *map(str, arguments), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == DOES_NOT_FIT:
        return None
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command[2:])}\n{ran.stderr}{ran.stdout}")
    given: dict[str, Any] = json.loads(ran.stdout)
    return given


def measure(model: Path, board: str, samples: int) -> Result:
    """Validate `model` on `board` with `samples` inputs."""
    print(f"{model.stem} on {board} ...", file=sys.stderr, flush=True)
    explained = tinyengine("explain", model)
    assert explained is not None, "explain needs no board to fit"
    verdict = tinyengine("validate", model, "--board", board, "--samples", str(samples))
    assert verdict is None or verdict["bit_exact"], "validate exits with 6 if not"
    return Result(model=model.stem, macs=explained["macs"], board=board, verdict=verdict)


def rendered(results: Sequence[Result]) -> str:
    """Give the table, in Markdown: a line per model, the instructions of each board as columns."""
    boards = list(dict.fromkeys(result.board for result in results))
    head = ["model", "MACs", "SRAM, bytes", "flash, bytes", *boards]
    lines = [head, ["---"] + ["---:"] * (len(head) - 1)]
    for model in dict.fromkeys(result.model for result in results):
        row = [result for result in results if result.model == model]
        verdicts = {result.board: result.verdict for result in row}
        cells = [instructions(verdicts.get(board)) for board in boards]
        lines.append([model, f"{row[0].macs:,}", *sizes(row), *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def sizes(row: Sequence[Result]) -> list[str]:
    """Give SRAM and flash on the first board that the model fits."""
    verdict = next((result.verdict for result in row if result.verdict is not None), None)
    if verdict is None:
        return ["", ""]
    return [f"{verdict[memory]['total']:,}" for memory in ("sram", "flash")]


def instructions(verdict: dict[str, Any] | None) -> str:
    """Give the instructions of one inference, or that the model does not fit."""
    return "does not fit" if verdict is None else f"{verdict['instructions']:,}"


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
