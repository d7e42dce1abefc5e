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
def lines(draw: st.DrawFn, out_w: int) -> DepthwiseConv2D:
    """Give an operator with ReLU and lines of `out_w` outputs, of any channels, rows and steps."""
    builder = GraphBuilder(draw(seeds))
    pads = Padding(top=draw(st.integers(0, 1)), bottom=draw(st.integers(0, 1)), left=1, right=1)
    in_h = draw(st.integers(max(2, 3 - pads.top - pads.bottom), 6))
    point = draw(zero_points)
    builder.depthwise(
        builder.input((1, in_h, out_w, draw(st.integers(1, 10)))),
        kernel=(3, 3),
        stride=(draw(st.integers(1, 3)), 1),
        padding=pads,
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


WIDTHS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 18, 25)


@given(data=st.data(), out_w=st.sampled_from(WIDTHS), seed=seeds)
def test_lines_agree(data: st.DataObject, out_w: int, seed: int) -> None:
    assert check_kernels(KERNELS, data.draw(lines(out_w)), seed) == len(KERNELS)


@settings(max_examples=8, deadline=None)
@given(
    cpu=st.sampled_from(["cortex-m3", "cortex-m3", "cortex-m0"]),
    out_w=st.sampled_from(WIDTHS),
    data=st.data(),
    seed=seeds,
)
def test_lines_agree_on_a_core(cpu: str, out_w: int, data: st.DataObject, seed: int) -> None:
    with on_core(cpu):
        check_kernels(KERNELS, data.draw(lines(out_w)), seed)


@pytest.mark.parametrize("out_w", WIDTHS)
def test_extreme_lines_agree_on_an_m3(out_w: int) -> None:
    builder = GraphBuilder(out_w)
    quant = quantization(2.0 ** (out_w % 3 + 3), -128)
    pads = Padding(top=1, bottom=1, left=1, right=1)
    source = builder.input((1, 4, out_w, 64))
    builder.depthwise(source, kernel=(3, 3), padding=pads, activation="relu", quant=quant)
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    weight = extremes(op.weight.shape, -127, 1)
    op = replace(op, weight=replace(op.weight, data=weight))
    values = extremes(op.input.shape, -128, 2)
    output = depthwise_conv2d(op, values, weight, None if op.bias is None else op.bias.values)
    assert len(np.unique(output)) > 20
    for kernel in KERNELS:
        assert not kernel.declines(op)
        given, expected = in_layout(values, kernel.reads), in_layout(output, kernel.writes)
        with on_core("cortex-m3"):
            produced = host.run_kernel(kernel, op, [given])
        np.testing.assert_array_equal(produced, expected)
