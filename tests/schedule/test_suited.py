"""Cores that issue one instruction at a time take kernels of their own where those are faster."""

import pytest

from tests.builders.graph_builder import GraphBuilder
from tinyengine.board import load_board
from tinyengine.board.types import Isa
from tinyengine.compiler import Options, plan_for_board
from tinyengine.ir import Graph
from tinyengine.schedule import Objective, Plan, check_plan, make_plan, suit_core

HELD = "te_conv2d_s8_dsp_held"


def network(channels: int) -> Graph:
    """Give a 1x1 convolution and a depthwise one, as MobileNets begin."""
    builder = GraphBuilder()
    x = builder.conv2d(builder.input((1, 24, 24, channels)), 48, kernel=1, activation="relu")
    return builder.build(builder.depthwise(x, kernel=3, padding="same", activation="relu"))


def functions(plan: Plan) -> list[str]:
    return [step.kernel.function for step in plan.steps]


@pytest.mark.parametrize("layers_only", [True, False])
def test_eight_channels_are_held_on_a_core_of_single_issue(layers_only: bool) -> None:
    chosen = make_plan(network(8), Isa.DSP, objective=Objective.SPEED, layers_only=layers_only)
    suited = suit_core(chosen, 1)
    check_plan(suited)
    assert HELD not in functions(chosen) and HELD in functions(suited)
    assert suited.extent <= chosen.extent
    assert functions(suited)[1:] == functions(chosen)[1:]


@pytest.mark.parametrize(("channels", "wide"), [(76, []), (16, ["te_conv2d_s8_dsp_w16"])])
def test_many_channels_keep_weights_of_int8_on_a_core_of_single_issue(
    channels: int, wide: list[str]
) -> None:
    builder = GraphBuilder()
    x = builder.conv2d(builder.input((1, 44, 44, channels)), 16, kernel=1)
    chosen = make_plan(builder.build(x), Isa.DSP, objective=Objective.SPEED)
    suited = suit_core(chosen, 1)
    check_plan(suited)
    assert functions(chosen) == ["te_conv2d_s8_dsp_w16"]
    assert functions(suited) == (wide or ["te_conv2d_s8_dsp"])


def test_a_core_of_dual_issue_keeps_what_was_chosen() -> None:
    chosen = make_plan(network(8), Isa.DSP, objective=Objective.SPEED)
    assert suit_core(chosen, 2) is chosen


def test_more_channels_stay_as_they_are() -> None:
    chosen = make_plan(network(16), Isa.DSP, objective=Objective.SPEED)
    assert suit_core(chosen, 1) is chosen


@pytest.mark.parametrize(("board", "has_thumb2"), [("microbit", False), ("mps2-an385", True)])
def test_loops_in_thumb_2_are_for_cores_that_have_it(board: str, has_thumb2: bool) -> None:
    b = GraphBuilder(0)
    graph = b.build(b.depthwise(b.input((1, 12, 5, 16)), activation="relu"))
    (step,) = plan_for_board(graph, Options(board=load_board(board))).steps
    assert step.kernel.thumb2 is has_thumb2
