"""What is emitted and printed for one small model, so that a change to it shows in the review.

The files beside this one are no proof of anything: `pytest --update-golden` writes them anew. What
depends on the compiler's version, sizes of code and counts of instructions, is a # in them.
"""

import difflib
import re
from pathlib import Path

import pytest

from tests.builders.networks import varied_network
from tests.cli.command import succeeded
from tests.support import require_tool

FOLDER = Path(__file__).parent / "varied"

MEASURED = re.compile(
    r"^((?:SRAM|  stack|flash|  code|  other constants|instructions) +)[0-9,]+", re.MULTILINE
)


@pytest.fixture(scope="module")
def emitted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give everything that has a golden file, by that file's name."""
    require_tool("arm-none-eabi-gcc")
    folder = tmp_path_factory.mktemp("golden")
    model, out, dump = folder / "varied.tflite", folder / "out", folder / "ir"
    model.write_bytes(varied_network())
    explained = succeeded("explain", model)
    compiled = succeeded("compile", model, "--board", "microbit", "-o", out, "--dump-ir", dump)
    return {
        "varied.h": (out / "varied.h").read_text(),
        "varied.c": (out / "varied.c").read_text(),
        "explain.txt": trimmed(explained.stdout),
        "compile.txt": trimmed(MEASURED.sub(r"\1#", compiled.stdout).replace(str(folder), "")),
        "ir.txt": changes(sorted(dump.iterdir())),
    }


def trimmed(text: str) -> str:
    """Give `text` without spaces at the ends of its lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def changes(dumps: list[Path]) -> str:
    """Give the first dump whole, and of the others what has changed, if anything."""
    first, *others = [(path.stem.partition("-")[2], path.read_text()) for path in dumps]
    parts, before = [f"== {first[0]}\n{first[1]}"], first[1]
    for name, text in others:
        lines = before.splitlines(), text.splitlines()
        changed = difflib.unified_diff(*lines, lineterm="", n=0)
        kept = [line for line in changed if not re.match(r"---|\+\+\+|@@", line)]
        if kept:
            parts.append("\n".join([f"== {name}", *kept]) + "\n")
        before = text
    return "\n".join(parts)


@pytest.mark.parametrize("name", ["varied.h", "varied.c", "explain.txt", "compile.txt", "ir.txt"])
def test_what_is_emitted_is_as_reviewed(
    name: str, emitted: dict[str, str], request: pytest.FixtureRequest
) -> None:
    golden = FOLDER / name
    if request.config.getoption("--update-golden"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(emitted[name], encoding="utf-8")
    reviewed = golden.read_text(encoding="utf-8") if golden.exists() else ""
    lines = reviewed.splitlines(), emitted[name].splitlines()
    change = "\n".join(difflib.unified_diff(*lines, "reviewed", "emitted", lineterm=""))
    assert reviewed == emitted[name], f"`pytest --update-golden` accepts:\n{change}"
