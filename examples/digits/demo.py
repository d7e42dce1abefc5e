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

import tinyengine
from tinyengine.api import Firmware, Inference, Ports
from tinyengine.cli.console import progress
from tinyengine.errors import TinyEngineError, UsageError, WrongResultError
from tinyengine.product.infer import draw_samples
from tinyengine.reference.interpreter import has_interpreter, run_interpreter
from tinyengine.run.edges import from_device

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

    firmware: Firmware
    inputs: Inputs
    results: Sequence[Inference]
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


def random_samples(firmware: Firmware, count: int, seed: int = 1) -> Inputs:
    """Give `count` samples drawn evenly from the whole range of the network's input types."""
    ports = Ports.of(firmware.product).inputs
    samples = [
        tuple(from_device(a.tobytes(), port) for a, port in zip(sample, ports, strict=True))
        for (sample,) in draw_samples(firmware.product, count, seed)
    ]
    return Inputs(samples=samples, labels=None, what="random inputs")


def run_demo(model: Path, board: str, count: int | None, output: Path) -> Demo:
    """Compile, build, run on the emulated board, and compare.

    `count` is the number of samples, None the usual one; `output` is where the firmware goes.
    """
    started = time.monotonic()
    firmware = tinyengine.compile(model, board=board, output=output, progress=progress)
    if model == HERE / "digits.tflite":
        inputs = held_out_images(count or 100)
    else:
        inputs = random_samples(firmware, count or 5)
    results = firmware.infer_all(inputs.samples, compare=True)
    agreements = {"the reference": [bool(result.bit_exact) for result in results]}
    if has_interpreter():
        content = model.read_bytes()
        agreements["TFLite itself"] = [
            same(result.outputs, run_interpreter(content, sample))
            for result, sample in zip(results, inputs.samples, strict=True)
        ]
    return Demo(
        firmware=firmware,
        inputs=inputs,
        results=results,
        agreements=agreements,
        seconds=time.monotonic() - started,
    )


def same(ones: Sample, others: Sample) -> bool:
    """Tell whether all arrays are equal."""
    return all(np.array_equal(one, other) for one, other in zip(ones, others, strict=True))


def agreement(demo: Demo, flags: Sequence[bool]) -> str:
    """Say how many inferences agree in every output byte."""
    if all(flags):
        nbytes = sum(port.nbytes for port in demo.firmware.report.outputs) * len(flags)
        return f"[green]yes[/], all {nbytes:,} output bytes of {len(flags)} inferences"
    return f"[red]NO[/], {len(flags) - sum(flags)} of {len(flags)} inferences differ"


def accuracy(demo: Demo) -> str:
    """Say how many answers of the board are right."""
    assert demo.inputs.labels is not None, "accuracy needs labels"
    classes = np.array([result.outputs[0].argmax() for result in demo.results])
    right = int((classes == demo.inputs.labels).sum())
    return f"{right / len(classes):.1%}, {right} of {len(classes)} {demo.inputs.what}"


def memory(total: int, parts: Mapping[str, int], available: int) -> str:
    """Say how many bytes are needed of how many, and for what."""
    details = ", ".join(f"{part} {nbytes:,}" for part, nbytes in parts.items())
    return f"{total:,} of {available:,} bytes ({details})"


def work(demo: Demo) -> str:
    """Say how many instructions an inference takes."""
    macs = demo.firmware.report.model.macs
    counts = {result.instructions for result in demo.results if result.instructions is not None}
    if not counts:
        return "unknown: no C compiler to build the counter with"
    spread = f"{min(counts):,}" if len(counts) == 1 else f"{min(counts):,} to {max(counts):,}"
    ratio = f", {max(counts) / macs:.1f} per multiply-accumulate" if macs else ""
    return f"{spread} per inference{ratio}"


def table(demo: Demo) -> Table:
    """Give everything in one table."""
    board, report = demo.firmware.board, demo.firmware.report
    sram, flash = report.sram, report.flash
    shown = Table(
        title=f"{report.model.file} on {board.title}, emulated by {demo.results[0].emulator}",
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
    parts = {"arena": sram.arena, "static": sram.static, "stack": sram.stack}
    shown.add_row("SRAM", memory(sram.total, parts, ram))
    parts = {
        "code": flash.code,
        "weights": flash.weights,
        "other constants": flash.other_constants,
    }
    shown.add_row("flash", memory(flash.total, parts, board.flash.nbytes))
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
        model = arguments.model.resolve()
        check_count(model, arguments.samples)
        output = arguments.output or Path("build/demo") / f"{model.stem}-{arguments.board}"
        demo = run_demo(model, arguments.board, arguments.samples, output)
        console = Console(highlight=False)
        console.print(table(demo))
        console.print(f"firmware, C sources and report.json are in {output}", soft_wrap=True)
        wrong = [whom for whom, flags in demo.agreements.items() if not all(flags)]
        if wrong:
            raise WrongResultError(
                arguments.board, f"the outputs differ from {' and '.join(wrong)}"
            )
    except TinyEngineError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
