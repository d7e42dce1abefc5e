"""Convolutions for MVE: the portable twins equal the reference bit for bit."""

import pytest
from hypothesis import given

from tests.properties.agreement import seeds
from tests.properties.test_convolution import convolutions
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tinyengine.kernels.convolution_mve import KERNELS

(KERNEL,) = KERNELS


@given(model=convolutions("CONV_2D"), seed=seeds)
def test_every_convolution_agrees(model: bytes, seed: int) -> None:
    check_if_accepted(KERNEL, model, seed)


@given(model=layers(), seed=seeds)
def test_layers_agree(model: bytes, seed: int) -> None:
    check_if_accepted(KERNEL, model, seed)


@pytest.mark.parametrize("act", ["NONE", "RELU"])
def test_every_number_of_blocks_and_width_agrees(act: str) -> None:
    for in_c in [*range(1, 34), 63, 145, 160, 321]:
        shape = (3, 1 + in_c * 5 % 8, in_c)
        check_kernel(KERNEL, layer(shape, 1 + in_c % 9, (1, 1 + in_c % 2), act, in_c), in_c)
