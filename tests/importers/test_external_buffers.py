"""Constants behind the FlatBuffer: read as the interpreter reads them, never beyond the file."""

import struct

import numpy as np
import pytest

from tests.builders.tflite_writer import Spec, one_op_model
from tests.importers.single_operators import bias, int8
from tests.support import require_module
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.reference import run
from tinyengine.reference.interpreter import run_interpreter

WEIGHTS = np.arange(-9, 9).reshape(3, 6)
OPERANDS = [int8(1, 6), Spec(shape=(3, 6), scale=0.25, data=WEIGHTS), bias(7, -8, 9)]
VALUES = np.array([[1, -2, 3, -4, 5, -6]], np.int8)


def model(*, external: bool) -> bytes:
    return one_op_model("FULLY_CONNECTED", OPERANDS, int8(1, 3), external=external)


def with_buffer(file: bytes, offset: int, nbytes: int) -> bytes:
    """Give `file` with another place of its external weights, which are 18 bytes."""
    place = file.index(WEIGHTS.astype(np.int8).tobytes())
    for old, new in (((18, place), (nbytes, offset)), ((place, 18), (offset, nbytes))):
        file = file.replace(struct.pack("<QQ", *old), struct.pack("<QQ", *new))
    return file


def test_they_mean_the_same_as_those_inside() -> None:
    require_module("ai_edge_litert")
    (expected,) = run(parse(model(external=False), "m.tflite"), [VALUES])
    (computed,) = run(parse(model(external=True), "m.tflite"), [VALUES])
    (interpreted,) = run_interpreter(model(external=True), [VALUES])
    np.testing.assert_array_equal(computed, expected)
    np.testing.assert_array_equal(interpreted, expected)


def test_they_may_lie_anywhere_in_the_file_as_for_the_interpreter() -> None:
    """18 bytes of the FlatBuffer itself, at an odd offset, are weights as good as any."""
    require_module("ai_edge_litert")
    file = with_buffer(model(external=True), 5, 18)
    (computed,) = run(parse(file, "m.tflite"), [VALUES])
    (interpreted,) = run_interpreter(file, [VALUES])
    np.testing.assert_array_equal(computed, interpreted)
    assert parse(file, "m.tflite").ops[0].inputs[1].values.tobytes() == file[5:23]


@pytest.mark.parametrize("offset", ["end", "beyond", "wraps"])
def test_they_must_lie_in_the_file(offset: str) -> None:
    file = model(external=True)
    offsets = {"end": len(file) - 17, "beyond": 1 << 40, "wraps": (1 << 64) - 9}
    with pytest.raises(ModelError) as caught:
        parse(with_buffer(file, offsets[offset], 18), "m.tflite")
    assert str(caught.value) == (
        "error: m.tflite: the file is damaged: buffer 1 reaches beyond its end\n"
        "  hint: download or convert the model again"
    )


@pytest.mark.parametrize("nbytes", [17, 19])
def test_they_must_have_as_many_bytes_as_the_shape(nbytes: int) -> None:
    file = model(external=True)
    place = file.index(WEIGHTS.astype(np.int8).tobytes())
    with pytest.raises(ModelError, match=f"needs 18 bytes, but its buffer has {nbytes}"):
        parse(with_buffer(file, place, nbytes), "m.tflite")


@pytest.mark.parametrize("offset", [0, 1])
def test_offsets_of_0_and_1_mean_no_constant(offset: int) -> None:
    with pytest.raises(ModelError, match="nothing before it produces"):
        parse(with_buffer(model(external=True), offset, 18), "m.tflite")
