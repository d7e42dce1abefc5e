"""Layer by layer, every real model's arena keeps below the bar that was set for it."""

import pytest

from tests.models.real import ARENA_BARS, QUICK_TO_PLAN, slow_but
from tests.support import FindModel
from tinyengine.board import load_board
from tinyengine.compiler import Options, compile_model

pytestmark = pytest.mark.models

MOST_SCRATCH = 8 << 10


@pytest.mark.parametrize("name", slow_but(QUICK_TO_PLAN, tuple(ARENA_BARS)))
@pytest.mark.parametrize("board", ["mps2-an385", "mps2-an500"])
def test_the_arena_is_within_its_bar(name: str, board: str, shared_model: FindModel) -> None:
    options = Options(board=load_board(board), layers_only=True)
    plan = compile_model(shared_model(name), options).plan
    assert all(len(block.steps) == 1 for block in plan.blocks)
    assert plan.scratch_nbytes < MOST_SCRATCH
    assert plan.arena_nbytes - plan.scratch_nbytes <= ARENA_BARS[name]
