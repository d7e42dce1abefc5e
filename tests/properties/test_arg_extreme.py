"""ArgMax and ArgMin: interpreter, numpy reference and C kernels agree, on equal elements too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, import_op, seeds, values_of
from tinyengine.kernels.ref.arg_extreme import KERNELS
from tinyengine.reference.reduction import arg_max, arg_min

REFERENCES = {"ARG_MAX": arg_max, "ARG_MIN": arg_min}
OPCODES = pytest.mark.parametrize("opcode", REFERENCES)


def model_of(
    opcode: str,
    shape: tuple[int, ...],
    axis: int,
    dtype: str = "int8",
    indices: str = "int32",
) -> bytes:
    kept = list(shape)
    del kept[axis]
    return one_op_model(
        opcode,
        [
            Spec(shape=shape, dtype=dtype, scale=0.5, zero_point=3),
            Spec(shape=(1,), dtype="int32", data=[axis]),
        ],
        Spec(shape=kept, dtype=indices),
        output_type=indices.upper(),
    )


def check(opcode: str, model: bytes, values: np.ndarray) -> np.ndarray:
    return check_agreement(KERNELS, REFERENCES[opcode], model, 0, [values])


@st.composite
def models(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """Give an opcode, an element type, and a model along any axis, which may be negative."""
    opcode, dtype = (
        draw(st.sampled_from(list(REFERENCES))),
        draw(st.sampled_from(["int8", "uint8"])),
    )
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=6)))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    indices = draw(st.sampled_from(["int32", "int64"]))
    return opcode, dtype, model_of(opcode, shape, axis, dtype, indices)


@given(model=models(), seed=seeds, spread=st.integers(1, 256))
def test_any_axis_of_any_shape_agrees(
    model: tuple[str, str, bytes], seed: int, spread: int
) -> None:
    opcode, dtype, data = model
    _, (tensor,) = import_op(data)
    low = np.iinfo(dtype).min
    values = values_of(tensor.shape, dtype, seed).astype(np.int32)
    # Few different values: most extremes stand there several times.
    check(opcode, data, (low + (values - low) % spread).astype(dtype))


@OPCODES
@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_every_byte_is_told_from_the_next(opcode: str, dtype: str) -> None:
    limits = np.iinfo(dtype)
    ascending = np.arange(limits.min, limits.max + 1).astype(dtype)
    pairs = np.stack([ascending[:-1], ascending[1:]], axis=1)
    found = check(opcode, model_of(opcode, pairs.shape, 1, dtype), pairs)
    np.testing.assert_array_equal(found, np.full(255, int(opcode == "ARG_MAX")))
    found = check(opcode, model_of(opcode, pairs.shape, 1, dtype), np.flip(pairs, axis=1).copy())
    np.testing.assert_array_equal(found, np.full(255, int(opcode == "ARG_MIN")))


@OPCODES
def test_of_equal_elements_the_first_is_taken(opcode: str) -> None:
    for value in (-128, 0, 127):
        values = np.full((3, 5), value, np.int8)
        assert not check(opcode, model_of(opcode, (3, 5), 1), values).any()


@OPCODES
@pytest.mark.parametrize("axis", range(4))
def test_along_every_dimension_of_an_image(opcode: str, axis: int) -> None:
    values = values_of((2, 5, 7, 3), "int8", axis)
    check(opcode, model_of(opcode, values.shape, axis), values)


def test_a_vector_gives_one_index() -> None:
    # The greatest, 9, stands at 2 and again at 4.
    values = np.array([4, -8, 9, 0, 9], np.int8)
    assert check("ARG_MAX", model_of("ARG_MAX", (5,), 0), values) == 2
