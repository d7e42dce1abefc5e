"""Kernels that consume rows compute what the interpreter does, whatever rows come at a time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import emulated, host
from tests.properties.agreement import (
    import_op,
    interpret,
    ratios,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tests.properties.test_convolution import output_of, weights_of
from tinyengine.ir import AveragePool2D, FullyConnected, Mean, Padding, Quantization
from tinyengine.kernels.accumulating import ACCUMULATING
from tinyengine.reference.convolution import fully_connected
from tinyengine.reference.pooling import average_pool2d
from tinyengine.reference.rows import view_of

POOL, _, FULLY_CONNECTED, POOL_DSP, _, POOL_MVE, _ = ACCUMULATING


def check(model: bytes, seed: int) -> None:
    """Check the accumulating kernel of a one-operator model against the interpreter."""
    op, (x,) = import_op(model)
    values = values_of(x.shape, "int8", seed)
    expected = interpret(model, [values])
    kernels = [k for k in ACCUMULATING if k.op is type(op) and not k.declines(op)]
    assert kernels, "a portable kernel accepts the operator"
    for kernel in kernels:
        host.check_consumption(kernel, op, values, expected, view_of(x).rows, seed)


def declined(model: bytes) -> str:
    op, _ = import_op(model)
    kernel = next(kernel for kernel in ACCUMULATING if kernel.op is type(op))
    return "; ".join(kernel.declines(op))


def pool_model(shape: Sequence[int], out_shape: Sequence[int], **options: object) -> bytes:
    x = Spec(shape=shape, scale=0.1, zero_point=-3)
    y = Spec(shape=out_shape, scale=0.1, zero_point=-3)
    return one_op_model("AVERAGE_POOL_2D", [x], y, **options)


@st.composite
def one_row_pools(draw: st.DrawFn) -> bytes:
    """Give an average pool of one output row: over all rows, or over the first ones."""
    kernel_h, kernel_w = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    in_h, in_w = kernel_h + draw(st.integers(0, 2)), kernel_w + draw(st.integers(0, 5))
    stride_w, channels = draw(st.integers(1, 3)), draw(st.integers(1, 9))
    out_w = (in_w - kernel_w) // stride_w + 1
    return pool_model(
        (1, in_h, in_w, channels),
        (1, 1, out_w, channels),
        padding="VALID",
        filter_height=kernel_h,
        filter_width=kernel_w,
        stride_h=3,
        stride_w=stride_w,
        fused_activation_function=draw(st.sampled_from(["NONE", "RELU", "RELU6"])),
    )


@given(model=one_row_pools(), seed=seeds)
def test_pools_agree(model: bytes, seed: int) -> None:
    check(model, seed)


@given(
    pads=st.tuples(*[st.integers(0, 2)] * 4),
    size=st.tuples(st.integers(3, 6), st.integers(3, 6)),
    seed=seeds,
)
def test_padded_pools_agree(
    pads: tuple[int, int, int, int], size: tuple[int, int], seed: int
) -> None:
    top, bottom, left, right = pads
    in_h, in_w = size
    valid = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    op, (x,) = import_op(
        pool_model((1, in_h, in_w, 3), (1, 1, 1, 3), filter_height=in_h, filter_width=in_w, **valid)
    )
    assert isinstance(op, AveragePool2D)
    padding = Padding(top=top, bottom=bottom, left=left, right=right)
    kernel_h, kernel_w = in_h + top + bottom, in_w + left + right
    padded = replace(op, padding=padding, kernel_h=kernel_h, kernel_w=kernel_w)
    values = values_of(x.shape, "int8", seed)
    expected = average_pool2d(padded, values)
    for kernel in (POOL, POOL_DSP, POOL_MVE):
        host.check_consumption(kernel, padded, values, expected, view_of(x).rows, seed)


def test_pool_of_two_rows_is_declined() -> None:
    options = {"filter_height": 3, "filter_width": 3, "stride_h": 1, "stride_w": 1}
    model = pool_model((1, 4, 3, 2), (1, 2, 1, 2), padding="VALID", **options)
    assert declined(model) == "Output must be [1, 1, W, C]."


def mean_model(
    source: Spec, axes: Sequence[int], scale: object, zero_point: int, *, keep_dims: bool
) -> bytes:
    kept = [1 if i in axes else size for i, size in enumerate(source.shape)]
    if not keep_dims:
        kept = [size for i, size in enumerate(kept) if i not in axes]
    result = Spec(shape=kept, scale=scale, zero_point=zero_point)
    operand = Spec(shape=(len(axes),), dtype="int32", data=axes)
    return one_op_model("MEAN", [source, operand], result, keep_dims=keep_dims)


@given(
    axes=st.sampled_from([(1,), (1, 2), (1, 3), (1, 2, 3), (0, 1), (0, 1, 2, 3)]),
    sizes=st.tuples(st.integers(1, 9), st.integers(1, 6), st.integers(1, 9)),
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
    images = 1 + seed % 3 if 0 in axes else 1
    source = Spec(shape=(images, *sizes), scale=scale, zero_point=zero_point)
    out_scale = np.float32(scale / ratio)
    check(mean_model(source, axes, out_scale, out_zero_point, keep_dims=keep_dims), seed)


def test_means_over_long_rows_agree() -> None:
    source = Spec(shape=(1, 3, 600, 7), scale=0.1, zero_point=-128)
    check(mean_model(source, (1, 2), 0.1, -100, keep_dims=True), 1)


@pytest.mark.parametrize(("shape", "axes"), [((1, 4, 3, 2), (2,)), ((2, 4, 3, 2), (1, 2))])
def test_means_over_some_rows_are_declined(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    model = mean_model(Spec(shape=shape, scale=0.1, zero_point=0), axes, 0.1, 0, keep_dims=True)
    assert (
        declined(model) == "Every mean must be over all input rows, and the output must be one row."
    )


@st.composite
def fully_connected_models(draw: st.DrawFn) -> bytes:
    """Give a matrix product with one vector, which is an image of any shape."""
    shape = (1, draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(1, 5)))
    in_c, out_c = int(np.prod(shape)), draw(st.integers(1, 9))
    x = Spec(shape=shape, scale=draw(scales), zero_point=draw(zero_points))
    weight, bias = draw(weights_of((out_c, in_c), 0, float(x.scale)))
    result = output_of((1, out_c), float(x.scale), weight, in_c, draw(ratios), draw(zero_points))
    return one_op_model("FULLY_CONNECTED", [x, weight, bias], result)


@given(model=fully_connected_models(), seed=seeds)
def test_matrix_products_agree(model: bytes, seed: int) -> None:
    check(model, seed)


def test_weights_with_a_zero_point_agree() -> None:
    weight = Spec(shape=(3, 12), scale=0.5, zero_point=0, data=values_of((3, 12), "int8", 1))
    x = Spec(shape=(1, 3, 2, 2), scale=0.25, zero_point=-9)
    result = Spec(shape=(1, 3), scale=90.0, zero_point=4)
    op, _ = import_op(one_op_model("FULLY_CONNECTED", [x, weight, None], result))
    assert isinstance(op, FullyConnected)
    quant = Quantization(scale=(0.5,), zero_point=(7,))
    shifted = replace(op, weight=replace(op.weight, quant=quant))
    values = values_of(x.shape, "int8", 5)
    expected = fully_connected(shifted, values, shifted.weight.values)
    host.check_consumption(FULLY_CONNECTED, shifted, values, expected, 3)


def test_two_vectors_are_declined() -> None:
    weight = Spec(shape=(3, 4), scale=0.5, zero_point=0, data=values_of((3, 4), "int8", 1))
    x = Spec(shape=(2, 4), scale=0.25, zero_point=-9)
    model = one_op_model(
        "FULLY_CONNECTED", [x, weight, None], Spec(shape=(2, 3), scale=9.0, zero_point=4)
    )
    assert declined(model) == "Input must have as many elements as the weight has columns."


def test_every_kernel_consumes_and_has_scratch() -> None:
    assert {kernel.op for kernel in ACCUMULATING} == {AveragePool2D, Mean, FullyConnected}
    assert all(kernel.consumes and kernel.scratch_nbytes for kernel in ACCUMULATING)


def test_cores_agree() -> None:
    pool = pool_model(
        (1, 25, 5, 7),
        (1, 1, 1, 7),
        padding="VALID",
        filter_height=25,
        filter_width=5,
        stride_h=1,
        stride_w=1,
    )
    source = Spec(shape=(1, 14, 3, 9), scale=0.1, zero_point=-100)
    models = [
        pool,
        mean_model(source, (1, 2), 0.09, -90, keep_dims=True),
        mean_model(source, (1,), 0.09, -90, keep_dims=False),
    ]
    for cpu in ("cortex-m4", emulated.MVE):
        with emulated.on_core(cpu):
            for model in models:
                check(model, 1)
