"""Comparisons, truths, choices, casts, plain integers and indices: interpreter = numpy = C."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.networks import dynamic_batch
from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import check_agreement, interpret, seeds, values_of, zero_points
from tests.properties.test_space_and_repetition import check
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, DType, Graph
from tinyengine.kernels.ref.logic import KERNELS
from tinyengine.reference import logic
from tinyengine.reference.execute import run

ORDERS = ["LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"]
COMPARISONS = ["EQUAL", "NOT_EQUAL", *ORDERS]
WIDE = ["int32", "int64"]

EVERY = np.arange(-128, 128).astype(np.int8)

few = settings(max_examples=12)
scales_below_one = st.floats(-16.0, -0.001).map(lambda power: float(np.float32(2.0**power)))

Shape = tuple[int, ...]


@st.composite
def meeting_shapes(draw: st.DrawFn, operands: int = 2) -> tuple[list[Shape], Shape]:
    """Give shapes that broadcast, each of which may lack dimensions or have one element there."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    given = [shape]
    for _ in range(operands - 1):
        narrow = [draw(st.sampled_from([1, size])) for size in shape]
        given.append(narrow[draw(st.integers(0, len(shape))) :])
    order = draw(st.permutations(given))
    return [tuple(each) for each in order], tuple(shape)


def plain(shape: Sequence[int], dtype: str, **more: Any) -> Spec:
    return Spec(shape=shape, dtype=dtype, **more)


def few_values(shape: Sequence[int], dtype: str, seed: int) -> Array:
    """Give values of which many are equal, and some are the least and the greatest."""
    random = np.random.default_rng(seed)
    if dtype == "bool":
        return values_of(shape, dtype, seed)
    limits = np.iinfo(dtype)
    chosen = random.choice([limits.min, -(limits.min < 0), 0, 1, 2, limits.max], tuple(shape))
    return chosen.astype(dtype)


def agree(model: bytes, reference: Any, inputs: Sequence[Array]) -> Array:
    return check_agreement(KERNELS, reference, model, 0, inputs)


# -- comparisons ----------------------------------------------------------------------------------


@given(
    data=st.data(),
    shapes=meeting_shapes(),
    opcode=st.sampled_from(COMPARISONS),
    seed=seeds,
)
def test_quantized_operands_are_compared_as_the_interpreter_does(
    data: st.DataObject, shapes: tuple[list[Shape], Shape], opcode: str, seed: int
) -> None:
    operands, output = shapes
    scale, zero_point = data.draw(scales_below_one), data.draw(zero_points)
    same, dtype = data.draw(st.booleans()), data.draw(st.sampled_from(["int8", "int16"]))
    other = (scale, zero_point) if same else (data.draw(scales_below_one), data.draw(zero_points))
    specs = [
        Spec(shape=shape, dtype=dtype, scale=s, zero_point=z if dtype == "int8" else 0)
        for shape, (s, z) in zip(operands, ((scale, zero_point), other), strict=True)
    ]
    model = one_op_model(opcode, specs, plain(output, "bool"))
    check_agreement(KERNELS, logic.compare, model, seed)


@pytest.mark.parametrize("scale", [0.99, 0.1, 2.0**-8, 0.0039, 2.0**-9, 1e-4])
@pytest.mark.parametrize("opcode", ["EQUAL", "LESS"])
def test_every_byte_is_compared_with_every_byte(opcode: str, scale: float) -> None:
    specs = [
        Spec(shape=(256, 1), scale=scale, zero_point=-3),
        Spec(shape=(1, 256), scale=scale, zero_point=-3),
    ]
    inputs = [EVERY.reshape(256, 1), EVERY.reshape(1, 256)]
    found = agree(one_op_model(opcode, specs, plain((256, 256), "bool")), logic.compare, inputs)
    assert 0 < np.count_nonzero(found) < found.size


@few
@given(shapes=meeting_shapes(), opcode=st.sampled_from(COMPARISONS), seed=seeds, data=st.data())
def test_numbers_are_compared(
    shapes: tuple[list[Shape], Shape], opcode: str, seed: int, data: st.DataObject
) -> None:
    dtype = data.draw(st.sampled_from(WIDE if opcode in ORDERS else [*WIDE, "bool"]))
    operands, output = shapes
    specs = [plain(shape, dtype) for shape in operands]
    inputs = [few_values(shape, dtype, seed + i) for i, shape in enumerate(operands)]
    agree(one_op_model(opcode, specs, plain(output, "bool")), logic.compare, inputs)


def test_a_scale_of_one_is_refused_where_the_interpreter_aborts() -> None:
    specs = [Spec(shape=(4,), scale=1.0, zero_point=0), Spec(shape=(4,), scale=0.5, zero_point=0)]
    with pytest.raises(ModelError, match="its scale is 1; what is compared has one below 1"):
        parse(one_op_model("LESS", specs, plain((4,), "bool")), "model.tflite")


# -- truths and numbers ---------------------------------------------------------------------------


@few
@given(shapes=meeting_shapes(), opcode=st.sampled_from(["LOGICAL_AND", "LOGICAL_OR"]), seed=seeds)
def test_truths_agree(shapes: tuple[list[Shape], Shape], opcode: str, seed: int) -> None:
    operands, output = shapes
    specs = [plain(shape, "bool") for shape in operands]
    model = one_op_model(opcode, specs, plain(output, "bool"))
    check_agreement(KERNELS, logic.number_binary, model, seed)


def test_not_agrees() -> None:
    truths = np.array([[True, False, True]])
    model = one_op_model("LOGICAL_NOT", [plain((1, 3), "bool")], plain((1, 3), "bool"))
    found = agree(model, logic.compare, [truths])
    np.testing.assert_array_equal(found, [[False, True, False]])


@pytest.mark.parametrize("opcode", ["REDUCE_ALL", "REDUCE_ANY"])
@pytest.mark.parametrize("axes", [[0], [1], [2], [0, 2], [0, 1, 2]])
def test_truths_are_reduced(opcode: str, axes: list[int]) -> None:
    shape = (3, 2, 4)
    kept = [size for axis, size in enumerate(shape) if axis not in axes]
    operands = [plain(shape, "bool"), plain((len(axes),), "int32", data=axes)]
    check(one_op_model(opcode, operands, plain(kept, "bool")), seed=sum(axes))


@given(
    shapes=meeting_shapes(),
    opcode=st.sampled_from(["ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM"]),
    dtype=st.sampled_from(WIDE),
    seed=seeds,
)
def test_numbers_agree(
    shapes: tuple[list[Shape], Shape], opcode: str, dtype: str, seed: int
) -> None:
    operands, output = shapes
    specs = [plain(shape, dtype) for shape in operands]
    model = one_op_model(opcode, specs, plain(output, dtype))
    check_agreement(KERNELS, logic.number_binary, model, seed)


DIVISIONS = ["DIV", "FLOOR_DIV", "FLOOR_MOD"]


@few
@given(shapes=meeting_shapes(), opcode=st.sampled_from(DIVISIONS), seed=seeds)
def test_divisions_agree(shapes: tuple[list[Shape], Shape], opcode: str, seed: int) -> None:
    operands, output = shapes
    random = np.random.default_rng(seed)
    ends = [-(1 << 31) + 1, -7, -2, -1, 1, 2, 3, 10, (1 << 31) - 1]
    lhs, rhs = (random.choice(ends, shape).astype(np.int32) for shape in operands)
    specs = [plain(operands[0], "int32"), plain(operands[1], "int32", data=rhs)]
    agree(one_op_model(opcode, specs, plain(output, "int32")), logic.number_binary, [lhs])


@pytest.mark.parametrize("opcode", DIVISIONS)
def test_the_least_integer_has_no_opposite(opcode: str) -> None:
    # By -1: modulo 2^32 it is itself, and nothing is left.
    specs = [plain((1,), "int32"), plain((1,), "int32", data=[-1])]
    graph = parse(one_op_model(opcode, specs, plain((1,), "int32")), "m.tflite")
    least = np.array([-(1 << 31)], np.int32)
    expected = [0 if opcode == "FLOOR_MOD" else -(1 << 31)]
    assert run(graph, [least])[0].tolist() == expected
    assert kernel_of(graph, [least, graph.ops[0].inputs[1].values]).tolist() == expected


@pytest.mark.parametrize("opcode", DIVISIONS)
def test_a_divisor_that_may_be_zero_is_refused(opcode: str) -> None:
    spec = plain((2,), "int32")
    for divisor in (spec, plain((2,), "int32", data=[1, 0])):
        with pytest.raises(ModelError, match="is not a constant without zeros"):
            parse(one_op_model(opcode, [spec, divisor], spec), "m.tflite")


# -- choices and casts ----------------------------------------------------------------------------


@given(
    shapes=meeting_shapes(operands=3),
    dtype=st.sampled_from(["bool", "int8", "int32", "int64"]),
    seed=seeds,
)
def test_choices_agree(shapes: tuple[list[Shape], Shape], dtype: str, seed: int) -> None:
    operands, output = shapes
    more = {"scale": 0.5, "zero_point": -7} if dtype == "int8" else {}
    specs = [plain(operands[0], "bool"), *(plain(s, dtype, **more) for s in operands[1:])]
    model = one_op_model("SELECT_V2", specs, plain(output, dtype, **more))
    check_agreement(KERNELS, logic.select, model, seed)


@pytest.mark.parametrize("condition", [(3, 2, 4), (3,), ()])
def test_the_old_choice_takes_whole_rows(condition: Shape) -> None:
    values = Spec(shape=(3, 2, 4), scale=0.5, zero_point=3)
    check(one_op_model("SELECT", [plain(condition, "bool"), values, values], values), seed=4)


@few
@given(data=st.data(), shape=st.lists(st.integers(1, 4), max_size=5), seed=seeds)
def test_casts_agree(data: st.DataObject, shape: list[int], seed: int) -> None:
    types = st.sampled_from(["bool", "int8", "uint8", "int16", "int32", "uint32", "int64"])
    given, made = data.draw(types), data.draw(types)
    specs = [
        Spec(shape=shape, dtype=dtype, scale=0.5 if dtype.endswith("int8") else None)
        for dtype in (given, made)
    ]
    options = {"in_data_type": given.upper(), "out_data_type": made.upper()}
    model = one_op_model("CAST", specs[:1], specs[1], **options)
    agree(model, logic.cast, [few_values(shape, given, seed)])


# -- indices --------------------------------------------------------------------------------------


@given(data=st.data(), shape=st.lists(st.integers(1, 4), min_size=1, max_size=4), seed=seeds)
def test_computed_indices_agree(data: st.DataObject, shape: list[int], seed: int) -> None:
    dtype = data.draw(st.sampled_from(["bool", "int8", "int32", "int64"]))
    axis = data.draw(st.integers(0, len(shape) - 1))
    taken = data.draw(st.lists(st.integers(1, 3), max_size=2))
    counted = data.draw(st.sampled_from(WIDE))
    more = {"scale": 0.5, "zero_point": -7} if dtype == "int8" else {}
    output = (*shape[:axis], *taken, *shape[axis + 1 :])
    specs = [plain(shape, dtype, **more), plain(taken, counted)]
    model = one_op_model("GATHER", specs, plain(output, dtype, **more), axis=axis)
    indices = np.random.default_rng(seed).integers(0, shape[axis], taken).astype(counted)
    agree(model, logic.gather, [values_of(shape, dtype, seed), indices])


def test_bytes_that_a_cast_makes_need_no_scale() -> None:
    options = {"in_data_type": "INT32", "out_data_type": "INT8"}
    model = one_op_model("CAST", [plain((4,), "int32")], plain((4,), "int8"), **options)
    numbers = np.array([-128, 127, 300, -1], np.int32)
    assert agree(model, logic.cast, [numbers]).tolist() == [-128, 127, 44, -1]


def test_an_index_beyond_the_end_gives_the_end() -> None:
    # The interpreter stops there with an error; nothing beyond the tensor may be read.
    specs = [Spec(shape=(3, 2), scale=0.5), plain((4,), "int32")]
    graph = parse(one_op_model("GATHER", specs, Spec(shape=(4, 2), scale=0.5), axis=0), "m.tflite")
    rows = np.array([[1, 2], [3, 4], [5, 6]], np.int8)
    indices = np.array([-1, 3, 1, 1 << 30], np.int32)
    (computed,) = run(graph, [rows, indices])
    assert computed.tolist() == [[1, 2], [5, 6], [3, 4], [5, 6]]
    assert kernel_of(graph, [rows, indices]).tolist() == computed.tolist()


def kernel_of(graph: Graph, inputs: Sequence[Array]) -> Array:
    (op,) = graph.ops
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is type(op))
    return host.run_kernel(kernel, op, inputs)


# -- shapes that exporters compute ----------------------------------------------------------------


def test_shapes_that_exporters_compute_are_constants() -> None:
    model = dynamic_batch()
    graph = parse(model, "model.tflite")
    assert all(tensor.dtype is DType.INT8 for op in graph.ops for tensor in op.inputs)
    x = values_of((1, 2, 3), "int8", 3)
    outputs = run(graph, [x])
    np.testing.assert_array_equal(outputs[0], interpret(model, [x]))
    assert outputs[1].tolist() == [[3] * 12] * 2


# -- what is known when compiling -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("opcode", "operands", "output"),
    [
        ("SHAPE", [Spec(shape=(2, 3), scale=0.5)], plain((2,), "int32")),
        ("RANK", [Spec(shape=(2, 3), scale=0.5)], plain((), "int32")),
        ("ZEROS_LIKE", [plain((2, 3), "int64")], plain((2, 3), "int64")),
        (
            "RANGE",
            [plain((), "int32", data=value) for value in (9, -2, -3)],
            plain((4,), "int32"),
        ),
        (
            "BROADCAST_ARGS",
            [plain((2,), "int64", data=[2, 1]), plain((3,), "int64", data=[1, 2, 3])],
            plain((3,), "int64"),
        ),
        (
            "FILL",
            [plain((2,), "int32", data=[2, 3]), plain((), "int32", data=-9)],
            plain((2, 3), "int32"),
        ),
        (
            "CAST",
            [plain((3,), "int64", data=[1 << 33, -5, 0])],
            plain((3,), "bool"),
        ),
        *(
            (
                opcode,
                [plain((3,), "int32", data=[7, -7, 9]), plain((1,), "int32", data=[2])],
                plain((3,), "int32"),
            )
            for opcode in ("DIV", "FLOOR_DIV", "FLOOR_MOD")
        ),
        *(
            (
                opcode,
                [
                    plain((2, 3), "int32", data=[[7, -7, 9], [1, 2, 3]]),
                    plain((1,), "int32", data=[0]),
                ],
                plain((3,), "int32"),
            )
            for opcode in ("SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN")
        ),
    ],
)
def test_what_depends_on_no_input_is_a_constant(
    opcode: str, operands: list[Spec], output: Spec
) -> None:
    beside = Spec(shape=(1, 2), scale=0.5)
    options = {"out_type": "INT32"} if opcode == "SHAPE" else {}
    model = one_op_model(opcode, operands, output, beside=beside, **options)
    graph = parse(model, "model.tflite")
    values = graph.outputs[0].tensor.values
    zeros = [np.zeros(edge.tensor.shape, edge.dtype.numpy) for edge in graph.inputs]
    expected = interpret(model, zeros)
    assert graph.ops == ()
    assert values.dtype == expected.dtype
    np.testing.assert_array_equal(values, expected)
