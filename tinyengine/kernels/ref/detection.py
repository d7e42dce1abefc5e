"""The kernels of the operators that end a detector."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import DetectionPostProcess, DType, NonMaxSuppression, Tensor
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.detection import decoder_of, least_rank, threshold_factor

_RANKS = 256


def elements_are_8_bit(op: DetectionPostProcess | NonMaxSuppression) -> bool:
    """Boxes and scores must be int8 or uint8."""
    return all(tensor.dtype in (DType.INT8, DType.UINT8) for tensor in op.activations)


def _flip(tensor: Tensor) -> int:
    """Give the bits that make unsigned numbers in the values' order of a tensor's bytes."""
    return 0x80 if tensor.dtype is DType.INT8 else 0x00


def _byte(value: int) -> int:
    """Give a byte as C's int8_t."""
    return int(np.array(value & 0xFF, np.uint8).view(np.int8))


def _post_process_params(op: DetectionPostProcess) -> Struct:
    decoder = decoder_of(op)
    return Struct(
        c_type="te_detection_post_process_params",
        members={
            "boxes": op.input.shape[1],
            "encoding_bytes": op.input.shape[2],
            "prediction_bytes": op.predictions.shape[2],
            "background": op.predictions.shape[2] - op.class_count,
            "classes": op.class_count,
            "most": op.most,
            "classes_each": op.classes_each,
            "places": op.most * op.classes_each,
            "most_of_class": op.most_of_class,
            "least": least_rank(op.predictions, op.score_threshold),
            "overlap": threshold_factor(op.iou_threshold, equal=False),
            "by_class": int(op.by_class),
            "rank_flip": _flip(op.predictions),
            "zero": _byte(op.scores.zero_point),
            "center_shift": decoder.center_shift,
            "size_shift": decoder.size_shift,
            "center_y": decoder.tables[0],
            "center_x": decoder.tables[1],
            "half_h": decoder.tables[2],
            "half_w": decoder.tables[3],
            "anchors": decoder.anchors,
        },
    )


def _post_process_scratch(op: DetectionPostProcess) -> int:
    return 2 * (_RANKS + op.input.shape[1] + min(op.classes_each, op.class_count))


def _suppression_params(op: NonMaxSuppression) -> Struct:
    return Struct(
        c_type="te_non_max_suppression_params",
        members={
            "boxes": op.boxes.shape[0],
            "most": op.output.elements,
            "least": least_rank(op.scores, op.score_threshold, above=True),
            "overlap": threshold_factor(op.iou_threshold, equal=True),
            "rank_flip": _flip(op.scores),
            "box_flip": _flip(op.boxes),
            "zero": _byte(op.scores.zero_point),
        },
    )


def _suppression_scratch(op: NonMaxSuppression) -> int:
    return 2 * op.boxes.shape[0]


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_detection_post_process_s8",
        header="te_detection.h",
        isa=Isa.BASE,
        op=DetectionPostProcess,
        params=_post_process_params,
        progress=Progress.WHOLE,
        constraints=(elements_are_8_bit,),
        scratch_nbytes=_post_process_scratch,
    ),
    Kernel(
        folder="ref",
        function="te_non_max_suppression_s8",
        header="te_detection.h",
        isa=Isa.BASE,
        op=NonMaxSuppression,
        params=_suppression_params,
        progress=Progress.WHOLE,
        constraints=(elements_are_8_bit,),
        scratch_nbytes=_suppression_scratch,
    ),
)
"""One kernel per operator."""
