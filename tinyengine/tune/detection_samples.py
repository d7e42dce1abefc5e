"""Operators that end a detector, on which their kernels are measured."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from tinyengine.ir import (
    DetectionPostProcess,
    DType,
    NonMaxSuppression,
    Op,
    Quantization,
    Source,
    Tensor,
)
from tinyengine.reference.detection import box_range, box_scale

_SOURCE = Source(index=0, opcode="SAMPLE", name="sample")
_DIVISORS = (10.0, 10.0, 5.0, 5.0)


def _tensor(
    shape: tuple[int, ...], dtype: DType, scale: float = 1.0, zero_point: int = 0
) -> Tensor:
    quant = Quantization(scale=(scale,), zero_point=(zero_point,))
    return Tensor(name="sample", shape=shape, dtype=dtype, quant=quant)


def _count(*shape: int) -> Tensor:
    return Tensor(name="sample", shape=shape, dtype=DType.INT32)


def _post_processes(rng: np.random.Generator) -> Iterator[Op]:
    for boxes, classes, most in ((100, 2, 10), (500, 2, 10), (500, 10, 10), (1000, 4, 30)):
        for by_class in (False, True):
            anchors = rng.uniform(0.1, 1, (boxes, 4)).astype(np.float32)
            encoded = _tensor((1, boxes, 4), DType.INT8, 0.05)
            scale = box_scale(box_range(encoded, anchors, _DIVISORS))
            yield DetectionPostProcess(
                source=_SOURCE,
                input=encoded,
                predictions=_tensor((1, boxes, classes), DType.INT8, 1 / 256, -128),
                anchors=anchors,
                divisors=_DIVISORS,
                class_count=classes - 1,
                score_threshold=0.3,
                iou_threshold=0.6,
                most=most,
                classes_each=1,
                most_of_class=most,
                by_class=by_class,
                output=_tensor((1, most, 4), DType.INT32, scale),
                classes=_tensor((1, most), DType.INT32),
                scores=_tensor((1, most), DType.INT8, 1 / 256, -128),
                count=_tensor((1,), DType.INT32),
            )


def _suppressions(_: np.random.Generator) -> Iterator[Op]:
    for boxes, most in ((50, 5), (200, 10), (1000, 10), (1000, 50)):
        yield NonMaxSuppression(
            source=_SOURCE,
            boxes=_tensor((boxes, 4), DType.INT8, 1 / 200, -100),
            scores=_tensor((boxes,), DType.INT8, 1 / 256, -128),
            score_threshold=0.3,
            iou_threshold=0.6,
            output=_count(most),
            best=_tensor((most,), DType.INT8, 1 / 256, -128),
            count=_count(),
        )


DETECTION_MAKERS: Mapping[type[Op], Callable[[np.random.Generator], Iterator[Op]]] = {
    DetectionPostProcess: _post_processes,
    NonMaxSuppression: _suppressions,
}
"""The operators of each kind."""
