"""Convolutions that skip weights of 0: exact on host and cores, for every pattern of zeros."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, rounding_twice, seeds, values_of
from tests.properties.test_convolution import convolutions
from tests.properties.test_convolution_dsp import check_if_accepted, check_op, layer
from tinyengine.ir import Array, Conv2D, FullyConnected, Rounding
from tinyengine.kernels.dsp.sparse import KERNELS, pack_taps
from tinyengine.kernels.dsp.sparse_product import KERNELS as PRODUCTS
from tinyengine.kernels.dsp.sparse_product import weights_are_nearly_all_0
from tinyengine.kernels.spec import Kernel, RowLayout
from tinyengine.reference.convolution import conv2d

CORES = ("cortex-m4", "cortex-m7", pytest.param("cortex-m33", marks=pytest.mark.slow))
CONVOLUTIONS = rounding_twice(KERNELS)
(PIXELS,) = (kernel for kernel in CONVOLUTIONS if kernel.writes is RowLayout.PIXELS)
EITHER = pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=lambda kernel: kernel.writes.value)

Pattern = Callable[[np.random.Generator, int, int], Array]
"""Gives which of the weights [out_c, taps] are not 0."""


def unstructured(share: float) -> Pattern:
    """Give weights that are 0 with this probability, each for itself."""
    return lambda random, out_c, taps: random.random((out_c, taps)) >= share


def two_of_four(random: np.random.Generator, out_c: int, taps: int) -> Array:
    """Keep two of every four taps that follow each other."""
    order = random.random((out_c, -(-taps // 4), 4)).argsort(axis=2)
    return (order < 2).reshape(out_c, -1)[:, :taps]


def blocks(random: np.random.Generator, out_c: int, taps: int) -> Array:
    """Keep one in five blocks of four channels and four taps."""
    kept = random.random((-(-out_c // 4), -(-taps // 4))) < 0.2
    return np.kron(kept, np.ones((4, 4), bool))[:out_c, :taps]


def none(_: np.random.Generator, out_c: int, taps: int) -> Array:
    """Keep nothing."""
    return np.zeros((out_c, taps), bool)


def first_channel(_: np.random.Generator, out_c: int, taps: int) -> Array:
    """Keep half of the first channel alone."""
    return np.arange(out_c * taps).reshape(out_c, taps) < taps // 2


def third_channels(_: np.random.Generator, out_c: int, taps: int) -> Array:
    """Keep every third channel whole."""
    return np.repeat(np.arange(out_c)[:, None] % 3 == 1, taps, axis=1)


def last_taps(_: np.random.Generator, out_c: int, taps: int) -> Array:
    """Keep the last tap of all but the last channel, far from the first."""
    kept = np.zeros((out_c, taps), bool)
    kept[:-1, -1] = True
    return kept


PATTERNS: Mapping[str, Pattern] = {
    "70 %": unstructured(0.7),
    "80 %": unstructured(0.8),
    "90 %": unstructured(0.9),
    "2:4": two_of_four,
    "blocks": blocks,
    "none": none,
    "first channel": first_channel,
    "third channels": third_channels,
    "last taps": last_taps,
}


def pruned(model: bytes, pattern: Pattern, seed: int) -> Conv2D:
    """Give the convolution of `model` with the weights that `pattern` keeps."""
    op, _ = import_op(model)
    assert isinstance(op, Conv2D)
    weights = op.weight.values
    kept = pattern(np.random.default_rng(seed), len(weights), weights[0].size)
    data = np.where(kept.reshape(weights.shape), weights, np.int8(0))
    return replace(op, weight=replace(op.weight, data=data))


@st.composite
def layers(draw: st.DrawFn) -> Conv2D:
    """Give layers with weights pruned in any pattern, some of one tap alone or an odd number."""
    in_hwc = (draw(st.integers(1, 4)), draw(st.integers(1, 14)), draw(st.integers(1, 36)))
    window = (draw(st.sampled_from([1, 1, 3])), draw(st.integers(1, 2)))
    act = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    model = layer(in_hwc, draw(st.integers(1, 12)), window, act, draw(seeds))
    return pruned(model, draw(st.sampled_from(list(PATTERNS.values()))), draw(seeds))


@EITHER
@given(op=layers(), seed=seeds)
def test_layers_agree(kernel: Kernel, op: Conv2D, seed: int) -> None:
    assume(not kernel.declines(op))
    check_op(kernel, op, seed)


@EITHER
@given(model=convolutions("CONV_2D"), seed=seeds)
def test_every_convolution_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    every = (*(c for c in kernel.constraints if c.__name__ != "weights_are_mostly_0"),)
    check_if_accepted(replace(kernel, constraints=every), model, seed)


@pytest.mark.parametrize("cpu", CORES)
@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_agree_on_a_core(cpu: str, name: str) -> None:
    shapes = [((5, 5, 1), 1), ((3, 9, 37), 1), ((4, 4, 21), 3), ((1, 3, 330), 1)]
    with on_core(cpu):
        for seed, (in_hwc, window) in enumerate(shapes):
            act = ("NONE", "RELU")[seed % 2]
            op = pruned(layer(in_hwc, 6, (window, 1), act, seed), PATTERNS[name], seed)
            if in_hwc[2] > 1 or name in ("none", "third channels"):
                assert not PIXELS.declines(op)
                check_op(PIXELS, op, seed)


@settings(max_examples=10)
@given(op=layers(), seed=seeds)
def test_halves_are_rounded_to_even(op: Conv2D, seed: int) -> None:
    kernels = [k for k in KERNELS if k.rounding is Rounding.EVEN and k.writes is RowLayout.PIXELS]
    (kernel,), op = kernels, replace(op, rounding=Rounding.EVEN)
    assume(not kernel.declines(op))
    check_op(kernel, op, seed)


# -- the extremes ------------------------------------------------------------------------------


def check_values(op: Conv2D, values: Array, cpu: str | None) -> None:
    """Check the outputs of these inputs, on the host or a core."""
    bias = None if op.bias is None else op.bias.values
    expected = conv2d(op, values, op.weight.values, bias)
    if cpu is None:
        found = host.run_kernel(PIXELS, op, [values])
    else:
        with on_core(cpu):
            found = host.run_kernel(PIXELS, op, [values])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("cpu", [None, *CORES])
def test_every_weight_times_pairs_of_extreme_inputs_is_exact(cpu: str | None) -> None:
    # A word of x has two pixels: all pairs of these, and every weight but the -128 of no model.
    inputs = [-128, -127, -1, 0, 1, 126, 127]
    pairs = np.stack(np.meshgrid(inputs, inputs), axis=-1).reshape(-1)
    values = np.zeros((1, 1, len(pairs), 2), np.int8)
    values[0, 0, :, 0] = pairs
    op, _ = import_op(layer((1, len(pairs), 2), 255, (1, 1), "NONE", 1))
    assert isinstance(op, Conv2D)
    weights = np.zeros((255, 1, 1, 2), np.int8)
    weights[:, 0, 0, 0] = np.arange(-127, 128)
    op = replace(op, weight=replace(op.weight, data=weights))
    assert not PIXELS.declines(op)
    check_values(op, values, cpu)


@pytest.mark.parametrize("cpu", [None, "cortex-m4", "cortex-m7"])
def test_the_greatest_sums_that_are_accepted_are_exact(cpu: str | None) -> None:
    # 258 weights of 127 times -128 are just above -2^22; 259 are too many.
    def op_of(count: int) -> Conv2D:
        signs = (1, -1, 1, -1)
        model = layer((1, 6, 420), 4, (1, 1), "NONE", 3)
        weights = np.array([[127 * sign] * count + [0] * (420 - count) for sign in signs])
        op = pruned(model, none, 0)
        data = weights.astype(np.int8).reshape(4, 1, 1, 420)
        return replace(op, weight=replace(op.weight, data=data))

    assert 258 * 127 * 128 < 2**22 <= 259 * 127 * 128
    assert PIXELS.declines(op_of(259)) and not PIXELS.declines(op_of(258))
    values = np.full((1, 1, 6, 420), -128, np.int8)
    values[0, 0, 1::2] = 127
    values[0, 0, 4:] = np.random.default_rng(0).choice(np.array([-128, 127], np.int8), (2, 420))
    check_values(op_of(258), values, cpu)


# -- how they are packed -----------------------------------------------------------------------


def test_taps_have_a_distance_and_a_weight_and_come_in_pairs() -> None:
    weights = np.zeros((3, 600), np.int64)
    weights[0, [0, 7, 9]] = [5, -128, 3]
    weights[2, 599] = -1
    taps = pack_taps(weights, 2)
    assert taps.counts.tolist() == [4, 0, 4]
    stream = taps.stream.view(np.uint8).tolist()
    # Three taps and one of weight 0; none; tap 599 is 255 + 255 + 89 behind the first.
    assert stream[:9] == [0, 5, 7, 128, 2, 3, 0, 0, 0]
    assert stream[9:10] == [0]
    assert stream[10:19] == [255, 0, 255, 0, 89, 255, 0, 0, 0]


def test_dense_weights_are_declined() -> None:
    op, _ = import_op(layer((4, 4, 16), 8, (1, 1), "NONE", 0))
    assert isinstance(op, Conv2D)
    assert PIXELS.declines(op) == ("Three of eight weights must be 0 at least.",)


# -- products ----------------------------------------------------------------------------------

(PRODUCT,) = rounding_twice(PRODUCTS)


def product_of(in_c: int, out_c: int, pattern: Pattern, seed: int) -> FullyConnected:
    """Give a fully connected operator with weights pruned in a pattern."""
    random = np.random.default_rng(seed)
    kept = pattern(random, out_c, in_c)
    scale = float(np.float32(2.0 ** random.uniform(-6, 0)))
    weights = np.where(kept, values_of((out_c, in_c), "int8", seed), np.int8(0))
    model = one_op_model(
        "FULLY_CONNECTED",
        [
            Spec(shape=(1, in_c), scale=1.0, zero_point=int(random.integers(-128, 128))),
            Spec(shape=(out_c, in_c), scale=scale, zero_point=0, data=weights),
            Spec(
                shape=(out_c,),
                dtype="int32",
                scale=scale,
                data=random.integers(-(2**12), 2**12, out_c),
            ),
        ],
        Spec(shape=(1, out_c), scale=float(np.float32(scale * 30 * np.sqrt(in_c)))),
        fused_activation_function="RELU" if seed % 2 else "NONE",
    )
    op, _ = import_op(model)
    assert isinstance(op, FullyConnected)
    return op


@pytest.mark.parametrize("cpu", [None, *CORES])
@pytest.mark.parametrize("name", PATTERNS)
def test_products_agree(cpu: str | None, name: str) -> None:
    kernel = replace(
        PRODUCT,
        constraints=tuple(c for c in PRODUCT.constraints if c is not weights_are_nearly_all_0),
    )
    for seed, (in_c, out_c) in enumerate([(1, 3), (37, 5), (64, 1), (300, 9)]):
        op = product_of(in_c, out_c, PATTERNS[name], seed)
        assert not kernel.declines(op)
        if cpu is None:
            check_op(kernel, op, seed)
        else:
            with on_core(cpu):
                check_op(kernel, op, seed)


def test_halves_of_products_are_rounded_to_even() -> None:
    (kernel,) = (k for k in PRODUCTS if k.rounding is Rounding.EVEN)
    ops = [product_of(90, 6, unstructured(0.8), seed) for seed in range(6)]
    even = [replace(op, rounding=Rounding.EVEN) for op in ops]
    accepted = [op for op in even if not kernel.declines(op)]
    assert accepted
    for seed, op in enumerate(accepted):
        check_op(kernel, op, seed)
