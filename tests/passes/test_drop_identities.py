"""Operators that change nothing go; reshapes and transposes in a row merge."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, quantization
from tests.passes.support import apply, op_names
from tinyengine.ir import DType, Padding, Tensor, Transpose
from tinyengine.passes.drop_identities import drop_identities

IMAGE = (1, 5, 6, 4)
Make = Callable[[GraphBuilder, Tensor], Tensor]

IDENTITIES: dict[str, Make] = {
    "reshape to the same shape": lambda b, x: b.reshape(x, IMAGE),
    "pad by nothing": lambda b, x: b.pad(x, Padding()),
    "transpose to the same order": lambda b, x: b.transpose(x, (0, 1, 2, 3)),
    "slice of everything": lambda b, x: b.slice(x, (0, 0, 0, 0), IMAGE),
    "concatenation of one": lambda b, x: b.concat(x),
    "quantize to the same parameters": lambda b, x: b.quantize(x, quant=x.quant),
    "table of the identity": lambda b, x: b.lookup(x, table=np.arange(-128, 128)),
    "reshape and back": lambda b, x: b.reshape(b.reshape(x, (30, 4)), IMAGE),
    "inverse transposes": lambda b, x: b.transpose(b.transpose(x, (0, 3, 1, 2)), (0, 2, 3, 1)),
    "reshape and transpose of a dimension of 1": lambda b, x: b.transpose(
        b.reshape(x, (5, 1, 6, 4)), (1, 0, 2, 3)
    ),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_between_operators_go(name: str) -> None:
    b = GraphBuilder()
    x = b.lookup(b.input(IMAGE), "TANH")
    graph = b.build(b.lookup(IDENTITIES[name](b, x), "LOGISTIC"))
    assert op_names(apply(drop_identities, graph)) == ["Lookup", "Lookup"]


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_before_an_output_goes_and_the_edge_gets_its_input(name: str) -> None:
    b = GraphBuilder()
    x = b.lookup(b.input(IMAGE), "TANH")
    graph = apply(drop_identities, b.build(IDENTITIES[name](b, x)))
    assert op_names(graph) == ["Lookup"]
    assert graph.output_tensors == (x,)


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_identity_between_a_model_input_and_an_output_stays(name: str) -> None:
    b = GraphBuilder()
    graph = apply(drop_identities, b.build(IDENTITIES[name](b, b.input(IMAGE))))
    assert len(graph.ops) >= 1
    assert graph.output_tensors[0] in graph.producers


def test_two_outputs_that_are_equal_share_a_tensor() -> None:
    b = GraphBuilder()
    x = b.lookup(b.input(IMAGE), "TANH")
    graph = apply(drop_identities, b.build(x, b.concat(x)))
    assert graph.output_tensors == (x, x)


def test_reshapes_in_a_row_become_one() -> None:
    b = GraphBuilder()
    x = b.reshape(b.reshape(b.input(IMAGE), (30, 4)), (120,))
    graph = apply(drop_identities, b.build(b.lookup(x)))
    assert op_names(graph) == ["Reshape", "Lookup"]


def test_a_reshape_that_somebody_else_reads_stays() -> None:
    b = GraphBuilder()
    flat = b.reshape(b.lookup(b.input(IMAGE)), (30, 4))
    graph = b.build(b.lookup(flat, "TANH"), b.reshape(flat, (120,)))
    assert op_names(apply(drop_identities, graph)) == ["Lookup", "Reshape", "Lookup", "Reshape"]


def test_transposes_in_a_row_become_one() -> None:
    b = GraphBuilder()
    x = b.transpose(b.transpose(b.input((2, 3, 4)), (1, 2, 0)), (1, 0, 2))
    graph = apply(drop_identities, b.build(b.lookup(x)))
    op = graph.ops[0]
    assert isinstance(op, Transpose)
    assert op.perm == (2, 1, 0)
    assert op_names(graph) == ["Transpose", "Lookup"]


def test_a_transpose_that_only_moves_dimensions_of_1_becomes_a_reshape() -> None:
    b = GraphBuilder()
    x = b.transpose(b.input((1, 5, 1, 4)), (0, 2, 1, 3))
    assert op_names(apply(drop_identities, b.build(b.lookup(x)))) == ["Reshape", "Lookup"]


def test_a_reshape_that_changes_the_quantization_stays() -> None:
    b = GraphBuilder()
    x = b.reshape(b.input(IMAGE, quant=quantization(0.1)), IMAGE, quant=quantization(0.2))
    graph = b.build(b.add(x, x))
    assert op_names(apply(drop_identities, graph)) == ["Reshape", "Add"]


@pytest.mark.parametrize(
    "make",
    [
        lambda b, x: b.quantize(x, quant=quantization(0.3)),
        lambda b, x: b.quantize(x, dtype=DType.UINT8, quant=x.quant),
        lambda b, x: b.pad(x, Padding(bottom=1)),
        lambda b, x: b.transpose(x, (0, 2, 1, 3)),
        lambda b, x: b.concat(x, x),
        lambda b, x: b.slice(x, (0, 0, 0, 3), IMAGE, (1, 1, 1, -1)),
        lambda b, x: b.slice(x, (0, 0, 0, 0), (1, 5, 6, 3)),
        lambda b, x: b.lookup(x, table=np.arange(-128, 128)[::-1]),
    ],
)
def test_operators_that_do_something_stay(make: Make) -> None:
    b = GraphBuilder()
    x = b.lookup(b.input(IMAGE, quant=quantization(0.1, 3)), "TANH")
    graph = b.build(make(b, x))
    assert apply(drop_identities, graph).ops == graph.ops
