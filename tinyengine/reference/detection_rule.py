"""How far the operators that end a detector may be from TFLite's float32, and how that is told."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Array, DetectionPostProcess, Graph, NonMaxSuppression, Tensor
from tinyengine.reference.detection import (
    Boxes,
    Covered,
    areas,
    covers,
    decoder_of,
    detections,
    suppressed,
    whole_corners,
)

Detector = DetectionPostProcess | NonMaxSuppression

_LEAST_DOUBT = 2.0**-20
"""Quotients of float32 that are farther than this from the threshold, and of large boxes, do not
come to lie on the other side of it."""

_SCORE_STEPS = 2.0**-10
"""What the last bits of float32 are of a step of 8 bits, and more."""

_SIDE_ERRORS: Mapping[type[Detector], float] = {
    DetectionPostProcess: 128.0,
    NonMaxSuppression: 2.0**-14,
}
"""How far float32 may be from a side, in the units of the integers' corners. Of decoded boxes: two
corners of three roundings to 24 bits, where the greatest corner has 29 bits here, and what the
integers' own roundings add. Of given ones: two corners of at most 255 steps, rounded to 24 bits."""


def detectors(graph: Graph) -> tuple[Detector, ...]:
    """Give the operators of `graph` that need not be bit-exact."""
    return tuple(op for op in graph.ops if isinstance(op, Detector))


def agrees(op: Detector, tensor: Tensor, values: Mapping[Tensor, Array], theirs: Array) -> bool:
    """Tell whether TFLite's real numbers for an output of `op` are those of the integers' rule.

    `values` are what all outputs of `op` hold. Corners may be one step off; scores are the same but
    for the last bits of float32, as LiteRT's vector code gives those of uint8. What TFLite leaves
    unwritten may be anything.
    """
    ours, quant = values[tensor], tensor.quant
    if quant is None:
        return np.array_equal(ours, theirs)
    reals = np.asarray(quant.scale[0] * (ours.astype(np.float64) - quant.zero_point[0]))
    if not isinstance(op, DetectionPostProcess) or tensor is op.count:
        return np.array_equal(reals.astype(np.float32), theirs)
    places = written_places(op, int(values[op.count][0]))
    reals, theirs = reals[0, places], theirs.reshape(reals.shape)[0, places]
    steps = {op.output: 1.0, op.scores: _SCORE_STEPS}.get(tensor, 0.0)
    return bool((np.abs(reals - theirs) <= steps * quant.scale[0]).all())


def written_places(op: DetectionPostProcess, count: int) -> npt.NDArray[np.bool_]:
    """Tell which places of its outputs TFLite writes, where it takes `count` boxes."""
    places = np.arange(op.most * op.classes_each)
    if op.by_class:
        return places < op.most
    each = min(op.classes_each, op.class_count)
    return (places // op.classes_each < count) & (places % op.classes_each < each)


def is_near_tie(op: Detector, operands: Sequence[Array]) -> bool:
    """Tell whether an overlap was so near the threshold that float32 may be on its other side."""
    near = False
    is_covered = covers(op.iou_threshold, equal=isinstance(op, NonMaxSuppression))

    def watched(taken: Boxes, box: Boxes) -> bool:
        """Decide as the operator does, and look how near that was."""
        nonlocal near
        near = near or _is_near(op, taken, box)
        return is_covered(taken, box)

    _decide(op, operands, watched)
    return near


def _decide(op: Detector, operands: Sequence[Array], is_covered: Covered) -> None:
    """Let `op` ask `is_covered` what it has to ask."""
    first, second = operands
    if isinstance(op, NonMaxSuppression):
        suppressed(op, whole_corners(first), second, is_covered)
    else:
        detections(op, decoder_of(op).corners(first), second, is_covered)


def _is_near(op: Detector, taken: Boxes, box: Boxes) -> bool:
    """Tell whether a quotient is within what float32 may make of it."""
    parts, wholes = (np.array(each, np.float64) for each in areas(taken, box))
    sides = np.minimum((taken[:, 2:] - taken[:, :2]).min(axis=1), (box[2:] - box[:2]).min())
    doubt = _LEAST_DOUBT + 8 * _SIDE_ERRORS[type(op)] / np.maximum(sides, 1)
    quotients = parts / np.maximum(wholes, 1)
    return bool((np.abs(quotients - np.float32(op.iou_threshold)) <= doubt).any())


def is_of_detector(graph: Graph, tensor: Tensor) -> Detector | None:
    """Give the operator whose rule an output of the graph follows, None for all others."""
    op = graph.producers.get(tensor)
    return op if isinstance(op, Detector) else None
