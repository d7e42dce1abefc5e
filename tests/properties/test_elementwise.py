"""Elementwise and pooling kernels of every instruction set agree with the interpreter."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec
from tests.properties.agreement import ratios, scales, seeds, zero_points
from tests.properties.elementwise import (
    ACTIVATIONS,
    LARGE_WINDOWS,
    MEANS,
    POOLS,
    ROOMS,
    Room,
    check_all_products,
    check_all_sums,
    check_large_window,
    check_mean,
    check_table,
    float32,
    sum_model,
    vector_model,
)
from tests.properties.test_accumulating import mean_model
from tests.properties.test_pooling import pools

ALL = pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
WIDE = pytest.mark.parametrize("room", [ROOMS["dsp"], ROOMS["mve"]], ids=["dsp", "mve"])
"""The rooms that have products."""

POOLING = [(ROOMS["base"], "AVERAGE_POOL_2D"), *product((ROOMS["dsp"], ROOMS["mve"]), POOLS)]
EVERY_POOL = pytest.mark.parametrize(
    ("room", "opcode"), POOLING, ids=[f"{room.name}-{opcode}" for room, opcode in POOLING]
)

PRODUCT_ZERO_POINTS = {
    "dsp": st.tuples(st.sampled_from([-128, -127]), st.just(-128), zero_points),
    "mve": st.tuples(zero_points, zero_points, zero_points),
}


@ALL
@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
@given(
    shape=st.tuples(st.just(1), st.integers(1, 4), st.integers(1, 5), st.integers(1, 9)),
    lhs=st.tuples(scales, zero_points),
    rhs=st.tuples(st.floats(-3.0, 3.0), zero_points),
    result=st.tuples(ratios, zero_points),
    activation=st.sampled_from(ACTIVATIONS),
    seed=seeds,
)
def test_sums_of_equal_shapes_agree(
    room: Room,
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
    room.check(opcode, sum_model(opcode, shape, lhs, other, out, activation), seed)


@ALL
@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
@pytest.mark.parametrize("ratio", [0.1013, 0.9999, 1.0, 1.1317, 1.9991, 2.0519, 3.9133])
@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
def test_sums_of_all_pairs_of_bytes_agree(
    room: Room, opcode: str, ratio: float, activation: str
) -> None:
    check_all_sums(room, opcode, ratio, activation)


@WIDE
@given(
    data=st.data(),
    shape=st.tuples(st.just(1), st.integers(1, 5), st.integers(1, 7), st.integers(1, 11)),
    scale=scales,
    ratio=st.floats(0.2, 3.0),
    rhs_is_image=st.booleans(),
    activation=st.sampled_from(ACTIVATIONS),
    seed=seeds,
)
def test_products_with_a_vector_agree(
    room: Room,
    data: st.DataObject,
    shape: tuple[int, ...],
    scale: float,
    ratio: float,
    rhs_is_image: bool,
    activation: str,
    seed: int,
) -> None:
    zeros = data.draw(PRODUCT_ZERO_POINTS[room.name])
    sides = zip((scale, 1 / 256, scale / ratio), zeros, strict=True)
    model = vector_model(shape, *sides, rhs_is_image=rhs_is_image, activation=activation)
    room.check("MUL", model, seed)


@WIDE
@pytest.mark.parametrize("ratio", [0.19, 0.54, 0.83, 1.1007])
@pytest.mark.parametrize("width", [1, 2, 256])
def test_products_of_all_pairs_of_bytes_agree(room: Room, ratio: float, width: int) -> None:
    check_all_products(room, ratio, width)


@EVERY_POOL
@given(data=st.data(), seed=seeds)
def test_pools_agree(room: Room, opcode: str, data: st.DataObject, seed: int) -> None:
    assert room.check(opcode, data.draw(pools(opcode)), seed) == 1


@EVERY_POOL
@pytest.mark.parametrize(("shape", "kernel"), LARGE_WINDOWS)
def test_pools_of_large_windows_agree(
    room: Room, opcode: str, shape: tuple[int, ...], kernel: tuple[int, int]
) -> None:
    check_large_window(room, opcode, shape, kernel)


@ALL
@given(
    axes=st.sampled_from([(1,), (2,), (1, 2), (0, 2), (0, 1, 2)]),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 11)),
    keep_dims=st.booleans(),
    factors=st.tuples(scales, ratios, zero_points, zero_points),
    seed=seeds,
)
def test_means_agree(
    room: Room,
    axes: tuple[int, ...],
    sizes: tuple[int, int, int],
    keep_dims: bool,
    factors: tuple[float, float, int, int],
    seed: int,
) -> None:
    scale, ratio, zero_point, out_zero_point = factors
    source = Spec(shape=(1, *sizes), scale=scale, zero_point=zero_point)
    model = mean_model(source, axes, float32(scale / ratio), out_zero_point, keep_dims=keep_dims)
    room.check("MEAN", model, seed)


@ALL
@pytest.mark.parametrize(("shape", "axes"), MEANS)
@pytest.mark.parametrize("keep_dims", [True, False])
def test_means_of_images_agree(
    room: Room, shape: tuple[int, ...], axes: tuple[int, ...], keep_dims: bool
) -> None:
    check_mean(room, shape, axes, keep_dims=keep_dims)


@WIDE
@pytest.mark.parametrize("size", [1, 3, 4, 7, 16, 17, 256])
def test_tables_agree(room: Room, size: int) -> None:
    check_table(room, size)
