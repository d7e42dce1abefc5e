"""A depthwise convolution of one channel becomes an ordinary one with the same bits."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder
from tests.passes.support import apply, op_names, with_zero_filters
from tinyengine.ir import Conv2D, Tensor
from tinyengine.passes import run_passes
from tinyengine.passes.convolve_single_channels import convolve_single_channels

IMAGE = (1, 7, 6, 1)
Make = Callable[[GraphBuilder, Tensor], Tensor]

SINGLE: dict[str, Make] = {
    "multiplier 1": lambda b, x: b.depthwise(x),
    "multiplier 8": lambda b, x: b.depthwise(x, multiplier=8, stride=2, activation="relu6"),
    "one scale": lambda b, x: b.depthwise(x, multiplier=3, per_channel=False),
    "without bias": lambda b, x: b.depthwise(x, multiplier=3, bias=False),
    "dilated": lambda b, x: b.depthwise(x, multiplier=2, kernel=(3, 2), dilation=(1, 2)),
    "without padding": lambda b, x: b.depthwise(x, multiplier=2, kernel=(1, 5), padding="valid"),
}


@pytest.mark.parametrize("name", SINGLE)
def test_a_depthwise_convolution_of_one_channel_is_an_ordinary_one(name: str) -> None:
    b = GraphBuilder()
    y = SINGLE[name](b, b.input(IMAGE))
    (op,) = apply(convolve_single_channels, b.build(y)).ops
    (before,) = b.ops
    assert isinstance(op, Conv2D)
    assert op.output is y
    assert op.source is before.source
    assert op.weight.shape == (y.shape[3], *before.inputs[1].shape[1:3], 1)
    assert not op.weight.values.flags.writeable


def test_more_channels_stay_depthwise() -> None:
    b = GraphBuilder()
    graph = b.build(b.depthwise(b.input((1, 7, 6, 2)), multiplier=2))
    assert apply(convolve_single_channels, graph).ops == graph.ops


def test_one_channel_that_is_left_of_many_counts() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 9, 9, 1)), 3, padding="valid", activation="relu")
    y = b.conv2d(b.depthwise(x, padding="valid"), 4, padding="valid")
    graph = run_passes(with_zero_filters(b.build(y), x, (0, 2)))
    assert op_names(graph) == ["Conv2D", "Conv2D", "Conv2D"]
    assert [op.output.shape[3] for op in graph.ops] == [1, 1, 4]


def test_the_order_of_the_weights_is_that_of_the_channels() -> None:
    b = GraphBuilder()
    (op,) = convolve_single_channels(b.build(b.depthwise(b.input(IMAGE), multiplier=2))).ops
    before = b.ops[0].inputs[1].values
    assert isinstance(op, Conv2D)
    np.testing.assert_array_equal(op.weight.values[1, 2, 0, 0], before[0, 2, 0, 1])
