"""What the axes of inputs and outputs mean, from the operators that read or write them.

Windows slide over [N, H, W, C]: an image that reaches one, through transposes and operators that
leave every element where it is, has these axes in some order.
"""

import math
from collections.abc import Mapping

from tinyengine.ir.detection import DetectionPostProcess, NonMaxSuppression
from tinyengine.ir.graph import Graph
from tinyengine.ir.ops import (
    Binary,
    Curve,
    Lookup,
    Op,
    Pad,
    PRelu,
    Quantize,
    Reshape,
    Resize,
    Transpose,
    Window,
)
from tinyengine.ir.tensor import Tensor

_WORDS: Mapping[str, str] = {"H": "height", "W": "width", "C": "channels"}
_NHWC: tuple[int, ...] = (0, 1, 2, 3)
_MOST_STEPS = 64

Axes = tuple[int, ...]
"""The axis of the input or output that stands at each place of a tensor."""


def input_layout(graph: Graph, tensor: Tensor) -> str:
    """Give the axes of an input in words; empty where it is no image, or none that can be told."""
    pending = [(tensor, _NHWC)] if len(tensor.shape) == 4 else []
    for _ in range(_MOST_STEPS):
        if not pending:
            break
        held, axes = pending.pop(0)
        for op in graph.consumers.get(held, ()):
            if isinstance(op, Window | Resize):
                return _words(axes)
            moved = _moved(op)
            if moved is not None and len(op.output.shape) == 4:
                pending.append((op.output, tuple(axes[place] for place in moved)))
    return ""


def detection_meaning(graph: Graph, tensor: Tensor) -> str:
    """Say what an output of an operator that ends a detector holds; empty for all others."""
    op = graph.producers.get(tensor)
    match op:
        case DetectionPostProcess():
            return {
                op.output: "ymin, xmin, ymax, xmax of each box, the best one first, in steps of "
                f"2^{math.frexp(op.output.scale)[1] - 1}",
                op.classes: "the class of each box, from 0 on, the background not counted",
                op.scores: "the score of each box; places that are left over hold zeros",
                op.count: "how many boxes were found",
            }[tensor]
        case NonMaxSuppression():
            return {
                op.output: "the indices of the boxes that are kept, the best one first",
                op.best: "the scores of the boxes that are kept; what is left over holds zeros",
                op.count: "how many boxes are kept",
            }[tensor]
        case _:
            return ""


def output_layout(graph: Graph, tensor: Tensor) -> str:
    """Give the axes of an output in words; empty where it is no image, or none that can be told."""
    axes = _NHWC
    for _ in range(_MOST_STEPS):
        op = graph.producers.get(tensor)
        if op is None or len(tensor.shape) != 4:
            return ""
        if isinstance(op, Window | Resize):
            places = dict(zip(_NHWC, "NHWC", strict=True))
            return _named([places[axis] for axis in axes])
        moved = _moved(op)
        if moved is None:
            return ""
        axes = tuple(moved[axis] for axis in axes)
        tensor = op.activations[0]
    return ""


def _moved(op: Op) -> Axes | None:
    """Give which axis of its operand stands at each place of the output; None where none does."""
    match op:
        case Transpose():
            return op.perm
        case Lookup() | Curve() | Quantize() | Pad() | PRelu():
            return _NHWC
        case Binary():
            return _NHWC if op.output.shape == op.activations[0].shape else None
        case Reshape():
            return _moved_one(op.input.shape, op.output.shape)
        case _:
            return None


def _moved_one(before: tuple[int, ...], after: tuple[int, ...]) -> Axes | None:
    """Give the transpose that a reshape of a single channel is; None where it is none."""
    if len(before) != 4 or len(after) != 4:
        return None
    if before[1] == 1 and after == (before[0], *before[2:], 1):
        return 0, 2, 3, 1
    if before[3] == 1 and after == (before[0], 1, *before[1:3]):
        return 0, 3, 1, 2
    return None


def _words(axes: Axes) -> str:
    """Give in words where the axes stand that a window has as N, H, W, C."""
    names = dict(zip(axes, "NHWC", strict=True))
    return _named([names[axis] for axis in _NHWC])


def _named(names: list[str]) -> str:
    words = " x ".join(_WORDS[name] for name in names if name != "N")
    where = {"NHWC": ", channels last", "NCHW": ", channels first"}.get("".join(names), "")
    return f"{words}{where} ({', '.join(names)})"
