"""Operators that round to even: onnxruntime, numpy and C agree, and so does what passes settle."""

import ctypes
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.graphs import GraphBuilder, quantization
from tests.builders.onnx_models import qlinear_matmul
from tests.kernels import host
from tests.properties.agreement import seeds, values_of
from tests.support import ROOT, require_module, require_tool
from tinyengine.ir import (
    Add,
    Array,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Graph,
    Mul,
    Op,
    Rounding,
    Sub,
)
from tinyengine.kernels.ref.even import KERNELS
from tinyengine.passes.settle_rounding import settle_rounding
from tinyengine.reference import run
from tinyengine.reference.execute import evaluate
from tinyengine.reference.fixed_point import requantize_even

PLAIN_SCALES = (2.0**-9, 3 * 2.0**-10, 0.0037, 0.0011)


def even(op: Op) -> Op:
    assert isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected | Add | Sub | Mul)
    return replace(op, rounding=Rounding.EVEN)


def check(op: Op, inputs: Sequence[Array]) -> None:
    """Check that the kernel and what is settled compute as the reference, with ties among it."""
    given_inputs = iter(inputs)
    operands = [t.values if t.is_const else next(given_inputs) for t in op.inputs]
    expected = evaluate(op, operands)
    (kernel,) = (each for each in KERNELS if each.op is type(op))
    assert kernel.declines(op) == ()
    activations = operands[: len(op.activations)]
    np.testing.assert_array_equal(host.run_kernel(kernel, op, activations), expected)
    host.check_rows(kernel, op, activations, expected, 0)
    host.check_overlap(kernel, op, activations, expected)


def settled(graph: Graph, inputs: Sequence[Array]) -> Graph:
    after = settle_rounding(graph)
    np.testing.assert_array_equal(run(after, inputs)[0], run(graph, inputs)[0])
    return after


@given(kind=st.sampled_from(["conv2d", "depthwise", "dense"]), scale=st.integers(0, 3), seed=seeds)
def test_sums_of_products_round_to_even(kind: str, scale: int, seed: int) -> None:
    b = GraphBuilder(seed)
    x = b.input((1, 5, 4, 6), quant=quantization(0.5, 3))
    make = {
        "conv2d": lambda: b.conv2d(x, 5, kernel=3, padding="same"),
        "depthwise": lambda: b.depthwise(x, kernel=3, padding="same"),
        "dense": lambda: b.fully_connected(x, 7),
    }[kind]
    make()
    op = even(b.ops.pop())
    factor = PLAIN_SCALES[scale]
    assert op.weight.quant is not None  # type: ignore[attr-defined]
    scales = tuple(factor * op.output.scale / 0.5 for _ in op.weight.quant.scale)  # type: ignore[attr-defined]
    weight = replace(op.weight, quant=replace(op.weight.quant, scale=scales))  # type: ignore[attr-defined]
    b.ops.append(replace(op, weight=weight))  # type: ignore[call-arg]
    values = values_of(x.shape, "int8", seed)
    check(b.ops[-1], [values])
    settled(b.build(b.ops[-1].output), [values])


@given(
    kind=st.sampled_from([Add, Sub, Mul]),
    scales=st.tuples(*[st.sampled_from([0.5, 1.0, 0.3, 0.01]) | st.floats(0.001, 2.0)] * 3),
    seed=seeds,
)
def test_sums_and_products_of_bytes_round_to_even(
    kind: type[Add | Sub | Mul], scales: tuple[float, float, float], seed: int
) -> None:
    b = GraphBuilder(seed)
    lhs, rhs, out = (quantization(float(np.float32(scale)), 5) for scale in scales)
    x, y = b.input((1, 3, 4, 6), quant=lhs), b.input((1, 3, 4, 6), quant=rhs)
    make = {Add: b.add, Sub: b.sub, Mul: b.mul}[kind]
    make(x, y, quant=out)
    b.ops.append(even(b.ops.pop()))
    values = [values_of(x.shape, "int8", seed + i) for i in range(2)]
    check(b.ops[-1], values)
    settled(b.build(b.ops[-1].output), values)


WRAPPER = """
#include "te_requantize_even.h"
void requantize(const int32_t *sums, const int32_t *mantissas, const int32_t *shifts, int32_t *out,
                int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        out[i] = te_requantize_even(sums[i], mantissas[i], shifts[i]);
    }
}
"""


def test_integers_of_the_device_are_those_of_float32(tmp_path: Path) -> None:
    """Sums of every length, factors of 24 and of 3 bits, results about the range of int8."""
    source, library = tmp_path / "wrapper.c", tmp_path / "wrapper.so"
    source.write_text(WRAPPER)
    folder = f"-I{ROOT / 'runtime_c' / 'src' / 'shared'}"
    cc = require_tool("cc")
    subprocess.run([cc, "-O2", "-shared", "-fPIC", folder, source, "-o", library], check=True)
    rng, count = np.random.default_rng(9), 2_000_000
    bits = rng.integers(1, 31, count)
    sums = (rng.integers(0, 1 << 31, count) >> (31 - bits)) * rng.choice([-1, 1], count)
    mantissas = np.where(
        rng.random(count) < 0.3,
        rng.integers(8, 16, count) << 20,
        rng.integers(1 << 23, 1 << 24, count),
    )
    shifts = np.clip(bits + 24 - rng.integers(6, 11, count), 4, 84)
    factors = mantissas.astype(np.float32) * np.exp2(-shifts.astype(np.float32))
    expected = np.concatenate(
        [
            requantize_even(*pair)
            for pair in zip(np.split(sums, 8), np.split(factors, 8), strict=True)
        ]
    )
    arrays = [np.ascontiguousarray(each, np.int32) for each in (sums, mantissas, shifts)]
    found = np.zeros(count, np.int32)
    pointers = [each.ctypes.data_as(ctypes.c_void_p) for each in (*arrays, found)]
    ctypes.CDLL(str(library)).requantize(*pointers, ctypes.c_int32(count))
    is_small = np.abs(expected) < 512
    np.testing.assert_array_equal(found[is_small], expected[is_small])
    assert np.all(found[~is_small] * np.sign(expected[~is_small]) >= 512)


def test_halves_go_to_even_by_hand() -> None:
    """Sums of 1 to 7 times 1/2 are 0.5, 1, 1.5, 2, 2.5, 3, 3.5."""
    sums = np.arange(-7, 8)
    assert requantize_even(sums, np.float32(0.5)).tolist() == [
        -4, -3, -2, -2, -2, -1, 0, 0, 0, 1, 2, 2, 2, 3, 4,
    ]  # fmt: skip


def test_sums_beyond_24_bits_are_rounded_before_they_are_scaled() -> None:
    """2^24 + 1 becomes 2^24 in float32; times 2^-24 · 1.5 that is 1.5, and 2 to even."""
    factor = np.float32(1.5 * 2.0**-24)
    assert requantize_even(2**24 + 1, factor) == 2
    assert requantize_even(2**24 + 2, factor) == 2


@pytest.mark.parametrize(("scale", "is_settled"), [(0.0371, True), (2.0**-4, False)])
def test_rounding_is_settled_only_where_no_sum_tells(scale: float, is_settled: bool) -> None:
    """With a factor of 1/16 sums of 8 + 16 n are ties, which TFLite rounds away from zero."""
    b = GraphBuilder(3)
    x = b.input((1, 3), quant=quantization(1.0, 0))
    weight = b.random_constant((2, 3), quantization(scale, 0))
    b.fully_connected(x, 2, bias=False)
    op = b.ops.pop()
    assert isinstance(op, FullyConnected)
    output = replace(op.output, quant=quantization(1.0, 0))
    b.ops.append(replace(op, weight=weight, output=output, rounding=Rounding.EVEN))
    values = values_of(x.shape, "int8", 3)
    (after,) = settled(b.build(output), [values]).ops
    assert isinstance(after, FullyConnected)
    assert (after.rounding is Rounding.TFLITE) == is_settled


def test_a_million_sums_are_those_of_onnxruntime() -> None:
    """QLinearMatMul by an identity: 0 of the outputs differ from the named reference."""
    require_module("onnxruntime")
    differ = total = 0
    rng = np.random.default_rng(5)
    for _ in range(8):
        rows, depth, units = 256, 40, 512
        x = rng.integers(-128, 128, (rows, depth)).astype(np.int8)
        w = rng.integers(-127, 128, (depth, units)).astype(np.int8)
        scales = rng.uniform(1e-4, 1e-2, units).astype(np.float32)
        got = qlinear_matmul(x, w, np.float32(0.05), scales, np.float32(0.3))
        sums = x.astype(np.int64) @ w.astype(np.int64)
        factors = np.float32(0.05) * scales / np.float32(0.3)
        expected = np.clip(requantize_even(sums, factors), -128, 127)
        differ += int(np.count_nonzero(got != expected))
        total += expected.size
    assert (differ, total) == (0, 1_048_576)
