"""PAD goes into the operators that read it where that keeps all bits, and stays elsewhere."""

import pytest

from tests.builders.graphs import GraphBuilder, quantization
from tests.passes.support import apply, op_names
from tinyengine.ir import DepthwiseConv2D, Padding, Window
from tinyengine.passes.fold_pads import fold_pads

BORDER = Padding(top=1, bottom=2, left=0, right=1)
ALL_ONE = Padding(top=1, bottom=1, left=1, right=1)


def test_pad_folds_into_a_convolution_and_adds_to_its_padding() -> None:
    b = GraphBuilder()
    x = b.input((1, 7, 6, 3))
    y = b.conv2d(b.pad(x, BORDER), 4, kernel=5, stride=2, padding=ALL_ONE)
    graph = apply(fold_pads, b.build(y))
    (op,) = graph.ops
    assert isinstance(op, Window)
    assert op.input is x
    assert op.padding == Padding(top=2, bottom=3, left=1, right=2)


def test_pad_folds_into_a_dilated_depthwise_convolution() -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 7, 6, 3)), Padding(top=3, bottom=4, left=3, right=3))
    graph = apply(fold_pads, b.build(b.depthwise(padded, dilation=2, padding="valid")))
    (op,) = graph.ops
    assert isinstance(op, DepthwiseConv2D)
    assert op.padding == Padding(top=3, bottom=4, left=3, right=3)


def test_pad_with_two_consumers_is_kept() -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), ALL_ONE)
    graph = b.build(b.conv2d(padded, 4, padding="valid"), b.lookup(padded))
    assert op_names(apply(fold_pads, graph)) == ["Pad", "Conv2D", "Lookup"]


def test_pad_with_two_consumers_that_can_both_take_it_is_folded() -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), ALL_ONE)
    graph = b.build(b.conv2d(padded, 4, padding="valid"), b.depthwise(padded, kernel=5))
    assert op_names(apply(fold_pads, graph)) == ["Conv2D", "DepthwiseConv2D"]


def test_pad_that_is_an_output_is_kept() -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), ALL_ONE)
    graph = b.build(b.conv2d(padded, 4, padding="valid"), padded)
    assert op_names(apply(fold_pads, graph)) == ["Pad", "Conv2D"]


def test_pad_with_another_value_than_the_zero_point_is_kept() -> None:
    b = GraphBuilder()
    x = b.input((1, 6, 6, 3), quant=quantization(0.1, 5))
    graph = b.build(b.conv2d(b.pad(x, ALL_ONE, value=0), 4, padding="valid"))
    assert op_names(apply(fold_pads, graph)) == ["Pad", "Conv2D"]


def test_pad_of_channels_is_kept() -> None:
    b = GraphBuilder()
    x = b.pad(b.input((1, 6, 6, 3)), [(0, 0), (1, 1), (1, 1), (0, 2)])
    assert op_names(apply(fold_pads, b.build(b.conv2d(x, 4)))) == ["Pad", "Conv2D"]


def test_pad_that_changes_the_scale_is_kept() -> None:
    b = GraphBuilder()
    x = b.input((1, 6, 6, 3), quant=quantization(0.1, 5))
    padded = b.pad(x, ALL_ONE, quant=quantization(0.2, 5))
    graph = b.build(b.conv2d(padded, 4, padding="valid"))
    assert op_names(apply(fold_pads, graph)) == ["Pad", "Conv2D"]


def test_pad_as_wide_as_the_window_is_kept() -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), Padding(top=3))
    graph = b.build(b.conv2d(padded, 4, padding="valid"))
    assert op_names(apply(fold_pads, graph)) == ["Pad", "Conv2D"]


def test_pads_in_a_row_fold_together() -> None:
    b = GraphBuilder()
    padded = b.pad(b.pad(b.input((1, 6, 6, 3)), Padding(top=1)), Padding(top=1, left=2))
    graph = apply(fold_pads, b.build(b.depthwise(padded, kernel=3, padding="valid")))
    (op,) = graph.ops
    assert isinstance(op, Window)
    assert op.padding == Padding(top=2, left=2)


def test_pads_in_a_row_with_unequal_values_stay_two() -> None:
    b = GraphBuilder()
    x = b.input((1, 6, 6, 3), quant=quantization(0.1, 5))
    padded = b.pad(b.pad(x, Padding(top=1), value=5), Padding(top=1), value=6)
    assert op_names(apply(fold_pads, b.build(b.lookup(padded)))) == ["Pad", "Pad", "Lookup"]


@pytest.mark.parametrize(
    ("activation", "value", "folds"), [("none", -128, True), ("none", -127, False)]
)
def test_pad_folds_into_max_pool_when_its_value_never_wins(
    activation: str, value: int, folds: bool
) -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), ALL_ONE, value=value)
    graph = b.build(b.max_pool(padded, kernel=3, stride=2, activation=activation))
    expected = ["MaxPool2D"] if folds else ["Pad", "MaxPool2D"]
    assert op_names(apply(fold_pads, graph)) == expected


@pytest.mark.parametrize(("value", "folds"), [(-4, True), (-3, True), (-2, False)])
def test_pad_folds_into_max_pool_when_its_clamp_hides_the_value(value: int, folds: bool) -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), ALL_ONE, value=value)
    graph = b.build(b.max_pool(padded, kernel=3, activation=(-3, 100)))
    assert ("Pad" not in op_names(apply(fold_pads, graph))) == folds


@pytest.mark.parametrize(("value", "folds"), [(-7, True), (-6, False)])
def test_pad_folds_into_max_pool_after_relu(value: int, folds: bool) -> None:
    b = GraphBuilder()
    x = b.conv2d(
        b.input((1, 6, 6, 3)), 4, activation="relu", quant=quantization(0.05, -7), bias=False
    )
    graph = b.build(b.max_pool(b.pad(x, ALL_ONE, value=value), kernel=3))
    assert ("Pad" not in op_names(apply(fold_pads, graph))) == folds


def test_pad_before_average_pool_is_kept() -> None:
    b = GraphBuilder()
    padded = b.pad(b.input((1, 6, 6, 3)), ALL_ONE)
    assert op_names(apply(fold_pads, b.build(b.average_pool(padded)))) == ["Pad", "AveragePool2D"]
