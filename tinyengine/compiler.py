"""Compile a model: every stage from the file to the source tree, in the order of the data."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from tinyengine.board import Board, MemoryKind, Placement, merge_banks, rooms
from tinyengine.board.memory_map import ANYWHERE
from tinyengine.errors import ArenaError, FitError
from tinyengine.importers import FIRST, NetworkChoice, load
from tinyengine.importers.names import check_name
from tinyengine.ir import Graph
from tinyengine.lower import Program, lower
from tinyengine.passes import run_passes
from tinyengine.render import Origin, SourceTree, one_line_banner, render_parts
from tinyengine.schedule import (
    Objective,
    Plan,
    Room,
    Terms,
    Watcher,
    check_plan,
    find_plan,
    suit_core,
    tile_weights,
)

FIRMWARE_STATIC_NBYTES = 640
"""RAM of the test firmware itself: line buffer and counters, rounded up. A test measures it."""

STACK_NBYTES = 2048
"""Bytes of stack that the firmware is linked with at least."""

BESIDE_NBYTES = FIRMWARE_STATIC_NBYTES + STACK_NBYTES
"""RAM that the arena leaves to the test firmware and the stack."""

Observer = Callable[[str, Graph], None]
"""Told of the graph after every pass: its name and the graph."""


class Sink(Protocol):
    """Takes files as soon as they are final, so that they compile while later ones are made.

    Nothing of it may be used unless all stages end well, and the proof.
    """

    def begin(self, banner: str) -> None:
        """Take the banner, in one line, of all that will come."""

    def write(self, tree: SourceTree) -> None:
        """Take files that include none but these and earlier ones."""

    def prove(self, proof: Callable[[], None]) -> None:
        """Take the proof of the plan, to be called once: it raises where the plan is not safe."""


_LONG_LOOPS_WAIT = 2
"""Cycles for 8 bytes of code from which on kernels whose loops have some KiB lose more by waiting
than they gain (mlperf_ic_resnet8 on models of boards that wait 1, 2 and 3 cycles)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asks for; budgets in bytes, None means the board's own limit.

    Constants get what `code_nbytes` leaves of the flash: how large code is, is known once some has
    been linked. `placement` says in which memories parts of the firmware go, as the
    user wrote it in `place`.
    """

    board: Board
    name: str | None = None
    sram: int | None = None
    flash: int | None = None
    objective: Objective = Objective.BALANCED
    layers_only: bool = False
    stream_input: bool = False
    network: NetworkChoice = FIRST
    command: str = ""
    code_nbytes: int = 0
    placement: Placement = ANYWHERE
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelIdentity:
    """Which model file was compiled, and its name in C."""

    name: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compiled:
    """The result of every stage; `graph` is the model as imported."""

    identity: ModelIdentity
    options: Options
    graph: Graph
    plan: Plan
    program: Program
    tree: SourceTree
    banner: str


def compile_model(
    path: Path,
    options: Options,
    observe: Observer | None = None,
    watch: Watcher | None = None,
    sink: Sink | None = None,
) -> Compiled:
    """Compile the model file at `path` to C sources; `watch` is told how far planning is.

    The plan is proven last: by `sink`, where there is one, while what it was given compiles.

    Raises ModelError (broken or unsupported model), FitError (board or budget too small) and
    UsageError (a name that is no C identifier).
    """
    graph = load(path, options.network)
    identity = identify(path, graph.name if options.name is None else options.name)
    if observe:
        observe("imported", graph)
    origin = Origin(model=identity.file, sha256=identity.sha256, command=options.command)
    if sink:
        sink.begin(one_line_banner(origin))
    optimized = run_passes(graph, observe=observe)
    plan = plan_for_board(optimized, options, watch)
    program = lower_for_board(plan, identity.name, options)
    check_flash(plan, program, options)
    tree: dict[str, str] = {}
    for part in render_parts(program, origin):
        tree |= part
        if sink:
            sink.write(part)
    if sink:
        sink.prove(partial(check_plan, plan))
    else:
        check_plan(plan)
    return Compiled(
        identity=identity,
        options=options,
        graph=graph,
        plan=plan,
        program=program,
        tree=tree,
        banner=one_line_banner(origin),
    )


def terms_for_board(options: Options, watch: Watcher | None = None) -> Terms:
    """Give the terms of all plans for the board, without limits of memory."""
    return Terms(
        isa=options.board.target.isa,
        stream_input=options.stream_input,
        pairs=_waits_in_loops(options) < _LONG_LOOPS_WAIT,
        thumb2=options.board.target.has_thumb2,
        watch=watch,
    )


def plan_for_board(graph: Graph, options: Options, watch: Watcher | None = None) -> Plan:
    """Plan `graph` within the budgets: the arena in one piece, or split over the board's banks.

    It is split only where nothing fits in one piece. The plan is not proven yet.

    Raises ModelError and ArenaError as `find_plan` does.
    """

    def plan(room: Room) -> Plan:
        """Plan for an arena in `room`."""
        terms = replace(
            terms_for_board(options, watch),
            flash=flash_budget(options) - options.code_nbytes,
            layers_only=options.layers_only,
            walls=room.walls,
        )
        found = find_plan(graph, terms, options.objective, room.nbytes)
        is_fast = options.objective is Objective.SPEED
        return suit_core(found, options.board.target.issues) if is_fast else found

    budget = arena_budget(options)
    banks = rooms(options.board, BESIDE_NBYTES, options.placement)
    try:
        return _tiled(plan(Room(nbytes=budget)), options)
    except ArenaError as error:
        total = sum(banks) if options.sram is None else min(options.sram, sum(banks))
        if total <= budget or options.stream_input:
            raise _with_ram(error, options) from error
    try:
        return plan(Room(nbytes=total, walls=tuple(accumulate(banks[:-1]))))
    except ArenaError as error:
        raise _with_ram(error, options) from error


def lower_for_board(plan: Plan, name: str, options: Options) -> Program:
    """Give the program of `plan` with the loops that suit the board's core and cache of code."""
    issues = options.board.target.issues
    return lower(plan, name, issues=issues, short_loops=_waits_in_loops(options) > 0)


def _waits_in_loops(options: Options) -> float:
    """Give the cycles that loops of some KiB wait for every 8 bytes of their code."""
    model = options.board.memory_model
    if model is None or options.placement.over(options.board.placement).kernels:
        return 0
    return model.code.next_cycles * 8 / model.code.line if model.code.nbytes <= 1024 else 0


def _tiled(plan: Plan, options: Options) -> Plan:
    """Give the plan with weights in tiles where the board's flash is waited for.

    For speed the arena may grow as far as the region of RAM does where it stands. Where the fewest
    bytes count there are none: their kernels take more stack.
    """
    board = options.board
    if board.memory_model is None or options.objective is Objective.SRAM:
        return plan
    limit = plan.extent
    if options.objective is Objective.SPEED:
        budget = arena_budget(options)
        regions = rooms(board, BESIDE_NBYTES, options.placement)
        there = next((nbytes for nbytes in regions if nbytes >= limit), limit)
        limit = max(min(there, budget), limit)
    return tile_weights(plan, board.memory_model, board.target.issues, limit)


def _with_ram(error: ArenaError, options: Options) -> ArenaError:
    """Give the error with a hint that says what the board has, where that is the limit."""
    hint = ""
    if options.sram is None:
        ram = sum(bank.nbytes for bank in options.board.ram_banks)
        hint = (
            f"{options.board.name} has {ram:,} bytes of RAM in all; "
            f"{BESIDE_NBYTES:,} are kept for the stack and the test firmware"
        )
    (problem,) = error.problems
    return ArenaError(
        problem.where,
        problem.problem,
        hint,
        problem.details,
        least_nbytes=error.least_nbytes,
    )


def identify(path: Path, name: str) -> ModelIdentity:
    """Give the model's identity; the digest is of the file's bytes."""
    check_name(name)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ModelIdentity(name=name, file=path.name, sha256=digest)


def arena_budget(options: Options) -> int:
    """Give the bytes that an arena may have: the user's budget, or the largest region for it."""
    board, wished = options.board, options.placement
    pieces = rooms(board, BESIDE_NBYTES, wished)
    if not (wished.stack or wished.arena):
        external = [bank for bank in board.ram_banks if bank.kind is MemoryKind.EXTERNAL_RAM]
        pieces += tuple(region.nbytes for region in merge_banks(external))
    largest = max(pieces, default=0)
    return largest if options.sram is None else min(options.sram, largest)


def flash_budget(options: Options) -> int:
    """Give the bytes of flash that there are: the user's budget, or the board's."""
    flash = options.board.flash.nbytes
    return flash if options.flash is None else min(options.flash, flash)


def check_flash(plan: Plan, program: Program, options: Options) -> None:
    """Raise FitError where the constants alone exceed the flash."""
    board = options.board
    flash = flash_budget(options)
    if program.constant_nbytes > flash:
        is_budget = flash == options.flash
        raise FitError(
            f"{plan.graph.name} on {board.name}",
            f"weights need {program.constant_nbytes:,} bytes of flash, "
            f"{'the budget is' if is_budget else 'the board has'} {flash:,}",
            hint="a larger --flash, or a smaller model"
            if is_budget
            else "`tinyengine boards` lists boards with more flash",
        )
