"""Convolutions and fully connected operators of int16, as Cortex-M cores execute them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.emulated import on_core
from tests.properties.test_int16_convolution import Layer, check, deep, depthwise, matrix, windows

CORES = [
    *("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33"),
    pytest.param("cortex-m55", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("cpu", CORES)
@pytest.mark.parametrize("opcode", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@settings(max_examples=8)
@given(data=st.data())
def test_convolutions_agree_on_a_core(cpu: str, opcode: str, data: st.DataObject) -> None:
    with on_core(cpu):
        check(data.draw(windows(opcode)))


@pytest.mark.parametrize("cpu", CORES)
def test_products_agree_on_a_core(cpu: str) -> None:
    with on_core(cpu):
        for in_c, out_c in ((1, 1), (7, 5), (64, 12), (90, 35), (161, 66)):
            check(matrix(in_c, out_c, per_channel=in_c % 2 == 0, seed=in_c))
        check(matrix(2000, 3, seed=1))


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["cortex-m4", "cortex-m7", "cortex-m33"])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_windows_of_3_by_3_agree_on_a_core(cpu: str, stride: int) -> None:
    with on_core(cpu):
        for act in ("NONE", "RELU", "RELU6"):
            layer = depthwise((3, 7), 6, stride)
            check(replace(layer, options={**layer.options, "fused_activation_function": act}))


@pytest.mark.parametrize("cpu", ["cortex-m4", "cortex-m7"])
def test_every_length_and_width_agrees_on_a_core(cpu: str) -> None:
    # Every way into the unrolled loops of taps, and every number of pixels left over.
    with on_core(cpu):
        for in_c in (*range(1, 40, 1 if cpu == "cortex-m4" else 3), 321, 407):
            check(point(in_c, width=1 + in_c * 5 % 8, out_c=1 + in_c % 5))


def point(in_c: int, width: int, out_c: int) -> Layer:
    """Give a 1x1 convolution of one row."""
    act = "RELU" if in_c % 3 else "NONE"
    layer = deep(in_c, seed=in_c)
    return replace(
        layer,
        x=(1, 1, width, in_c),
        weight=(out_c, 1, 1, in_c),
        out=(1, 1, width, out_c),
        options={**layer.options, "fused_activation_function": act},
    )
