"""TOPK_V2 and DYNAMIC_UPDATE_SLICE: interpreter, numpy reference and C kernels agree."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import check_agreement, seeds, values_of
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, TopK
from tinyengine.kernels.ref.selection import KERNELS
from tinyengine.reference.interpreter import run_interpreter
from tinyengine.reference.selection import dynamic_update_slice, top_k

Shape = tuple[int, ...]


def top_model(shape: Shape, count: int, dtype: str) -> bytes:
    kept = (*shape[:-1], count)
    source = Spec(shape=shape, dtype=dtype, scale=0.5, zero_point=3)
    number = Spec(shape=(), dtype="int32", data=count)
    result = Spec(shape=kept, dtype=dtype, scale=0.5, zero_point=3)
    return one_op_model("TOPK_V2", [source, number], [result, Spec(shape=kept, dtype="int32")])


def check_top(model: bytes, x: Array, seed: int) -> None:
    kernel = KERNELS[0]
    graph = parse(model, "model.tflite")
    for op, expected in zip(graph.ops, run_interpreter(model, [x]), strict=True):
        assert isinstance(op, TopK)
        np.testing.assert_array_equal(top_k(op, x), expected)
        np.testing.assert_array_equal(host.run_kernel(kernel, op, [x]), expected)
        host.check_rows(kernel, op, [x], expected, seed)
        host.check_overlap(kernel, op, [x], expected)


@given(
    lead=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    depth=st.integers(1, 20),
    part=st.floats(0.01, 1.0),
    dtype=st.sampled_from(["int8", "uint8"]),
    spread=st.integers(1, 256),
    seed=seeds,
)
def test_the_greatest_agree(
    lead: Shape, depth: int, part: float, dtype: str, spread: int, seed: int
) -> None:
    shape = (*lead, depth)
    low = np.iinfo(dtype).min
    # Few different values: most stand there several times.
    x = (low + (values_of(shape, dtype, seed).astype(np.int32) - low) % spread).astype(dtype)
    check_top(top_model(shape, max(1, int(part * depth)), dtype), x, seed)


def test_all_of_equal_elements_stand_in_order() -> None:
    check_top(top_model((2, 9), 9, "int8"), np.full((2, 9), -128, np.int8), 0)


@st.composite
def updates(draw: st.DrawFn) -> tuple[Shape, Shape]:
    """Give the shapes of an input and of an update that fits into it."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    return shape, tuple(draw(st.integers(1, size)) for size in shape)


@given(
    shapes=updates(),
    far=st.lists(st.integers(-3, 7), min_size=4, max_size=4),
    indices=st.sampled_from(["int32", "int64"]),
    is_constant=st.booleans(),
    seed=seeds,
)
def test_updates_agree_wherever_they_start(
    shapes: tuple[Shape, Shape], far: list[int], indices: str, is_constant: bool, seed: int
) -> None:
    shape, part = shapes
    start = np.array(far[: len(shape)], indices)
    specs = [
        Spec(shape=shape, scale=0.5, zero_point=3),
        Spec(shape=part, scale=0.5, zero_point=3),
        Spec(shape=start.shape, dtype=indices, data=start if is_constant else None),
    ]
    inputs = [values_of(shape, "int8", seed), values_of(part, "int8", seed + 1), start]
    model = one_op_model("DYNAMIC_UPDATE_SLICE", specs, specs[0])
    check_agreement(KERNELS, dynamic_update_slice, model, seed, inputs[: 2 if is_constant else 3])


def test_an_update_must_fit() -> None:
    whole, part = (Spec(shape=shape, scale=0.5, zero_point=3) for shape in ((2, 3), (2, 4)))
    start = Spec(shape=(2,), dtype="int32", data=[0, 0])
    with pytest.raises(ModelError, match="is larger than its input"):
        parse(one_op_model("DYNAMIC_UPDATE_SLICE", [whole, part, start], whole), "m.tflite")
