"""Constant channels go into the biases behind them, where every tap sees the constant."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, quantization
from tests.passes.support import apply, with_zero_filters
from tinyengine.ir import Conv2D, DType, FullyConnected, Graph, Tensor
from tinyengine.passes.fold_constant_channels import fold_constant_channels
from tinyengine.passes.rewrite import rewrite

QUANT = quantization(0.05, -10)
SATURATED = (-10, 60)
Make = Callable[[GraphBuilder, Tensor], Tensor]


def stem(b: GraphBuilder, activation: str | tuple[int, int] = "none") -> Tensor:
    """Give four channels; the tests make 1 and 3 constant."""
    return b.conv2d(b.input((1, 6, 6, 3)), 4, kernel=1, quant=QUANT, activation=activation)


def folded_columns(graph: Graph) -> list[int]:
    """Give the input channels of the last operator that have only zero weights."""
    op = graph.ops[-1]
    assert isinstance(op, Conv2D | FullyConnected)
    columns = op.weight.values.reshape(op.weight.shape[0], -1, 4)
    return [int(c) for c in np.flatnonzero(~columns.any(axis=(0, 1)))]


def fold(b: GraphBuilder, x: Tensor, y: Tensor, channels: tuple[int, ...] = (1, 3)) -> Graph:
    """Make `channels` of `x` constant and give what the pass makes of the network to `y`."""
    return apply(fold_constant_channels, with_zero_filters(b.build(y), x, channels))


CONSUMERS: dict[str, Make] = {
    "1x1": lambda b, x: b.conv2d(x, 5, kernel=1),
    "3x3 without padding": lambda b, x: b.conv2d(x, 5, padding="valid", stride=2),
    "dilated": lambda b, x: b.conv2d(x, 5, padding="valid", dilation=2),
    "without bias": lambda b, x: b.conv2d(x, 5, kernel=1, bias=False),
    "one scale": lambda b, x: b.conv2d(x, 5, kernel=1, per_channel=False),
    "fully connected by pixel": lambda b, x: b.fully_connected(x, 5),
    "fully connected by image": lambda b, x: b.fully_connected(x, 5, depth=144),
    "flattened": lambda b, x: b.fully_connected(b.reshape(x, (1, 144)), 5, per_channel=True),
}

BETWEEN: dict[str, Make] = {
    "depthwise without padding": lambda b, x: b.depthwise(x, padding="valid"),
    "average pool": lambda b, x: b.average_pool(x, padding="same"),
    "maximum pool": lambda b, x: b.max_pool(x, padding="same"),
    "mean": lambda b, x: b.mean(x, keep_dims=True),
    "table": lambda b, x: b.lookup(x, "TANH"),
    "sum with itself": lambda b, x: b.add(x, x),
    "difference with a table of itself": lambda b, x: b.sub(x, b.lookup(x)),
    "product with itself": lambda b, x: b.mul(x, x),
    "quantize": lambda b, x: b.quantize(x),
    "minimum with itself": lambda b, x: b.minimum(x, x),
}


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_constant_channel_goes_into_the_bias(name: str) -> None:
    b = GraphBuilder()
    x = stem(b)
    y = CONSUMERS[name](b, x)
    graph = fold(b, x, y)
    (bias,) = [t for t in graph.ops[-1].inputs if t.dtype is DType.INT32]
    assert folded_columns(graph) == [1, 3]
    assert bias not in b.ops[-1].inputs


@pytest.mark.parametrize("name", BETWEEN)
def test_a_channel_stays_constant_through_operators(name: str) -> None:
    b = GraphBuilder()
    x = stem(b)
    y = b.conv2d(BETWEEN[name](b, x), 5, kernel=1)
    assert folded_columns(fold(b, x, y)) == [1, 3]


def test_the_bias_gets_the_constant_less_the_zero_point_times_the_taps() -> None:
    b = GraphBuilder()
    x = stem(b)
    y = b.conv2d(x, 5, kernel=(1, 2), padding="valid")
    before, op = b.ops
    assert isinstance(before, Conv2D)
    assert isinstance(op, Conv2D)
    # A filter of zeros with a bias that the scales make 7 units: 7 units above the zero point.
    assert before.bias is not None
    assert before.weight.quant is not None
    bias = np.array(before.bias.values)
    bias[1] = round(7 * x.scale / (before.input.scale * before.weight.quant.scale[1]))
    b.ops[0] = replace(before, bias=b.constant(bias, dtype=DType.INT32))
    graph = fold(b, x, y, channels=(1,))
    after = graph.ops[-1]
    assert isinstance(after, Conv2D)
    assert op.bias is not None
    assert after.bias is not None
    taps = op.weight.values[:, 0, :, 1].astype(int).sum(axis=1)
    np.testing.assert_array_equal(after.bias.values, op.bias.values + 7 * taps)


def test_a_clamp_that_always_cuts_makes_a_constant() -> None:
    b = GraphBuilder()
    x = stem(b, activation=SATURATED)
    y = b.conv2d(x, 5, kernel=1)
    op = b.ops[0]
    assert isinstance(op, Conv2D)
    far = b.constant([-(10**8), 10**8, 0, 0], dtype=DType.INT32)
    b.ops[0] = replace(op, bias=far)
    assert folded_columns(fold(b, x, y, channels=())) == [0, 1]


def test_padding_keeps_a_channel_whose_constant_is_not_the_zero_point() -> None:
    b = GraphBuilder()
    x = stem(b)
    y = b.conv2d(x, 5, padding="same")
    assert folded_columns(fold(b, x, y)) == []


def test_padding_lets_a_channel_go_whose_constant_is_the_zero_point() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 6, 6, 3)), 4, kernel=1, quant=QUANT, bias=False)
    y = b.conv2d(x, 5, padding="same")
    bias = b.ops[-1].inputs[2]
    graph = fold(b, x, y)
    assert folded_columns(graph) == [1, 3]
    assert graph.ops[-1].inputs[2] is bias


def test_padding_of_a_depthwise_convolution_on_the_way_is_respected() -> None:
    b = GraphBuilder()
    x = stem(b)
    y = b.conv2d(b.depthwise(x, padding="same"), 5, kernel=1)
    assert folded_columns(fold(b, x, y)) == []


def test_a_bias_that_would_leave_32_bits_stays() -> None:
    b = GraphBuilder()
    x = stem(b)
    graph = with_zero_filters(b.build(b.conv2d(x, 5, kernel=1)), x, (1, 3))

    def at_the_limit(op, _):
        if op.output is x:
            return op
        ends = [-(2**31), 2**31 - 1] * 2 + [0]
        return replace(op, bias=b.constant(ends, dtype=DType.INT32))

    graph = rewrite(graph, at_the_limit)
    assert apply(fold_constant_channels, graph).ops == graph.ops


def test_a_network_without_constant_channels_keeps_its_operators() -> None:
    b = GraphBuilder()
    graph = b.build(b.conv2d(b.lookup(b.input((1, 6, 6, 3)), "TANH"), 5))
    assert apply(fold_constant_channels, graph).ops == graph.ops


def test_weights_with_a_zero_point_count_from_it() -> None:
    b = GraphBuilder()
    x = stem(b)
    y = b.fully_connected(x, 5)

    def moved(op, _):
        if op.output is x:
            return op
        return replace(op, weight=replace(op.weight, quant=quantization(op.weight.scale, 9)))

    graph = rewrite(with_zero_filters(b.build(y), x, (1, 3)), moved)
    (_, op) = apply(fold_constant_channels, graph).ops
    assert isinstance(op, FullyConnected)
    assert (op.weight.values[:, [1, 3]] == 9).all()
