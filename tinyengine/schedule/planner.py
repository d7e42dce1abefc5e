"""Make a plan: order, kernels, blocks, lifetimes, distances, offsets; then have it checked."""

from dataclasses import dataclass, replace

from tinyengine.board.types import Isa
from tinyengine.errors import ArenaError
from tinyengine.ir import Graph
from tinyengine.kernels.choose.selection import estimate_instructions
from tinyengine.schedule.blocks.line import CALL_INSTRUCTIONS, loop_instructions
from tinyengine.schedule.blocks.search import Watcher
from tinyengine.schedule.objectives import Objective, best_plan
from tinyengine.schedule.offers import Offers, Terms
from tinyengine.schedule.plan import Plan, describe_peak
from tinyengine.schedule.prove.checker import check_plan

UNLIMITED = 1 << 62
"""Bytes that are more than any arena has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Memory for an arena: bytes, and the offsets at which further banks of them begin.

    No buffer stands across such a wall.
    """

    nbytes: int
    walls: tuple[int, ...] = ()


def make_plan(
    graph: Graph,
    isa: Isa,
    *,
    objective: Objective = Objective.BALANCED,
    layers_only: bool = False,
    budget: int | Room | None = None,
    flash: int | None = None,
    stream_input: bool = False,
    watch: Watcher | None = None,
) -> Plan:
    """Plan `graph` as `find_plan` does, within `budget` bytes of arena, and check the plan."""
    room = budget if isinstance(budget, Room) else Room(nbytes=budget or UNLIMITED)
    terms = Terms(
        isa=isa,
        flash=flash,
        layers_only=layers_only,
        stream_input=stream_input,
        walls=room.walls,
        watch=watch,
    )
    plan = find_plan(graph, terms, objective, room.nbytes)
    check_plan(plan)
    return plan


def find_plan(
    graph: Graph,
    terms: Terms,
    objective: Objective = Objective.BALANCED,
    nbytes: int = UNLIMITED,
) -> Plan:
    """Plan `graph` on `terms` within `nbytes` bytes of arena: `check_plan` comes next.

    The plan is the best for `objective` within the budget.

    Raises:
        ModelError: no kernel accepts an operator, or the input cannot be streamed.
        ArenaError: no plan keeps the budget; names the least that one needs.
    """
    plan = best_plan(Offers(graph, terms), objective, nbytes)
    if plan.extent > nbytes:
        raise ArenaError(
            graph.name,
            f"needs an arena of {plan.extent:,} bytes at least, {nbytes:,} are there",
            details=describe_peak(plan),
            least_nbytes=plan.extent,
        )
    return plan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """One plan of the trade-off between bytes and instructions (estimated)."""

    plan: Plan
    instructions: int


def plan_choices(graph: Graph, terms: Terms) -> tuple[Choice, ...]:
    """Give the plans of `graph` that trade bytes for instructions, from the fewest bytes on.

    Each has fewer instructions and more bytes than the one before: with slim kernels or with those
    of Objective.SPEED. All are checked.

    Raises ModelError: no kernel accepts an operator, or the input cannot be streamed.
    """
    offers = Offers(graph, terms)
    slim = offers.slim()
    fast = dict.fromkeys((slim, offers.fast(pairs=False), offers.fast(pairs=True)))
    plans = [*map(slim.plan, slim.detours()), *(o.plan(cut) for o in fast for cut in o.cuts)]
    choices = [Choice(plan=plan, instructions=_instructions_of(plan)) for plan in plans]
    choices.sort(key=lambda choice: (choice.plan.arena_nbytes, choice.instructions))
    found: list[Choice] = []
    for choice in choices:
        if not found or choice.instructions < found[-1].instructions:
            found.append(choice)
    for choice in found:
        check_plan(choice.plan)
    return tuple(found)


def layer_choice(graph: Graph, terms: Terms) -> Choice:
    """Give the plan that finishes each operator before the next begins, as most engines do.

    Raises ModelError as `plan_choices` does.
    """
    plan = find_plan(graph, replace(terms, layers_only=True))
    check_plan(plan)
    return Choice(plan=plan, instructions=_instructions_of(plan))


def _instructions_of(plan: Plan) -> int:
    """Estimate the instructions of all kernels and of the loops around them."""
    loops = (
        CALL_INSTRUCTIONS if block.stream is None else loop_instructions(block.stream)
        for block in plan.blocks
    )
    return sum(loops) + sum(estimate_instructions(each.op, each.kernel) for each in plan.steps)
