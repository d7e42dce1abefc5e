"""What the compiler expects of kernels, from the measured table, is what models then execute."""

from pathlib import Path

import pytest

from tests.models.figures import DIGITS, find
from tests.models.real import MODELS, SMALL
from tests.support import FindModel, require_tool
from tinyengine.board import Isa, load_board
from tinyengine.compiler import Options, compile_model
from tinyengine.kernels.choose.selection import estimate_cost, estimate_instructions
from tinyengine.product.make import make_product
from tinyengine.product.profile import measure_profile
from tinyengine.progress import silent

MOST_ERROR = {"mps2-an385": 0.1, "mps2-an386": 0.05, "mps2-an500": 0.1, "mps3-an547": 0.07}
BOARDS = tuple(MOST_ERROR)
IN_CYCLES = "mps2-an500"
"""The core whose cycles decide between kernels: it has loops of its own. The cycles of portable
kernels in the table are those of another core."""


def check(model: str, board: str, folder: Path) -> None:
    require_tool("arm-none-eabi-gcc")
    options = Options(board=load_board(board), layers_only=True)
    compiled = compile_model(find(model), options)
    product, steps = make_product(compiled, folder), compiled.plan.steps
    measured: float | None
    if board == IN_CYCLES:
        rows = zip(steps, measure_profile(product, silent).operators, strict=True)
        own = [(step, row) for step, row in rows if step.kernel.isa is not Isa.BASE]
        expected = sum(estimate_cost(step.op, step.kernel) for step, _ in own)
        measured = sum(row.cycles or 0 for _, row in own)
    else:
        expected = sum(estimate_instructions(step.op, step.kernel) for step in steps)
        measured = product.report.measured.instructions
    assert expected == pytest.approx(measured, rel=MOST_ERROR[board])


@pytest.mark.parametrize("board", BOARDS)
def test_the_digits_network_is_estimated(board: str, tmp_path: Path) -> None:
    check(DIGITS, board, tmp_path)


@pytest.mark.models
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("model", SMALL)
def test_a_small_model_is_estimated(
    model: str, board: str, shared_model: FindModel, tmp_path: Path
) -> None:
    shared_model(model)
    check(model, board, tmp_path)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("model", [name for name in MODELS if name not in SMALL])
def test_a_model_is_estimated(
    model: str, board: str, shared_model: FindModel, tmp_path: Path
) -> None:
    shared_model(model)
    check(model, board, tmp_path)
