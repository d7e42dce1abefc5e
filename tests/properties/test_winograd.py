"""Convolutions by Winograd's minimal filtering: exact on host and cores, at the extremes, too."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, rounding_twice, seeds, values_of, zero_points
from tests.properties.test_convolution_dsp import check_if_accepted
from tinyengine.ir import Array, Conv2D, Rounding
from tinyengine.kernels.dsp.winograd import KERNELS, transformed
from tinyengine.kernels.spec import Kernel
from tinyengine.reference.convolution import conv2d

CORES = ("cortex-m4", "cortex-m7", pytest.param("cortex-m33", marks=pytest.mark.slow))

KERNEL, HALF = rounding_twice(KERNELS)
EITHER = pytest.mark.parametrize("kernel", [KERNEL, HALF], ids=lambda kernel: kernel.function)


@st.composite
def layers(draw: st.DrawFn, most: int = 9) -> bytes:
    """Give 3x3 convolutions of odd and even sizes, of all paddings, zero points and clamps."""
    in_h, in_w = draw(st.integers(1, most)), draw(st.integers(1, most))
    padding = draw(st.sampled_from(["SAME", "VALID"])) if min(in_h, in_w) > 2 else "SAME"
    in_c, out_c = 4 * draw(st.integers(4, 9)), 2 * draw(st.integers(1, 4))
    act = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    gain = draw(st.sampled_from([0.02, 0.2, 1.0]))
    return layer(
        (in_h, in_w, in_c), out_c, padding, act, (draw(zero_points), draw(zero_points)), gain,
        draw(seeds),
    )  # fmt: skip


def layer(
    in_hwc: tuple[int, int, int],
    out_c: int,
    padding: str,
    act: str,
    points: tuple[int, int],
    gain: float,
    seed: int,
    weights: Array | None = None,
) -> bytes:
    """Give a model of one convolution, whose outputs reach `gain` of their range or so."""
    random = np.random.default_rng(seed)
    shape, cut = (out_c, 3, 3, in_hwc[2]), 2 if padding == "VALID" else 0
    values = np.maximum(values_of(shape, "int8", seed), np.int8(-127))
    scale = np.float32(2.0 ** random.uniform(-6, 0, out_c))
    outs = (1, in_hwc[0] - cut, in_hwc[1] - cut, out_c)
    return one_op_model(
        "CONV_2D",
        [
            Spec(shape=(1, *in_hwc), scale=1.0, zero_point=points[0]),
            Spec(
                shape=shape, scale=scale, zero_point=0, axis=0,
                data=values if weights is None else weights,
            ),
            Spec(
                shape=(out_c,), dtype="int32", scale=scale,
                data=random.integers(-(2**12), 2**12, out_c),
            ),
        ],
        Spec(
            shape=outs,
            scale=float(np.float32(40 * np.sqrt(9 * in_hwc[2]) / gain)),
            zero_point=-128 if act == "RELU" else points[1],
        ),
        padding=padding,
        stride_h=1,
        stride_w=1,
        fused_activation_function=act,
    )  # fmt: skip


@EITHER
@given(model=layers(), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@EITHER
@pytest.mark.parametrize("cpu", CORES)
@settings(max_examples=8)
@given(model=layers(7), seed=seeds)
def test_layers_agree_on_a_core(cpu: str, kernel: Kernel, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)


@settings(max_examples=10)
@given(model=layers(6), seed=seeds)
def test_halves_are_rounded_to_even(model: bytes, seed: int) -> None:
    (op, _), (kernel,) = import_op(model), set(KERNELS) - {KERNEL, HALF}
    assert isinstance(op, Conv2D)
    op = replace(op, rounding=Rounding.EVEN)
    assume(not kernel.declines(op))
    values = values_of(op.input.shape, "int8", seed)
    bias = None if op.bias is None else op.bias.values
    expected = conv2d(op, values, op.weight.values, bias)
    np.testing.assert_array_equal(host.run_kernel(kernel, op, [values]), expected)


# -- the extremes ------------------------------------------------------------------------------

G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1]])
A = np.array([[1, 0], [1, 1], [1, -1], [0, -1]])
"""The matrices of F(2, 3) as in A. Lavin, S. Gray, Fast Algorithms for Convolutional Neural
Networks, section 4.1, and with them 2x2 outputs of a 4x4 input are A' [G w G' o B' x B] A."""


def test_the_matrices_give_the_convolution() -> None:
    random = np.random.default_rng(0)
    w, x = random.integers(-9, 9, (3, 3)), random.integers(-9, 9, (4, 4))
    expected = [[np.sum(w * x[i : i + 3, j : j + 3]) for j in range(2)] for i in range(2)]
    np.testing.assert_array_equal(A.T @ ((G @ w @ G.T) * (B.T @ x @ B)) @ A, expected)


def test_twice_the_transform_of_weights_is_used_and_its_last_row_and_column_are_negated() -> None:
    weights = np.random.default_rng(1).integers(-128, 128, (3, 3, 3, 5))
    signs = np.array([1, 1, 1, -1])
    for out_c in range(3):
        for in_c in range(5):
            expected = (2 * G) @ weights[out_c, :, :, in_c] @ (2 * G).T
            found = transformed(weights)[out_c, :, :, in_c]
            np.testing.assert_array_equal(found, expected * signs * signs[:, None])


def test_weights_and_inputs_fit_16_bits_after_the_transform() -> None:
    # The most that sums with the coefficients of 2 G can be is the sum of their magnitudes.
    rows = np.abs(2 * G).sum(axis=1)
    assert np.abs(transformed(np.full((1, 3, 3, 1), -128))).max() == 128 * rows.max() ** 2 == 1152
    assert 128 * np.abs(B).sum(axis=0).max() ** 2 == 512


def extreme(sign: int, corner: int) -> tuple[Array, Array]:
    """Give weights [4, 3, 3, 16] and inputs [1, 4, 4, 16] of extreme values: transforms are as
    great as can be in one place: row and column `corner` of 4.
    """
    row = np.where((2 * G)[corner] < 0, -127, 127)
    column = np.where(B[:, corner] < 0, -128, np.where(B[:, corner] > 0, 127, 0))
    weights = np.broadcast_to(sign * np.outer(row, row)[None, :, :, None] // 127, (4, 3, 3, 16))
    inputs = np.sign(np.outer(column, column)).astype(np.int64)
    values = np.where(inputs < 0, -128, np.where(inputs > 0, 127, 0))
    return weights.astype(np.int8), np.repeat(values[None, :, :, None], 16, 3).astype(np.int8)


@EITHER
@pytest.mark.parametrize("cpu", [None, *CORES])
def test_the_extremes_are_exact(cpu: str | None, kernel: Kernel) -> None:
    for sign in (1, -1):
        for corner in range(4):
            weights, values = extreme(sign, corner)
            for act in ("NONE", "RELU"):
                model = layer((4, 4, 16), 4, "SAME", act, (-128, 0), 0.1, corner, weights)
                op, _ = import_op(model)
                assert isinstance(op, Conv2D) and not kernel.declines(op)
                bias = None if op.bias is None else op.bias.values
                expected = conv2d(op, values, op.weight.values, bias)
                if cpu is None:
                    found = host.run_kernel(kernel, op, [values])
                else:
                    with on_core(cpu):
                        found = host.run_kernel(kernel, op, [values])
                np.testing.assert_array_equal(found, expected, f"{sign} {corner} {act}")


@pytest.mark.parametrize("seed", range(4))
def test_the_greatest_sums_that_are_accepted_are_exact(seed: int) -> None:
    # 56 channels: 9 * 127 * 56 weights times 128 are just below 2^23. 60 channels are too many.
    def op_of(in_c: int) -> Conv2D:
        weights = np.full((2, 3, 3, in_c), 127 if seed % 2 else -127, np.int8)
        model = layer((5, 5, in_c), 2, "SAME", "NONE", (0, 0), 0.02, seed, weights)
        op, _ = import_op(model)
        assert isinstance(op, Conv2D)
        return op

    op, random = op_of(56), np.random.default_rng(seed)
    assert KERNEL.declines(op_of(60)) and not KERNEL.declines(op)
    extremes = random.choice(np.array([-128, 127], np.int8), (1, 5, 5, 56), p=[0.1, 0.9])
    bias = None if op.bias is None else op.bias.values
    expected = conv2d(op, extremes, op.weight.values, bias)
    np.testing.assert_array_equal(host.run_kernel(KERNEL, op, [extremes]), expected)
