"""Estimates come from measurements where there are some, and decide which kernel is taken."""

import pytest

from tests.builders.graph_builder import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, DType, FullyConnected
from tinyengine.kernels.accumulating import ACCUMULATING
from tinyengine.kernels.choose import selection
from tinyengine.kernels.choose.selection import (
    analytic_instructions,
    estimate_instructions,
    select_kernels,
)
from tinyengine.kernels.cost.measured import Row, class_of, key_of, measured, terms_of
from tinyengine.kernels.registry import KERNELS, candidates
from tinyengine.kernels.spec import RowLayout
from tinyengine.tune.samples import samples


def row(**factors):
    return Row(factors=factors, cycles=None, samples=4, worst=0.0)


def graph_of(build):
    """Give a graph of the operators that `build` appends to an input [1, 4, 4, 8]."""
    builder = GraphBuilder()
    output = build(builder, builder.input((1, 4, 4, 8)))
    return builder.build(output)


def only_op(build):
    (op,) = graph_of(build).ops
    return op


def test_terms_of_a_padded_convolution():
    op = only_op(lambda b, x: b.conv2d(x, 6, kernel=3, padding="same"))
    terms = terms_of(op, 1234)
    assert terms["estimate"] == 1234
    assert terms["macs"] == 4 * 4 * 6 * 9 * 8
    # Along each side windows have 2, 3, 3 and 2 of 3 taps inside: 10; the 2 x 2 middle is whole.
    assert terms["inner"] == 10 * 10 * 6 * 8
    assert terms["edges"] == 16 - 2 * 2 and terms["clipped"] == 12 * 6
    assert (terms["taps"], terms["runs"]) == (16 * 6 * 9, 16 * 6 * 3)
    assert (terms["outputs"], terms["pixels"], terms["rows"]) == (96, 16, 4)
    assert (terms["lines"], terms["elements"], terms["calls"]) == (4 * 6, 128, 1)


def test_terms_of_a_strided_depthwise_convolution():
    op = only_op(lambda b, x: b.depthwise(x, kernel=3, stride=2, padding="same"))
    terms = terms_of(op, 0)
    # Rows 0..2 and 2..4 of 4: 3 and 2 taps inside.
    assert terms["inner"] == 5 * 5 * 8 and terms["edges"] == 4 - 1


def test_terms_of_other_operators():
    op = only_op(lambda b, x: b.mean(x, (1, 2)))
    terms = terms_of(op, 7)
    assert (terms["macs"], terms["inner"], terms["edges"], terms["taps"]) == (0, 0, 0, 0)
    assert (terms["elements"], terms["outputs"]) == (128, 8)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda b, x: b.conv2d(x, 6, kernel=1, activation="relu"), "1x1 relu"),
        (lambda b, x: b.conv2d(x, 6, kernel=3, activation="none"), "window linear"),
        (lambda b, x: b.conv2d(x, 6, kernel=(5, 9), activation="relu"), "deep window relu"),
        (lambda b, x: b.depthwise(x, kernel=3, activation="none"), "linear"),
        (lambda b, x: b.mean(x, (1, 2)), "all"),
    ],
)
def test_classes_of_shapes(build, expected):
    op = only_op(build)
    for kernel in candidates(op, Isa.DSP):
        words = [*expected.replace("all", "").split(), *["expanded"] * kernel.expands_weights]
        assert class_of(op, kernel) == (" ".join(words) or "all")


def test_a_row_corrects_the_estimate(monkeypatch):
    op = only_op(lambda b, x: b.conv2d(x, 6, kernel=1, activation="relu"))
    kernel = candidates(op, Isa.DSP)[0]
    analytic = analytic_instructions(op, kernel)
    rows = {key_of(op, kernel): row(estimate=0.5, outputs=3.0, calls=10.0)}
    monkeypatch.setattr(selection, "measured", lambda: rows)
    assert estimate_instructions(op, kernel) == round(0.5 * analytic + 3.0 * 96 + 10)


def test_without_a_row_the_analytic_estimate_stands(monkeypatch):
    op = only_op(lambda b, x: b.conv2d(x, 6, kernel=1, activation="relu"))
    monkeypatch.setattr(selection, "measured", dict)
    for kernel in candidates(op, Isa.DSP):
        assert estimate_instructions(op, kernel) == analytic_instructions(op, kernel)


def test_the_kernel_that_measured_cheapest_is_taken(monkeypatch):
    graph = graph_of(lambda b, x: b.conv2d(x, 6, kernel=1, activation="relu"))
    (op,) = graph.ops
    offers = candidates(op, Isa.DSP)
    direct = [kernel for kernel in offers if kernel.writes is RowLayout.PIXELS]
    assert len(direct) > 1
    for cheapest in direct:
        rows = {key_of(op, kernel): row(calls=9e6) for kernel in offers}
        rows[key_of(op, cheapest)] = row(calls=5.0)
        monkeypatch.setattr(selection, "measured", lambda rows=rows: rows)
        assert select_kernels(graph, Isa.DSP, slack=1.0).whole[op] is cheapest


def test_kernels_that_consume_rows_share_the_row_of_what_they_stand_for():
    op = only_op(lambda b, x: b.average_pool(x, kernel=4, stride=4))
    names = {key_of(op, kernel)[0] for kernel in ACCUMULATING if kernel.op is type(op)}
    assert names <= {kernel.function for kernel in KERNELS} and len(names) > 1


# -- int16 beside int8 ----------------------------------------------------------------------------

POINTS = {(25, 5, 64, 64), (6, 6, 128, 128), (3, 3, 256, 128), (24, 24, 16, 32), (5, 5, 384, 64)}
"""Rows, columns, input and output channels of 1x1 convolutions, as networks have them."""

MATRICES = {(640, 64), (128, 128), (256, 64), (128, 8)}
"""Inputs and outputs of fully connected operators; few inputs cost more: 2.2 times for 8."""


def least_instructions(op: Conv2D | FullyConnected) -> int:
    """Give what the cheapest kernel with the DSP extension executes, as measured."""
    return min(
        measured()[key_of(op, kernel)].instructions(op, analytic_instructions(op, kernel))
        for kernel in candidates(op, Isa.DSP)
        if key_of(op, kernel) in measured()
    )


def by_type(kind: type[Conv2D] | type[FullyConnected], shape: tuple[int, ...]) -> dict[DType, int]:
    """Give the instructions for a shape, by the activations' type."""
    found: dict[DType, int] = {}
    for op in samples(kind):
        assert isinstance(op, Conv2D | FullyConnected)
        known = (*op.input.shape[1:-1], op.weight.shape[-1], op.weight.shape[0])
        if known == shape and op.weight.elements == shape[-2] * shape[-1]:
            cost = least_instructions(op)
            found[op.input.dtype] = min(cost, found.get(op.input.dtype, cost))
    return found


@pytest.mark.parametrize("shape", [*sorted(POINTS), *sorted(MATRICES)], ids=str)
def test_int16_takes_at_most_1_15_times_the_instructions_of_int8(shape: tuple[int, ...]) -> None:
    costs = by_type(Conv2D if len(shape) == 4 else FullyConnected, shape)
    assert costs[DType.INT16] <= 1.15 * costs[DType.INT8]
