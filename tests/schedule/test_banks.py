"""An arena over several banks: no buffer stands across a wall, and results stay the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.graphs import random_graph
from tests.schedule.test_row_simulator import assert_exact
from tinyengine.board.types import Isa
from tinyengine.errors import ArenaError
from tinyengine.passes import run_passes
from tinyengine.schedule import PlanError, Room, check_plan, make_plan


@settings(max_examples=30)
@given(seed=st.integers(0, 1 << 31), share=st.floats(0.5, 0.9), layers=st.booleans())
def test_plans_over_two_banks_equal_the_reference(seed: int, share: float, layers: bool) -> None:
    graph = run_passes(random_graph(seed, steps=6, image=14, channels=6))
    whole = make_plan(graph, Isa.DSP, layers_only=layers)
    wall = round(whole.arena_nbytes * share) // 16 * 16
    room = Room(nbytes=2 * whole.arena_nbytes, walls=(wall,))
    try:
        plan = make_plan(graph, Isa.DSP, layers_only=layers, budget=room)
    except ArenaError:  # a buffer is larger than the first bank and what is left beside it
        return
    assert plan.walls == (wall,) and plan.bank_nbytes[0] <= wall
    assert sum(plan.bank_nbytes) == plan.arena_nbytes <= plan.extent
    for buffer, offset in plan.offsets.items():
        assert not offset < wall < offset + buffer.nbytes
    check_plan(plan)
    assert_exact(plan, graph, seed)


def test_a_buffer_across_a_wall_is_refused() -> None:
    graph = run_passes(random_graph(7, steps=6))
    plan = make_plan(graph, Isa.DSP, layers_only=True)
    buffer, offset = max(plan.offsets.items(), key=lambda item: item[0].nbytes)
    wall = offset + buffer.nbytes // 2
    check_plan(plan)
    with pytest.raises(PlanError, match="not aligned inside the arena's bank"):
        check_plan(replace(plan, walls=(wall,)))
