"""Weights of 4 bits that stay two in a byte, for cores without DSP: equal to the reference."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, seeds
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel
from tests.properties.test_int4 import model_of
from tests.properties.test_int4_dsp import products
from tinyengine.kernels.base.fully_connected import KERNELS

(PRODUCT,) = (kernel for kernel in KERNELS if kernel.halves_weights)


@given(model=products(), seed=seeds)
def test_products_agree(model: bytes, seed: int) -> None:
    check_if_accepted(PRODUCT, model, seed)


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
@settings(max_examples=6)
@given(model=products(), seed=seeds)
def test_products_agree_on_a_core(cpu: str, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(PRODUCT, model, seed)


def test_a_byte_holds_two_outputs() -> None:
    values = np.array([[1, -8], [7, 0], [-1, 2], [-8, 3], [5, -5]])
    op, _ = import_op(model_of("FULLY_CONNECTED", values, 1, 2))
    packed = PRODUCT.params(op).members["weight"]
    # 8 more each: a and b, then c and d, of every element; outputs are filled up with zeros.
    expected = [
        9 | 15 << 4,
        7 | 0 << 4,
        0 | 8 << 4,
        10 | 11 << 4,
        13 | 8 << 4,
        136,
        3 | 8 << 4,
        136,
    ]
    assert np.asarray(packed).tolist() == expected


@pytest.mark.parametrize("outputs", [1, 2, 3, 5])
def test_outputs_that_fill_no_four_agree(outputs: int) -> None:
    values = np.random.default_rng(outputs).integers(-8, 8, (outputs, 7))
    check_kernel(PRODUCT, model_of("FULLY_CONNECTED", values, 1, 7), outputs)
