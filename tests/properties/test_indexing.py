"""GATHER_ND, SCATTER_ND and EMBEDDING_LOOKUP: the graphs that they become compute the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import seeds, values_of
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array
from tinyengine.reference.execute import run
from tinyengine.reference.interpreter import run_interpreter

Shape = tuple[int, ...]


def check(model: bytes, inputs: list[Array]) -> None:
    (computed,) = run(parse(model, "model.tflite"), inputs)
    (expected,) = run_interpreter(model, inputs)
    np.testing.assert_array_equal(computed, expected)


def int8(*shape: int) -> Spec:
    return Spec(shape=shape, scale=0.5, zero_point=3)


@st.composite
def places(draw: st.DrawFn) -> tuple[Shape, Array]:
    """Give a shape, and indices of one or more numbers each into its leading dimensions."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    numbers = draw(st.integers(1, len(shape)))
    lead = tuple(draw(st.lists(st.integers(1, 4), max_size=2)))
    random = np.random.default_rng(draw(seeds))
    indices = random.integers(0, shape[:numbers], (*lead, numbers))
    return shape, indices.astype(draw(st.sampled_from(["int32", "int64"])))


@given(place=places(), is_constant=st.booleans(), seed=seeds)
def test_gathered_parts_agree(place: tuple[Shape, Array], is_constant: bool, seed: int) -> None:
    shape, indices = place
    out = (*indices.shape[:-1], *shape[indices.shape[-1] :])
    at = Spec(shape=indices.shape, dtype=indices.dtype.name, data=indices if is_constant else None)
    x = values_of(shape, "int8", seed)
    model = one_op_model("GATHER_ND", [int8(*shape), at], int8(*out))
    check(model, [x] if is_constant else [x, indices])


@given(place=places(), seed=seeds)
def test_scattered_parts_agree(place: tuple[Shape, Array], seed: int) -> None:
    shape, indices = place
    once = np.unique(indices.reshape(-1, indices.shape[-1]), axis=0).astype(np.int32)
    once = np.random.default_rng(seed).permutation(once)
    updates = (len(once), *shape[once.shape[-1] :])
    at = Spec(shape=once.shape, dtype="int32", data=once)
    wanted = Spec(shape=(len(shape),), dtype="int32", data=shape)
    model = one_op_model("SCATTER_ND", [at, int8(*updates), wanted], int8(*shape))
    check(model, [values_of(updates, "int8", seed)])


@pytest.mark.parametrize("shape", [(7, 3), (7, 2, 2)])
def test_rows_of_a_table_agree(shape: Shape) -> None:
    table = Spec(shape=shape, scale=0.5, zero_point=3, data=values_of(shape, "int8", 1))
    ids = Spec(shape=(5,), dtype="int32")
    model = one_op_model("EMBEDDING_LOOKUP", [ids, table], int8(5, *shape[1:]))
    check(model, [np.array([6, 0, 3, 3, 1], np.int32)])


def test_updates_of_one_place_are_refused() -> None:
    at = Spec(shape=(2, 1), dtype="int32", data=[[1], [1]])
    wanted = Spec(shape=(2,), dtype="int32", data=[4, 3])
    with pytest.raises(ModelError, match="updates of one and the same place"):
        parse(one_op_model("SCATTER_ND", [at, int8(2, 3), wanted], int8(4, 3)), "model.tflite")


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_that_leaves_its_dimension_is_refused(index: int) -> None:
    at = Spec(shape=(1, 1), dtype="int32", data=[[index]])
    with pytest.raises(ModelError, match=r"an index leaves \[4\]"):
        parse(one_op_model("GATHER_ND", [int8(4, 3), at], int8(1, 3)), "model.tflite")


def test_a_small_file_does_not_scatter_to_a_huge_tensor() -> None:
    at = Spec(shape=(1, 1), dtype="int32", data=[[5]])
    wanted = Spec(shape=(1,), dtype="int32", data=[1 << 30])
    with pytest.raises(ModelError, match=r"it scatters to \[1073741824\]"):
        parse(one_op_model("SCATTER_ND", [at, int8(1), wanted], int8(1 << 30)), "model.tflite")
