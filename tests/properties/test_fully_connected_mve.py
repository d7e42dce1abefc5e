"""Matrix products for MVE: the portable twin equals the reference bit for bit."""

import numpy as np
import pytest
from hypothesis import given

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import rounding_twice, seeds, values_of
from tests.properties.test_convolution import fully_connected_models
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel
from tinyengine.kernels.mve.fully_connected import KERNELS

KERNEL, _ = rounding_twice(KERNELS)


def product(in_c: int, out_c: int, activation: str = "NONE") -> bytes:
    """Give a product of two vectors with a matrix."""
    random = np.random.default_rng(in_c)
    return one_op_model(
        "FULLY_CONNECTED",
        [
            Spec(shape=(2, in_c), scale=0.5, zero_point=3),
            Spec(
                shape=(out_c, in_c),
                scale=0.031,
                zero_point=0,
                data=values_of((out_c, in_c), "int8", out_c),
            ),
            Spec(
                shape=(out_c,),
                dtype="int32",
                scale=0.0155,
                data=random.integers(-4096, 4096, out_c),
            ),
        ],
        Spec(shape=(2, out_c), scale=float(np.float32(np.sqrt(in_c))), zero_point=-9),
        fused_activation_function=activation,
    )


SIZES = [(1, 1), (15, 8), (16, 9), (17, 16), (32, 3), (48, 17), (160, 8), (321, 24)]


@given(model=fully_connected_models(), seed=seeds)
def test_every_product_agrees(model: bytes, seed: int) -> None:
    check_if_accepted(KERNEL, model, seed)


@pytest.mark.parametrize(("in_c", "out_c"), SIZES)
@pytest.mark.parametrize("activation", ["NONE", "RELU"])
def test_products_of_every_size_agree(in_c: int, out_c: int, activation: str) -> None:
    check_kernel(KERNEL, product(in_c, out_c, activation), in_c)
