"""The operators that end a detector: numpy and C agree, and keep their rule against float32.

The rule: corners at most one step from the interpreter's; its classes, scores, order and count.
Where float32 may round an overlap over the threshold or under it (`is_near_tie`), the interpreter's
decision is no truth; such a case is compared with exact rational arithmetic, written anew here.
"""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.detectors import (
    Detector,
    Suppression,
    grid_anchors,
    random_anchors,
    ssd_network,
)
from tests.builders.tflite_writer import ModelWriter
from tests.kernels import host
from tests.properties.agreement import seeds
from tests.support import require_module
from tinyengine.importers import NetworkChoice
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, DetectionPostProcess, Graph, NonMaxSuppression
from tinyengine.kernels.ref.detection import KERNELS
from tinyengine.kernels.registry import KERNELS as ALL_KERNELS
from tinyengine.kernels.registry import accepts
from tinyengine.reference import run
from tinyengine.reference.detection import (
    Boxes,
    Covered,
    covers,
    decoder_of,
    detections,
    suppressed,
    whole_corners,
)
from tinyengine.reference.detection_rule import agrees, is_near_tie
from tinyengine.reference.execute import execute
from tinyengine.reference.interpreter import run_interpreter
from tinyengine.reference.micro import run_micro_steps

DETECTION = NetworkChoice(detection=True)
POST_PROCESS, SUPPRESSION = KERNELS

Operator = DetectionPostProcess | NonMaxSuppression

few = settings(max_examples=25)


def graph_of(model: bytes) -> Graph:
    return parse(model, "model.tflite", DETECTION)


def values(shape: tuple[int, ...], dtype: str, seed: int, spread: int) -> Array:
    """Random bytes of `spread` different values, wherever these lie: few are equal many times."""
    random = np.random.default_rng(seed)
    low = np.iinfo(dtype).min
    chosen = random.integers(low, low + 256, spread)
    return random.choice(chosen, shape).astype(dtype)


def computed(op: Operator, inputs: list[Array]) -> list[Array]:
    """Give what C computes, which must be what numpy computes."""
    kernel = POST_PROCESS if isinstance(op, DetectionPostProcess) else SUPPRESSION
    (outputs,) = host.take_steps(kernel, op, [inputs], [])
    return list(outputs)


def check(model: bytes, inputs: list[Array]) -> list[Array]:
    """Check numpy, C and the interpreter on a model of one operator; give its integer outputs."""
    graph = graph_of(model)
    (op,) = graph.ops
    assert isinstance(op, DetectionPostProcess | NonMaxSuppression)
    outputs = computed(op, inputs)
    held = dict(zip(op.outputs, outputs, strict=True))
    for tensor, ours in zip(graph.output_tensors, run(graph, inputs), strict=True):
        np.testing.assert_array_equal(held[tensor], ours, f"C is not numpy: '{tensor.name}'")
    assert taken(op, inputs, covers(op.iou_threshold, equal=is_equal_enough(op))) == taken(
        op, inputs, exactly(op)
    )
    theirs = run_interpreter(model, inputs)
    if is_near_tie(op, inputs):
        return outputs
    pairs = zip(graph.output_tensors, theirs, strict=True)
    wrong = [tensor.name for tensor, array in pairs if not agrees(op, tensor, held, array)]
    assert not wrong, f"{wrong}: {outputs}, not {theirs}"
    return outputs


def taken(op: Operator, inputs: list[Array], is_covered: Covered) -> list[Any]:
    """Give what is taken where `is_covered` decides which boxes overlap too much."""
    if isinstance(op, NonMaxSuppression):
        return list(suppressed(op, whole_corners(inputs[0]), inputs[1], is_covered))
    return list(detections(op, decoder_of(op).corners(inputs[0]), inputs[1], is_covered))


def is_equal_enough(op: Operator) -> bool:
    """Tell whether a quotient that is the threshold is too much."""
    return isinstance(op, NonMaxSuppression)


def exactly(op: Operator) -> Covered:
    """Give the decision of rational numbers: areas as they are, the quotient rounded to float32."""
    limit = np.float32(op.iou_threshold)

    def is_covered(boxes: Boxes, box: Boxes) -> bool:
        """Divide, round, and compare."""
        found = [to_float32(overlap(other, box.tolist())) for other in boxes.tolist()]
        return any(each > limit or (is_equal_enough(op) and each == limit) for each in found)

    return is_covered


def to_float32(value: Fraction) -> np.float32:
    """Give the nearest float32: of the number that numpy finds and its two neighbours."""
    found = np.float32(float(value))
    near = [found, *(np.nextafter(found, np.float32(end)) for end in (-1, 2))]
    return min(near, key=lambda each: abs(Fraction(float(each)) - value))


def overlap(box: list[int], other: list[int]) -> Fraction:
    """Give intersection over union, 0 where a box has no area."""
    sides = [min(box[i + 2], other[i + 2]) - max(box[i], other[i]) for i in range(2)]
    areas = [(each[2] - each[0]) * (each[3] - each[1]) for each in (box, other)]
    if min(areas) <= 0 or min(sides) <= 0:
        return Fraction(0)
    return Fraction(math.prod(sides), sum(areas) - math.prod(sides))


# -- TFLite_Detection_PostProcess -------------------------------------------------------------


@st.composite
def post_processes(draw: st.DrawFn) -> Detector:
    n, seed = draw(st.integers(1, 40)), draw(seeds)
    options = {
        "max_detections": draw(st.integers(1, 12)),
        "max_classes_per_detection": draw(st.integers(1, 4)),
        "detections_per_class": draw(st.integers(1, 6)),
        "use_regular_nms": draw(st.booleans()),
        "num_classes": draw(st.integers(1, 7)),
        "nms_iou_threshold": draw(st.sampled_from([0.5, 0.6, 1.0]) | st.floats(0.02, 1.0)),
        "nms_score_threshold": draw(st.sampled_from([0.0, 1e-8, -1.0]) | st.floats(-0.5, 1.0)),
    }
    # Sizes that are parts of an image, or that are many pixels of it.
    anchors, options["h_scale"] = draw(st.sampled_from([(1.0, 5.0), (1.0, 2.0), (40.0, 5.0)]))
    is_uint8 = draw(st.booleans())
    return Detector(
        anchors=random_anchors(n, seed) * np.float32(anchors),
        box_scale=draw(st.floats(0.002, 0.08)),
        box_zero_point=draw(st.integers(-100, 100)),
        # Of other scales LiteRT's vector code gives one byte of uint8 two real numbers.
        score_scale=1 / 256 if is_uint8 else draw(st.sampled_from([1 / 256, 0.05])),
        score_zero_point=draw(st.integers(-128, 127)),
        background=draw(st.booleans()),
        width=draw(st.integers(4, 6)),
        is_uint8=is_uint8,
        options=options,
    )


def drawn(detector: Detector, seed: int, spread: int) -> list[Array]:
    """Give encodings of all values, and scores of `spread` different ones."""
    n, dtype = len(detector.anchors), "uint8" if detector.is_uint8 else "int8"
    encodings = values((1, n, detector.width), dtype, seed, 256)
    return [encodings, values((1, n, detector.classes), dtype, seed + 1, spread)]


@few
@given(detector=post_processes(), seed=seeds, spread=st.integers(1, 60))
def test_the_best_boxes_agree(detector: Detector, seed: int, spread: int) -> None:
    check(detector.model(), drawn(detector, seed, spread))


@pytest.mark.parametrize("by_class", [False, True])
def test_a_box_is_decoded_as_by_hand(by_class: bool) -> None:
    # A box of zeros but for y, 10 steps of 0.1 behind its zero point: 1.0 / 10 = 0.1 of the height.
    detector = Detector(
        anchors=np.array([[0.5, 0.5, 0.5, 0.25]], np.float32),
        box_scale=0.1,
        box_zero_point=0,
        options={"num_classes": 2, "max_detections": 2, "use_regular_nms": by_class},
    )
    encodings = np.array([[[10, 0, 0, 0]]], np.int8)
    boxes, classes, scores, count = check(
        detector.model(), [encodings, np.array([[[127, -100, 64]]], np.int8)]
    )
    (op,) = graph_of(detector.model()).ops
    # Its centre is at 0.5 + 0.1 * 0.5, and half of its height is 0.25, of its width 0.125.
    np.testing.assert_allclose(boxes[0, 0] * op.output.scale, [0.3, 0.375, 0.8, 0.625], atol=1e-6)
    # The class after the background, whose score is -100, is below the threshold of 0.2 or -76.
    assert classes.tolist() == [[1, 0]]
    assert scores.tolist() == [[64, -128]]
    assert count.tolist() == [1]
    assert boxes[0, 1].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("by_class", [False, True])
def test_half_of_a_union_is_not_more_than_half(by_class: bool) -> None:
    # All in powers of two, which float32 rounds nowhere: one box is one half of the other.
    anchors = np.array([[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.25, 0.5]], np.float32)
    for threshold, expected in ((0.5, 2), (np.nextafter(np.float32(0.5), np.float32(0)), 1)):
        options = {
            "nms_iou_threshold": float(threshold),
            "num_classes": 1,
            "use_regular_nms": by_class,
        }
        model = Detector(anchors=anchors, box_zero_point=0, options=options).model()
        inputs = [np.zeros((1, 2, 4), np.int8), np.array([[[0, 90], [0, 80]]], np.int8)]
        count = check(model, inputs)[3]
        assert count.tolist() == [expected] == run_interpreter(model, inputs)[3].tolist()


@pytest.mark.slow
def test_micro_decides_alike_where_boxes_have_one_class() -> None:
    require_module("tflite_micro")
    for seed, by_class in enumerate([False, True] * 4):
        options = {"use_regular_nms": by_class, "num_classes": 4, "max_detections": 6}
        detector = Detector(anchors=random_anchors(20, seed), options=options)
        model, inputs = detector.model(), drawn(detector, seed, 30)
        graph = graph_of(model)
        (op,) = graph.ops
        assert isinstance(op, DetectionPostProcess)
        held = dict(zip(op.outputs, run(graph, inputs), strict=True))
        (theirs,) = run_micro_steps(model, [inputs])
        assert not is_near_tie(op, inputs)
        for tensor, array in zip(graph.output_tensors, theirs, strict=True):
            assert agrees(op, tensor, held, array), f"'{tensor.name}', seed {seed}"


@pytest.mark.slow
def test_near_ties_are_rare_and_thousands_of_boxes_agree() -> None:
    near = 0
    for seed in range(8):
        anchors = grid_anchors(14, 14, [(0.2, 0.2), (0.3, 0.1), (0.1, 0.3), (0.5, 0.5), (0.8, 0.6)])
        options = {"use_regular_nms": seed % 2 == 1, "num_classes": 5, "max_detections": 40}
        options |= {"detections_per_class": 30, "nms_score_threshold": 1e-8}
        detector = Detector(anchors=anchors, options=options)
        model, inputs = detector.model(), drawn(detector, seed, 200)
        near += is_near_tie(graph_of(model).ops[0], inputs)  # type: ignore[arg-type] -- the one
        check(model, inputs)
    assert near < 4


def test_the_rule_can_be_broken() -> None:
    detector = Detector(anchors=random_anchors(9, 0))
    model, inputs = detector.model(), drawn(detector, 3, 40)
    graph = graph_of(model)
    (op,) = graph.ops
    assert isinstance(op, DetectionPostProcess)
    held = dict(zip(op.outputs, run(graph, inputs), strict=True))
    theirs = dict(zip(op.outputs, run_interpreter(model, inputs), strict=True))
    assert all(agrees(op, tensor, held, theirs[tensor]) for tensor in op.outputs)
    for tensor, change in (
        (op.output, 2 * op.output.scale),
        (op.classes, 1),
        (op.scores, 1 / 256),
        (op.count, 1),
    ):
        wrong = theirs[tensor].copy()
        wrong.reshape(-1)[0] += change
        assert not agrees(op, tensor, held, wrong), tensor.name


# -- NON_MAX_SUPPRESSION_V4 and V5 ------------------------------------------------------------


@few
@given(
    n=st.integers(1, 40),
    most=st.integers(1, 12),
    threshold=st.sampled_from([0.5, 0.25, 1.0]) | st.floats(0.02, 1.0),
    least=st.sampled_from([0.0, -1.0]) | st.floats(-0.5, 1.0),
    sigma=st.sampled_from([None, 0.0]),
    dtype=st.sampled_from(["int8", "uint8"]),
    spread=st.integers(1, 60),
    corner_spread=st.integers(1, 256),
    seed=seeds,
)
def test_suppressed_boxes_agree(
    n: int,
    most: int,
    threshold: float,
    least: float,
    sigma: float | None,
    dtype: str,
    spread: int,
    corner_spread: int,
    seed: int,
) -> None:
    model = Suppression(
        boxes=n, most=most, iou_threshold=threshold, score_threshold=least, sigma=sigma, dtype=dtype
    ).model()
    corners = values((n, 4), dtype, seed, corner_spread)
    check(model, [corners, values((n,), dtype, seed + 1, spread)])


@pytest.mark.parametrize(("tenths", "threshold"), [(3, 0.3), (6, 0.6), (7, 0.7), (1, 0.1)])
def test_a_quotient_that_float32_rounds_to_the_threshold_is_too_much(
    tenths: int, threshold: float
) -> None:
    # A row of 10 steps, whose ends two boxes are, with so many tenths in common. In float32 0.3 is
    # more than three tenths, to which TFLite rounds them: 0.3 >= 0.3. Steps are powers of two.
    model = Suppression(
        boxes=2, most=2, iou_threshold=threshold, box_scale=1 / 128, box_zero_point=0
    ).model()
    corners = np.array([[0, 0, 1, tenths], [0, 0, 1, 10]], np.int8)
    inputs = [corners, np.array([100, 90], np.int8)]
    theirs = run_interpreter(model, inputs)
    (op,) = graph_of(model).ops
    assert isinstance(op, NonMaxSuppression)
    assert [x.tolist() for x in computed(op, inputs)[::2]] == [[0, 0], 1]
    assert [x.tolist() for x in theirs] == [[0, 0], 1]


def test_a_box_without_area_is_taken_again_as_the_interpreter_does() -> None:
    model = Suppression(boxes=3, most=4).model()
    corners = np.array([[0, 0, 10, 10], [5, 5, 5, 9], [50, 50, 60, 60]], np.int8)
    inputs = [corners, np.array([0, 100, 50], np.int8)]
    indices, _, count = check(model, inputs)
    # As many as there are boxes above the threshold: the one that nothing covers fills them all.
    assert indices.tolist() == [1, 1, 1, 0] == run_interpreter(model, inputs)[0].tolist()
    assert count.tolist() == 3


@pytest.mark.parametrize(("scale", "is_rounded"), [(0.037, True), (1 / 128, False)])
def test_all_that_float32_decides_otherwise_are_near_ties(scale: float, is_rounded: bool) -> None:
    # Corners on 12 places. Steps of a power of two are rounded nowhere but in the quotient.
    model = Suppression(
        boxes=30, most=10, iou_threshold=0.1, score_threshold=-1.0, box_scale=scale
    ).model()
    graph = graph_of(model)
    (op,) = graph.ops
    assert isinstance(op, NonMaxSuppression)
    others = 0
    for seed in range(120):
        random = np.random.default_rng(seed)
        corners = random.integers(0, 12, (30, 4)).astype(np.int8)
        inputs: list[Array] = [corners, random.permutation(30).astype(np.int8)]
        pairs = zip(run(graph, inputs), run_interpreter(model, inputs), strict=True)
        if not all(np.array_equal(ours, theirs) for ours, theirs in pairs):
            others += 1
            assert is_near_tie(op, inputs), f"seed {seed}"
    assert (others > 0) is is_rounded


@pytest.mark.parametrize("by_class", [False, True])
def test_uint8_within_a_network_is_read_as_it_is(by_class: bool) -> None:
    options = {"use_regular_nms": by_class}
    detector = Detector(anchors=random_anchors(30, 1), is_uint8=True, options=options)
    writer = ModelWriter()
    flat = [
        writer.tensor([30, 4], "uint8", scale, zero_point)
        for scale, zero_point in ((0.05, 131), (1 / 256, 0))
    ]
    shaped = [
        writer.tensor([1, 30, 4], "uint8", scale, zero_point)
        for scale, zero_point in ((0.05, 131), (1 / 256, 0))
    ]
    for source, result in zip(flat, shaped, strict=True):
        wanted = writer.tensor([3], "int32", data=[1, 30, 4])
        writer.op("RESHAPE", [source, wanted], [result])
    model = writer.finish(flat, detector.add(writer, *shaped))
    graph = graph_of(model)
    op = graph.ops[-1]
    assert isinstance(op, DetectionPostProcess)
    for seed in range(5):
        inputs = [values((30, 4), "uint8", 2 * seed + i, 256) for i in range(2)]
        held, theirs = execute(graph, inputs), run_interpreter(model, inputs)
        pairs = zip(graph.output_tensors, theirs, strict=True)
        assert all(agrees(op, tensor, held, array) for tensor, array in pairs)


# -- a whole network --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("by_class", [False, True])
def test_a_small_ssd_agrees_on_this_machine(by_class: bool) -> None:
    model = ssd_network(by_class=by_class)
    graph = graph_of(model)
    image = values((1, 32, 32, 3), "int8", 8, 256)
    held = execute(graph, [image])
    for op in graph.ops:
        given = [x.values if x.is_const else held[x] for x in op.activations]
        portable = [k for k in ALL_KERNELS if accepts(k, op) and k.folder == "ref"]
        for kernel in portable:
            (outputs,) = host.take_steps(kernel, op, [given], [])
            for tensor, array in zip(op.outputs, outputs, strict=True):
                np.testing.assert_array_equal(array, held[tensor], f"{op.source}")
    last = graph.ops[-1]
    assert isinstance(last, DetectionPostProcess)
    pairs = zip(graph.output_tensors, run_interpreter(model, [image]), strict=True)
    assert all(agrees(last, tensor, held, array) for tensor, array in pairs)
