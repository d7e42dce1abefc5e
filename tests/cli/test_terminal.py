"""What the commands print is text: names from anywhere give the terminal no orders."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.command import refused, succeeded, tinyengine
from tinyengine.cli.console import add_row, out, table
from tinyengine.errors import TinyEngineError, printable

BOARD = ("--board", "stm32f746")
HOSTILE = "a\x1b]0;title\x07\x1b[2J\r\x08\x9b31m\u202e\u2028\nerror: b"
"""Sets the title, clears the screen, colours, turns the writing direction, forges a line."""

SHOWN = r"a\x1b]0;title\x07\x1b[2J\x0d\x08\x9b31m\u202e\u2028\x0aerror: b"


def has_orders(text):
    return any(not c.isprintable() for c in text.replace("\n", ""))


def test_what_is_no_text_is_escaped():
    assert printable(HOSTILE) == SHOWN
    assert printable("Größe 3×3 → ok") == "Größe 3×3 → ok"
    assert printable(os.fsdecode(b"\xff\x80")) == r"\xff\x80"


def test_every_part_of_an_error_is_one_line():
    error = TinyEngineError(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,))
    assert str(error).split("\n") == [f"error: {SHOWN}: {SHOWN}", f"  {SHOWN}", f"  hint: {SHOWN}"]


def test_lines_and_cells_are_escaped(capsys):
    rows = table("name", title=HOSTILE)
    add_row(rows, HOSTILE)
    out.print(rows)
    out.print(HOSTILE, markup=False)
    shown = capsys.readouterr().out
    assert not has_orders(shown) and shown.count(SHOWN) == 3


@pytest.mark.parametrize("command", ["compile", "validate", "run", "profile", "pareto", "explain"])
def test_a_models_file_name_is_shown_as_text(command, tmp_path):
    model = tmp_path / f"{HOSTILE}.tflite"
    model.write_bytes(b"no model")
    board = () if command == "explain" else BOARD
    outcome = tinyengine(command, model, *board)
    assert outcome.code == 3 and SHOWN in outcome.stderr
    assert not has_orders(outcome.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        (HOSTILE,),
        ("explain", "m", f"--{HOSTILE}"),
        ("compile", "m", *BOARD, "--sram", HOSTILE),
        ("compile", "m", *BOARD, "--objective", HOSTILE),
        ("validate", "m", *BOARD, "--emulator", HOSTILE),
        ("validate", "m", *BOARD, "--samples", HOSTILE),
        ("compile", "m", "--board", HOSTILE),
        ("compile", "m", *BOARD, "--name", HOSTILE),
        ("report", HOSTILE),
        ("profile", HOSTILE, *BOARD),
    ],
    ids=lambda arguments: arguments[-2 if len(arguments) > 3 else 0].strip("-")[:9],
)
def test_a_wrong_command_line_is_shown_as_text(arguments):
    outcome = tinyengine(*arguments)
    assert outcome.code in (2, 3)
    assert not has_orders(outcome.stderr)


def test_a_directory_and_its_report_are_shown_as_text(compiled, small, tmp_path):
    target = tmp_path / HOSTILE.replace("\r", "").replace("\n", "'\"$(touch pwned)`touch pwned`")
    told = succeeded("compile", small, *BOARD, "-o", target)
    assert not has_orders(told.stdout + told.stderr) and SHOWN[:20] in told.stdout
    assert not list(tmp_path.rglob("pwned")) and not Path("pwned").exists()
    shutil.copytree(compiled, product := tmp_path / "product")
    report = json.loads((product / "report.json").read_text())
    for port in (*report["inputs"], *report["outputs"]):
        port["name"] = HOSTILE
    for op in report["operators"]:
        op["name"] = HOSTILE
    (product / "report.json").write_text(json.dumps(report))
    for command in ("run", "profile"):
        told = tinyengine(command, product)
        assert not has_orders(told.stdout + told.stderr)


def test_a_file_that_cannot_be_written_is_named_as_text(compiled, tmp_path):
    message = refused(1, "run", compiled, "-o", tmp_path / HOSTILE / "out.npy")
    assert SHOWN in message
