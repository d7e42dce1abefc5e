"""Depthwise kernels on emulated cores: the assembly equals the reference bit for bit."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder, quantization
from tests.kernels.emulated import on_core
from tests.properties.agreement import seeds, values_of
from tests.properties.test_depthwise_dsp import check_kernels, operator_of, operators
from tinyengine.ir import DepthwiseConv2D, Padding, Quantization
from tinyengine.kernels.dsp.depthwise import KERNELS

EXAMPLES = settings(max_examples=12, deadline=None)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel_w", [3, 5, 7])
@EXAMPLES
@given(data=st.data(), seed=seeds)
def test_assembly_agrees(kernel_w: int, stride: int, data: st.DataObject, seed: int) -> None:
    kernel_h = data.draw(st.sampled_from([kernel_w, kernel_w, 1, 2, 4]))
    op = data.draw(operators((kernel_h, kernel_w), stride))
    with on_core(data.draw(st.sampled_from(["cortex-m4", "cortex-m7", "cortex-m33"]))):
        check_kernels(KERNELS, op, seed)


def layer(kernel: int, stride: int, out_w: int, padding: Padding) -> DepthwiseConv2D:
    """Give a layer with ReLU6 as networks have them, of channels whose scales are far apart."""
    channels = 8
    in_w = (out_w - 1) * stride + kernel - padding.left - padding.right
    in_h = kernel + 1 - padding.top - padding.bottom
    builder = GraphBuilder(out_w)
    x = builder.input((1, in_h, in_w, channels))
    quant = quantization(0.0235, -128)
    builder.depthwise(x, kernel=kernel, stride=stride, padding=padding, quant=quant)
    (op,) = builder.ops
    assert isinstance(op, DepthwiseConv2D)
    exponents = np.array([-6, -7, -8, -5, -14, -2, -9, -12])
    scales = (0.0235 / op.input.scale * 2.0**exponents).astype(np.float32).tolist()
    weights = replace(
        op.weight,
        quant=Quantization(scale=tuple(scales), zero_point=(0,) * channels, axis=3),
        data=values_of(op.weight.shape, "int8", out_w) // np.array([1, 1, 1, 1, 1, 9, 1, 1]),
    )
    weights = replace(weights, data=weights.values.astype(np.int8))
    return replace(op, weight=weights, act_min=-128, act_max=127)


WIDTHS = {"cortex-m4": [*range(1, 13), 31, 50], "cortex-m7": [1, 2, 3, 5, 8, 11, 31]}
"""Widths of outputs, by cores: every way into the loops of outputs."""


@pytest.mark.parametrize("cpu", WIDTHS)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5, 7])
def test_every_width_agrees(kernel: int, stride: int, cpu: str) -> None:
    half = kernel // 2
    paddings = [Padding(top=half, bottom=half, left=half, right=half), Padding(right=1)]
    with on_core(cpu):
        for out_w in WIDTHS[cpu]:
            for padding in paddings:
                op = layer(kernel, stride, max(out_w, 1), padding)
                if min(op.input.shape) > 0:
                    assert check_kernels(KERNELS, op, out_w) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["cortex-m4", "cortex-m7"])
@pytest.mark.parametrize("stride", [1, 2])
def test_every_width_and_border_of_rows_agrees(stride: int, cpu: str) -> None:
    names = [f"te_depthwise_conv2d_s8_dsp_3_{stride}_channels{form}" for form in ("", "_w4")]
    rows = [kernel for kernel in KERNELS if kernel.function in names]
    accepted = set()
    with on_core(cpu):
        for out_w, left, right in product(range(2, 13), (0, 1), (0, 1)):
            op = layer(3, stride, out_w, Padding(top=1, left=left, right=right))
            if check_kernels(rows, op, out_w):
                accepted.add((out_w, left, right))
    assert {
        (n, left, right) for n in range(4, 13) for left in (0, 1) for right in (0, 1)
    } <= accepted
    assert {(2, 0, 0), (3, 0, 0), (3, 0, 1)} <= accepted


@EXAMPLES
@given(data=st.data(), seed=seeds)
def test_columns_agree(data: st.DataObject, seed: int) -> None:
    kernel_h = data.draw(st.integers(1, 16))
    pads = Padding(top=data.draw(st.integers(0, 2)), bottom=data.draw(st.integers(0, 2)))
    in_h = kernel_h + data.draw(st.integers(0, 5))
    op = data.draw(operator_of((in_h, 1), pads, (kernel_h, 1), 1))
    with on_core("cortex-m4"):
        check_kernels(KERNELS, op, seed)
