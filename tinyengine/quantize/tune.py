"""Search the settings that score best on samples that were not calibrated on.

Source: Lee et al., "Quantune: Post-training Quantization of Convolutional Neural Networks Using
Extreme Gradient Boosting for Fast Deployment" (2022), for the idea; here one knob is turned after
the other, from the defaults on, until none helps.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.ir import Graph
from tinyengine.quantize.data import Samples
from tinyengine.quantize.measure import Judge, Score, score
from tinyengine.quantize.observe import batches
from tinyengine.quantize.quantize import Calibrated, Quantized, calibrate, finish
from tinyengine.quantize.settings import Calibration, Rounding, Settings
from tinyengine.reference.floats import Floats, run_float

_FOLD = 3
"""One sample of so many is held out."""

_JUDGED_ON = 96
"""Samples that settings are judged on at most."""


_CLEARLY = 0.5
"""Decibels by which settings must be nearer to count as better: less is chance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """Settings, and how the network did with them on the samples that were held out."""

    settings: Settings
    score: Score


Watch = Callable[[Settings], None]
"""Is told which settings are tried."""


def tune(
    graph: Graph,
    samples: Samples,
    start: Settings,
    watch: Watch = lambda _: None,
    judge: Judge | None = None,
) -> tuple[Trial, ...]:
    """Try settings and give all trials, the chosen one first, the others by their score.

    A third of the samples is held out; with fewer than six, all serve for both.
    """
    few = samples.count < 2 * _FOLD
    held = (samples if few else samples.part(0, _FOLD)).at_most(_JUDGED_ON)
    used = samples if few else _without(samples, _FOLD)
    exact = outputs_of(graph, held)
    calibrated: dict[bool, Calibrated] = {}
    trials: dict[Settings, Trial] = {}

    def attempt(settings: Settings) -> Trial:
        """Quantize with `settings` and judge; each settings once."""
        if settings not in trials:
            watch(settings)
            equal = settings.equalize
            if equal not in calibrated:
                calibrated[equal] = calibrate(graph, used.inputs, equal=equal, histograms=True)
            made = finish(calibrated[equal], used.inputs, settings)
            found = simulated(made, held)
            judged = score(found, exact, held.labels, judge)
            trials[settings] = Trial(settings=settings, score=judged)
        return trials[settings]

    best = attempt(start)
    improved = True
    while improved:
        before = best
        for neighbour in _neighbours(best.settings):
            trial = attempt(neighbour)
            if _is_better(trial.score, best.score):
                best = trial
        improved = best is not before and len(trials) < 24
    rest = sorted(trials.values(), key=lambda each: each.score.order, reverse=True)
    return best, *(each for each in rest if each is not best)


def _is_better(one: Score, other: Score) -> bool:
    """Tell whether `one` is right more often, or as often and clearly nearer."""
    (right, near), (others_right, others_near) = one.order, other.order
    return right > others_right or (right == others_right and near > others_near + _CLEARLY)


def _neighbours(settings: Settings) -> Iterator[Settings]:
    for percentile in (50.0, 75.0, 90.0, 97.0):
        yield replace(settings, calibration=Calibration.PERCENTILE, percentile=percentile)
    for calibration in (Calibration.MSE, Calibration.ENTROPY, Calibration.MINMAX):
        yield replace(settings, calibration=calibration)
    yield replace(settings, equalize=not settings.equalize)
    yield replace(settings, correct=not settings.correct)
    other = Rounding.NEAREST if settings.rounding is Rounding.COMPENSATED else Rounding.COMPENSATED
    yield replace(settings, rounding=other)


def _without(samples: Samples, step: int) -> Samples:
    """Give all but every `step`-th sample."""
    kept = np.arange(samples.count) % step != 0
    labels = None if samples.labels is None else samples.labels[kept]
    return Samples(inputs=tuple(each[kept] for each in samples.inputs), labels=labels)


def outputs_of(graph: Graph, samples: Samples) -> tuple[Floats, ...]:
    """Give the outputs of the float network, [count, ...] each."""
    parts = [run_float(graph, batch) for batch in batches(graph, samples.inputs)]
    return _joined(parts, samples.count)


def simulated(made: Quantized, samples: Samples) -> tuple[Floats, ...]:
    """Give the outputs of the int8 network as simulated, [count, elements] each."""
    graph = made.structure.graph
    parts = [made.simulate(batch) for batch in batches(graph, samples.inputs)]
    return _joined(parts, samples.count)


def _joined(parts: list[tuple[Floats, ...]], count: int) -> tuple[Floats, ...]:
    joined = (
        np.concatenate([np.atleast_1d(each) for each in part]) for part in zip(*parts, strict=True)
    )
    return tuple(each.reshape(count, -1) for each in joined)
