"""Channels that nobody reads go with their weights; shapes and scales stay consistent."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, random_graph
from tests.passes.support import apply, with_dead_channels, with_weights
from tinyengine.ir import (
    Array,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Padding,
    Tensor,
    verify,
)
from tinyengine.passes.fold_constant_channels import fold_constant_channels
from tinyengine.passes.remove_unread_channels import remove_unread_channels

IMAGE = (1, 6, 6, 3)
Make = Callable[[GraphBuilder, Tensor], Tensor]


def unread(graph: Graph, outputs: Sequence[Tensor], channels: Sequence[int]) -> Graph:
    """Give `graph` with zero weights for input `channels` of the operators behind `outputs`."""

    def change(op, data: Array) -> Array:
        if op.output in outputs:
            in_c = op.input.shape[-1]
            data.reshape(data.shape[0], -1, in_c)[..., channels] = 0
        return data

    return with_weights(graph, change)


def remove(graph: Graph, outputs: Sequence[Tensor], channels: Sequence[int]) -> Graph:
    """Give what the pass makes of `graph` when `outputs` do not read `channels`."""
    result = apply(remove_unread_channels, unread(graph, outputs, channels))
    verify(result)
    return result


def widths(graph: Graph) -> list[int]:
    """Give the channels of every operator's output."""
    return [op.output.shape[-1] for op in graph.ops]


ON_THE_WAY: dict[str, Make] = {
    "depthwise": lambda b, x: b.depthwise(x),
    "depthwise with one scale": lambda b, x: b.depthwise(x, per_channel=False, bias=False),
    "average pool": lambda b, x: b.average_pool(x),
    "maximum pool": lambda b, x: b.max_pool(x),
    "mean": lambda b, x: b.mean(x, keep_dims=True),
    "table": lambda b, x: b.lookup(x),
    "quantize": lambda b, x: b.quantize(x),
    "prelu": lambda b, x: b.prelu(x),
    "spatial pad": lambda b, x: b.pad(x, Padding(top=1)),
    "resize": lambda b, x: b.resize(x, (12, 12), bilinear=True, half_pixel_centers=True),
    "sum with itself": lambda b, x: b.add(x, x),
    "sum with a constant per channel": lambda b, x: b.add(x, b.random_constant((5,))),
    "product with one constant": lambda b, x: b.mul(x, b.random_constant((1, 1, 1, 1))),
    "concatenation of rows": lambda b, x: b.concat(x, x, axis=1),
}


@pytest.mark.parametrize("name", ON_THE_WAY)
def test_an_unread_channel_goes_from_its_maker_and_on_the_way(name: str) -> None:
    b = GraphBuilder()
    y = b.conv2d(ON_THE_WAY[name](b, b.conv2d(b.input(IMAGE), 5)), 4, kernel=1)
    graph = remove(b.build(y), [y], [0, 3])
    assert widths(graph) == [3, 3, 4]
    first = graph.ops[0]
    assert isinstance(first, Conv2D)
    assert first.weight.shape == (3, 3, 3, 3)
    assert first.weight.quant is not None
    assert len(first.weight.quant.scale) == 3


def test_names_sources_and_scales_stay() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y = b.conv2d(x, 4)
    original = b.build(y)
    op = remove(original, [y], [2]).ops[0]
    assert op.source == original.ops[0].source
    assert (op.output.name, op.output.quant) == (x.name, x.quant)
    before, after = original.ops[0].inputs[1], op.inputs[1]
    assert before.quant is not None
    assert after.quant is not None
    assert after.quant.scale == before.quant.scale[:2] + before.quant.scale[3:]
    np.testing.assert_array_equal(after.values, np.delete(before.values, 2, axis=0))


def test_a_flattened_channel_goes_from_every_pixel() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y = b.fully_connected(b.reshape(x, (1, 180)), 4)

    def change(op, data: Array) -> Array:
        if op.output is y:
            data.reshape(4, 36, 5)[..., [1, 2]] = 0
        return data

    graph = apply(remove_unread_channels, with_weights(b.build(y), change))
    assert widths(graph) == [3, 108, 4]


def test_a_flattened_channel_that_one_pixel_needs_stays() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y = b.fully_connected(b.reshape(x, (1, 180)), 4)

    def change(op, data: Array) -> Array:
        if op.output is y:
            data.reshape(4, 36, 5)[:, 1:, 2] = 0
        return data

    graph = with_weights(b.build(y), change)
    assert apply(remove_unread_channels, graph) is graph


def test_unread_filters_do_not_read_either() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y = b.conv2d(x, 4)
    z = b.conv2d(y, 6)

    def change(op, data: Array) -> Array:
        if op.output is z:
            data[..., 0] = 0
        if op.output is y:
            data[1:, ..., 4] = 0  # Only the filter that nobody reads reads channel 4.
        return data

    assert widths(apply(remove_unread_channels, with_weights(b.build(z), change))) == [4, 3, 6]


def test_a_channel_that_one_of_two_operators_reads_stays() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y, z = b.conv2d(x, 4), b.conv2d(x, 4)
    graph = unread(unread(b.build(y, z), [y], [0, 1]), [z], [1, 2])
    assert widths(apply(remove_unread_channels, graph)) == [4, 4, 4]


def test_a_residual_sum_keeps_a_channel_that_its_operand_gives_to_others() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y = b.conv2d(x, 5)
    z = b.conv2d(b.add(x, y), 4)
    assert widths(remove(b.build(z), [z], [0, 3])) == [5, 5, 5, 4]
    assert widths(remove(b.build(z), [y, z], [0, 3])) == [3, 3, 3, 4]


def test_a_concatenation_narrows_by_operand() -> None:
    b = GraphBuilder()
    x = b.input(IMAGE)
    left = b.conv2d(x, 3)
    right = b.conv2d(x, 4, quant=left.quant)
    y = b.conv2d(b.concat(left, right), 4)
    assert widths(remove(b.build(y), [y], [0, 3, 4])) == [2, 2, 4, 4]


def test_channels_of_a_depthwise_multiplier_go_together() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3)
    y = b.conv2d(b.depthwise(x, multiplier=2), 4)
    assert widths(remove(b.build(y), [y], [0, 2, 3])) == [2, 4, 4]


def test_channels_that_come_from_one_go_one_by_one() -> None:
    b = GraphBuilder()
    y = b.conv2d(b.depthwise(b.input((1, 6, 6, 1)), multiplier=5), 4)
    graph = remove(b.build(y), [y], [0, 3])
    first = graph.ops[0]
    assert isinstance(first, DepthwiseConv2D)
    assert first.weight.shape == (1, 3, 3, 3)


def test_one_channel_stays_where_none_is_read() -> None:
    b = GraphBuilder()
    y = b.conv2d(b.depthwise(b.conv2d(b.input(IMAGE), 5)), 4)
    assert widths(remove(b.build(y), [y], range(5))) == [1, 1, 4]


def test_model_inputs_and_outputs_keep_all_channels() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 5)
    y = b.conv2d(x, 4)
    graph = unread(unread(b.build(x, y), [x], [0]), [y], [1])
    assert apply(remove_unread_channels, graph) is graph


MIXERS: dict[str, Make] = {
    "transpose": lambda b, x: b.transpose(x, (0, 1, 3, 2)),
    "softmax": lambda b, x: b.softmax(x),
    "slice": lambda b, x: b.slice(x, (0, 0, 0, 1), (1, 6, 6, 4)),
    "mean over the channels": lambda b, x: b.reshape(
        b.mean(x, axes=(3,), keep_dims=True), (1, 6, 6, 1)
    ),
    "reshape across pixels": lambda b, x: b.reshape(x, (1, 5, 6, 6)),
}


@pytest.mark.parametrize("name", MIXERS)
def test_operators_that_mix_channels_keep_all(name: str) -> None:
    b = GraphBuilder()
    y = b.conv2d(MIXERS[name](b, b.conv2d(b.input(IMAGE), 5)), 4)
    graph = unread(b.build(y), [y], [0, -1])
    assert apply(remove_unread_channels, graph) is graph


def test_the_last_of_several_scales_keeps_counting_from_zero() -> None:
    b = GraphBuilder()
    x = b.fully_connected(b.input((1, 6)), 2, per_channel=True)
    y = b.fully_connected(x, 4)
    op = b.ops[0]
    assert isinstance(op, FullyConnected)
    assert op.weight.quant is not None
    quant = replace(op.weight.quant, zero_point=(5, 7))
    b.ops[0] = replace(op, weight=replace(op.weight, quant=quant))
    assert widths(remove(b.build(y), [y], [0])) == [1, 4]


@pytest.mark.parametrize("seed", range(20))
def test_a_second_run_of_both_passes_finds_nothing(seed: int) -> None:
    graph = with_dead_channels(random_graph(seed, steps=8, image=12, channels=6), seed)
    once = remove_unread_channels(fold_constant_channels(graph))
    assert fold_constant_channels(once).ops == once.ops
    assert remove_unread_channels(once) is once
