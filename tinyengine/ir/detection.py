"""The operators that end a detector: of many boxes, the few best that do not overlap.

They are the only ones that need not give what the interpreter gives, bit for bit: TFLite computes
them in float32. They are compiled where that is asked for.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tinyengine.ir.ops import ACTIVATION, OUTPUT, Op
from tinyengine.ir.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetectionPostProcess(Op):
    """The best boxes that do not overlap, with their classes and scores.

    `input` [1, n, 4 or more] has for each box y, x, h, w beside its anchor, a row of `anchors`
    [n, 4]; `divisors` are what each of the four is divided by. A centre is that times the anchor's
    size, from the anchor's centre; a size is the anchor's times e to the power of it. `predictions`
    [1, n, c] are scores of `class_count` classes; where there is one more, the first is that of the
    background.

    Boxes are taken in falling order of their scores, none below `score_threshold`, and none that
    overlaps one taken before: by more than `iou_threshold`, intersection over union. If `by_class`
    each class takes its own, at most `most_of_class`, and the output has the `most` best of all.
    If not, boxes count by their best class, `most` are taken, and each stands in the output with
    its `classes_each` best classes. Of equal scores the lower class comes first, then the first
    box; of one box's equal classes the lowest, or, where `classes_each` is more than 1, as the GNU
    C++ library's partial_sort leaves them, which LiteRT calls.

    Of d = most * classes_each places: `output` int32 [1, d, 4], y and x of the lower and of the
    upper corner; `classes` int32 [1, d]; `scores` [1, d], quantized like `predictions`; `count`
    int32 [1], how many boxes were taken. Places that are left over hold zeros.

    The integers' rule: a corner is at most one step (the output's scale, a power of two) from the
    corner that TFLite computes in float32; scores, classes and order are TFLite's. Whether boxes
    overlap too much is decided from corners with 7 more bits, of which the quotient alone is
    rounded: where TFLite's other roundings carry it over the threshold or under it, TFLite decides
    otherwise.

    Source: TensorFlow Lite, kernels/detection_postprocess.cc.
    """

    input: Tensor = field(metadata=ACTIVATION)
    predictions: Tensor = field(metadata=ACTIVATION)
    anchors: npt.NDArray[np.float32]
    divisors: tuple[float, float, float, float]
    class_count: int
    score_threshold: float
    iou_threshold: float
    most: int
    classes_each: int
    most_of_class: int
    by_class: bool
    classes: Tensor = field(metadata=OUTPUT)
    scores: Tensor = field(metadata=OUTPUT)
    count: Tensor = field(metadata=OUTPUT)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NonMaxSuppression(Op):
    """The best of `boxes` [n, 4] that do not overlap, by `scores` [n]: which ones, and how many.

    A box is any two opposite corners, y and x each. They are taken in falling order of their
    scores, each above `score_threshold`, and none that overlaps one taken before: by
    `iou_threshold` or more, intersection over union. One that is taken waits once more: it covers
    itself, unless it has no area; then it is taken again, as TFLite does. Equal scores come as they
    leave the GNU C++ library's priority_queue, which LiteRT fills with them in their order.

    `output` int32 [m] are the indices of those taken, `best` [m] their scores, quantized like
    `scores`, `count` int32 [] how many they are. What is left over of m holds zeros.

    The integers' rule: indices, order and scores are TFLite's. Of overlaps the quotient alone is
    rounded: where TFLite's other roundings carry it over the threshold or under it, TFLite decides
    otherwise.

    Source: TensorFlow Lite, kernels/internal/reference/non_max_suppression.h.
    """

    boxes: Tensor = field(metadata=ACTIVATION)
    scores: Tensor = field(metadata=ACTIVATION)
    score_threshold: float
    iou_threshold: float
    best: Tensor = field(metadata=OUTPUT)
    count: Tensor = field(metadata=OUTPUT)
