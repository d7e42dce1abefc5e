"""report.json is a typed value, and whatever is wrong with one is one message."""

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.command import refused, succeeded
from tinyengine.errors import UsageError
from tinyengine.product.product import load_product
from tinyengine.report.codec import MissingKeyError, WrongValueError, parse_json, to_json
from tinyengine.report.report import BufferKind, read_report


@pytest.fixture
def product(compiled, tmp_path):
    return shutil.copytree(compiled, tmp_path / "out")


@pytest.fixture(scope="module")
def stored(compiled):
    return json.loads((compiled / "report.json").read_text())


def test_what_is_read_is_what_was_written(stored):
    report = read_report(stored)
    assert to_json(report) == stored
    assert json.dumps(to_json(report)) == json.dumps(stored)  # the order of the keys, too


def test_the_values_are_typed(stored):
    report = read_report(stored)
    assert report.sram.total == stored["sram"]["total"]
    assert report.operators[0].nbytes == stored["operators"][0]["bytes"]
    assert report.buffers[0].kind is BufferKind(stored["buffers"][0]["kind"])
    assert report.inputs[0].shape == (1, 6, 6, 2) and report.inputs[0].zero_point == -3


def changed(stored, path, value):
    """Give the report with `value` at `path`."""
    copy = json.loads(json.dumps(stored))
    *parents, last = path
    place = copy
    for step in parents:
        place = place[step]
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (["operators"], {}, "operators is an object, not a list"),
        (["operators", 0], 5, "operators[0] is a number, not an object"),
        (["operators", 1, "macs"], "5", "operators[1].macs is a text, not an integer"),
        (["operators", 1, "macs"], True, "operators[1].macs is true or false, not an integer"),
        (["operators", 1, "macs"], 1.5, "operators[1].macs is a number, not an integer"),
        (["operators", 1, "macs"], -1, "operators[1].macs is out of range"),
        (["operators", 1, "macs"], 1 << 53, "operators[1].macs is out of range"),
        (["operators", 0, "input_shapes"], [[1, [2]]], "operators[0].input_shapes[0][1] is a list"),
        (["operators", 2, "name"], "x" * 70_000, "operators[2].name has 70,000 characters"),
        (["operators", 0, "block"], 77, "operators[0].block is 77, of "),
        (["blocks", 0, "operators"], [99], "blocks[0].operators is 99, of 4"),
        (["blocks", 0, "kind"], "<b>", "blocks[0].kind is none of layer, stream, patch"),
        (["peak", "step"], 1 << 40, "peak.step is 1099511627776, of "),
        (["buffers", 0, "kind"], ["ring"], "buffers[0].kind is none of input, tensor, ring"),
        (["inputs", 0, "dtype"], "int3", "inputs[0].dtype is none of "),
        (["inputs", 0, "dtype"], "float32", "inputs[0].dtype is float32: the device has integers"),
        (["inputs", 0, "shape"], [1 << 40], "inputs[0].bytes is 72, the shape has 1099511627776"),
        (["inputs", 0, "shape"], [1] * 9, "inputs[0].shape has 9 dimensions"),
        (["inputs", 0, "bytes"], 1 << 40, "inputs[0].bytes is 1099511627776, the shape has 72"),
        (["inputs", 0, "bank"], 1, "inputs[0].bank is 1, of 1"),
        (["outputs", 0, "model_dtype"], "int3", "outputs[0].model_dtype is none of "),
        (["inputs", 0, "scale"], "0.1", "inputs[0].scale is a text, not a number"),
        (["sram"], None, "sram is null, not an object"),
        (["measured", "instructions"], "many", "measured.instructions is a text, not an integer"),
        (["model", "name"], "../../etc", "model.name is no C identifier"),
        (["files"], "all", "files is a text, not a list"),
    ],
)
def test_a_hostile_report_is_refused_with_one_message(product, stored, path, value, problem):
    (product / "report.json").write_text(json.dumps(changed(stored, path, value)))
    message = refused(2, "run", product)
    first, hint = message.splitlines()
    assert first.startswith(f"error: {product}/report.json: is broken: {problem}")
    assert hint == "  hint: compile the model again"


def test_a_missing_key_is_named_by_its_path(product, stored):
    stored = changed(stored, ["sram"], {**stored["sram"], "arena": 0})
    del stored["sram"]["banks"]
    (product / "report.json").write_text(json.dumps(stored))
    assert refused(2, "profile", product) == (
        f"error: {product}: was compiled by an earlier tinyengine, whose report.json has no "
        "sram.banks\n  hint: compile the model again"
    )


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"schema":' * 50_000, "9" * 10_000, '{"schema": NaN}', "\ud800", "{"],
    ids=["deep list", "deep object", "digits", "nan", "surrogate", "cut"],
)
def test_what_is_no_json_is_a_broken_report(product, text):
    (product / "report.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert refused(2, "run", product).startswith(f"error: {product}/report.json: is broken: ")


def test_a_report_of_a_gigabyte_is_not_read(product):
    with (product / "report.json").open("r+b") as file:
        file.truncate(1 << 30)  # sparse
    assert "67,108,864 is the most that is read" in refused(2, "run", product)


def test_keys_of_later_versions_are_passed_over(product, stored):
    later = changed(stored, ["operators", 0, "energy"], 5)
    later["power"] = {"mw": 3}
    (product / "report.json").write_text(json.dumps(later))
    assert succeeded("run", product, "--json").json()["model"] == "small"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def places(value, path=()):
    """Give the path of every value in a JSON value."""
    pairs = ()
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value)
    for step, inner in pairs:
        yield (*path, step)
        yield from places(inner, (*path, step))


@given(data=st.data(), value=VALUES)
def test_any_value_anywhere_is_read_or_refused(stored, data, value):
    path = data.draw(st.sampled_from(list(places(stored))))
    try:
        read_report(changed(stored, path, value))
    except (MissingKeyError, WrongValueError) as error:
        assert str(error)


def test_infinities_are_no_json():
    with pytest.raises(ValueError, match="Infinity is no number"):
        parse_json('{"scale": Infinity}')


def test_a_directory_without_firmware_is_refused(product):
    (product / "firmware.elf").unlink()
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_product(Path(product))
