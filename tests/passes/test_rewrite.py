"""Rewriting keeps graphs valid whatever the rule returns."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from tests.builders.graphs import GraphBuilder
from tinyengine.ir import Concatenation, Op, Reshape, Tensor, verify
from tinyengine.passes.rewrite import read_once, rewrite


def drop_reshapes(op: Op, _: Mapping[Tensor, Op]) -> Op | Tensor:
    return op.input if isinstance(op, Reshape) else op


def test_a_rule_that_keeps_everything_keeps_the_operators() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.input((3,))))
    assert rewrite(graph, lambda op, _: op).ops == graph.ops


def test_every_reader_gets_the_standin_also_inside_tuples() -> None:
    b = GraphBuilder()
    x = b.lookup(b.input((3,)))
    same = b.reshape(x, (3,))
    graph = rewrite(b.build(b.concat(same, x, same, axis=0)), drop_reshapes)
    verify(graph)
    last = graph.ops[-1]
    assert isinstance(last, Concatenation)
    assert last.operands == (x, x, x)


def test_standins_of_standins_resolve_to_the_first() -> None:
    b = GraphBuilder()
    x = b.lookup(b.input((3,)))
    y = b.lookup(b.reshape(b.reshape(x, (3,)), (3,)))
    graph = rewrite(b.build(y), drop_reshapes)
    verify(graph)
    assert graph.ops[1].inputs == (x,)


def test_an_output_is_never_left_to_a_model_input() -> None:
    b = GraphBuilder()
    x = b.input((3,))
    graph = rewrite(b.build(b.reshape(b.reshape(x, (3,)), (3,))), drop_reshapes)
    verify(graph)
    (op,) = graph.ops
    assert op.inputs == (x,)
    assert graph.output_tensors == (op.output,)


def test_a_rule_that_changes_the_output_is_a_bug() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.input((3,))))
    other = replace(graph.ops[0].output, name="other")
    with pytest.raises(AssertionError, match="a rule changed the output"):
        rewrite(graph, lambda op, _: replace(op, output=other))


def test_read_once_counts_readers_and_outputs() -> None:
    b = GraphBuilder()
    x, y = b.input((3,)), b.input((3,))
    graph = b.build(b.lookup(y), b.add(x, x), b.lookup(y))
    assert read_once(graph, x)
    assert not read_once(graph, y)
    assert not read_once(graph, graph.output_tensors[0])
