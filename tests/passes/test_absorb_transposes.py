"""A transpose whose result is flattened for a matrix product goes into the weights."""

import pytest

from tests.builders.graphs import GraphBuilder
from tests.passes.support import assert_same_bits, op_names
from tinyengine.passes.absorb_transposes import absorb_transposes


@pytest.mark.parametrize("perm", [(0, 3, 1, 2), (0, 2, 1, 3), (0, 3, 2, 1)])
def test_weights_take_the_order_in_memory(perm: tuple[int, ...]) -> None:
    b = GraphBuilder()
    x = b.transpose(b.lookup(b.input((1, 3, 4, 5))), perm)
    graph = b.build(b.fully_connected(b.reshape(x, (1, 60)), 7))
    absorbed = absorb_transposes(graph)
    assert op_names(absorbed) == ["Lookup", "FullyConnected"]
    assert_same_bits(graph, absorbed)


def test_a_transpose_between_vectors_stays() -> None:
    """Two vectors of 30: every one has values of its own."""
    b = GraphBuilder()
    x = b.transpose(b.input((1, 3, 4, 5)), (0, 2, 1, 3))
    graph = b.build(b.fully_connected(b.reshape(x, (2, 30)), 7))
    assert op_names(absorb_transposes(graph)) == ["Transpose", "Reshape", "FullyConnected"]


def test_a_transpose_that_others_read_stays_for_them() -> None:
    b = GraphBuilder()
    x = b.transpose(b.input((1, 3, 4, 5)), (0, 3, 1, 2))
    graph = b.build(b.fully_connected(b.reshape(x, (1, 60)), 7), b.lookup(x))
    absorbed = absorb_transposes(graph)
    assert op_names(absorbed) == ["Transpose", "FullyConnected", "Lookup"]
    assert_same_bits(graph, absorbed)
