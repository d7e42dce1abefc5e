"""Resizing: interpreter, numpy reference and C kernels agree, or all refuse."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, import_op, scales, seeds, zero_points
from tinyengine.errors import ModelError
from tinyengine.ir import DType, Quantization, ResizeBilinear, ResizeNearestNeighbor, Source, Tensor
from tinyengine.kernels.ref.resize import KERNELS
from tinyengine.reference.interpreter import refusal
from tinyengine.reference.resize import (
    declined,
    nearest_positions,
    resize_bilinear,
    resize_nearest_neighbor,
)

NEAREST, BILINEAR = KERNELS
MODES = [(False, False), (True, False), (False, True)]
NEAREST_MODES = [*MODES, (True, True)]
"""(align_corners, half_pixel_centers)"""


def tensor(shape: tuple[int, ...], dtype: DType = DType.INT8) -> Tensor:
    quant = Quantization(scale=(0.5,), zero_point=(0,))
    return Tensor(name="t", shape=shape, dtype=dtype, quant=quant)


def bilinear(
    shape: tuple[int, ...],
    size: tuple[int, int],
    mode: tuple[bool, bool] = (False, False),
    dtype: DType = DType.INT8,
) -> ResizeBilinear:
    return ResizeBilinear(
        source=Source(index=3, opcode="RESIZE_BILINEAR", name="up"),
        input=tensor(shape, dtype),
        output=tensor((shape[0], *size, shape[3]), dtype),
        align_corners=mode[0],
        half_pixel_centers=mode[1],
    )


def resize_model(
    opcode: str,
    shape: tuple[int, ...],
    size: tuple[int, int],
    mode: tuple[bool, bool],
    quantization: tuple[float, int] = (0.5, 3),
) -> bytes:
    scale, zero_point = quantization
    return one_op_model(
        opcode,
        [
            Spec(shape=shape, scale=scale, zero_point=zero_point),
            Spec(shape=(2,), dtype="int32", data=size),
        ],
        Spec(shape=(shape[0], *size, shape[3]), scale=scale, zero_point=zero_point),
        align_corners=mode[0],
        half_pixel_centers=mode[1],
    )


shapes = st.tuples(st.just(1), st.integers(1, 13), st.integers(1, 13), st.integers(1, 5))
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))
quantizations = st.tuples(scales, zero_points)


@given(
    shape=shapes,
    size=sizes,
    mode=st.sampled_from(NEAREST_MODES),
    quantization=quantizations,
    seed=seeds,
)
def test_nearest_neighbor_agrees(
    shape: tuple[int, ...],
    size: tuple[int, int],
    mode: tuple[bool, bool],
    quantization: tuple[float, int],
    seed: int,
) -> None:
    model = resize_model("RESIZE_NEAREST_NEIGHBOR", shape, size, mode, quantization)
    check_agreement(KERNELS, resize_nearest_neighbor, model, seed)


@given(
    shape=shapes,
    size=sizes,
    mode=st.sampled_from(MODES),
    quantization=quantizations,
    seed=seeds,
)
@example(shape=(1, 5, 6, 2), size=(10, 12), mode=(False, True), quantization=(0.5, 0), seed=0)
@example(shape=(1, 7, 7, 3), size=(3, 1), mode=(False, True), quantization=(0.5, 0), seed=0)
@example(shape=(1, 1, 1, 3), size=(30, 30), mode=(True, False), quantization=(0.5, 0), seed=0)
def test_bilinear_agrees(
    shape: tuple[int, ...],
    size: tuple[int, int],
    mode: tuple[bool, bool],
    quantization: tuple[float, int],
    seed: int,
) -> None:
    assume(not declined(bilinear(shape, size, mode)))
    model = resize_model("RESIZE_BILINEAR", shape, size, mode, quantization)
    check_agreement(KERNELS, resize_bilinear, model, seed)


@pytest.mark.parametrize("mode", NEAREST_MODES)
def test_nearest_positions_equal_the_interpreters_for_every_pair_of_sizes(
    mode: tuple[bool, bool],
) -> None:
    in_size = 97
    ramp = np.arange(in_size, dtype=np.int8)[None, None, :, None]
    for out_size in (*range(1, 40), 193, 194, 195, 1000):
        model = resize_model("RESIZE_NEAREST_NEIGHBOR", (1, 1, in_size, 1), (1, out_size), mode)
        op, _ = import_op(model)
        assert isinstance(op, ResizeNearestNeighbor)
        expected = check_agreement([NEAREST], resize_nearest_neighbor, model, 0, [ramp])
        np.testing.assert_array_equal(nearest_positions(op, 2), expected.reshape(-1))


def test_bilinear_blends_by_hand() -> None:
    """Positions 0, 0.5, 1, 1.5 of [10, 20]; 1.5 lies behind the last pixel, which is taken."""
    x = np.array([10, 20], np.int8).reshape(1, 1, 2, 1)
    result = resize_bilinear(bilinear((1, 1, 2, 1), (1, 4)), x)
    assert result.reshape(-1).tolist() == [10, 15, 20, 20]


def test_bilinear_rounds_halves_away_from_zero() -> None:
    """The mean of -1 and -2 is -1.5, that of 1 and 2 is 1.5."""
    x = np.array([[-1, -2], [1, 2]], np.int8).reshape(1, 2, 2, 1)
    result = resize_bilinear(bilinear((1, 2, 2, 1), (2, 4)), x)
    assert result[0, :, 1, 0].tolist() == [-2, 2]


def test_bilinear_that_reads_outside_the_input_is_refused() -> None:
    """1024 / 70 is rounded up to 15: output pixel 69 lies at 1035 of 1024."""
    op = bilinear((1, 1, 1, 3), (70, 1))
    problem = (
        "resizing (1, 1) to (70, 1) reads pixels outside the input, because the scale is "
        "rounded to 1/1024"
    )
    assert declined(op) == problem
    assert BILINEAR.declines(op)
    with pytest.raises(ModelError) as caught:
        resize_bilinear(op, np.zeros((1, 1, 1, 3), np.int8))
    assert str(caught.value) == f"error: op 3 RESIZE_BILINEAR 'up': {problem}"


def test_bilinear_of_uint8_is_refused() -> None:
    op = bilinear((1, 2, 2, 3), (4, 4), dtype=DType.UINT8)
    assert declined(op) == "bilinear resizing of uint8 is not supported, of int8 and int16 is"
    assert BILINEAR.declines(op)


def test_bilinear_with_corners_and_half_pixels_is_refused_as_the_interpreter_does() -> None:
    model = resize_model("RESIZE_BILINEAR", (1, 2, 2, 3), (4, 4), (True, True))
    assert "half_pixel_centers is True, align_corners must be False" in refusal(model)
    with pytest.raises(ModelError, match="has no meaning: the interpreter refuses it"):
        import_op(model)


def test_no_kernel_takes_bilinear_with_corners_and_half_pixels() -> None:
    op = bilinear((1, 2, 2, 3), (4, 4), (True, True))
    assert declined(op) == "align_corners and half_pixel_centers exclude each other"
    assert BILINEAR.declines(op)
