"""The single operators that TensorFlow Lite Micro publishes are exact, on boards too."""

from pathlib import Path

import numpy as np
import pytest

from tests import published
from tests.builders.float_networks import small_network
from tests.builders.seanet import PIECES, transposed_convolutions
from tests.builders.tflite_writer import ModelWriter
from tests.support import require_module, require_tool
from tinyengine import api
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.reference import run
from tinyengine.reference.interpreter import run_interpreter

BOARDS = ("mps2-an386", "mps3-an547")
"""Cortex-M4 and M55, with room for many operators beside each other."""


@pytest.mark.parametrize("name", PIECES)
def test_every_piece_is_the_interpreters(name: str) -> None:
    require_module("ai_edge_litert")
    model, rng = PIECES[name](), np.random.default_rng(0)
    graph = parse(model, f"{name}.tflite")
    inputs = [rng.integers(-32768, 32768, x.shape).astype(np.int16) for x in graph.input_tensors]
    for mine, right in zip(run(graph, inputs), run_interpreter(model, inputs), strict=True):
        np.testing.assert_array_equal(mine, right)
        assert np.unique(right).size > 100  # it is no constant, and does not only saturate


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", PIECES)
def test_every_piece_is_exact_on_a_board(name: str, board: str, tmp_path: Path) -> None:
    require_module("ai_edge_litert")
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")
    file = tmp_path / f"{name}.tflite"
    file.write_bytes(PIECES[name]())
    verdict = api.compile(file, board=board).validate(samples=1)
    assert verdict.bit_exact and verdict.references == ("numpy", "interpreter")


def shaped_by_an_input() -> bytes:
    """Give a TRANSPOSE_CONV of int8 that reads its output's shape from an input of the model."""
    writer = ModelWriter()
    shape = writer.tensor((4,), "int32")
    x = writer.tensor((1, 2, 3, 4), scale=0.1)
    weight = writer.tensor((2, 2, 2, 4), scale=0.02, data=np.arange(-16, 16))
    y = writer.tensor((1, 4, 6, 2), scale=0.1)
    options = {"padding": "VALID", "stride_h": 2, "stride_w": 2}
    writer.op("TRANSPOSE_CONV", [shape, weight, x], [y], **options)
    return writer.finish([shape, x], [y])


def test_a_shape_that_is_an_input_becomes_the_files() -> None:
    with pytest.raises(ModelError, match="output shape 'tensor_0' is not a constant"):
        parse(shaped_by_an_input(), "shaped.tflite")
    graph = parse(published.with_constant_shapes(shaped_by_an_input()), "shaped.tflite")
    assert [x.shape for x in graph.input_tensors] == [(1, 2, 3, 4)]
    assert published.with_constant_shapes(transposed_convolutions()) == transposed_convolutions()


@pytest.mark.slow
def test_a_checkout_gives_a_table_of_what_is_exact_and_why_others_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    require_module("ai_edge_litert")
    folder = tmp_path / "tensorflow" / "lite" / "micro" / "models"
    folder.mkdir(parents=True)
    (folder / "shaped.tflite").write_bytes(shaped_by_an_input())
    (folder / "real.tflite").write_bytes(small_network())
    assert published.main([str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| models | 2 | 1 |" in lines
    assert any(line.startswith("| real.tflite | the model computes in float32") for line in lines)
