"""Convolution and fully connected kernels of the DSP extension, as Cortex-M cores execute them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder
from tests.kernels.emulated import on_core
from tests.properties.agreement import seeds
from tests.properties.test_convolution import convolutions, fully_connected_models
from tests.properties.test_convolution_dsp import (
    CONVOLUTIONS,
    IDS,
    PRODUCTS,
    check_if_accepted,
    check_kernel,
    check_op,
    layer,
    layers,
)
from tinyengine.kernels.spec import Kernel

CORES = st.sampled_from(["cortex-m4", "cortex-m7", "cortex-m33"])


@pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=IDS)
@given(cpu=CORES, model=convolutions("CONV_2D") | layers(), seed=seeds)
def test_convolutions_agree_on_a_core(kernel: Kernel, cpu: str, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("kernel", PRODUCTS, ids=lambda kernel: kernel.function)
@given(cpu=CORES, model=fully_connected_models(), seed=seeds)
def test_products_agree_on_a_core(kernel: Kernel, cpu: str, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)


def test_products_of_every_length_agree_in_short_loops() -> None:
    (kernel,) = (each for each in PRODUCTS if each.function == "te_fully_connected_s8_dsp")
    with on_core("cortex-m4", short_loops=True):
        for in_c in [*range(8, 72, 3), 128, 321]:
            builder = GraphBuilder(in_c)
            builder.fully_connected(builder.input((1, in_c)), 4 + in_c % 4)
            check_op(kernel, builder.ops[0], in_c)


LENGTHS = {
    "cortex-m4": [*range(1, 42), 63, 321, 407],
    "cortex-m7": [*range(1, 70, 2), 28, 60, 321, 407],
}
"""Channels of 1x1 convolutions, by cores: every way into the loops of taps."""


@pytest.mark.parametrize("cpu", LENGTHS)
@pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=IDS)
def test_every_length_and_width_agrees_on_a_core(kernel: Kernel, cpu: str) -> None:
    with on_core(cpu):
        for in_c in LENGTHS[cpu]:
            act = "RELU" if in_c % 3 else "NONE"
            shape = (1, 1 + in_c * 5 % 8, in_c)
            check_kernel(kernel, layer(shape, 1 + in_c % 5, (1, 1), act, in_c), in_c)
