"""What the operators that end a detector ask of their tensors and attributes."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tinyengine.ir.detection import DetectionPostProcess, NonMaxSuppression
from tinyengine.ir.ops import Op
from tinyengine.ir.tensor import DType, Tensor

MOST_BOXES = (1 << 16) - 2
"""Boxes are chained by indices of 16 bits, and one stands for the end."""


def _bytes(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.dtype not in (DType.INT8, DType.UINT8):
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be int8 or uint8"
        elif tensor.quant is None or tensor.quant.per_channel:
            yield f"'{tensor.name}' is not quantized per tensor"


def _numbers(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if tensor.dtype is not DType.INT32:
            yield f"'{tensor.name}' is {tensor.dtype.value}, must be int32"


def _like(tensor: Tensor, other: Tensor) -> Iterator[str]:
    if not tensor.quantized_like(other):
        yield f"'{tensor.name}' is not quantized like '{other.name}'"


def _thresholds(op: DetectionPostProcess | NonMaxSuppression) -> Iterator[str]:
    if math.isnan(op.score_threshold):
        yield "the score threshold is no number"
    if not 0 < op.iou_threshold <= 1:
        yield f"the overlap threshold {op.iou_threshold:g} is outside (0, 1]"


def _post_process_elements(op: DetectionPostProcess) -> Iterator[str]:
    yield from _bytes(op.input, op.predictions)
    yield from _numbers(op.output, op.classes, op.count)
    yield from _like(op.scores, op.predictions)
    if op.output.quant is None or math.frexp(op.output.scale)[0] != 0.5 or op.output.zero_point:
        yield f"'{op.output.name}' must have a power of two for scale, and zero point 0"


def _suppression_elements(op: NonMaxSuppression) -> Iterator[str]:
    yield from _bytes(op.boxes, op.scores)
    yield from _numbers(op.output, op.count)
    yield from _like(op.best, op.scores)


def _post_process_shapes(op: DetectionPostProcess) -> Iterator[str]:
    boxes, width = (*op.input.shape, 0, 0, 0)[1:3]
    if len(op.input.shape) != 3 or op.input.shape[0] != 1 or width < 4:
        yield f"encodings {op.input.shape} are not [1, n, 4 or more]"
    if boxes > MOST_BOXES:
        yield f"{boxes} boxes; {MOST_BOXES} are the most"
    if op.anchors.shape != (boxes, 4):
        yield f"anchors {op.anchors.shape} are not ({boxes}, 4)"
    wanted = [(1, boxes, op.class_count + extra) for extra in (0, 1)]
    if op.class_count < 1 or op.predictions.shape not in wanted:
        yield f"predictions {op.predictions.shape} are not of {op.class_count} classes"
    if min(op.most, op.classes_each, op.most_of_class) < 1:
        yield f"at most {op.most} boxes, {op.most_of_class} of a class: each must be 1 at least"
    places = op.most * op.classes_each
    shapes = ((1, places, 4), (1, places), (1, places), (1,))
    for tensor, shape in zip(op.outputs, shapes, strict=True):
        if tensor.shape != shape:
            yield f"'{tensor.name}' is {tensor.shape}, must be {shape}"
    yield from _thresholds(op)


def _suppression_shapes(op: NonMaxSuppression) -> Iterator[str]:
    if op.scores.shape != op.boxes.shape[:1] or op.boxes.shape[1:] != (4,):
        yield f"boxes {op.boxes.shape} and scores {op.scores.shape} are not [n, 4] and [n]"
    elif op.boxes.shape[0] > MOST_BOXES:
        yield f"{op.boxes.shape[0]} boxes; {MOST_BOXES} are the most"
    if len(op.output.shape) != 1 or op.count.elements != 1:
        yield f"indices {op.output.shape} and count {op.count.shape} are not [m] and one number"
    elif op.best.shape != op.output.shape:
        yield f"'{op.best.name}' is {op.best.shape}, must be {op.output.shape}"
    yield from _thresholds(op)


DETECTION_ELEMENTS: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    DetectionPostProcess: _post_process_elements,
    NonMaxSuppression: _suppression_elements,
}
"""What each asks of element types and scales, as faults."""

DETECTION_SHAPES: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    DetectionPostProcess: _post_process_shapes,
    NonMaxSuppression: _suppression_shapes,
}
"""What each asks of shapes and attributes, as faults."""
