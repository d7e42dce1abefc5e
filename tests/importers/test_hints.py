"""What is told beside a refusal can cure it: of every refusal that the importer's sources have."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ROOT

FOLDER = ROOT / "tinyengine" / "importers"
SOURCES = [
    *sorted((FOLDER / "tflite").glob("*.py")),
    FOLDER / "shapes.py",
    FOLDER / "sub_pixels.py",
]

TYPES_AND_SCALES = re.compile(r"int8|int32|float|type|scale|zero point|quantized|oddities")
"""Of what a refusal speaks that another conversion of the same network can cure.

Oddities are tensors that are sparse, or whose shape or scales are none.
"""


def refusals(code: str) -> Iterator[tuple[str, str]]:
    """Give the text of every refusal of a source, as it is written there, and that of its hint."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusedError":
            problem, *rest = (ast.unparse(each) for each in node.args)
            yield problem, rest[0] if rest else "CONVERT_HINT"


def misled(code: str) -> list[str]:
    """Give the refusals that ask for another conversion, which would change nothing."""
    return [
        problem
        for problem, hint in refusals(code)
        if hint == "CONVERT_HINT" and not TYPES_AND_SCALES.search(problem)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_another_conversion_is_asked_for_only_where_it_helps(path: Path) -> None:
    assert misled(path.read_text(encoding="utf-8")) == []


def test_all_refusals_are_found() -> None:
    found = [each for path in SOURCES for each in refusals(path.read_text(encoding="utf-8"))]
    assert len(found) > 200
    assert all(hint.strip("'\"") for _, hint in found)


def test_a_hint_that_does_not_fit_is_found() -> None:
    code = "raise RefusedError('it gathers in every batch for itself')"
    assert misled(code) == ["'it gathers in every batch for itself'"]
    assert misled("raise RefusedError('its scale is 0')") == []
    assert misled("raise RefusedError('it has no rows', LIMIT_HINT)") == []
