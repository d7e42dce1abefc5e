"""Integer semantics of functions of int16: LeakyRelu, Sigmoid and the softmax of int16.

Source: TensorFlow Lite, `kernels/activations.cc`, `kernels/internal/common.h` and, in
`kernels/internal/reference/`, `{leaky_relu,softmax}.h` and `integer_ops/{logistic,tanh}.h`; equal
to the interpreter bit for bit.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Array, DType, LeakyRelu, Sigmoid, Softmax
from tinyengine.reference import reduction
from tinyengine.reference.fixed_point import Ints, quantize_multiplier, requantize

Shorts = npt.NDArray[np.int16]

# -- LeakyRelu --------------------------------------------------------------------------------

Scaling = tuple[int, int]
"""A real factor as Q31 multiplier and shift (left positive)."""


def leaky_relu(op: LeakyRelu, x: Array) -> Array:
    """Give x where x ≥ 0 and alpha * x elsewhere, in the output's scale and clamp."""
    wide = x.astype(np.int64)
    positive, negative = leaky_relu_scaling(op)
    scaled = np.where(wide >= 0, requantize(wide, *positive), requantize(wide, *negative))
    return np.asarray(np.clip(scaled, op.act_min, op.act_max), np.int16)


def leaky_relu_scaling(op: LeakyRelu) -> tuple[Scaling, Scaling]:
    """Derive the factors of x ≥ 0 and of x < 0: ratios of float32 scales, taken as doubles."""
    ratio = float(np.float32(op.input.scale) / np.float32(op.output.scale))
    slope = np.float32(op.input.scale) * np.float32(op.alpha) / np.float32(op.output.scale)
    return quantize_multiplier(ratio), quantize_multiplier(float(slope))


# -- Sigmoid ----------------------------------------------------------------------------------

_STEPS = 24
"""Entries of the table for each whole number of the argument."""

_RAISED = (
    4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39, 40, 41,
    43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116, 135, 255,
)  # fmt: skip
"""The entries that TFLite's table has one higher than the function rounded to nearest."""


def sigmoid_table() -> npt.NDArray[np.uint16]:
    """Give 65536 / (1 + exp(-i / 24)) for i = 0 ... 255. Source: common.h, sigmoid_table_uint16."""
    values = [math.floor(65536 / (1 + math.exp(-i / _STEPS)) + 0.5) for i in range(256)]
    for index in _RAISED:
        values[index] += 1
    return np.array(values, np.uint16)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmoidScaling:
    """What makes of an input the argument: (x * multiplier + rounding) >> shift."""

    multiplier: int
    shift: int


def sigmoid_scaling(op: Sigmoid) -> SigmoidScaling:
    """Derive the factor of the argument, which counts 1/12288 (3 * 4096).

    A scale that is a power of two, 2^-12 (or, of TANH, 2^-12 to 2^-11), is a factor of 3 itself.
    Raises ModelError where the argument leaves 32 bits. Source: activations.cc, `SigmoidPrepare`
    and `TanhPrepare`.
    """
    log = math.log2(op.input.scale)
    left = 12 + round(log)
    if abs(log - round(log)) < 1e-3 and left in ((0, 1) if op.is_tanh else (0,)):
        return SigmoidScaling(multiplier=3 << left, shift=0)
    real, shift = float(np.float32(op.input.scale)) * 4096.0 * 3.0, 0
    while real <= 32767.0 / 2.0 and shift <= 30:
        shift, real = shift + 1, real * 2.0
    multiplier = int(real)
    if multiplier * 32768 + (1 << shift >> 1) >= 2**31:
        raise ModelError(str(op.source), f"input scale {op.input.scale:g} is too large")
    return SigmoidScaling(multiplier=multiplier, shift=shift)


def sigmoid(op: Sigmoid, x: Array) -> Array:
    """Give the function of x in units of 2^-15."""
    return np.asarray(squash(x.astype(np.int64), sigmoid_scaling(op), op.is_tanh), np.int16)


def squash(x: Ints, scaling: SigmoidScaling, is_tanh: bool) -> Ints:
    """Give the hyperbolic tangent or the logistic function in units of 2^-15.

    Results lie between entries of `sigmoid_table`. tanh(x) is 2 * logistic(2 * x) - 1: it takes
    256 steps between entries where the other takes 512. Beyond the table both stay at their ends.
    """
    table, rounding = sigmoid_table().astype(np.int64), 1 << scaling.shift >> 1
    argument = (x * scaling.multiplier + rounding) >> scaling.shift
    bits = 8 if is_tanh else 9
    index, part = np.abs(argument) >> bits, np.abs(argument) & ((1 << bits) - 1)
    first = table[np.minimum(index, 255)]
    following = table[np.minimum(index + 1, 255)]
    inside = (first << bits) + part * (following - first)
    if is_tanh:
        above = np.where(index >= 255, 0xFFFF << 8, inside) - (1 << 23)
        return np.where(argument >= 0, above + (1 << 7), -above + (1 << 7) - 1) >> 8
    above = np.where(index >= 255, 0x7FFF << 10, inside)
    below = (1 << 25) - above + (1 << 9) - 1
    return np.where(argument >= 0, above + (1 << 9), below) >> 10


# -- softmax ----------------------------------------------------------------------------------

_TABLE_STEPS = 512
_RANGE = 65535


def softmax(op: Softmax, x: Array) -> Array:
    """Give the softmax of `x`, of int8 or int16, over its last dimension."""
    return _softmax(op, x) if op.input.dtype is DType.INT16 else reduction.softmax(op, x)


def softmax_scaling(op: Softmax) -> Scaling:
    """Derive the factor of differences: 65535 stands for 10. Source: `SoftmaxPrepare`."""
    scale, beta = np.float32(op.input.scale), np.float32(op.beta)
    return quantize_multiplier(float(scale * beta) / (10.0 / _RANGE))


def exponential_table() -> Shorts:
    """Give exp on [-10, 0] in Q0.15: 513 entries, the first for -10."""
    return _table(lambda i: math.exp(10.0 / _RANGE * (i - _RANGE)))


def reciprocal_table() -> Shorts:
    """Give 1 / (1 + x) on [0, 1] in Q0.15: 513 entries, the first for 0."""
    return _table(lambda i: 1.0 / (1.0 + i / _RANGE))


def _table(function: Callable[[float], float]) -> Shorts:
    """Tabulate a function of [0, 65535] at 513 places, for interpolation between them.

    An entry is lowered by half of what the middle of the chord behind it is too high. Source:
    common.h, `LUTPopulateInt16` in double precision.
    """
    step, unit = _RANGE / _TABLE_STEPS, 32768.0
    entries = []
    for index in range(_TABLE_STEPS):
        value, middle, following = (
            function(at * step) * unit for at in (index, index + 0.5, index + 1)
        )
        chord = _rounded((following + _rounded(value)) / 2)
        entries.append(_rounded(value) - _rounded((chord - _rounded(middle)) / 2))
    entries.append(_rounded(function(_RANGE) * unit))
    return np.asarray(np.clip(np.array(entries), -32768, 32767), np.int16)


def _rounded(value: float) -> float:
    """Give the nearest whole number, halves away from zero."""
    return math.copysign(math.floor(abs(value) + 0.5), value)


def interpolate(table: Shorts, x: Ints) -> Ints:
    """Give what lies between the entries of a table of 513, for x in [-32768, 32767]."""
    wide = table.astype(np.int64)
    index, offset = 256 + (x >> 7), x & 0x7F
    slope = (wide[index + 1] - wide[index]).astype(np.int16).astype(np.int64)
    return np.asarray(wide[index] + ((slope * offset + 64) >> 7))


def _softmax(op: Softmax, x: Array) -> Array:
    """Give the softmax of int16, in units of 2^-15: exponentials and a reciprocal from tables."""
    wide = x.astype(np.int64)
    differences = wide - wide.max(axis=-1, keepdims=True)
    scaled = requantize(differences, *softmax_scaling(op)) + 32767
    exponentials = interpolate(exponential_table(), np.clip(scaled, -32768, 32767))
    total = exponentials.sum(axis=-1, keepdims=True)
    bits = np.frexp(total.astype(np.float64))[1].astype(np.int64)
    fraction = ((total << (31 - bits)) + (1 << 13)) >> 14
    inverse = interpolate(
        reciprocal_table(), np.clip(fraction - (1 << 15) - (1 << 16), -32768, 32767)
    )
    shift = bits - 1
    quotients = (exponentials * inverse + (np.int64(1) << (shift - 1))) >> shift
    return np.asarray(np.clip(quotients, 0, 32767), np.int16)
