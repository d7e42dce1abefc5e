"""Multipliers, shifts and roundings against exact arithmetic."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tinyengine.errors import ModelError
from tinyengine.reference import fixed_point

values = st.integers(-(2**31), 2**31 - 1)
factors = st.floats(-33.0, 29.0).map(lambda exponent: 2.0**exponent)


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (1.0, (2**30, 1)),
        (0.5, (2**30, 0)),
        (0.75, (3 * 2**29, 0)),
        (1 - 2.0**-40, (2**30, 1)),  # the mantissa rounds up to 1
        (2.0**-32, (2**30, -31)),
        (2.0**-33, (0, 0)),
        (0.0, (0, 0)),
    ],
)
def test_multipliers_are_rounded_mantissas(real: float, expected: tuple[int, int]) -> None:
    assert fixed_point.quantize_multiplier(real) == expected


@pytest.mark.parametrize("real", [-0.5, math.nan, math.inf, 2.0**30])
def test_factors_out_of_range_are_refused(real: float) -> None:
    with pytest.raises(ModelError, match="factor"):
        fixed_point.quantize_multiplier(real)
    with pytest.raises(ModelError, match="factor"):
        fixed_point.quantize_wide(real)


def half_up(exact: Fraction) -> int:
    return math.floor(exact + Fraction(1, 2))


def half_away(exact: Fraction) -> int:
    return half_up(abs(exact)) * (1 if exact >= 0 else -1)


@given(value=values, factor=st.floats(2.0**-31, 1.0, exclude_max=True))
def test_requantize_rounds_the_product_and_then_the_shift(value: int, factor: float) -> None:
    multiplier, shift = fixed_point.quantize_multiplier(factor)
    product = half_up(Fraction(value * multiplier, 2**31))
    expected = half_away(Fraction(product, 2 ** max(-shift, 0)))
    assume(shift <= 0)
    assert fixed_point.requantize(value, multiplier, shift) == expected


def test_left_shifts_wrap_at_32_bits() -> None:
    assert fixed_point.requantize(2**30, 2**30, 2) == 0
    assert fixed_point.requantize(2**29, 2**30, 2) == -(2**30)


@given(real=factors.filter(lambda real: real < 2.0**20))
def test_wide_factors_hold_all_bits(real: float) -> None:
    multiplier, fraction, shift = fixed_point.quantize_wide(real)
    if real < 2.0**-32:
        assert (multiplier, fraction, shift) == (0, 0, 0)
        return
    assert 2**30 <= multiplier < 2**31
    assert 0 <= fraction < 2**31
    assert Fraction(multiplier * 2**31 + fraction) / Fraction(2) ** (62 - shift) == Fraction(real)


@given(value=values, real=factors)
def test_real_factors_round_the_double_product(value: int, real: float) -> None:
    expected = half_away(Fraction(float(value) * real))
    (computed,) = fixed_point.requantize_real(np.array([value]), np.array([real]))
    assert computed == (expected if -(2**31) <= expected < 2**31 else -(2**31))


@pytest.mark.parametrize(
    ("value", "rounded"), [(0.49999999999999994, 0), (0.5, 1), (-0.5, -1), (-2.4, -2), (3.0, 3)]
)
def test_halves_go_away_from_zero(value: float, rounded: int) -> None:
    assert fixed_point.round_half_away(np.array([value])) == rounded
