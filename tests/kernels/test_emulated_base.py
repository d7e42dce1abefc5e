"""Kernels for cores without DSP, as such cores execute them: assembly equals the reference."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.emulated import on_core
from tests.properties.agreement import seeds
from tests.properties.test_convolution import convolutions, fully_connected_models
from tests.properties.test_convolution_base import IDS, KERNELS, PRODUCTS
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tests.properties.test_depthwise_base import check_extremes, columns, windows
from tests.properties.test_depthwise_dsp import check_kernels, operator_of, operators
from tinyengine.ir import DepthwiseConv2D, Padding
from tinyengine.kernels.base.depthwise import KERNELS as DEPTHWISE
from tinyengine.kernels.base.taps import KERNELS as TAPS
from tinyengine.kernels.spec import Kernel

CORES = ["cortex-m0", "cortex-m3"]


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
@given(
    cpu=st.sampled_from([*CORES, "cortex-m33"]),
    model=convolutions("CONV_2D") | layers(),
    seed=seeds,
)
def test_convolutions_agree_on_a_core(kernel: Kernel, cpu: str, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("cpu", CORES)
@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
def test_every_length_and_width_agrees_on_a_core(kernel: Kernel, cpu: str) -> None:
    with on_core(cpu):
        for in_c in [*range(1, 42), 63, 321, 407]:
            act = "RELU" if in_c % 3 else "NONE"
            shape = (1, 1 + in_c * 5 % 8, in_c)
            check_kernel(kernel, layer(shape, 1 + in_c % 5, (1, 1), act, in_c), in_c)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_w", [3, 5, 7])
@settings(max_examples=12, deadline=None)
@given(cpu=st.sampled_from(CORES), data=st.data(), seed=seeds)
def test_depthwise_agrees_on_a_core(
    kernel_w: int, stride: int, cpu: str, data: st.DataObject, seed: int
) -> None:
    op = data.draw(operators((data.draw(st.sampled_from([kernel_w, 1, 4])), kernel_w), stride))
    with on_core(cpu):
        check_kernels(DEPTHWISE, op, seed)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.slow
@pytest.mark.parametrize("out_w", [1, 2, 3, 4, 5, 6, 7, 8, 11, 16])
@settings(max_examples=3, deadline=None)
@given(data=st.data(), seed=seeds)
def test_lines_of_every_length_agree_on_an_m3(
    out_w: int, stride: int, data: st.DataObject, seed: int
) -> None:
    left, right, top, bottom = (data.draw(st.integers(0, 1)) for _ in range(4))
    in_w = max(1, (out_w - 1) * stride + 3 - left - right)
    pads = Padding(top=top, bottom=bottom, left=left, right=right)
    op = data.draw(operator_of((3, in_w), pads, (3, 3), stride))
    with on_core("cortex-m3"):
        check_kernels(DEPTHWISE, op, seed)


@settings(max_examples=12, deadline=None)
@given(cpu=st.sampled_from(CORES), op=columns() | windows(), seed=seeds)
def test_any_window_agrees_on_a_core(cpu: str, op: DepthwiseConv2D, seed: int) -> None:
    with on_core(cpu):
        check_kernels(TAPS, op, seed)


@pytest.mark.parametrize("scale", [64.0, 0.001])
@pytest.mark.parametrize("weight", [-128, 127])
@pytest.mark.parametrize("cpu", CORES)
def test_greatest_sums_agree_on_a_core(cpu: str, weight: int, scale: float) -> None:
    with on_core(cpu):
        check_extremes(weight, scale)


@given(cpu=st.sampled_from(CORES), model=fully_connected_models(), seed=seeds)
def test_products_agree_on_a_core(cpu: str, model: bytes, seed: int) -> None:
    (kernel,) = PRODUCTS
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)
