"""Where kernels that skip weights of 0 are chosen: where those cost less, for no dense weights."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graph_builder import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, FullyConnected, Graph
from tinyengine.kernels.choose.selection import constants_nbytes, estimate_cost
from tinyengine.kernels.choose.widening import without_pairs
from tinyengine.kernels.registry import candidates
from tinyengine.schedule import Objective, Plan, make_plan


def network(zeros: float) -> Graph:
    """Give three convolutions of many channels, such a share of whose weights are 0."""
    b, random = GraphBuilder(0), np.random.default_rng(0)
    x = b.conv2d(b.input((1, 12, 12, 32)), 64, kernel=1, activation="relu")
    graph = b.build(b.conv2d(b.conv2d(x, 64, kernel=1), 32))
    ops = []
    for op in graph.ops:
        assert isinstance(op, Conv2D)
        values = op.weight.values
        data = np.where(random.random(values.shape) < zeros, np.int8(0), values | 1)
        ops.append(replace(op, weight=replace(op.weight, data=data)))
    return replace(graph, ops=tuple(ops))


def skipping(plan: Plan) -> int:
    """Give how many operators skip zeros."""
    return sum(step.kernel.skips_zeros for step in plan.steps)


@pytest.mark.parametrize("objective", [Objective.SPEED, Objective.BALANCED])
def test_weights_that_are_mostly_0_are_skipped_and_dense_ones_are_not(
    objective: Objective,
) -> None:
    assert skipping(make_plan(network(0.8), Isa.DSP, objective=objective)) == 3
    assert skipping(make_plan(network(0.2), Isa.DSP, objective=objective)) == 0
    assert skipping(make_plan(network(0.8), Isa.BASE, objective=objective)) == 0


def test_what_is_chosen_costs_less_and_holds_less() -> None:
    for step in make_plan(network(0.8), Isa.DSP, objective=Objective.SPEED).steps:
        one_by_one = without_pairs(candidates(step.op, Isa.DSP))
        others = [each for each in one_by_one if not each.skips_zeros]
        cost, nbytes = (of(step.op, step.kernel) for of in (estimate_cost, constants_nbytes))
        fitting = [each for each in others if each.writes is step.kernel.writes]
        assert cost < min(estimate_cost(step.op, each) for each in fitting)
        assert nbytes < min(constants_nbytes(step.op, each) for each in others)


def test_least_memory_is_no_more_for_zeros_that_could_be_skipped() -> None:
    pruned, dense = (
        make_plan(network(zeros), Isa.DSP, objective=Objective.SRAM) for zeros in (0.8, 0)
    )
    assert pruned.extent <= dense.extent


def test_where_expanded_windows_have_no_room_zeros_are_multiplied() -> None:
    least = make_plan(network(0), Isa.DSP, objective=Objective.SRAM).extent
    plan = make_plan(network(0.8), Isa.DSP, objective=Objective.SPEED, budget=least)
    assert plan.extent <= least


@pytest.mark.parametrize(("zeros", "skips"), [(0.0, False), (0.95, True)])
def test_products_skip_zeros_where_nearly_all_weights_are_0(zeros: float, skips: bool) -> None:
    b = GraphBuilder(0)
    graph = b.build(b.fully_connected(b.input((1, 640)), 64))
    (op,) = graph.ops
    assert isinstance(op, FullyConnected)
    kept = np.random.default_rng(1).random(op.weight.shape) >= zeros
    data = np.where(kept, op.weight.values, np.int8(0))
    op = replace(op, weight=replace(op.weight, data=data))
    plan = make_plan(replace(graph, ops=(op,)), Isa.DSP, objective=Objective.SPEED)
    assert skipping(plan) == skips
