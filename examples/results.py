"""Measure every model of a folder on boards, and write tables of results into a README.

    python examples/results.py FOLDER [--table speed|sram|boards] [--boards A,B] [--samples N]
                               [--readme README.md]

`speed` counts instructions on each board with `--objective speed`, and models cycles; `sram` gives
the least memory with the input held and with the input streamed, `boards` the smallest board, which
`tinyengine fit` finds.
Each cell is one `tinyengine validate`: the firmware has run on the emulated board and every output
byte was compared with the reference. A wrong result stops it all.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

SPEED_BOARDS = ("mps2-an500", "mps2-an386")
"""A Cortex-M7 and a Cortex-M4 with room for every model."""

SRAM_BOARDS = ("stm32f746", "stm32h743", "mps2-an500")
"""Where the least memory is measured: on the first of these that the model fits."""

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
DOES_NOT_FIT, REFUSED = 4, 3

PEERS = {
    "mcunet_vww0": ("60,416", "–"),
    "mcunet_vww1": ("94,658", "221,200"),
    "mcunet_vww2": ("178,176", "–"),
    "mcunet_in3": ("266,240", "–"),
    "mcunet_in4": ("425,984", "–"),
    "mcunet_detection": ("258,116", "381,400"),
    "mlperf_vww_mobilenet96": ("61,324 (wrong result)", "103,200"),
    "mlperf_ic_resnet8": ("refused", "57,500"),
    "mlperf_kws_dscnn": ("refused", "25,300"),
    "mlperf_sww": ("refused", "19,000"),
    "mlperf_ad_toycar": ("3,604", "4,000"),
    "person_detect": ("wrong result", "84,800"),
    "mcunetv2_large": ("594,704", "2,603,500"),
}
"""SRAM in bytes that MIT TinyEngine and TFLite Micro need for the same files, or what happened."""

PEERS_SPEED = {
    "mlperf_ic_resnet8": ("29.6 M", "25.6 M, garbage"),
    "mlperf_vww_mobilenet96": ("24.4 M", "19.7 M, wrong"),
    "mlperf_kws_dscnn": ("7.73 M", "refused"),
    "mlperf_ad_toycar": ("0.583 M", "0.772 M"),
    "mlperf_sww": ("2.19 M", "refused"),
    "person_detect": ("23.2 M", "18.7 M, wrong"),
    "mcunet_vww1": ("47.9 M", "34.5 M, not exact"),
    "mcunet_detection": ("73.5 M", "54.6 M, not exact"),
    "mcunetv2_large": ("833 M", "509 M, wrong"),
}
"""Instructions that TFLite Micro with CMSIS-NN and MIT TinyEngine execute on a Cortex-M7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One model on one board; `verdict` is what `validate` says, None where it does not fit.

    `cycles` are modelled, None where there is no model of the core or none was asked for.
    """

    model: str
    macs: int
    board: str
    verdict: dict[str, Any] | None
    cycles: int | None = None


def tinyengine(*arguments: str | Path, may_refuse: bool = False) -> dict[str, Any] | None:
    """Run a command with --json and give its object, None for "does not fit"; stop on failure.

    Where it `may_refuse`, None also says that the model is not of the kind that was asked for.
    """
    command = [sys.executable, "-m", "tinyengine", *map(str, arguments), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode == DOES_NOT_FIT or (may_refuse and ran.returncode == REFUSED):
        return None
    if ran.returncode != 0:
        raise SystemExit(f"{' '.join(command[2:])}\n{ran.stderr}{ran.stdout}")
    given: dict[str, Any] = json.loads(ran.stdout)
    return given


def measure(model: Path, board: str, samples: int, *options: str) -> Result:
    """Validate `model` on `board` with `samples` inputs, compiled with `options`."""
    what = " ".join((model.stem, "on", board, *options))
    print(f"{what} ...", file=sys.stderr, flush=True)
    explained = tinyengine("explain", model)
    assert explained is not None, "explain needs no board to fit"
    arguments = ("validate", model, "--board", board, "--samples", str(samples), *options)
    verdict = tinyengine(*arguments, may_refuse="--stream-input" in options)
    assert verdict is None or verdict["bit_exact"], "validate exits with 6 if not"
    return Result(model=model.stem, macs=explained["macs"], board=board, verdict=verdict)


def speed_table(models: Sequence[Path], boards: Sequence[str], samples: int) -> str:
    """Give instructions and modelled cycles of every model on every board, and its peers'."""
    return rendered([measure_speed(model, board, samples) for model in models for board in boards])


def measure_speed(model: Path, board: str, samples: int) -> Result:
    """Validate and profile `model` on `board`, compiled for speed."""
    options = ("--objective", "speed")
    result = measure(model, board, samples, *options)
    if result.verdict is None:
        return result
    with TemporaryDirectory() as folder:
        tinyengine("compile", model, "--board", board, *options, "-o", Path(folder, "out"))
        profile = tinyengine("profile", Path(folder, "out"))
    assert profile is not None, "it has fitted the board before"
    return replace(result, cycles=profile["total"]["cycles"])


def sram_table(models: Sequence[Path], boards: Sequence[str], samples: int) -> str:
    """Give the SRAM of every model on the first board that it fits, and that of its peers."""
    head = [
        "model", "board", "input in SRAM, bytes", "bit-exact", "input streamed, bytes",
        "bit-exact", "MIT TinyEngine", "TFLite Micro",
    ]  # fmt: skip
    rows = []
    for model in models:
        held = first_fit(model, boards, samples, "--objective", "sram")
        streaming = (held.board,) if held.verdict else boards
        options = ("--objective", "sram", "--stream-input")
        streamed = first_fit(model, streaming, samples, *options)
        cells = [cell for result in (held, streamed) for cell in sram_cells(result, samples)]
        rows.append([model.stem, held.board, *cells, *PEERS.get(model.stem, ("–", "–"))])
    return markdown(head, rows)


def boards_table(models: Sequence[Path], boards: Sequence[str], samples: int) -> str:
    """Give for every model the first of `boards` by RAM that it fits, as `fit` says.

    The firmware for that board is then validated on it.
    """
    head = ["model", "smallest board", "its RAM, bytes", "SRAM, bytes", "its flash, bytes",
            "flash, bytes", "ms, modelled"]  # fmt: skip
    rows = []
    for model in models:
        print(f"{model.stem} on every board ...", file=sys.stderr, flush=True)
        told = tinyengine("fit", model, "--objective", "sram")
        found = [each for each in (told or {"boards": []})["boards"] if each["board"] in boards]
        fitting = next((each for each in found if each["fits"]), None)
        if fitting is None:
            rows.append([model.stem, "none", "", "", "", "", ""])
            continue
        result = measure(model, fitting["board"], samples, "--objective", "sram")
        assert result.verdict is not None, "fit says that it fits"
        needs = (result.verdict[memory]["total"] for memory in ("sram", "flash"))
        sram_need, flash_need = (f"{nbytes:,}" for nbytes in needs)
        timing = result.verdict["timing"]
        ms = "–" if timing is None else f"{timing['ms']:,.1f}"
        sizes = (f"{fitting['ram']:,}", sram_need, f"{fitting['flash']:,}", flash_need)
        rows.append([model.stem, result.board, *sizes, ms])
    return markdown(head, rows)


def first_fit(model: Path, boards: Sequence[str], samples: int, *options: str) -> Result:
    """Give the result on the first board that the model fits, or on the last, where it does not."""
    result = measure(model, boards[0], samples, *options)
    for board in boards[1:]:
        if result.verdict is not None:
            break
        result = measure(model, board, samples, *options)
    return result


def board_names() -> tuple[str, ...]:
    """Give the name of every board."""
    listed = tinyengine("boards")
    assert listed is not None, "boards need no memory"
    return tuple(board["name"] for board in listed["boards"])


def sram_cells(result: Result, samples: int) -> list[str]:
    """Give the bytes, and on how many samples every output byte was right."""
    if result.verdict is None:
        return ["–", "–"]
    return [f"{result.verdict['sram']['total']:,}", f"{samples} of {samples}"]


def rendered(results: Sequence[Result]) -> str:
    """Give the table, in Markdown: a line per model, what each board executes as columns."""
    boards = list(dict.fromkeys(result.board for result in results))
    counted = [f"{board}: {what}" for board in boards for what in ("instructions", "cycles")]
    head = ["model", "MACs", *counted, "SRAM, bytes", "code, bytes", "weights, bytes"]
    head += ["TFLite Micro", "MIT TinyEngine"]
    lines = []
    for model in dict.fromkeys(result.model for result in results):
        row = [result for result in results if result.model == model]
        by_board = {result.board: result for result in row}
        cells = [cell for board in boards for cell in executed(by_board[board])]
        peers = PEERS_SPEED.get(model, ("–", "–"))
        lines.append([model, f"{row[0].macs:,}", *cells, *sizes(row), *peers])
    return markdown(head, lines)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table whose first column is text and whose others are numbers."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def sizes(row: Sequence[Result]) -> list[str]:
    """Give SRAM, code and weights on the first board that the model fits."""
    verdict = next((result.verdict for result in row if result.verdict is not None), None)
    if verdict is None:
        return ["", "", ""]
    flash = verdict["flash"]
    return [f"{n:,}" for n in (verdict["sram"]["total"], flash["code"], flash["weights"])]


def executed(result: Result) -> list[str]:
    """Give instructions and cycles of one inference, or that the model does not fit."""
    if result.verdict is None:
        return ["does not fit", ""]
    cycles = "–" if result.cycles is None else f"{result.cycles:,}"
    return [f"{result.verdict['instructions']:,}", cycles]


def markers(table: str) -> tuple[str, str]:
    """Give the comments in the README between which a table stands."""
    name = "results" if table == "speed" else f"results-{table}"
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def replaced(text: str, table: str, marks: tuple[str, str] = (BEGIN, END)) -> str:
    """Give the README's `text` with `table` between the two marker comments."""
    before, begin, rest = text.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        raise SystemExit(f"no {marks[0]} and {marks[1]} in the README")
    return f"{before}{begin}\n{table}\n{end}{after}"


def main() -> None:
    """Measure, then print the table or write it into the README."""
    tables = {
        "speed": (speed_table, SPEED_BOARDS),
        "sram": (sram_table, SRAM_BOARDS),
        "boards": (boards_table, None),
    }
    parser = argparse.ArgumentParser(description="Measure models on emulated boards.")
    parser.add_argument("folder", type=Path, help="folder of .tflite files")
    parser.add_argument("--table", choices=tables, default="speed", help="which table")
    parser.add_argument("--boards", help="names, with commas between")
    parser.add_argument("--samples", type=int, default=5, help="inputs to compare per cell")
    parser.add_argument("--readme", type=Path, help="write here, between the marker comments")
    arguments = parser.parse_args()
    models = sorted(arguments.folder.glob("*.tflite"))
    if not models:
        raise SystemExit(f"{arguments.folder}: no .tflite files")
    make, usual = tables[arguments.table]
    boards = arguments.boards.split(",") if arguments.boards else usual or board_names()
    table = make(models, boards, arguments.samples)
    if arguments.readme is None:
        print(table)
    else:
        text = arguments.readme.read_text(encoding="utf-8")
        text = replaced(text, table, markers(arguments.table))
        arguments.readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
