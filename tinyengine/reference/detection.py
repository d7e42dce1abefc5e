"""What the operators that end a detector compute, in integers: the rule is in `ir/detection.py`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Array, DetectionPostProcess, DType, NonMaxSuppression, Tensor
from tinyengine.reference.heap import PriorityQueue, partially_sorted

Boxes = npt.NDArray[np.int64]
"""Corners [n, 4]: least y and x, greatest y and x."""

_OUTPUT_BITS = 22
"""Bits of the greatest corner in the output: at most one step from float32, whose error is less
than three eighths of a step, three roundings to 24 bits."""

GUARD_BITS = 7
"""Bits that corners have beyond the output's while they are compared."""

MOST_RANGE_BITS = 14
"""Corners beyond 2^14 anchors' units mean nothing; the output's steps would be over 2^-8."""

_SIZE_BITS = 30
"""Bits of the greatest factor, of an anchor's size and of what multiplies it."""

THRESHOLD_BITS = 31
"""Bits of what overlaps are compared with, which is exact from thresholds of 2^-6 on."""


def box_range(encoded: Tensor, anchors: Array, divisors: Sequence[float]) -> float:
    """Give a bound of the magnitude of all corners that encodings of this quantization can give."""
    centers, sizes = _factors(encoded, divisors)
    y, x, h, w = (anchors[:, i].astype(np.float64) for i in range(4))
    with np.errstate(over="ignore", invalid="ignore"):
        reach = [
            np.abs(at) + size * (np.abs(center).max() + half.max())
            for at, size, center, half in zip((y, x), (h, w), centers, sizes, strict=True)
        ]
    return float(np.max(reach))


def range_bits(bound: float) -> int:
    """Give the bits before the point that corners up to `bound` take."""
    return max(0, int(np.ceil(np.log2(bound)))) if bound > 0 else 0


def box_scale(bound: float) -> float:
    """Give the output's scale for corners up to `bound`."""
    return float(2.0 ** (range_bits(bound) - _OUTPUT_BITS))


def is_precise(encoded: Tensor, anchors: Array, divisors: Sequence[float]) -> bool:
    """Tell whether factors of 31 bits give corners to within a fraction of the output's step.

    They do not where anchors are a thousand times as high as wide: both have one scale.
    """
    bound = range_bits(box_range(encoded, anchors, divisors))
    size_bits = _bits(anchors[:, 2:].astype(np.float64))
    each = (np.stack(factors) for factors in _factors(encoded, divisors))
    return all(size_bits + _bits(factors) <= bound + 3 for factors in each)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoxDecoder:
    """How encodings become corners in integers.

    `tables` [4, 256] are what multiplies an anchor's size, by an encoding's byte: of the centre's y
    and x, and half of the height and width. `anchors` [n, 4] are the centre and the size. A product
    is shifted right, `center_shift` or `size_shift`, halves up.
    """

    tables: npt.NDArray[np.int32]
    anchors: npt.NDArray[np.int32]
    center_shift: int
    size_shift: int

    def corners(self, encodings: Array) -> Boxes:
        """Give the boxes of `encodings` [1, n, 4 or more], with GUARD_BITS beyond the output's."""
        codes = encodings[0, :, :4].view(np.uint8)
        factors = np.stack([self.tables[i].astype(np.int64)[codes[:, i]] for i in range(4)])
        anchors = self.anchors.astype(np.int64).T
        center = anchors[:2] + _shifted(factors[:2] * anchors[2:], self.center_shift)
        half = _shifted(factors[2:] * anchors[2:], self.size_shift)
        return np.concatenate([center - half, center + half]).T


def _shifted(values: npt.NDArray[np.int64], shift: int) -> npt.NDArray[np.int64]:
    return (values + (1 << (shift - 1))) >> shift


def decoder_of(op: DetectionPostProcess) -> BoxDecoder:
    """Give how the boxes of `op` are decoded.

    Source: TensorFlow Lite, kernels/detection_postprocess.cc, DecodeCenterSizeBoxes: float32 of the
    encodings and of the anchors, and between them double, which these integers stand for.
    """
    centers, sizes = _factors(op.input, op.divisors)
    anchors = op.anchors.astype(np.float64)
    point = GUARD_BITS - int(np.log2(op.output.scale))
    range_ = _OUTPUT_BITS + GUARD_BITS - point
    size_bits = _bits(anchors[:, 2:])
    fraction = _SIZE_BITS - size_bits
    shifts, tables = [], []
    for factors in (np.stack(centers), np.stack(sizes)):
        bits = max(_bits(factors), range_ - size_bits - _SIZE_BITS)
        tables.append(_fixed(factors, _SIZE_BITS - bits))
        shifts.append(_SIZE_BITS - bits + fraction - point)
    whole = [_fixed(anchors[:, :2], point), _fixed(anchors[:, 2:], fraction)]
    return BoxDecoder(
        tables=np.concatenate(tables),
        anchors=np.concatenate(whole, axis=1),
        center_shift=shifts[0],
        size_shift=shifts[1],
    )


def _factors(
    encoded: Tensor, divisors: Sequence[float]
) -> tuple[list[npt.NDArray[np.float64]], list[npt.NDArray[np.float64]]]:
    """Give what every byte of an encoding multiplies the anchor's size by: centres, half sizes."""
    reals = dequantized(encoded).astype(np.float64)
    with np.errstate(over="ignore"):
        y, x, h, w = (reals / np.float64(np.float32(divisor)) for divisor in divisors)
        return [y, x], [0.5 * np.exp(h), 0.5 * np.exp(w)]


def dequantized(tensor: Tensor) -> npt.NDArray[np.float32]:
    """Give what every byte of a tensor of bytes is worth, as DEQUANTIZE gives it, by the byte."""
    values = np.arange(256, dtype=np.uint8).view(tensor.dtype.numpy).astype(np.int64)
    reals = np.float64(tensor.scale) * (values - tensor.zero_point)
    return np.asarray(reals, np.float32)


def _bits(values: npt.NDArray[np.float64]) -> int:
    """Give the bits before the point of the greatest magnitude; below 1 they are negative."""
    most = float(np.abs(values).max())
    return int(np.frexp(most)[1]) if most > 0 else -_SIZE_BITS


def _fixed(values: npt.NDArray[np.float64], fraction: int) -> npt.NDArray[np.int32]:
    scaled = np.rint(np.ldexp(values, fraction))
    return np.clip(scaled, -(2**31), 2**31 - 1).astype(np.int32)


def least_rank(scores: Tensor, threshold: float, *, above: bool = False) -> int:
    """Give the least rank of a score that reaches `threshold`, or that is `above` it.

    Ranks are in the order of the scores, 0 to 255; 256: none does.
    """
    reals = dequantized(scores)[np.argsort(ranks(scores, np.arange(256, dtype=np.uint8)))]
    limit = np.float32(threshold)
    return 256 - int(np.count_nonzero(reals > limit if above else reals >= limit))


def ranks(scores: Tensor, values: Array) -> npt.NDArray[np.uint8]:
    """Give the bytes of scores in an order in which greater scores are greater numbers."""
    flip = 0x80 if scores.dtype is DType.INT8 else 0
    return values.view(np.uint8) ^ np.uint8(flip)


def threshold_factor(threshold: float, *, equal: bool) -> int:
    """Give what quotients are compared with, as an integer of THRESHOLD_BITS bits.

    TFLite rounds the quotient to float32 and compares that with `threshold`, in (0, 1]. What is
    rounded to the threshold or above begins half-way from the number below; where only what is
    above counts, and not what is `equal`, half-way to the next one.
    """
    limit = np.float32(threshold)
    other = np.nextafter(limit, np.float32(0 if equal else 2))
    between = (np.float64(limit) + np.float64(other)) / 2
    return max(1, int(np.rint(np.ldexp(between, THRESHOLD_BITS))))


# -- overlaps ---------------------------------------------------------------------------------


def areas(boxes: Boxes, other: Boxes) -> tuple[list[int], list[int]]:
    """Give intersection and union of each of `boxes` with `other`, both 0 where an area is 0."""
    low, high = np.maximum(boxes[:, :2], other[:2]), np.minimum(boxes[:, 2:], other[2:])
    common = np.prod(np.maximum(high - low, 0), axis=1).tolist()
    mine = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).tolist()
    their = int(np.prod(other[2:] - other[:2]))
    both = [bool(area > 0 and their > 0) for area in mine]
    inside = [part if each else 0 for part, each in zip(common, both, strict=True)]
    whole = [
        area + their - part if each else 0
        for area, part, each in zip(mine, common, both, strict=True)
    ]
    return inside, whole


Covered = Callable[[Boxes, Boxes], bool]
"""Tells whether any of the boxes taken overlaps another one too much."""


def covers(threshold: float, *, equal: bool) -> Covered:
    """Give the test of `threshold`: an overlap above it, or `equal` to it, is too much."""
    factor = threshold_factor(threshold, equal=equal)

    def is_covered(taken: Boxes, box: Boxes) -> bool:
        """Compare the quotients without dividing."""
        return any(
            part << THRESHOLD_BITS >= factor * whole + (0 if equal else 1)
            for part, whole in zip(*areas(taken, box), strict=True)
            if whole
        )

    return is_covered


def take(order: Sequence[int], boxes: Boxes, is_covered: Covered) -> Iterator[int]:
    """Give those of `order` that no earlier one covers."""
    taken: list[int] = []
    for index in order:
        if not (taken and is_covered(boxes[taken], boxes[index])):
            taken.append(index)
            yield index


# -- the operators ----------------------------------------------------------------------------


def detection_post_process(
    op: DetectionPostProcess, encodings: Array, predictions: Array
) -> tuple[Array, ...]:
    """Compute DetectionPostProcess."""
    corners = decoder_of(op).corners(encodings)
    found = detections(op, corners, predictions, covers(op.iou_threshold, equal=False))
    boxes, classes, scores, count = (np.zeros(t.shape, t.dtype.numpy) for t in op.outputs)
    scores[:] = op.scores.zero_point
    half = 1 << (GUARD_BITS - 1)
    background = predictions.shape[2] - op.class_count
    for place, box, chosen in found:
        boxes[0, place] = (corners[box] + half) >> GUARD_BITS
        classes[0, place] = chosen
        scores[0, place] = predictions[0, box, background + chosen]
    count[0] = len({place if op.by_class else place // op.classes_each for place, _, _ in found})
    return boxes, classes, scores, count


def detections(
    op: DetectionPostProcess, corners: Boxes, predictions: Array, is_covered: Covered
) -> list[tuple[int, int, int]]:
    """Give the output's place, the box and the class of each detection."""
    known = ranks(op.predictions, predictions)[0, :, predictions.shape[2] - op.class_count :]
    least = least_rank(op.predictions, op.score_threshold)
    if op.by_class:
        return _of_classes(op, corners, known, (least, is_covered))
    order = _falling(known.max(axis=1), least)
    each = min(op.classes_each, op.class_count)
    return [
        (place * op.classes_each + position, box, chosen)
        for place, box in enumerate(islice(take(order, corners, is_covered), op.most))
        for position, chosen in enumerate(best_classes(known[box], each))
    ]


def _of_classes(
    op: DetectionPostProcess,
    corners: Boxes,
    known: npt.NDArray[np.uint8],
    rule: tuple[int, Covered],
) -> list[tuple[int, int, int]]:
    """Let each class take its boxes; give the best of all."""
    least, is_covered = rule
    most = min(op.most, op.most_of_class)
    found = [
        (int(known[box, chosen]), box, chosen)
        for chosen in range(op.class_count)
        for box in islice(take(_falling(known[:, chosen], least), corners, is_covered), most)
    ]
    found.sort(key=lambda each: -each[0])
    return [(place, box, chosen) for place, (_, box, chosen) in enumerate(found[: op.most])]


def _falling(known: npt.NDArray[np.uint8], least: int) -> list[int]:
    """Give the boxes from the rank `least` on, the best first, of equal ones the first."""
    order = np.argsort(-known.astype(np.int64), kind="stable")
    return [int(index) for index in order if known[index] >= least]


def best_classes(known: npt.NDArray[np.uint8], count: int) -> list[int]:
    """Give the `count` best classes of a box."""
    if count == 1:
        return [int(np.argmax(known))]
    return partially_sorted(known.tolist(), count)


def non_max_suppression(op: NonMaxSuppression, boxes: Array, scores: Array) -> tuple[Array, ...]:
    """Compute NonMaxSuppression."""
    is_covered = covers(op.iou_threshold, equal=True)
    found = suppressed(op, whole_corners(boxes), scores, is_covered)
    indices, best, count = (np.zeros(t.shape, t.dtype.numpy) for t in op.outputs)
    indices[: len(found)] = found
    best[:] = op.scores.zero_point
    best[: len(found)] = scores[found]
    count[...] = len(found)
    return indices, best, count


def suppressed(
    op: NonMaxSuppression, corners: Boxes, scores: Array, is_covered: Covered
) -> list[int]:
    """Give the indices of the boxes that are taken."""
    known = ranks(op.scores, scores)
    least = least_rank(op.scores, op.score_threshold, above=True)
    queue, taken = PriorityQueue(known.tolist()), list[int]()
    for index in np.flatnonzero(known >= least).tolist():
        queue.push(index)
    most = min(len(queue), op.output.elements)
    while len(queue) and len(taken) < most:
        index = queue.pop()
        if not (taken and is_covered(corners[taken], corners[index])):
            taken.append(index)
            queue.push(index)
    return taken


def whole_corners(boxes: Array) -> Boxes:
    """Give boxes of any two opposite corners by the least and the greatest."""
    wide = boxes.astype(np.int64)
    low, high = np.minimum(wide[:, :2], wide[:, 2:]), np.maximum(wide[:, :2], wide[:, 2:])
    return np.concatenate([low, high], axis=1)
