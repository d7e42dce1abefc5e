"""What values activations take when samples run: extremes, extremes by channel, histograms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Graph, Tensor
from tinyengine.reference.floats import Floats, is_batchable, stream_float

BINS = 2048

_GREATEST = 1e12
"""Magnitudes from here on are no signal: training has diverged, or samples are wrong."""

_BATCH_NBYTES = 96 << 20
"""About how much memory the activations of one batch may take."""

_USUAL = 95
"""The percentile of the samples whose extremes count as usual."""

_BEYOND = 8.0
"""How many times the usual extremes histograms reach; rarer values are counted at their ends."""


@dataclass(slots=True, eq=False)
class Observation:
    """What one activation has been: its extremes, by channel and sample, and histograms.

    The BINS bins divide `span` evenly. `counts` are values; `shares` weigh each value by the
    energy of its sample, so that all samples count alike, however large their values are.
    """

    low: float = np.inf
    high: float = -np.inf
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)
    reaches: list[Floats] = field(default_factory=list)
    counts: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    shares: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))

    def extend(self, values: Floats) -> None:
        """Take in values, [samples, ..., channels]."""
        flat = _by_sample(values)
        self.lows += [float(each.min()) for each in flat]
        self.highs += [float(each.max()) for each in flat]
        self.low, self.high = min(self.lows), max(self.highs)
        self.reaches.append(np.abs(flat).max(axis=1))

    def count(self, values: Floats) -> None:
        """Count values into the histograms; the extremes must be known."""
        low, high = self.span
        if high <= low:
            return
        flat = _by_sample(values)
        flat = flat.reshape(len(flat), -1)
        scaled = (flat - np.float32(low)) * np.float32(BINS / (high - low))
        index = np.clip(scaled, 0, BINS - 1).astype(np.int64)
        energies = np.einsum("ij,ij->i", flat, flat) + 1e-12
        for row, energy in zip(index, energies, strict=True):
            found = np.bincount(row, minlength=BINS)
            self.counts += found
            self.shares += found / float(energy)

    @property
    def centers(self) -> npt.NDArray[np.float64]:
        """The middle of every bin."""
        low, high = self.span
        width = (high - low) / BINS
        return np.asarray(low + width * (np.arange(BINS) + 0.5), np.float64)

    @property
    def span(self) -> tuple[float, float]:
        """The ends of the histograms: all values, or what is not far beyond the usual."""
        low, high = self.usual(_USUAL)
        reach = _BEYOND * max(high, -low)
        return max(self.low, -reach), min(self.high, reach)

    def usual(self, percentile: float) -> tuple[float, float]:
        """Give a range around zero that is not left in `percentile` percent of the samples.

        Each side by itself: a sample whose values are huge does not count with their size.
        """
        low = float(np.percentile(self.lows, 100 - percentile))
        high = float(np.percentile(self.highs, percentile))
        return min(low, 0.0), max(high, 0.0)

    @property
    def usual_reach(self) -> Floats:
        """The greatest magnitude of every channel in all but the most unusual samples."""
        reaches = np.concatenate(self.reaches)
        return np.asarray(np.percentile(reaches, _USUAL, axis=0), np.float32)


def _by_sample(values: Floats) -> Floats:
    """Give values as [samples, positions, channels]."""
    if values.ndim < 2:
        return values.reshape(1, 1, -1)
    return values.reshape(len(values), -1, values.shape[-1])


def batches(graph: Graph, samples: Sequence[Floats]) -> Iterator[tuple[Floats, ...]]:
    """Give the samples, [count, ...] for each input of `graph`, in batches that fit memory."""
    count = len(samples[0])
    largest = max((op.output.elements for op in graph.ops), default=1) * 4
    size = max(1, min(64, _BATCH_NBYTES // (8 * largest))) if is_batchable(graph) else 1
    for start in range(0, count, size):
        yield tuple(
            each[start : start + size].reshape(-1, *edge.tensor.shape[1:])
            if edge.tensor.shape
            else each[start]
            for each, edge in zip(samples, graph.inputs, strict=True)
        )


@np.errstate(over="ignore", invalid="ignore")
def observe(
    graph: Graph, samples: Sequence[Floats], *, histograms: bool
) -> Mapping[Tensor, Observation]:
    """Run `samples` and give what every activation has been.

    Raises ModelError where an operator computes what is not finite, or beyond all scales.
    """
    seen: dict[Tensor, Observation] = {}
    for batch in batches(graph, samples):
        for tensor, values in _values(graph, batch):
            seen.setdefault(tensor, Observation()).extend(values)
    if histograms:
        for batch in batches(graph, samples):
            for tensor, values in _values(graph, batch):
                seen[tensor].count(values)
    return seen


def _values(graph: Graph, batch: tuple[Floats, ...]) -> Iterator[tuple[Tensor, Floats]]:
    for edge, values in zip(graph.inputs, batch, strict=True):
        yield edge.tensor, values
    for op, _, result in stream_float(graph, batch):
        greatest = float(np.abs(result).max(initial=0.0))
        if not greatest < _GREATEST:
            raise ModelError(
                f"{graph.name}: {op.source}",
                f"it computes {greatest:g} on these samples",
                "are its weights sound, and do the samples have the range that it takes?",
            )
        yield op.output, result
