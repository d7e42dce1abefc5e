"""Weights of 4 bits that stay two in a byte, for MVE: equal to the reference."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings

from tests.kernels.emulated import MVE, on_core
from tests.properties.agreement import import_op, seeds
from tests.properties.test_convolution_dsp import check_op, layer, layers
from tests.properties.test_int4_dsp import products
from tinyengine.ir import Conv2D, FullyConnected
from tinyengine.kernels.mve.convolution import KERNELS as CONVOLUTIONS
from tinyengine.kernels.mve.fully_connected import KERNELS as PRODUCTS
from tinyengine.kernels.mve.packing import halved_records, nibbles_share_bytes
from tinyengine.kernels.spec import Kernel

WINDOWS, COLUMNS = (kernel for kernel in CONVOLUTIONS if kernel.halves_weights)
(PRODUCT,) = (kernel for kernel in PRODUCTS if kernel.halves_weights)
WAYS = pytest.mark.parametrize("kernel", [WINDOWS, COLUMNS], ids=["windows", "columns"])


def narrow(model: bytes) -> Conv2D | FullyConnected:
    """Give the operator with weights in [-7, 7], as quantizers make them."""
    op, _ = import_op(model)
    assert isinstance(op, Conv2D | FullyConnected)
    values = np.maximum(op.weight.values, np.int8(-7))
    return replace(op, weight=replace(op.weight, data=values))


def check_if_accepted(kernel: Kernel, model: bytes, seed: int) -> None:
    op = narrow(model)
    assume(not kernel.declines(op))
    check_op(kernel, op, seed)


@WAYS
@given(model=layers(bits=4), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@given(model=products(), seed=seeds)
def test_products_agree(model: bytes, seed: int) -> None:
    check_if_accepted(PRODUCT, model, seed)


@pytest.mark.slow
@WAYS
@settings(max_examples=12)
@given(model=layers(bits=4), seed=seeds)
def test_layers_agree_on_a_core(kernel: Kernel, model: bytes, seed: int) -> None:
    with on_core(MVE):
        check_if_accepted(kernel, model, seed)


@pytest.mark.slow
@settings(max_examples=12)
@given(model=products(), seed=seeds)
def test_products_agree_on_a_core(model: bytes, seed: int) -> None:
    with on_core(MVE):
        check_if_accepted(PRODUCT, model, seed)


def test_every_number_of_blocks_agrees_on_a_core() -> None:
    with on_core(MVE):
        for in_c in (1, 16, 17, 33, 130, 145, 160, 321):
            act = "RELU" if in_c % 3 else "NONE"
            model = layer((2, 1 + in_c * 5 % 8, in_c), 1 + in_c % 9, (1, 1), act, in_c, 4)
            op = narrow(model)
            assert not WINDOWS.declines(op)
            check_op(WINDOWS, op, in_c)


def test_a_byte_holds_two_channels() -> None:
    weights = np.array([[1, -7], [7, 2], [-1, 3]], np.int8)
    factors = np.array([[10, 20, 30]], np.int32)
    (record,) = halved_records(weights, factors, 4)
    # a + 16 * b: 1 + 16 * 7, -7 + 16 * 2; a fourth channel of zeros is filled up.
    expected = np.zeros((2, 16), np.int8)
    expected[:, :2] = [[113, 25], [-1, 3]]
    np.testing.assert_array_equal(record[:8].view(np.int8).reshape(2, 16), expected)
    assert record[8:].tolist() == [10, 20, 30, 0]


def test_no_byte_is_below_128_below_0() -> None:
    # 0 + 16 * -8 is -128, which a byte holds; -1 + 16 * -8 is not.
    assert nibbles_share_bytes(np.array([[0], [-8]]), 4)
    assert not nibbles_share_bytes(np.array([[-1], [-8]]), 4)
    assert not nibbles_share_bytes(np.array([[8], [0]]), 4)
