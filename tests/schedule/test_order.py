"""The order of operators is exact where the graph is small, and bounded beyond."""

import pytest

from tests.builders.graphs import GraphBuilder
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.schedule.place.order import best_order

NBYTES = 16


def tree(leaves: int) -> Graph:
    """Give a binary tree of sums over tables of the input, level by level."""
    b = GraphBuilder()
    x = b.input((1, 1, 1, NBYTES))
    level = [b.lookup(x) for _ in range(leaves)]
    while len(level) > 1:
        level = [b.add(lhs, rhs) for lhs, rhs in zip(level[::2], level[1::2], strict=True)]
    return b.build(level[0])


def peak(graph: Graph, order: tuple[Op, ...]) -> int:
    """Give the most tensors that are alive at once, operand and output of an operator apart."""
    alive: set[Tensor] = set(graph.input_tensors)
    left = {tensor: len(readers) for tensor, readers in graph.consumers.items()}
    most = len(alive)
    for op in order:
        assert all(tensor in alive for tensor in op.activations), "it runs before its operands"
        alive.add(op.output)
        most = max(most, len(alive))
        for tensor in dict.fromkeys(op.activations):
            left[tensor] -= 1
            if not left[tensor]:
                alive.remove(tensor)
    return most


def test_a_small_tree_is_ordered_exactly() -> None:
    graph = tree(8)
    order = best_order(graph, {})
    assert order.is_exact
    # A binary tree of 8 leaves needs 4 tensors (Sethi-Ullman) and here its input; the sum of two
    # stands apart from them, but after the last leaf the input is gone.
    assert peak(graph, order.ops) == 5
    assert sorted(map(id, order.ops)) == sorted(map(id, graph.ops))


@pytest.mark.parametrize("leaves", [128, 512])
def test_a_large_tree_goes_branch_by_branch_within_bounds(leaves: int) -> None:
    graph = tree(leaves)
    order = best_order(graph, {})
    assert not order.is_exact
    assert peak(graph, graph.ops) == leaves + 1
    assert peak(graph, order.ops) <= leaves.bit_length() + 2
    assert sorted(map(id, order.ops)) == sorted(map(id, graph.ops))
