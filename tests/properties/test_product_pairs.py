"""Fully connected with two outputs to a multiplication equals the reference bit for bit."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.builders.graph_builder import GraphBuilder, frozen, quantization
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.properties.agreement import rounding_twice, seeds, values_of
from tests.properties.test_convolution import fully_connected_models
from tests.properties.test_convolution_dsp import check_if_accepted, check_op
from tests.properties.test_even_kernels import OPERATORS, check
from tinyengine.ir import DType, FullyConnected, Rounding
from tinyengine.kernels.base.product_pairs import KERNELS, divide, weight_is_large
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.convolution import fully_connected
from tinyengine.reference.fixed_point import Ints


def of_any_size(kernel: Kernel) -> Kernel:
    """Give `kernel` for matrices of any size; large ones would take long to check."""
    kept = tuple(each for each in kernel.constraints if each is not weight_is_large)
    assert len(kept) == len(kernel.constraints) - 1
    return replace(kernel, constraints=kept)


PAIRS = tuple(map(of_any_size, KERNELS))
(TWICE,) = rounding_twice(PAIRS)
CORES = ["cortex-m0", "cortex-m3"]


@st.composite
def matrices(draw: st.DrawFn) -> FullyConnected:
    """Give an operator whose weights are small or large, by which chunks are long or short."""
    builder = GraphBuilder(draw(seeds))
    in_c, out_c = draw(st.integers(1, 90)), draw(st.integers(1, 9))
    x = builder.input((draw(st.integers(1, 3)), in_c))
    activation = draw(st.sampled_from(["none", "relu"]))
    builder.fully_connected(x, out_c, activation=activation, per_channel=draw(st.booleans()))
    (op,) = builder.ops
    assert isinstance(op, FullyConnected)
    data = values_of(op.weight.shape, "int8", draw(seeds)) >> draw(st.integers(0, 7))
    return replace(op, weight=replace(op.weight, data=frozen(data, DType.INT8)))


@given(model=fully_connected_models(), seed=seeds)
def test_products_agree(model: bytes, seed: int) -> None:
    check_if_accepted(TWICE, model, seed)


@settings(max_examples=20, deadline=None)
@given(cpu=st.sampled_from(CORES), op=matrices(), seed=seeds)
def test_chunks_of_every_length_agree_on_a_core(cpu: str, op: FullyConnected, seed: int) -> None:
    if not TWICE.declines(op):
        with on_core(cpu):
            check_op(TWICE, op, seed)


@settings(max_examples=10, deadline=None)
@given(cpu=st.sampled_from(CORES), op=OPERATORS["dense"], seed=seeds)
def test_cores_round_to_even(cpu: str, op: FullyConnected, seed: int) -> None:
    with on_core(cpu):
        check(op, seed, tuple(each for each in PAIRS if each.rounding is Rounding.EVEN))


@pytest.mark.parametrize("weight", [1, 15, 16, 17, 21, 31, 42, 63, 64, 85, 127])
def test_greatest_sums_of_chunks_agree_on_an_m3(weight: int) -> None:
    """Lanes are as far from 0 as chunks let them be, each with every sign beside every sign."""
    in_c = 67
    signs = np.array([[1, 1, 1, 1], [-1, 1, -1, 1], [1, 1, -1, -1], [-1, -1, -1, -1]])
    builder = GraphBuilder(weight)
    x = builder.input((4, in_c), quant=quantization(0.5, 3))
    builder.fully_connected(x, 16)
    (op,) = builder.ops
    assert isinstance(op, FullyConnected) and op.weight.quant is not None
    data = np.repeat(weight * signs.reshape(16, 1), in_c, axis=1)
    data[:, ::7] *= -1
    scale = weight * in_c * 256 * 0.5 * op.weight.quant.scale[0] / 200
    op = replace(
        op,
        weight=replace(op.weight, data=frozen(data, DType.INT8)),
        output=replace(op.output, quant=quantization(scale, -1)),
    )
    rows = np.stack([data[0], -data[0], np.ones(in_c), -np.ones(in_c)])
    values = np.where(rows > 0, 127, -128).astype(np.int8)
    assert op.bias is not None and not TWICE.declines(op)
    with on_core("cortex-m3"):
        produced = host.run_kernel(TWICE, op, [values])
    expected = fully_connected(op, values, op.weight.values, op.bias.values)
    np.testing.assert_array_equal(produced, expected)
    assert len(np.unique(expected)) > 2


@given(
    weights=arrays.arrays(
        np.int64,
        st.tuples(st.integers(1, 4), st.integers(1, 70)),
        elements=st.sampled_from([-255, -128, -127, -1, 0, 1, 5, 60, 127]),
    )
)
def test_no_input_makes_a_chunk_overflow(weights: Ints) -> None:
    pairs = divide(weights)
    lengths = np.maximum(2 * pairs, 1)
    assert lengths.sum() == weights.shape[1] and lengths.max() <= 16
    edges = np.concatenate([[0], np.cumsum(lengths)])
    for low, high in pairwise(edges):
        chunk = weights[:, low:high]
        greatest = np.where(chunk > 0, 127 * chunk, -128 * chunk).sum(axis=1)
        least = np.where(chunk > 0, -128 * chunk, 127 * chunk).sum(axis=1)
        assert greatest.max() < 2**15 and least.min() >= -(2**15)
