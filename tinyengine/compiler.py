"""Compile a model: every stage from the file to the source tree, in the order of the data."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tinyengine.board import Board, merge_banks
from tinyengine.errors import FitError, UsageError
from tinyengine.importers import load
from tinyengine.importers.names import identifier
from tinyengine.ir import Graph
from tinyengine.lower import Program, lower
from tinyengine.passes import run_passes
from tinyengine.render import Origin, SourceTree, one_line_banner, render_model
from tinyengine.report import ModelIdentity
from tinyengine.schedule import Objective, Plan, Watcher, make_plan

CODE_NBYTES = 24 * 1024
"""Flash that is left for code when kernels are chosen by the size of their constants."""

Observer = Callable[[str, Graph], None]
"""Told of the graph after every pass: its name and the graph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asks for; budgets in bytes, None means the board's own limit."""

    board: Board
    name: str | None = None
    sram: int | None = None
    flash: int | None = None
    objective: Objective = Objective.BALANCED
    layers_only: bool = False
    stream_input: bool = False
    command: str = ""


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
) -> Compiled:
    """Compile the model file at `path` to C sources; `watch` is told how far planning is.

    Raises ModelError (broken or unsupported model), FitError (board or budget too small) and
    UsageError (a name that is no C identifier).
    """
    graph = load(path)
    identity = identify(path, graph.name if options.name is None else options.name)
    if observe:
        observe("imported", graph)
    optimized = run_passes(graph, observe=observe)
    plan = make_plan(
        optimized,
        options.board.core.isa,
        objective=options.objective,
        layers_only=options.layers_only,
        budget=arena_budget(options),
        flash=flash_budget(options) - CODE_NBYTES,
        stream_input=options.stream_input,
        watch=watch,
    )
    program = lower(plan, identity.name)
    check_flash(plan, program, options)
    origin = Origin(model=identity.file, sha256=identity.sha256, command=options.command)
    return Compiled(
        identity=identity,
        options=options,
        graph=graph,
        plan=plan,
        program=program,
        tree=render_model(program, origin),
        banner=one_line_banner(origin),
    )


def identify(path: Path, name: str) -> ModelIdentity:
    """Give the model's identity; the digest is of the file's bytes."""
    if identifier(name) != name.lower():
        raise UsageError(
            "--name",
            f"'{name}' is not a C identifier",
            hint="letters, digits and underscores, not starting with a digit, no C keyword",
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return ModelIdentity(name=name, file=path.name, sha256=digest)


def arena_budget(options: Options) -> int:
    """Give the bytes that an arena may have: the user's budget, or the board's largest region."""
    regions = merge_banks(options.board.ram_banks)
    largest = max(region.nbytes for region in regions)
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
        raise FitError(
            f"{plan.graph.name} on {board.name}",
            f"weights need {program.constant_nbytes:,} bytes of flash, "
            f"{'the budget is' if flash == options.flash else 'the board has'} {flash:,}",
            hint="`tinyengine boards` lists boards with more flash",
        )
