"""A float network becomes an int8 file that the interpreter computes to the same bits."""

import importlib

import numpy as np
import pytest

from tests.builders.float_networks import FloatNetwork, small_network
from tests.support import require_module
from tinyengine.errors import ModelError, UsageError
from tinyengine.importers.tflite import parse
from tinyengine.importers.tflite.floats import parse_float
from tinyengine.ir import Array, FullyConnected, Graph, Level, verify
from tinyengine.product.evaluate import quantized, reals
from tinyengine.quantize.equalize import equalize
from tinyengine.quantize.measure import score, sqnr
from tinyengine.quantize.observe import Observation, observe
from tinyengine.quantize.quantize import quantize
from tinyengine.quantize.ranges import choose_ranges, quantization_of
from tinyengine.quantize.settings import Calibration, Rounding, Settings
from tinyengine.quantize.structure import Range, structure_of
from tinyengine.quantize.weights import round_compensated, round_nearest
from tinyengine.reference import run
from tinyengine.reference.floats import run_float
from tinyengine.reference.interpreter import run_interpreter

Floats = np.ndarray


def images(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, (count, 16, 16, 3)).astype(np.float32)


def float_graph(seed: int = 0) -> Graph:
    return parse_float(small_network(seed), "net.tflite")


def int8_outputs(file: bytes, samples: Floats) -> list[tuple[Array, ...]]:
    graph = parse(file, "net.tflite")
    verify(graph)
    return [run(graph, [quantized(graph.inputs[0], each)]) for each in samples]


@pytest.mark.parametrize("calibration", list(Calibration))
@pytest.mark.parametrize("rounding", list(Rounding))
def test_the_file_is_computed_to_the_same_bits_by_the_interpreter(
    calibration: Calibration, rounding: Rounding
) -> None:
    settings = Settings(calibration=calibration, rounding=rounding)
    file = quantize(float_graph(), [images(12)], settings).to_tflite()
    graph = parse(file, "net.tflite")
    for sample in images(3, seed=1):
        given = quantized(graph.inputs[0], sample)
        for mine, theirs in zip(run(graph, [given]), run_interpreter(file, [given]), strict=True):
            np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("seed", range(3))
def test_the_int8_network_follows_the_float_one_on_other_samples(seed: int) -> None:
    graph, others = float_graph(seed), images(24, seed=9)
    file = quantize(graph, [images(64)]).to_tflite()
    rows = int8_outputs(file, others)
    (held,) = reals(parse(file, "net.tflite"), rows)
    (exact,) = run_float(graph, [others])
    assert sqnr(exact, held) > 20


def test_the_simulation_is_nearer_to_the_int8_network_than_the_float_one_is() -> None:
    graph, others = float_graph(), images(24, seed=9)
    made = quantize(graph, [images(64)])
    file = made.to_tflite()
    (held,) = reals(parse(file, "net.tflite"), int8_outputs(file, others))
    (simulated,) = made.simulate([others])
    (exact,) = run_float(graph, [others])
    # What it leaves out, the rounding of sums, is small beside that of values and weights.
    assert sqnr(held, simulated) > sqnr(held, exact) + 6


def test_equalization_changes_nothing_in_float() -> None:
    graph, x = float_graph(), images(4)
    seen = observe(graph, [x], histograms=False)
    equal = equalize(structure_of(graph), seen)
    verify(equal, Level.FLOAT)
    changed = [a is not b for a, b in zip(graph.ops, equal.ops, strict=True)]
    assert any(changed)
    np.testing.assert_allclose(run_float(equal, [x])[0], run_float(graph, [x])[0], rtol=1e-4)


def uneven_network() -> Graph:
    """Give a network whose channels differ by a factor of a thousand before a 1x1 convolution."""
    net = FloatNetwork(3)
    x = net.input(1, 16, 16, 3)
    weight = net.rng.normal(size=(16, 1, 1, 3)) * np.logspace(-1.5, 1.5, 16).reshape(-1, 1, 1, 1)
    x = net._convolved("CONV_2D", x, weight, 16, 1, "RELU")
    reader = net.rng.normal(size=(8, 1, 1, 16)) / np.logspace(-1.5, 1.5, 16)
    return parse_float(net.finish(net._convolved("CONV_2D", x, reader, 8, 1, "NONE")), "net.tflite")


def test_equalization_helps_where_channels_differ() -> None:
    graph, others = uneven_network(), images(8, seed=9)
    (exact,) = run_float(graph, [others])
    found = {}
    for equal in (False, True):
        made = quantize(graph, [images(16)], Settings(equalize=equal, rounding=Rounding.NEAREST))
        found[equal] = sqnr(exact, made.simulate([others])[0])
    assert found[True] > found[False] + 6


def test_compensated_rounding_loses_less_where_inputs_go_together() -> None:
    net = FloatNetwork(1)
    graph = parse_float(net.finish(net.dense(net.input(1, 32), 8)), "net.tflite")
    (op,) = graph.ops
    assert isinstance(op, FullyConnected)
    rows = net.rng.normal(size=(500, 4)) @ net.rng.normal(size=(4, 32))
    rows += net.rng.normal(0, 0.05, rows.shape)
    loss = {
        name: float(np.square(rows @ (made.floats - op.weight.values).T).sum())
        for name, made in {
            "nearest": round_nearest(op, 0.02),
            "compensated": round_compensated(op, 0.02, rows.T @ rows),
        }.items()
    }
    assert loss["compensated"] < loss["nearest"] / 4


def test_a_range_becomes_256_steps_with_zero_among_them() -> None:
    # 255 steps from -1 to 4 are 5/255 each; zero lies 51 steps above the least: -128 + 51.
    quant = quantization_of(Range(low=-1.0, high=4.0))
    assert quant.zero_point == (-77,)
    assert quant.scale == (float(np.float32(5 / 255)),)


def test_rare_samples_do_not_widen_the_usual_range() -> None:
    seen = Observation()
    usual = np.linspace(-1, 1, 64, dtype=np.float32).reshape(1, 8, 8)
    for _ in range(99):
        seen.extend(usual)
    seen.extend(usual * 1000)
    assert (seen.low, seen.high) == (-1000.0, 1000.0)
    assert seen.usual(90) == (-1.0, 1.0)


def test_the_file_has_a_signature_by_which_the_interpreter_runs_it() -> None:
    require_module("ai_edge_litert")
    file = quantize(float_graph(), [images(8)]).to_tflite()
    tools = importlib.import_module("ai_edge_litert.interpreter")
    runner = tools.Interpreter(model_content=file).get_signature_runner("serving_default")
    given = quantized(parse(file, "net.tflite").inputs[0], images(1, seed=5)[0])
    (found,) = runner(image=given).values()
    (wanted,) = run_interpreter(file, [given])
    assert np.abs(found.astype(int) - wanted).max() <= 1  # it runs optimized kernels


def test_a_range_holds_samples_just_beyond_the_usual_but_not_those_far_beyond() -> None:
    seen = Observation()
    usual = np.linspace(-1, 1, 64, dtype=np.float32).reshape(1, 8, 8)
    for factor in (*[1.0] * 97, 1.2, 1.3, 1000.0):  # nine tenths of the samples reach 1
        seen.extend(usual * np.float32(factor))
    graph = float_graph()
    structure = structure_of(graph)
    ranges = choose_ranges(structure, dict.fromkeys(structure.group_of, seen), Settings())
    found = ranges[graph.input_tensors[0]]
    assert (found.low, found.high) == pytest.approx((-1.2, 1.2))


def test_a_clamp_is_fused_and_bounds_the_range() -> None:
    net = FloatNetwork()
    y = net.conv(net.input(1, 16, 16, 3), 4, act="RELU6")
    graph = parse_float(net.finish(y), "net.tflite")
    file = quantize(graph, [images(8) * 10], Settings(calibration=Calibration.MINMAX)).to_tflite()
    made = parse(file, "net.tflite")
    assert [type(op).__name__ for op in made.ops] == ["Conv2D"]
    assert made.outputs[0].tensor.zero_point == -128
    assert made.outputs[0].tensor.scale == pytest.approx(6 / 255, rel=1e-6)


def test_operands_of_a_concatenation_share_a_scale_unless_theirs_is_prescribed() -> None:
    net = FloatNetwork()
    x = net.input(1, 16, 16, 3)
    y = net.concat(net.conv(x, 4, act="NONE"), net.unary("LOGISTIC", net.conv(x, 4, act="NONE")))
    graph = parse_float(net.finish(y), "net.tflite")
    made = parse(quantize(graph, [images(8)]).to_tflite(), "net.tflite")
    kinds = [type(op).__name__ for op in made.ops]
    assert kinds.count("Quantize") == 1  # the logistic's 1/256 becomes the concatenation's scale


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(UsageError, match=r"takes samples of \[1, 16, 16, 3\]"):
        quantize(float_graph(), [np.zeros((4, 8, 8, 3), np.float32)])


def test_samples_that_are_not_finite_are_refused() -> None:
    bad = images(4)
    bad[2, 3, 4, 1] = np.nan
    with pytest.raises(UsageError, match="not finite"):
        quantize(float_graph(), [bad])


def test_a_quantized_file_is_no_float_network() -> None:
    file = quantize(float_graph(), [images(4)]).to_tflite()
    with pytest.raises(ModelError, match="the network is quantized already"):
        parse_float(file, "net.tflite")


def test_the_same_samples_give_the_same_file() -> None:
    one, other = (quantize(float_graph(), [images(12)]).to_tflite() for _ in range(2))
    assert one == other


def test_networks_of_several_outputs_decide_nothing_that_could_agree() -> None:
    one, two = np.eye(4, dtype=np.float32), np.ones((4, 8), np.float32)
    assert score([one], [one], None).agreement == 1.0
    assert score([one, two], [one, two], None).agreement is None


def test_accuracy_auc_and_top_five_by_hand() -> None:
    # Of four samples three have their label first; of labels 0 and 1 one pair of four is reversed.
    outputs = np.array([[2, 1], [1, 2], [3, 0], [2, 1]], np.float32)
    judged = score([outputs], None, np.array([0, 1, 0, 1]))
    assert judged.accuracy == 0.75
    # Scores of class 1: -1, 1, -3, -1; ones 1 and -1 against zeros -1 and -3: 1, 1, 0.5, 1.
    assert judged.auc == 3.5 / 4
    assert judged.top5 is None
