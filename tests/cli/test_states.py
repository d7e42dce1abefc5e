"""`run` and `validate` of models with state: steps one after the other, compared each."""

import numpy as np
import pytest

from tests.builders.stateful import StatefulWriter
from tests.cli.command import refused, succeeded, tinyengine
from tests.support import require_module
from tinyengine import api
from tinyengine.product import validate as validate_module
from tinyengine.reference.interpreter import run_interpreter_steps

BOARD = "stm32f746"


@pytest.fixture(scope="module")
def total(tmp_path_factory):
    """A model whose output is the sum of all its inputs, and its firmware's directory."""
    w = StatefulWriter()
    x = w.values(1, 4, name="x")
    w.variable("sum", [[1, 2, 3, 4]])
    w.op("ADD", [x, w.read("sum", 1, 4)], [y := w.values(1, 4, name="y")])
    w.assign("sum", y)
    folder = tmp_path_factory.mktemp("total")
    (folder / "total.tflite").write_bytes(w.complete([x], [y]))
    api.compile(folder / "total.tflite", board=BOARD, output=folder / "out")
    return folder


def test_validate_compares_every_step_with_the_interpreter(total):
    require_module("ai_edge_litert")
    model = total / "total.tflite"
    options = ("--board", BOARD, "--samples", 2, "--steps", 100, "--json")
    told = succeeded("validate", model, *options).json()
    assert (told["samples"], told["steps"], told["bit_exact"]) == (2, 100, True)
    assert told["references"] == ["numpy", "interpreter"]


def test_validate_names_the_step_that_differs(total, monkeypatch):
    require_module("ai_edge_litert")

    def wrong(model, steps):
        expected = run_interpreter_steps(model, steps)
        expected[3] = (np.zeros((1, 4), np.int8),)
        return expected

    monkeypatch.setattr(validate_module, "run_interpreter_steps", wrong)
    message = refused(6, "validate", total / "total.tflite", "--board", BOARD, "--samples", 1)
    assert message == "error: total.tflite: sample 0, step 3: 'y' is not the interpreter's"


def test_run_takes_steps_from_the_first_state_on(total, tmp_path):
    require_module("ai_edge_litert")
    given = np.random.default_rng(1).integers(-128, 128, (6, 1, 4)).astype(np.int8)
    np.save(tmp_path / "x.npy", given)
    files = ("--input", tmp_path / "x.npy", "--output", tmp_path / "y.npy")
    for _ in range(2):  # each run begins anew
        told = succeeded("run", total / "out", "--steps", 6, *files, "--json").json()
        right = run_interpreter_steps((total / "total.tflite").read_bytes(), [[x] for x in given])
        np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), [y for (y,) in right])
        assert told["steps"] == 6 and told["outputs"][0]["shape"] == [6, 1, 4]


def test_run_without_steps_takes_the_first(total):
    model = total / "total.tflite"
    first = succeeded("run", model, "--board", BOARD, "--json").json()
    steps = succeeded("run", model, "--board", BOARD, "--steps", 3, "--json").json()
    assert first["bit_exact"] and steps["bit_exact"]
    assert first["outputs"][0]["values"] == steps["outputs"][0]["values"][:4]


def test_samples_of_the_api_begin_anew_and_its_steps_go_on(total):
    firmware = api.load(total / "out", model=total / "total.tflite")
    x = np.full((1, 4), 10, np.int8)
    one, two = firmware.run_all([x, x])
    np.testing.assert_array_equal(one, two)
    first, second = firmware.run_all([x, x], steps=True)
    np.testing.assert_array_equal(first, one)
    assert not np.array_equal(first, second)
    assert all(each.bit_exact for each in firmware.infer_all([x, x], steps=True, compare=True))


@pytest.mark.parametrize("command", ["run", "validate"])
def test_steps_of_a_model_without_state_are_refused(command, small):
    assert refused(2, command, small, "--board", BOARD, "--steps", 3) == (
        "error: --steps: the model has no state: each of its runs is the first\n"
        "  hint: leave it out"
    )


def test_explain_lists_what_outlives_a_run(total):
    assert "state: int8 [1,4] 'tensor_2'" in tinyengine("explain", total / "total.tflite").stdout
