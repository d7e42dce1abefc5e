"""How a network is quantized: the knobs, all with the values that do best on most networks."""

from dataclasses import dataclass
from enum import Enum


class Calibration(Enum):
    """How the range of an activation is taken from what was observed."""

    MINMAX = "minmax"
    """All that was observed."""

    PERCENTILE = "percentile"
    """What is not left, on either side, in that share of the samples."""

    ENTROPY = "entropy"
    """The part of that range that loses least information (Kullback-Leibler divergence)."""

    MSE = "mse"
    """The part of that range with the least squared error of rounding and clipping together."""


class Rounding(Enum):
    """How weights become integers."""

    NEAREST = "nearest"
    """Each to the nearest integer."""

    COMPENSATED = "compensated"
    """One after the other, each error passed on to the weights that are still to be rounded."""


class Weights(Enum):
    """What weights are held in."""

    INT8 = "int8"
    INT4 = "int4"
    """Two in a byte; those of depthwise convolutions, which are few, stay int8."""


class Activations(Enum):
    """What activations are held in."""

    INT8 = "int8"
    INT16 = "int16"
    """Symmetric, beside int8 weights and int64 biases: TFLite's 16x8 scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One way to quantize a network.

    `percentile` is the share of samples, in percent, that Calibration.PERCENTILE and those built on
    it leave whole; they go up to a quarter further where samples do. With `equalize` channels are
    scaled so that they fill the ranges they share; with `correct` biases take up the mean error of
    rounding.
    """

    calibration: Calibration = Calibration.PERCENTILE
    percentile: float = 90.0
    equalize: bool = True
    correct: bool = True
    rounding: Rounding = Rounding.COMPENSATED
    weights: Weights = Weights.INT8
    activations: Activations = Activations.INT8

    def __str__(self) -> str:
        """Give the settings in a few words."""
        method = self.calibration.value
        if self.calibration is Calibration.PERCENTILE:
            method += f" {self.percentile:g}"
        words = [method]
        words += ["equalized"] if self.equalize else []
        words += ["corrected"] if self.correct else []
        words += ["compensated"] if self.rounding is Rounding.COMPENSATED else []
        words += ["int4 weights"] if self.weights is Weights.INT4 else []
        words += ["int16 activations"] if self.activations is Activations.INT16 else []
        return ", ".join(words)


DEFAULTS = Settings()
"""What does best on most networks."""
