"""What depends on constants only is computed at compile time."""

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, quantization
from tests.passes.support import apply, op_names
from tinyengine.errors import ModelError
from tinyengine.ir import Add
from tinyengine.passes.fold_constants import fold_constants

QUANT = quantization(0.05, -10)


def test_operators_of_constants_become_constants() -> None:
    b = GraphBuilder()
    constant = b.constant([[1, 2, 3], [4, 5, 6]], quant=QUANT)
    moved = b.slice(b.transpose(constant, (1, 0)), (1, 0), (2, 2))
    graph = apply(fold_constants, b.build(b.add(b.input((2, 2)), moved)))
    (op,) = graph.ops
    assert isinstance(op, Add)
    np.testing.assert_array_equal(op.rhs.values, [[2, 5], [3, 6]])
    assert not op.rhs.values.flags.writeable
    assert op.rhs.quant == QUANT


def test_an_output_of_constants_is_a_constant() -> None:
    b = GraphBuilder()
    constant = b.constant([[1, 2, 3], [4, 5, 6]], quant=QUANT)
    graph = b.build(b.lookup(b.input((3,))), b.transpose(constant, (1, 0)))
    folded = apply(fold_constants, graph)
    assert op_names(folded) == ["Lookup"]
    np.testing.assert_array_equal(folded.output_tensors[1].values, [[1, 4], [2, 5], [3, 6]])


def test_operators_of_one_constant_and_one_input_stay() -> None:
    b = GraphBuilder()
    graph = b.build(b.add(b.input((3,)), b.constant([1, 2, 3])))
    assert fold_constants(graph).ops == graph.ops


def test_a_constant_that_would_be_larger_than_any_flash_is_refused() -> None:
    b = GraphBuilder()
    small = b.constant(np.zeros((1, 1, 1, 1), np.int8), quant=QUANT)
    graph = b.build(b.resize(small, (2049, 2048)))
    problem = "constants become one of 4,196,352 bytes; 4,194,304 are the most"
    with pytest.raises(ModelError, match=problem):
        fold_constants(graph)


def test_constants_that_would_be_larger_than_any_flash_together_are_refused() -> None:
    b = GraphBuilder()
    small = b.constant(np.zeros((1, 1, 1, 1), np.int8), quant=QUANT)
    graph = b.build(*(b.resize(small, (2048, 2048)) for _ in range(5)))
    problem = "constants become 20,971,520 bytes in all; 16,777,216 are the most"
    with pytest.raises(ModelError, match=problem):
        fold_constants(graph)
