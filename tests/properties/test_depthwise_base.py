"""Depthwise convolutions for cores without DSP equal the reference bit for bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.agreement import seeds
from tests.properties.test_depthwise_dsp import check_kernels, operators
from tinyengine.kernels.base.depthwise import KERNELS


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_w", [1, 3, 5, 7])
@given(data=st.data(), seed=seeds)
def test_depthwise_agrees(kernel_w: int, stride: int, data: st.DataObject, seed: int) -> None:
    kernel_h = data.draw(st.sampled_from([kernel_w, kernel_w, 1, 2, 16]))
    check_kernels(KERNELS, data.draw(operators((kernel_h, kernel_w), stride)), seed)
