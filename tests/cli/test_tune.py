"""`tune` measures kernels on sample operators and writes what they cost into a table."""

import json

import numpy as np
import pytest

from tests.cli.command import refused, succeeded
from tests.support import require_tool
from tinyengine.board import Isa
from tinyengine.kernels.choose.selection import analytic_instructions
from tinyengine.kernels.cost.measured import TABLE, TERMS, key_of, measured, read_rows
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.tune.fit import fit
from tinyengine.tune.measure import measure_kernel
from tinyengine.tune.samples import samples, samples_for


@pytest.fixture(autouse=True)
def _tools():
    require_tool("arm-none-eabi-gcc")


def test_measured_kernels_get_rows(tmp_path):
    path = tmp_path / "table.json"
    told = succeeded("tune", "--isa", "base", "--only", "te_prelu", "-o", path, "--json").json()
    assert (told["schema"], told["isa"], told["board"]) == (1, "base", "mps2-an385")
    (row,) = told["rows"]
    assert (row["kernel"], row["op"], row["class"]) == ("te_prelu_s8", "PRelu", "all")
    assert json.loads(path.read_text())["isas"]["base"]["rows"] == [row]
    assert row["samples"] == len(samples(prelu_kernel().op))
    assert 1 < row["cycles_per_instruction"] < 3  # of a Cortex-M3: loads take 2


def test_a_text_that_is_in_no_kernels_name_is_refused(tmp_path):
    path = tmp_path / "table.json"
    assert refused(2, "tune", "--isa", "base", "--only", "nosuch", "-o", path) == (
        "error: --only: no kernel for base has 'nosuch' in its name\n"
        "  hint: `tinyengine ops` lists the kernels"
    )
    assert not path.exists()


def prelu_kernel():
    (kernel,) = (kernel for kernel in KERNELS if kernel.function == "te_prelu_s8")
    return kernel


def test_a_row_gives_what_was_measured(tmp_path):
    path, kernel = tmp_path / "table.json", prelu_kernel()
    succeeded("tune", "--isa", "base", "--only", kernel.function, "-o", path)
    rows = read_rows(json.loads(path.read_text()))
    for sample in measure_kernel(kernel, "mps2-an385"):
        row = rows[key_of(sample.op, kernel)]
        told = row.instructions(sample.op, analytic_instructions(sample.op, kernel))
        assert told == pytest.approx(sample.cost.instructions, rel=row.worst + 0.005)


def test_other_rows_stay_and_those_of_vanished_kernels_go(tmp_path):
    path = tmp_path / "table.json"
    layouts = {"reads": "pixels", "writes": "pixels"}
    costs = {"samples": 3, "worst": 0.01, "instructions": {"estimate": 1.0}}
    kept = {"kernel": "te_sub_s8", "op": "Sub", **layouts, "class": "all", **costs}
    kept |= {"cycles_per_instruction": 1.5}
    gone = {**kept, "kernel": "te_no_more_s8"}
    other = {"board": "mps3-an547", "rows": [gone]}
    base = {"board": "mps2-an385", "rows": [kept, gone]}
    path.write_text(json.dumps({"isas": {"base": base, "mve": other}}))
    succeeded("tune", "--isa", "base", "--only", "te_prelu", "-o", path)
    isas = json.loads(path.read_text())["isas"]
    assert [row["kernel"] for row in isas["base"]["rows"]] == ["te_prelu_s8", "te_sub_s8"]
    assert isas["mve"]["rows"] == [gone]


def test_the_table_names_the_terms(tmp_path):
    shown = succeeded(
        "tune", "--isa", "base", "--only", "te_quantize", "-o", tmp_path / "t.json"
    ).stdout
    lines = shown.splitlines()
    assert lines[0] == "kernels for base, on mps2-an385"
    assert lines[2].split()[:5] == ["te_quantize_s8", "Quantize", "pixels", "pixels", "all"]
    assert any(term in lines[2] for term in TERMS)


def test_the_shipped_table_is_of_kernels_that_there_are():
    names = {kernel.function for kernel in KERNELS}
    table = json.loads(TABLE.read_text())
    assert set(table["isas"]) == {isa.value for isa in Isa}
    for isa, part in table["isas"].items():
        for row in part["rows"]:
            assert row["kernel"] in names
            assert set(row["instructions"]) <= set(TERMS) and row["instructions"]
            assert {k.isa.value for k in KERNELS if k.function == row["kernel"]} == {isa}


# A kernel that mends has the row of the one that it computes as.
@pytest.mark.parametrize(
    "kernel", [k for k in KERNELS if k.mends is None], ids=lambda kernel: kernel.function
)
def test_every_kernel_has_samples_and_a_row_in_the_shipped_table(kernel):
    accepted = [op for op in samples_for(kernel) if accepts(kernel, op)]
    assert len(accepted) >= 3
    assert all(key_of(op, kernel) in measured() for op in accepted)


# -- fitting --------------------------------------------------------------------------------------


def terms(count, seed=0):
    return np.random.default_rng(seed).uniform(10, 1000, (count, len(TERMS)))


def test_factors_are_found_again():
    made = terms(12)
    factors, worst = fit(made, 3 * made[:, 1] + 0.5 * made[:, 4])
    assert factors[1] == pytest.approx(3) and factors[4] == pytest.approx(0.5)
    assert np.count_nonzero(np.round(factors, 6)) == 2 and worst < 1e-9


def test_factors_are_never_negative():
    made = terms(20)
    factors, worst = fit(made, 5 * made[:, 0] - 0.2 * made[:, 2] + 300)
    assert (factors >= 0).all() and worst > 0


def test_few_samples_get_few_terms():
    made = terms(3)
    factors, _ = fit(made, made.sum(axis=1))
    assert np.count_nonzero(factors) == 1
