"""Convolutions for cores without DSP: what their portable twins compute equals the reference."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.properties.agreement import rounding_twice, seeds
from tests.properties.test_convolution import convolutions, fully_connected_models
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tinyengine.kernels.base.chunks import LAST, SINGLE, TAPS, divide, stream
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


def chunks_of(content: list[int]) -> Iterator[tuple[int, list[int]]]:
    """Read a stream as te_base_dot.h says: what each chunk starts from, and its weights."""
    at, codes, code, is_second = 0, 0, 0, False
    while code != LAST:
        start, first = 2**15 + codes, content[at : at + 2]
        at += 2
        if not is_second:
            codes = content[at]
            at += 1
        code = codes // 8 if is_second else codes % 8
        more = TAPS[code] - 2 if code < len(TAPS) else 0
        assert code != SINGLE or first[1] == 0
        yield start, (first[:1] if code == SINGLE else first + content[at : at + more])
        at += more
        is_second = not is_second
    assert at == len(content)


@given(
    weights=arrays.arrays(
        np.int64,
        st.tuples(st.integers(1, 4), st.integers(1, 70)),
        elements=st.sampled_from([-128, -127, -1, 0, 1, 5, 60, 127]),
    )
)
@example(weights=np.array([[-128] * 7 + [127]]))
def test_no_input_makes_a_chunk_overflow(weights: Ints) -> None:
    assume(weights.shape[1] == 1 or not np.any(np.all(weights[:, -2:] == -128, axis=1)))
    chunks = divide(weights)
    for row, taps, count in zip(weights, chunks.taps, chunks.count, strict=True):
        made = stream(row, taps, is_halved=False)
        parts = list(chunks_of(made.content.tolist()))
        for start, part in parts:
            least = sum(min(127 * w, -128 * w) for w in part)
            most = sum(max(127 * w, -128 * w) for w in part)
            assert 0 <= start + least <= start + most < 2**16
            assert -(2**15) <= least <= most < 2**15
        found = [w for _, part in parts for w in part]
        assert found == (row.tolist() if len(row) > 1 else [row[0], 0])
        assert (made.starts, count) == (sum(start for start, _ in parts), len(parts))


@given(model=fully_connected_models(), seed=seeds)
def test_every_product_agrees(model: bytes, seed: int) -> None:
    (kernel,) = PRODUCTS
    check_if_accepted(kernel, model, seed)
