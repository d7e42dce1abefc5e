"""The logarithm in fixed point, as TensorFlow Lite computes it for its log softmax."""

import numpy as np

from tinyengine.reference.fixed_point import Ints, multiply_q31, shift_right_rounded
from tinyengine.reference.reduction import reciprocal_of_one_plus

_LARGEST = 2**31 - 1

LOG_2 = 1488522236
SQRT_HALF = 1518500250
FOURTH_ROOT_OF_HALF = 1805811301
"""Constants in Q0.31. Source, as of those below: TFLite, internal/common.h,
`log_x_for_x_greater_than_or_equal_to_1_impl`."""

ALPHA_N = 117049297
ALPHA_D = 127690142
ALPHA_I = 1057819769
ALPHA_F = 638450708
"""Of the quotient of polynomials near the fourth root of 1/2."""

_INTEGER_BITS = 12
_RESULT_BITS = 5
_WIDE_BITS = _RESULT_BITS + 1
_QUARTER = 1 << (31 - _WIDE_BITS - 2)


def log_in_q5(values: Ints) -> Ints:
    """Give log(value) in Q5.26 for values ≥ 1 in Q12.19.

    A value is 2^e times r, with r near the fourth root of 1/2 and e of two candidates, a quarter
    more or less than a whole number; log(r) is a quotient of polynomials.
    """
    exponent, mantissa = _parts(values)
    middle = (mantissa + FOURTH_ROOT_OF_HALF + 1) >> 1
    offset = 2 * (mantissa - FOURTH_ROOT_OF_HALF)
    square = multiply_q31(offset, offset)
    numerator = multiply_q31(offset, mantissa) + multiply_q31(multiply_q31(offset, square), ALPHA_N)
    sum_of_powers = ALPHA_I + offset + multiply_q31(square, ALPHA_D)
    denominator = multiply_q31(middle, sum_of_powers) + multiply_q31(offset, ALPHA_F)
    quotient = multiply_q31(
        shift_right_rounded(numerator, _WIDE_BITS), reciprocal_of_one_plus(denominator)
    )
    return np.asarray(np.minimum((multiply_q31(exponent, LOG_2) + quotient) << 1, _LARGEST))


def _parts(values: Ints) -> tuple[Ints, Ints]:
    """Give exponents in Q6.25 and mantissas in Q0.31: of two, the greater and the smaller ones."""
    zeros = 32 - _bits(values)
    lower = 2 * multiply_q31(values << (zeros - 1), SQRT_HALF)
    lower_exponent = ((_INTEGER_BITS - zeros) << (31 - _WIDE_BITS)) + _QUARTER
    headroom = 31 - _bits(multiply_q31(values, SQRT_HALF))
    upper = np.minimum(values << headroom, _LARGEST)
    upper_exponent = ((_INTEGER_BITS - headroom) << (31 - _WIDE_BITS)) - _QUARTER
    return np.maximum(lower_exponent, upper_exponent), np.minimum(lower, upper)


def _bits(values: Ints) -> Ints:
    return np.frexp(values.astype(np.float64))[1].astype(np.int64)
