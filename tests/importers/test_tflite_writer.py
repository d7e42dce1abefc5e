"""What the tests' model writer writes, the TFLite interpreter loads and runs."""

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter
from tests.importers.single_operators import CASES, Case
from tests.importers.test_tflite import MASKS, VALUES, Masks, strided_slice_model
from tests.properties.agreement import values_of
from tests.support import require_module
from tinyengine.errors import ToolError
from tinyengine.importers.tflite import parse
from tinyengine.importers.tflite.detection import DETECTION
from tinyengine.importers.tflite.handlers import CUSTOM
from tinyengine.reference.execute import run
from tinyengine.reference.interpreter import interpreter_tensors, mended, run_interpreter

UNKNOWN = {"SQUARE", "ELU", "DEPTHWISE_CONV_2D", "ADD_N", "CUMSUM", "SUM", *CUSTOM, *DETECTION}
"""The interpreter has no int8 kernels for the first two; the third stands there without bias.

The others are those of TensorFlow Lite Micro (see `reference.numbers` and `reference.signal`), and
those that need not be bit-exact."""


KNOWN = [
    case
    for case in CASES
    if case.opcode not in UNKNOWN
    and not (case.opcode == "UNIDIRECTIONAL_SEQUENCE_LSTM" and case.results[0].dtype == "int16")
]
"""What it does compute: of LSTM only TensorFlow Lite Micro has that of int16."""


@pytest.fixture(autouse=True)
def interpreter() -> None:
    require_module("ai_edge_litert")


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case.opcode)
def test_interpreter_runs_each_operator_as_the_reference_does(case: Case) -> None:
    graph = parse(case.model(), "model.tflite")
    inputs = [
        values_of(tensor.shape, tensor.dtype.value, seed)
        for seed, tensor in enumerate(graph.input_tensors)
    ]
    expected = run_interpreter(case.model(), inputs)
    for ours, theirs in zip(run(graph, inputs), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("mask", MASKS, ids=[str(mask[0]) for mask in MASKS])
def test_interpreter_takes_strided_slices_as_numpy_does(mask: Masks) -> None:
    (result,) = run_interpreter(strided_slice_model(mask), [VALUES])
    np.testing.assert_array_equal(result, VALUES[mask[0]])


def sum_of_two() -> bytes:
    """Give a model whose constant has a quantized dimension that does not exist."""
    writer = ModelWriter()
    x = writer.tensor([4], scale=1.0, name="x")
    one = writer.tensor([4], scale=1.0, data=[1, 2, 3, 4], axis=3, name="one")
    two = writer.tensor([4], scale=1.0, name="two")
    three = writer.tensor([4], scale=1.0, name="three")
    writer.op("ADD", [x, one], [two])
    writer.op("ADD", [two, x], [three])
    return writer.finish([x], [three])


def test_all_tensors_are_given_by_name() -> None:
    tensors = interpreter_tensors(sum_of_two(), [np.array([10, 20, 30, 40], np.int8)])
    assert set(tensors) >= {"x", "one", "two", "three"}
    assert tensors["two"].tolist() == [11, 22, 33, 44]
    assert tensors["three"].tolist() == [21, 42, 63, 84]


def test_mending_changes_only_the_quantized_dimension() -> None:
    model = sum_of_two()
    changed = [pair for pair in zip(model, mended(model), strict=True) if pair[0] != pair[1]]
    assert changed == [(3, 0)]
    assert mended(mended(model)) == mended(model)


def test_what_the_interpreter_refuses_is_a_tool_error() -> None:
    square = next(case for case in CASES if case.opcode == "SQUARE")
    with pytest.raises(
        ToolError, match=r"the TFLite interpreter failed: .*unsupported by op Square"
    ):
        run_interpreter(square.model(), [np.zeros((1, 4), np.int8)])
