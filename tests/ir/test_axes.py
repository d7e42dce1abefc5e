"""What the axes of inputs and outputs are is said in words, from the operators around them."""

import pytest

from tests.builders.networks import small_network
from tests.importers.onnx.test_layout import network
from tests.support import require_module
from tinyengine.importers.onnx import parse as parse_onnx
from tinyengine.importers.tflite import parse
from tinyengine.ir.axes import input_layout, output_layout
from tinyengine.passes import run_passes

FIRST = "channels x height x width, channels first (N, C, H, W)"
LAST = "height x width x channels, channels last (N, H, W, C)"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_an_onnx_image_has_its_channels_first(channels: int, kind: str) -> None:
    require_module("onnx")
    graph = parse_onnx(network(channels=channels, kind=kind), "net.onnx")
    for each in (graph, run_passes(graph)):
        assert input_layout(each, each.input_tensors[0]) == FIRST
        assert output_layout(each, each.output_tensors[0]) == FIRST


def test_a_tflite_image_has_its_channels_last_and_scores_have_none() -> None:
    graph = run_passes(parse(small_network(), "net.tflite"))
    assert input_layout(graph, graph.input_tensors[0]) == LAST
    assert output_layout(graph, graph.output_tensors[0]) == ""
