"""The range of every activation, from what was observed, and its scale and zero point."""

from collections.abc import Callable, Mapping
from typing import assert_never

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Quantization, Tensor
from tinyengine.quantize.observe import Observation
from tinyengine.quantize.settings import Activations, Calibration, Settings
from tinyengine.quantize.structure import FIXED_INT16, Range, Structure

_STEPS = 256
_SHRINKS = np.linspace(0.5, 1.0, 33)
"""What part of an observed side of zero is tried as the range's side."""

_NEAR = 1.25
"""Samples that leave the usual range by up to this factor are not cut."""

_LEAST_SPAN = 1e-6

Doubles = npt.NDArray[np.float64]

Loss = Callable[[Observation, Doubles, Doubles], Doubles]
"""What candidate ranges lose of what was observed: lows and highs, [n] each, to [n]."""


def choose_ranges(
    structure: Structure, observations: Mapping[Tensor, Observation], settings: Settings
) -> Mapping[Tensor, Range]:
    """Give the range of every activation; those that share a scale share their range."""
    joined: dict[Tensor, Range] = {}
    for tensor, group in structure.group_of.items():
        found = _range_of(observations[tensor], settings)
        if tensor in structure.bounds:
            found = found.within(structure.bounds[tensor])
        joined[group] = joined[group].joined(found) if group in joined else found
    is_wide = settings.activations is Activations.INT16
    fixed = dict.fromkeys(structure.fixed, FIXED_INT16) if is_wide else structure.fixed
    return {
        tensor: fixed.get(tensor, joined[group]) for tensor, group in structure.group_of.items()
    }


def quantization_of(wanted: Range, activations: Activations = Activations.INT8) -> Quantization:
    """Give the scale and zero point whose steps cover `wanted`, zero exactly.

    The scale is a float32 value. The zero point of int8 is the integer nearest to where zero lies,
    that of int16 is 0.
    """
    if activations is Activations.INT16:
        reach = max(-wanted.low / 2**15, wanted.high / (2**15 - 1), _LEAST_SPAN / 2**16)
        return Quantization(scale=(float(np.float32(reach)),), zero_point=(0,))
    span = max(wanted.high - wanted.low, _LEAST_SPAN)
    scale = float(np.float32(span / (_STEPS - 1)))
    zero_point = int(np.clip(round(-128 - wanted.low / scale), -128, 127))
    return Quantization(scale=(scale,), zero_point=(zero_point,))


def _range_of(seen: Observation, settings: Settings) -> Range:
    whole = Range(low=min(seen.low, 0.0), high=max(seen.high, 0.0))
    usual = _usual(seen, settings.percentile)
    match settings.calibration:
        case Calibration.MINMAX:
            return whole
        case Calibration.PERCENTILE:
            return usual
        case Calibration.MSE:
            return _least(seen, usual, _squared_errors)
        case Calibration.ENTROPY:
            return _least(seen, usual, _divergences)
        case _:
            assert_never(settings.calibration)


def _usual(seen: Observation, percentile: float) -> Range:
    """Give the range that is not left in `percentile` percent of the samples, or hardly."""
    low, high = seen.usual(percentile)
    lows, highs = np.asarray(seen.lows), np.asarray(seen.highs)
    return Range(
        low=float(lows[lows >= _NEAR * low].min(initial=low)),
        high=float(highs[highs <= _NEAR * high].max(initial=high)),
    )


def _least(seen: Observation, whole: Range, loss: Loss) -> Range:
    """Give the range of the least loss: both sides shrunk together, then each alone."""
    if not seen.counts.any():
        return whole
    lows, highs = whole.low * _SHRINKS, whole.high * _SHRINKS
    best = int(np.argmin(loss(seen, lows, highs)))
    low, high = lows[best], highs[best]
    for _ in range(2):
        if whole.low < 0 < whole.high:
            low = lows[int(np.argmin(loss(seen, lows, np.full_like(lows, high))))]
            high = highs[int(np.argmin(loss(seen, np.full_like(highs, low), highs)))]
    return Range(low=float(low), high=float(high))


def _squared_errors(seen: Observation, lows: Doubles, highs: Doubles) -> Doubles:
    """Give the mean squared error of rounding to 256 steps and clipping, for [n] ranges.

    Errors are relative to the energy of their sample.
    """
    scale = np.maximum((highs - lows) / (_STEPS - 1), _LEAST_SPAN)[:, None]
    x = seen.centers[None, :]
    steps = np.clip(np.round((x - lows[:, None]) / scale), 0, _STEPS - 1)
    zero = np.round(-lows[:, None] / scale)  # zero is one of the steps
    errors = (steps - zero) * scale - x
    return np.asarray((errors**2 * seen.shares).sum(axis=1) / seen.shares.sum())


def _divergences(seen: Observation, lows: Doubles, highs: Doubles) -> Doubles:
    """Give for [n] ranges the divergence of what is left from what was observed.

    Source: Migacz, "8-bit inference with TensorRT" (2017): values beyond the range are counted at
    its ends; each step spreads its count evenly over the bins in it that are not empty.
    """
    return np.array([_divergence(seen, *each) for each in zip(lows, highs, strict=True)])


def _divergence(seen: Observation, low: float, high: float) -> float:
    centers, counts = seen.centers, seen.counts
    inside = (centers >= low) & (centers <= high)
    if inside.sum() < 2:
        return np.inf
    kept = counts[inside]
    clipped = kept.copy()
    clipped[0] += counts[centers < low].sum()
    clipped[-1] += counts[centers > high].sum()
    step = np.minimum((np.arange(len(kept)) * _STEPS) // len(kept), _STEPS - 1)
    filled = (kept > 0).astype(np.float64)
    totals, places = np.bincount(step, kept, _STEPS), np.bincount(step, filled, _STEPS)
    spread = np.where(kept > 0, (totals / np.maximum(places, 1))[step], 0)
    p = clipped / clipped.sum()
    q = np.maximum(spread / max(spread.sum(), 1e-12), 1e-12)
    return float(np.sum(p[p > 0] * np.log(p[p > 0] / q[p > 0])))
