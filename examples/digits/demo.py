"""Compile a network, run inputs on an emulated board, and compare every output byte.

Without --model it is the digits network of this folder with its held-out test images; with --model
it is yours, with random inputs. Exits with 6 when a single output byte is wrong.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tinyengine.board import Board, load_board
from tinyengine.cli.run import random_inputs
from tinyengine.compiler import Compiled, Options, compile_model
from tinyengine.errors import TinyEngineError, UsageError, WrongResultError
from tinyengine.product.output_directory import output_directory
from tinyengine.product.pipeline import Place, Product, load_product, make_product, open_product
from tinyengine.reference import run as run_reference
from tinyengine.reference.interpreter import has_interpreter, run_interpreter
from tinyengine.run import RunResult
from tinyengine.run.edges import Port, from_device

HERE = Path(__file__).resolve().parent
IMAGES, MOST_RANDOM = 360, 10_000
"""How many held-out images there are, and how many random inputs may be asked for."""

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
    """All that the table shows; in `agreements`, whom the board agrees with, sample by sample."""

    product: Product
    inputs: Inputs
    results: Sequence[RunResult]
    answers: Sequence[Sample]
    agreements: Mapping[str, Sequence[bool]]
    seconds: float


def held_out_images(count: int) -> Inputs:
    """Give the first `count` held-out images and their labels."""
    with np.load(HERE / "test_images.npz") as data:
        images, labels = data["images"][:count], data["labels"][:count]
    samples = [(image[np.newaxis],) for image in images]
    return Inputs(samples=samples, labels=labels, what="images it has never seen")


def check_count(model: Path, count: int | None) -> None:
    """Raise UsageError where there are not `count` samples for `model`."""
    most = IMAGES if model == HERE / "digits.tflite" else MOST_RANDOM
    if count is not None and not 1 <= count <= most:
        raise UsageError("--samples", f"{count} is not in the range from 1 to {most:,}")


def random_samples(product: Product, count: int, seed: int = 1) -> Inputs:
    """Give `count` samples drawn evenly from the whole range of the network's input types."""
    generator = np.random.default_rng(seed)
    ports = ports_of(product, "inputs")
    samples = [tuple(random_inputs(ports, generator)) for _ in range(count)]
    return Inputs(samples=samples, labels=None, what="random inputs")


def ports_of(product: Product, edge: str) -> list[Port]:
    """Give the `inputs` or `outputs` of the network."""
    return [Port.from_report(entry) for entry in product.report[edge]]


def run_demo(model: Path, board: Board, count: int | None, output: Path) -> Demo:
    """Compile, build, run on the emulated board, and compare.

    `count` is the number of samples, None the usual one; `output` is where the firmware goes.
    """
    started = time.monotonic()
    compiled = compile_model(model, Options(board=board, command="make demo"))
    with output_directory(output) as directory:
        make_product(compiled, directory)
    product = load_product(output)
    if model == HERE / "digits.tflite":
        inputs = held_out_images(count or 100)
    else:
        inputs = random_samples(product, count or 5)
    with open_product(product, Place()) as runner:
        results = [runner.infer([array.tobytes() for array in arrays]) for arrays in inputs.samples]
    answers = [answer_of(product, result) for result in results]
    agreements = {"the reference": like_reference(compiled, inputs, results)}
    if has_interpreter():
        agreements["TFLite itself"] = [
            same(answer, interpret(model, product, sample))
            for answer, sample in zip(answers, inputs.samples, strict=True)
        ]
    return Demo(
        product=product,
        inputs=inputs,
        results=results,
        answers=answers,
        agreements=agreements,
        seconds=time.monotonic() - started,
    )


def answer_of(product: Product, result: RunResult) -> Sample:
    """Give the outputs in the model file's types."""
    ports = ports_of(product, "outputs")
    return tuple(from_device(data, port) for data, port in zip(result.outputs, ports, strict=True))


def like_reference(
    compiled: Compiled, inputs: Inputs, results: Sequence[RunResult]
) -> Sequence[bool]:
    """Tell for each sample whether every output byte is the reference's."""
    expected = [run_reference(compiled.graph, sample) for sample in inputs.samples]
    return [
        result.outputs == tuple(array.tobytes() for array in arrays)
        for result, arrays in zip(results, expected, strict=True)
    ]


def interpret(model: Path, product: Product, sample: Sample) -> Sample:
    """Give what TFLite's own reference interpreter computes, in the model file's types."""
    ports = ports_of(product, "inputs")
    given = [from_device(array.tobytes(), port) for array, port in zip(sample, ports, strict=True)]
    return run_interpreter(model.read_bytes(), given)


def same(ones: Sample, others: Sample) -> bool:
    """Tell whether all arrays are equal."""
    return all(np.array_equal(one, other) for one, other in zip(ones, others, strict=True))


def agreement(demo: Demo, flags: Sequence[bool]) -> str:
    """Say how many inferences agree in every output byte."""
    if all(flags):
        nbytes = sum(len(output) for result in demo.results for output in result.outputs)
        return f"[green]yes[/], all {nbytes:,} output bytes of {len(flags)} inferences"
    return f"[red]NO[/], {len(flags) - sum(flags)} of {len(flags)} inferences differ"


def accuracy(demo: Demo) -> str:
    """Say how many answers of the board are right."""
    assert demo.inputs.labels is not None, "accuracy needs labels"
    classes = np.array([answer[0].argmax() for answer in demo.answers])
    right = int((classes == demo.inputs.labels).sum())
    return f"{right / len(classes):.1%}, {right} of {len(classes)} {demo.inputs.what}"


def memory(uses: dict[str, int], parts: Sequence[str], available: int) -> str:
    """Say how many bytes are needed of how many, and for what."""
    details = ", ".join(f"{part.replace('_', ' ')} {uses[part]:,}" for part in parts)
    return f"{uses['total']:,} of {available:,} bytes ({details})"


def work(demo: Demo) -> str:
    """Say how many instructions an inference takes."""
    macs = demo.product.report["model"]["macs"]
    counts = {result.instructions for result in demo.results if result.instructions is not None}
    if not counts:
        return "unknown: no C compiler to build the counter with"
    spread = f"{min(counts):,}" if len(counts) == 1 else f"{min(counts):,} to {max(counts):,}"
    ratio = f", {max(counts) / macs:.1f} per multiply-accumulate" if macs else ""
    return f"{spread} per inference{ratio}"


def table(demo: Demo) -> Table:
    """Give everything in one table."""
    board, report = demo.product.board, demo.product.report
    emulator = demo.results[0].emulator.value
    shown = Table(
        title=f"{report['model']['file']} on {board.title}, emulated by {emulator}",
        show_header=False,
        title_justify="left",
    )
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column()
    if demo.inputs.labels is None:
        shown.add_row("inputs", f"{len(demo.results)} {demo.inputs.what}")
    else:
        shown.add_row("accuracy", accuracy(demo))
    for whom, flags in demo.agreements.items():
        shown.add_row(f"equals {whom}", agreement(demo, flags))
    ram = sum(bank.nbytes for bank in board.ram_banks)
    shown.add_row("SRAM", memory(report["sram"], ("arena", "static", "stack"), ram))
    parts = ("code", "weights", "other_constants")
    shown.add_row("flash", memory(report["flash"], parts, board.flash.nbytes))
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
        check_count(model, arguments.samples)
        output = arguments.output or Path("build/demo") / f"{model.stem}-{board.name}"
        demo = run_demo(model, board, arguments.samples, output)
        console = Console(highlight=False)
        console.print(table(demo))
        console.print(f"firmware, C sources and report.json are in {output}", soft_wrap=True)
        wrong = [whom for whom, flags in demo.agreements.items() if not all(flags)]
        if wrong:
            raise WrongResultError(board.name, f"the outputs differ from {' and '.join(wrong)}")
    except TinyEngineError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
