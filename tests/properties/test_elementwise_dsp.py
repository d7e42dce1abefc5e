"""Elementwise and pooling kernels for the DSP extension agree with the interpreter."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import emulated, host
from tests.properties.agreement import (
    check_agreement,
    import_op,
    ratios,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tests.properties.test_accumulating import mean_model
from tests.properties.test_pooling import pools
from tinyengine.ir import Op
from tinyengine.kernels.dsp.elementwise import KERNELS
from tinyengine.kernels.spec import Kernel
from tinyengine.reference import arithmetic
from tinyengine.reference.lookup import lookup
from tinyengine.reference.pooling import average_pool2d, max_pool2d
from tinyengine.reference.reduction import mean

REFERENCES = {
    "ADD": arithmetic.add,
    "SUB": arithmetic.sub,
    "MUL": arithmetic.mul,
    "AVERAGE_POOL_2D": average_pool2d,
    "MAX_POOL_2D": max_pool2d,
    "MEAN": mean,
    "LOGISTIC": lookup,
}
ACTIVATIONS = ["NONE", "RELU", "RELU6"]


def float32(value: float) -> float:
    return float(np.float32(value))


def accepting(op: Op) -> list[Kernel]:
    return [kernel for kernel in KERNELS if kernel.op is type(op) and not kernel.declines(op)]


def check(opcode: str, model: bytes, seed: int, inputs: Any = None) -> int:
    """Check all kernels that accept the model's operator; give how many these are."""
    kernels = accepting(import_op(model)[0])
    if kernels:
        check_agreement(kernels, REFERENCES[opcode], model, seed, inputs)
    return len(kernels)


def sum_model(
    opcode: str,
    shape: tuple[int, ...],
    lhs: tuple[float, int],
    rhs: tuple[float, int],
    result: tuple[float, int],
    activation: str = "NONE",
) -> bytes:
    return one_op_model(
        opcode,
        [
            Spec(shape=shape, scale=float32(lhs[0]), zero_point=lhs[1]),
            Spec(shape=shape, scale=float32(rhs[0]), zero_point=rhs[1]),
        ],
        Spec(shape=shape, scale=float32(result[0]), zero_point=result[1]),
        fused_activation_function=activation,
    )


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
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_sums_of_all_pairs_of_bytes_agree(opcode: str, ratio: float, activation: str) -> None:
    every = np.arange(-128, 128, dtype=np.int8)
    lhs, rhs = np.repeat(every, 256), np.tile(every, 256)
    shape = (1, 256, 256, 1)
    model = sum_model(opcode, shape, (0.0173 * ratio, -7), (0.0091, 31), (0.0173, -11), activation)
    inputs = [lhs.reshape(shape), rhs.reshape(shape)]
    assert check(opcode, model, 0, inputs) == 2, "both layouts accept it"


def test_sums_that_no_single_rounding_gives_are_declined() -> None:
    # Halves of both signs, which are rounded away from zero: no sum rounds them up and down.
    op, _ = import_op(sum_model("ADD", (1, 2, 2, 1), (0.5, 0), (0.5, 0), (1.0, 0)))
    reasons = {
        reason for kernel in KERNELS if kernel.op is type(op) for reason in kernel.declines(op)
    }
    assert reasons == {
        "Scale ratios must be below 4, and such that one rounding gives every output."
    }


def vector_model(
    shape: tuple[int, ...],
    image: tuple[float, int],
    vector: tuple[float, int],
    result: tuple[float, int],
    *,
    rhs_is_image: bool,
    activation: str = "NONE",
) -> bytes:
    operands = [
        Spec(shape=shape, scale=float32(image[0]), zero_point=image[1]),
        Spec(shape=(1, 1, 1, shape[-1]), scale=float32(vector[0]), zero_point=vector[1]),
    ]
    return one_op_model(
        "MUL",
        operands[::-1] if rhs_is_image else operands,
        Spec(shape=shape, scale=float32(result[0]), zero_point=result[1]),
        fused_activation_function=activation,
    )


@given(
    shape=st.tuples(st.just(1), st.integers(1, 5), st.integers(1, 7), st.integers(1, 11)),
    scale=scales,
    ratio=st.floats(0.2, 3.0),
    zero_points=st.tuples(st.sampled_from([-128, -127]), st.just(-128), zero_points),
    rhs_is_image=st.booleans(),
    activation=st.sampled_from(ACTIVATIONS),
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
    model = vector_model(
        shape,
        (scale, zero_points[0]),
        (1 / 256, zero_points[1]),
        (scale / ratio, zero_points[2]),
        rhs_is_image=rhs_is_image,
        activation=activation,
    )
    check("MUL", model, seed)


@pytest.mark.parametrize("ratio", [0.19, 0.54, 0.83, 1.1007])
@pytest.mark.parametrize("width", [1, 2, 256])
def test_products_of_all_pairs_of_bytes_agree(ratio: float, width: int) -> None:
    every = np.arange(-128, 128, dtype=np.int8)
    shape = (1, 256 // width, width, 256)
    image, vector = np.repeat(every, 256).reshape(shape), every.reshape(1, 1, 1, 256)
    rhs_is_image = width == 2
    model = vector_model(
        shape,
        (0.0471, -128),
        (1 / 256, -128),
        (0.0471 / ratio, -128),
        rhs_is_image=rhs_is_image,
    )
    inputs = [vector, image] if rhs_is_image else [image, vector]
    assert check("MUL", model, 0, inputs) == 1


@given(behind=st.integers(0, 40), seed=seeds)
def test_products_may_follow_the_image_at_any_distance(behind: int, seed: int) -> None:
    shape = (1, 2, 5, 4)
    model = vector_model(shape, (0.0471, -128), (1 / 256, -128), (0.0671, -128), rhs_is_image=False)
    op, tensors = import_op(model)
    (kernel,) = accepting(op)
    image, vector = (values_of(t.shape, "int8", seed + i) for i, t in enumerate(tensors))
    expected = arithmetic.mul(op, image, vector)
    host.check_overlap(kernel, op, [image, vector], expected, behind)


POOLS = {"AVERAGE_POOL_2D": average_pool2d, "MAX_POOL_2D": max_pool2d}


@pytest.mark.parametrize("opcode", POOLS)
@given(data=st.data(), seed=seeds)
def test_pools_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    check(opcode, data.draw(pools(opcode)), seed)


def pool_model(opcode: str, shape: tuple[int, ...], kernel: tuple[int, int]) -> bytes:
    """Give a pool of stride 2 without padding."""
    out = tuple((size - tap) // 2 + 1 for size, tap in zip(shape[1:3], kernel, strict=True))
    return one_op_model(
        opcode,
        [Spec(shape=shape, scale=0.1, zero_point=3)],
        Spec(shape=(1, *out, shape[3]), scale=0.1, zero_point=3),
        padding="VALID",
        filter_height=kernel[0],
        filter_width=kernel[1],
        stride_h=2,
        stride_w=2,
        fused_activation_function="RELU6",
    )


LARGE_WINDOWS = [((1, 25, 5, 8), (25, 5)), ((1, 17, 17, 5), (16, 17)), ((1, 3, 300, 6), (2, 299))]


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


MEANS = [((1, 28, 28, 8), (1, 2)), ((1, 5, 28, 7), (2,)), ((1, 28, 3, 12), (1,))]


@pytest.mark.parametrize(("shape", "axes"), MEANS)
@pytest.mark.parametrize("keep_dims", [True, False])
def test_means_of_images_agree(
    shape: tuple[int, ...], axes: tuple[int, ...], keep_dims: bool
) -> None:
    source = Spec(shape=shape, scale=0.0471, zero_point=-128)
    model = mean_model(source, axes, 0.0371, -120, keep_dims=keep_dims)
    for value in (-128, 127):
        assert check("MEAN", model, 0, [np.full(shape, value, np.int8)]) == 1
    assert check("MEAN", model, 5) == 1


@pytest.mark.parametrize("size", [1, 3, 4, 7, 256])
def test_tables_agree(size: int) -> None:
    shape = (1, 2, 3, size)
    model = one_op_model(
        "LOGISTIC",
        [Spec(shape=shape, scale=0.05, zero_point=-3)],
        Spec(shape=shape, scale=1 / 256, zero_point=-128),
    )
    every = np.resize(np.arange(-128, 128, dtype=np.int8), shape)
    assert check("LOGISTIC", model, size, [every]) == 2


@pytest.mark.parametrize("cpu", emulated.MODELS)
def test_cores_agree(cpu: str) -> None:
    with emulated.on_core(cpu):
        for ratio in (0.73, 1.13, 2.0519):
            test_sums_of_all_pairs_of_bytes_agree("ADD", ratio, "RELU6")
        for ratio, width in ((0.54, 1), (0.83, 256), (1.1007, 2)):
            test_products_of_all_pairs_of_bytes_agree(ratio, width)
        test_products_of_odd_shapes_agree()
        for shape, kernel in LARGE_WINDOWS[:2]:
            for opcode in POOLS:
                test_pools_of_large_windows_agree(opcode, shape, kernel)
        test_tables_agree(7)
        test_tables_agree(256)
        for shape, axes in MEANS:
            test_means_of_images_agree(shape, axes, keep_dims=True)


def test_products_of_odd_shapes_agree() -> None:
    for pixels, channels in ((1, 4), (2, 5), (3, 7), (4, 8), (5, 1)):
        model = vector_model(
            (1, 3, pixels, channels),
            (0.0471, -128),
            (1 / 256, -128),
            (0.0671, -128),
            rhs_is_image=False,
            activation="RELU6",
        )
        assert check("MUL", model, pixels) == 1
