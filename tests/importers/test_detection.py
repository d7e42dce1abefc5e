"""What the importer asks of the operators that end a detector, and how it refuses."""

import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from flatbuffers import flexbuffers

from tests.builders.detectors import POST_PROCESS, Detector, Suppression, random_anchors
from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tinyengine.errors import ModelError
from tinyengine.importers import NetworkChoice
from tinyengine.importers.refusals import RefusedError
from tinyengine.importers.tflite import inspect, parse
from tinyengine.importers.tflite.flexbuffer import read_numbers, read_options
from tinyengine.ir import DetectionPostProcess, DType, NonMaxSuppression

DETECTION = NetworkChoice(detection=True)
DETECTOR = Detector(anchors=random_anchors(6, 0))


def refusal(model: bytes, choice: NetworkChoice = DETECTION) -> str:
    with pytest.raises(ModelError) as caught:
        parse(model, "m.tflite", choice)
    return str(caught.value)


@pytest.mark.parametrize(
    ("model", "name", "where"),
    [
        (DETECTOR.model(), POST_PROCESS, "op 2 TFLite_Detection_PostProcess 'boxes'"),
        (
            Suppression(boxes=3, sigma=0.0).model(),
            "NON_MAX_SUPPRESSION_V5",
            "op 2 NON_MAX_SUPPRESSION_V5 'indices'",
        ),
    ],
    ids=["post-process", "suppression"],
)
def test_without_the_option_it_is_refused_once(model: bytes, name: str, where: str) -> None:
    assert refusal(model, NetworkChoice()) == (
        f"error: m.tflite: {where}: {name} computes in float32, and an integer version of it is "
        "not bit-exact\n  hint: `--detection` compiles it: boxes to within one step; classes, "
        "scores and order as TFLite's"
    )


def test_its_edges_are_float32_in_the_file_and_integers_on_the_device() -> None:
    graph = parse(DETECTOR.model(), "m.tflite", DETECTION)
    assert [edge.name for edge in graph.outputs] == ["boxes", "classes", "scores", "count"]
    assert {edge.dtype for edge in graph.outputs} == {DType.FLOAT32}
    boxes, classes, scores, count = graph.output_tensors
    assert (boxes.shape, classes.shape, scores.shape, count.shape) == (
        (1, 5, 4), (1, 5), (1, 5), (1,)
    )  # fmt: skip
    # Corners of 22 bits: encodings of ±131 * 0.05 reach 6.55 / 10 of a size from an anchor within
    # the image, and half of exp(6.55 / 5) = 3.7 beyond: 2 < 1 + 0.655 + 1.85 < 4.
    assert (boxes.scale, classes.scale, scores.scale) == (2.0**-20, 1.0, 1 / 256)
    assert scores.dtype is DType.INT8


def test_explain_names_no_problem_with_the_option() -> None:
    assert inspect(DETECTOR.model(), "m.tflite", DETECTION).problems == ()


def test_options_that_the_file_leaves_out_are_those_of_the_interpreter() -> None:
    options: dict[str, Any] = dict(DETECTOR.all_options)
    del options["detections_per_class"], options["use_regular_nms"]
    writer = ModelWriter()
    tensors = [writer.tensor([1, 6, size], "uint8", 0.05, 128, name=f"x{size}") for size in (5, 4)]
    anchors = writer.tensor([6, 4], "uint8", 1 / 200, 20, data=DETECTOR.uint8_anchors)
    outputs = [writer.tensor([], "float32") for _ in range(4)]
    writer.op(POST_PROCESS, [*tensors, anchors], outputs, **options)
    (op,) = parse(writer.finish(tensors, outputs), "m.tflite", DETECTION).ops
    assert isinstance(op, DetectionPostProcess)
    assert (op.most_of_class, op.by_class) == (100, False)
    # Anchors of bytes are what DEQUANTIZE makes of them.
    np.testing.assert_array_equal(
        op.anchors, ((DETECTOR.uint8_anchors.astype(np.float32) - 20) * np.float32(1 / 200))
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_detections": -1}, "its max_detections is -1; it must be a number from 1 up"),
        ({"max_detections": 1 << 31}, "its max_detections is 2147483648"),
        ({"max_detections": 0}, "its max_detections is 0"),
        ({"max_detections": 1.5}, "its max_detections is 1.5"),
        ({"max_detections": 1 << 20}, "are more than 32768 places"),
        ({"max_classes_per_detection": 0}, "its max_classes_per_detection is 0"),
        ({"detections_per_class": -5}, "its detections_per_class is -5"),
        ({"num_classes": 9}, r"predictions \(1, 6, 4\) are not of 9 classes"),
        ({"nms_iou_threshold": 0.0}, r"the overlap threshold 0 is outside \(0, 1\]"),
        ({"nms_iou_threshold": 1.01}, "the overlap threshold 1.01 is outside"),
        ({"nms_iou_threshold": float("nan")}, "the overlap threshold nan is outside"),
        ({"nms_score_threshold": float("nan")}, "the score threshold is no number"),
        ({"y_scale": 0.0}, "its scales 0, 10, 5, 5 must be > 0"),
        ({"w_scale": float("inf")}, "its scales 10, 10, 5, inf must be > 0"),
        ({"h_scale": 1e-3}, "its boxes may reach inf; 16384 is the most in fixed-point"),
        ({"num_classes": "3"}, "its options are damaged: a value is no number"),
    ],
    ids=str,
)
def test_absurd_options_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        parse(replace(DETECTOR, options=options, scores_each=4).model(), "m.tflite", DETECTION)


@pytest.mark.parametrize(
    ("anchors", "said"),
    [
        ([[0.5, 0.5, -0.1, 0.5]], "its height or width is negative"),
        ([[np.nan, 0.5, 0.1, 0.5]], "an anchor is no number"),
        ([[0.5, 0.5, 3e38, 0.5]], "its boxes may reach"),
        ([[0.5, 0.5, 1000, 1e-9], [0.5, 0.5, 1, 1]], ""),
    ],
)
def test_anchors_that_no_fixed_point_holds_are_refused(anchors: Any, said: str) -> None:
    model = Detector(anchors=np.array(anchors, np.float32)).model()
    if said:
        assert said in refusal(model)
    else:
        parse(model, "m.tflite", DETECTION)


def test_int8_without_dequantize_is_refused_as_the_interpreters_do() -> None:
    operands = [Spec(shape=(1, 6, 4), scale=0.05, zero_point=3) for _ in range(2)]
    anchors = Spec(shape=(6, 4), dtype="float32", data=DETECTOR.anchors)
    results = [Spec(shape=(1, 5), dtype="float32") for _ in range(4)]
    model = one_op_model(POST_PROCESS, [*operands, anchors], results, **DETECTOR.all_options)
    assert "is int8: no interpreter takes that here" in refusal(model)


def test_soft_suppression_is_refused_with_the_reason() -> None:
    said = refusal(Suppression(boxes=3, sigma=0.5).model())
    assert "its sigma is not 0: soft suppression multiplies scores by exponentials" in said
    assert "with a soft_nms_sigma of 0" in said


def test_a_suppression_without_scores_keeps_them_to_itself() -> None:
    (op,) = parse(Suppression(boxes=3).model(), "m.tflite", DETECTION).ops
    assert isinstance(op, NonMaxSuppression)
    assert op.best.name == "indices/scores"


# -- options of custom operators --------------------------------------------------------------


def test_numbers_are_read_as_they_were_written() -> None:
    options = {"a": 1, "b": -(1 << 40), "c": True, "d": 0.5, "e": 2.0**90, "f": (1 << 62) + 1}
    assert read_numbers(bytes(flexbuffers.Dumps(options))) == options
    assert read_numbers(b"") == {}


def test_indirect_numbers_are_followed() -> None:
    # A map {"x": ...} by hand: the key, a vector of one key, the value, and the map, whose value is
    # the distance back to an 8 byte float (type 8, width 3).
    value = struct.pack("<d", 0.25)
    data = value + b"x\0" + bytes([1, 3])  # at 8 the key, at 10 how many keys, at 11 the way back
    # The map: keys at 11, their width 1, one entry, then the value and its type.
    data += bytes([12 - 11, 1, 1, 15, 8 << 2 | 3])
    data += bytes([2, 9 << 2, 1])
    assert read_numbers(data) == {"x": 0.25}


def test_whole_options_hold_no_fractions() -> None:
    with pytest.raises(RefusedError, match="its options are damaged: a value is no integer"):
        read_options(bytes(flexbuffers.Dumps({"a": 0.5})))
