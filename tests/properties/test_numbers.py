"""SUM, REDUCE_PROD, ADD_N, DIV, CUMSUM, L2_NORMALIZATION, LOG_SOFTMAX: interpreter = numpy = C."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.micro import interpret_micro
from tests.properties.agreement import (
    check_agreement,
    import_op,
    interpret,
    ratios,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tests.properties.test_arithmetic import broadcast_shapes
from tests.properties.test_reduction import float32, reduced_shape
from tinyengine.errors import ModelError
from tinyengine.ir import Lookup
from tinyengine.kernels.ref.logic import KERNELS as LOGIC
from tinyengine.kernels.ref.numbers import KERNELS
from tinyengine.reference import numbers
from tinyengine.reference.logic import number_binary
from tinyengine.reference.lookup import lookup

Shape = tuple[int, ...]

EVERY = np.arange(-128, 128, dtype=np.int8)


def taken(model: bytes) -> bytes:
    """Give a model that the importer takes; one whose scales it refuses is none of the test's."""
    try:
        import_op(model)
    except ModelError:
        assume(False)
    return model


def integers(*values: int) -> Spec:
    return Spec(shape=(len(values),), dtype="int32", data=values)


def reduction_model(
    opcode: str, source: Spec, axes: Shape, keep_dims: bool, scale: float, zero_point: int
) -> bytes:
    shape = reduced_shape(tuple(source.shape), axes, keep_dims=keep_dims)
    result = Spec(shape=shape, scale=float32(scale), zero_point=zero_point)
    return one_op_model(opcode, [source, integers(*axes)], result, keep_dims=keep_dims)


@st.composite
def reductions(draw: st.DrawFn) -> tuple[Spec, Shape, bool]:
    """Give an input, axes in any order, some negative, and whether they are kept."""
    rank = draw(st.integers(1, 4))
    shape = tuple(draw(st.integers(1, size)) for size in [3, 4, 5, 6][4 - rank :])
    chosen = draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True))
    axes = tuple(axis - rank if draw(st.booleans()) else axis for axis in chosen)
    source = Spec(shape=shape, scale=draw(scales), zero_point=draw(zero_points))
    return source, axes, draw(st.booleans())


@given(reduction=reductions(), ratio=ratios, zero_point=zero_points, seed=seeds)
def test_sums_agree(
    reduction: tuple[Spec, Shape, bool], ratio: float, zero_point: int, seed: int
) -> None:
    source, axes, keep_dims = reduction
    assert isinstance(source.scale, float)
    model = reduction_model("SUM", source, axes, keep_dims, source.scale / ratio, zero_point)
    check_agreement(KERNELS, numbers.sum_, taken(model), seed, None, interpret_micro)


@given(reduction=reductions(), ratio=st.floats(-2.0, 3.0), zero_point=zero_points, seed=seeds)
def test_products_agree(
    reduction: tuple[Spec, Shape, bool], ratio: float, zero_point: int, seed: int
) -> None:
    source, axes, keep_dims = reduction
    count = math.prod(source.shape[axis] for axis in axes)
    # Each product is brought back to about the range of its operands, or a little more or less.
    unit = Spec(shape=source.shape, scale=float32(2.0**-7), zero_point=source.zero_point)
    scale = min(2.0 ** (-ratio * min(count, 6) / 3), 2.0**30)
    model = reduction_model("REDUCE_PROD", unit, axes, keep_dims, scale, zero_point)
    check_agreement(KERNELS, numbers.reduce_prod, taken(model), seed)


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
    count=st.integers(2, 14),
    scale=scales,
    ratio=ratios,
    zeros=st.tuples(st.integers(-20, 20), zero_points),
    seed=seeds,
)
def test_sums_of_many_tensors_agree(
    shape: Shape, count: int, scale: float, ratio: float, zeros: tuple[int, int], seed: int
) -> None:
    operand = Spec(shape=shape, scale=scale, zero_point=zeros[0])
    result = Spec(shape=shape, scale=float32(scale / ratio), zero_point=zeros[1])
    model = one_op_model("ADD_N", [operand] * count, result)
    check_agreement(KERNELS, numbers.add_n, taken(model), seed, None, interpret_micro)


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple),
    axis=st.integers(-5, 4),
    flags=st.tuples(st.booleans(), st.booleans()),
    scale=scales,
    ratio=ratios,
    zeros=st.tuples(zero_points, zero_points),
    seed=seeds,
)
def test_running_sums_agree(
    shape: Shape,
    axis: int,
    flags: tuple[bool, bool],
    scale: float,
    ratio: float,
    zeros: tuple[int, int],
    seed: int,
) -> None:
    assume(-len(shape) <= axis < len(shape))
    source = Spec(shape=shape, scale=scale, zero_point=zeros[0])
    result = Spec(shape=shape, scale=float32(scale / ratio), zero_point=zeros[1])
    options = {"exclusive": flags[0], "reverse": flags[1]}
    model = one_op_model("CUMSUM", [source, integers(axis)], result, **options)
    check_agreement(KERNELS, numbers.cumsum, taken(model), seed, None, interpret_micro)


@given(
    shapes=broadcast_shapes(),
    scales=st.tuples(scales, scales),
    zeros=st.tuples(zero_points, zero_points, zero_points),
    shift=st.floats(6.01, 14.0),
    activation=st.sampled_from(["NONE", "RELU"]),
    is_constant=st.booleans(),
    seed=seeds,
)
def test_quotients_agree(
    shapes: tuple[Shape, Shape, Shape],
    scales: tuple[float, float],
    zeros: tuple[int, int, int],
    shift: float,
    activation: str,
    is_constant: bool,
    seed: int,
) -> None:
    divisors = values_of(shapes[1], "int8", seed)
    divisors[divisors == zeros[1]] = 127 if zeros[1] < 127 else -128
    dividend = Spec(shape=shapes[0], scale=scales[0], zero_point=zeros[0])
    divisor = Spec(shape=shapes[1], scale=scales[1], zero_point=zeros[1])
    if is_constant:
        divisor = Spec(shape=shapes[1], scale=scales[1], zero_point=zeros[1], data=divisors)
    scale = float32(scales[0] / scales[1] / 2.0**shift)
    result = Spec(shape=shapes[2], scale=scale, zero_point=zeros[2])
    model = one_op_model("DIV", [dividend, divisor], result, fused_activation_function=activation)
    inputs = [values_of(shapes[0], "int8", seed + 1), divisors][: 1 if is_constant else 2]
    check_agreement(KERNELS, numbers.div, taken(model), seed, inputs)


@pytest.mark.parametrize("zeros", [(0, 0), (-128, -128), (5, -20)])
def test_all_quotients_agree(zeros: tuple[int, int]) -> None:
    divisors = EVERY[zeros[1] != EVERY]
    model = one_op_model(
        "DIV",
        [
            Spec(shape=(256, 1), scale=0.5, zero_point=zeros[0]),
            Spec(shape=(1, 255), scale=0.25, zero_point=zeros[1]),
        ],
        Spec(shape=(256, 255), scale=float32(2 / 127), zero_point=0),
    )
    check_agreement(KERNELS, numbers.div, model, 0, [EVERY[:, None], divisors[None, :]])


@given(
    lead=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    depth=st.integers(1, 8) | st.integers(9, 300),
    spread=st.integers(1, 256),
    zero_point=zero_points,
    seed=seeds,
)
def test_normalized_vectors_agree(
    lead: Shape, depth: int, spread: int, zero_point: int, seed: int
) -> None:
    shape = (*lead, depth)
    source = Spec(shape=shape, scale=0.5, zero_point=zero_point)
    result = Spec(shape=shape, scale=1 / 128, zero_point=0)
    model = one_op_model("L2_NORMALIZATION", [source], result)
    # Short vectors, too: the smaller the sum of squares, the fewer bits the root keeps.
    values = values_of(shape, "int8", seed).astype(np.int32) % spread - spread // 2 + zero_point
    near = np.clip(values, -128, 127).astype(np.int8)
    check_agreement(KERNELS, numbers.l2_normalization, model, seed, [near])


def test_vectors_of_every_length_agree() -> None:
    # [n, 0]: the sum of squares is every square up to 255; the root of n is n again.
    vectors = np.stack([EVERY, np.full(256, -128, np.int8)], axis=1)
    source = Spec(shape=(256, 2), scale=0.5, zero_point=-128)
    model = one_op_model(
        "L2_NORMALIZATION", [source], Spec(shape=(256, 2), scale=1 / 128, zero_point=0)
    )
    check_agreement(KERNELS, numbers.l2_normalization, model, 0, [vectors])


def test_long_vectors_agree() -> None:
    shape = (2, 33000)
    source = Spec(shape=shape, scale=0.5, zero_point=127)
    model = one_op_model(
        "L2_NORMALIZATION", [source], Spec(shape=shape, scale=1 / 128, zero_point=0)
    )
    values = values_of(shape, "int8", 3)
    values[0] = -128
    check_agreement(KERNELS, numbers.l2_normalization, model, 0, [values])


def log_softmax_model(shape: Shape, scale: float, zero_point: int) -> bytes:
    source = Spec(shape=shape, scale=scale, zero_point=zero_point)
    return one_op_model("LOG_SOFTMAX", [source], Spec(shape=shape, scale=1 / 16, zero_point=127))


@given(
    lead=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    depth=st.integers(1, 12) | st.integers(13, 600),
    scale=scales,
    zero_point=zero_points,
    spread=st.integers(1, 256),
    seed=seeds,
)
def test_log_softmax_agrees(
    lead: Shape, depth: int, scale: float, zero_point: int, spread: int, seed: int
) -> None:
    shape = (*lead, depth)
    model = taken(log_softmax_model(shape, scale, zero_point))
    values = values_of(shape, "int8", seed).astype(np.int32)
    near = (127 - (values + 128) % spread).astype(np.int8)
    check_agreement(KERNELS, numbers.log_softmax, model, seed, [near])


def test_log_softmax_of_sums_of_all_sizes_agrees() -> None:
    # A row has n maxima and 4095 - n elements far below: its sum of exponentials is about n.
    rows = np.where(np.arange(4095) < np.arange(1, 4095, 13)[:, None], 127, -128).astype(np.int8)
    model = log_softmax_model(rows.shape, 0.25, 0)
    check_agreement(KERNELS, numbers.log_softmax, model, 0, [rows])


@pytest.mark.parametrize("opcode", ["FLOOR_DIV", "FLOOR_MOD"])
@pytest.mark.parametrize("divisor", [-128, -7, -1, 1, 2, 3, 100, 127])
def test_whole_quotients_by_a_number_agree(opcode: str, divisor: int) -> None:
    source = Spec(shape=(256,), scale=0.5, zero_point=3)
    number = Spec(shape=(1,), scale=0.25, zero_point=-2, data=[divisor])
    model = one_op_model(opcode, [source, number], Spec(shape=(256,), scale=0.1, zero_point=0))
    op, _ = import_op(model)
    assert isinstance(op, Lookup)
    np.testing.assert_array_equal(lookup(op, EVERY), interpret(model, [EVERY]))


@given(
    opcode=st.sampled_from(["FLOOR_DIV", "FLOOR_MOD"]),
    divisors=st.lists(
        st.integers(-9, 9).filter(bool) | st.sampled_from([-(2**31), 2**31 - 1]),
        min_size=1,
        max_size=4,
    ),
    seed=seeds,
)
def test_whole_quotients_of_numbers_agree(opcode: str, divisors: list[int], seed: int) -> None:
    divisor = Spec(shape=(len(divisors),), dtype="int32", data=divisors)
    source = Spec(shape=(5, len(divisors)), dtype="int32")
    x = np.random.default_rng(seed).integers(-(2**31), 2**31, source.shape).astype(np.int32)
    x[0], x[1] = -(2**31), np.arange(len(divisors)) - 2
    model = one_op_model(opcode, [source, divisor], source)
    check_agreement(LOGIC, number_binary, model, seed, [x])


def test_a_constant_divisor_holds_no_zero() -> None:
    source = Spec(shape=(2, 3), scale=0.5, zero_point=3)
    divisor = Spec(shape=(3,), scale=0.25, zero_point=-2, data=[1, -2, 3])
    with pytest.raises(ModelError, match="holds a zero"):
        import_op(one_op_model("DIV", [source, divisor], source))


def test_small_quotients_that_the_interpreter_shifts_too_far_are_refused() -> None:
    # 0 / 255 is shifted right by 31 + 7 - 1 bits where the scale ratio is 1.
    source = Spec(shape=(2, 3), scale=1.0, zero_point=0)
    with pytest.raises(ModelError, match="undefined with scale ratio 1"):
        import_op(one_op_model("DIV", [source, source], source))


def test_sums_that_may_overflow_are_refused() -> None:
    operand = Spec(shape=(2, 17), scale=0.5, zero_point=-128)
    with pytest.raises(ModelError, match="a sum of 18 elements may not fit 32 bits"):
        import_op(one_op_model("ADD_N", [operand] * 17, operand))
    with pytest.raises(ModelError, match="a sum of 18 elements may not fit 32 bits"):
        import_op(one_op_model("CUMSUM", [operand, integers(1)], operand))
