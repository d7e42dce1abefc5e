"""Fit what a kernel costs to what was measured on its samples, as sums of few terms."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from tinyengine.kernels.choose.selection import analytic_instructions
from tinyengine.kernels.cost.measured import TERMS, class_of, terms_of
from tinyengine.report.codec import Json
from tinyengine.tune.measure import Sample

_GAIN = 0.95
"""What is left of the squared error at most when one more term is worth having."""


def fit_rows(measured: Sequence[Sample]) -> list[Json]:
    """Give the rows of the table for what was measured on one kernel, a row per class of shapes."""
    classes: dict[str, list[Sample]] = {}
    for sample in measured:
        classes.setdefault(class_of(sample.op, sample.kernel), []).append(sample)
    return [_row(name, group) for name, group in classes.items()]


def _row(name: str, group: Sequence[Sample]) -> Json:
    kernel = group[0].kernel
    sizes = [terms_of(s.op, analytic_instructions(s.op, s.kernel)) for s in group]
    terms = np.array([[size[term] for term in TERMS] for size in sizes], float)
    instructions = np.array([sample.cost.instructions for sample in group], float)
    factors, worst = fit(terms, instructions)
    cycles = [sample.cycles for sample in group if sample.cycles is not None]
    return {
        "kernel": kernel.function,
        "op": kernel.op.__name__,
        "reads": kernel.reads.value,
        "writes": kernel.writes.value,
        "class": name,
        "samples": len(group),
        "worst": round(worst, 4),
        "instructions": _named(factors),
        **({"cycles": _named(fit(terms, np.array(cycles))[0])} if cycles else {}),
        "cycles_per_instruction": round(sum(cycles) / instructions.sum(), 3) if cycles else None,
    }


def _named(factors: npt.NDArray[np.float64]) -> Json:
    """Give the factors that are not 0 by their terms."""
    pairs = zip(TERMS, factors, strict=True)
    return {term: float(f"{factor:.4g}") for term, factor in pairs if factor > 0}


def fit(
    terms: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], float]:
    """Give factors ≥ 0 with which `terms` [samples, terms] sum to `values` [samples], about.

    The sum of the squared errors, as shares, is the least of all choices of at most half as many
    terms as there are samples; one more term must lessen it by a twentieth at least. The second
    value is the largest error, as a share.
    """
    count = terms.shape[1]
    scaled = terms / values[:, None]
    best, least = np.zeros(count), np.inf
    for size in range(1, min(count, max(len(values) // 2, 1)) + 1):
        error, found = min(
            (_solve(scaled, chosen) for chosen in combinations(range(count), size)),
            key=lambda solved: solved[0],
        )
        if error < _GAIN * least:
            best, least = found, error
    return best, float(np.abs(scaled @ best - 1).max())


def _solve(
    scaled: npt.NDArray[np.float64], chosen: tuple[int, ...]
) -> tuple[float, npt.NDArray[np.float64]]:
    """Give the sum of squared errors and the factors of the `chosen` terms; infinite below 0."""
    part = scaled[:, chosen]
    solution = np.linalg.lstsq(part, np.ones(len(scaled)), rcond=None)[0]
    factors = np.zeros(scaled.shape[1])
    factors[list(chosen)] = solution
    error = float(np.square(part @ solution - 1).sum())
    return (error if (solution >= 0).all() else np.inf), factors
