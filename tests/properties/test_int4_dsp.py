"""Weights of 4 bits that stay two in a byte, for the DSP extension: equal to the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, seeds, values_of, zero_points
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tinyengine.ir import Conv2D, FullyConnected
from tinyengine.kernels.dsp.convolution import KERNELS
from tinyengine.kernels.dsp.packing import SIGNED
from tinyengine.kernels.dsp.packing_w4 import UP_LEAST, nibble_sums_fit, pack_w4
from tinyengine.kernels.dsp.packing_w8 import SCALED_UP_BITS, ScaledWay
from tinyengine.kernels.spec import Kernel

CONVOLUTIONS = [kernel for kernel in KERNELS if kernel.op is Conv2D and kernel.halves_weights]
(PRODUCT,) = [kernel for kernel in KERNELS if kernel.op is FullyConnected and kernel.halves_weights]
BY_LAYOUT = pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=lambda kernel: kernel.writes.value)
CORES = st.sampled_from(["cortex-m4", "cortex-m7", "cortex-m33"])


@st.composite
def products(draw: st.DrawFn) -> bytes:
    """Give a matrix product whose weights have 4 bits."""
    rows, in_c, out_c = draw(st.integers(1, 3)), draw(st.integers(1, 90)), draw(st.integers(4, 11))
    weight_scale = np.float32(2.0 ** draw(st.floats(-7, 0)))
    weight = values_of((out_c, in_c), "int8", draw(seeds)) >> 4
    bias = np.random.default_rng(draw(seeds)).integers(-(2**12), 2**12, out_c)
    operands = [
        Spec(shape=(rows, in_c), scale=1.0, zero_point=draw(zero_points)),
        Spec(shape=(out_c, in_c), dtype="int4", scale=weight_scale, zero_point=0, data=weight),
        Spec(shape=(out_c,), dtype="int32", scale=weight_scale, data=bias),
    ]
    result = Spec(shape=(rows, out_c), scale=np.float32(4.0), zero_point=draw(zero_points))
    act = draw(st.sampled_from(["NONE", "RELU"]))
    return one_op_model("FULLY_CONNECTED", operands, result, fused_activation_function=act)


@BY_LAYOUT
@given(model=layers(bits=4), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_if_accepted(kernel, model, seed)


@given(model=products(), seed=seeds)
def test_products_agree(model: bytes, seed: int) -> None:
    check_if_accepted(PRODUCT, model, seed)


@BY_LAYOUT
@settings(max_examples=12)
@given(cpu=CORES, model=layers(bits=4), seed=seeds)
def test_layers_agree_on_a_core(kernel: Kernel, cpu: str, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(kernel, model, seed)


@settings(max_examples=12)
@given(cpu=CORES, model=products(), seed=seeds)
def test_products_agree_on_a_core(cpu: str, model: bytes, seed: int) -> None:
    with on_core(cpu):
        check_if_accepted(PRODUCT, model, seed)


@pytest.mark.parametrize("cpu", ["cortex-m4", "cortex-m7"])
def test_every_length_and_width_agrees_on_a_core(cpu: str) -> None:
    with on_core(cpu):
        for in_c in [*range(1, 38, 2), 63, 321, 407]:
            act = "RELU" if in_c % 3 else "NONE"
            model = layer((1, 1 + in_c * 5 % 8, in_c), 4 + in_c % 5, (1, 1), act, in_c, 4)
            check_kernel(CONVOLUTIONS[0], model, in_c)


def test_layers_round_in_every_way() -> None:
    found = set()
    for seed in range(40):
        act = "RELU" if seed % 3 else "NONE"
        op, _ = import_op(layer((1, 1, 1 + seed % 6), 4, (1, 1), act, seed, 4))
        if CONVOLUTIONS[0].declines(op):
            continue
        found.add(CONVOLUTIONS[0].params(op).members["rounding"])
        check_kernel(CONVOLUTIONS[0], layer((1, 1, 1 + seed % 6), 4, (1, 1), act, seed, 4), seed)
    assert found == {SIGNED, *SCALED_UP_BITS, UP_LEAST}


def test_a_record_holds_four_channels_in_half_words() -> None:
    channels = np.array([[[1, -8]], [[7, 0]], [[-1, 2]], [[-8, 3]], [[5, -5]]], np.int64)
    way = ScaledWay(
        rounding=36,
        offset=5,
        bias=np.array([10, 20, 30, 40, 50]),
        multiplier=np.array([1, 2, 3, 4, 5]),
        flat=np.zeros(5, bool),
    )
    records = pack_w4(channels, way)
    # a + 8, b + 8, c + 8 from the lowest bits on; d as it is: -8 is 8 of 4 bits.
    first = (9 | 15 << 4 | 7 << 8 | 8 << 12) | (0 | 8 << 4 | 10 << 8 | 3 << 12) << 16
    # The last record has the last four channels again, of which the first is channel 1.
    last = (15 | 7 << 4 | 0 << 8 | 5 << 12) | (8 | 10 << 4 | 11 << 8 | 11 << 12) << 16
    expected = [9, 1, first, 10, 20, 30, 40, 1, 2, 3, 4, last, 20, 30, 40, 50, 2, 3, 4, 5]
    np.testing.assert_array_equal(records.words.view(np.uint32), np.array(expected, np.uint32))


def test_sums_have_19_bits() -> None:
    assert nibble_sums_fit(np.full((2, 511), -8))
    assert not nibble_sums_fit(np.full((2, 512), -8))


def test_a_weight_beyond_4_bits_is_declined() -> None:
    op, _ = import_op(layer((1, 2, 6), 4, (1, 1), "RELU", 1))
    assert any("[-8, 7]" in reason for reason in CONVOLUTIONS[0].declines(op))
