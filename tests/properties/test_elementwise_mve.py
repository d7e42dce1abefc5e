"""Elementwise and pooling kernels for MVE agree with the interpreter."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import (
    check_agreement,
    import_op,
    ratios,
    scales,
    seeds,
    zero_points,
)
from tests.properties.test_accumulating import mean_model
from tests.properties.test_elementwise_dsp import (
    LARGE_WINDOWS,
    MEANS,
    POOLS,
    REFERENCES,
    float32,
    pool_model,
    sum_model,
    vector_model,
)
from tests.properties.test_pooling import pools
from tinyengine.kernels.mve.elementwise import KERNELS


def check(opcode: str, model: bytes, seed: int, inputs: Any = None) -> int:
    """Check the kernels that accept the model's operator; give how many these are."""
    op, _ = import_op(model)
    kernels = [kernel for kernel in KERNELS if kernel.op is type(op) and not kernel.declines(op)]
    if kernels:
        check_agreement(kernels, REFERENCES[opcode], model, seed, inputs)
    return len(kernels)


@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
@given(
    shape=st.tuples(st.just(1), st.integers(1, 4), st.integers(1, 5), st.integers(1, 9)),
    lhs=st.tuples(scales, zero_points),
    rhs=st.tuples(st.floats(-3.0, 3.0), zero_points),
    result=st.tuples(ratios, zero_points),
    activation=st.sampled_from(["NONE", "RELU", "RELU6"]),
    seed=seeds,
)
def test_sums_of_equal_shapes_agree(
    opcode: str,
    shape: tuple[int, ...],
    lhs: tuple[float, int],
    rhs: tuple[float, int],
    result: tuple[float, int],
    activation: str,
    seed: int,
) -> None:
    other = (lhs[0] * 2.0 ** rhs[0], rhs[1])
    out = (max(lhs[0], other[0]) / result[0], result[1])
    check(opcode, sum_model(opcode, shape, lhs, other, out, activation), seed)


@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
@pytest.mark.parametrize("ratio", [0.1013, 0.9999, 1.0, 1.1317, 1.9991, 2.0519, 3.9133])
@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
def test_sums_of_all_pairs_of_bytes_agree(opcode: str, ratio: float, activation: str) -> None:
    every = np.arange(-128, 128, dtype=np.int8)
    lhs, rhs = np.repeat(every, 256), np.tile(every, 256)
    shape = (1, 256, 256, 1)
    model = sum_model(opcode, shape, (0.0173 * ratio, -7), (0.0091, 31), (0.0173, -11), activation)
    assert check(opcode, model, 0, [lhs.reshape(shape), rhs.reshape(shape)]) == 1


@given(
    shape=st.tuples(st.just(1), st.integers(1, 5), st.integers(1, 7), st.integers(1, 11)),
    scale=scales,
    ratio=st.floats(0.2, 3.0),
    zero_points=st.tuples(zero_points, zero_points, zero_points),
    rhs_is_image=st.booleans(),
    activation=st.sampled_from(["NONE", "RELU", "RELU6"]),
    seed=seeds,
)
def test_products_with_a_vector_agree(
    shape: tuple[int, ...],
    scale: float,
    ratio: float,
    zero_points: tuple[int, int, int],
    rhs_is_image: bool,
    activation: str,
    seed: int,
) -> None:
    image, vector, result = zip((scale, 1 / 256, scale / ratio), zero_points, strict=True)
    model = vector_model(
        shape, image, vector, result, rhs_is_image=rhs_is_image, activation=activation
    )
    check("MUL", model, seed)


@pytest.mark.parametrize("ratio", [0.19, 0.83, 1.1007])
@pytest.mark.parametrize("width", [1, 2, 256])
def test_products_of_all_pairs_of_bytes_agree(ratio: float, width: int) -> None:
    every = np.arange(-128, 128, dtype=np.int8)
    shape = (1, 256 // width, width, 256)
    image, vector = np.repeat(every, 256).reshape(shape), every.reshape(1, 1, 1, 256)
    sides = ((0.0471, -5), (1 / 256, -128), (0.0471 / ratio, 7))
    model = vector_model(shape, *sides, rhs_is_image=width == 2)
    assert check("MUL", model, 0, [vector, image] if width == 2 else [image, vector]) == 1


@pytest.mark.parametrize("opcode", POOLS)
@given(data=st.data(), seed=seeds)
def test_pools_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    assert check(opcode, data.draw(pools(opcode)), seed) == 1


@pytest.mark.parametrize("opcode", POOLS)
@pytest.mark.parametrize(("shape", "kernel"), LARGE_WINDOWS)
def test_pools_of_large_windows_agree(
    opcode: str, shape: tuple[int, ...], kernel: tuple[int, int]
) -> None:
    model = pool_model(opcode, shape, kernel)
    for value in (-128, 127):
        assert check(opcode, model, 0, [np.full(shape, value, np.int8)]) == 1
    assert check(opcode, model, 5) == 1


@given(
    axes=st.sampled_from([(1,), (2,), (1, 2), (0, 2), (0, 1, 2)]),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 11)),
    keep_dims=st.booleans(),
    factors=st.tuples(scales, ratios, zero_points, zero_points),
    seed=seeds,
)
def test_means_agree(
    axes: tuple[int, ...],
    sizes: tuple[int, int, int],
    keep_dims: bool,
    factors: tuple[float, float, int, int],
    seed: int,
) -> None:
    scale, ratio, zero_point, out_zero_point = factors
    source = Spec(shape=(1, *sizes), scale=scale, zero_point=zero_point)
    out_scale = float32(scale / ratio)
    check("MEAN", mean_model(source, axes, out_scale, out_zero_point, keep_dims=keep_dims), seed)


@pytest.mark.parametrize(("shape", "axes"), MEANS)
def test_means_of_images_agree(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    source = Spec(shape=shape, scale=0.0471, zero_point=-128)
    model = mean_model(source, axes, 0.0371, -120, keep_dims=True)
    for value in (-128, 127):
        assert check("MEAN", model, 0, [np.full(shape, value, np.int8)]) == 1
    assert check("MEAN", model, 5) == 1


@pytest.mark.parametrize("size", [1, 3, 16, 17, 256])
def test_tables_agree(size: int) -> None:
    shape = (1, 2, 3, size)
    model = one_op_model(
        "LOGISTIC",
        [Spec(shape=shape, scale=0.05, zero_point=-3)],
        Spec(shape=shape, scale=1 / 256, zero_point=-128),
    )
    every = np.resize(np.arange(-128, 128, dtype=np.int8), shape)
    assert check("LOGISTIC", model, size, [every]) == 1
