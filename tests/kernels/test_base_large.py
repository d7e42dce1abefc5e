"""Depthwise lines of windows five and seven wide without DSP equal the reference bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder, quantization
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.kernels.test_base_3x3 import extremes
from tests.properties.agreement import seeds, zero_points
from tests.properties.test_depthwise_dsp import check_kernels, in_layout
from tinyengine.ir import DepthwiseConv2D, Padding
from tinyengine.kernels.base.depthwise_large import KERNELS
from tinyengine.reference.convolution import depthwise_conv2d

CASES = [
    *((5, 1, 5, 5), (7, 1, 5, 5), (7, 1, 3, 3), (7, 2, 5, 10), (5, 2, 3, 5)),
    *((5, 1, out_w, out_w) for out_w in (7, 8, 9, 10)),
    *((7, 1, out_w, out_w) for out_w in (8, 9, 10)),
    *((7, 2, out_w, 2 * out_w) for out_w in (7, 8, 9, 10)),
]
"""Width and stride of windows, outputs and columns of the input."""


@st.composite
def lines(draw: st.DrawFn) -> DepthwiseConv2D:
    """Give an operator with ReLU and lines of one of the cases, of any channels, rows and steps."""
    kernel_w, stride, out_w, in_w = draw(st.sampled_from(CASES))
    kernel_h = draw(st.sampled_from([kernel_w, kernel_w, 1, 2, 3, 6]))
    builder = GraphBuilder(draw(seeds))
    top, bottom = draw(st.integers(0, kernel_h - 1)), draw(st.integers(0, kernel_h - 1))
    left = kernel_w // 2
    right = (out_w - 1) * stride + kernel_w - left - in_w
    point = draw(zero_points)
    in_h = draw(st.integers(max(1, kernel_h - top - bottom), 8))
    builder.depthwise(
        builder.input((1, in_h, in_w, draw(st.integers(1, 6)))),
        kernel=(kernel_h, kernel_w),
        stride=(draw(st.integers(1, 3)), stride),
        padding=Padding(top=top, bottom=bottom, left=left, right=right),
        activation=(point, draw(st.integers(point, 127))),
        bias=draw(st.booleans()),
        per_channel=draw(st.booleans()),
        quant=quantization(2.0 ** draw(st.floats(-6, -1)), point),
    )
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    return op


@given(op=lines(), seed=seeds)
def test_large_windows_agree(op: DepthwiseConv2D, seed: int) -> None:
    check_kernels(KERNELS, op, seed)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cpu=st.sampled_from(["cortex-m3", "cortex-m3", "cortex-m0"]), op=lines(), seed=seeds)
def test_large_windows_agree_on_a_core(cpu: str, op: DepthwiseConv2D, seed: int) -> None:
    with on_core(cpu):
        check_kernels(KERNELS, op, seed)


@pytest.mark.parametrize(("kernel_w", "stride", "out_w", "in_w"), CASES)
def test_extreme_large_windows_agree_on_an_m3(
    kernel_w: int, stride: int, out_w: int, in_w: int
) -> None:
    builder = GraphBuilder(out_w)
    source = builder.input((1, in_w, in_w, 64))
    left = kernel_w // 2
    right = (out_w - 1) * stride + kernel_w - left - in_w
    pads = Padding(top=left, bottom=right, left=left, right=right)
    quant = quantization(2.0**5, -128)
    builder.depthwise(
        source, kernel=kernel_w, stride=stride, padding=pads, activation="relu", quant=quant
    )
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    op = replace(op, weight=replace(op.weight, data=extremes(op.weight.shape, -127, 1)))
    values = extremes(op.input.shape, -128, 2)
    bias = None if op.bias is None else op.bias.values
    output = depthwise_conv2d(op, values, op.weight.values, bias)
    assert len(np.unique(output)) > 20
    for kernel in KERNELS[:: len(KERNELS) - 1]:
        assert not kernel.declines(op)
        given, expected = in_layout(values, kernel.reads), in_layout(output, kernel.writes)
        with on_core("cortex-m3"):
            produced = host.run_kernel(kernel, op, [given])
        np.testing.assert_array_equal(produced, expected)
