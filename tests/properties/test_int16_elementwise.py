"""Operators of int16 without weights: interpreter, numpy reference and C kernels agree."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, constant, import_op, seeds
from tests.properties.test_arithmetic import broadcast_shapes, float32
from tests.properties.test_convolution import out_size
from tinyengine.errors import ModelError
from tinyengine.ir import Array
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.reference import arithmetic, curves, reduction, resize
from tinyengine.reference.pooling import average_pool2d, max_pool2d

Shape = tuple[int, ...]

EVERY = np.arange(-(2**15), 2**15, dtype=np.int16)
scales = st.floats(-14.0, -4.0).map(lambda exponent: float32(2.0**exponent))
ratios = st.floats(-3.0, 0.9).map(lambda exponent: 2.0**exponent)
"""What a real value of the natural scale is worth in output steps."""


def spec(shape: Shape, scale: float, dtype: str = "int16", zero_point: int = 0) -> Spec:
    return Spec(shape=shape, dtype=dtype, scale=scale, zero_point=zero_point)


def check(
    reference: Callable[..., Array], model: bytes, seed: int, inputs: list[Array] | None = None
) -> Array:
    """Check every kernel that accepts the model's operator."""
    op, _ = import_op(model)
    kernels = [kernel for kernel in KERNELS if accepts(kernel, op)]
    assert kernels
    return check_agreement(kernels, reference, model, seed, inputs)


ARITHMETIC = {
    "ADD": arithmetic.add,
    "SUB": arithmetic.sub,
    "MUL": arithmetic.mul,
    "MINIMUM": arithmetic.minimum,
    "MAXIMUM": arithmetic.maximum,
}


@pytest.mark.parametrize("opcode", ARITHMETIC)
@given(
    shapes=broadcast_shapes(images=2),
    operands=st.tuples(scales, scales),
    ratio=ratios,
    activation=st.sampled_from(["NONE", "RELU", "RELU6"]),
    held=st.sampled_from([None, 0, 1]),
    seed=seeds,
)
def test_binary_operators_agree(
    opcode: str,
    shapes: tuple[Shape, Shape, Shape],
    operands: tuple[float, float],
    ratio: float,
    activation: str,
    held: int | None,
    seed: int,
) -> None:
    lhs, rhs, out = shapes
    options: dict[str, Any] = {"fused_activation_function": activation}
    if opcode in ("ADD", "SUB"):
        options["pot_scale_int16"] = False
    left, right = operands
    natural = left * right * 2**15 if opcode == "MUL" else max(operands)
    output = float32(natural / ratio)
    if opcode in ("MINIMUM", "MAXIMUM"):
        options, left, right, output = {}, 0.01, 0.01, 0.01
    given_operands = [spec(lhs, left), spec(rhs, right)]
    if held is not None:
        given_operands[held] = constant(given_operands[held], seed)
    model = one_op_model(opcode, given_operands, spec(out, output), **options)
    check(ARITHMETIC[opcode], model, seed)


def test_the_products_of_the_least_values_agree() -> None:
    ends = np.array([-(2**15), -1, 0, 1, 2**15 - 1], np.int16)
    model = one_op_model(
        "MUL", [spec((5, 1), 0.5), spec((1, 5), 0.5)], spec((5, 5), float32(0.2501))
    )
    check(arithmetic.mul, model, 0, [ends[:, None], ends[None, :]])


@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
def test_sums_by_shifts_are_refused(opcode: str) -> None:
    model = one_op_model(opcode, [spec((4,), 0.5), spec((4,), 0.25)], spec((4,), 0.5))
    with pytest.raises(ModelError, match="pot_scale_int16"):
        import_op(model)


@given(
    types=st.sampled_from([("int8", "int16"), ("int16", "int8"), ("int16", "int16")]),
    scale=scales,
    ratio=st.floats(-9.0, 9.0).map(lambda exponent: 2.0**exponent),
    zero_point=st.integers(-128, 127),
    seed=seeds,
)
def test_quantize_agrees(
    types: tuple[str, str], scale: float, ratio: float, zero_point: int, seed: int
) -> None:
    zeros = [zero_point if dtype == "int8" else 0 for dtype in types]
    model = one_op_model(
        "QUANTIZE",
        [spec((2, 3, 7), scale, types[0], zeros[0])],
        spec((2, 3, 7), float32(scale / ratio), types[1], zeros[1]),
    )
    check(arithmetic.quantize, model, seed)


@given(
    shape=st.tuples(st.just(1), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5)),
    scale=scales,
    ratio=ratios,
    alpha=st.floats(0.0, 1.5),
    opcode=st.sampled_from(["RELU", "RELU6", "LEAKY_RELU"]),
    seed=seeds,
)
def test_rectifiers_agree(
    shape: Shape, scale: float, ratio: float, alpha: float, opcode: str, seed: int
) -> None:
    options = {"alpha": float32(alpha)} if opcode == "LEAKY_RELU" else {}
    model = one_op_model(
        opcode, [spec(shape, scale)], spec(shape, float32(scale / ratio)), **options
    )
    check(curves.leaky_relu, model, seed)


@pytest.mark.parametrize("opcode", ["LOGISTIC", "TANH"])
@pytest.mark.parametrize(
    "scale", [2.0**-12, 2.0**-11, 0.0003, 1e-5, 3e-8, 0.002, 2.6, 1.5 * 2.0**-12]
)
def test_sigmoids_of_every_value_agree(opcode: str, scale: float) -> None:
    model = one_op_model(opcode, [spec((256, 256), float32(scale))], spec((256, 256), 2.0**-15))
    check(curves.sigmoid, model, 0, [EVERY.reshape(256, 256)])


@given(
    rows=st.integers(1, 4),
    depth=st.integers(1, 40),
    scale=scales,
    beta=st.sampled_from([1.0, 1.0, 0.5, 3.0]),
    seed=seeds,
)
def test_softmax_agrees(rows: int, depth: int, scale: float, beta: float, seed: int) -> None:
    shape = (rows, depth)
    model = one_op_model("SOFTMAX", [spec(shape, scale)], spec(shape, 2.0**-15), beta=beta)
    check(curves.softmax, model, seed)


def test_softmax_of_many_equal_values_agrees() -> None:
    shape = (1, 4096)
    model = one_op_model("SOFTMAX", [spec(shape, 0.001)], spec(shape, 2.0**-15), beta=1.0)
    check(curves.softmax, model, 0, [np.full(shape, 77, np.int16)])


@given(
    shape=st.tuples(st.just(1), st.integers(1, 5), st.integers(1, 5), st.integers(1, 6)),
    axes=st.sampled_from([(1, 2), (1,), (2,), (3,), (1, 2, 3)]),
    keep=st.booleans(),
    ratio=ratios,
    seed=seeds,
)
def test_means_agree(shape: Shape, axes: Shape, keep: bool, ratio: float, seed: int) -> None:
    kept = [1 if i in axes else size for i, size in enumerate(shape)]
    out = tuple(kept if keep else (size for i, size in enumerate(shape) if i not in axes))
    axis = Spec(shape=(len(axes),), dtype="int32", data=np.array(axes, np.int32))
    model = one_op_model(
        "MEAN", [spec(shape, 0.01), axis], spec(out, float32(0.01 / ratio)), keep_dims=keep
    )
    check(reduction.mean, model, seed)


@pytest.mark.parametrize("opcode", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@given(data=st.data(), seed=seeds)
def test_pools_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    padding = data.draw(st.sampled_from(["SAME", "VALID"]))
    kernels = data.draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    strides = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    sizes = tuple(kernel + data.draw(st.integers(0, 4)) for kernel in kernels)
    channels = data.draw(st.integers(1, 5))
    outs = (out_size(s, k, d, 1, padding) for s, k, d in zip(sizes, kernels, strides, strict=True))
    model = one_op_model(
        opcode,
        [spec((1, *sizes, channels), 0.01)],
        spec((1, *outs, channels), 0.01),
        padding=padding,
        filter_height=kernels[0],
        filter_width=kernels[1],
        stride_h=strides[0],
        stride_w=strides[1],
        fused_activation_function=data.draw(st.sampled_from(["NONE", "RELU"])),
    )
    check(average_pool2d if opcode == "AVERAGE_POOL_2D" else max_pool2d, model, seed)


@given(
    sizes=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 4)),
    lead=st.lists(st.integers(1, 2), max_size=2).map(tuple),
    adjoint=st.tuples(st.booleans(), st.booleans()),
    ratio=ratios,
    seed=seeds,
)
def test_products_of_matrices_agree(
    sizes: Shape, lead: Shape, adjoint: tuple[bool, bool], ratio: float, seed: int
) -> None:
    rows, depth, columns = sizes
    lhs = (*lead, depth, rows) if adjoint[0] else (*lead, rows, depth)
    rhs = (*lead, columns, depth) if adjoint[1] else (*lead, depth, columns)
    output = float32(0.01 * 0.002 * 2**15 / ratio)
    model = one_op_model(
        "BATCH_MATMUL",
        [spec(lhs, 0.01), spec(rhs, 0.002)],
        spec((*lead, rows, columns), output),
        adj_x=adjoint[0],
        adj_y=adjoint[1],
    )
    check(arithmetic.batch_matmul, model, seed)


@pytest.mark.parametrize("opcode", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
@given(
    shape=st.tuples(st.just(1), st.integers(1, 5), st.integers(1, 5), st.integers(1, 3)),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    centers=st.booleans(),
    seed=seeds,
)
def test_resizing_agrees(opcode: str, shape: Shape, size: Shape, centers: bool, seed: int) -> None:
    sizes = Spec(shape=(2,), dtype="int32", data=np.array(size, np.int32))
    model = one_op_model(
        opcode,
        [spec(shape, 0.01), sizes],
        spec((1, *size, shape[3]), 0.01),
        half_pixel_centers=centers,
    )
    is_bilinear = opcode == "RESIZE_BILINEAR"
    check(resize.resize_bilinear if is_bilinear else resize.resize_nearest_neighbor, model, seed)


def test_the_table_of_sigmoid_is_near_the_function() -> None:
    exact = 65536 / (1 + np.exp(-np.arange(256) / 24))
    assert np.all(np.abs(curves.sigmoid_table() - exact) < 1.2)


def test_a_zero_point_is_refused() -> None:
    model = one_op_model("RELU", [spec((4,), 0.5, zero_point=1)], spec((4,), 0.5))
    with pytest.raises(ModelError, match="is int16 with a zero point other than 0"):
        import_op(model)


def test_an_operator_without_int16_is_refused() -> None:
    model = one_op_model("HARD_SWISH", [spec((4,), 0.5)], spec((4,), 0.5))
    with pytest.raises(ModelError, match="is int16; it must be int8"):
        import_op(model)


def test_an_operator_without_an_output_is_refused() -> None:
    with pytest.raises(ModelError, match="it has 0 outputs; 1 expected"):
        import_op(one_op_model("RELU", [spec((4,), 0.5)], []))
