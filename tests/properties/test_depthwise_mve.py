"""Depthwise for MVE: the portable twins equal the reference bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder, quantization
from tests.properties.agreement import seeds, values_of
from tests.properties.test_depthwise_dsp import check_kernels, operators
from tinyengine.ir import DepthwiseConv2D, Padding
from tinyengine.kernels.mve.depthwise import KERNELS

WINDOWS = [(3, 3), (4, 4), (5, 5), (7, 7), (8, 2), (2, 8), (10, 4), (9, 1), (1, 16), (16, 1)]
"""Of one to four vectors, filled up or not."""

PATCHES = next(each for each in KERNELS if each.function.endswith("_patch"))


@st.composite
def depthwise(draw: st.DrawFn, window: tuple[int, int]) -> DepthwiseConv2D:
    """Give an operator of the kernel size `window` and any stride, padding and scales."""
    op: DepthwiseConv2D = draw(operators(window, draw(st.integers(1, 3))))
    return op


@pytest.mark.parametrize("window", WINDOWS)
@given(data=st.data(), seed=seeds)
def test_depthwise_agrees(window: tuple[int, int], data: st.DataObject, seed: int) -> None:
    check_kernels(KERNELS, data.draw(depthwise(window)), seed)


@st.composite
def columns(draw: st.DrawFn) -> DepthwiseConv2D:
    """Give an operator on an image one pixel wide whose products of two taps fit 16 bits."""
    kernel_h = draw(st.integers(1, 16))
    pads = Padding(top=draw(st.integers(0, kernel_h)), bottom=draw(st.integers(0, 3)))
    least = max(1, kernel_h - pads.top - pads.bottom)
    builder = GraphBuilder(draw(seeds))
    builder.depthwise(
        builder.input((1, draw(st.integers(least, least + 8)), 1, draw(st.integers(16, 40)))),
        kernel=(kernel_h, 1),
        stride=(draw(st.integers(1, 3)), 1),
        padding=pads,
        activation=draw(st.sampled_from(["none", "relu", "relu6", (-20, 90)])),
        bias=draw(st.booleans()),
        quant=draw(st.sampled_from([quantization(2.0 ** draw(st.floats(-9, -2)), -128), None])),
    )
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    weight = np.maximum(values_of(op.weight.shape, "int8", draw(seeds)), -127).astype(np.int8)
    return replace(op, weight=replace(op.weight, data=weight))


@given(op=columns(), seed=seeds)
def test_columns_agree(op: DepthwiseConv2D, seed: int) -> None:
    check_kernels(KERNELS, op, seed)


@st.composite
def patches(draw: st.DrawFn) -> DepthwiseConv2D:
    """Give an operator with windows of up to 3x3 next to each other, and the clamp of int8."""
    kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    pads = [draw(st.integers(0, 1)) for _ in range(4)]
    height, width = draw(st.integers(3, 7)), draw(st.sampled_from([*range(3, 10), 29, 31]))
    builder = GraphBuilder(draw(seeds))
    builder.depthwise(
        builder.input((1, height, width, draw(st.sampled_from([1, 5, 16, 19, 32])))),
        kernel=kernel,
        padding=Padding(top=pads[0], bottom=pads[1], left=pads[2], right=pads[3]),
        activation="relu",
        bias=draw(st.booleans()),
        quant=quantization(2.0 ** draw(st.floats(-7, -3)), -128),
    )
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    return op


@given(op=patches(), seed=seeds)
def test_patches_agree(op: DepthwiseConv2D, seed: int) -> None:
    assume(not PATCHES.declines(op))
    check_kernels((PATCHES,), op, seed)
