"""Pad, Transpose, Concatenation and Slice: interpreter, numpy reference and C kernels agree."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import (
    check_agreement,
    constant,
    import_op,
    interpret,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tinyengine.ir import Array, DType, Op, Pad, Quantization, Slice, Source, Tensor
from tinyengine.kernels.ref.movement import KERNELS, Loop, merge_loops
from tinyengine.reference.movement import concatenation, pad, reshape, slice_, transpose

LARGEST = [2, 3, 4, 5, 6, 7]

Pads = list[tuple[int, int]]


def shapes(max_rank: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Give shapes of rank 1 to `max_rank`, the last dimensions the largest, many of them 1."""

    def of_rank(rank: int) -> st.SearchStrategy[tuple[int, ...]]:
        return st.tuples(*(st.integers(1, size) for size in LARGEST[-rank:]))

    return st.integers(1, max_rank).flatmap(of_rank)


def int8_spec(shape: Sequence[int], quantization: tuple[float, int]) -> Spec:
    scale, zero_point = quantization
    return Spec(shape=shape, scale=scale, zero_point=zero_point)


def integers(values: Sequence[int] | Pads) -> Spec:
    data = np.array(values, np.int32)
    return Spec(shape=data.shape, dtype="int32", data=data)


quantizations = st.tuples(scales, zero_points)


# -- pad ------------------------------------------------------------------------------------------


def padded(shape: Sequence[int], pads: Pads) -> list[int]:
    return [size + before + after for size, (before, after) in zip(shape, pads, strict=True)]


@st.composite
def pad_models(draw: st.DrawFn) -> bytes:
    """Give a PAD or PADV2; three of four dimensions are padded, up to 3 before and after."""
    shape = draw(shapes(4))
    amount = st.just((0, 0)) | st.tuples(st.integers(0, 3), st.integers(0, 3))
    pads = [draw(amount) for _ in shape]
    quantization = draw(quantizations)
    source = int8_spec(shape, quantization)
    result = int8_spec(padded(shape, pads), quantization)
    if draw(st.booleans()):
        return one_op_model("PAD", [source, integers(pads)], result)
    value = [draw(st.integers(-128, 127))]
    filling = Spec(shape=(1,), scale=source.scale, zero_point=source.zero_point, data=value)
    return one_op_model("PADV2", [source, integers(pads), filling], result)


@given(model=pad_models(), seed=seeds)
def test_pad_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, pad, model, seed)


def test_pad_of_the_batch_agrees() -> None:
    pads = [(1, 2), (2, 0), (0, 1), (1, 1)]
    shape = (1, 3, 2, 2)
    model = one_op_model(
        "PAD",
        [Spec(shape=shape, scale=0.5, zero_point=-7), integers(pads)],
        Spec(shape=padded(shape, pads), scale=0.5, zero_point=-7),
    )
    check_agreement(KERNELS, pad, model, seed=1)


# -- transpose ------------------------------------------------------------------------------------


@st.composite
def transpose_models(draw: st.DrawFn) -> bytes:
    shape = draw(shapes(6))
    perm = draw(st.permutations(range(len(shape))))
    quantization = draw(quantizations)
    return one_op_model(
        "TRANSPOSE",
        [int8_spec(shape, quantization), integers(perm)],
        int8_spec([shape[axis] for axis in perm], quantization),
    )


@given(model=transpose_models(), seed=seeds)
def test_transpose_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, transpose, model, seed)


@pytest.mark.parametrize("perm", [*itertools.permutations(range(4))])
def test_transpose_of_every_order_agrees(perm: tuple[int, ...]) -> None:
    shape = (2, 3, 4, 5)
    model = one_op_model(
        "TRANSPOSE",
        [Spec(shape=shape, scale=0.5, zero_point=3), integers(perm)],
        Spec(shape=[shape[axis] for axis in perm], scale=0.5, zero_point=3),
    )
    check_agreement(KERNELS, transpose, model, seed=2)


# -- concatenation --------------------------------------------------------------------------------


@st.composite
def concatenation_models(draw: st.DrawFn) -> bytes:
    """Give one to five operands of any rank and axis; the last one may be a constant."""
    shape = draw(shapes(6))
    axis = draw(st.integers(0, len(shape) - 1))
    extents = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    quantization = draw(quantizations)
    specs = [
        int8_spec([*shape[:axis], extent, *shape[axis + 1 :]], quantization) for extent in extents
    ]
    if len(specs) > 1 and draw(st.booleans()):
        specs[-1] = constant(specs[-1], draw(seeds))
    result = int8_spec([*shape[:axis], sum(extents), *shape[axis + 1 :]], quantization)
    given_axis = axis - len(shape) if draw(st.booleans()) else axis
    return one_op_model("CONCATENATION", specs, result, axis=given_axis)


@given(model=concatenation_models(), seed=seeds)
def test_concatenation_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, concatenation, model, seed)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("axis", range(4))
def test_concatenation_along_every_axis_agrees(axis: int, batch: int) -> None:
    shape = [batch, 3, 4, 5]
    parts = [[*shape[:axis], extent, *shape[axis + 1 :]] for extent in (2, 1, 3)]
    whole = [*shape[:axis], 6, *shape[axis + 1 :]]
    model = one_op_model(
        "CONCATENATION",
        [Spec(shape=part, scale=0.5, zero_point=3) for part in parts],
        Spec(shape=whole, scale=0.5, zero_point=3),
        axis=axis,
    )
    check_agreement(KERNELS, concatenation, model, seed=3)


@pytest.mark.parametrize("axis", range(4))
def test_concatenation_of_a_tensor_with_itself_agrees(axis: int) -> None:
    shape = [1, 3, 4, 5]
    writer = ModelWriter()
    source = writer.tensor(shape, scale=0.5, zero_point=1)
    result = writer.tensor(
        [size * (1 + (index == axis)) for index, size in enumerate(shape)], scale=0.5, zero_point=1
    )
    writer.op("CONCATENATION", [source, source], [result], axis=axis)
    check_agreement(KERNELS, concatenation, writer.finish([source], [result]), seed=4)


# -- slice ----------------------------------------------------------------------------------------


@st.composite
def slice_models(draw: st.DrawFn) -> bytes:
    shape = draw(shapes(5))
    begin = [draw(st.integers(0, size - 1)) for size in shape]
    counts = [draw(st.integers(1, size - first)) for size, first in zip(shape, begin, strict=True)]
    quantization = draw(quantizations)
    return one_op_model(
        "SLICE",
        [int8_spec(shape, quantization), integers(begin), integers(counts)],
        int8_spec(counts, quantization),
    )


@st.composite
def strided_slice_models(draw: st.DrawFn) -> bytes:
    """Give a STRIDED_SLICE of steps from -3 to 3 that takes at least one of each dimension."""
    shape = draw(shapes(4))
    begin = [draw(st.integers(0, size - 1)) for size in shape]
    strides = [draw(st.sampled_from([1, 1, 2, 3, -1, -2, -3])) for _ in shape]
    counts = [
        draw(st.integers(1, 1 + ((size - 1 - first) if stride > 0 else first) // abs(stride)))
        for size, first, stride in zip(shape, begin, strides, strict=True)
    ]
    sign = np.sign(strides)
    last = np.array(begin) + (np.array(counts) - 1) * strides
    end = [
        int(edge + step) if edge + step >= 0 else -size - 1
        for edge, step, size in zip(last, sign, shape, strict=True)
    ]
    quantization = draw(quantizations)
    return one_op_model(
        "STRIDED_SLICE",
        [int8_spec(shape, quantization), integers(begin), integers(end), integers(strides)],
        int8_spec(counts, quantization),
    )


@given(model=slice_models() | strided_slice_models(), seed=seeds)
def test_slice_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, slice_, model, seed)


# -- reshape: the bytes stay, so there is no kernel ------------------------------------------------


@given(data=st.data(), shape=shapes(6), seed=seeds)
def test_reshape_gives_the_interpreters_bytes(
    data: st.DataObject, shape: tuple[int, ...], seed: int
) -> None:
    wanted = data.draw(st.permutations(shape))
    model = one_op_model(
        "RESHAPE",
        [Spec(shape=shape, scale=0.5, zero_point=1), integers(wanted)],
        Spec(shape=wanted, scale=0.5, zero_point=1),
    )
    x = values_of(shape, "int8", seed)
    op, _ = import_op(model)
    np.testing.assert_array_equal(reshape(op, x), interpret(model, [x]))


# -- what the importer does not let through: kernel against numpy ---------------------------------

SOURCE = Source(index=0, opcode="TEST", name="test")


def tensor(shape: Sequence[int], dtype: DType) -> Tensor:
    quant = Quantization(scale=(0.5,), zero_point=(0,))
    return Tensor(name="t", shape=tuple(shape), dtype=dtype, quant=quant)


def check_kernel(op: Op, reference: Callable[..., Array], operands: Sequence[Array]) -> None:
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is type(op))
    expected = reference(op, *operands)
    np.testing.assert_array_equal(host.run_kernel(kernel, op, operands), expected)
    host.check_rows(kernel, op, operands, expected)
    host.check_overlap(kernel, op, operands, expected)


dtypes = st.sampled_from([DType.INT8, DType.UINT8])


@settings(max_examples=15)
@given(data=st.data(), shape=shapes(6), dtype=dtypes, seed=seeds)
def test_pad_of_any_rank_equals_numpy(
    data: st.DataObject, shape: tuple[int, ...], dtype: DType, seed: int
) -> None:
    pads = data.draw(st.tuples(*(st.tuples(st.integers(0, 2), st.integers(0, 2)) for _ in shape)))
    value = data.draw(st.integers(*dtype.limits))
    source, output = tensor(shape, dtype), tensor(padded(shape, pads), dtype)
    op = Pad(source=SOURCE, input=source, output=output, pads=pads, value=value)
    check_kernel(op, pad, [values_of(shape, dtype.value, seed)])


@settings(max_examples=15)
@given(data=st.data(), shape=shapes(6), dtype=dtypes, seed=seeds)
def test_slice_of_any_rank_equals_numpy(
    data: st.DataObject, shape: tuple[int, ...], dtype: DType, seed: int
) -> None:
    spans = [range(size)[:: data.draw(st.sampled_from([1, 2, -1, -2]))] for size in shape]
    op = Slice(
        source=SOURCE,
        input=tensor(shape, dtype),
        output=tensor([len(span) for span in spans], dtype),
        begin=tuple(span.start for span in spans),
        strides=tuple(span.step for span in spans),
    )
    check_kernel(op, slice_, [values_of(shape, dtype.value, seed)])


# -- loops ----------------------------------------------------------------------------------------


def test_loops_over_neighbouring_bytes_become_one_run() -> None:
    loops = [Loop(count=3, stride=20), Loop(count=1, stride=7), Loop(count=4, stride=5)]
    loops.append(Loop(count=5, stride=1))
    assert merge_loops(loops) == (Loop(count=60, stride=1),)


def test_loops_with_gaps_stay_apart() -> None:
    loops = [Loop(count=3, stride=20), Loop(count=2, stride=5), Loop(count=5, stride=1)]
    assert merge_loops(loops) == (Loop(count=3, stride=20), Loop(count=10, stride=1))


def test_kernels_decline_packed_elements() -> None:
    packed = Tensor(name="t", shape=(4,), dtype=DType.INT4)
    op = Slice(source=SOURCE, input=packed, output=packed, begin=(0,), strides=(1,))
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is Slice)
    assert kernel.declines(op) == (
        "Elements must be of one type: bool, int8, uint8, int16, int32 or int64.",
    )
