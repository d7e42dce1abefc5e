"""Compile a network, run inputs on an emulated board, and compare every output byte.

Without --model it is the digits network of this folder with its held-out test images; with --model
it is yours, with random inputs. Exits with 6 when a single output byte is wrong.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tinyengine.board import Board, load_board
from tinyengine.cli.output_directory import output_directory
from tinyengine.cli.pipeline import make_firmware
from tinyengine.compiler import Compiled, Options, compile_model
from tinyengine.errors import TinyEngineError, ToolError, WrongResultError
from tinyengine.ir import Graph
from tinyengine.reference import run as run_reference
from tinyengine.reference.interpreter import run_interpreter
from tinyengine.run import RunResult, open_runner

HERE = Path(__file__).resolve().parent
Array = NDArray[Any]
Sample = tuple[Array, ...]
"""One array per input, or per output, of the network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the network is run on; `labels` [N] where the right answers are known."""

    samples: Sequence[Sample]
    labels: Array | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """All that the table shows; `interpreted` is None where the interpreter cannot be asked."""

    compiled: Compiled
    report: dict[str, Any]
    inputs: Inputs
    results: Sequence[RunResult]
    expected: Sequence[Sample]
    interpreted: Sequence[Sample] | None
    seconds: float


def held_out_images(count: int) -> Inputs:
    """Give the first `count` held-out images and their labels."""
    with np.load(HERE / "test_images.npz") as data:
        images, labels = data["images"][:count], data["labels"][:count]
    samples = [(image[np.newaxis],) for image in images]
    return Inputs(samples=samples, labels=labels, what="images it has never seen")


def random_inputs(graph: Graph, count: int, seed: int = 1) -> Inputs:
    """Give `count` samples drawn evenly from the whole range of the network's input types."""
    generator = np.random.default_rng(seed)
    tensors = [edge.tensor for edge in graph.inputs]
    samples = []
    for _ in range(count):
        arrays = []
        for tensor in tensors:
            kind = np.dtype(tensor.dtype.value)
            low, high = np.iinfo(kind).min, np.iinfo(kind).max
            arrays.append(generator.integers(low, high, tensor.shape, kind, endpoint=True))
        samples.append(tuple(arrays))
    return Inputs(samples=samples, labels=None, what="random inputs")


def interpret(model: Path, graph: Graph, samples: Sequence[Sample]) -> Sequence[Sample] | None:
    """Give the outputs of TFLite's own reference interpreter, or None where it cannot be asked.

    It may not be installed, reject the file, or want floats.
    """
    if any(edge.dtype is not edge.tensor.dtype for edge in (*graph.inputs, *graph.outputs)):
        return None
    content = model.read_bytes()
    try:
        return [run_interpreter(content, sample) for sample in samples]
    except ToolError:
        return None


def run_demo(model: Path, board: Board, count: int | None, output: Path) -> Demo:
    """Compile, build, run on the emulated board, and compute what should have come out.

    `count` is the number of samples, None the usual one; `output` is where the firmware goes.
    """
    started = time.monotonic()
    compiled = compile_model(model, Options(board=board, command="make demo"))
    with output_directory(output) as directory:
        report = make_firmware(compiled, directory).report
    inputs = (
        held_out_images(count or 100) if is_digits else random_inputs(compiled.graph, count or 5)
    )
    sizes = [port["bytes"] for port in report["outputs"]]
    with open_runner(output / "firmware.elf", board, sizes) as runner:
        results = [runner.infer([array.tobytes() for array in sample]) for sample in inputs.samples]
    return Demo(
        compiled=compiled,
        report=report,
        inputs=inputs,
        results=results,
        expected=[run_reference(compiled.graph, sample) for sample in inputs.samples],
        interpreted=interpret(model, compiled.graph, inputs.samples),
        seconds=time.monotonic() - started,
    )


def count_equal(results: Sequence[RunResult], expected: Sequence[Sample]) -> int:
    """Give how many results equal what is expected in every byte."""
    return sum(
        result.outputs == tuple(array.tobytes() for array in arrays)
        for result, arrays in zip(results, expected, strict=True)
    )


def agreement(results: Sequence[RunResult], expected: Sequence[Sample] | None) -> str:
    """Say how many results are bit-exact."""
    if expected is None:
        return "not compared: ai-edge-litert is not installed, wants floats or rejects it"
    equal, all_of_them = count_equal(results, expected), len(expected)
    nbytes = sum(len(output) for result in results for output in result.outputs)
    if equal == all_of_them:
        return f"[green]yes[/], all {nbytes:,} output bytes of {equal} inferences"
    return f"[red]NO[/], {all_of_them - equal} of {all_of_them} inferences differ"


def accuracy(demo: Demo) -> str:
    """Say how many answers of the board are right."""
    assert demo.inputs.labels is not None, "accuracy needs labels"
    dtype = demo.expected[0][0].dtype
    answers = [np.frombuffer(result.outputs[0], dtype).argmax() for result in demo.results]
    right = int((np.array(answers) == demo.inputs.labels).sum())
    return f"{right / len(answers):.1%}, {right} of {len(answers)} {demo.inputs.what}"


def memory(uses: dict[str, int], parts: Sequence[str], available: int) -> str:
    """Say how many bytes are needed of how many, and for what."""
    details = ", ".join(f"{part.replace('_', ' ')} {uses[part]:,}" for part in parts)
    return f"{uses['total']:,} of {available:,} bytes ({details})"


def work(demo: Demo) -> str:
    """Say how many instructions an inference takes."""
    macs = demo.report["model"]["macs"]
    counts = {result.instructions for result in demo.results if result.instructions is not None}
    if not counts:
        return "unknown: no C compiler to build the counter with"
    spread = f"{min(counts):,}" if len(counts) == 1 else f"{min(counts):,} to {max(counts):,}"
    ratio = f", {max(counts) / macs:.1f} per multiply-accumulate" if macs else ""
    return f"{spread} per inference{ratio}"


def table(demo: Demo) -> Table:
    """Give everything in one table."""
    board = demo.compiled.options.board
    emulator = demo.results[0].emulator.value
    shown = Table(
        title=f"{demo.compiled.identity.file} on {board.title}, emulated by {emulator}",
        show_header=False,
        title_justify="left",
    )
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column()
    if demo.inputs.labels is None:
        shown.add_row("inputs", f"{len(demo.results)} {demo.inputs.what}")
    else:
        shown.add_row("accuracy", accuracy(demo))
    shown.add_row("equals the reference", agreement(demo.results, demo.expected))
    shown.add_row("equals TFLite itself", agreement(demo.results, demo.interpreted))
    ram = sum(bank.nbytes for bank in board.ram_banks)
    shown.add_row("SRAM", memory(demo.report["sram"], ("arena", "static", "stack"), ram))
    parts = ("code", "weights", "other_constants")
    shown.add_row("flash", memory(demo.report["flash"], parts, board.flash.nbytes))
    shown.add_row("instructions", work(demo))
    shown.add_row("took", f"{demo.seconds:.1f} s to compile, build, run and compare")
    return shown


def main() -> None:
    """Run the demo and print its table; the exit codes are those of `tinyengine`."""
    parser = argparse.ArgumentParser(description="Prove a network on an emulated board.")
    parser.add_argument("--model", type=Path, default=HERE / "digits.tflite")
    parser.add_argument("--board", default="stm32f746")
    parser.add_argument("--samples", type=int, help="default: 100 images, or 5 random inputs")
    parser.add_argument("--output", type=Path, help="default: build/demo/MODEL-BOARD")
    arguments = parser.parse_args()
    try:
        board = load_board(arguments.board)
        model = arguments.model.resolve()
        output = arguments.output or Path("build/demo") / f"{model.stem}-{board.name}"
        demo = run_demo(model, board, arguments.samples, output)
        console = Console(highlight=False)
        console.print(table(demo))
        console.print(f"firmware, C sources and report.json are in {output}", soft_wrap=True)
        if count_equal(demo.results, demo.expected) < len(demo.results):
            raise WrongResultError(board.name, "the firmware's outputs differ from the reference")
    except TinyEngineError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
