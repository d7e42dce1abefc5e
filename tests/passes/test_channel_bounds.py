"""Bounds of channels hold for every input, and meet where a channel is constant."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, quantization, random_graph
from tests.passes.support import (
    extreme_inputs,
    random_inputs,
    with_dead_channels,
    with_zero_filters,
)
from tinyengine.ir import Conv2D, DType, Graph, Tensor
from tinyengine.passes.channel_bounds import channel_bounds
from tinyengine.reference.execute import execute

SAME = quantization(0.1, 0)


def assert_bounded(graph: Graph, seed: int) -> None:
    bounds = channel_bounds(graph)
    for inputs in (random_inputs(graph, seed), *extreme_inputs(graph)):
        for tensor, array in execute(graph, inputs).items():
            rows = array.astype(np.int64).reshape(-1, len(bounds[tensor].least))
            assert (rows >= bounds[tensor].least).all(), tensor.name
            assert (rows <= bounds[tensor].greatest).all(), tensor.name


@pytest.mark.parametrize("seed", range(25))
def test_no_value_of_a_random_network_leaves_its_bounds(seed: int) -> None:
    assert_bounded(random_graph(seed, steps=8, image=12, channels=6), seed)


@pytest.mark.parametrize("seed", range(25))
def test_no_value_of_a_network_with_dead_channels_leaves_its_bounds(seed: int) -> None:
    graph = random_graph(seed, steps=8, image=12, channels=6)
    assert_bounded(with_dead_channels(graph, seed), seed)


def bounds_of(graph: Graph, tensor: Tensor) -> list[tuple[int, int]]:
    bounds = channel_bounds(graph)[tensor]
    return [(int(a), int(b)) for a, b in zip(bounds.least, bounds.greatest, strict=True)]


def test_a_sum_is_bounded_by_its_weights_bias_and_operand() -> None:
    b = GraphBuilder()
    x = b.lookup(b.input((1, 1), quant=SAME), table=np.clip(np.arange(-128, 128), -3, 5))
    y = b.fully_connected(x, 1, bias=False, quant=SAME)
    graph = with_zero_filters(b.build(y), x, [])
    (lookup, product) = graph.ops
    weight = int(product.inputs[1].values[0, 0])
    factor = product.inputs[1].scale  # equal scales of input and output
    ends = sorted(round(weight * value * factor) for value in (-3, 5))
    assert bounds_of(graph, lookup.output) == [(-3, 5)]
    assert bounds_of(graph, product.output) == [tuple(ends)]


def test_sums_that_leave_32_bits_are_bounded_by_the_clamp_only() -> None:
    b = GraphBuilder()
    y = b.conv2d(b.input((1, 3, 3, 2)), 2, activation=(-20, 100))
    (op,) = b.ops
    assert isinstance(op, Conv2D)
    b.ops[0] = replace(op, bias=b.constant([2**31 - 1] * 2, dtype=DType.INT32))
    graph = b.build(y)
    assert bounds_of(graph, y) == [(-20, 100)] * 2


def test_padding_widens_the_bounds_of_a_constant_channel() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 4, 4, 2)), 1, kernel=1, quant=quantization(0.1, -5))
    inside = b.depthwise(x, padding="valid")
    border = b.depthwise(x, padding="same")
    graph = with_zero_filters(b.build(inside, border), x, [0])
    bounds = channel_bounds(graph)
    assert bounds[x].is_constant.all()
    assert bounds[inside].is_constant.all()
    assert not bounds[border].is_constant.any()
