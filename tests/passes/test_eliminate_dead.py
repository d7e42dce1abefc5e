"""Operators that no output depends on go; everything else stays."""

from tests.builders.graphs import GraphBuilder, random_graph
from tests.passes.support import apply, op_names
from tinyengine.passes.eliminate_dead import eliminate_dead


def test_operators_that_nobody_reads_go_with_what_only_they_read() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 4, 2))
    y = b.conv2d(x, 3)
    b.lookup(b.depthwise(y))
    graph = apply(eliminate_dead, b.build(b.max_pool(y)))
    assert op_names(graph) == ["Conv2D", "MaxPool2D"]


def test_model_inputs_that_nobody_reads_stay() -> None:
    b = GraphBuilder()
    x = b.input((3,))
    b.lookup(b.input((4,)))
    graph = apply(eliminate_dead, b.build(b.lookup(x)))
    assert len(graph.inputs) == 2
    assert op_names(graph) == ["Lookup"]


def test_a_graph_without_dead_operators_is_the_same_graph() -> None:
    graph = random_graph(1)
    assert eliminate_dead(graph) is graph
