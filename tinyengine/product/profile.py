"""What each operator of a product costs, measured on the emulated board."""

from pathlib import Path

from tinyengine.board import Board
from tinyengine.board.target import Isa, Target
from tinyengine.errors import ToolError, UsageError
from tinyengine.files import read_bytes, refuse_links
from tinyengine.product.open import firmware_for
from tinyengine.product.product import Product
from tinyengine.product.project import Interface
from tinyengine.progress import Progress
from tinyengine.report.profile import Figures, ProfileReport, ProfileRow, Timing
from tinyengine.run import Emulator, RunResult, open_follower, pick_emulator
from tinyengine.run.cycles import disassemble, names_vectors
from tinyengine.run.image import load_image
from tinyengine.run.profile import Cost, Profile, call_lines, make_profile
from tinyengine.run.source_lines import load_source_lines

_CLOCK_SLACK = 200
"""Instructions that QEMU's count may be off: it is that of a clock which ticks less often."""

_MOST_SOURCE_NBYTES = 16 << 20

_CALLBACK = "copy_row"
"""The function of the model's C file that an operator calls: it is part of that one's cost."""


def measure_profile(product: Product, progress: Progress) -> Profile:
    """Run the product's firmware once, on an input of zeros, and give the cost of each operator.

    Raises:
        ToolError: no emulator has the board, or a tool is missing.
    """
    emulator, interface = pick_emulator(product.board), Interface.of_report(product.report)
    with firmware_for(emulator, product.directory, product.board, interface, progress) as (
        elf,
        board,
    ):
        return _follow(product, elf, board, progress)


def _follow(product: Product, elf: Path, board: Board, progress: Progress) -> Profile:
    """Run the firmware `elf` of a product on `board` and give the cost of each operator."""
    lines = load_source_lines(elf, f"{product.report.model.name}.c")
    image = load_image(elf)
    callers = [f for f in lines.functions if image.function_at(f[0]) != _CALLBACK]
    with (
        progress(f"profiling on the emulated {board.name}"),
        open_follower(elf, board, product.output_nbytes, callers) as runner,
    ):
        result = runner.infer([bytes(nbytes) for nbytes in product.input_nbytes])
    if result.executed is None:
        raise _stranger(product, "does not run the model between its markers")
    text = _source(product)
    calls = call_lines(text)
    code = disassemble(elf, board.target.toolchain, board.target.isa)
    memory = board.memory_model if result.models_memory else None
    timing = _timing(board.target)
    profile = make_profile(result.executed, code, lines, calls, timing, memory=memory)
    _check(product, profile, result)
    return profile


def _timing(target: Target) -> str | None:
    """Give the name of the model of `target`'s cycles, if there is one for all its instructions."""
    is_named = target.isa is not Isa.MVE or names_vectors(target.toolchain)
    return target.timing if is_named else None


def model_timing(product: Product, progress: Progress) -> Timing | None:
    """Give how long an inference takes on the board, modelled on an input of zeros.

    None where there is no model of the core, or nothing that could follow it.
    """
    board = product.board
    if _timing(board.target) is None:
        return None
    try:
        total = measure_profile(product, progress).total
    except ToolError:
        return None
    if total.cycles is None:
        return None
    whole = round(total.cycles)
    ms = round(board.milliseconds(whole + (total.waits or 0)), 4)
    return Timing(cycles=whole, waits=total.waits, clock_hz=board.clock_hz, ms=ms)


def _check(product: Product, profile: Profile, result: RunResult) -> None:
    count = len(product.report.operators)
    if len(profile.operators) != count:
        raise ToolError(
            str(product.directory),
            f"the C file calls {len(profile.operators)} operators, report.json has {count}",
            "compile the model again",
        )
    if result.instructions is None:
        raise _stranger(product, "does not run the model once between its markers")
    apart = abs(profile.total.instructions - result.instructions)
    slack = 0 if result.emulator is Emulator.UNICORN else _CLOCK_SLACK
    if apart > slack:
        raise _stranger(product, f"runs {apart} instructions more or less than its parts sum to")


def _source(product: Product) -> str:
    """Give the model's C file."""
    path = product.directory / f"{product.report.model.name}.c"
    refuse_links(product.directory, path.name)
    try:
        return read_bytes(path, _MOST_SOURCE_NBYTES).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror}") from None


def _stranger(product: Product, problem: str) -> ToolError:
    """Give the error for firmware that is not what the report says."""
    return ToolError(str(product.elf), problem, "compile the model again")


def profile_product(product: Product, progress: Progress) -> ProfileReport:
    """Give the product's profile with what the operators are.

    Raises what `measure_profile` does.
    """
    report, profile = product.report, measure_profile(product, progress)
    total = profile.total
    return ProfileReport(
        model=report.model,
        board=product.board.name,
        core=product.board.target.name,
        isa=report.isa,
        objective=report.objective,
        clock_hz=product.board.clock_hz,
        total=_figures(total, total, report.model.macs, product.board),
        operators=tuple(
            ProfileRow(
                index=op.index,
                name=op.name,
                op=op.op,
                source=op.source,
                kernel=op.kernel,
                block=op.block,
                figures=_figures(cost, total, op.macs, product.board),
            )
            for op, cost in zip(report.operators, profile.operators, strict=True)
        ),
        rest=_figures(profile.rest, total, 0, product.board),
    )


def _figures(cost: Cost, total: Cost, macs: int, board: Board) -> Figures:
    cycles = None if cost.cycles is None else round(cost.cycles)
    spent = None if cycles is None else cycles + (cost.waits or 0)
    return Figures(
        macs=macs,
        instructions=cost.instructions,
        instructions_per_mac=round(cost.instructions / macs, 4) if macs else None,
        cycles=cycles,
        flash_lines=None if cost.waits is None else cost.lines,
        waits=cost.waits,
        ms=None if spent is None else round(board.milliseconds(spent), 4),
        share=round(cost.instructions / max(total.instructions, 1), 4),
    )
