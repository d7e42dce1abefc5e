"""Depthwise convolutions for cores without DSP equal the reference bit for bit."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder, quantization
from tests.kernels import host
from tests.properties.agreement import seeds
from tests.properties.test_depthwise_dsp import check_kernels, in_layout, operator_of, operators
from tinyengine.ir import DepthwiseConv2D, Padding
from tinyengine.kernels.base import depthwise, taps
from tinyengine.reference.convolution import depthwise_conv2d

KERNELS = (*depthwise.KERNELS, *taps.KERNELS)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_w", [1, 3, 5, 7])
@given(data=st.data(), seed=seeds)
def test_depthwise_agrees(kernel_w: int, stride: int, data: st.DataObject, seed: int) -> None:
    kernel_h = data.draw(st.sampled_from([kernel_w, kernel_w, 1, 2, 16]))
    check_kernels(KERNELS, data.draw(operators((kernel_h, kernel_w), stride)), seed)


@st.composite
def windows(draw: st.DrawFn) -> DepthwiseConv2D:
    """Give an operator whose window may have any size, stride and dilation."""
    kernel = (draw(st.integers(1, 9)), draw(st.integers(1, 9)))
    op = draw(operators(kernel, draw(st.integers(1, 4))))
    if not draw(st.booleans()):
        return op
    gaps = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    sides = [(taps - 1) * gap for taps, gap in zip(kernel, gaps, strict=True)]
    return dilated(op, gaps, Padding(top=sides[0], left=sides[1], bottom=1, right=2))


def dilated(op: DepthwiseConv2D, gaps: tuple[int, int], padding: Padding) -> DepthwiseConv2D:
    """Give `op` with taps that are `gaps` rows and columns apart, and another padding."""
    _, in_h, in_w, _ = op.input.shape
    extents = [(taps - 1) * gap + 1 for taps, gap in zip(op.weight.shape[1:3], gaps, strict=True)]
    out_h = (in_h + padding.top + padding.bottom - extents[0]) // op.stride_h + 1
    out_w = (in_w + padding.left + padding.right - extents[1]) // op.stride_w + 1
    output = replace(op.output, shape=(1, out_h, out_w, op.output.shape[3]))
    return replace(op, output=output, padding=padding, dilation_h=gaps[0], dilation_w=gaps[1])


@given(op=windows(), seed=seeds)
def test_any_window_agrees(op: DepthwiseConv2D, seed: int) -> None:
    check_kernels(taps.KERNELS, op, seed)


@given(data=st.data(), seed=seeds)
def test_columns_agree(data: st.DataObject, seed: int) -> None:
    op = data.draw(columns())
    check_kernels(taps.KERNELS, op, seed)


@st.composite
def columns(draw: st.DrawFn) -> DepthwiseConv2D:
    """Give an operator whose image is one pixel wide."""
    kernel_h = draw(st.integers(1, 17))
    pads = Padding(top=draw(st.integers(0, kernel_h)), bottom=draw(st.integers(0, 3)))
    least = max(1, kernel_h - pads.top - pads.bottom)
    in_h = draw(st.integers(least, least + 8))
    return draw(operator_of((in_h, 1), pads, (kernel_h, 1), 1))


@pytest.mark.parametrize("scale", [64.0, 0.001])
@pytest.mark.parametrize("weight", [-128, 127])
def test_greatest_sums_agree(weight: int, scale: float) -> None:
    check_extremes(weight, scale)


def check_extremes(weight: int, scale: float) -> None:
    """Check windows of 3x2 whose weights are all the same, on inputs that are all the same.

    `scale` is the output's: by a small one sums are shifted to the left.
    """
    for channels, value in product((3, 4, 9), (-128, 127)):
        builder = GraphBuilder(channels)
        x = builder.input((1, 5, 4, channels), quant=quantization(0.5, -1 - value))
        builder.depthwise(x, kernel=(3, 2), quant=quantization(scale, -3))
        (op,) = builder.ops
        assert isinstance(op, DepthwiseConv2D)
        data = np.full(op.weight.shape, weight, np.int8)
        values = np.full(op.input.shape, value, np.int8)
        op = replace(op, weight=replace(op.weight, data=data))
        assert op.bias is not None
        output = depthwise_conv2d(op, values, data, op.bias.values)
        accepting = [kernel for kernel in taps.KERNELS if not kernel.declines(op)]
        assert accepting
        for kernel in accepting:
            produced = host.run_kernel(kernel, op, [in_layout(values, kernel.reads)])
            np.testing.assert_array_equal(produced, in_layout(output, kernel.writes))
