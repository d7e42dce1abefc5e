"""Depthwise for MVE: the portable twins equal the reference bit for bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.agreement import seeds
from tests.properties.test_depthwise_dsp import check_kernels, operators
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.depthwise_mve import KERNELS

WINDOWS = [(3, 3), (4, 4), (5, 5), (7, 7), (8, 2), (2, 8), (10, 4), (9, 1), (1, 16), (16, 1)]
"""Of one to four vectors, filled up or not."""


@st.composite
def depthwise(draw: st.DrawFn, window: tuple[int, int]) -> DepthwiseConv2D:
    """Give an operator of the kernel size `window` and any stride, padding and scales."""
    op: DepthwiseConv2D = draw(operators(window, draw(st.integers(1, 3))))
    return op


@pytest.mark.parametrize("window", WINDOWS)
@given(data=st.data(), seed=seeds)
def test_depthwise_agrees(window: tuple[int, int], data: st.DataObject, seed: int) -> None:
    check_kernels(KERNELS, data.draw(depthwise(window)), seed)
