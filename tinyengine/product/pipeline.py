"""From a model file to measured firmware in a directory: what several commands need."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tinyengine.board import Board, load_board, place_banks
from tinyengine.board.memory_map import ARENA_ALIGN
from tinyengine.cli.console import progress
from tinyengine.compiler import STACK_NBYTES, Compiled, Options, compile_model
from tinyengine.errors import ArenaError, FitError, FlashError, ToolError, UsageError
from tinyengine.product.build import Firmware, build
from tinyengine.product.firmware import FIRMWARE_STATIC_NBYTES, FirmwareProject, firmware_files
from tinyengine.product.output_directory import REPORT, files_below, write_tree
from tinyengine.report.report import FlashUse, Json, Measured, build_report
from tinyengine.run import Emulator, Runner, open_runner, pick_emulator
from tinyengine.schedule import Objective, describe_peak


def aligned(nbytes: int) -> int:
    """Give `nbytes` rounded up to where the next buffer of the firmware may start."""
    return -(-nbytes // ARENA_ALIGN) * ARENA_ALIGN


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An output directory: built firmware and the report that describes it."""

    directory: Path
    board: Board
    report: Json

    @property
    def elf(self) -> Path:
        """The linked firmware."""
        return self.directory / "firmware.elf"

    @property
    def input_nbytes(self) -> tuple[int, ...]:
        """Bytes of each input."""
        return tuple(port["bytes"] for port in self.report["inputs"])

    @property
    def output_nbytes(self) -> tuple[int, ...]:
        """Bytes of each output."""
        return tuple(port["bytes"] for port in self.report["outputs"])


def make_product_within_budget(
    model: Path, compiled: Compiled, directory: Path
) -> tuple[Compiled, Product]:
    """Make the product of `compiled`, or of a smaller plan of `model` if its budget needs one.

    Stack and statics are known only when the firmware has run: where they take more than the plan
    leaves of the budget, the next plan gets so much less for its arena.

    Raises what `make_product` does, and FitError where no plan is small enough: it names the least
    total.
    """
    compiled, product = _make_product_within_flash(model, compiled, directory)
    while compiled.options.sram is not None:
        options, sram = compiled.options, product.report["sram"]
        if sram["total"] <= options.sram:
            break
        compiled, is_least = _compile_smaller(model, options, sram["static"] + sram["stack"])
        _clear(directory)
        compiled, product = _make_product_within_flash(model, compiled, directory)
        if is_least and product.report["sram"]["total"] > options.sram:
            raise _over_budget(compiled, product)
    return compiled, product


def _make_product_within_flash(
    model: Path, compiled: Compiled, directory: Path
) -> tuple[Compiled, Product]:
    """Make the product of `compiled`, or with constants as small as code leaves flash for.

    How large code is, is known only when the firmware is linked.

    Raises what `make_product` does; FlashError where no constants are small enough: it names the
    least that was needed.
    """
    least: FlashError | None = None
    while True:
        try:
            return compiled, make_product(compiled, directory)
        except FlashError as error:
            if least is None or error.needed_nbytes < least.needed_nbytes:
                least = error
            code = error.needed_nbytes - compiled.program.constant_nbytes
        options = replace(compiled.options, code_nbytes=code)
        if code <= compiled.options.code_nbytes:
            raise least
        _clear(directory)
        compiled = replace(compile_model(model, options), options=options)


def _compile_smaller(model: Path, options: Options, beside: int) -> tuple[Compiled, bool]:
    """Compile for what the budget leaves with `beside` bytes beside the arena.

    Where no plan is so small, give the smallest one; the second value tells whether it is.
    """
    assert options.sram is not None, "there is a budget"
    try:
        compiled = compile_model(model, replace(options, sram=options.sram - beside))
        return replace(compiled, options=options), False
    except ArenaError as error:
        smallest = replace(options, sram=error.least_nbytes, objective=Objective.SRAM)
        return replace(compile_model(model, smallest), options=options), True


def _clear(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def make_product(compiled: Compiled, directory: Path) -> Product:
    """Write the sources of `compiled` into `directory`, build, measure, and write report.json.

    Raises ToolError (a tool is missing or fails) and FitError (the linked firmware does not fit
    the board or the budget of flash; that of SRAM is up to `make_product_within_budget`).
    """
    board = compiled.options.board
    write_tree(directory, compiled.tree)
    types = (
        tuple(port.c_type for port in compiled.program.inputs),
        tuple(port.c_type for port in compiled.program.outputs),
    )
    sources = [name for name in compiled.tree if name.endswith(".c")]
    project = Sources(
        name=compiled.identity.name,
        banner=compiled.banner,
        banks=compiled.plan.bank_nbytes,
        port_banks=(
            tuple(port.bank for port in compiled.program.inputs),
            tuple(port.bank for port in compiled.program.outputs),
        ),
        types=types,
        sources=tuple(sorted(sources)),
        streamed_nbytes=streamed_nbytes(compiled),
    )
    firmware = build_firmware(project, board, directory)
    measured = _measure(compiled, firmware, board)
    report = build_report(
        model=compiled.identity,
        board=board,
        objective=compiled.options.objective.value,
        plan=compiled.plan,
        program=compiled.program,
        measured=measured,
    )
    _check_flash(report, compiled)
    report["files"] = sorted([*files_below(directory), REPORT])
    write_tree(directory, {REPORT: json.dumps(report, indent=1) + "\n"})
    return Product(directory=directory, board=board, report=report)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a firmware project for any board is made of; `types` are the ports' C types.

    `banks` are the bytes of the arena's pieces, `port_banks` say in which of them ports stand.
    `streamed_nbytes` are the bytes of a streamed input, which the firmware holds for the host.
    """

    name: str
    banner: str
    banks: tuple[int, ...]
    port_banks: tuple[tuple[int, ...], tuple[int, ...]]
    types: tuple[tuple[str, ...], tuple[str, ...]]
    sources: tuple[str, ...]
    streamed_nbytes: int = 0


def build_firmware(project: Sources, board: Board, directory: Path) -> Firmware:
    """Write the build files for `board` beside the model's sources in `directory`, and build."""
    first, *others = project.banks
    banks = (first + aligned(project.streamed_nbytes), *others)
    memory = place_banks(board, banks, FIRMWARE_STATIC_NBYTES, STACK_NBYTES)
    files = firmware_files(
        FirmwareProject(
            name=project.name,
            banner=project.banner,
            board=board,
            memory=memory,
            input_types=project.types[0],
            output_types=project.types[1],
            model_sources=project.sources,
            trap_unaligned=not board.target.has_unaligned_access,
            streams_input=project.streamed_nbytes > 0,
            banks=len(banks),
            input_banks=project.port_banks[0],
            output_banks=project.port_banks[1],
        )
    )
    write_tree(directory, files)
    with progress(f"building firmware for {board.name}"):
        firmware = build(directory, board)
    shutil.rmtree(directory / "build", ignore_errors=True)
    return firmware


def streamed_nbytes(compiled: Compiled) -> int:
    """Give the bytes of the input that the model asks for row by row; 0 if it has none."""
    return sum(port.nbytes for port in compiled.program.inputs if port.offset is None)


def load_product(directory: Path) -> Product:
    """Read an output directory of `tinyengine compile`.

    Raises UsageError if it is none.
    """
    path = directory / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        board, inputs = report["board"], report["inputs"]
        complete = (
            report["schema"] == 1
            and isinstance(board, str)
            and all("bytes" in port for port in inputs)
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _not_a_product(directory) from error
    if not complete or not (directory / "firmware.elf").is_file():
        raise _not_a_product(directory)
    return Product(directory=directory, board=load_board(board), report=report)


def _not_a_product(directory: Path) -> UsageError:
    return UsageError(
        str(directory),
        "is not an output directory of `tinyengine compile`",
        hint="compile the model first, or give the model file itself",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where firmware runs: in an emulator, or, with a serial `port`, on the real board there."""

    emulator: Emulator | None = None
    port: str | None = None

    def __post_init__(self) -> None:
        if self.emulator is not None and self.port is not None:
            raise UsageError("--port", "is of a real board: leave out --emulator")

    def on(self, board: Board) -> Emulator:
        """Give what runs firmware of `board`."""
        if self.port is not None:
            return Emulator.SERIAL
        return self.emulator or pick_emulator(board)

    def describe(self, board: Board) -> str:
        """Say where that is, for a message."""
        return f"the emulated {board.name}" if self.port is None else f"{board.name} at {self.port}"


@contextmanager
def open_product(product: Product, place: Place, *, trace_writes: bool = False) -> Iterator[Runner]:
    """Start the product's firmware; under QEMU, where the board needs it, its twin's.

    A real board runs it already.
    """
    chosen = place.on(product.board)
    needs_twin = chosen is Emulator.QEMU and product.board.qemu_machine is None
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        running = _twin(product, Path(scratch)) if needs_twin else product
        with open_runner(
            running.elf,
            running.board,
            product.output_nbytes,
            emulator=chosen,
            port=place.port,
            trace_writes=trace_writes,
        ) as runner:
            yield runner


def _twin(product: Product, scratch: Path) -> Product:
    """Build the same sources for the board of the same core that QEMU has."""
    if product.board.qemu_twin is None:
        raise ToolError(product.board.name, "QEMU has neither this board nor one like it")
    twin = load_board(product.board.qemu_twin)
    for path in product.directory.iterdir():
        if path.name == "te":
            shutil.copytree(path, scratch / "te")
        elif path.suffix in (".c", ".h"):
            shutil.copy(path, scratch / path.name)
    report = product.report
    project = Sources(
        name=report["model"]["name"],
        banner=f"Built for {twin.name}, which stands in for {product.board.name} in QEMU.",
        banks=tuple(report["sram"]["banks"]),
        port_banks=(_banks(report["inputs"]), _banks(report["outputs"])),
        types=(_types(report["inputs"]), _types(report["outputs"])),
        sources=tuple(sorted(str(path.relative_to(scratch)) for path in scratch.rglob("*.c"))),
        streamed_nbytes=sum(port["bytes"] for port in report["inputs"] if port["offset"] is None),
    )
    build_firmware(project, twin, scratch)
    return Product(directory=scratch, board=twin, report=report)


def _banks(ports: list[Mapping[str, Any]]) -> tuple[int, ...]:
    return tuple(port["bank"] for port in ports)


def _types(ports: list[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(f"{port['dtype']}_t" for port in ports)


def _measure(compiled: Compiled, firmware: Firmware, board: Board) -> Measured:
    """Run the firmware once: the stack that it uses, and its instructions."""
    program, sizes = compiled.program, firmware.sizes
    outputs = tuple(port.nbytes for port in program.outputs)
    with (
        progress(f"measuring on the emulated {board.name}"),
        open_runner(firmware.elf, board, outputs) as runner,
    ):
        result = runner.infer([bytes(port.nbytes) for port in program.inputs])
    flash = FlashUse(
        code=sizes.code,
        weights=sizes.weights,
        other_constants=sizes.other_constants,
        firmware=sizes.firmware_flash,
    )
    return Measured(
        flash=flash,
        static=sizes.model_static,
        stack=result.stack_nbytes,
        instructions=result.instructions,
        emulator=result.emulator.value,
        firmware_ram=sizes.firmware_ram,
    )


def _over_budget(compiled: Compiled, product: Product) -> FitError:
    options, sram = compiled.options, product.report["sram"]
    return FitError(
        f"{compiled.identity.file} on {options.board.name}",
        f"needs {sram['total']:,} bytes of SRAM at least, the budget is {options.sram:,}",
        details=[
            f"arena {sram['arena']:,}, static {sram['static']:,}, stack {sram['stack']:,}",
            *describe_peak(compiled.plan),
        ],
    )


def _check_flash(report: Json, compiled: Compiled) -> None:
    """Raise FlashError where the total exceeds what the user asked for."""
    options, use = compiled.options, report["flash"]
    if options.flash is None or use["total"] <= options.flash:
        return
    error = FlashError(
        f"{compiled.identity.file} on {options.board.name}",
        f"needs {use['total']:,} bytes of flash at least, the budget is {options.flash:,}",
        details=[
            f"weights {use['weights']:,}, code {use['code']:,}, "
            f"other constants {use['other_constants']:,}"
        ],
    )
    error.needed_nbytes = use["total"]
    raise error
