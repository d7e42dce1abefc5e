"""What `import tinyengine` offers: compile a model, run its firmware on the emulated board.

    import tinyengine

    firmware = tinyengine.compile("model.tflite", board="stm32f746", sram="64K")
    (scores,) = firmware.run(image)
    assert firmware.validate(samples=10).bit_exact

Everything that is a user's mistake is a `TinyEngineError`, whose text says where it is, what is
wrong and what to do.
"""

import hashlib
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from os import PathLike
from pathlib import Path
from typing import TypedDict

from tinyengine.arguments import Size, Values, arrays_of, choice_of, path_of, size_of
from tinyengine.board import Board, Placement, list_boards, load_board
from tinyengine.board.placement import parse_placement
from tinyengine.compiler import Observer, Options
from tinyengine.errors import UsageError, counted
from tinyengine.importers import (
    FIRST,
    ModelSummary,
    NetworkChoice,
    OperatorSummary,
    Shapes,
    TensorSummary,
    choose_network,
    identifier,
    interpreted,
    is_onnx,
    read_file,
)
from tinyengine.importers import load as load_graph
from tinyengine.importers.names import check_name
from tinyengine.ir import Array, Graph
from tinyengine.product.compile import compile_product
from tinyengine.product.explain import explain_model
from tinyengine.product.given import Given, read_inputs
from tinyengine.product.infer import (
    Inference,
    Ports,
    Steps,
    as_float,
    check_count,
    check_steps,
    draw_samples,
    infer_steps,
    quantized,
)
from tinyengine.product.open import Place, open_product
from tinyengine.product.output_directory import refuse_files
from tinyengine.product.page import render_product
from tinyengine.product.product import Product, load_product
from tinyengine.product.profile import model_timing, profile_product
from tinyengine.product.tradeoff import Tradeoff, TradeoffPoint, find_tradeoff
from tinyengine.product.validate import Model, Verdict, are_exact, validate_product
from tinyengine.progress import Progress, silent
from tinyengine.report.profile import Figures, ProfileReport, ProfileRow, Timing
from tinyengine.report.report import Report
from tinyengine.run import Emulator, RunResult
from tinyengine.run.edges import Port, from_device, real_values
from tinyengine.schedule import Objective

__all__ = [
    "Board",
    "Choices",
    "Emulator",
    "Figures",
    "Firmware",
    "Given",
    "Inference",
    "ModelSummary",
    "Objective",
    "Observer",
    "OperatorSummary",
    "Place",
    "Port",
    "Ports",
    "ProfileReport",
    "ProfileRow",
    "Report",
    "Schedule",
    "Shapes",
    "TensorSummary",
    "Timing",
    "Tradeoff",
    "TradeoffPoint",
    "Values",
    "Verdict",
    "boards",
    "check_count",
    "check_steps",
    "compile",
    "default_output",
    "explain",
    "load",
    "pareto",
    "read_inputs",
    "real_values",
]

AnyPath = str | PathLike[str]


_STEPS = 8
"""Steps of a model with state that are validated unless told otherwise."""


class Choices(TypedDict, total=False):
    """What may be chosen beside the board; `compile` says what it is."""

    objective: "Objective | str"
    sram: Size | None
    flash: Size | None
    schedule: "Schedule | str"
    stream_input: bool
    place: str | None
    signature: str | None
    subgraph: str | None
    shapes: Shapes | None
    detection: bool
    name: str | None


class Schedule(Enum):
    """Which schedules may be chosen."""

    AUTO = "auto"
    """Chains of operators are streamed where that saves SRAM."""

    LAYER = "layer"
    """Each operator is done before the next begins."""


def compile(
    model: AnyPath,
    *,
    board: str,
    objective: Objective | str = Objective.BALANCED,
    sram: Size | None = None,
    flash: Size | None = None,
    schedule: Schedule | str = Schedule.AUTO,
    stream_input: bool = False,
    place: str | None = None,
    signature: str | None = None,
    subgraph: str | None = None,
    shapes: Shapes | None = None,
    detection: bool = False,
    name: str | None = None,
    output: AnyPath | None = None,
    force: bool = False,
    progress: Progress = silent,
    observe: Observer | None = None,
) -> "Firmware":
    """Compile a model file to C and to measured firmware for a board.

    `board` is one of `boards()` by its name. `objective` is what to have little of: cycles
    (`speed`), SRAM (`sram`), or (`balanced`) the fewest bytes within 15 % of the best cycles among
    plans within 1.25 times the least SRAM. `sram` is the most that inference may need, stack
    included, and `flash` the most for weights, code and constants: bytes, or 96K or 1M. `schedule`
    is `auto` or `layer`. With `stream_input` the model takes its input row by row.
    `place` names the memories of parts of the firmware, as `stack=dtcm,kernels=itcm,arena=sram1`,
    or is `none`; by default they are the board's fastest.
    A network of a file that holds several is chosen by its `signature` or its `subgraph`; `shapes`
    are those of inputs whose shape the file leaves open. With `detection` the operators that end a
    detector are compiled in integers, to within one step of the box's corners: they are the only
    ones that are not bit-exact. `name` is the model's name in C.
    Everything is written to the directory `output`; without it to a temporary one that is removed
    with the firmware. An earlier output there is replaced; where its files were edited only with
    `force`. `progress` is told what goes on, `observe` of the graph after each pass.

    Raises:
        UsageError: no such board, objective or schedule, no size, a name that C does not take, or
            an `output` that holds other files.
        ModelError: the model is broken, or something in it is not supported.
        FitError: it does not fit the board or a budget.
        ToolError: a tool is missing, or it failed.
    """
    path = path_of("model", model)
    if name is not None:
        check_name(name)
    if output is not None:
        refuse_files(path_of("output", output))
    chosen, placement = _placed(load_board(board), place)
    options = Options(
        board=chosen,
        name=name,
        sram=size_of("sram", sram),
        flash=size_of("flash", flash),
        objective=choice_of("objective", Objective, objective),
        layers_only=choice_of("schedule", Schedule, schedule) is Schedule.LAYER,
        stream_input=stream_input,
        network=choose_network(signature, subgraph, shapes, detection=detection),
        placement=placement,
        place=place or "",
    )
    if output is not None:
        _, product = compile_product(path, options, Path(output), progress, observe, force=force)
        return Firmware(product=product, model=path, network=options.network)
    return _compile_aside(path, options, progress, observe)


def _placed(board: Board, place: str | None) -> tuple[Board, Placement]:
    """Give the board with what it wishes still, and what the user wishes."""
    return (board, Placement()) if place is None else parse_placement(place, board)


def _compile_aside(
    path: Path, options: Options, progress: Progress, observe: Observer | None
) -> "Firmware":
    """Compile into a temporary directory that is removed with the firmware."""
    scratch = Path(tempfile.mkdtemp(prefix="tinyengine-"))
    try:
        target = scratch / default_output(path).name
        _, product = compile_product(path, options, target, progress, observe)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    firmware = Firmware(product=product, model=path, network=options.network)
    weakref.finalize(firmware, shutil.rmtree, scratch, ignore_errors=True)
    return firmware


def load(
    directory: AnyPath,
    *,
    model: AnyPath | None = None,
    signature: str | None = None,
    subgraph: str | None = None,
    shapes: Shapes | None = None,
    detection: bool = False,
) -> "Firmware":
    """Give the firmware in a directory that `compile` has written.

    The firmware in it is code and is executed, on an emulator: load what you trust. `model` is the
    model file that it was compiled from, which `validate` needs; `signature` or `subgraph` choose
    in it, as for `compile`.

    Raises:
        UsageError: it is no such directory, or was compiled from another model.
    """
    product = load_product(path_of("directory", directory))
    firmware = Firmware(
        product=product,
        model=None if model is None else path_of("model", model),
        network=choose_network(signature, subgraph, shapes, detection=detection),
    )
    if model is not None:
        firmware.read_model()
    return firmware


def explain(
    model: AnyPath,
    *,
    signature: str | None = None,
    subgraph: str | None = None,
    shapes: Shapes | None = None,
    detection: bool = False,
) -> ModelSummary:
    """Give what a network of a model file holds, and what of it is not supported and why.

    Raises:
        ModelError: the file is damaged, or there is none.
    """
    network = choose_network(signature, subgraph, shapes, detection=detection)
    return explain_model(path_of("model", model), network)


def boards() -> tuple[Board, ...]:
    """Give every board, sorted by name."""
    return list_boards()


def pareto(
    model: AnyPath,
    *,
    board: str,
    sram: Size | None = None,
    stream_input: bool = False,
    signature: str | None = None,
    subgraph: str | None = None,
    shapes: Shapes | None = None,
    detection: bool = False,
    progress: Progress = silent,
) -> Tradeoff:
    """Give SRAM against instructions: every schedule of a model that is worth choosing.

    What takes more than `sram` bytes (`"96K"`) does not fit.

    Raises:
        UsageError: no such board.
        ModelError: the model is broken, or something in it is not supported.
    """
    network = choose_network(signature, subgraph, shapes, detection=detection)
    options = Options(
        board=load_board(board),
        sram=size_of("sram", sram),
        stream_input=stream_input,
        network=network,
    )
    return find_tradeoff(path_of("model", model), options, progress)


def default_output(model: Path) -> Path:
    """Give where the command line writes what it compiles, unless it is told."""
    return Path("build") / identifier(model.stem)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Firmware:
    """A compiled model: its directory, its report, and its firmware, which runs when asked.

    `model` is the model file, None where it is not known; `network` is which one in it.
    """

    product: Product
    model: Path | None
    network: NetworkChoice = FIRST

    def __repr__(self) -> str:
        return repr(self.product).replace("Product", "Firmware", 1)

    @property
    def directory(self) -> Path:
        """Where everything was written: C sources, `firmware.elf`, `report.json`."""
        return self.product.directory

    @property
    def report(self) -> Report:
        """What is in `report.json`: SRAM, flash, operators, buffers, inputs and outputs."""
        return self.product.report

    @property
    def board(self) -> Board:
        """The board that it was compiled for."""
        return self.product.board

    def run(
        self,
        inputs: Values | Sequence[Values],
        *,
        quantize: bool = False,
        dequantize: bool = False,
        emulator: Emulator | str | None = None,
        port: str | None = None,
    ) -> tuple[Values, ...]:
        """Run one inference on the emulated board; give the outputs, in the model's order.

        `inputs` is an array, or one per input, of the model's own shapes and types; with
        `quantize` floats are taken for integers too, and quantized with the input's scale and zero
        point. The outputs have the model's own types; with `dequantize` all are float32.
        `emulator` is `unicorn`, `qemu` or `renode`, by default what suits the board; a `port` is
        that of a real board, which has the same firmware.

        Raises:
            UsageError: an input has another shape or type, or there are too many or too few.
            WrongResultError: the firmware did something that it must not.
            ToolError: the emulator is missing, or it failed.
        """
        given = arrays_of(inputs)  # None, too, is none: only `infer` draws some
        return self.infer(
            given, quantize=quantize, dequantize=dequantize, emulator=emulator, port=port
        ).outputs

    def run_all(
        self,
        samples: Iterable[Values | Sequence[Values]],
        *,
        quantize: bool = False,
        dequantize: bool = False,
        emulator: Emulator | str | None = None,
        steps: bool = False,
    ) -> list[tuple[Values, ...]]:
        """Run an inference for each of `samples`, as `run` does; the board starts only once.

        With `steps` they are the steps of a model with state, one after the other.
        """
        made = self.infer_all(
            samples, quantize=quantize, dequantize=dequantize, emulator=emulator, steps=steps
        )
        return [each.outputs for each in made]

    def infer(
        self,
        inputs: Values | Sequence[Values] | None = None,
        *,
        quantize: bool = False,
        dequantize: bool = False,
        emulator: Emulator | str | None = None,
        port: str | None = None,
        seed: int = 0,
        compare: bool = False,
        progress: Progress = silent,
    ) -> Inference:
        """Run one inference as `run` does; tell what it cost as well.

        Without `inputs` they are random integers, the same for the same `seed`. With `compare` the
        outputs are compared with the reference, which needs the model file.

        Raises what `run` does; UsageError where there is no model file to compare with.
        """
        (made,) = self.infer_all(
            self.draw(seed=seed) if inputs is None else [inputs],
            quantize=quantize,
            dequantize=dequantize,
            emulator=emulator,
            port=port,
            compare=compare,
            progress=progress,
        )
        return made

    def infer_all(
        self,
        samples: Iterable[Values | Sequence[Values]],
        *,
        quantize: bool = False,
        dequantize: bool = False,
        emulator: Emulator | str | None = None,
        port: str | None = None,
        compare: bool = False,
        steps: bool = False,
        progress: Progress = silent,
    ) -> list[Inference]:
        """Run an inference for each of `samples`, as `infer` does; the board starts only once.

        With `steps` they are the steps of a model with state, one after the other.
        """
        given = [self._to_device(sample, quantize) for sample in samples]
        graph = self.read_model().graph if compare else None
        runs = [given] if steps and given else [[each] for each in given]
        place = _place(emulator, port)
        with (
            open_product(self.product, place, progress=progress) as runner,
            progress(f"running on {place.describe(self.board)}"),
        ):
            results = [infer_steps(runner, each) for each in runs]
        return [
            self._inference(inputs, result, dequantize, is_right)
            for each, made in zip(runs, results, strict=True)
            for inputs, result, is_right in zip(each, made, _exact(graph, each, made), strict=True)
        ]

    def validate(
        self,
        *,
        samples: int = 5,
        steps: int | None = None,
        seed: int = 0,
        emulator: Emulator | str | None = None,
        port: str | None = None,
        progress: Progress = silent,
    ) -> Verdict:
        """Run random inputs on the emulated board and compare every output byte.

        They are compared with the numpy reference and, where it is installed, with TFLite's own
        interpreter. `seed` is that of the inputs. A model with state takes as many `steps` with
        each sample, from its first state on: 8 unless told otherwise.

        Raises:
            UsageError: the model file is not known, `samples` or `steps` are less than 1, or
                there are steps of a model without state.
            WrongResultError: the firmware did something that it must not. What it computed wrong
                is in the verdict.
            ToolError: the emulator is missing, or it failed.
        """
        if samples < 1:
            raise UsageError("samples", f"{samples} is less than 1")
        taken = self._steps(steps)
        model, place = self.read_model(), _place(emulator, port)
        with progress(f"validating {counted(samples, 'sample')}"):
            drawn = draw_samples(self.product, samples, seed, taken)
            return validate_product(self.product, model, place, drawn)

    def draw(self, *, steps: int = 1, seed: int = 0) -> list[list[Values]]:
        """Give random inputs for so many steps, in the model's types; the same for a `seed`."""
        ports = Ports.of(self.product).inputs
        (drawn,) = draw_samples(self.product, 1, seed, steps)
        return [
            [from_device(array.tobytes(), port) for array, port in zip(each, ports, strict=True)]
            for each in drawn
        ]

    def profile(self, *, progress: Progress = silent) -> ProfileReport:
        """Give what each operator costs: instructions, counted, and cycles, modelled.

        Raises:
            ToolError: no emulator has the board, or a tool is missing.
        """
        return profile_product(self.product, progress)

    def timing(self, *, progress: Progress = silent) -> Timing | None:
        """Give how long an inference takes: modelled cycles, and ms at the board's clock.

        None where there is no model of the board's core, or a tool for it is missing.
        """
        return model_timing(self.product, progress)

    def page(self, *, progress: Progress = silent) -> str:
        """Give the report as one HTML page, with the profile where it can be measured."""
        return render_product(self.product, progress)

    def read_model(self) -> Model:
        """Give the model that the firmware is compared with.

        Raises:
            UsageError: it is not known, or it is another one than was compiled.
            ModelError: the file is gone, or broken.
        """
        if self.model is None:
            raise UsageError(
                str(self.directory),
                "which model file was it compiled from?",
                "tinyengine.load(directory, model=...)",
            )
        if hashlib.sha256(read_file(self.model)).hexdigest() != self.report.model.sha256:
            raise UsageError(
                str(self.model), f"is not the model that {self.directory} was compiled from"
            )
        return Model(
            graph=load_graph(self.model, self.network),
            content=interpreted(self.model, self.network),
            onnx=self.model if is_onnx(self.model, read_file(self.model)) else None,
        )

    def _steps(self, steps: int | None) -> int:
        """Give how many steps each sample takes."""
        if steps is not None and steps < 1:
            raise UsageError("steps", f"{steps} is less than 1")
        if not self.product.has_state:
            check_steps(self.product, steps)
            return 1
        return _STEPS if steps is None else steps

    def _to_device(self, inputs: Values | Sequence[Values], quantize: bool) -> tuple[Array, ...]:
        """Give the inputs in the device's types."""
        arrays = arrays_of(inputs)
        ports = Ports.of(self.product).inputs
        check_count("inputs", "input", len(ports), len(arrays))
        return tuple(
            quantized(array, port, quantize) for array, port in zip(arrays, ports, strict=True)
        )

    def _inference(
        self, given: tuple[Array, ...], result: RunResult, dequantize: bool, is_right: bool | None
    ) -> Inference:
        """Give what came of an inference, and whether that is right where it is known."""
        ports = Ports.of(self.product).outputs
        if dequantize:
            ports = tuple(as_float(port) for port in ports)
        return Inference(
            inputs=given,
            outputs=tuple(
                from_device(data, port) for data, port in zip(result.outputs, ports, strict=True)
            ),
            instructions=result.instructions,
            stack=result.stack_nbytes,
            emulator=result.emulator.value,
            bit_exact=is_right,
            measured_ms=result.measured_ms,
            clock_hz=result.clock_hz,
        )


def _exact(
    graph: Graph | None, steps: Steps, results: Sequence[RunResult]
) -> Sequence[bool | None]:
    """Tell of every step whether it is the reference's; None where there is no `graph`."""
    return [None] * len(results) if graph is None else are_exact(graph, steps, results)


def _place(emulator: Emulator | str | None, port: str | None) -> Place:
    chosen = None if emulator is None else choice_of("emulator", Emulator, emulator)
    return Place(emulator=chosen, port=port)
