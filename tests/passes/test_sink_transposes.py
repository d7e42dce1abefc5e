"""A transpose goes behind the means that read it, or vanishes."""

import pytest

from tests.builders.graphs import GraphBuilder
from tests.passes.support import assert_same_bits, op_names
from tinyengine.ir import Mean
from tinyengine.passes.drop_identities import drop_identities
from tinyengine.passes.sink_transposes import sink_transposes


@pytest.mark.parametrize("keep_dims", [False, True])
def test_a_mean_of_each_axis_of_an_image_needs_no_transpose(keep_dims: bool) -> None:
    """What PyTorch's exporters make of a global pooling of [C, H, W]."""
    b = GraphBuilder()
    x = b.transpose(b.lookup(b.input((1, 3, 4, 5))), (0, 3, 1, 2))
    graph = b.build(b.mean(b.mean(x, (3,), keep_dims=keep_dims), (2,), keep_dims=keep_dims))
    sunk = drop_identities(sink_transposes(graph))
    assert [name for name in op_names(sunk) if name != "Reshape"] == ["Lookup", "Mean", "Mean"]
    assert [op.axes for op in sunk.ops if isinstance(op, Mean)] == [(2,), (1,)]
    assert_same_bits(graph, sunk)


@pytest.mark.parametrize("keep_dims", [False, True])
@pytest.mark.parametrize(
    ("perm", "axes"), [((0, 3, 1, 2), (3,)), ((0, 2, 1, 3), (1,)), ((2, 0, 3, 1), (0, 3))]
)
def test_fewer_values_are_transposed(
    perm: tuple[int, ...], axes: tuple[int, ...], keep_dims: bool
) -> None:
    b = GraphBuilder()
    x = b.transpose(b.lookup(b.input((2, 3, 4, 5))), perm)
    graph = b.build(b.mean(x, axes, keep_dims=keep_dims))
    sunk = sink_transposes(graph)
    assert op_names(sunk) == ["Lookup", "Mean", "Transpose"]
    assert_same_bits(graph, sunk)


def test_a_mean_of_channels_stays() -> None:
    """Kernels take means of rows and columns, for all channels at a time."""
    b = GraphBuilder()
    graph = b.build(b.mean(b.transpose(b.input((1, 3, 4, 5)), (0, 3, 1, 2)), (1,)))
    assert sink_transposes(graph) is graph


def test_a_transpose_that_others_read_stays() -> None:
    b = GraphBuilder()
    x = b.transpose(b.input((1, 3, 4, 5)), (0, 3, 1, 2))
    graph = b.build(b.mean(x, (3,)), b.lookup(x))
    assert sink_transposes(graph) is graph
