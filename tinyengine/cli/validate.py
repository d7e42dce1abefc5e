"""`tinyengine validate`: compare the emulated board with the references, byte by byte."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer

from tinyengine.board import load_board
from tinyengine.cli.console import add_row, out, print_json, progress, reported, table
from tinyengine.cli.options import (
    BoardOption,
    EmulatorOption,
    FlashOption,
    JsonOption,
    ModelArgument,
    ObjectiveOption,
    PortOption,
    Schedule,
    ScheduleOption,
    SignatureOption,
    SramOption,
    StreamOption,
    SubgraphOption,
)
from tinyengine.cli.run import random_inputs
from tinyengine.compiler import Compiled, Options, compile_model
from tinyengine.errors import WrongResultError
from tinyengine.importers import NetworkChoice, interpreted
from tinyengine.ir import Array
from tinyengine.product.pipeline import Place, Product, make_product_within_budget, open_product
from tinyengine.reference import run as run_reference
from tinyengine.reference.interpreter import has_interpreter, refusal, run_interpreter
from tinyengine.report.report import Json
from tinyengine.run import RunResult, can_trace_writes
from tinyengine.run.edges import Port, from_device
from tinyengine.schedule import Objective


@dataclass(slots=True)
class Verdict:
    """What the samples showed; `mismatches` says where bytes differed.

    `instructions` are those of each sample, where they are counted.
    `refused` is why the interpreter does not take the model, empty where it was not asked or does.
    `writes_traced`: in the first sample the model wrote nothing but its arena and its stack.
    """

    samples: int
    references: tuple[str, ...]
    refused: str = ""
    emulator: str = ""
    instructions: list[int] = field(default_factory=list)
    stack: int = 0
    writes_traced: bool = False
    mismatches: list[str] = field(default_factory=list)


@reported
def validate_command(
    model: ModelArgument,
    board: BoardOption,
    samples: Annotated[
        int, typer.Option(min=1, max=10_000, metavar="N", help="Random inputs to try.")
    ] = 5,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the random inputs.")] = 0,
    emulator: EmulatorOption = None,
    port: PortOption = None,
    sram: SramOption = None,
    flash: FlashOption = None,
    objective: ObjectiveOption = Objective.BALANCED,
    schedule: ScheduleOption = Schedule.AUTO,
    stream_input: StreamOption = False,
    signature: SignatureOption = None,
    subgraph: SubgraphOption = None,
    json: JsonOption = False,
) -> None:
    """Compile a model, run random inputs on the emulated board and compare every output byte."""
    place = Place(emulator=emulator, port=port)
    options = Options(
        board=load_board(board),
        sram=sram,
        flash=flash,
        objective=objective,
        layers_only=schedule is Schedule.LAYER,
        stream_input=stream_input,
        network=NetworkChoice(signature=signature, subgraph=subgraph),
    )
    with TemporaryDirectory(prefix="tinyengine-") as scratch:
        with progress(f"compiling {model.name}") as watch:
            compiled = compile_model(model, options, watch=watch)
        compiled, product = make_product_within_budget(model, compiled, Path(scratch))
        with progress(f"validating {samples} samples"):
            inputs = _draw(product, samples, seed)
            verdict = _validate(
                interpreted(model, options.network), compiled, product, place, inputs
            )
    if json:
        print_json(_as_json(product, verdict))
    else:
        _show(product, verdict)
    if verdict.mismatches:
        raise WrongResultError(model.name, verdict.mismatches[0])


def _draw(product: Product, samples: int, seed: int) -> list[list[Array]]:
    rng = np.random.default_rng(seed)
    ports = [Port.from_report(entry) for entry in product.report["inputs"]]
    return [random_inputs(ports, rng) for _ in range(samples)]


def _validate(
    model: bytes,
    compiled: Compiled,
    product: Product,
    place: Place,
    inputs: Sequence[Sequence[Array]],
) -> Verdict:
    """Run all samples; the first with its writes traced, where the emulator can do that."""
    refused = refusal(model) if has_interpreter() else ""
    references = ("numpy", "interpreter") if has_interpreter() and not refused else ("numpy",)
    verdict = Verdict(samples=len(inputs), references=references, refused=refused)
    verdict.writes_traced = can_trace_writes(place.on(product.board))
    rest = list(enumerate(inputs))
    first = [rest.pop(0)] if verdict.writes_traced else []
    for samples, trace in ((first, True), (rest, False)):
        if not samples:
            continue
        with open_product(product, place, trace_writes=trace) as runner:
            for index, sample in samples:
                result = runner.infer([array.tobytes() for array in sample])
                verdict.emulator = result.emulator.value
                verdict.instructions += [] if result.instructions is None else [result.instructions]
                verdict.stack = max(verdict.stack, result.stack_nbytes)
                expected = run_reference(compiled.graph, sample)
                found = _differences(f"sample {index}", product, result, expected)
                if "interpreter" in references:
                    found += _not_the_interpreters(
                        f"sample {index}", product, result, model, sample
                    )
                verdict.mismatches += found
    return verdict


def _differences(
    where: str, product: Product, result: RunResult, expected: Sequence[Array]
) -> list[str]:
    """Say in which outputs, and where in them, the result is not the reference's."""
    found = [
        _difference(where, Port.from_report(entry), data, array)
        for entry, data, array in zip(
            product.report["outputs"], result.outputs, expected, strict=True
        )
    ]
    return [text for text in found if text]


def _difference(where: str, port: Port, data: bytes, expected: Array) -> str:
    """Say where the bytes of one output differ from the reference's; empty if nowhere."""
    got = np.frombuffer(data, expected.dtype).reshape(expected.shape)
    wrong = np.argwhere(got != expected)
    if not len(wrong):
        return ""
    first = tuple(wrong[0].tolist())
    return (
        f"{where}: output '{port.name}' differs from the reference in {len(wrong)} of "
        f"{expected.size} values, first at {list(first)}: {got[first]}, not {expected[first]}"
    )


def _not_the_interpreters(
    where: str, product: Product, result: RunResult, model: bytes, sample: Sequence[Array]
) -> list[str]:
    """Say which outputs are not those of the TFLite interpreter."""
    sources = [Port.from_report(entry) for entry in product.report["inputs"]]
    ports = [Port.from_report(entry) for entry in product.report["outputs"]]
    given = [
        from_device(array.tobytes(), port) for array, port in zip(sample, sources, strict=True)
    ]
    expected = run_interpreter(model, given)
    return [
        f"{where}: '{port.name}' is not the interpreter's"
        for port, data, array in zip(ports, result.outputs, expected, strict=True)
        if not np.array_equal(from_device(data, port), array)
    ]


def _as_json(product: Product, verdict: Verdict) -> Json:
    report = product.report
    return {
        "model": report["model"]["name"],
        "board": report["board"],
        "emulator": verdict.emulator,
        "samples": verdict.samples,
        "references": list(verdict.references),
        "interpreter_refusal": verdict.refused or None,
        "bit_exact": not verdict.mismatches,
        "mismatches": verdict.mismatches,
        "writes_traced": verdict.writes_traced,
        "instructions": verdict.instructions[0] if verdict.instructions else None,
        "stack": verdict.stack,
        "sram": report["sram"],
        "flash": report["flash"],
    }


def spread(numbers: Sequence[int]) -> str:
    """Give the least and the greatest, or the one that all are."""
    least, greatest = min(numbers), max(numbers)
    return f"{least:,}" if least == greatest else f"{least:,} to {greatest:,} per inference"


def _show(product: Product, verdict: Verdict) -> None:
    report = product.report
    rows = table("", "")
    add_row(rows, "board", f"{report['board']} ({verdict.emulator})")
    add_row(rows, "samples", f"{verdict.samples}")
    add_row(rows, "compared with", " and ".join(verdict.references))
    if verdict.refused:
        add_row(rows, "interpreter", f"refuses the model: {verdict.refused}")
    add_row(rows, "bit-exact", "no" if verdict.mismatches else "yes, every output byte")
    if verdict.writes_traced:
        add_row(rows, "writes", "traced: only to the arena and the stack")
    add_row(rows, "SRAM", f"{report['sram']['total']:,} bytes")
    add_row(rows, "flash", f"{report['flash']['total']:,} bytes")
    if verdict.instructions:
        add_row(rows, "instructions", spread(verdict.instructions))
    if any(entry["dtype"] != entry["model_dtype"] for entry in report["inputs"]):
        add_row(rows, "edges", "float32 in the model; the host converts")
    out.print(rows)
    for text in verdict.mismatches[:5]:
        out.print(text, markup=False)
