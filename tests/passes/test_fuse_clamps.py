"""Clamps go into the operator before them where that keeps all bits; tables merge."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, quantization
from tests.passes.support import apply, op_names
from tinyengine.ir import Conv2D, Graph, Lookup, Tensor
from tinyengine.passes.fuse_clamps import fuse_clamps

IMAGE = (1, 5, 6, 4)
QUANT = quantization(0.05, -10)


def clamp_of(graph: Graph) -> tuple[int, int]:
    """Give the clamp of the only operator of `graph`."""
    (op,) = graph.ops
    return op.act_min, op.act_max


@pytest.mark.parametrize(("function", "clamp"), [("RELU", (-10, 127)), ("RELU6", (-10, 110))])
def test_relu_table_becomes_the_clamp_of_the_producer(
    function: str, clamp: tuple[int, int]
) -> None:
    b = GraphBuilder()
    y = b.lookup(b.conv2d(b.input(IMAGE), 3, quant=QUANT), function)
    graph = apply(fuse_clamps, b.build(y))
    assert clamp_of(graph) == clamp
    assert graph.output_tensors == (y,)


@pytest.mark.parametrize(
    "make",
    [
        lambda b, x: b.depthwise(x, quant=QUANT),
        lambda b, x: b.fully_connected(x, 5, quant=QUANT),
        lambda b, x: b.max_pool(x),
        lambda b, x: b.average_pool(x),
        lambda b, x: b.add(x, x, quant=QUANT),
        lambda b, x: b.sub(x, x, quant=QUANT),
        lambda b, x: b.mul(x, x, quant=QUANT),
    ],
)
def test_every_operator_with_a_clamp_takes_one(
    make: Callable[[GraphBuilder, Tensor], Tensor],
) -> None:
    b = GraphBuilder()
    y = b.lookup(make(b, b.input(IMAGE, quant=QUANT)), "RELU")
    assert clamp_of(apply(fuse_clamps, b.build(y))) == (-10, 127)


def test_minimum_and_maximum_with_one_constant_value_become_clamps() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT, activation=(-100, 50))
    low = b.constant(np.full((1, 1, 1, 3), -20), quant=QUANT)
    high = b.constant([70], quant=QUANT)
    graph = b.build(b.minimum(high, b.maximum(x, low)))
    assert clamp_of(apply(fuse_clamps, graph)) == (-20, 50)


def test_a_clamp_outside_the_range_leaves_one_value() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT, activation=(-100, 50))
    graph = b.build(b.maximum(x, b.constant([60], quant=QUANT)))
    assert clamp_of(apply(fuse_clamps, graph)) == (60, 60)


def test_maximum_with_several_values_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT)
    graph = b.build(b.maximum(x, b.constant([1, 2, 3], quant=QUANT)))
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Maximum"]


def test_maximum_that_broadcasts_its_input_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 1, quant=QUANT)
    graph = b.build(b.maximum(x, b.constant(np.zeros((1, 1, 1, 3)), quant=QUANT)))
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Maximum"]


def test_maximum_of_two_activations_is_kept() -> None:
    b = GraphBuilder()
    x, y = (b.conv2d(b.input(IMAGE), 2, quant=QUANT) for _ in range(2))
    graph = b.build(b.maximum(x, y))
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Conv2D", "Maximum"]


def test_relu_that_changes_the_quantization_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT)
    graph = b.build(b.lookup(x, "RELU", quant=quantization(0.05, -128)))
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Lookup"]


def test_a_clamp_of_the_bytes_that_changes_the_scale_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT)
    clamp = np.clip(np.arange(-128, 128), -10, 60)
    graph = b.build(b.lookup(x, table=clamp, quant=quantization(0.1, -10)))
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Lookup"]


def test_clamp_of_a_tensor_with_another_reader_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT)
    graph = b.build(b.lookup(x, "RELU"), b.lookup(x, "TANH"))
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Lookup", "Lookup"]


def test_clamp_of_an_output_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT)
    graph = b.build(b.lookup(x, "RELU"), x)
    assert op_names(apply(fuse_clamps, graph)) == ["Conv2D", "Lookup"]


def test_a_table_that_is_no_clamp_is_kept() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT)
    assert op_names(apply(fuse_clamps, b.build(b.lookup(x, "TANH", quant=QUANT)))) == [
        "Conv2D",
        "Lookup",
    ]


def test_a_table_that_clamps_all_values_it_can_meet_becomes_a_clamp() -> None:
    b = GraphBuilder()
    x = b.conv2d(b.input(IMAGE), 3, quant=QUANT, activation=(0, 127))
    absolute = np.minimum(np.abs(np.arange(-128, 128)), 90)
    graph = apply(fuse_clamps, b.build(b.lookup(x, table=absolute, quant=QUANT)))
    assert clamp_of(graph) == (0, 90)


def test_clamp_of_a_model_input_is_kept() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.input(IMAGE), "RELU"))
    assert op_names(apply(fuse_clamps, graph)) == ["Lookup"]


def test_tables_in_a_row_become_one() -> None:
    b = GraphBuilder()
    x = b.input((256,))
    y = b.lookup(b.lookup(b.lookup(x, "HARD_SWISH"), "TANH"), "LOGISTIC")
    graph = apply(fuse_clamps, b.build(y))
    (op,) = graph.ops
    assert isinstance(op, Lookup)
    assert op.function == "HARD_SWISH_TANH_LOGISTIC"
    assert not op.table.flags.writeable


def test_a_table_with_two_readers_stays() -> None:
    b = GraphBuilder()
    x = b.lookup(b.input(IMAGE), "TANH")
    graph = b.build(b.lookup(x, "LOGISTIC"), b.lookup(x, "HARD_SWISH"))
    assert op_names(apply(fuse_clamps, graph)) == ["Lookup", "Lookup", "Lookup"]


def test_the_producer_keeps_its_source() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.conv2d(b.input(IMAGE), 3, quant=QUANT), "RELU"))
    (op,) = apply(fuse_clamps, graph).ops
    assert isinstance(op, Conv2D)
    assert op.source == graph.ops[0].source
