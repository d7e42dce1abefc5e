"""Operators that trade pixels for channels, repeat or pick: interpreter, reference and C agree.

Most become several operators of the graph. Each of those has its own property test; here the whole
is compared with the interpreter, and their kernels are run on what stands between.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import interpret, seeds, values_of
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, DepthToSpace, DType, Op, Quantization, Reshape, Source, Tensor
from tinyengine.kernels.registry import KERNELS
from tinyengine.reference.execute import evaluate, execute, run
from tinyengine.reference.movement import depth_to_space

SCALE, ZERO_POINT = 0.5, -7
PORTABLE = [kernel for kernel in KERNELS if kernel.folder == "ref"]
few = settings(max_examples=12)


def int8(*shape: int, **more: Any) -> Spec:
    return Spec(shape=shape, scale=SCALE, zero_point=ZERO_POINT, **more)


def integers(values: Sequence[Any]) -> Spec:
    data = np.array(values, np.int32)
    return Spec(shape=data.shape, dtype="int32", data=data)


def check(model: bytes, seed: int) -> Array:
    """Check the whole against the interpreter, and every portable kernel on its way."""
    graph = parse(model, "model.tflite")
    inputs = [
        values_of(edge.tensor.shape, edge.dtype.value, seed + i)
        for i, edge in enumerate(graph.inputs)
    ]
    expected = interpret(model, inputs)
    computed, *_ = run(graph, inputs)
    assert computed.dtype == expected.dtype
    np.testing.assert_array_equal(computed, expected)
    values = execute(graph, inputs)
    for op in graph.ops:
        if not isinstance(op, Reshape):
            check_kernel(op, values)
    return expected


def check_kernel(op: Op, values: Mapping[Tensor, Array]) -> None:
    (kernel,) = (
        k for k in KERNELS if k.folder == "ref" and k.op is type(op) and not k.declines(op)
    )
    activations = [t.values if t.is_const else values[t] for t in op.activations]
    expected = values[op.output]
    np.testing.assert_array_equal(host.run_kernel(kernel, op, activations), expected)
    host.check_rows(kernel, op, activations, expected, 1)
    host.check_overlap(kernel, op, activations, expected)


# -- transposed convolution -----------------------------------------------------------------------


def out_size(size: int, kernel: int, stride: int, padding: str, more: int) -> int:
    """Give a size that a convolution takes back to `size`: the least one and `more`, < stride."""
    least = 1 - stride if padding == "SAME" else kernel - stride
    return size * stride + least + more


def transpose_conv_model(
    sizes: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    *,
    channels: tuple[int, int] = (3, 2),
    more: tuple[int, int] = (0, 0),
    seed: int = 0,
    **options: Any,
) -> bytes:
    """Give a TRANSPOSE_CONV with a scale per channel; the output is the least one and `more`."""
    random = np.random.default_rng(seed)
    in_c, out_c = channels
    out_h, out_w = (
        out_size(size, k, s, padding, extra)
        for size, k, s, extra in zip(sizes, kernel, strides, more, strict=True)
    )
    scales = random.uniform(0.001, 0.01, out_c).astype(np.float32)
    weight = Spec(
        shape=(out_c, *kernel, in_c),
        scale=scales,
        zero_point=[0] * out_c,
        data=random.integers(-127, 128, (out_c, *kernel, in_c)),
    )
    bias = Spec(
        shape=(out_c,),
        dtype="int32",
        scale=scales * np.float32(SCALE),
        zero_point=[0] * out_c,
        data=random.integers(-3000, 3000, out_c),
    )
    shape = (1, out_h, out_w, out_c)
    return one_op_model(
        "TRANSPOSE_CONV",
        [integers(shape), weight, int8(1, *sizes, in_c), bias],
        Spec(shape=shape, scale=0.3, zero_point=4),
        padding=padding,
        stride_h=strides[0],
        stride_w=strides[1],
        **options,
    )


pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))


@given(
    sizes=pairs,
    kernel=pairs,
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.sampled_from(["SAME", "VALID"]),
    more=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    activation=st.sampled_from(["NONE", "RELU", "RELU6"]),
    seed=seeds,
)
def test_transpose_conv_agrees(
    sizes: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    more: tuple[int, int],
    activation: str,
    seed: int,
) -> None:
    model = transpose_conv_model(
        sizes,
        kernel,
        strides,
        padding,
        more=(min(more[0], strides[0] - 1), min(more[1], strides[1] - 1)),
        seed=seed,
        fused_activation_function=activation,
    )
    check(model, seed)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_upsampling_by_two_as_networks_do_it_agrees(kernel: int, padding: str) -> None:
    model = transpose_conv_model(
        (6, 5), (kernel, kernel), (2, 2), padding, channels=(8, 4), more=(1, 1)
    )
    assert len(np.unique(check(model, seed=kernel))) > 20


def test_no_tap_of_a_kernel_of_whole_strides_is_multiplied_by_zero() -> None:
    # 4x4 taps in strides of 2 fall into 2x2 phases of 2x2 taps: as many weights as in the file.
    graph = parse(transpose_conv_model((6, 5), (4, 4), (2, 2), "SAME", more=(1, 1)), "model.tflite")
    assert graph.ops[0].inputs[1].shape == (2 * 2 * 2, 2, 2, 3)


@few
@given(data=st.data(), seed=seeds)
def test_depth_to_space_cut_off_equals_numpy(data: st.DataObject, seed: int) -> None:
    n, h, w, c = data.draw(st.tuples(*[st.integers(1, 4)] * 4))
    block = data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    top, left = (data.draw(st.integers(0, size - 1)) for size in block)
    rows, columns = h * block[0] - top, w * block[1] - left
    shape = (n, data.draw(st.integers(1, rows)), data.draw(st.integers(1, columns)), c)
    quant = Quantization(scale=(0.5,), zero_point=(0,))
    source, output = (
        Tensor(name="t", shape=each, dtype=DType.INT8, quant=quant)
        for each in ((n, h, w, c * math.prod(block)), shape)
    )
    op = DepthToSpace(
        source=Source(index=0, opcode="TEST", name="test"),
        input=source,
        output=output,
        block_h=block[0],
        block_w=block[1],
        top=top,
        left=left,
    )
    x = values_of(source.shape, "int8", seed)
    assert evaluate(op, [x]).tobytes() == depth_to_space(op, x).tobytes()
    # By hand: where every output element comes from.
    y, z, d = (data.draw(st.integers(0, size - 1)) for size in shape[1:])
    (row, phase_h), (column, phase_w) = divmod(y + top, block[0]), divmod(z + left, block[1])
    found = x[n - 1, row, column, (phase_h * block[1] + phase_w) * c + d]
    assert depth_to_space(op, x)[n - 1, y, z, d] == found
    check_kernel(op, {source: x, output: depth_to_space(op, x)})


# -- pixels, channels and batches ------------------------------------------------------------------


@few
@given(sizes=st.tuples(*[st.integers(1, 4)] * 4), block=st.integers(1, 3), seed=seeds)
def test_depth_to_space_and_back_agree(
    sizes: tuple[int, int, int, int], block: int, seed: int
) -> None:
    n, h, w, c = sizes
    deep, wide = (n, h, w, c * block * block), (n, h * block, w * block, c)
    check(one_op_model("DEPTH_TO_SPACE", [int8(*deep)], int8(*wide), block_size=block), seed)
    check(one_op_model("SPACE_TO_DEPTH", [int8(*wide)], int8(*deep), block_size=block), seed)


@few
@given(data=st.data(), seed=seeds)
def test_space_to_batch_and_back_agree(data: st.DataObject, seed: int) -> None:
    n, c = data.draw(st.tuples(st.integers(1, 2), st.integers(1, 3)))
    spatial = data.draw(st.sampled_from([1, 2]))
    blocks = data.draw(st.tuples(*[st.integers(1, 3)] * spatial))
    counts = data.draw(st.tuples(*[st.integers(1, 3)] * spatial))
    whole = [block * count for block, count in zip(blocks, counts, strict=True)]
    edges = []
    for size in whole:
        before = data.draw(st.integers(0, size - 1))
        edges.append((before, data.draw(st.integers(0, size - 1 - before))))
    small = [size - sum(edge) for size, edge in zip(whole, edges, strict=True)]
    many = int8(n * math.prod(blocks), *counts, c)
    operands = [integers(blocks), integers(edges)]
    check(one_op_model("SPACE_TO_BATCH_ND", [int8(n, *small, c), *operands], many), seed)
    check(one_op_model("BATCH_TO_SPACE_ND", [many, *operands], int8(n, *small, c)), seed)


# -- repetition ----------------------------------------------------------------------------------


shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


@given(data=st.data(), shape=shapes, seed=seeds)
def test_tile_agrees(data: st.DataObject, shape: tuple[int, ...], seed: int) -> None:
    times = data.draw(st.tuples(*[st.integers(1, 3) for _ in shape[-3:]]))
    if len(shape) > 3:  # beyond three repeated dimensions there are more than kernels step through
        times = (1, 1, *times[1:])
    wide = [size * t for size, t in zip(shape, times, strict=True)]
    check(one_op_model("TILE", [int8(*shape), integers(times)], int8(*wide)), seed)


@given(data=st.data(), shape=shapes, seed=seeds)
def test_broadcast_to_agrees(data: st.DataObject, shape: tuple[int, ...], seed: int) -> None:
    narrow = [data.draw(st.sampled_from([1, size])) for size in shape]
    lead = data.draw(st.integers(0, len(shape) - 1))
    source = int8(*narrow[lead:])
    check(one_op_model("BROADCAST_TO", [source, integers(shape)], int8(*shape)), seed)


@few
@given(data=st.data(), shape=shapes, mode=st.sampled_from(["REFLECT", "SYMMETRIC"]), seed=seeds)
def test_mirror_pad_agrees(
    data: st.DataObject, shape: tuple[int, ...], mode: str, seed: int
) -> None:
    most = [size - (mode == "REFLECT") for size in shape]
    pads = [(data.draw(st.integers(0, m)), data.draw(st.integers(0, m))) for m in most]
    wide = [size + sum(pad) for size, pad in zip(shape, pads, strict=True)]
    model = one_op_model("MIRROR_PAD", [int8(*shape), integers(pads)], int8(*wide), mode=mode)
    check(model, seed)


@few
@given(data=st.data(), shape=shapes, seed=seeds)
def test_reverse_agrees(data: st.DataObject, shape: tuple[int, ...], seed: int) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    check(one_op_model("REVERSE_V2", [int8(*shape), integers([axis])], int8(*shape)), seed)


@given(data=st.data(), shape=shapes, seed=seeds)
def test_gather_agrees(data: st.DataObject, shape: tuple[int, ...], seed: int) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    indices = data.draw(st.lists(st.integers(0, shape[axis] - 1), min_size=1, max_size=7))
    taken = (*shape[:axis], len(indices), *shape[axis + 1 :])
    model = one_op_model("GATHER", [int8(*shape), integers(indices)], int8(*taken), axis=axis)
    check(model, seed)


# -- extremes ------------------------------------------------------------------------------------


@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple),
    opcode=st.sampled_from(["REDUCE_MAX", "REDUCE_MIN"]),
    dtype=st.sampled_from(["int8", "int16"]),
    keep_dims=st.booleans(),
    seed=seeds,
)
def test_reduced_extremes_agree(
    data: st.DataObject, shape: tuple[int, ...], opcode: str, dtype: str, keep_dims: bool, seed: int
) -> None:
    def values(*shape: int) -> Spec:
        return Spec(shape=shape, dtype=dtype, scale=0.5, zero_point=-3 if dtype == "int8" else 0)

    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    dropped = [size for axis, size in enumerate(shape) if axis not in axes]
    result = values(*(kept if keep_dims else dropped))
    operands = [values(*shape), integers(sorted(axes))]
    check(one_op_model(opcode, operands, result, keep_dims=keep_dims), seed)
