"""`balanced` takes the fewest bytes of the plans that are fast among those that are small."""

from collections.abc import Iterator

import pytest

from tests.builders.graphs import random_graph
from tests.schedule.test_pairs import network, of_pairs
from tests.support import FindModel
from tinyengine.board.types import Isa
from tinyengine.importers import load
from tinyengine.ir import Graph
from tinyengine.kernels.choose.selection import (
    FAST_SLACK,
    SLACK,
    estimate_cost,
    estimate_instructions,
    select_kernels,
)
from tinyengine.passes import run_passes
from tinyengine.schedule import Objective, Plan, make_plan
from tinyengine.schedule.arrange import lay_out_cut, savings
from tinyengine.schedule.blocks.line import CALL_INSTRUCTIONS, loop_instructions
from tinyengine.schedule.blocks.search import BlockSearch
from tinyengine.schedule.place.order import best_order

ROUNDING = 1.005
"""Cycles are added up by other means than the planner's: what is around kernels differs a bit."""


def all_plans(graph: Graph, isa: Isa, *, twice: bool) -> Iterator[Plan]:
    """Every plan of the kernels that any objective considers; `twice` with those of detours."""
    for slack, pairs in ((SLACK, False), (1.0, False), (FAST_SLACK, True)):
        kernels = select_kernels(graph, isa, slack=slack, pairs=pairs)
        search = BlockSearch(graph, best_order(graph, savings(graph, kernels)), kernels)
        for cut in (*search.cuts(), *(search.cuts_with_detours() if twice else ())):
            yield lay_out_cut(graph, cut)


def cycles_of(plan: Plan) -> float:
    """Those of the kernels, and for the loops around them as many for each instruction."""
    kernels = sum(estimate_cost(step.op, step.kernel) for step in plan.steps)
    instructions = sum(estimate_instructions(step.op, step.kernel) for step in plan.steps)
    loops = sum(
        CALL_INSTRUCTIONS if block.stream is None else loop_instructions(block.stream)
        for block in plan.blocks
    )
    return kernels * (1 + loops / instructions)


def check(graph: Graph, isa: Isa) -> Plan:
    plan = make_plan(graph, isa)
    least = make_plan(graph, isa, objective=Objective.SRAM)
    every = all_plans(graph, isa, twice=bool(least.origins))
    small = [each for each in every if each.extent <= 1.25 * least.extent]
    best = min(cycles_of(each) for each in small)
    assert plan.extent <= 1.25 * least.extent
    assert cycles_of(plan) <= 1.15 * best * ROUNDING
    # Smaller constants are worth a sixteenth of the bytes.
    fast = [each.extent for each in small if cycles_of(each) * ROUNDING <= 1.15 * best]
    assert plan.extent <= min(fast) * 16 / 15
    return plan


SLOW = [pytest.param(isa, marks=pytest.mark.slow) for isa in (Isa.BASE, Isa.MVE)]


@pytest.mark.models
@pytest.mark.parametrize("isa", [Isa.DSP, *SLOW])
@pytest.mark.parametrize("model", ["mlperf_kws_dscnn", "mlperf_ic_resnet8"])
def test_a_model_is_within_its_bounds(model: str, isa: Isa, shared_model: FindModel) -> None:
    check(run_passes(load(shared_model(model))), isa)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("isa", [Isa.BASE, Isa.DSP, Isa.MVE])
@pytest.mark.parametrize("model", ["mcunet_vww0", "mlperf_sww"])
def test_another_model_is_within_its_bounds(model: str, isa: Isa, shared_model: FindModel) -> None:
    check(run_passes(load(shared_model(model))), isa)


@pytest.mark.parametrize("seed", [54])
def test_a_random_graph_is_within_its_bounds(seed: int) -> None:
    check(random_graph(seed, steps=8, image=24), Isa.MVE)


@pytest.mark.slow
@pytest.mark.parametrize("isa", [Isa.BASE, Isa.DSP, Isa.MVE])
def test_another_random_graph_is_within_its_bounds(isa: Isa) -> None:
    for seed in range(56, 64):
        check(random_graph(seed, steps=8, image=24), isa)


def test_pairs_of_rows_come_in_where_they_save_more_than_the_bound_and_fit_it() -> None:
    assert of_pairs(check(network(), Isa.DSP))


def test_pairs_of_rows_do_not_come_in_where_they_do_not_fit() -> None:
    graph = network()
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM).extent
    assert not of_pairs(make_plan(graph, Isa.DSP, budget=least))


def test_where_constants_of_pairs_do_not_fit_the_flash_others_are_taken() -> None:
    graph = network()
    plan = make_plan(graph, Isa.DSP, objective=Objective.SRAM)
    held = sum(step.kernel.params(step.op).arrays_nbytes for step in plan.steps)
    assert not of_pairs(make_plan(graph, Isa.DSP, flash=held))
