"""What is computed again, or strip by strip, is right, is counted, and is proved."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.graph_builder import GraphBuilder
from tests.builders.graphs import random_graph
from tests.schedule.row_simulator import simulate
from tests.schedule.test_row_simulator import assert_exact, random_inputs
from tinyengine.board.types import Isa
from tinyengine.ir import Graph, Op, Padding, Window
from tinyengine.kernels.choose.selection import select_kernels
from tinyengine.passes import run_passes
from tinyengine.reference import run as run_reference
from tinyengine.schedule import BlockKind, Objective, Plan, PlanError, check_plan, make_plan
from tinyengine.schedule.arrange import lay_out_cut
from tinyengine.schedule.blocks.detour import Detour
from tinyengine.schedule.blocks.line import Costs, Line
from tinyengine.schedule.blocks.patch import can_be_cut, patches
from tinyengine.schedule.blocks.paths import Paths
from tinyengine.schedule.blocks.repeat import repetitions
from tinyengine.schedule.ops import Columns
from tinyengine.schedule.prove.check_detours import check_detours
from tinyengine.schedule.storage import executed


def line_of(graph: Graph, isa: Isa = Isa.DSP) -> Line:
    return Line(graph, executed(graph), Costs(kernels=select_kernels(graph, isa)))


def plan_with(line: Line, detour: Detour) -> Plan:
    """The plan that takes `detour`, and every other operator as a layer."""
    inside = range(detour.first, detour.last)
    layers = [line.layer(index) for index in range(len(line.order)) if index not in inside]
    paths = Paths([*layers, detour], len(line.order))
    return lay_out_cut(line.graph, paths.cut(paths.least_peak()))


def all_patches(line: Line, count: int) -> Iterator[Detour]:
    for first in range(len(line.order)):
        for last in range(first + 1, min(first + 8, len(line.order)) + 1):
            if can_be_cut(line, first, last) and line.order[last - 1].output.hwc[1] >= count:
                detour = patches(line, first, last, count)
                if detour is not None:
                    yield detour


def residual() -> Graph:
    """An inverted residual of 7x7 windows and a strided one behind it, 19 columns wide."""
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 12, 19, 3)), 8, kernel=3)
    y = b.conv2d(b.depthwise(b.conv2d(x, 24, kernel=1), kernel=7), 8, kernel=1)
    z = b.depthwise(b.add(x, y), kernel=5, stride=2)
    return b.build(b.max_pool(z, kernel=3, stride=1, padding="same"))


def squeezed() -> Graph:
    """A squeeze-and-excite block with a residual, as mobile networks have them."""
    b = GraphBuilder(3)
    x = b.conv2d(b.input((1, 48, 48, 3)), 8, kernel=3, stride=2)
    y = b.depthwise(b.conv2d(x, 48, kernel=1), kernel=5)
    gate = b.lookup(b.conv2d(b.mean(y, keep_dims=True), 48, kernel=1), "LOGISTIC")
    z = b.conv2d(b.mul(y, gate), 8, kernel=1)
    return b.build(b.fully_connected(b.mean(b.add(x, z)), 4))


@pytest.mark.parametrize("isa", [Isa.BASE, Isa.DSP, Isa.MVE])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_strips_through_a_residual_equal_the_reference(count: int, isa: Isa) -> None:
    graph = residual()
    line = line_of(graph, isa)
    found = list(all_patches(line, count))
    assert max(detour.last - detour.first for detour in found) >= 6
    for detour in found:
        plan = plan_with(line, detour)
        check_plan(plan)
        assert_exact(plan, graph, count)
        assert [run.block.kind for run in detour.runs] == [BlockKind.PATCH] * count


def test_columns_where_strips_meet_are_counted() -> None:
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 6, 10, 4)), 8, kernel=1)
    graph = b.build(b.conv2d(x, 2, kernel=3))
    detour = patches(line_of(graph), 0, 2, 2)
    assert detour is not None
    # The left strip ends at output column 4: it needs columns 0 to 5, the right one 4 to 9 of
    # 6 rows of 4·8 products.
    assert sum(run.block.recompute_macs for run in detour.runs) == 6 * 2 * 4 * 8


@settings(max_examples=25)
@given(seed=st.integers(0, 1 << 31), count=st.integers(2, 4), pick=st.integers(0, 1000))
def test_strips_of_random_graphs_equal_the_reference(seed: int, count: int, pick: int) -> None:
    graph = run_passes(random_graph(seed, steps=6, image=14, channels=6))
    line = line_of(graph)
    found = list(all_patches(line, count))
    if found:
        plan = plan_with(line, found[pick % len(found)])
        check_plan(plan)
        assert_exact(plan, graph, seed, all_is_read=False)


@settings(max_examples=25)
@given(seed=st.integers(0, 1 << 31), pick=st.integers(0, 1000))
def test_repeated_chains_of_random_graphs_equal_the_reference(seed: int, pick: int) -> None:
    graph = run_passes(random_graph(seed, steps=8, image=14, channels=6))
    line = line_of(graph)
    found = list(repetitions(line, 8))
    if found:
        plan = plan_with(line, found[pick % len(found)])
        check_plan(plan)
        assert_exact(plan, graph, seed)


def test_squeeze_and_excite_is_computed_twice_when_the_budget_asks_for_it_and_only_then() -> None:
    graph = squeezed()
    held = make_plan(graph, Isa.DSP, objective=Objective.SPEED)
    assert held.recompute_macs == 0
    # The block's inside is 24·24·48 bytes; its input, output and a few rows of the inside are less.
    assert held.arena_nbytes >= 24 * 24 * 48
    tight = make_plan(graph, Isa.DSP, objective=Objective.SPEED, budget=24 * 24 * 48 * 3 // 5)
    # Expansion 8 to 48 channels and 5x5 windows, once more.
    assert tight.recompute_macs == 24 * 24 * (8 * 48 + 25 * 48)
    assert_exact(tight, graph)


def test_least_memory_is_worth_computing_twice_where_that_saves_a_third() -> None:
    graph = squeezed()
    held = make_plan(graph, Isa.DSP, objective=Objective.SPEED)
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM)
    assert least.recompute_macs > 0 and least.arena_nbytes <= held.arena_nbytes * 2 // 3


def faulty(op: Op) -> Iterator[Op]:
    """The operator with a halo that is shifted, or a border where there is none."""
    if isinstance(op, Columns):
        yield replace(op, first=op.first + 1)
        yield replace(op, first=op.first - 1)
    if isinstance(op, Window):
        pads = op.padding
        for left, right in ((1, -1), (-1, 1), (1, 0), (-1, 0)):
            wrong = replace(pads, left=pads.left + left, right=pads.right + right)
            if min(wrong.left, wrong.right) >= 0:
                yield replace(op, padding=wrong)
        yield replace(op, padding=Padding(**{**_sides(pads), "top": pads.top + 1}))


def _sides(pads: Padding) -> dict[str, int]:
    return {side: getattr(pads, side) for side in ("top", "bottom", "left", "right")}


def test_every_fault_in_a_halo_is_refused() -> None:
    detour = patches(line_of(residual()), 1, 6, 3)
    assert detour is not None
    ops = tuple(op for new in detour.rewrite.values() for op in new)
    graph = Graph(name="net", inputs=(), outputs=(), ops=ops)
    check_detours(graph, detour.origins)
    caught = 0
    for op in ops:
        for wrong in faulty(op):
            changed = graph.with_ops(tuple(wrong if each is op else each for each in ops))
            origins = dict(detour.origins)
            if op in origins:
                origins[wrong] = origins[op]
            with pytest.raises(PlanError):
                check_detours(changed, origins)
            caught += 1
    assert caught > 20


def test_a_halo_that_lacks_a_column_gives_another_result() -> None:
    """The reason why a fault in a halo must be refused: memory alone does not tell."""
    graph = residual()
    line = line_of(graph)
    detour = patches(line, 1, 6, 3)
    assert detour is not None
    plan = plan_with(line, detour)
    views = [op for op in plan.graph.ops if isinstance(op, Columns) and op.first > 0]
    wrong = replace(views[0], first=views[0].first - 1)
    ops = tuple(wrong if op is views[0] else op for op in plan.graph.ops)
    broken = replace(plan, graph=plan.graph.with_ops(ops))
    inputs = random_inputs(graph, 0)
    (right,) = run_reference(graph, inputs)
    assert (simulate(plan, inputs).outputs[0] == right).all()
    assert (simulate(broken, inputs).outputs[0] != right).any()
    with pytest.raises(PlanError):
        check_plan(broken)
