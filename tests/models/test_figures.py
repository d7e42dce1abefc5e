"""No model gets slower or larger: cycles or instructions, SRAM and flash against the table."""

from dataclasses import asdict

import pytest

from tests.builders.zoo import ZOO
from tests.models.figures import (
    DIGITS,
    Case,
    Figures,
    cases,
    measure,
    read_table,
    write_table,
)
from tests.models.real import MADE, MODELS, SMALL
from tests.support import FindModel, require_module, require_tool

MOST_PER_MILLE = 1005
"""What any figure may be of the stored one."""

REFRESH = (
    "if that is the price of something better, or figures fell: `make figures` measures the table"
    " anew; commit it with the change"
)


def growth(earlier: Figures, measured: Figures) -> list[str]:
    """Give a line for every figure that has grown too much."""
    before, after = asdict(earlier), asdict(measured)
    del before["instructions" if earlier.cycles else "cycles"]
    return [
        f"{name} {before[name]:,} -> {after[name]:,} ({after[name] / before[name] - 1:+.2%})"
        for name in before
        if after[name] * 1000 > before[name] * MOST_PER_MILLE
    ]


def check(case: Case) -> None:
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    grown = growth(read_table()[case], measure(case))
    assert not grown, f"{case.model} on {case.board}, {case.objective}: {grown}\n{REFRESH}"


def name_of(case: Case) -> str:
    return f"{case.model}-{case.board}-{case.objective}"


def stored(*models: str) -> tuple[Case, ...]:
    """Give the cases of these models that the table has."""
    return tuple(case for case in read_table() if case.model in models)


@pytest.mark.parametrize("case", stored(DIGITS), ids=name_of)
def test_the_digits_network_has_not_grown(case: Case) -> None:
    check(case)


@pytest.mark.models
@pytest.mark.parametrize("case", stored(*SMALL), ids=name_of)
def test_a_small_model_has_not_grown(case: Case, shared_model: FindModel) -> None:
    shared_model(case.model)
    check(case)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("case", stored(*(n for n in MODELS if n not in SMALL)), ids=name_of)
def test_a_model_has_not_grown(case: Case, shared_model: FindModel) -> None:
    shared_model(case.model)
    check(case)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("case", stored(*MADE), ids=name_of)
def test_a_model_of_int4_or_int16_has_not_grown(case: Case, shared_model: FindModel) -> None:
    if MADE[case.model] != DIGITS:
        shared_model(MADE[case.model])
    check(case)


@pytest.mark.slow
@pytest.mark.parametrize("case", stored(*ZOO), ids=name_of)
def test_a_network_of_the_zoo_has_not_grown(case: Case) -> None:
    require_module("onnx")
    check(case)


def test_the_table_has_every_case_of_every_model() -> None:
    assert set(read_table()) == set(cases((DIGITS, *MODELS, *MADE, *ZOO)))


def test_half_a_percent_more_of_anything_is_found() -> None:
    before = Figures(instructions=1000, cycles=0, sram=2000, flash=4000)
    assert growth(before, Figures(instructions=1005, cycles=0, sram=2010, flash=4020)) == []
    assert growth(before, Figures(instructions=500, cycles=0, sram=2011, flash=1)) == [
        "sram 2,000 -> 2,011 (+0.55%)"
    ]
    assert len(growth(before, Figures(instructions=1006, cycles=0, sram=2011, flash=4021))) == 3


def test_where_cycles_are_known_they_count_and_not_instructions() -> None:
    before = Figures(instructions=1000, cycles=900, sram=1, flash=1)
    assert growth(before, Figures(instructions=1200, cycles=900, sram=1, flash=1)) == []
    assert len(growth(before, Figures(instructions=900, cycles=905, sram=1, flash=1))) == 1


def test_a_written_table_is_read_again(tmp_path) -> None:
    path = tmp_path / "figures.csv"
    table = {
        Case(model="b", board="x", objective="sram"): Figures(
            instructions=1, cycles=7, sram=2, flash=3
        ),
        Case(model="a", board="y", objective="speed"): Figures(
            instructions=4, cycles=8, sram=5, flash=6
        ),
    }
    write_table(table, path)
    assert read_table(path) == table
    assert path.read_text().splitlines()[1] == "a,y,speed,4,8,5,6"
