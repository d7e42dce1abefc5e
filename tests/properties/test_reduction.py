"""Mean and Softmax: interpreter, numpy reference and C kernels agree bit for bit."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import (
    check_agreement,
    import_op,
    ratios,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tinyengine.errors import ModelError
from tinyengine.kernels.mve.softmax import KERNELS as SOFTMAX_MVE
from tinyengine.kernels.ref.reduction import KERNELS, WIDENING_SOFTMAX
from tinyengine.reference.reduction import mean, softmax

MEAN, SOFTMAX = KERNELS
ALL_AXES = [axes for count in range(1, 5) for axes in combinations(range(4), count)]


def float32(value: float) -> float:
    return float(np.float32(value))


def mean_model(source: Spec, axes: tuple[int, ...], result: Spec, *, keep_dims: bool) -> bytes:
    return one_op_model(
        "MEAN",
        [source, Spec(shape=(len(axes),), dtype="int32", data=axes)],
        result,
        keep_dims=keep_dims,
    )


def reduced_shape(
    shape: tuple[int, ...], axes: tuple[int, ...], *, keep_dims: bool
) -> tuple[int, ...]:
    reduced = {axis % len(shape) for axis in axes}
    if keep_dims:
        return tuple(1 if i in reduced else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in reduced)


@st.composite
def mean_models(draw: st.DrawFn) -> bytes:
    """Give a MEAN over any axes, negative and in any order, with the same scales or others."""
    rank = draw(st.integers(1, 4))
    shape = tuple(draw(st.integers(1, size)) for size in [3, 7, 8, 9][4 - rank :])
    chosen = draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True))
    axes = tuple(axis - rank if draw(st.booleans()) else axis for axis in chosen)
    keep_dims = draw(st.booleans())
    source = Spec(shape=shape, scale=draw(scales), zero_point=draw(zero_points))
    scale, zero_point = source.scale, source.zero_point
    if draw(st.booleans()):
        scale, zero_point = float32(scale / draw(ratios)), draw(zero_points)
    out_shape = reduced_shape(shape, axes, keep_dims=keep_dims)
    result = Spec(shape=out_shape, scale=scale, zero_point=zero_point)
    return mean_model(source, axes, result, keep_dims=keep_dims)


@given(model=mean_models(), seed=seeds)
def test_mean_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, mean, model, seed)


@pytest.mark.parametrize("keep_dims", [False, True])
@pytest.mark.parametrize("same_scale", [False, True])
@pytest.mark.parametrize("axes", ALL_AXES)
def test_mean_over_every_choice_of_axes_agrees(
    axes: tuple[int, ...], same_scale: bool, keep_dims: bool
) -> None:
    shape = (2, 5, 6, 7)
    source = Spec(shape=shape, scale=0.037, zero_point=-11)
    result = Spec(
        shape=reduced_shape(shape, axes, keep_dims=keep_dims),
        scale=0.037 if same_scale else 0.021,
        zero_point=-11 if same_scale else 4,
    )
    check_agreement(KERNELS, mean, mean_model(source, axes, result, keep_dims=keep_dims), 2)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 31, 32, 33])
def test_mean_over_images_agrees(size: int) -> None:
    source = Spec(shape=(1, size, size, 16), scale=0.05, zero_point=127)
    result = Spec(shape=(1, 16), scale=0.013, zero_point=-128)
    check_agreement(KERNELS, mean, mean_model(source, (1, 2), result, keep_dims=False), size)


@st.composite
def softmax_models(draw: st.DrawFn) -> bytes:
    depth = draw(st.integers(1, 12) | st.integers(13, 511))
    shape = (*draw(st.sampled_from([(), (1,), (3,), (1, 2, 3)])), depth)
    source = Spec(shape=shape, scale=draw(scales), zero_point=draw(zero_points))
    result = Spec(shape=shape, scale=1 / 256, zero_point=-128)
    beta = draw(st.sampled_from([1.0, 0.5, 0.001, 3.7, 40.0]))
    return one_op_model("SOFTMAX", [source], result, beta=beta)


@given(model=softmax_models(), seed=seeds, spread=st.integers(1, 256))
def test_softmax_agrees(model: bytes, seed: int, spread: int) -> None:
    _, (tensor,) = import_op(model)
    values = values_of(tensor.shape, "int8", seed).astype(np.int32)
    top = np.random.default_rng(seed).integers(-128 + spread - 1, 128)
    narrowed = np.clip(top - (values + 128) % spread, -128, 127).astype(np.int8)
    check_agreement((*KERNELS, *SOFTMAX_MVE), softmax, model, seed, [narrowed])


@given(
    depth=st.integers(1, 511),
    scale=scales,
    beta=st.sampled_from([1.0, 0.5, 3.7]),
    zero_point=zero_points,
    seed=seeds,
)
def test_softmax_to_int16_agrees(
    depth: int, scale: float, beta: float, zero_point: int, seed: int
) -> None:
    source = Spec(shape=(3, depth), scale=scale, zero_point=zero_point)
    model = one_op_model("SOFTMAX", [source], widened((3, depth)), beta=beta)
    check_agreement([WIDENING_SOFTMAX], softmax, model, seed)


def widened(shape: tuple[int, ...]) -> Spec:
    return Spec(shape=shape, dtype="int16", scale=2.0**-16, zero_point=-(2**15))


def test_a_long_softmax_to_int16_is_refused() -> None:
    # From a sum of 512 on the interpreter aborts, and quotients are not yet 0 units of 1/65536.
    source = Spec(shape=(1, 512), scale=0.1, zero_point=0)
    with pytest.raises(ModelError, match="rows of 512 elements for int16"):
        import_op(one_op_model("SOFTMAX", [source], widened((1, 512)), beta=1.0))


@pytest.mark.parametrize("exponent", range(-25, 9))
def test_softmax_over_all_differences_agrees(exponent: int) -> None:
    source = Spec(shape=(1, 256), scale=1.37 * 2.0**exponent, zero_point=0)
    result = Spec(shape=(1, 256), scale=1 / 256, zero_point=-128)
    model = one_op_model("SOFTMAX", [source], result, beta=1.0)
    check_agreement(
        KERNELS, softmax, model, 0, [np.arange(-128, 128, dtype=np.int8).reshape(1, 256)]
    )


def test_softmax_of_a_thousand_classes_agrees() -> None:
    source = Spec(shape=(1, 1000), scale=0.1, zero_point=-20)
    result = Spec(shape=(1, 1000), scale=1 / 256, zero_point=-128)
    model = one_op_model("SOFTMAX", [source], result, beta=1.0)
    check_agreement(KERNELS, softmax, model, 9)


@pytest.mark.parametrize("depth", [4096, 20_000])
def test_softmax_of_any_number_of_classes_agrees(depth: int) -> None:
    """Sums of exponentials below 512, which is where the interpreter has a result."""
    source = Spec(shape=(1, depth), scale=1.0, zero_point=-20)
    result = Spec(shape=(1, depth), scale=1 / 256, zero_point=-128)
    model = one_op_model("SOFTMAX", [source], result, beta=1.0)
    values = np.random.default_rng(4).integers(-128, 128, (1, depth)).astype(np.int8)
    check_agreement(KERNELS, softmax, model, 9, [values])


@pytest.mark.parametrize("depth", [1000, 4096, 20_000])
def test_softmax_of_many_equal_values_is_all_zero(depth: int) -> None:
    # The interpreter aborts here. 1/1000 is 0.256 of a unit of 1/256: rounded, 0 units.
    source = Spec(shape=(1, depth), scale=0.1, zero_point=-20)
    result = Spec(shape=(1, depth), scale=1 / 256, zero_point=-128)
    op, _ = import_op(one_op_model("SOFTMAX", [source], result, beta=1.0))
    values = np.full((1, depth), 17, np.int8)
    expected = np.full((1, depth), -128, np.int8)
    np.testing.assert_array_equal(softmax(op, values), expected)
    np.testing.assert_array_equal(host.run_kernel(SOFTMAX, op, [values]), expected)
