"""What of a float graph belongs together in an int8 one: fused clamps, and shared scales."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tinyengine.ir import (
    Add,
    AveragePool2D,
    Clamp,
    Concatenation,
    Conv2D,
    DepthToSpace,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Maximum,
    MaxPool2D,
    Minimum,
    Mul,
    Op,
    Pad,
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Slice,
    Softmax,
    SpaceToDepth,
    Sub,
    Tensor,
    Transpose,
    Unary,
)

Weighted = Conv2D | DepthwiseConv2D | FullyConnected
"""Operators with weights, which are rounded."""

Moving = (
    Reshape, Transpose, Pad, Slice, Concatenation, MaxPool2D, AveragePool2D, ResizeNearestNeighbor,
    ResizeBilinear, Minimum, Maximum, DepthToSpace, SpaceToDepth,
)  # fmt: skip
"""Operators whose operands and output TFLite wants quantized alike."""

_CLAMPING = (Conv2D, DepthwiseConv2D, FullyConnected, Add, Sub, Mul)
"""Operators that can clamp their output for nothing."""

FUSED_NAMES: Mapping[tuple[float, float], str] = {
    (0.0, math.inf): "RELU",
    (0.0, 6.0): "RELU6",
    (-1.0, 1.0): "RELU_N1_TO_1",
}
"""The clamps that TFLite's operators can carry, by their bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Real values [low, high]; low ≤ 0 ≤ high."""

    low: float
    high: float

    def joined(self, other: "Range") -> "Range":
        """Give the range that holds both."""
        return Range(low=min(self.low, other.low), high=max(self.high, other.high))

    def within(self, bounds: "Range") -> "Range":
        """Give what of it lies within `bounds`, zero included."""
        return Range(
            low=min(max(self.low, bounds.low), 0.0), high=max(min(self.high, bounds.high), 0.0)
        )


FIXED: Mapping[str, Range] = {
    "LOGISTIC": Range(low=0.0, high=255 / 256),
    "SOFTMAX": Range(low=0.0, high=255 / 256),
    "TANH": Range(low=-1.0, high=127 / 128),
}
"""Ranges that TFLite prescribes: scales of 1/256 and 1/128."""

FIXED_INT16 = Range(low=-1.0, high=32767 / 32768)
"""The range that it prescribes for all of these in int16: a scale of 1/32768."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Structure:
    """What is fused and what shares a scale.

    `fused` gives for an operator the clamp that it carries; `carriers` the operator of such a
    clamp. `group_of` gives for each activation the one that stands for all that share its scale;
    `fixed` the ranges of those whose scale is prescribed; `bounds` what clamps leave of a range.
    """

    graph: Graph
    fused: Mapping[Op, Clamp]
    carriers: Mapping[Clamp, Op]
    group_of: Mapping[Tensor, Tensor]
    fixed: Mapping[Tensor, Range]
    bounds: Mapping[Tensor, Range]

    def stored(self, op: Op) -> Tensor:
        """Give the tensor that `op` writes in the int8 network: behind its clamp, if it has one."""
        return self.fused[op].output if op in self.fused else op.output


def structure_of(graph: Graph) -> Structure:
    """Find what is fused and what shares a scale in `graph`."""
    fused = dict(_fusions(graph))
    fixed: dict[Tensor, Range] = {}
    bounds: dict[Tensor, Range] = {}
    for op in graph.ops:
        prescribed = FIXED.get(_function(op))
        if prescribed is not None:
            fixed[op.output] = prescribed
        if isinstance(op, Clamp):
            bounds[op.output] = Range(low=min(op.minimum, 0.0), high=max(op.maximum, 0.0))
    carried = {clamp.input for clamp in fused.values()}
    rigid = {*fixed, *carried, *_odd_clamps(graph)}
    return Structure(
        graph=graph,
        fused=fused,
        carriers={clamp: op for op, clamp in fused.items()},
        group_of=_groups(graph, rigid),
        fixed=fixed,
        bounds=bounds,
    )


def _function(op: Op) -> str:
    match op:
        case Unary():
            return op.function
        case Softmax():
            return "SOFTMAX"
        case _:
            return ""


def _fusions(graph: Graph) -> Iterator[tuple[Op, Clamp]]:
    """Give the clamps that are the only reader of an operator that can clamp."""
    outputs = set(graph.output_tensors)
    for clamp in graph.ops:
        if not isinstance(clamp, Clamp) or clamp.input in outputs:
            continue
        producer = graph.producers.get(clamp.input)
        if isinstance(producer, _CLAMPING) and len(graph.consumers[clamp.input]) == 1:
            yield producer, clamp


def _odd_clamps(graph: Graph) -> Iterator[Tensor]:
    """Give the outputs of clamps that only the range of their output can express."""
    for op in graph.ops:
        if isinstance(op, Clamp) and (op.minimum, op.maximum) not in FUSED_NAMES:
            yield op.output


def _groups(graph: Graph, rigid: set[Tensor]) -> dict[Tensor, Tensor]:
    """Join operands and outputs that TFLite wants quantized alike; those of `rigid` stay alone."""
    parent: dict[Tensor, Tensor] = {}

    def find(tensor: Tensor) -> Tensor:
        """Give the tensor that stands for the group of `tensor`."""
        root = tensor
        while parent.setdefault(root, root) is not root:
            root = parent[root]
        while parent[tensor] is not root:
            parent[tensor], tensor = root, parent[tensor]
        return root

    for tensor in graph.input_tensors:
        find(tensor)
    for op in graph.ops:
        find(op.output)
        if isinstance(op, Moving) and op.output not in rigid:
            for tensor in op.inputs:
                if not tensor.is_const and tensor not in rigid:
                    parent[find(tensor)] = find(op.output)
    return {tensor: find(tensor) for tensor in parent}
