"""Convolutions for cores without DSP: what their portable twins compute equals the reference."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.properties.agreement import rounding_twice, seeds
from tests.properties.test_convolution import convolutions, fully_connected_models
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tinyengine.kernels.base.chunks import CODES, divide
from tinyengine.kernels.base.convolution import KERNELS as CONVOLUTIONS
from tinyengine.kernels.base.fully_connected import KERNELS as MATRICES
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.fixed_point import Ints

KERNELS, PRODUCTS = (
    tuple(kernel for kernel in rounding_twice(kernels) if not kernel.halves_weights)
    for kernels in (CONVOLUTIONS, MATRICES)
)
IDS = [f"{kernel.function}-{kernel.writes.value}" for kernel in KERNELS]


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
@given(model=convolutions("CONV_2D"), seed=seeds)
def test_every_convolution_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
@given(model=layers(), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("kernel", KERNELS, ids=IDS)
@pytest.mark.parametrize("in_c", [1, 2, 31, 320, 321])
def test_windows_of_every_size_agree(kernel: Kernel, in_c: int) -> None:
    check_kernel(kernel, layer((2, 7, in_c), 10, (1, 1), "NONE", in_c), in_c)


@given(
    weights=arrays.arrays(
        np.int64,
        st.tuples(st.integers(1, 4), st.integers(1, 70)),
        elements=st.sampled_from([-128, -127, -1, 0, 1, 5, 60, 127]),
    )
)
def test_no_input_makes_a_chunk_overflow(weights: Ints) -> None:
    chunks = divide(weights)
    for row, first, taps, count in zip(
        weights, chunks.first, chunks.taps, chunks.count, strict=True
    ):
        edges = [0, *range(int(first), weights.shape[1] + 1, int(taps))]
        assert edges[-1] == weights.shape[1]
        assert len(edges) - 1 == count
        assert {first, taps} <= set(CODES)
        for start, stop in itertools.pairwise(edges):
            most = sum(max(127 * w, -128 * w) for w in row[start:stop].tolist())
            least = sum(min(127 * w, -128 * w) for w in row[start:stop].tolist())
            assert -(2**15) <= least <= most < 2**15


@given(model=fully_connected_models(), seed=seeds)
def test_every_product_agrees(model: bytes, seed: int) -> None:
    (kernel,) = PRODUCTS
    check_if_accepted(kernel, model, seed)
