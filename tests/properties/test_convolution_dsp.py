"""Convolutions, fully connected for the DSP extension: portable twins equal the reference."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import import_op, rounding_twice, seeds, values_of, zero_points
from tests.properties.test_convolution import convolutions, fully_connected_models
from tinyengine.ir import Array, Conv2D, FullyConnected, Op
from tinyengine.kernels.dsp.convolution import KERNELS
from tinyengine.kernels.dsp.fully_connected import int8_does_not_do
from tinyengine.kernels.dsp.packing import SIGNED, UP_BITS, run_order
from tinyengine.kernels.dsp.packing_w8 import (
    LEFT,
    SCALED_UP_BITS,
    ScaledWay,
    channel_fours,
    pack_w8,
    product_fours,
    share_words,
)
from tinyengine.kernels.exact.search import Curves, curves_of, exact_factors, half_up, natural_left
from tinyengine.kernels.spec import Kernel, RowLayout
from tinyengine.reference.convolution import conv2d, fully_connected
from tinyengine.reference.fixed_point import Ints, requantize

CONVOLUTIONS = [
    kernel
    for kernel in rounding_twice(KERNELS)
    if kernel.op is Conv2D and not kernel.halves_weights
]
IDS = [f"{kernel.function}-{kernel.writes.value}" for kernel in CONVOLUTIONS]
PRODUCTS = [
    replace(kernel, constraints=tuple(c for c in kernel.constraints if c is not int8_does_not_do))
    for kernel in rounding_twice(KERNELS)
    if kernel.op is FullyConnected and not kernel.halves_weights
]
"""With int16 weights also where those of int8 would be preferred."""


def in_layout(kernel: Kernel, output: Array) -> Array:
    """Give [1, H, W, C] with its rows ordered as `kernel` writes them."""
    if kernel.writes is RowLayout.PIXELS:
        return output
    return np.ascontiguousarray(output.transpose(0, 1, 3, 2)).reshape(output.shape)


def check_if_accepted(kernel: Kernel, model: bytes, seed: int) -> None:
    """Check as `check_kernel` does; hypothesis draws anew where the kernel declines."""
    assume(not kernel.declines(import_op(model)[0]))
    check_kernel(kernel, model, seed)


def check_kernel(kernel: Kernel, model: bytes, seed: int) -> None:
    """Check a whole run, pieces of rows and overlap."""
    check_op(kernel, import_op(model)[0], seed)


def check_op(kernel: Kernel, op: Op, seed: int) -> None:
    """Check an operator likewise."""
    assert isinstance(op, Conv2D | FullyConnected)
    values = values_of(op.input.shape, "int8", seed)
    bias = None if op.bias is None else op.bias.values
    match op:
        case Conv2D():
            computed = conv2d(op, values, op.weight.values, bias)
        case FullyConnected():
            computed = fully_connected(op, values, op.weight.values, bias)
    expected = in_layout(kernel, computed)
    produced = host.run_kernel(kernel, op, [values])
    np.testing.assert_array_equal(produced, expected, f"{kernel.function} of {op}")
    host.check_rows(kernel, op, [values], expected, seed)
    host.check_overlap(kernel, op, [values], expected)


def layer(
    in_hwc: tuple[int, int, int],
    out_c: int,
    window: tuple[int, int],
    act: str,
    seed: int,
    bits: int = 8,
) -> bytes:
    """Give a model as networks have them, whose channels' scales are far apart.

    `window` is its size and stride; padding is SAME. Weights have `bits` bits.
    """
    random = np.random.default_rng(seed)
    (in_h, in_w, in_c), (kernel, stride) = in_hwc, window
    shape, taps = (out_c, kernel, kernel, in_c), kernel * kernel * in_c
    scale = np.float32(2.0 ** random.uniform(-bits, 8 - bits, out_c))
    biases = random.integers(-(2**14), 2**14, out_c)
    zero_point = int(random.integers(-128, 128))
    out_scale = float(np.float32(40 * np.sqrt(taps) / random.choice([0.2, 1.0, 4.0])))
    outs = (1, -(-in_h // stride), -(-in_w // stride), out_c)
    x = Spec(shape=(1, *in_hwc), scale=1.0, zero_point=int(random.integers(-128, 128)))
    values = values_of(shape, "int8", seed)
    weights = np.maximum(values, np.int8(-127)) if bits == 8 else values >> (8 - bits)
    return one_op_model(
        "CONV_2D",
        [
            x,
            Spec(
                shape=shape,
                dtype=f"int{bits}",
                scale=scale,
                zero_point=0,
                axis=0,
                data=weights,
            ),
            Spec(shape=(out_c,), dtype="int32", scale=scale, data=biases),
        ],
        Spec(shape=outs, scale=out_scale, zero_point=-128 if act == "RELU" else zero_point),
        padding="SAME",
        stride_h=stride,
        stride_w=stride,
        fused_activation_function=act,
    )


@st.composite
def layers(draw: st.DrawFn, bits: int = 8) -> bytes:
    """Give layers of many channels, 1x1 or 3x3, with weights of so many bits."""
    in_hwc = (draw(st.integers(1, 4)), draw(st.integers(1, 14)), draw(st.integers(1, 36)))
    window = (draw(st.sampled_from([1, 1, 3])), draw(st.integers(1, 2)))
    act = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    return layer(in_hwc, draw(st.integers(1, 12)), window, act, draw(seeds), bits)


@pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=IDS)
@given(model=convolutions("CONV_2D"), seed=seeds)
def test_every_convolution_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=IDS)
@given(model=layers(), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@pytest.mark.parametrize("kernel", PRODUCTS, ids=lambda kernel: kernel.function)
@given(model=fully_connected_models(), seed=seeds)
def test_every_product_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@given(
    multiplier=st.integers(2**30, 2**31 - 1),
    shift=st.integers(-16, -3),
    zero_point=zero_points,
    start=st.integers(-(2**16), 2**16),
    bits=st.sampled_from([*UP_BITS.values(), *SCALED_UP_BITS.values()]),
    left=st.sampled_from([LEFT, None]),
)
def test_exact_factors_are_exact_for_every_sum(
    multiplier: int, shift: int, zero_point: int, start: int, bits: int, left: int | None
) -> None:
    """The outputs are those of convolutions, which round twice, from the zero point on."""

    def outputs_at(_: Ints, sums: Ints) -> Ints:
        return np.clip(requantize(sums, multiplier, shift) + zero_point, zero_point, 127)

    span = (start, start + 2**14)
    curves = Curves(
        outputs_at=outputs_at,
        channels=np.array([0]),
        reals=np.array([multiplier * 2.0 ** (shift - 31)]),
        zero_point=zero_point,
        limits=(zero_point, 127),
        spans=np.array([span]),
    )
    lefts = natural_left(curves, bits) if left is None else np.array([left])
    found = exact_factors(curves, bits, lefts)
    assume(found.exists[0] and not found.is_flat[0])
    sums = np.arange(*span)
    scaled = (sums << lefts[0]) + found.nudge[0]
    assert np.abs(scaled).max() < 2**31
    produced = (half_up(zero_point, bits) + (scaled * found.multiplier[0] >> 32)) >> bits
    np.testing.assert_array_equal(
        np.clip(produced, zero_point, 127), outputs_at(np.array([0]), sums)
    )


@given(seed=seeds)
def test_channels_have_the_factors_that_each_has_alone(seed: int) -> None:
    op, _ = import_op(layer((1, 1, 6), 40, (1, 1), "RELU", seed))
    assert isinstance(op, Conv2D)
    curves = curves_of(op)
    for bits in (*UP_BITS.values(), *SCALED_UP_BITS.values()):
        lefts = natural_left(curves, bits)
        together = exact_factors(curves, bits, lefts)
        for channel in range(0, 40, 7):
            which = np.array([channel])
            alone = exact_factors(curves.of(which), bits, lefts[which])
            assert alone.exists[0] == together.exists[channel]
            assert alone.multiplier[0] == together.multiplier[channel]
            assert alone.nudge[0] == together.nudge[channel]


def params_of(name: str, op: Conv2D) -> Mapping[str, Any]:
    """Give the parameters of the kernel `name` for `op`."""
    kernel = next(kernel for kernel in CONVOLUTIONS if kernel.function == name)
    assert not kernel.declines(op)
    return kernel.params(op).members


def test_layers_of_int16_weights_round_in_every_way() -> None:
    found = set()
    for seed in range(8):
        op, _ = import_op(layer((1, 1, 6), 8, (1, 1), "RELU", seed))
        assert isinstance(op, Conv2D)
        words = params_of("te_conv2d_s8_dsp_w16", op)["weight"]
        at = 2 + 6
        while at < len(words):
            rounding = int(words[at])
            found.add(rounding)
            at += 1 + (6 if rounding == SIGNED else 4) + 2 + 6
    assert found == {SIGNED, *UP_BITS}


def test_layers_of_int8_weights_round_in_every_way() -> None:
    found = set()
    for seed in range(24):
        act = "RELU" if seed % 3 else "NONE"
        op, _ = import_op(layer((1, 1, 6), 2, (1, 1), act, seed))
        assert isinstance(op, Conv2D)
        found.add(params_of("te_conv2d_s8_dsp", op)["rounding"])
    assert found == {SIGNED, *SCALED_UP_BITS}


def test_a_record_of_int8_weights_holds_two_channels_in_half_words_in_turns_with_two() -> None:
    weights = [[[1, -2], [127, 0]], [[3, 4], [-127, -1]], [[5, 6], [7, 8]], [[0, 1], [0, 2]]]
    way = ScaledWay(
        rounding=36,
        offset=5,
        bias=np.array([10, 20, 11, 21]),
        multiplier=np.array([30, 40, 31, 41]),
        flat=np.zeros(4, bool),
    )
    records = pack_w8(np.array(weights, np.int64), way)
    first = (1 + 3 * 256) | ((-2 + 4 * 256) << 16)
    second = ((127 - 127 * 256) & 0xFFFF) | ((-256 & 0xFFFF) << 16)
    others = [5 | ((6 + 256) << 16), 7 | ((8 + 512) << 16)]
    words = [20, 21, first, others[0], second, others[1], 10, 11, 30, 31, 40, 41]
    expected = np.array(words, np.int64).astype(np.uint32).view(np.int32)
    np.testing.assert_array_equal(records.words, expected)
    assert records.even_words == len(words)


def test_channels_that_fours_leave_over_are_in_a_record_with_others() -> None:
    assert channel_fours(6).tolist() == [[0, 1, 2, 3], [2, 3, 4, 5]]
    assert channel_fours(3).tolist() == [[0, 1, 1, 2]]
    assert product_fours(3).tolist() == [[0, 1, 2, 1]]


def test_weights_below_0_beside_the_least_do_not_share_a_word() -> None:
    two, one = channel_fours(2), channel_fours(1)
    assert share_words(np.array([[[-1, 0]], [[-127, -128]]]), two)
    assert not share_words(np.array([[[-1, 0]], [[-128, 0]]]), two)
    assert not share_words(np.array([[[-128, 0]]]), one)


@pytest.mark.parametrize("count", range(1, 13))
def test_run_order_holds_every_tap_once(count: int) -> None:
    order = run_order(count).reshape(-1)
    assert sorted(tap for tap in order if tap >= 0) == list(range(count))
    assert len(order) == 2 * (count // 4 * 2 + (count % 4 + 1) // 2)
