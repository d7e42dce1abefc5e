"""Compare a product's firmware with the references, byte by byte."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinyengine.errors import ToolError, WrongResultError
from tinyengine.ir import Array, DetectionPostProcess, Graph, Tensor
from tinyengine.product.infer import Ports, Steps, infer_steps
from tinyengine.product.open import Place, open_product
from tinyengine.product.product import Product
from tinyengine.reference import run as run_reference
from tinyengine.reference.detection_rule import (
    Detector,
    agrees,
    detectors,
    is_near_tie,
    is_of_detector,
)
from tinyengine.reference.execute import execute, first_states
from tinyengine.reference.interpreter import has_interpreter, refusal, run_interpreter_steps
from tinyengine.reference.micro import (
    beyond_litert,
    has_micro,
    micro_takes,
    run_micro_steps,
    unlike_micro,
)
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
    """What the samples showed, each of so many `steps`; `mismatches` says where bytes differed.

    `references` are what every output byte was compared with: `numpy`, and `interpreter` where
    TFLite's is installed and takes the model; `refused` is why it does not, empty where it does or
    was not asked. Where it does not, `micro` is TensorFlow Lite Micro's, if it is installed.
    `instructions` are those of each step, where they are counted; `stack` is the most that one of
    them used, in bytes. `writes_traced`: in the first step of all the model wrote nothing but its
    arena and its stack. `agreement` is that with onnxruntime, of ONNX files where it is installed:
    it is told, not asked for. Where operators are not bit-exact the model `has_rule`: `box_steps`
    are the steps of box corners, of which the interpreter's may be one away, and in `near_ties`
    samples an overlap was so near the threshold that float32 decided otherwise. `measured_ms` are
    the milliseconds of each sample on a real board, whose clock was `clock_hz` then; none in an
    emulator.
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
    steps: int = 1
    has_rule: bool = False
    box_steps: tuple[float, ...] = ()
    near_ties: int = 0

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
    product: Product, model: Model, place: Place, samples: Sequence[Steps]
) -> Verdict:
    """Run all samples, of as many steps each.

    The first step of all is run with its writes traced, too, where the emulator can do that.
    """
    judge, refused = _judge(model)
    traced = can_trace_writes(place.on(product.board))
    if traced:
        _run(product, place, [samples[0][:1]], traced=True)
    runs = _run(product, place, samples, traced=False)
    ports, mismatches, near_ties = Ports.of(product), list[str](), 0
    for index, (steps, results) in enumerate(zip(samples, runs, strict=True)):
        where = f"sample {index}"
        mismatches += _not_the_references(where, ports, model.graph, steps, results)
        if judge:
            wrong = _not_the_interpreters(where, ports, (judge, model), steps, results)
            is_doubtful = bool(wrong) and _has_near_tie(model.graph, steps)
            near_ties += is_doubtful
            mismatches += [] if is_doubtful else wrong
    results = [result for each in runs for result in each]
    return Verdict(
        samples=len(samples),
        references=("numpy", judge) if judge else ("numpy",),
        refused=refused,
        emulator=results[0].emulator.value,
        instructions=tuple(r.instructions for r in results if r.instructions is not None),
        stack=max(result.stack_nbytes for result in results),
        writes_traced=traced,
        mismatches=tuple(mismatches),
        agreement=_agreement(model, ports, [step for each in samples for step in each], results),
        measured_ms=tuple(r.measured_ms for r in results if r.measured_ms is not None),
        clock_hz=results[0].clock_hz,
        steps=len(samples[0]),
        has_rule=bool(detectors(model.graph)),
        box_steps=tuple(op.output.scale for op in _post_processes(model.graph)),
        near_ties=near_ties,
    )


def _post_processes(graph: Graph) -> list[DetectionPostProcess]:
    return [op for op in graph.ops if isinstance(op, DetectionPostProcess)]


def _has_near_tie(graph: Graph, steps: Steps) -> bool:
    """Tell whether in a step the reference and float32 may decide differently about a box."""
    states = first_states(graph)
    for inputs in steps if detectors(graph) else ():
        values = execute(graph, inputs, states)
        if any(is_near_tie(op, [values[x] for x in op.activations]) for op in detectors(graph)):
            return True
    return False


def _judge(model: Model) -> tuple[str, str]:
    """Give whom to ask beside numpy, empty where nobody; and why TFLite's interpreter is not."""
    content = model.content
    is_asked = has_interpreter() and bool(content)
    refused = (beyond_litert(content) or refusal(content)) if is_asked else ""
    if is_asked and not refused:
        return "interpreter", ""
    if refused and has_micro() and not unlike_micro(model.graph) and micro_takes(content):
        return "micro", refused
    return "", refused


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
    product: Product, place: Place, samples: Sequence[Steps], *, traced: bool
) -> list[list[RunResult]]:
    """Run all samples, with their writes `traced` or not."""
    with open_product(product, place, trace_writes=traced) as runner:
        return [infer_steps(runner, steps) for steps in samples]


def are_exact(graph: Graph, steps: Steps, results: Sequence[RunResult]) -> list[bool]:
    """Tell of every step whether every output byte is that of the reference."""
    states = first_states(graph)
    expected = [run_reference(graph, inputs, states) for inputs in steps]
    return [
        tuple(array.tobytes() for array in arrays) == result.outputs
        for arrays, result in zip(expected, results, strict=True)
    ]


def _not_the_references(
    where: str, ports: Ports, graph: Graph, steps: Steps, results: Sequence[RunResult]
) -> list[str]:
    """Say in which outputs, and where in them, the results are not the numpy reference's."""
    states = first_states(graph)
    found = [
        _difference(_at(where, index, steps), port, data, array)
        for index, (inputs, result) in enumerate(zip(steps, results, strict=True))
        for port, data, array in zip(
            ports.outputs, result.outputs, run_reference(graph, inputs, states), strict=True
        )
    ]
    return [text for text in found if text]


def _not_the_interpreters(
    where: str,
    ports: Ports,
    judged: tuple[str, Model],
    steps: Steps,
    results: Sequence[RunResult],
) -> list[str]:
    """Say which outputs are not those of whom `_judge` named for the file, never reset.

    Those of operators that are not bit-exact must be as their rule says.
    """
    judge, model = judged
    given = [
        [from_device(array.tobytes(), port) for array, port in zip(each, ports.inputs, strict=True)]
        for each in steps
    ]
    run = run_micro_steps if judge == "micro" else run_interpreter_steps
    expected = run(model.content, given)
    states, wrong = first_states(model.graph), list[str]()
    for index, (result, arrays) in enumerate(zip(results, expected, strict=True)):
        is_ruled = bool(detectors(model.graph))
        values = execute(model.graph, steps[index], states) if is_ruled else {}
        outputs = zip(model.graph.output_tensors, ports.outputs, result.outputs, strict=True)
        wrong += [
            f"{_at(where, index, steps)}: '{output[1].name}' is not the interpreter's"
            for output, array in zip(outputs, arrays, strict=True)
            if not _is_right(is_of_detector(model.graph, output[0]), output, values, array)
        ]
    return wrong


def _is_right(
    op: Detector | None,
    output: tuple[Tensor, Port, bytes],
    values: Mapping[Tensor, Array],
    theirs: Array,
) -> bool:
    """Tell whether the firmware's bytes are the interpreter's array, or follow the rule of `op`."""
    tensor, port, data = output
    if op is None:
        return np.array_equal(from_device(data, port), theirs)
    ours = np.frombuffer(data, port.dtype.numpy).reshape(port.shape)
    return agrees(op, tensor, {**values, tensor: ours}, theirs)


def _at(where: str, index: int, steps: Steps) -> str:
    """Name a step of a sample that has several."""
    return where if len(steps) == 1 else f"{where}, step {index}"


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
