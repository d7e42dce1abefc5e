"""docs/operators.md and `tinyengine ops` say what the importer takes."""

import re

import pytest

from tests.importers.operator_types import accepted, refusals
from tests.operators_page import MICRO, PAGE, TABLE, WHY_NOT, ours, page, types_table
from tests.support import ROOT
from tinyengine.importers.tflite.handlers import HANDLERS
from tinyengine.ir import DType

AGAIN = "`python -m tests.operators_page` writes it again"


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), AGAIN


def test_the_types_that_ops_lists_are_those_that_the_importer_takes() -> None:
    assert TABLE.read_text(encoding="utf-8") == types_table(), AGAIN


def test_readme_has_the_count() -> None:
    (count,) = re.findall(r"(\d+) operators of TFLite", (ROOT / "README.md").read_text())
    assert int(count) == len(ours())


def test_ninety_operators_are_compiled_and_the_others_of_tflite_micro_have_a_reason() -> None:
    assert len(ours()) >= 90
    assert set(MICRO) - set(ours()) <= set(WHY_NOT)


def test_types_are_found_by_trying() -> None:
    # Of the three: sums of scaled bytes, numbers too; windows, bytes only; truths, nothing else.
    assert {DType.INT8, DType.INT32} <= set(accepted("ADD"))
    assert DType.INT8 in accepted("MAX_POOL_2D") and DType.BOOL not in accepted("MAX_POOL_2D")
    assert accepted("LOGICAL_AND") == (DType.BOOL,)
    assert {DType.INT8, DType.INT32, DType.BOOL} <= set(accepted("SELECT_V2"))


@pytest.mark.parametrize("opcode", sorted(HANDLERS))
def test_a_refused_type_is_named_with_the_operator_and_what_to_do(opcode: str) -> None:
    for dtype, text in refusals(opcode):
        where = rf"^error: model.tflite: (op \d {opcode}|input \d|output \d) "
        lines = [line for line in text.splitlines() if re.match(where, line)]
        assert any(re.search(rf"\b{dtype.value}\b", line) for line in lines), text
        assert "  hint: " in text, text
