"""Convolutions for MVE: the portable twins equal the reference bit for bit."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.graph_builder import quantization
from tests.kernels import host
from tests.properties.agreement import import_op, rounding_twice, seeds, values_of, zero_points
from tests.properties.test_convolution import convolutions, sums_model
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tinyengine.ir import Conv2D
from tinyengine.kernels.mve.convolution import KERNELS
from tinyengine.kernels.mve.fully_connected import KERNELS as PRODUCTS
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.convolution import conv2d, convolution_factors

KERNEL, COLUMNS, *_ = rounding_twice(KERNELS)

WAYS = pytest.mark.parametrize("kernel", [KERNEL, COLUMNS], ids=["windows", "columns"])


@WAYS
@given(model=convolutions("CONV_2D"), seed=seeds)
def test_every_convolution_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@WAYS
@given(model=layers(), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


def column_models() -> Iterator[tuple[bytes, int]]:
    """Give models and seeds: ways to copy columns, strips, rows together, channels left."""
    for in_c in (1, 2, 3, 4, 5, 16, 17, 33, 65):
        for width, kernel, stride in ((7, 3, 1), (8, 3, 2), (29, 5, 1), (9, 2, 2)):
            shape = (4 + in_c % 2, width, in_c)
            act = "RELU" if in_c % 2 else "NONE"
            seed = in_c + width
            yield layer(shape, 1 + seed % 9, (kernel, stride), act, seed), seed


def test_every_way_to_copy_columns_agrees() -> None:
    for model, seed in column_models():
        check_kernel(COLUMNS, model, seed)


@pytest.mark.parametrize("act", ["NONE", "RELU"])
def test_every_number_of_blocks_and_width_agrees(act: str) -> None:
    for in_c in [*range(1, 34), 63, 145, 160, 321]:
        shape = (3, 1 + in_c * 5 % 8, in_c)
        check_kernel(KERNEL, layer(shape, 1 + in_c % 9, (1, 1 + in_c % 2), act, in_c), in_c)


@pytest.mark.parametrize("opcode", ["CONV_2D", "FULLY_CONNECTED"])
@given(exponent=st.floats(-31.0, 3.0), zero_point=zero_points, seed=seeds)
def test_every_sum_is_rounded_alike(
    opcode: str, exponent: float, zero_point: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    near = np.rint((random.integers(-300, 300, 40) + 0.5) / 2.0**exponent)
    sums = np.clip(near + random.integers(-2, 3, 40), -(2.0**27), 2.0**27).astype(np.int64)
    kernel = KERNEL if opcode == "CONV_2D" else PRODUCTS[0]
    check_if_accepted(kernel, sums_model(opcode, sums, 2.0**exponent, zero_point), seed)


def test_left_shifts_are_in_the_weights() -> None:
    op, _ = import_op(layer((2, 3, 5), 6, (1, 1), "RELU", 1))
    assert isinstance(op, Conv2D)
    weight = op.weight.values // 32
    scale = tuple(30.0 * factor for factor in (1.0, 2.0, 3.0, 4.0, 1.0, 0.1))
    weights = replace(op.weight, data=weight, quant=replace(op.weight.quant, scale=scale))
    op = replace(op, weight=weights, output=replace(op.output, quant=quantization(20.0, -128)))
    _, shift = convolution_factors(op)
    assert sorted(set(shift.tolist())) == [-2, 1, 2, 3]
    values = values_of(op.input.shape, "int8", 1)
    bias = None if op.bias is None else op.bias.values
    expected = conv2d(op, values, weight, bias)
    np.testing.assert_array_equal(host.run_kernel(KERNEL, op, [values]), expected)
