"""Graphs run operator by operator, and every operator has its semantics."""

import numpy as np
import pytest

from tests.builders.graph_builder import GraphBuilder
from tinyengine import ir
from tinyengine.reference import evaluate, execute, run
from tinyengine.reference.execute import FUNCTIONS


def operators() -> set[type[ir.Op]]:
    """Give the classes of the IR that have no subclasses: those that graphs hold."""
    classes = {value for value in vars(ir).values() if isinstance(value, type)}
    ops = {value for value in classes if issubclass(value, ir.Op)}
    return {op for op in ops if not op.__subclasses__()} - set(ir.FLOAT_ONLY)


def test_every_operator_has_its_semantics() -> None:
    assert set(FUNCTIONS) == operators()


def small_graph() -> ir.Graph:
    builder = GraphBuilder(seed=1)
    x = builder.input((1, 4, 4, 3))
    y = builder.conv2d(x, 5)
    return builder.build(builder.add(y, y), y)


def test_execute_gives_every_activation_and_run_the_outputs_in_order() -> None:
    graph = small_graph()
    x = np.arange(48, dtype=np.int8).reshape(1, 4, 4, 3)
    values = execute(graph, [x])
    conv, add = graph.ops
    assert set(values) == {graph.inputs[0].tensor, conv.output, add.output}
    operands = [values.get(t, t.data) for t in conv.inputs]
    np.testing.assert_array_equal(values[conv.output], evaluate(conv, operands))
    outputs = run(graph, [x])
    np.testing.assert_array_equal(outputs[0], values[add.output])
    np.testing.assert_array_equal(outputs[1], values[conv.output])


def test_inputs_of_another_shape_or_type_are_a_bug() -> None:
    graph = small_graph()
    with pytest.raises(AssertionError, match="has shape"):
        execute(graph, [np.zeros((1, 4, 4, 2), np.int8)])
    with pytest.raises(AssertionError, match="has type"):
        execute(graph, [np.zeros((1, 4, 4, 3), np.uint8)])
