"""Loops of products on Cortex-M cores at the greatest sums: weights and inputs are all extreme.

Every window meets every pattern of signs, so that sums reach all that 8 bits allow, to both sides,
and neighbours in one register are as far apart as they can be.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.builders.graph_builder import GraphBuilder, frozen, quantization
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.properties.agreement import rounding_twice
from tests.properties.test_convolution_dsp import PRODUCTS
from tests.properties.test_depthwise_dsp import in_layout
from tests.properties.test_product_pairs import PAIRS
from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, DType, FullyConnected
from tinyengine.kernels.base.convolution import KERNELS as BASE_CONVOLUTIONS
from tinyengine.kernels.base.depthwise import KERNELS as BASE_DEPTHWISE
from tinyengine.kernels.base.fully_connected import KERNELS as BASE_PRODUCTS
from tinyengine.kernels.base.taps import KERNELS as BASE_TAPS
from tinyengine.kernels.dsp.convolution import KERNELS as DSP_CONVOLUTIONS
from tinyengine.kernels.dsp.depthwise import KERNELS as DSP_DEPTHWISE
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.convolution import conv2d, depthwise_conv2d, fully_connected

DSP, BASE = ("cortex-m4", "cortex-m7", "cortex-m33"), ("cortex-m0", "cortex-m3")
LENGTHS = [1, 2, 3, 4, 7, 8, 9, 16, 17, 31, 64, 65, 130]
ZERO_POINTS = [-128, 0, 127]

Weighted = Conv2D | DepthwiseConv2D | FullyConnected


def signs(taps: int) -> Array:
    """Give patterns of signs, [patterns, taps]: alike, in turn, in pairs, in fours, by halves."""
    at = np.arange(taps)
    halves = at < taps // 2
    rows = [at < 0, at % 2 == 0, at // 2 % 2 == 0, at // 4 % 2 == 0, halves, at == taps - 1]
    return np.array([each for row in rows for each in (row, ~row)])


def weights_of(pattern: Array) -> Array:
    """Give the greatest weights of such signs."""
    return np.where(pattern, 127, -127).astype(np.int8)


def inputs_of(pattern: Array) -> Array:
    """Give the greatest inputs of such signs."""
    return np.where(pattern, 127, -128).astype(np.int8)


def filled(op: Weighted, weight: Array, greatest: int, zero_point: int) -> Weighted:
    """Give `op` with these weights, and outputs that reach far for sums up to `greatest`."""
    assert op.weight.quant is not None
    scale = greatest * op.input.scale * max(op.weight.quant.scale) / 110
    output = replace(op.output, quant=quantization(scale, zero_point // 8))
    low, high = (-128, 127) if zero_point else (zero_point // 8, 100)
    return replace(
        op,
        weight=replace(op.weight, data=frozen(weight.reshape(op.weight.shape), DType.INT8)),
        output=output,
        act_min=low,
        act_max=high,
    )


@cache
def convolution(taps: int, zero_point: int) -> tuple[Conv2D, Array, Array]:
    """Give a 1x1 convolution that meets all patterns, its input and its output."""
    pattern = signs(taps)
    builder = GraphBuilder(taps)
    x = builder.input((1, 1, len(pattern), taps), quant=quantization(0.05, zero_point))
    builder.conv2d(x, len(pattern), kernel=1)
    op = filled(builder.ops[0], weights_of(pattern), taps * 127 * 256, zero_point)
    assert isinstance(op, Conv2D)
    values = inputs_of(pattern).reshape(op.input.shape)
    assert op.bias is not None
    return op, values, conv2d(op, values, op.weight.values, op.bias.values)


@cache
def product(taps: int, zero_point: int) -> tuple[FullyConnected, Array, Array]:
    """Give a fully connected operator that meets all patterns, its input and its output."""
    pattern = signs(taps)
    builder = GraphBuilder(taps)
    x = builder.input((len(pattern), taps), quant=quantization(0.05, zero_point))
    builder.fully_connected(x, len(pattern))
    op = filled(builder.ops[0], weights_of(pattern), taps * 127 * 256, zero_point)
    assert isinstance(op, FullyConnected)
    values = inputs_of(pattern).reshape(op.input.shape)
    assert op.bias is not None
    return op, values, fully_connected(op, values, op.weight.values, op.bias.values)


@cache
def depthwise(kernel: int, stride: int, zero_point: int) -> tuple[DepthwiseConv2D, Array, Array]:
    """Give a depthwise convolution of a channel for each pattern, its input and its output.

    Each window sees its channel's own signs, the opposite ones, and what lies between them.
    """
    pattern = signs(kernel * kernel)
    channels = len(pattern)
    builder = GraphBuilder(kernel)
    size = 4 * kernel + 1
    x = builder.input((1, kernel + 2, size, channels), quant=quantization(0.05, zero_point))
    builder.depthwise(x, kernel=kernel, stride=stride)
    op = filled(builder.ops[0], weights_of(pattern).T, kernel * kernel * 127 * 256, zero_point)
    assert isinstance(op, DepthwiseConv2D)
    windows = pattern.T.reshape(kernel, kernel, channels)
    line = np.concatenate([windows, ~windows, windows, windows], axis=1)
    padded = np.pad(line, ((0, 2), (0, 1), (0, 0)), mode="edge")
    values = inputs_of(padded).reshape(op.input.shape)
    assert op.bias is not None
    return op, values, depthwise_conv2d(op, values, op.weight.values, op.bias.values)


def check(
    kernels: Sequence[Kernel], cpus: Sequence[str], op: Weighted, values: Array, output: Array
) -> None:
    """Check a whole run of every kernel that accepts, on all cores."""
    accepting = [each for each in kernels if each.op is type(op) and not each.declines(op)]
    assert accepting
    for kernel in accepting:
        image = not isinstance(op, FullyConnected)
        given = in_layout(values, kernel.reads) if image else values
        expected = in_layout(output, kernel.writes) if image else output
        for cpu in cpus:
            with on_core(cpu):
                produced = host.run_kernel(kernel, op, [given])
            np.testing.assert_array_equal(produced, expected, f"{kernel.function} on {cpu}")


WAYS = {
    "base": (BASE, BASE_CONVOLUTIONS, (*BASE_PRODUCTS, *PAIRS), (*BASE_DEPTHWISE, *BASE_TAPS)),
    "dsp": (DSP, DSP_CONVOLUTIONS, PRODUCTS, DSP_DEPTHWISE),
}


@pytest.mark.slow
@pytest.mark.parametrize("zero_point", ZERO_POINTS)
@pytest.mark.parametrize("way", WAYS)
def test_convolutions_hold_the_greatest_sums(way: str, zero_point: int) -> None:
    cpus, kernels, _, _ = WAYS[way]
    for taps in LENGTHS:
        check(rounding_twice(kernels), cpus, *convolution(taps, zero_point))


@pytest.mark.parametrize("zero_point", ZERO_POINTS)
def test_neighbours_of_minus_128_stay_apart_on_cores_without_dsp(zero_point: int) -> None:
    for taps in (3, 8, 17, 31):
        op, values, _ = convolution(taps, zero_point)
        weight = np.where(op.weight.values > 0, op.weight.values, -128).astype(np.int8)
        weight[..., -1] = 127  # two of -128 at the end are declined
        op = filled(op, weight, taps * 127 * 256, zero_point)
        assert isinstance(op, Conv2D)
        assert op.bias is not None
        expected = conv2d(op, values, weight, op.bias.values)
        check(rounding_twice(BASE_CONVOLUTIONS), BASE, op, values, expected)


@pytest.mark.slow
@pytest.mark.parametrize("zero_point", ZERO_POINTS)
@pytest.mark.parametrize("way", WAYS)
def test_products_hold_the_greatest_sums(way: str, zero_point: int) -> None:
    cpus, _, kernels, _ = WAYS[way]
    for taps in LENGTHS:
        check(rounding_twice(kernels), cpus, *product(taps, zero_point))


@pytest.mark.slow
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("way", WAYS)
def test_depthwise_holds_the_greatest_sums(way: str, kernel: int, stride: int) -> None:
    cpus, _, _, kernels = WAYS[way]
    for zero_point in ZERO_POINTS:
        check(rounding_twice(kernels), cpus, *depthwise(kernel, stride, zero_point))
