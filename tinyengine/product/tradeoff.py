"""What a schedule saves in SRAM and costs in instructions: every one that is worth choosing."""

from dataclasses import dataclass, replace
from pathlib import Path

from tinyengine.board import Board, place
from tinyengine.compiler import (
    FIRMWARE_STATIC_NBYTES,
    STACK_NBYTES,
    ModelIdentity,
    Options,
    arena_budget,
    check_flash,
    identify,
    terms_for_board,
)
from tinyengine.errors import FitError
from tinyengine.importers import load
from tinyengine.ir import count_graph_macs
from tinyengine.lower import lower
from tinyengine.passes import run_passes
from tinyengine.product.project import aligned
from tinyengine.progress import Progress
from tinyengine.report.curve import Bound, Point, render_curve
from tinyengine.schedule import BlockKind, Choice, layer_choice, plan_choices


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeoffPoint:
    """One line of the trade-off; `problem` says why the board cannot run it, empty if it can.

    `arena` is in bytes and exact, `instructions` are estimated.
    """

    arena: int
    instructions: int
    recompute_macs: int
    blocks: int
    streamed_blocks: int
    problem: str

    @property
    def fits(self) -> bool:
        """True where the board has the memories for it."""
        return not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradeoff:
    """The schedules of a model on a board, by ascending bytes of the arena; MACs after passes.

    `layers` is the one that streams nothing, `bound` the most that an arena may have.
    """

    model: ModelIdentity
    macs: int
    board: Board
    stream_input: bool
    schedules: tuple[TradeoffPoint, ...]
    layers: TradeoffPoint
    bound: Bound

    @property
    def title(self) -> str:
        """What the curve is of."""
        streamed = ", input streamed" if self.stream_input else ""
        return f"{self.model.name} for {self.board.name}{streamed}"

    def draw(self) -> str:
        """Give the curve as an SVG image."""
        points = [_point(each, f"{each.streamed_blocks} streamed") for each in self.schedules]
        return render_curve(self.title, points, _point(self.layers, "one by one"), self.bound)


def _point(schedule: TradeoffPoint, remark: str) -> Point:
    return Point(
        nbytes=schedule.arena,
        instructions=schedule.instructions,
        fits=schedule.fits,
        remark=remark,
    )


def find_tradeoff(model: Path, options: Options, progress: Progress) -> Tradeoff:
    """Give every schedule of the model file that is worth choosing on the options' board.

    Raises:
        ModelError: the model is broken or unsupported.
    """
    board = options.board
    graph = load(model, options.network)
    identity = identify(model, graph.name)
    optimized = run_passes(graph)
    with progress(f"planning {model.name}") as watch:
        choices = plan_choices(optimized, terms_for_board(options, watch))
        schedules = tuple(_schedule(choice, options) for choice in choices)
        layers = layer_choice(optimized, terms_for_board(options))
    return Tradeoff(
        model=identity,
        macs=count_graph_macs(optimized),
        board=board,
        stream_input=options.stream_input,
        schedules=schedules,
        layers=_schedule(layers, options),
        bound=Bound(
            nbytes=arena_budget(options),
            name="board's room" if options.sram is None else "budget",
        ),
    )


def _schedule(choice: Choice, options: Options) -> TradeoffPoint:
    plan = choice.plan
    return TradeoffPoint(
        arena=plan.arena_nbytes,
        instructions=choice.instructions,
        recompute_macs=plan.recompute_macs,
        blocks=len(plan.blocks),
        streamed_blocks=sum(block.kind is not BlockKind.LAYER for block in plan.blocks),
        problem=_why_not(choice, options),
    )


def _why_not(choice: Choice, options: Options) -> str:
    """Say why the board's memories do not hold the plan and its constants; empty if they do.

    A streamed input is held by the firmware, as `tinyengine compile` would have it.
    """
    plan, sram = choice.plan, options.sram
    if sram is not None and plan.arena_nbytes > sram:
        return f"the budget is {sram:,} bytes"
    held = aligned(plan.fed.tensor.nbytes) if plan.fed is not None else 0
    try:
        place(options.board, plan.arena_nbytes + held, FIRMWARE_STATIC_NBYTES, STACK_NBYTES)
        check_flash(plan, lower(plan, "model"), replace(options, flash=None))
    except FitError as error:
        return error.problems[0].problem
    return ""
