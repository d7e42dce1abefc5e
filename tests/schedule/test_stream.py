"""Streamed blocks hold as few rows as they may, and the checker proves it."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.builders.graphs import GraphBuilder, random_graph
from tinyengine.board.types import Isa
from tinyengine.errors import FitError
from tinyengine.ir import Graph
from tinyengine.kernels.choose.selection import estimate_instructions
from tinyengine.schedule import (
    BlockKind,
    Buffer,
    Objective,
    Plan,
    PlanError,
    Terms,
    check_plan,
    make_plan,
    plan_choices,
)
from tinyengine.schedule.blocks.line import CALL_INSTRUCTIONS, loop_instructions


def streamed(graph: Graph) -> Plan:
    return make_plan(graph, Isa.BASE, objective=Objective.SRAM)


def rings(plan: Plan) -> dict[str, int]:
    return {b.tensors[0].name: b.rows for b in plan.buffers if b.rows is not None}


def with_ring(plan: Plan, ring: Buffer, rows: int) -> Plan:
    """The same plan with another number of rows in one ring."""
    assert ring.rows is not None
    other = replace(ring, rows=rows, nbytes=ring.nbytes // ring.rows * rows)
    buffers = tuple(other if b is ring else b for b in plan.buffers)
    offsets = {other if b is ring else b: at for b, at in plan.offsets.items()}
    return replace(plan, buffers=buffers, offsets=offsets)


@pytest.mark.parametrize(
    "first",
    [
        *range(0, 100, 25),
        *(pytest.param(first, marks=pytest.mark.slow) for first in range(100, 200, 25)),
    ],
)
def test_streamed_plans_of_random_graphs_are_safe_and_never_larger(first: int) -> None:
    for seed in range(first, first + 25):
        graph = random_graph(seed)
        least = streamed(graph)
        check_plan(least)
        layers = make_plan(graph, Isa.BASE, layers_only=True)
        assert least.arena_nbytes <= layers.arena_nbytes


def test_a_chain_of_3x3_convolutions_holds_three_rows_of_each() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 32, 32, 4))
    y = b.conv2d(b.conv2d(b.conv2d(x, 16), 16), 16)
    z = b.conv2d(y, 4, stride=2)
    plan = streamed(b.build(z))
    assert [block.kind for block in plan.blocks] == [BlockKind.STREAM]
    assert sorted(rings(plan).values()) == [3, 3, 3]


def test_a_pointwise_convolution_holds_one_row() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 32, 32, 4))
    y = b.conv2d(b.depthwise(b.conv2d(x, 32, kernel=1), kernel=3), 4, kernel=1)
    plan = streamed(b.build(y))
    assert sorted(rings(plan).values()) == [1, 3]


def test_a_residual_keeps_the_rows_that_the_other_branch_lags_behind() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 32, 32, 2))
    y = b.conv2d(x, 16, kernel=1)
    z = b.conv2d(b.conv2d(y, 16), 16)
    plan = streamed(b.build(b.conv2d(b.add(z, y), 2, kernel=1)))
    assert max(rings(plan).values()) == 5 or max(rings(plan).values()) == 3


def test_every_ring_is_as_small_as_it_can_be() -> None:
    caught = 0
    for seed in range(80):
        plan = streamed(random_graph(seed))
        for ring in [b for b in plan.buffers if b.rows is not None and b.rows > 1]:
            with pytest.raises(PlanError):
                check_plan(with_ring(plan, ring, ring.rows - 1))
            caught += 1
    assert caught > 40


def test_rows_computed_one_tick_early_are_caught() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 16, 16, 4))
    y = b.conv2d(b.conv2d(x, 16), 4)
    plan = streamed(b.build(y))
    (block,) = plan.blocks
    stream = block.stream
    assert stream is not None
    last = block.steps[-1].op
    early = replace(stream.paces[last], offset=stream.paces[last].offset - 1)
    broken = replace(stream, paces={**stream.paces, last: early})
    with pytest.raises(PlanError, match="overwritten or was not set"):
        check_plan(replace(plan, blocks=(replace(block, stream=broken),)))


def test_a_budget_is_kept_and_more_of_it_never_costs_instructions() -> None:
    graph = random_graph(7, steps=14, image=32)
    least = streamed(graph).arena_nbytes
    most = make_plan(graph, Isa.BASE, objective=Objective.SPEED).arena_nbytes
    for budget in range(least, most + 4, max((most - least) // 10, 4)):
        plan = make_plan(graph, Isa.BASE, objective=Objective.SPEED, budget=budget)
        assert plan.arena_nbytes <= budget


def test_an_impossible_budget_is_refused_with_the_least_one() -> None:
    graph = random_graph(7)
    least = streamed(graph).arena_nbytes
    with pytest.raises(FitError, match=f"needs an arena of {least:,} bytes at least"):
        make_plan(graph, Isa.BASE, budget=least - 4)


def estimated(plan: Plan) -> int:
    """The instructions of a plan, by its kernels' own estimates."""
    total = 0
    for block in plan.blocks:
        stream = block.stream
        total += CALL_INSTRUCTIONS if stream is None else loop_instructions(stream)
        total += sum(estimate_instructions(step.op, step.kernel) for step in block.steps)
    return total


def mobile() -> Graph:
    """Two inverted residuals at two sizes, a strided one between them, and a head."""
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 48, 48, 3)), 8, stride=2)
    for stride in (1, 2, 1):
        y = b.depthwise(b.conv2d(x, 48, kernel=1), kernel=5, stride=stride)
        y = b.conv2d(y, 8, kernel=1)
        x = b.add(x, y) if stride == 1 else y
    return b.build(b.fully_connected(b.mean(x), 4))


@pytest.mark.parametrize("objective", [Objective.SPEED, Objective.BALANCED])
@pytest.mark.parametrize("graph", [mobile(), random_graph(7, steps=5, image=24)])
def test_in_ten_steps_of_the_budget_estimated_instructions_never_rise(
    graph: Graph, objective: Objective
) -> None:
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM).arena_nbytes
    most = make_plan(graph, Isa.DSP, objective=Objective.SPEED).arena_nbytes
    assert least < most
    fewest = None
    for step in range(11):
        budget = least + (most - least) * step // 10
        plan = make_plan(graph, Isa.DSP, objective=objective, budget=budget)
        assert plan.arena_nbytes <= budget
        assert fewest is None or estimated(plan) <= fewest
        fewest = estimated(plan)


def test_choices_have_fewer_instructions_for_more_bytes_and_are_what_budgets_get() -> None:
    graph = mobile()
    choices = plan_choices(graph, Terms(isa=Isa.DSP))
    assert len(choices) > 2
    for less, more in pairwise(choices):
        assert less.plan.arena_nbytes < more.plan.arena_nbytes
        assert less.instructions > more.instructions
    for choice in choices:
        assert choice.instructions == estimated(choice.plan)
    plain = [choice.plan for choice in choices if choice.plan.recompute_macs == 0]
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM)
    assert plain[0].arena_nbytes == least.arena_nbytes
    budget = choices[0].plan.arena_nbytes
    assert make_plan(graph, Isa.DSP, budget=budget).arena_nbytes == budget


def test_choices_leave_out_no_plan_that_a_budget_gets_for_speed() -> None:
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 24, 24, 3)), 16)
    graph = b.build(b.conv2d(b.conv2d(x, 16), 16, stride=2))
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM).arena_nbytes
    fastest = make_plan(graph, Isa.DSP, objective=Objective.SPEED)
    choices = plan_choices(graph, Terms(isa=Isa.DSP))
    for budget in (least, (least + fastest.arena_nbytes) // 2, fastest.arena_nbytes):
        plan = make_plan(graph, Isa.DSP, objective=Objective.SPEED, budget=budget)
        assert any(
            choice.plan.arena_nbytes <= plan.arena_nbytes and choice.instructions <= estimated(plan)
            for choice in choices
        )
