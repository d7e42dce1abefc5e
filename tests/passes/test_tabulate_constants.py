"""Sums and products with one constant value become tables of the same outputs."""

from collections.abc import Callable

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, quantization
from tests.passes.support import apply, op_names
from tinyengine.ir import Lookup, Tensor
from tinyengine.passes.tabulate_constants import tabulate_constants

IMAGE = (1, 5, 6, 4)
QUANT = quantization(0.05, -10)

MAKERS: dict[str, Callable[[GraphBuilder, Tensor, Tensor], Tensor]] = {
    "add": lambda b, x, y: b.add(x, y, quant=QUANT),
    "sub": lambda b, x, y: b.sub(x, y, quant=QUANT),
    "mul": lambda b, x, y: b.mul(x, y, quant=QUANT),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("is_left", [True, False])
@pytest.mark.parametrize("shape", [(1,), (1, 1, 1, 4), IMAGE])
def test_one_constant_value_becomes_a_table(
    make: Callable[[GraphBuilder, Tensor, Tensor], Tensor], is_left: bool, shape: tuple[int, ...]
) -> None:
    b = GraphBuilder()
    x = b.input(IMAGE, quant=quantization(0.04, 3))
    c = b.constant(np.full(shape, 77), quant=quantization(0.02, -5))
    graph = apply(tabulate_constants, b.build(make(b, c, x) if is_left else make(b, x, c)))
    assert op_names(graph) == ["Lookup"]


def test_the_table_is_what_the_constant_adds() -> None:
    # 0.05 * (x + 10) + 0.05 * (30 + 10) = 0.05 * (y + 10): y = x + 40, up to 127.
    b = GraphBuilder()
    x = b.input(IMAGE, quant=QUANT)
    graph = b.build(b.add(x, b.constant([30], quant=QUANT), quant=QUANT))
    (op,) = apply(tabulate_constants, graph).ops
    assert isinstance(op, Lookup)
    np.testing.assert_array_equal(op.table, np.minimum(np.arange(-128, 128) + 40, 127))


def test_several_constant_values_are_kept() -> None:
    b = GraphBuilder()
    x = b.input(IMAGE, quant=QUANT)
    graph = b.build(b.mul(x, b.constant([1, 2, 3, 4], quant=QUANT), quant=QUANT))
    assert op_names(apply(tabulate_constants, graph)) == ["Mul"]


def test_a_constant_that_broadcasts_the_operand_is_kept() -> None:
    b = GraphBuilder()
    x = b.input((1, 1, 1, 4), quant=QUANT)
    graph = b.build(b.add(x, b.constant(np.full(IMAGE, 7), quant=QUANT), quant=QUANT))
    assert op_names(apply(tabulate_constants, graph)) == ["Add"]


def test_two_activations_are_kept() -> None:
    b = GraphBuilder()
    x = b.input(IMAGE, quant=QUANT)
    assert op_names(apply(tabulate_constants, b.build(b.sub(x, x, quant=QUANT)))) == ["Sub"]
