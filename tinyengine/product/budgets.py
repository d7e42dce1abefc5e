"""Make a product within budgets of SRAM and flash: what it needs is known when it has run."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from tinyengine.compiler import Compiled, Options, compile_model
from tinyengine.errors import ArenaError, FitError
from tinyengine.product.build import Shortfall
from tinyengine.product.building import Building
from tinyengine.product.make import try_product
from tinyengine.product.product import Product
from tinyengine.progress import Progress
from tinyengine.schedule import Objective


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """A product and what it was made of; `is_least` where no plan has a smaller arena."""

    compiled: Compiled
    product: Product
    is_least: bool = False


def make_within_budgets(
    model: Path,
    compiled: Compiled,
    directory: Path,
    progress: Progress,
    building: Building | None = None,
) -> Made:
    """Make the product of `compiled`, or of a smaller plan of `model` if its budget needs one.

    Stack and statics are known only when the firmware has run: where they take more than the plan
    leaves of the budget, the next plan gets so much less for its arena. `building` may have begun
    with the files of `compiled`.

    Raises what `make_product` does, and FitError where no plan is small enough: it names the least
    total.
    """
    made = _make_within_flash(model, compiled, directory, progress, building)
    while _lacks_sram(made):
        if made.is_least:
            raise _over_budget(made)
        sram = made.product.report.sram
        options = made.compiled.options
        smaller, is_least = _compile_smaller(model, options, sram.static + sram.stack, progress)
        _clear(directory)
        made = replace(_make_within_flash(model, smaller, directory, progress), is_least=is_least)
    return made


def _lacks_sram(made: Made) -> bool:
    """Tell whether the total exceeds the budget."""
    budget = made.compiled.options.sram
    return budget is not None and made.product.report.sram.total > budget


def _make_within_flash(
    model: Path,
    compiled: Compiled,
    directory: Path,
    progress: Progress,
    building: Building | None = None,
) -> Made:
    """Make the product of `compiled`, or with constants as small as code leaves flash for.

    How large code is, is known only when the firmware is linked.

    Raises what `make_product` does; its FitError names the least flash that was needed.
    """
    least: Shortfall | None = None
    while True:
        tried, building = try_product(compiled, directory, progress, building), None
        if isinstance(tried, Product):
            return Made(compiled=compiled, product=tried)
        if least is None or tried.needed_nbytes < least.needed_nbytes:
            least = tried
        code = tried.needed_nbytes - compiled.program.constant_nbytes
        if code <= compiled.options.code_nbytes:
            raise least.refusal
        options = replace(compiled.options, code_nbytes=code)
        _clear(directory)
        compiled = _compile(model, options, progress)


def _compile(model: Path, options: Options, progress: Progress) -> Compiled:
    with progress(f"compiling {model.name} anew within its budget") as watch:
        return compile_model(model, options, watch=watch)


def _compile_smaller(
    model: Path, options: Options, beside: int, progress: Progress
) -> tuple[Compiled, bool]:
    """Compile for what the budget leaves with `beside` bytes beside the arena.

    Where no plan is so small, give the smallest one; the second value tells whether it is. The
    options of what is compiled are those that were asked for.
    """
    assert options.sram is not None, "there is a budget"
    try:
        compiled = _compile(model, replace(options, sram=options.sram - beside), progress)
        return replace(compiled, options=options), False
    except ArenaError as error:
        smallest = replace(options, sram=error.least_nbytes, objective=Objective.SRAM)
        return replace(_compile(model, smallest, progress), options=options), True


def _clear(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _over_budget(made: Made) -> FitError:
    options, report = made.compiled.options, made.product.report
    sram = report.sram
    return FitError(
        f"{made.compiled.identity.file} on {options.board.name}",
        f"needs {sram.total:,} bytes of SRAM at least, the budget is {options.sram:,}",
        details=[
            f"arena {sram.arena:,}, static {sram.static:,}, stack {sram.stack:,}",
            *report.describe_peak(),
        ],
    )
