"""Tables: what no interpreter can confirm, and what is refused."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyengine.errors import ModelError
from tinyengine.ir import DType, Quantization, Tensor
from tinyengine.reference.lookup import FUNCTIONS, build_table


def tensor(scale: float, zero_point: int, name: str = "t") -> Tensor:
    quant = Quantization(scale=(float(np.float32(scale)),), zero_point=(zero_point,))
    return Tensor(name=name, shape=(4,), dtype=DType.INT8, quant=quant)


def test_every_function_gives_a_table_of_256_int8() -> None:
    for function in FUNCTIONS:
        table = build_table(function, tensor(1 / 16, -128), tensor(1 / 16, 0))
        assert table.shape == (256,), function
        assert table.dtype == np.int8, function
        assert not table.flags.writeable, function


# -- SQUARE has no int8 kernel in the interpreter --------------------------------------------------


def test_square_by_hand() -> None:
    """(0.5 * (q - 3))² in steps of 0.25 is (q - 3)², plus the zero point -100."""
    table = build_table("SQUARE", tensor(0.5, 3), tensor(0.25, -100))
    inputs = np.arange(-128, 128)
    np.testing.assert_array_equal(table, np.minimum((inputs - 3) ** 2 - 100, 127))


def test_square_rounds_halves_up() -> None:
    """(q / 2)² is 0.25, 1, 2.25 for q = 1, 2, 3; in steps of 0.5: 0.5, 2, 4.5."""
    table = build_table("SQUARE", tensor(0.5, 0), tensor(0.5, 0))
    assert table[[129, 130, 131]].tolist() == [1, 2, 5]


@given(
    scales=st.tuples(st.floats(2.0**-14, 4.0, width=32), st.floats(2.0**-14, 4.0, width=32)),
    zero_points=st.tuples(st.integers(-128, 127), st.integers(-128, 127)),
)
def test_square_equals_decimal_arithmetic(
    scales: tuple[float, float], zero_points: tuple[int, int]
) -> None:
    table = build_table(
        "SQUARE", tensor(scales[0], zero_points[0]), tensor(scales[1], zero_points[1])
    )
    for q in range(-128, 128, 5):
        real = (Decimal(scales[0]) * (q - zero_points[0])) ** 2 / Decimal(scales[1])
        steps = int(real.quantize(Decimal(1), ROUND_HALF_UP)) if real < 1000 else 1000
        assert table[q + 128] == min(steps + zero_points[1], 127)


def test_neg_negates_the_byte_whatever_the_quantization() -> None:
    table = build_table("NEG", tensor(0.5, 3), tensor(0.25, -100))
    assert table[[0, 1, 128, 255]].tolist() == [-128, 127, 0, -127]


def test_log_of_nothing_is_the_least_output() -> None:
    table = build_table("LOG", tensor(0.5, 0), tensor(0.25, 40))
    assert set(table[:129].tolist()) == {-128}


# -- what is refused ------------------------------------------------------------------------------


def refusal(function: str, input: Tensor, output: Tensor) -> str:
    with pytest.raises(ModelError) as caught:
        build_table(function, input, output)
    return str(caught.value)


@pytest.mark.parametrize("function", ["SQRT", "RSQRT"])
def test_root_of_inputs_that_can_be_negative_is_refused(function: str) -> None:
    assert refusal(function, tensor(0.5, -127), tensor(0.5, 0, "root")) == (
        f"error: {function} 'root': the input can be negative, where the function is not defined"
    )


def test_exp_beyond_32_bits_is_refused() -> None:
    assert refusal("EXP", tensor(1.0, -128), tensor(0.5, 0, "grown")) == (
        "error: EXP 'grown': the result of some input, in steps of the output, exceeds 32 bits"
    )


def test_hard_swish_to_a_scale_128_times_finer_is_refused() -> None:
    assert refusal("HARD_SWISH", tensor(1.0, 0), tensor(1 / 129, 0, "act")) == (
        "error: HARD_SWISH 'act': the output scale is less than 1/128 of the input scale"
    )


def test_rsqrt_that_is_0_everywhere_is_refused() -> None:
    assert refusal("RSQRT", tensor(4096.0, -128), tensor(4096.0, 0, "root")) == (
        "error: RSQRT 'root': the scales are so large that every result is 0"
    )


def test_relu_with_scales_too_far_apart_is_refused() -> None:
    assert refusal("RELU", tensor(2.0**20, 0), tensor(2.0**-20, 0, "act")) == (
        "error: RELU 'act': the requantization factor 1.09951e+12 is 2^30 or more"
    )


def test_unknown_function_is_refused() -> None:
    assert refusal("SIN", tensor(0.5, 0), tensor(0.5, 0, "wave")) == (
        "error: SIN 'wave': there is no table of this function"
    )
