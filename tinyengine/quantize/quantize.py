"""Quantize a float graph: calibrate, equalize, choose ranges, round, write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.errors import UsageError
from tinyengine.ir import DType, Graph, Op, Tensor
from tinyengine.quantize.emit import check_clamps, write_tflite
from tinyengine.quantize.equalize import equalize
from tinyengine.quantize.observe import Observation, observe
from tinyengine.quantize.prepare import prepare
from tinyengine.quantize.ranges import choose_ranges
from tinyengine.quantize.refine import refine, rounded
from tinyengine.quantize.settings import Activations, Calibration, Settings, Weights
from tinyengine.quantize.structure import Range, Structure, Weighted, structure_of
from tinyengine.quantize.weights import RoundedWeights
from tinyengine.reference.floats import Floats, run_float

_REFINED_ON = 32
"""Samples that weights and biases are rounded on."""

_REFINED_VALUES = 1 << 24
"""Values of the largest activation in these samples: fewer are taken where it is large."""

Progress = Callable[[str], None]
"""Is told what is being done."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantized:
    """An int8 network beside the float one that it follows."""

    structure: Structure
    ranges: Mapping[Tensor, Range]
    weights: Mapping[Op, RoundedWeights]
    settings: Settings

    def to_tflite(self) -> bytes:
        """Give the TFLite file."""
        return write_tflite(self.structure, self.ranges, self.weights, self.settings.activations)

    def simulate(self, inputs: Sequence[Floats]) -> tuple[Floats, ...]:
        """Give the outputs in real numbers, each activation rounded as in int8.

        Close to the int8 network, and faster; its own rounding of sums is not in it.
        """
        graph = self.structure.graph
        carried = {clamp.input for clamp in self.structure.fused.values()}

        def hook(op: Op, values: Floats) -> Floats:
            """Give what the int8 network holds of what `op` computed."""
            if op.output in carried:
                return values
            return rounded(values, self.ranges[op.output], self.settings.activations)

        held = [
            rounded(x, self.ranges[edge.tensor], self.settings.activations)
            for x, edge in zip(inputs, graph.inputs, strict=True)
        ]
        return run_float(_with_weights(graph, self.weights), held, hook)


def check_widths(settings: Settings) -> None:
    """Raise UsageError where no interpreter has the widths."""
    if settings.weights is Weights.INT4 and settings.activations is Activations.INT16:
        raise UsageError(
            "--weights", "int4 does not go with --activations int16: no interpreter has both"
        )


def quantize(
    graph: Graph,
    samples: Sequence[Floats],
    settings: Settings | None = None,
    *,
    progress: Progress = lambda _: None,
) -> Quantized:
    """Quantize `graph`, on `samples` [count, ...] for each of its inputs.

    Raises:
        UsageError: samples do not fit the inputs, or are not finite; no interpreter has the widths.
        ModelError: something has no form in integers.
    """
    settings = settings or Settings()
    check_widths(settings)
    wants_histograms = settings.calibration is not Calibration.MINMAX
    progress("calibrating")
    calibrated = calibrate(graph, samples, equal=settings.equalize, histograms=wants_histograms)
    progress("choosing ranges, rounding weights")
    return finish(calibrated, samples, settings)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibrated:
    """A float graph that is prepared, and equalized or not, and what its activations have been."""

    graph: Graph
    seen: Mapping[Tensor, Observation]


def calibrate(
    graph: Graph, samples: Sequence[Floats], *, equal: bool, histograms: bool
) -> Calibrated:
    """Run samples through `graph`, with its channels made equal if `equal`.

    Raises like `quantize`. All but Calibration.MINMAX need `histograms`.
    """
    check_samples(graph, samples)
    graph = prepare(graph)
    seen = observe(graph, samples, histograms=histograms and not equal)
    if equal:
        graph = equalize(structure_of(graph), seen)
        seen = observe(graph, samples, histograms=histograms)
    return Calibrated(graph=graph, seen=seen)


def finish(calibrated: Calibrated, samples: Sequence[Floats], settings: Settings) -> Quantized:
    """Quantize what has been calibrated on `samples`: choose ranges, and round weights."""
    graph = calibrated.graph
    structure = structure_of(graph)
    if settings.activations is Activations.INT16:
        check_clamps(structure)
    ranges = choose_ranges(structure, calibrated.seen, settings)
    largest = max((op.output.elements for op in graph.ops), default=1)
    most = max(1, min(_REFINED_ON, _REFINED_VALUES // largest))
    few = [each[:: max(1, len(each) // most)][:most] for each in samples]
    weights = refine(structure, ranges, few, settings)
    return Quantized(structure=structure, ranges=ranges, weights=weights, settings=settings)


def check_samples(graph: Graph, samples: Sequence[Floats]) -> None:
    """Raise UsageError unless there are samples that `graph` can take."""
    if len(samples) != len(graph.inputs):
        raise UsageError(
            "--data", f"has samples for {len(samples)} inputs, the network has {len(graph.inputs)}"
        )
    for edge, each in zip(graph.inputs, samples, strict=True):
        shape = edge.tensor.shape
        if not len(each) or each[0].size != edge.tensor.elements:
            given = list(each.shape[1:]) if len(each) else "no samples"
            raise UsageError(
                "--data",
                f"input '{edge.name}' takes samples of {list(shape)}, these are {given}",
                hint="give an array [count, ...] with the input's own shape behind the count",
            )
        if not np.all(np.isfinite(each)):
            raise UsageError("--data", f"samples of '{edge.name}' hold values that are not finite")


def _with_weights(graph: Graph, weights: Mapping[Op, RoundedWeights]) -> Graph:
    """Give the float graph with the weights and biases that the int8 network has."""
    ops = (_with_made(op, weights[op]) if op in weights else op for op in graph.ops)
    return graph.with_ops(tuple(ops))


def _with_made(op: Op, made: RoundedWeights) -> Op:
    assert isinstance(op, Weighted), "only these have weights"
    bias = Tensor(name="bias", shape=made.bias.shape, dtype=DType.FLOAT32, data=made.bias)
    return replace(op, weight=replace(op.weight, data=made.floats), bias=bias)
