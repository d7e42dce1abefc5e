"""Compute grouped convolutions group by group, or as depthwise ones where that is what they are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, Graph, Op, Tensor
from tinyengine.passes.split import Splitter, expand


def split_groups(graph: Graph) -> Graph:
    """Give the graph with every grouped Conv2D as one ordinary Conv2D per group of channels.

    Where a group is one input channel, the whole is a depthwise convolution, which rounds alike.
    """
    splitter = Splitter(3, "group")

    def pieces(op: Op) -> tuple[Op, ...] | None:
        """Give a convolution for every group, None where there is one group."""
        if not isinstance(op, Conv2D) or op.groups == 1:
            return None
        return (_depthwise(op),) if op.weight.shape[3] == 1 else _by_group(op, splitter)

    return expand(graph, pieces)


def _depthwise(op: Conv2D) -> Op:
    """Give the same as DepthwiseConv2D: output channel c reads input channel c // multiplier."""
    quant = None if op.weight.quant is None else replace(op.weight.quant, axis=3)
    data = op.weight.values.transpose(3, 1, 2, 0)
    weight = replace(op.weight, shape=data.shape, data=_frozen(data), quant=quant)
    return DepthwiseConv2D(
        source=op.source,
        input=op.input,
        output=op.output,
        stride_h=op.stride_h,
        stride_w=op.stride_w,
        padding=op.padding,
        act_min=op.act_min,
        act_max=op.act_max,
        weight=weight,
        bias=op.bias,
        dilation_h=op.dilation_h,
        dilation_w=op.dilation_w,
        rounding=op.rounding,
    )


def _by_group(op: Conv2D, splitter: Splitter) -> tuple[Op, ...]:
    inputs, slices = splitter.cut(op.source, op.input, op.groups)
    outputs = splitter.parts_of(op.output, op.groups)
    weights = _leading_parts(op.weight, op.groups)
    biases: Sequence[Tensor | None] = (None,) * op.groups
    if op.bias is not None:
        biases = _leading_parts(op.bias, op.groups)
    parts = [
        replace(op, input=x, weight=weight, bias=bias, output=y)
        for x, weight, bias, y in zip(inputs, weights, biases, outputs, strict=True)
    ]
    return (*slices, *parts, splitter.join(op.source, outputs, op.output))


def _leading_parts(tensor: Tensor, count: int) -> tuple[Tensor, ...]:
    """Give the constant `tensor` in `count` pieces along its first dimension."""
    size = tensor.shape[0] // count
    return tuple(_leading_part(tensor, first, size) for first in range(0, tensor.shape[0], size))


def _leading_part(tensor: Tensor, first: int, size: int) -> Tensor:
    quant = tensor.quant
    if quant is not None and quant.per_channel:
        part = slice(first, first + size)
        quant = replace(quant, scale=quant.scale[part], zero_point=quant.zero_point[part])
    data = _frozen(tensor.values[first : first + size])
    name = f"{tensor.name}/group_{first // size}"
    return replace(tensor, name=name, shape=data.shape, data=data, quant=quant)


def _frozen(values: Array) -> Array:
    data = np.array(values, order="C")
    data.flags.writeable = False
    return data
