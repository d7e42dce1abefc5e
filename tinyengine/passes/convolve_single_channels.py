"""Turn depthwise convolutions of a single channel into ordinary ones, which have faster kernels."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.ir import Conv2D, DepthwiseConv2D, Graph, Op, Tensor
from tinyengine.passes.rewrite import rewrite


def convolve_single_channels(graph: Graph) -> Graph:
    """Give the graph with a Conv2D for every DepthwiseConv2D whose input has one channel.

    Every output channel reads that channel in either, and both operators round alike: only the
    weights' layout differs, [1, kernel_h, kernel_w, out_c] becoming [out_c, kernel_h, kernel_w, 1].
    """
    return rewrite(graph, _convolve)


def _convolve(op: Op, _: Mapping[Tensor, Op]) -> Op:
    is_single = isinstance(op, DepthwiseConv2D) and op.input.shape[-1] == 1
    if not isinstance(op, DepthwiseConv2D) or not is_single or not op.weight.is_const:
        return op
    return Conv2D(
        source=op.source,
        input=op.input,
        output=op.output,
        stride_h=op.stride_h,
        stride_w=op.stride_w,
        padding=op.padding,
        act_min=op.act_min,
        act_max=op.act_max,
        weight=_with_channels_first(op.weight),
        bias=op.bias,
        dilation_h=op.dilation_h,
        dilation_w=op.dilation_w,
        rounding=op.rounding,
    )


def _with_channels_first(weight: Tensor) -> Tensor:
    """Give depthwise weights of one input channel as those of a Conv2D."""
    data = np.ascontiguousarray(weight.values.transpose(3, 1, 2, 0))
    data.flags.writeable = False
    quant = None if weight.quant is None else replace(weight.quant, axis=0)
    return replace(weight, shape=data.shape, data=data, quant=quant)
