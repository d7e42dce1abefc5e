"""Kernels that compute rows two at a time: how far they overlap, and where they are chosen."""

from dataclasses import replace

import pytest

from tests.builders.graph_builder import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import Graph, Op
from tinyengine.kernels.choose.selection import (
    FAST_SLACK,
    constants_nbytes,
    select_kernels,
)
from tinyengine.kernels.choose.widening import WIDEST
from tinyengine.kernels.dsp.winograd import KERNELS
from tinyengine.kernels.registry import candidates
from tinyengine.kernels.spec import Kernel, Progress
from tinyengine.schedule import Objective, Plan, PlanError, check_plan, make_plan
from tinyengine.schedule.arrange import lay_out
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import Block, Step

WINOGRAD = KERNELS[0]


def in_pairs(kernel: Kernel) -> Kernel:
    return replace(kernel, progress=Progress.PAIRS)


def convolution(height: int, width: int = 6, padding: str = "same") -> Graph:
    """Give one convolution 3x3 of 16 channels."""
    b = GraphBuilder(0)
    x = b.input((1, height, width, 16))
    return b.build(b.conv2d(x, 16, padding="same" if padding == "same" else "valid"))


def plan_of(graph: Graph) -> Plan:
    (op,) = graph.ops
    return lay_out(graph, [Block(steps=(Step(op=op, kernel=WINOGRAD),))])


@pytest.mark.parametrize(
    ("height", "padding", "rows"),
    [
        # Rows 2k and 2k + 1 end with byte (2k + 2) rows, and read from row 2k - 1 on.
        (8, "same", 3),
        # Of 7 rows the last is alone: rows 4 and 5 are written when row 3 is still needed.
        (7, "same", 3),
        # Rows 0 and 1 read from row 0 on: 2 rows are written. There are no more.
        (2, "same", 2),
        (1, "same", 1),
        # Without padding row 2k reads from row 2k on: rows of 4 pixels over rows of 6.
        (4, "valid", 2 * 4 / 6),
    ],
)
def test_the_second_row_is_written_while_what_the_first_reads_is_needed(
    height: int, padding: str, rows: float
) -> None:
    (op,) = convolution(height, padding=padding).ops
    assert safe_distance(op, WINOGRAD, op.activations[0]) == round(rows * 6 * 16)


def test_a_plan_with_the_output_closer_is_refused() -> None:
    plan = plan_of(convolution(8))
    check_plan(plan)
    (op,) = plan.graph.ops
    output, operand = plan.buffer_of[op.output], plan.buffer_of[op.activations[0]]
    assert plan.offsets[operand] - plan.offsets[output] == 3 * 6 * 16
    with pytest.raises(PlanError, match="overwritten or was not set"):
        check_plan(replace(plan, offsets={**plan.offsets, operand: plan.offsets[operand] - 4}))


def network() -> Graph:
    """Give two convolutions 3x3 of many pixels, and others that have the most weights."""
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 24, 24, 3)), 16, activation="relu")
    x = b.conv2d(b.conv2d(x, 16, activation="relu"), 16, activation="relu")
    x = b.conv2d(b.conv2d(x, 64, stride=2, activation="relu"), 128, kernel=1, activation="relu")
    return b.build(b.conv2d(x, 64, kernel=1))


def of_pairs(plan: Plan) -> list[Op]:
    return [step.op for step in plan.steps if step.kernel.progress is Progress.PAIRS]


def test_speed_computes_two_rows_at_a_time_and_least_memory_one() -> None:
    graph = network()
    assert of_pairs(make_plan(graph, Isa.DSP, objective=Objective.SPEED)) == list(graph.ops[1:3])
    assert not of_pairs(make_plan(graph, Isa.DSP, objective=Objective.SRAM))
    assert not of_pairs(make_plan(graph, Isa.BASE, objective=Objective.SPEED))


def test_where_two_rows_have_no_room_there_is_one() -> None:
    graph = network()
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM).extent
    plan = make_plan(graph, Isa.DSP, objective=Objective.SPEED, budget=least)
    assert plan.extent <= least


def test_rows_that_come_one_by_one_are_computed_by_another_kernel_of_the_same_layouts() -> None:
    kernels = select_kernels(network(), Isa.DSP, pairs=True)
    found = [op for op, kernel in kernels.whole.items() if kernel.progress is Progress.PAIRS]
    assert found
    for op in found:
        whole, streamed = kernels.whole[op], kernels.streamed(op)
        assert streamed.progress is not Progress.PAIRS
        assert (streamed.reads, streamed.writes) == (whole.reads, whole.writes)


@pytest.mark.parametrize("others", [1, 3])
def test_constants_take_a_little_more_than_twice_what_they_must_at_most(others: int) -> None:
    b = GraphBuilder(0)
    x = b.input((1, 8, 8, 32))
    for _ in range(others):
        x = b.conv2d(b.conv2d(x, 32), 32, kernel=1)
    graph = b.build(x)
    kernels = select_kernels(graph, Isa.DSP, slack=FAST_SLACK, pairs=True).whole
    held = sum(constants_nbytes(op, kernel) for op, kernel in kernels.items())
    fewest = sum(
        min(constants_nbytes(op, each) for each in candidates(op, Isa.DSP)) for op in graph.ops
    )
    assert held <= WIDEST * fewest
