"""A detector's last operator in a plan: its scratch, its four outputs, and the proof of them."""

from dataclasses import replace

import pytest

from tests.builders.detectors import ssd_network
from tests.schedule.test_row_simulator import assert_exact
from tinyengine.board.types import Isa
from tinyengine.importers import NetworkChoice
from tinyengine.importers.tflite import parse
from tinyengine.ir import DetectionPostProcess
from tinyengine.passes import run_passes
from tinyengine.schedule import Objective, Plan, PlanError, check_plan, make_plan

GRAPH = parse(ssd_network(), "ssd.tflite", NetworkChoice(detection=True))


def planned(objective: Objective = Objective.SRAM) -> Plan:
    return make_plan(run_passes(GRAPH), Isa.BASE, objective=objective)


def last_of(plan: Plan) -> DetectionPostProcess:
    op = plan.steps[-1].op
    assert isinstance(op, DetectionPostProcess)
    return op


def test_a_plan_gives_what_the_reference_gives() -> None:
    plan = planned()
    check_plan(plan)
    assert_exact(plan, GRAPH)


def test_its_scratch_is_in_the_plan() -> None:
    plan = planned()
    # 160 boxes, 256 ranks and one class, two bytes each.
    assert plan.scratch[last_of(plan)].nbytes == 2 * (160 + 256 + 1)


@pytest.mark.parametrize("name", ["input", "predictions"])
@pytest.mark.parametrize("output", ["output", "classes", "scores", "count"])
def test_an_output_over_what_is_read_is_refused(output: str, name: str) -> None:
    plan = planned()
    op = last_of(plan)
    mine, read = (plan.buffer_of[getattr(op, each)] for each in (output, name))
    with pytest.raises(PlanError, match="overwritten"):
        check_plan(replace(plan, offsets={**plan.offsets, mine: plan.offsets[read]}))


def test_an_output_over_the_scratch_is_refused() -> None:
    plan = planned()
    op = last_of(plan)
    offsets = {**plan.offsets, plan.buffer_of[op.classes]: plan.offsets[plan.scratch[op]]}
    with pytest.raises(PlanError):
        check_plan(replace(plan, offsets=offsets))
