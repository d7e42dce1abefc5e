"""Bools, int32 and int64 are moved as int8 is: interpreter, numpy reference and C kernels agree."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import seeds
from tests.properties.test_space_and_repetition import check, integers

SHAPE = (2, 3, 4)

Shape = Sequence[int]
Build = Callable[[Callable[..., Spec]], bytes]


def moved(opcode: str, result: Shape, *operands: Spec, **options: object) -> Build:
    """Give what builds a model that moves a [2, 3, 4] of some type into `result`."""
    return lambda spec: one_op_model(opcode, [spec(*SHAPE), *operands], spec(*result), **options)


def two(opcode: str, result: Shape, **options: object) -> Build:
    return lambda spec: one_op_model(opcode, [spec(*SHAPE)] * 2, spec(*result), **options)


def split(spec: Callable[..., Spec]) -> bytes:
    half = spec(2, 3, 2)
    return one_op_model("SPLIT", [integers([2]), spec(*SHAPE)], [half, half], num_splits=2)


def padded(*value: int) -> Build:
    """Give what pads with a value: in any type but bool, its bytes differ."""
    return lambda spec: one_op_model(
        "PADV2",
        [spec(*SHAPE), integers([(1, 0), (0, 0), (1, 2)]), replace(spec(1), data=value)],
        spec(3, 3, 7),
    )


MOVES: dict[str, Build] = {
    "PAD": moved("PAD", (3, 3, 7), integers([(1, 0), (0, 0), (1, 2)])),
    "PADV2": padded(300),
    "RESHAPE": moved("RESHAPE", (4, 6), integers([4, 6])),
    "EXPAND_DIMS": moved("EXPAND_DIMS", (2, 1, 3, 4), integers([1])),
    "TRANSPOSE": moved("TRANSPOSE", (4, 2, 3), integers([2, 0, 1])),
    "TRANSPOSE of rows": moved("TRANSPOSE", (3, 2, 4), integers([1, 0, 2])),
    "CONCATENATION of rows": two("CONCATENATION", (4, 3, 4), axis=0),
    "CONCATENATION": two("CONCATENATION", (2, 3, 8), axis=2),
    "PACK": two("PACK", (2, 2, 3, 4), axis=1, values_count=2),
    "SLICE": moved("SLICE", (1, 2, 3), integers([1, 0, 1]), integers([1, 2, 3])),
    "STRIDED_SLICE": moved(
        "STRIDED_SLICE", (1, 3, 2), integers([1, 2, 0]), integers([2, -4, 4]), integers([1, -1, 2])
    ),
    "SPLIT": split,
    "UNPACK": lambda spec: one_op_model("UNPACK", [spec(1, 5)], spec(5), axis=0, num=1),
    "TILE": moved("TILE", (4, 3, 12), integers([2, 1, 3])),
    "BROADCAST_TO": moved("BROADCAST_TO", (3, 2, 3, 4), integers([3, 2, 3, 4])),
    "MIRROR_PAD": moved(
        "MIRROR_PAD", (2, 5, 6), integers([(0, 0), (1, 1), (0, 2)]), mode="REFLECT"
    ),
    "REVERSE_V2": moved("REVERSE_V2", SHAPE, integers([2])),
    "GATHER": moved("GATHER", (2, 3, 3), integers([3, 0, 1]), axis=2),
    "DEPTH_TO_SPACE": lambda spec: one_op_model(
        "DEPTH_TO_SPACE", [spec(1, 2, 3, 8)], spec(1, 4, 6, 2), block_size=2
    ),
    "SPACE_TO_DEPTH": lambda spec: one_op_model(
        "SPACE_TO_DEPTH", [spec(1, 4, 6, 2)], spec(1, 2, 3, 8), block_size=2
    ),
}
DTYPES = ("bool", "int32", "int64")
REFUSED = {
    ("PACK", "bool"), ("SPLIT", "bool"), ("UNPACK", "int64"), ("DEPTH_TO_SPACE", "bool"),
    ("SPACE_TO_DEPTH", "bool"),
}  # fmt: skip
"""What the interpreter does not take."""


@pytest.mark.parametrize(
    ("move", "dtype"),
    [pair for pair in itertools.product(MOVES, DTYPES) if pair not in REFUSED],
)
def test_numbers_are_moved_like_bytes(move: str, dtype: str) -> None:
    def spec(*shape: int) -> Spec:
        return Spec(shape=shape, dtype=dtype)

    assert check(MOVES[move](spec), seed=len(move)).dtype == np.dtype(dtype)


@settings(max_examples=12)
@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=5),
    dtype=st.sampled_from(DTYPES),
    seed=seeds,
)
def test_any_transpose_of_numbers_agrees(
    data: st.DataObject, shape: list[int], dtype: str, seed: int
) -> None:
    perm = data.draw(st.permutations(range(len(shape))))
    source = Spec(shape=shape, dtype=dtype)
    result = Spec(shape=[shape[axis] for axis in perm], dtype=dtype)
    check(one_op_model("TRANSPOSE", [source, integers(perm)], result), seed)
