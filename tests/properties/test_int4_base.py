"""Weights of 4 bits that stay two in a byte, for cores without DSP: equal to the reference."""

import numpy as np
import pytest
from hypothesis import given, settings

from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, seeds
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tests.properties.test_int4 import model_of
from tests.properties.test_int4_dsp import products
from tinyengine.kernels.base.chunks import TAPS, divide
from tinyengine.kernels.base.convolution import KERNELS as CONVOLUTION_KERNELS
from tinyengine.kernels.base.fully_connected import KERNELS
from tinyengine.kernels.spec import Kernel

CONVOLUTIONS = [kernel for kernel in CONVOLUTION_KERNELS if kernel.halves_weights]
BY_LAYOUT = pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=lambda kernel: kernel.writes.value)
(PRODUCT,) = (kernel for kernel in KERNELS if kernel.halves_weights)


@BY_LAYOUT
@given(model=layers(bits=4), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@BY_LAYOUT
@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
@settings(max_examples=4)
@given(model=layers(bits=4), seed=seeds)
def test_layers_agree_on_a_core(cpu: str, kernel: Kernel, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
def test_every_length_of_chunks_agrees_on_a_core(cpu: str) -> None:
    kernel, lengths = CONVOLUTIONS[0], set()
    with on_core(cpu):
        for in_c in [*range(1, 34), 321]:
            model = layer((1, 1 + in_c * 5 % 8, in_c), 1 + in_c % 9, (1, 1), "RELU", in_c, 4)
            op, _ = import_op(model)
            if not kernel.declines(op):
                check_kernel(kernel, model, in_c)
                chunks = divide(op.weight.values.reshape(len(op.weight.values), -1).astype(int))
                lengths |= {*chunks.taps.reshape(-1).tolist()}
    assert lengths >= {1, *TAPS}


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
