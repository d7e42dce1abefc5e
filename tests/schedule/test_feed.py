"""A streamed input is fed row by row and not held, and is refused where there are no rows."""

import pytest

from tests.builders.graphs import GraphBuilder
from tests.schedule.row_simulator import simulate
from tests.schedule.test_row_simulator import assert_exact, random_inputs
from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Graph
from tinyengine.schedule import Objective, Plan, Terms, check_plan, make_plan, plan_choices
from tinyengine.schedule.feed import feed_input
from tinyengine.schedule.ops import Feed


def chain(rows: int = 40) -> Graph:
    """An image of `rows` rows of 16·3 bytes and two 3x3 convolutions of stride 2."""
    b = GraphBuilder(0)
    x = b.input((1, rows, 16, 3), name="camera")
    return b.build(b.conv2d(b.conv2d(x, 8, stride=2), 4, stride=2))


def fed(graph: Graph, objective: Objective = Objective.SRAM) -> Plan:
    return make_plan(graph, Isa.DSP, objective=objective, stream_input=True)


def test_the_feed_is_an_operator_that_makes_the_input() -> None:
    graph = chain()
    changed, edge = feed_input(graph)
    assert edge is graph.inputs[0]
    assert changed.inputs == () and changed.outputs == graph.outputs
    feed = changed.ops[0]
    assert isinstance(feed, Feed) and feed.output is edge.tensor
    assert changed.ops[1:] == graph.ops


def test_every_row_is_asked_for_once_and_in_order() -> None:
    graph = chain()
    for objective in Objective:
        plan = fed(graph, objective)
        check_plan(plan)
        assert simulate(plan, random_inputs(graph, 1)).fed == tuple(range(40))
        assert_exact(plan, graph)


def test_only_the_rows_of_the_window_are_held() -> None:
    graph = chain()
    plan = make_plan(graph, Isa.BASE, objective=Objective.SRAM, stream_input=True)
    assert plan.fed is graph.inputs[0]
    assert plan.buffer_of[graph.inputs[0].tensor].rows == 3
    # Three rows of the input, three of 8·8 bytes between the convolutions, the output, and the
    # scratch of the second convolution: 2 · 4 bytes for each of 9 · 8 taps, and 8 of padding.
    assert plan.arena_nbytes == 3 * 16 * 3 + 3 * 8 * 8 + 10 * 4 * 4 + 8 * 9 * 8 + 8
    whole = make_plan(graph, Isa.BASE, objective=Objective.SRAM)
    assert whole.fed is None and whole.arena_nbytes >= 40 * 16 * 3


def test_the_arena_does_not_grow_with_the_rows_of_the_input() -> None:
    """Only the output does: one row of 4·4 bytes for every four rows of the input."""
    short, long = fed(chain(40)).arena_nbytes, fed(chain(400)).arena_nbytes
    assert long - short == (400 - 40) // 4 * 16


def test_choices_are_fed_too_and_the_first_is_the_smallest_plan() -> None:
    graph = chain()
    choices = plan_choices(graph, Terms(isa=Isa.DSP, stream_input=True))
    assert all(choice.plan.fed is graph.inputs[0] for choice in choices)
    assert choices[0].plan.arena_nbytes == fed(graph).arena_nbytes


def test_an_input_that_is_read_again_at_the_end_is_held_as_a_whole_and_is_exact() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 12, 8, 4))
    squeezed = b.lookup(b.conv2d(b.mean(x, keep_dims=True), 4, kernel=1))
    graph = b.build(b.mul(x, squeezed))
    plan = fed(graph)
    assert plan.buffer_of[x].rows is None
    assert_exact(plan, graph)


def test_a_model_with_two_inputs_is_refused() -> None:
    b = GraphBuilder(0)
    x, y = b.input((1, 8, 8, 2)), b.input((1, 8, 8, 2))
    with pytest.raises(ModelError) as refusal:
        fed(b.build(b.add(x, y)))
    assert str(refusal.value) == (
        "error: net: a streamed input needs a model with one input, this one has 2\n"
        "  hint: compile without --stream-input"
    )


def test_an_input_of_a_single_row_is_asked_for_once() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 64), name="features")
    graph = b.build(b.fully_connected(x, 4))
    plan = fed(graph)
    assert_exact(plan, graph)
    (output,) = graph.output_tensors
    held = sum(plan.buffer_of[tensor].nbytes for tensor in (x, output))
    assert held == 64 + 4
