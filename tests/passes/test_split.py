"""Batches and groups become operators that kernels have, and compute the same."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder
from tests.passes.support import assert_same_bits, op_names
from tinyengine.ir import Conv2D, DepthwiseConv2D, Graph, Tensor
from tinyengine.passes import run_passes
from tinyengine.passes.split_batches import split_batches
from tinyengine.passes.split_groups import split_groups
from tinyengine.reference import run


def grouped(b: GraphBuilder, x: Tensor, groups: int, out_c: int, *, kernel: int = 3) -> Tensor:
    """Append a convolution in groups: an ordinary one on a part of x, with the whole as input."""
    part = b.slice(x, (0, 0, 0, 0), (*x.shape[:3], x.shape[3] // groups))
    y = b.conv2d(part, out_c, kernel=kernel, padding="same")
    _, op = b.ops.pop(-2), b.ops.pop(-1)
    assert isinstance(op, Conv2D)
    b.ops.append(replace(op, input=x))
    return y


def network(groups: int, in_c: int, out_c: int) -> Graph:
    b = GraphBuilder()
    return b.build(grouped(b, b.input((1, 5, 4, in_c)), groups, out_c))


@pytest.mark.parametrize(("groups", "in_c", "out_c"), [(2, 4, 6), (3, 9, 3), (4, 8, 16)])
def test_a_grouped_convolution_becomes_one_per_group(groups: int, in_c: int, out_c: int) -> None:
    graph = network(groups, in_c, out_c)
    split = split_groups(graph)
    assert op_names(split) == ["Slice"] * groups + ["Conv2D"] * groups + ["Concatenation"]
    convolutions = [op for op in split.ops if isinstance(op, Conv2D)]
    assert {op.groups for op in convolutions} == {1}
    assert sum(op.weight.nbytes for op in convolutions) == out_c * 9 * in_c // groups
    assert_same_bits(graph, split)


@pytest.mark.parametrize("multiplier", [1, 3])
def test_groups_of_one_channel_are_a_depthwise_convolution(multiplier: int) -> None:
    graph = network(4, 4, 4 * multiplier)
    split = split_groups(graph)
    (op,) = split.ops
    assert isinstance(op, DepthwiseConv2D)
    assert op.weight.shape == (1, 3, 3, 4 * multiplier)
    assert_same_bits(graph, split)


def test_grouped_convolutions_in_a_row_stay_apart_between() -> None:
    b = GraphBuilder()
    x = grouped(b, b.input((1, 5, 4, 8)), 2, 8)
    graph = b.build(grouped(b, x, 2, 4))
    split = split_groups(graph)
    assert op_names(split) == ["Slice"] * 2 + ["Conv2D"] * 4 + ["Concatenation"]
    assert_same_bits(graph, split)


def test_a_grouped_convolution_counts_on_the_channels_it_reads() -> None:
    """Output (h, w, c) of 2 groups: by hand, from the half of the channels that c's group has."""
    b = GraphBuilder()
    x = b.input((1, 2, 2, 4))
    graph = b.build(grouped(b, x, 2, 2, kernel=1))
    (op,) = graph.ops
    assert isinstance(op, Conv2D) and op.bias is not None
    weight = op.weight.values.reshape(2, 2).astype(int)
    values = np.arange(16, dtype=np.int8).reshape(1, 2, 2, 4)
    centred = values.astype(int) - op.input.zero_point
    sums = np.stack(
        [centred[..., :2] @ weight[0], centred[..., 2:] @ weight[1]], axis=-1
    ) + op.bias.values.astype(int)
    scales = np.array(op.weight.quant.scale) * op.input.scale / op.output.scale
    expected = np.clip(sums * scales + op.output.zero_point, op.act_min, op.act_max)
    (got,) = run(graph, [values])
    assert np.abs(got - expected).max() <= 0.51


def widened(b: GraphBuilder, n: int) -> Graph:
    """Give the network of `b`, which was built for one image, for `n` of them."""
    made: dict[Tensor, Tensor] = {}

    def wide(tensor: Tensor) -> Tensor:
        if tensor.is_const:
            return tensor
        return made.setdefault(tensor, replace(tensor, shape=(n, *tensor.shape[1:])))

    graph = b.build(b.ops[-1].output)
    ops = []
    for op in graph.ops:
        inputs = {f: wide(getattr(op, f)) for f in ("input", "lhs", "rhs") if hasattr(op, f)}
        ops.append(replace(op, output=wide(op.output), **inputs))
    edges = [
        tuple(replace(edge, tensor=wide(edge.tensor)) for edge in side)
        for side in (graph.inputs, graph.outputs)
    ]
    return replace(graph, ops=tuple(ops), inputs=edges[0], outputs=edges[1])


def test_windows_and_resizing_of_several_images_become_one_per_image() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 6, 5, 4)), 8, kernel=3, padding="same")
    x = b.max_pool(b.depthwise(x, kernel=3), kernel=2, stride=2)
    b.resize(x, (7, 9))
    graph = widened(b, 3)
    split = split_batches(graph)
    per_image = ["Conv2D", "DepthwiseConv2D", "MaxPool2D", "ResizeNearestNeighbor"]
    names = op_names(split)
    assert sorted(names) == sorted(3 * [*per_image, "Slice"] + ["Concatenation"])
    assert {op.inputs[0].shape[0] for op in split.ops if type(op).__name__ in per_image} == {1}
    weights = {op.weight for op in split.ops if isinstance(op, Conv2D)}
    assert len(weights) == 1  # the images share them
    assert_same_bits(graph, split)


def test_a_pointwise_convolution_sees_the_images_as_one() -> None:
    b = GraphBuilder()
    b.conv2d(b.input((1, 6, 5, 4)), 8, kernel=1)
    graph = widened(b, 3)
    split = split_batches(graph)
    assert op_names(split) == ["Reshape", "Conv2D", "Reshape"]
    assert split.ops[1].output.shape == (1, 18, 5, 8)
    assert_same_bits(graph, split)


def test_a_network_for_one_image_without_groups_is_left_alone() -> None:
    b = GraphBuilder()
    graph = b.build(b.conv2d(b.input((1, 6, 5, 4)), 8))
    assert split_batches(graph) is graph
    assert split_groups(graph) is graph


def test_batches_of_groups_are_split_both_ways() -> None:
    b = GraphBuilder()
    grouped(b, b.input((1, 6, 5, 4)), 2, 4)
    graph = widened(b, 2)
    result = run_passes(graph)
    assert sum(isinstance(op, Conv2D) for op in result.ops) == 4
    assert_same_bits(graph, result)


def test_constant_outputs_are_copied_once_each_at_the_end() -> None:
    b = GraphBuilder()
    constant = b.constant([1, 2, 3])
    folded = b.transpose(b.constant([[1, 2], [3, 4]]), (1, 0))
    graph = b.build(b.lookup(b.input((3,))), constant, constant, folded)
    result = run_passes(graph)
    assert op_names(result) == ["Lookup", "Slice", "Slice"]
    assert not any(tensor.is_const for tensor in result.output_tensors)
    assert result.output_tensors[1] is result.output_tensors[2]
    assert_same_bits(graph, result)
