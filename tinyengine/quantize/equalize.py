"""Scale channels between operators so that they fill the range they share.

An activation has one scale for all its channels: one whose values are small uses few of the 256
steps. Dividing a channel by a factor and multiplying the weights that read it changes nothing in
float, as long as only operators lie between that let factors through: clamps at zero, sums, pools,
paddings. Channels that such operators tie together get one factor.

Source: Nagel et al., "Data-Free Quantization through Weight Equalization and Bias Correction"
(2019), section 4.1; Xiao et al., "SmoothQuant" (2023), equation 4, for the share of each side.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tinyengine.ir import (
    Add,
    AveragePool2D,
    Clamp,
    Concatenation,
    DepthwiseConv2D,
    Graph,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PRelu,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Slice,
    Sub,
    Tensor,
    Unary,
)
from tinyengine.quantize.observe import Observation
from tinyengine.quantize.structure import Structure, Weighted
from tinyengine.reference.floats import Floats

Ints = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]

_ROUNDS = 4
_MOST_SCALING = 1024.0
_LEAST_REACH = 1e-4
"""Channels below this part of their tensor's reach count as if they had it."""

_SHARE = 0.9
"""How much of the difference between channels the activations lose, where the weights of a reader
get it: they are rounded together over their input channels."""


def equalize(structure: Structure, observations: Mapping[Tensor, Observation]) -> Graph:
    """Give the same float network with its channels scaled by what was observed of them."""
    nodes = _Nodes.of(structure.graph)
    factors = _factors(structure, nodes, observations)

    def changed(op: Op) -> Op:
        """Give `op` with its weights scaled, if it has any."""
        if not isinstance(op, Weighted):
            return op
        into, out = nodes.pick(op.input, factors), nodes.pick(op.output, factors)
        return _scaled(op, np.asarray(into, np.float32), np.asarray(1 / out, np.float32))

    return structure.graph.with_ops(tuple(map(changed, structure.graph.ops)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Nodes:
    """All channels of all activations, numbered; `tied` gives the class of each.

    `free` tells of a class whether it may be scaled.
    """

    first: Mapping[Tensor, int]
    tied: Ints
    free: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, graph: Graph) -> "_Nodes":
        """Give the numbered channels of `graph`, tied together where they must have one factor."""
        first: dict[Tensor, int] = {}
        count = 0
        for tensor in (*graph.input_tensors, *(op.output for op in graph.ops)):
            if tensor not in first:
                first[tensor] = count
                count += _channels(tensor)
        pinned = np.zeros(count, bool)
        for tensor in (*graph.input_tensors, *graph.output_tensors):
            if tensor in first:
                pinned[_span(first, tensor)] = True
        pairs: list[Ints] = []
        for op in graph.ops:
            for tensor in _fixed_by(op):
                pinned[_span(first, tensor)] = True
            for one, other, length in _ties(op):
                a, b = (first[tensor] + start for tensor, start in (one, other))
                steps = np.arange(length)
                pairs.append(np.stack([a + steps, b + steps]))
        tied = _classes(count, pairs)
        free = np.ones(count, bool)
        free[tied[pinned]] = False
        return cls(first=first, tied=tied, free=free)

    def pick(self, tensor: Tensor, factors: Doubles) -> Doubles:
        """Give the factors of the channels of `tensor`."""
        return factors[self.tied[_span(self.first, tensor)]]

    def raise_to(self, target: Doubles, tensor: Tensor, values: Doubles) -> None:
        """Raise what `target` has for the channels of `tensor` to `values`."""
        np.maximum.at(target, self.tied[_span(self.first, tensor)], values)


def _channels(tensor: Tensor) -> int:
    return tensor.shape[-1] if tensor.shape else 1


def _span(first: Mapping[Tensor, int], tensor: Tensor) -> slice:
    return slice(first[tensor], first[tensor] + _channels(tensor))


def _classes(count: int, pairs: list[Ints]) -> Ints:
    """Give the least member of the class of every node, after joining all pairs."""
    label: Ints = np.arange(count)
    if not pairs:
        return label
    left, right = np.concatenate(pairs, axis=1)
    while True:
        least = np.minimum(label[left], label[right])
        new = label.copy()
        np.minimum.at(new, left, least)
        np.minimum.at(new, right, least)
        new = new[new]
        if np.array_equal(new, label):
            return label
        label = new


Place = tuple[Tensor, int]
"""A tensor and its first channel that is meant."""


def _ties(op: Op) -> Iterator[tuple[Place, Place, int]]:
    """Give the channels that `op` lets factors through: operand, output, how many."""
    channels = _channels(op.output)
    match op:
        case _ if not _lets_through(op):
            return
        case Pad():
            yield (op.input, 0), (op.output, op.pads[-1][0]), _channels(op.input)
        case Concatenation():
            start = 0
            for tensor in op.operands:
                along = op.axis == len(op.output.shape) - 1
                yield (tensor, 0), (op.output, start if along else 0), _channels(tensor)
                start += _channels(tensor)
        case Add() | Sub():
            yield (op.lhs, 0), (op.output, 0), channels
            yield (op.rhs, 0), (op.output, 0), channels
        case Mul():
            yield (op.lhs, 0), (op.output, 0), channels
        case _:
            yield (op.inputs[0], 0), (op.output, 0), channels


def _lets_through(op: Op) -> bool:
    """Tell whether dividing a channel of the operands divides it in the output, nothing else."""
    channels = _channels(op.output)
    match op:
        case Clamp():
            return op.minimum in (0.0, -np.inf) and op.maximum == np.inf
        case Unary():
            return op.function == "LEAKY_RELU"
        case Add() | Sub():
            return all(not t.is_const and t.shape == op.output.shape for t in (op.lhs, op.rhs))
        case Mul():
            return not op.lhs.is_const and op.lhs.shape == op.output.shape
        case Mean():
            keeps = len(op.input.shape) - 1 not in op.axes
            return keeps and _channels(op.input) == channels
        case Concatenation():
            return not any(tensor.is_const for tensor in op.operands)
        case Slice():
            return op.strides[-1] == 1 and _channels(op.input) == channels
        case PRelu() | Pad() | MaxPool2D() | AveragePool2D():
            return True
        case ResizeNearestNeighbor() | ResizeBilinear():
            return True
        case _:
            return False


def _fixed_by(op: Op) -> Iterator[Tensor]:
    """Give the activations that `op` does not let be scaled."""
    if isinstance(op, Weighted):
        if op.weight.elements and _channels(op.input) != _input_channels(op):
            yield op.input
        return
    if isinstance(op, Mul) and _lets_through(op):
        if not op.rhs.is_const:
            yield op.rhs
        return
    if not _lets_through(op):
        yield op.output
        yield from (tensor for tensor in op.inputs if not tensor.is_const)


def _input_channels(op: Weighted) -> int:
    """Give the channels of the input that have weights of their own; 0 where they have not."""
    if isinstance(op, DepthwiseConv2D):
        return op.weight.shape[3] if op.weight.shape[3] == op.input.shape[3] else 0
    return op.weight.shape[-1]


def _factors(
    structure: Structure, nodes: _Nodes, observations: Mapping[Tensor, Observation]
) -> Doubles:
    """Give by what each class of channels is divided."""
    graph, count = structure.graph, len(nodes.tied)
    factors = np.ones(count)
    carried = {clamp.input for clamp in structure.fused.values()}
    reaches = {
        tensor: observations[tensor].usual_reach.astype(np.float64)
        for tensor in nodes.first
        if tensor not in carried
    }
    columns = {op: _columns(op) for op in graph.ops if isinstance(op, Weighted)}
    for _ in range(_ROUNDS):
        size, strain = np.zeros(count), np.zeros(count)
        for tensor, reach in reaches.items():
            nodes.raise_to(size, tensor, _relative(reach / nodes.pick(tensor, factors)))
        for op, reach in columns.items():
            if len(reach) == _channels(op.input):
                nodes.raise_to(strain, op.input, _relative(reach * nodes.pick(op.input, factors)))
        size = np.where(size > 0, size, 1.0)
        shared = size**_SHARE / np.maximum(strain, _LEAST_REACH) ** (1 - _SHARE)
        step = np.where(strain > 0, shared, size)
        factors = np.where(nodes.free, factors * np.sqrt(step), 1.0)
        factors = np.clip(factors, 1 / _MOST_SCALING, _MOST_SCALING)
    return factors


def _columns(op: Weighted) -> Doubles:
    """Give the largest weight of every input channel; none where a channel has its own scale."""
    if isinstance(op, DepthwiseConv2D):
        return np.zeros(0)
    weights = np.abs(np.asarray(op.weight.values, np.float64))
    return np.asarray(weights.reshape(-1, weights.shape[-1]).max(axis=0))


def _relative(values: Doubles) -> Doubles:
    """Give values as parts of the largest, none below the least that counts."""
    largest = values.max(initial=0.0)
    if largest <= 0:
        return np.full_like(values, _LEAST_REACH)
    return np.asarray(np.maximum(values / largest, _LEAST_REACH))


def _scaled(op: Weighted, into: Floats, out: Floats) -> Op:
    """Give `op` with its weights multiplied by factors of its input and output channels."""
    if isinstance(op, DepthwiseConv2D):
        repeated = np.repeat(into, op.weight.shape[3] // len(into))
        weight = _times(op.weight, repeated * out)
    else:
        columns = into if len(into) == op.weight.shape[-1] else np.ones(1, np.float32)
        rows = out.reshape(-1, *([1] * (len(op.weight.shape) - 1)))
        weight = _times(op.weight, columns * rows)
    bias = None if op.bias is None else _times(op.bias, out)
    return replace(op, weight=weight, bias=bias)


def _times(tensor: Tensor, factors: Floats) -> Tensor:
    data = np.asarray(np.asarray(tensor.values, np.float32) * factors, np.float32)
    data.setflags(write=False)
    return replace(tensor, data=data)
