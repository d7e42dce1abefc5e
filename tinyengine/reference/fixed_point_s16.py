"""Fixed-point functions of 16 bits, as TFLite's LSTM has them: logistic and tanh.

A number with `i` integer bits stands for raw / 2^(15 - i). All functions take and give raw values
as int64 arrays in [-32768, 32767]. Source: gemmlowp, `fixedpoint/fixedpoint.h`, with int16_t.
"""

import numpy as np

from tinyengine.reference.fixed_point import Ints

ONE = 32767
"""The closest that a number without integer bits comes to 1."""

# exp(-2^e) without integer bits, for e from -2 on.
_EXP = (25520, 19875, 12055, 4435, 600, 11, 0)


def logistic(x: Ints) -> Ints:
    """Give 1 / (1 + exp(-x)) without integer bits, of `x` with 3."""
    positive = _one_over_one_plus(_exp(-np.abs(x), 3))
    return np.where(x == 0, 1 << 14, np.where(x > 0, positive, ONE - positive))


def tanh(x: Ints, integer_bits: int) -> Ints:
    """Give the hyperbolic tangent without integer bits, of `x` with `integer_bits` in [0, 6]."""
    magnitude = _one_minus_over_one_plus(_exp(-np.abs(x), integer_bits + 1))
    return np.where(x == 0, 0, np.where(x < 0, -magnitude, magnitude))


def multiply(a: Ints, b: Ints | int) -> Ints:
    """Give a * b / 2^15, rounded to nearest, halves up; -1 times -1 is almost 1."""
    return np.asarray(np.minimum((a * b + (1 << 14)) >> 15, ONE))


def saturate(x: Ints) -> Ints:
    """Give `x` within 16 bits."""
    return np.clip(x, -32768, 32767)


def divide_by_power(x: Ints, exponent: int) -> Ints:
    """Give x / 2^exponent, rounded to nearest, halves away from zero."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def _wrap(x: Ints) -> Ints:
    return x.astype(np.int16).astype(np.int64)


def _exp(x: Ints, integer_bits: int) -> Ints:
    """Give exp(x) without integer bits, of x ≤ 0: a polynomial below 1/4, times powers above."""
    fraction = 15 - integer_bits
    quarter = 1 << (fraction - 2)
    low = (x & (quarter - 1)) - quarter
    result = _exp_of_quarter(saturate(low << integer_bits))
    rest = low - x
    for exponent, factor in enumerate(_EXP, -2):
        if integer_bits > exponent:
            is_set = (rest >> (fraction + exponent)) & 1
            result = np.where(is_set, multiply(result, factor), result)
    if integer_bits > 5:
        result = np.where(x < -(1 << (20 - integer_bits)), 0, result)
    return np.where(x == 0, ONE, result)


def _exp_of_quarter(x: Ints) -> Ints:
    """Give exp(x) of x in [-1/4, 0): a Taylor series around -1/8."""
    y = x + (1 << 12)
    y2 = multiply(y, y)
    y3, y4 = multiply(y2, y), multiply(y2, y2)
    sixth = multiply(_wrap(divide_by_power(y4, 2) + y3), 10923)
    series = y + divide_by_power(_wrap(sixth + y2), 1)
    return saturate(28918 + multiply(np.full_like(y, 28918), _wrap(series)))


def _reciprocal(x: Ints) -> Ints:
    """Give 2 / (1 + x) with 2 integer bits, by three steps of Newton and Raphson."""
    half = (x + ONE + 1) >> 1
    y = 23130 + multiply(half, -15420)
    for _ in range(3):
        left = (1 << 13) - multiply(half, y)
        y = _wrap(y + saturate(multiply(y, left) << 2))
    return y


def _one_over_one_plus(x: Ints) -> Ints:
    return saturate(_reciprocal(x) << 1)


def _one_minus_over_one_plus(x: Ints) -> Ints:
    return saturate((_reciprocal(x) - (1 << 13)) << 2)
