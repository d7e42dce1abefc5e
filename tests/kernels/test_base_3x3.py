"""Depthwise lines of windows 3x3 without DSP: assembly and its twin in C equal the reference."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder, quantization
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.properties.agreement import seeds, zero_points
from tests.properties.test_depthwise_dsp import check_kernels, in_layout
from tinyengine.ir import Array, DepthwiseConv2D, Padding
from tinyengine.kernels.base.depthwise_3x3 import KERNELS
from tinyengine.reference.convolution import depthwise_conv2d


@st.composite
def lines(draw: st.DrawFn, out_w: int, stride: int) -> DepthwiseConv2D:
    """Give an operator with ReLU and lines of `out_w` outputs, of any channels, rows and steps."""
    builder = GraphBuilder(draw(seeds))
    top, bottom, left, right = (draw(st.integers(0, 1)) for _ in range(4))
    in_h = draw(st.integers(max(2, 3 - top - bottom), 6))
    in_w = (out_w - 1) * stride + 3 - left - right
    point = draw(zero_points)
    builder.depthwise(
        builder.input((1, in_h, in_w, draw(st.integers(1, 10)))),
        kernel=(3, 3),
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


def extremes(shape: tuple[int, ...], low: int, seed: int) -> Array:
    """Give bytes that are `low` or 127, each channel mostly one of the two."""
    random = np.random.default_rng(seed)
    rare = random.random(shape) < 0.1
    return np.where((random.random(shape[-1]) < 0.5) ^ rare, low, 127).astype(np.int8)


WIDTHS = st.one_of(st.integers(2, 13), st.sampled_from([16, 20, 24, 25, 30]))
STRIDES = st.sampled_from([1, 2])


@given(data=st.data(), out_w=WIDTHS, stride=STRIDES, seed=seeds)
def test_lines_agree(data: st.DataObject, out_w: int, stride: int, seed: int) -> None:
    check_kernels(KERNELS, data.draw(lines(out_w, stride)), seed)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    cpu=st.sampled_from(["cortex-m3", "cortex-m3", "cortex-m0"]),
    out_w=WIDTHS,
    stride=STRIDES,
    data=st.data(),
    seed=seeds,
)
def test_lines_agree_on_a_core(
    cpu: str, out_w: int, stride: int, data: st.DataObject, seed: int
) -> None:
    with on_core(cpu):
        check_kernels(KERNELS, data.draw(lines(out_w, stride)), seed)


def padded(out_w: int, stride: int, left: int, right: int) -> DepthwiseConv2D:
    """Give an operator of 64 channels with ReLU and extreme weights."""
    builder = GraphBuilder(out_w)
    quant = quantization(2.0 ** (out_w % 3 + 3), -128)
    pads = Padding(top=1, bottom=1, left=left, right=right)
    source = builder.input((1, 4, (out_w - 1) * stride + 3 - left - right, 64))
    builder.depthwise(source, kernel=3, stride=stride, padding=pads, activation="relu", quant=quant)
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    return replace(op, weight=replace(op.weight, data=extremes(op.weight.shape, -127, 1)))


SINGLE = [(out_w, 1, 1, 1) for out_w in (3, 4, 5, 6)] + [
    (out_w, 2, left, right) for out_w in (2, 3, 4, 5) for left, right in ((0, 1), (1, 0), (1, 1))
]
GROUPED = [
    *((out_w, 1, 1, 1) for out_w in (7, 10, 11, 12, 15, 18, 20)),
    *((10, 1, 0, 0), (12, 1, 1, 0), (25, 1, 0, 1)),
    *((out_w, 2, left, 1) for out_w in (6, 8, 10, 11, 12, 15) for left in (0, 1)),
    *((8, 2, 1, 0), (10, 2, 0, 0), (12, 2, 0, 0), (20, 2, 1, 0)),
]


@pytest.mark.parametrize(("out_w", "stride", "left", "right"), SINGLE + GROUPED)
def test_extreme_lines_agree_on_an_m3(out_w: int, stride: int, left: int, right: int) -> None:
    op = padded(out_w, stride, left, right)
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
