"""Depthwise for the DSP extension: the portable twins equal the reference bit for bit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder, quantization
from tests.kernels import host
from tests.properties.agreement import seeds, values_of, zero_points
from tinyengine.ir import Array, DepthwiseConv2D, Padding
from tinyengine.kernels.dsp.depthwise import KERNELS
from tinyengine.kernels.spec import Kernel, RowLayout
from tinyengine.reference.convolution import depthwise_conv2d

BY_NAME = {
    name: [k for k in KERNELS if k.function == name] for name in {k.function for k in KERNELS}
}


@st.composite
def operators(draw: st.DrawFn, kernel: tuple[int, int], stride: int) -> DepthwiseConv2D:
    """Give an operator of any size, padding and clamp that reads inputs of rank 4."""
    kernel_h, kernel_w = kernel
    pads = Padding(
        top=draw(st.integers(0, kernel_h)),
        bottom=draw(st.integers(0, kernel_h)),
        left=draw(st.integers(0, kernel_w)),
        right=draw(st.integers(0, kernel_w)),
    )
    in_h = draw(st.integers(max(1, kernel_h - pads.top - pads.bottom), kernel_h + 5))
    least_w = max(1, kernel_w - pads.left - pads.right)
    in_w = draw(st.integers(least_w, kernel_w + 9) | st.integers(least_w, 70))
    return draw(operator_of((in_h, in_w), pads, kernel, stride))


@st.composite
def operator_of(
    draw: st.DrawFn, size: tuple[int, int], pads: Padding, kernel: tuple[int, int], stride: int
) -> DepthwiseConv2D:
    """Give an operator of any channels, strides, scales and clamps, with weights of 8 or 4 bits."""
    builder = GraphBuilder(draw(seeds))
    x = builder.input((1, *size, draw(st.integers(1, 10))))
    quant = quantization(2.0 ** draw(st.floats(-9, -2)), draw(zero_points))
    clamp = sorted((draw(zero_points), draw(zero_points)))
    builder.depthwise(
        x,
        multiplier=draw(st.sampled_from([1, 1, 1, 1, 2, 3])),
        kernel=kernel,
        stride=(draw(st.integers(1, 3)), stride),
        padding=pads,
        activation=draw(st.sampled_from(["none", "relu", "relu6", (clamp[0], clamp[1])])),
        bias=draw(st.booleans()),
        per_channel=draw(st.booleans()),
        quant=draw(st.sampled_from([quant, None])),
    )
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    weight = values_of(op.weight.shape, "int8", draw(seeds)) >> draw(st.sampled_from([0, 0, 4]))
    return replace(op, weight=replace(op.weight, data=weight))


def in_layout(values: Array, layout: RowLayout) -> Array:
    """Give [1, H, W, C] with its rows in `layout`."""
    if layout is RowLayout.PIXELS:
        return values
    return np.ascontiguousarray(values.transpose(0, 1, 3, 2)).reshape(values.shape)


def check_kernels(kernels: Sequence[Kernel], op: DepthwiseConv2D, seed: int) -> int:
    """Check a whole run, pieces of rows and overlap on all that accept; give how many did."""
    values = values_of(op.input.shape, "int8", seed)
    bias = None if op.bias is None else op.bias.values
    output = depthwise_conv2d(op, values, op.weight.values, bias)
    accepting = [kernel for kernel in kernels if not kernel.declines(op)]
    for kernel in accepting:
        given, expected = in_layout(values, kernel.reads), in_layout(output, kernel.writes)
        produced = host.run_kernel(kernel, op, [given])
        np.testing.assert_array_equal(produced, expected, f"{kernel.function} of {op}")
        host.check_rows(kernel, op, [given], expected, seed)
        host.check_overlap(kernel, op, [given], expected)
    return len(accepting)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_w", [1, 3, 5, 7])
@given(data=st.data(), seed=seeds)
def test_depthwise_agrees(kernel_w: int, stride: int, data: st.DataObject, seed: int) -> None:
    kernel_h = data.draw(st.sampled_from([kernel_w, kernel_w, 1, 2, 3, 4, 6]))
    op = data.draw(operators((kernel_h, kernel_w), stride))
    check_kernels(KERNELS, op, seed)


@given(data=st.data(), seed=seeds)
def test_depthwise_of_columns_agrees(data: st.DataObject, seed: int) -> None:
    kernel_h = data.draw(st.integers(1, 16))
    pads = Padding(top=data.draw(st.integers(0, kernel_h)), bottom=data.draw(st.integers(0, 3)))
    least = max(1, kernel_h - pads.top - pads.bottom)
    in_h = data.draw(st.integers(least, least + 8))
    op = data.draw(operator_of((in_h, 1), pads, (kernel_h, 1), 1))
    check_kernels(KERNELS, op, seed)


@pytest.mark.parametrize("stride", [1, 2])
@given(data=st.data(), seed=seeds)
def test_3x3_with_narrow_padding_agrees(stride: int, data: st.DataObject, seed: int) -> None:
    top, bottom, left, right = (data.draw(st.integers(0, 1)) for _ in range(4))
    pads = Padding(top=top, bottom=bottom, left=left, right=right)
    size = (data.draw(st.integers(3, 6)), data.draw(st.integers(3, 20)))
    op = data.draw(operator_of(size, pads, (3, 3), stride))
    check_kernels(KERNELS, op, seed)
