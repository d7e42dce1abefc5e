"""Make a product of what was compiled: write the sources, build, measure, write the report."""

import json
from pathlib import Path

from tinyengine.board import Board
from tinyengine.compiler import Compiled
from tinyengine.errors import FitError
from tinyengine.lower import Program
from tinyengine.product.build import Firmware, Shortfall
from tinyengine.product.building import Building
from tinyengine.product.hot import hot_files
from tinyengine.product.open import firmware_for
from tinyengine.product.output_directory import REPORT, digests_of, files_below, write_tree
from tinyengine.product.placement import measure_placement
from tinyengine.product.product import Product
from tinyengine.product.project import Interface, build_project, kernel_place, make_project
from tinyengine.progress import Progress, silent
from tinyengine.report.assemble import Measured, assemble
from tinyengine.report.codec import to_json
from tinyengine.report.report import FlashUse
from tinyengine.run import open_runner, pick_emulator


def make_product(compiled: Compiled, directory: Path, progress: Progress = silent) -> Product:
    """Write the sources of `compiled` into `directory`, build, measure, and write report.json.

    Raises ToolError (a tool is missing or fails) and FitError (the linked firmware does not fit
    the board or the budget of flash; that of SRAM is up to `make_within_budgets`).
    """
    made = try_product(compiled, directory, progress)
    if isinstance(made, Shortfall):
        raise made.refusal
    return made


def try_product(
    compiled: Compiled, directory: Path, progress: Progress, building: Building | None = None
) -> Product | Shortfall:
    """Make the product as `make_product` does; where the flash is too small, give by how much.

    `building` may have begun with its files.

    Raises ToolError, and FitError for all memories but the flash.
    """
    board = compiled.options.board
    sources = [name for name in compiled.tree if name.endswith(".c")]
    interface = Interface.of_program(compiled.program)
    wished = compiled.options.placement
    project = make_project(interface, board, compiled.banner, sources, wished)
    hot = hot_files(compiled.plan)
    kernels = kernel_place(project, interface, wished, compiled.options.sram, hot)
    with building or Building(directory, board) as begun:
        begun.write(compiled.tree)
        firmware = build_project(project, directory, progress, begun, kernels)
    if isinstance(firmware, Shortfall):
        return firmware
    measured = _measure(compiled.program, interface, firmware, board, progress)
    shortfall = _over_flash_budget(measured.flash, compiled)
    if shortfall is not None:
        return shortfall
    files = sorted([*files_below(directory), REPORT])
    report = assemble(compiled, measured, files, digests_of(directory, files))
    write_tree(directory, {REPORT: json.dumps(to_json(report), indent=1) + "\n"})
    return Product(directory=directory, board=board, report=report)


def _measure(
    program: Program, interface: Interface, firmware: Firmware, board: Board, progress: Progress
) -> Measured:
    """Run the firmware once, on zeros: the stack that it uses, and its instructions."""
    sizes = firmware.sizes
    outputs = tuple(port.nbytes for port in program.outputs)
    with (
        progress(f"measuring on the emulated {board.name}"),
        firmware_for(pick_emulator(board), firmware.elf.parent, board, interface, progress) as (
            elf,
            running,
        ),
        open_runner(elf, running, outputs) as runner,
    ):
        result = runner.infer([bytes(port.nbytes) for port in program.inputs])
    return Measured(
        code=sizes.code,
        weights=sizes.weights,
        other_constants=sizes.other_constants,
        firmware_flash=sizes.firmware_flash,
        firmware_ram=sizes.firmware_ram,
        static=sizes.model_static,
        stack=result.stack_nbytes,
        instructions=result.instructions,
        emulator=result.emulator.value,
        placement=measure_placement(firmware, board),
    )


def _over_flash_budget(use: FlashUse, compiled: Compiled) -> Shortfall | None:
    """Give by how much the total exceeds what the user asked for; None where it does not."""
    options = compiled.options
    if options.flash is None or use.total <= options.flash:
        return None
    refusal = FitError(
        f"{compiled.identity.file} on {options.board.name}",
        f"needs {use.total:,} bytes of flash at least, the budget is {options.flash:,}",
        details=[
            f"weights {use.weights:,}, code {use.code:,}, other constants {use.other_constants:,}"
        ],
    )
    return Shortfall(nbytes=use.total - options.flash, needed_nbytes=use.total, refusal=refusal)
