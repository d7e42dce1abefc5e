"""README's table of quantizers: the float file that the others get, and the cells."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.builders.float_networks import small_network
from tests.builders.float_writer import float_tflite
from tests.builders.onnx_networks import mobilenet_v3_small
from tests.models import quantizers
from tests.support import ROOT, require_module
from tinyengine.importers.onnx import parse_float
from tinyengine.importers.tflite.floats import parse_float as parse_float_tflite
from tinyengine.ir import Graph
from tinyengine.reference.floats import run_float


@pytest.mark.parametrize(
    "network",
    [
        lambda: parse_float(mobilenet_v3_small(), "net.onnx"),
        lambda: parse_float_tflite(small_network(), "net.tflite"),
    ],
    ids=["mobilenet_v3_small", "small_network"],
)
def test_the_float_file_computes_what_the_graph_does(network: Callable[[], Graph]) -> None:
    require_module("ai_edge_litert")
    graph = network()
    x = np.random.default_rng(0).normal(0, 1, (3, *graph.inputs[0].tensor.shape[1:]))
    images = x.astype(np.float32)
    (found,) = quantizers.run_tflite(float_tflite(graph), images)
    for index, image in enumerate(images):
        (wanted,) = run_float(graph, [image[None]])
        np.testing.assert_allclose(
            found[index], wanted.ravel(), rtol=1e-4, atol=1e-5 * float(np.abs(wanted).max())
        )


def test_a_cell_has_the_usual_ratio_and_the_decisions_that_agree() -> None:
    exact = np.array([[3, 4], [4, 3], [0, 5], [5, 0]], np.float32)
    found = exact.copy()
    found[:3, 0] += [0.5, 0.5, 0.5]  # all of these are 25 / 0.25 = 20 dB
    found[0] = [4, 3.5]  # 25 / 1.25 = 13 dB, and decided otherwise
    case = quantizers.Case(
        name="net", network=b"", calibration=exact, held_out=exact, decide=quantizers.decisions
    )
    # Of 13, 20, 20 and 200 dB the median is 20.
    assert quantizers.judged(case, [found], [exact]) == "20.0 dB, 75.00%"


def test_readme_has_the_marks_between_which_the_table_goes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [readme.count(mark) for mark in (quantizers.BEGIN, quantizers.END)] == [1, 1]
