"""Compare a product's firmware with the references, byte by byte."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyengine.errors import ToolError, WrongResultError
from tinyengine.ir import Array, Graph
from tinyengine.product.infer import Ports
from tinyengine.product.open import Place, open_product
from tinyengine.product.product import Product
from tinyengine.reference import run as run_reference
from tinyengine.reference.interpreter import has_interpreter, refusal, run_interpreter
from tinyengine.reference.onnxruntime import has_onnxruntime, run_onnxruntime
from tinyengine.run import RunResult, can_trace_writes
from tinyengine.run.edges import Port, from_device


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How many of all output values are those of onnxruntime, or why it was not asked."""

    equal: int = 0
    values: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the samples showed; `mismatches` says where bytes differed.

    `references` are what every output byte was compared with: `numpy`, and `interpreter` where
    TFLite's is installed and takes the model; `refused` is why it does not, empty where it does or
    was not asked. `instructions` are those of each sample, where they are counted; `stack` is the
    most that one of them used, in bytes. `writes_traced`: in the first sample the model wrote
    nothing but its arena and its stack. `agreement` is that with onnxruntime, of ONNX files where
    it is installed: it is told, not asked for. `measured_ms` are the milliseconds of each sample on
    a real board, whose clock was `clock_hz` then; none in an emulator.
    """

    samples: int
    references: tuple[str, ...]
    refused: str
    emulator: str
    instructions: tuple[int, ...]
    stack: int
    writes_traced: bool
    mismatches: tuple[str, ...]
    agreement: "Agreement | None" = None
    measured_ms: tuple[float, ...] = ()
    clock_hz: int | None = None

    @property
    def bit_exact(self) -> bool:
        """True where every output byte was right."""
        return not self.mismatches

    def check(self, where: str) -> None:
        """Raise WrongResultError about `where` unless every output byte was right."""
        if self.mismatches:
            raise WrongResultError(where, self.mismatches[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """What firmware is compared with: the graph as imported, and the file for the interpreter.

    `content` is empty where that takes no files of this format; `onnx` is the file of ONNX.
    """

    graph: Graph
    content: bytes
    onnx: Path | None = None


def validate_product(
    product: Product, model: Model, place: Place, samples: Sequence[Sequence[Array]]
) -> Verdict:
    """Run all samples; the first with its writes traced, where the emulator can do that."""
    is_asked = has_interpreter() and bool(model.content)
    refused = refusal(model.content) if is_asked else ""
    asked = is_asked and not refused
    traced = can_trace_writes(place.on(product.board))
    results = _run(product, place, samples, traced=traced)
    ports, mismatches = Ports.of(product), []
    for index, (sample, result) in enumerate(zip(samples, results, strict=True)):
        where = f"sample {index}"
        mismatches += _not_the_references(where, ports, model.graph, sample, result)
        if asked:
            mismatches += _not_the_interpreters(where, ports, model.content, sample, result)
    return Verdict(
        samples=len(samples),
        references=("numpy", "interpreter") if asked else ("numpy",),
        refused=refused,
        emulator=results[0].emulator.value,
        instructions=tuple(r.instructions for r in results if r.instructions is not None),
        stack=max(result.stack_nbytes for result in results),
        writes_traced=traced,
        mismatches=tuple(mismatches),
        agreement=_agreement(model, ports, samples, results),
        measured_ms=tuple(r.measured_ms for r in results if r.measured_ms is not None),
        clock_hz=results[0].clock_hz,
    )


def _agreement(
    model: Model,
    ports: Ports,
    samples: Sequence[Sequence[Array]],
    results: Sequence[RunResult],
) -> Agreement | None:
    """Count the output values that are onnxruntime's; None where it is not there to be asked."""
    if model.onnx is None or not has_onnxruntime():
        return None
    given = [
        [from_device(array.tobytes(), port) for array, port in zip(each, ports.inputs, strict=True)]
        for each in samples
    ]
    try:
        expected = run_onnxruntime(model.onnx, given)
    except ToolError as error:
        return Agreement(refused=error.problems[0].problem)
    pairs = [
        (from_device(data, port), array)
        for result, arrays in zip(results, expected, strict=True)
        for data, port, array in zip(result.outputs, ports.outputs, arrays, strict=True)
    ]
    equal = sum(int(np.count_nonzero(mine == theirs)) for mine, theirs in pairs)
    return Agreement(equal=equal, values=sum(mine.size for mine, _ in pairs))


def _run(
    product: Product, place: Place, samples: Sequence[Sequence[Array]], *, traced: bool
) -> list[RunResult]:
    """Run all samples; with `traced`, the first of them with its writes traced."""
    first = 1 if traced else 0
    results: list[RunResult] = []
    for part, trace in ((samples[:first], True), (samples[first:], False)):
        if part:
            with open_product(product, place, trace_writes=trace) as runner:
                results += [runner.infer([array.tobytes() for array in sample]) for sample in part]
    return results


def is_exact(graph: Graph, inputs: Sequence[Array], result: RunResult) -> bool:
    """Tell whether every output byte is that of the reference."""
    expected = run_reference(graph, inputs)
    return all(
        array.tobytes() == data for array, data in zip(expected, result.outputs, strict=True)
    )


def _not_the_references(
    where: str, ports: Ports, graph: Graph, sample: Sequence[Array], result: RunResult
) -> list[str]:
    """Say in which outputs, and where in them, the result is not the numpy reference's."""
    expected = run_reference(graph, sample)
    found = [
        _difference(where, port, data, array)
        for port, data, array in zip(ports.outputs, result.outputs, expected, strict=True)
    ]
    return [text for text in found if text]


def _not_the_interpreters(
    where: str, ports: Ports, content: bytes, sample: Sequence[Array], result: RunResult
) -> list[str]:
    """Say which outputs are not those of the TFLite interpreter."""
    given = [
        from_device(array.tobytes(), port) for array, port in zip(sample, ports.inputs, strict=True)
    ]
    expected = run_interpreter(content, given)
    return [
        f"{where}: '{port.name}' is not the interpreter's"
        for port, data, array in zip(ports.outputs, result.outputs, expected, strict=True)
        if not np.array_equal(from_device(data, port), array)
    ]


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
