"""Import the operators that end a detector; they are compiled only where that is asked for."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.flexbuffer import read_numbers
from tinyengine.importers.tflite.model import FileModel, FileOperator
from tinyengine.ir import (
    DetectionPostProcess,
    DType,
    NonMaxSuppression,
    Op,
    Quantization,
    Tensor,
    find_op_faults,
)
from tinyengine.reference.detection import MOST_RANGE_BITS, box_range, box_scale, is_precise

POST_PROCESS = "TFLite_Detection_PostProcess"

_REALS: Mapping[str, tuple[int, ...]] = {
    POST_PROCESS: (0, 1, 2),
    "NON_MAX_SUPPRESSION_V4": (0, 1),
    "NON_MAX_SUPPRESSION_V5": (0, 1),
}
"""The operands that a DEQUANTIZE may stand before."""

DETECTION = frozenset(_REALS)
"""The operators that are compiled where that is asked for."""

_BYTES = (DType.INT8, DType.UINT8)
_PLAIN = Quantization(scale=(1.0,), zero_point=(0,))
_MOST_PLACES = 1 << 15
_DETECTIONS_PER_CLASS = 100
"""What the interpreter takes where the options say nothing."""


def detection_name(operator: FileOperator) -> str:
    """Give the name in DETECTION of an operator, empty where it is none of them."""
    name = operator.custom_code if operator.opcode == "CUSTOM" else operator.opcode
    return name if name in DETECTION else ""


def real_operands(operator: FileOperator) -> tuple[int, ...]:
    """Give the tensors that one of DETECTION reads as real numbers, behind a DEQUANTIZE or not."""
    positions = _REALS[detection_name(operator)]
    return tuple(operator.inputs[at] for at in positions if at < len(operator.inputs))


def _off_by_default(opcode: str) -> RefusedError:
    """Give the refusal of an operator that nobody asked for."""
    return RefusedError(
        f"{opcode} computes in float32, and an integer version of it is not bit-exact",
        "`--detection` compiles it: boxes to within one step; classes, scores and order as "
        "TFLite's",
    )


def as_quantized(
    operator: FileOperator, model: FileModel, origins: Mapping[int, int], *, is_on: bool
) -> FileOperator:
    """Give an operator of DETECTION with what each DEQUANTIZE reads in place of what it gives.

    `origins` are those, by what they give. Raises RefusedError unless these operators are asked
    for, and for types that no interpreter takes.
    """
    if not is_on:
        raise _off_by_default(operator.opcode)
    given = [model.tensors[index] for index in real_operands(operator) if index >= 0]
    names = [tensor.dtype for tensor in given]
    is_whole = operator.opcode == POST_PROCESS and names[:1] == ["uint8"]
    for tensor in given:
        if tensor.dtype not in ("float32", "uint8" if operator.opcode == POST_PROCESS else ""):
            raise RefusedError(
                f"'{tensor.label}' is {tensor.dtype}: no interpreter takes that here",
                "a DEQUANTIZE must stand before it, which costs nothing on the device",
            )
    if operator.opcode == POST_PROCESS and names[2:] and (names[2] == "uint8") != is_whole:
        raise RefusedError(
            f"its boxes are {names[0]} and its anchors {names[2]}: no interpreter takes that",
            LIMIT_HINT,
        )
    return replace(operator, inputs=tuple(origins.get(index, index) for index in operator.inputs))


def detection_post_process(call: Call) -> tuple[Op, ...]:
    """Import TFLite_Detection_PostProcess; its operands are quantized by now."""
    call.expect((3,), 4)
    options = read_numbers(call.operator.custom_options)
    encodings = call.input(0, "box encodings", _BYTES)
    predictions = call.input(1, "class predictions", _BYTES)
    anchors = call.reals(2, "anchors")
    if encodings.is_const or predictions.is_const:
        raise RefusedError("its boxes or its scores are constant", LIMIT_HINT)
    divisors = tuple(_real(options, f"{axis}_scale") for axis in "yxhw")
    _require_sound(encodings, anchors, divisors)
    most, each = _whole(options, "max_detections"), _whole(options, "max_classes_per_detection")
    if most * each > _MOST_PLACES:
        raise RefusedError(
            f"{most} boxes of {each} classes are more than {_MOST_PLACES} places", LIMIT_HINT
        )
    places, scale = most * each, box_scale(box_range(encodings, anchors, divisors))
    assert predictions.quant is not None
    corners = Quantization(scale=(scale,), zero_point=(0,))
    op = DetectionPostProcess(
        source=call.source,
        input=encodings,
        predictions=predictions,
        anchors=anchors,
        divisors=(divisors[0], divisors[1], divisors[2], divisors[3]),
        class_count=_whole(options, "num_classes"),
        score_threshold=_real(options, "nms_score_threshold"),
        iou_threshold=_real(options, "nms_iou_threshold"),
        most=most,
        classes_each=each,
        most_of_class=_whole(options, "detections_per_class", _DETECTIONS_PER_CLASS),
        by_class=bool(options.get("use_regular_nms", False)),
        output=call.integer_output(0, (1, places, 4), DType.INT32, corners),
        classes=call.integer_output(1, (1, places), DType.INT32, _PLAIN),
        scores=call.integer_output(2, (1, places), predictions.dtype, predictions.quant),
        count=call.integer_output(3, (1,), DType.INT32, _PLAIN),
    )
    return _checked(op)


def _require_sound(
    encodings: Tensor, anchors: npt.NDArray[np.float32], divisors: tuple[float, ...]
) -> None:
    """Refuse boxes that fixed-point cannot hold, or that the interpreter refuses."""
    if len(encodings.shape) != 3 or anchors.shape != (encodings.shape[1], 4):
        raise RefusedError(
            f"box encodings {describe(encodings.shape)} and anchors {describe(anchors.shape)} are "
            "not [1, n, 4 or more] and [n, 4]",
            DAMAGED_HINT,
        )
    if not all(np.isfinite(each) and each > 0 for each in divisors):
        raise RefusedError(
            f"its scales {', '.join(f'{each:g}' for each in divisors)} must be > 0", DAMAGED_HINT
        )
    if not np.isfinite(anchors).all() or (anchors[:, 2:] < 0).any():
        raise RefusedError(
            "an anchor is no number, or its height or width is negative", DAMAGED_HINT
        )
    bound = box_range(encodings, anchors, divisors)
    if not bound <= 1 << MOST_RANGE_BITS:
        raise RefusedError(
            f"its boxes may reach {bound:.3g}; {1 << MOST_RANGE_BITS} is the most in fixed-point",
            "quantize the box encodings with a smaller scale",
        )
    if not is_precise(encodings, anchors, divisors):
        raise RefusedError(
            "heights and widths of its anchors differ too much for one fixed point", LIMIT_HINT
        )


def _whole(options: Mapping[str, int | float], name: str, default: int = 0) -> int:
    """Give an option that counts, from 1 up."""
    value = options.get(name, default)
    if not isinstance(value, int) or not 1 <= value < 1 << 31:
        raise RefusedError(f"its {name} is {value}; it must be a number from 1 up", DAMAGED_HINT)
    return value


def _real(options: Mapping[str, int | float], name: str) -> float:
    """Give an option as the float32 that the interpreter reads; 0 where it is left out."""
    value = options.get(name, 0)
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def non_max_suppression(call: Call) -> tuple[Op, ...]:
    """Import NON_MAX_SUPPRESSION_V4, and V5 without soft suppression."""
    is_soft = call.opcode == "NON_MAX_SUPPRESSION_V5"
    call.expect((6,) if is_soft else (5,), 3 if is_soft else 2)
    boxes, scores = call.input(0, "boxes", _BYTES), call.input(1, "scores", _BYTES)
    if boxes.is_const or scores.is_const:
        raise RefusedError("its boxes or its scores are constant", LIMIT_HINT)
    most = call.integer(2, "max output size")
    if not 1 <= most <= _MOST_PLACES:
        raise RefusedError(
            f"at most {most} boxes; it must be a number from 1 to {_MOST_PLACES}", DAMAGED_HINT
        )
    if is_soft and _scalar(call, 5, "sigma") != 0:
        raise RefusedError(
            "its sigma is not 0: soft suppression multiplies scores by exponentials in float32, "
            "which the steps of 8 bits cannot follow",
            "convert the model with a soft_nms_sigma of 0, or end it before this operator",
        )
    assert scores.quant is not None
    indices = call.indices((most,), DType.INT32, 0)
    best = Tensor(
        name=f"{indices.name}/scores", shape=(most,), dtype=scores.dtype, quant=scores.quant
    )
    if is_soft:
        best = call.integer_output(1, (most,), scores.dtype, scores.quant)
    op = NonMaxSuppression(
        source=call.source,
        boxes=boxes,
        scores=scores,
        iou_threshold=_scalar(call, 3, "overlap threshold"),
        score_threshold=_scalar(call, 4, "score threshold"),
        output=indices,
        best=best,
        count=call.indices((), DType.INT32, 2 if is_soft else 1),
    )
    return _checked(op)


def _scalar(call: Call, position: int, role: str) -> float:
    values = call.reals(position, role).reshape(-1)
    if len(values) != 1:
        raise RefusedError(f"{role} has {len(values)} values; 1 expected", DAMAGED_HINT)
    return float(values[0])


def _checked(op: Op) -> tuple[Op, ...]:
    """Give an operator alone, after asking it what it asks of itself."""
    faults = find_op_faults(op)
    if faults:
        raise RefusedError("; ".join(faults), DAMAGED_HINT)
    return (op,)
