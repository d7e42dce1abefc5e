"""Operators of several outputs: each has its place, and none gets in the way of what is read."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder
from tests.builders.odd_operators import HALVES, Halves, Running, halves, known, running
from tests.schedule.row_simulator import simulate
from tests.schedule.test_row_simulator import assert_exact, random_inputs
from tinyengine.board.types import Isa
from tinyengine.ir import Graph, format_graph
from tinyengine.ir.verify import find_faults
from tinyengine.kernels.spec import Progress
from tinyengine.passes import run_passes
from tinyengine.reference import run as run_reference
from tinyengine.reference.execute import first_states
from tinyengine.schedule import Objective, Plan, PlanError, check_plan, make_plan
from tinyengine.schedule.place.overlap import safe_distance


@pytest.fixture(autouse=True)
def _odd_operators(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with known(monkeypatch):
        yield


def split() -> Graph:
    """Both halves of eight channels go their own ways and meet again."""
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 10, 12, 3)), 8)
    first, second = halves(b, x)
    return b.build(b.add(b.conv2d(first, 4), b.depthwise(second)), second)


def counting() -> Graph:
    b = GraphBuilder(0)
    x = b.conv2d(b.input((1, 5, 4, 3)), 6)
    total = b.state((1, 5, 4, 6), quant=x.quant)
    return b.build(b.lookup(running(b, x, total)))


def test_all_outputs_have_their_producer_and_a_number_in_the_text() -> None:
    graph = split()
    (op,) = [op for op in graph.ops if isinstance(op, Halves)]
    assert op.outputs == (op.output, op.second)
    assert [graph.producers[tensor] for tensor in op.outputs] == [op, op]
    assert find_faults(graph) == ()
    (line,) = [text for text in format_graph(graph).splitlines() if "Halves" in text]
    assert line.startswith("%2: int8[1,10,12,4]") and ", %3: int8[1,10,12,4]" in line
    assert "Halves(input=%1)" in line


@pytest.mark.parametrize("objective", list(Objective))
def test_plans_with_two_outputs_equal_the_reference(objective: Objective) -> None:
    graph = run_passes(split())
    for isa in (Isa.BASE, Isa.DSP):
        plan = make_plan(graph, isa, objective=objective)
        check_plan(plan)
        assert_exact(plan, graph)


def test_an_operator_that_nobody_reads_the_first_output_of_stays() -> None:
    b = GraphBuilder(0)
    _, second = halves(b, b.input((1, 3, 3, 4)))
    assert [type(op) for op in run_passes(b.build(second)).ops] == [Halves]


def layers() -> Plan:
    return make_plan(split(), Isa.BASE, layers_only=True)


def test_outputs_at_one_address_are_refused() -> None:
    plan = layers()
    (op,) = [step.op for step in plan.steps if isinstance(step.op, Halves)]
    first, second = (plan.buffer_of[tensor] for tensor in op.outputs)
    with pytest.raises(PlanError, match="overwritten"):
        check_plan(replace(plan, offsets={**plan.offsets, second: plan.offsets[first]}))


@pytest.mark.parametrize("nth", [0, 1])
def test_each_output_one_word_too_near_to_the_operand_is_refused(nth: int) -> None:
    b = GraphBuilder(0)
    x = b.input((1, 10, 12, 8))
    plan = make_plan(b.build(*halves(b, x)), Isa.BASE, layers_only=True)
    (op,) = [step.op for step in plan.steps]
    near, far = (plan.buffer_of[op.outputs[index]] for index in (nth, 1 - nth))
    distance = safe_distance(op, HALVES, x, op.outputs[nth])
    # The first row of 12·4 bytes is written while the first of 12·8 bytes is read.
    assert distance == 12 * 4
    offsets = {plan.buffer_of[x]: 4096, near: 4096 - distance, far: 0}
    safe = replace(plan, offsets=offsets, arena_nbytes=8192)
    check_plan(safe)
    with pytest.raises(PlanError, match="overwritten"):
        check_plan(replace(safe, offsets={**offsets, near: 4096 - distance + 4}))


def test_an_output_with_rows_of_its_own_is_kept_off_the_operand() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 10, 12, 8))
    halves(b, x)
    (op,) = b.ops
    assert isinstance(op, Halves)
    other = replace(op, second=replace(op.second, shape=(1, 5, 24, 4)))
    assert safe_distance(other, HALVES, x, other.second) == 10 * 12 * 4
    assert HALVES.progress is Progress.ROW


def test_a_state_is_changed_in_place_step_by_step() -> None:
    graph = counting()
    plan = make_plan(run_passes(graph), Isa.BASE, objective=Objective.SRAM)
    check_plan(plan)
    mine, right = first_states(plan.graph), first_states(graph)
    for step in range(5):
        inputs = random_inputs(graph, step)
        done = simulate(plan, inputs, step, mine)
        np.testing.assert_array_equal(done.outputs[0], run_reference(graph, inputs, right)[0])
    (held,) = right
    np.testing.assert_array_equal(mine[held], right[held])


def test_what_stands_over_a_state_that_is_changed_in_place_is_refused() -> None:
    plan = make_plan(counting(), Isa.BASE, layers_only=True)
    (op,) = [step.op for step in plan.steps if isinstance(step.op, Running)]
    state, output = plan.buffer_of[op.total], plan.buffer_of[op.output]
    check_plan(plan)
    offsets = {**plan.offsets, output: plan.offsets[state]}
    with pytest.raises(PlanError, match="stands where the state"):
        check_plan(replace(plan, offsets=offsets))


def test_changing_what_is_no_state_is_a_fault() -> None:
    graph = replace(counting(), states=())
    assert "changes 'state0', which is no state" in "\n".join(find_faults(graph))
