"""Weights and biases as integers."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Array, DepthwiseConv2D, DType, Op, Quantization
from tinyengine.quantize.settings import Weights
from tinyengine.quantize.structure import Weighted
from tinyengine.reference.floats import Floats

Int8s = npt.NDArray[np.int8]
Doubles = npt.NDArray[np.float64]

_MOST_BIAS = 2**30
"""Biases stay below this, so that sums with them fit 32 bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundedWeights:
    """The weights of an operator, [channels] scales along `axis`, and the float bias.

    The weights lie in [-most, most]. `bias` is what the integer network adds, in real units;
    corrections are in it.
    """

    values: Int8s
    scales: Floats
    axis: int
    bias: Floats
    most: int = 127

    @property
    def dtype(self) -> DType:
        """What the file holds the weights in."""
        return DType.INT4 if self.most < 8 else DType.INT8

    @property
    def floats(self) -> Floats:
        """The weights that the integers stand for."""
        shape = [1] * self.values.ndim
        shape[self.axis] = -1
        return np.asarray(self.values * self.scales.reshape(shape), np.float32)

    def with_bias(self, bias: Floats) -> "RoundedWeights":
        """Give the same weights with another bias."""
        return replace(self, bias=bias)

    def quantization(self) -> Quantization:
        """Give the scales of the weights."""
        return Quantization(
            scale=tuple(float(scale) for scale in self.scales),
            zero_point=(0,) * len(self.scales),
            axis=self.axis,
        )

    def integer_bias(self, input_scale: float) -> npt.NDArray[np.int32]:
        """Give the bias in units of input scale times weight scale."""
        units = np.float64(input_scale) * self.scales.astype(np.float64)
        return np.asarray(np.round(self.bias / units), np.int32)


def most_of(op: Op, weights: Weights) -> int:
    """Give what the largest weight of `op` becomes."""
    return 7 if weights is Weights.INT4 and not isinstance(op, DepthwiseConv2D) else 127


def channel_axis(op: Op) -> int:
    """Give the axis of the weights along which the output channels lie."""
    return 3 if isinstance(op, DepthwiseConv2D) else 0


def weight_scales(op: Op, input_scale: float, bias: Floats, most: int = 127) -> Floats:
    """Give the scale of every output channel: the largest weight is `most`.

    Of int4 it may be cut, where all are nearer then. A scale is larger where the bias would not fit
    otherwise.
    """
    assert isinstance(op, Weighted), "only these have weights"
    axis = channel_axis(op)
    others = tuple(index for index in range(len(op.weight.shape)) if index != axis)
    reach = np.abs(op.weight.values).max(axis=others).astype(np.float64)
    for_bias = np.abs(bias) / (input_scale * _MOST_BIAS)
    if most < 8:
        reach = reach * _shrinks(np.moveaxis(op.weight.values, axis, 0), most)
    scales = np.maximum(reach / most, for_bias)
    known = scales[scales > 0]
    scales = np.where(scales > 0, scales, known.min() if known.size else 1.0)
    return np.asarray(np.maximum(scales, np.finfo(np.float32).tiny * 2.0**40), np.float32)


def _shrinks(weights: Array, most: int) -> Doubles:
    """Give for [channels, ...] the part of the reach with the least squared error of rounding."""
    rows = weights.reshape(len(weights), -1).astype(np.float64)
    reach = np.abs(rows).max(axis=1, keepdims=True)
    steps = np.where(reach > 0, reach, 1.0) / most
    tried = np.linspace(0.5, 1.0, 26)
    errors = []
    for part in tried:
        scale = steps * part
        made = np.clip(np.round(rows / scale), -most, most) * scale
        errors.append(((made - rows) ** 2).sum(axis=1))
    return np.asarray(tried[np.argmin(errors, axis=0)])


def bias_of(op: Op) -> Floats:
    """Give the float bias of `op`, zeros where it has none."""
    assert isinstance(op, Weighted), "only these have weights"
    if op.bias is not None:
        return np.asarray(op.bias.values, np.float32)
    return np.zeros(op.weight.shape[channel_axis(op)], np.float32)


def round_nearest(op: Op, input_scale: float, weights: Weights = Weights.INT8) -> RoundedWeights:
    """Round every weight to the nearest integer."""
    assert isinstance(op, Weighted), "only these have weights"
    bias, axis, most = bias_of(op), channel_axis(op), most_of(op, weights)
    scales = weight_scales(op, input_scale, bias, most)
    shape = [1] * len(op.weight.shape)
    shape[axis] = -1
    steps = np.round(np.asarray(op.weight.values, np.float32) / scales.reshape(shape))
    values = np.asarray(np.clip(steps, -most, most), dtype=np.int8)
    return RoundedWeights(values=values, scales=scales, axis=axis, bias=bias, most=most)


def round_compensated(
    op: Op, input_scale: float, moments: Doubles, weights: Weights = Weights.INT8
) -> RoundedWeights:
    """Round the weights one after the other, and let those still to be rounded take up the error.

    `moments` are the second moments of what the weights are multiplied with: [k, k] for all
    output channels, or [channels, k, k] for depthwise and grouped operators.

    Source: Frantar et al., "GPTQ" (2023), algorithm 1, without its blocks.
    """
    plain = round_nearest(op, input_scale, weights)
    assert isinstance(op, Weighted), "only these have weights"
    depthwise = isinstance(op, DepthwiseConv2D)
    exact = op.weight.values.astype(np.float64)
    rows = exact.reshape(-1, exact.shape[3]).T if depthwise else exact.reshape(len(exact), -1)
    steps = _compensate(
        rows / plain.scales[:, None], moments if moments.ndim == 3 else moments[None], plain.most
    )
    values = steps.T.reshape(exact.shape) if depthwise else steps.reshape(exact.shape)
    return replace(plain, values=values.astype(np.int8))


def _compensate(rows: Doubles, moments: Doubles, most: int) -> Doubles:
    """Round `rows` [n, k], which are in steps, to [-most, most] under moments [n or 1, k, k]."""
    k = rows.shape[1]
    damping = 0.01 * np.trace(moments, axis1=1, axis2=2)[:, None, None] / k + 1e-12
    inverse = np.linalg.inv(moments + damping * np.eye(k))
    factor = np.linalg.cholesky(inverse).swapaxes(1, 2)  # upper: inverse = factor^T factor
    left, rounded = rows.copy(), np.empty_like(rows)
    for column in range(k):
        rounded[:, column] = np.clip(np.round(left[:, column]), -most, most)
        error = (left[:, column] - rounded[:, column]) / factor[:, column, column]
        left[:, column:] -= error[:, None] * factor[:, column, column:]
    return rounded
