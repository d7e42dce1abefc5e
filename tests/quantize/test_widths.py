"""Weights of int4, activations of int16: the interpreter computes the files to the same bits."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.float_networks import FloatNetwork, small_network
from tests.cli.command import tinyengine
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.importers.tflite.floats import parse_float
from tinyengine.ir import Clamp, Conv2D, DepthwiseConv2D, DType, FullyConnected, Graph
from tinyengine.product.evaluate import quantized, reals
from tinyengine.quantize.emit import check_clamps
from tinyengine.quantize.measure import sqnr
from tinyengine.quantize.quantize import quantize
from tinyengine.quantize.settings import Activations, Rounding, Settings, Weights
from tinyengine.quantize.structure import structure_of
from tinyengine.reference import run
from tinyengine.reference.floats import run_float
from tinyengine.reference.interpreter import run_interpreter

INT4 = Settings(weights=Weights.INT4)
INT16 = Settings(activations=Activations.INT16)


def images(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (count, 16, 16, 3)).astype(np.float32)


def network() -> bytes:
    """Give a network of operators that have int16 forms, with clamps of every kind."""
    net = FloatNetwork(0)
    x = net.conv(net.input(1, 16, 16, 3), 8, stride=2, act="RELU6")
    y = net.conv(net.depthwise(x), 8, kernel=1, act="NONE")
    x = net.binary("ADD", x, y, act="RELU")
    x = net.pool("AVERAGE_POOL_2D", net.pool("MAX_POOL_2D", x))
    x = net.concat(x, net.unary("LOGISTIC", net.conv(x, 8, act="NONE")))
    x = net.binary("MUL", x, net.unary("TANH", x))
    return net.finish(net.unary("SOFTMAX", net.dense(net.mean(x), 10), beta=1.0))


def float_graph(model: bytes) -> Graph:
    return parse_float(model, "net.tflite")


def check_bits(file: bytes) -> None:
    graph = parse(file, "net.tflite")
    for sample in images(3, seed=1):
        given = quantized(graph.inputs[0], sample)
        for mine, theirs in zip(run(graph, [given]), run_interpreter(file, [given]), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def nearness(file: bytes, exact: Graph) -> float:
    """Give the SQNR in dB on samples that were not seen."""
    graph, samples = parse(file, "net.tflite"), images(16, seed=2)
    rows = [run(graph, [quantized(graph.inputs[0], each)]) for each in samples]
    (found,) = reals(graph, rows)
    wanted = np.concatenate([run_float(exact, [each[None]])[0] for each in samples])
    return sqnr(wanted, found)


@pytest.mark.parametrize("rounding", list(Rounding))
def test_weights_of_int4_are_computed_to_the_same_bits(rounding: Rounding) -> None:
    settings = Settings(weights=Weights.INT4, rounding=rounding)
    file = quantize(float_graph(small_network()), [images(12)], settings).to_tflite()
    check_bits(file)
    for op in parse(file, "net.tflite").ops:
        if isinstance(op, Conv2D | FullyConnected):
            assert np.abs(op.weight.values).max() == 7
        if isinstance(op, DepthwiseConv2D):
            assert np.abs(op.weight.values).max() == 127


def test_activations_of_int16_are_computed_to_the_same_bits() -> None:
    made = quantize(float_graph(network()), [images(12)], INT16)
    file = made.to_tflite()
    check_bits(file)
    graph = parse(file, "net.tflite")
    assert {edge.tensor.dtype for edge in (*graph.inputs, *graph.outputs)} == {DType.INT16}


def test_int16_is_nearer_than_int8_and_int8_than_int4() -> None:
    exact = float_graph(network())
    files = [quantize(exact, [images(24)], each).to_tflite() for each in (INT4, Settings(), INT16)]
    halved, plain, wide = (nearness(file, exact) for file in files)
    assert halved < plain < wide
    assert len(files[0]) < len(files[1])


@pytest.mark.parametrize(
    ("low", "high", "fits"), [(0.0, 3.0, True), (-2.0, 2.0, True), (-1.0, 3.0, False)]
)
def test_clamps_of_int16_are_symmetric_or_begin_at_0(low: float, high: float, fits: bool) -> None:
    graph = float_graph(network())
    bounded = (
        replace(op, minimum=low, maximum=high) if isinstance(op, Clamp) else op for op in graph.ops
    )
    structure = structure_of(graph.with_ops(tuple(bounded)))
    with nullcontext() if fits else pytest.raises(ModelError, match="has no int16 form"):
        check_clamps(structure)


def test_an_operator_without_an_int16_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(small_network())
    np.save(tmp_path / "x.npy", images(8))
    given = ["quantize", tmp_path / "net.tflite", "--data", tmp_path / "x.npy"]
    made = tinyengine(*given, "--activations", "int16")
    assert made.code == 3
    assert "HARD_SWISH" in made.stderr


def test_int4_beside_int16_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(network())
    np.save(tmp_path / "x.npy", images(8))
    given = ["quantize", tmp_path / "net.tflite", "--data", tmp_path / "x.npy"]
    made = tinyengine(*given, "--weights", "int4", "--activations", "int16")
    assert made.code == 2
    assert made.message == (
        "error: --weights: int4 does not go with --activations int16: no interpreter has both"
    )
    assert "quantizing" not in made.stderr  # it is told before the work


@pytest.mark.parametrize("option", [("weights", "int4"), ("activations", "int16")])
def test_the_file_is_named_after_its_width(option: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "net.tflite").write_bytes(network())
    np.save(tmp_path / "x.npy", images(8))
    name, width = option
    given = ["quantize", tmp_path / "net.tflite", "--data", tmp_path / "x.npy", f"--{name}", width]
    made = tinyengine(*given, "--json")
    assert made.code == 0, made.stderr
    assert made.json()["settings"].endswith(f"{width} {name}")
    assert (tmp_path / f"net_{width}.tflite").is_file()
