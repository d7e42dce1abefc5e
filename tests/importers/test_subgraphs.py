"""Files with several networks: the first by default, as the interpreter; others by name."""

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter
from tests.support import require_module
from tinyengine.errors import ModelError, UsageError
from tinyengine.importers import NetworkChoice, load
from tinyengine.importers.tflite import inspect, parse
from tinyengine.reference import run
from tinyengine.reference.interpreter import alone, run_interpreter

VALUES = np.arange(-8, 8, dtype=np.int8).reshape(1, 16)


def three_networks(*, second_name: str = "decode", in_third: str = "RELU") -> bytes:
    """`encode` takes ReLU, `decode` the absolute value, the last, `main`, ReLU6 (or else)."""
    writer = ModelWriter()
    for name, opcode in (("encode", "RELU"), (second_name, "ABS"), ("", in_third)):
        x, y = (writer.tensor([1, 16], scale=1.0, name=n) for n in ("x", f"y_{name}"))
        writer.op(opcode, [x], [y])
        if name:
            writer.end_subgraph([x], [y], name)
    writer.signature("serving_default", 1)
    writer.signature("tiny", 2)
    return writer.finish([0], [1])


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (NetworkChoice(), np.maximum(VALUES, 0)),
        (NetworkChoice(subgraph="encode"), np.maximum(VALUES, 0)),
        (NetworkChoice(subgraph="decode"), np.abs(VALUES)),
        (NetworkChoice(subgraph="1"), np.abs(VALUES)),
        (NetworkChoice(signature="serving_default"), np.abs(VALUES)),
        (NetworkChoice(signature="serving_default", subgraph="decode"), np.abs(VALUES)),
        (NetworkChoice(signature="tiny"), np.clip(VALUES, 0, 6)),
    ],
)
def test_the_chosen_network_is_imported(choice: NetworkChoice, expected: np.ndarray) -> None:
    require_module("ai_edge_litert")
    file = three_networks(in_third="RELU6")
    number = inspect(file, "m.tflite", choice).network
    (computed,) = run(parse(file, "m.tflite", choice), [VALUES])
    (interpreted,) = run_interpreter(alone(file, number), [VALUES])
    np.testing.assert_array_equal(computed, expected)
    np.testing.assert_array_equal(interpreted, expected)


def test_the_interpreter_runs_the_first_network() -> None:
    require_module("ai_edge_litert")
    (interpreted,) = run_interpreter(three_networks(), [VALUES])
    np.testing.assert_array_equal(interpreted, np.maximum(VALUES, 0))


def test_what_stands_in_other_networks_does_not_matter() -> None:
    file = three_networks(in_third="FLOOR")
    assert parse(file, "m.tflite").ops[0].source.opcode == "RELU"
    with pytest.raises(ModelError, match="FLOOR is not supported"):
        parse(file, "m.tflite", NetworkChoice(subgraph="main"))


def test_the_summary_names_every_network() -> None:
    summary = inspect(three_networks(), "m.tflite", NetworkChoice(subgraph="decode"))
    assert summary.networks.subgraphs == ("encode", "decode", "main")
    assert summary.networks.signatures == {"serving_default": 1, "tiny": 2}
    assert summary.network == 1


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (
            NetworkChoice(subgraph="x"),
            "error: --subgraph: m.tflite has no subgraph 'x'\n"
            "  hint: its subgraphs are 0 'encode', 1 'encode', 2 'main'",
        ),
        (
            NetworkChoice(subgraph="encode"),
            "error: --subgraph: 2 subgraphs of m.tflite are called 'encode'; give one's number\n"
            "  hint: its subgraphs are 0 'encode', 1 'encode', 2 'main'",
        ),
        (
            NetworkChoice(signature="x"),
            "error: --signature: m.tflite has no signature 'x'\n"
            "  hint: its signatures are 'serving_default', 'tiny'",
        ),
        (
            NetworkChoice(signature="tiny", subgraph="0"),
            "error: --subgraph: is not that of the signature\n  hint: give one of the two",
        ),
    ],
)
def test_a_choice_that_means_no_network_is_refused(choice: NetworkChoice, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(three_networks(second_name="encode"), "m.tflite", choice)
    assert str(caught.value) == message
    assert caught.value.exit_code == 2


def test_a_file_without_signatures_says_so(tmp_path) -> None:
    writer = ModelWriter()
    writer.op("RELU", [writer.tensor([1], scale=1.0)], [writer.tensor([1], scale=1.0)])
    (tmp_path / "m.tflite").write_bytes(writer.finish([0], [1]))
    with pytest.raises(UsageError, match="it has none: choose with --subgraph"):
        load(tmp_path / "m.tflite", NetworkChoice(signature="x"))
