"""Convolutions, fully connected for the DSP extension: portable twins equal the reference."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import import_op, seeds, values_of, zero_points
from tests.properties.test_convolution import convolutions, fully_connected_models
from tinyengine.ir import Array, Conv2D, FullyConnected
from tinyengine.kernels.convolution_dsp import KERNELS
from tinyengine.kernels.packing_dsp import run_order
from tinyengine.kernels.spec import Kernel, RowLayout
from tinyengine.reference.convolution import conv2d, fully_connected

CONVOLUTIONS = [kernel for kernel in KERNELS if kernel.op is Conv2D]
IDS = [f"{kernel.name}-{kernel.writes.value}" for kernel in CONVOLUTIONS]
PRODUCTS = [kernel for kernel in KERNELS if kernel.op is FullyConnected]


def in_layout(kernel: Kernel, output: Array) -> Array:
    """Give [1, H, W, C] with its rows ordered as `kernel` writes them."""
    if kernel.writes is RowLayout.PIXELS:
        return output
    return np.ascontiguousarray(output.transpose(0, 1, 3, 2)).reshape(output.shape)


def check_kernel(kernel: Kernel, model: bytes, seed: int) -> None:
    """Check a whole run, pieces of rows and overlap, if the kernel accepts the operator."""
    op, (x,) = import_op(model)
    assert isinstance(op, Conv2D | FullyConnected)
    assume(not kernel.declines(op))
    values = values_of(x.shape, "int8", seed)
    bias = None if op.bias is None else op.bias.values
    match op:
        case Conv2D():
            computed = conv2d(op, values, op.weight.values, bias)
        case FullyConnected():
            computed = fully_connected(op, values, op.weight.values, bias)
    expected = in_layout(kernel, computed)
    produced = host.run_kernel(kernel, op, [values])
    np.testing.assert_array_equal(produced, expected, f"{kernel.name} of {op}")
    host.check_rows(kernel, op, [values], expected, seed)
    host.check_overlap(kernel, op, [values], expected)


@st.composite
def layers(draw: st.DrawFn) -> bytes:
    """Give a model as networks have them: many channels, 1x1 or 3x3, sums that mostly fit."""
    kernel = draw(st.sampled_from([1, 1, 3]))
    stride = draw(st.integers(1, 2))
    in_h, in_w = draw(st.integers(1, 4)), draw(st.integers(1, 14))
    in_c, out_c = draw(st.integers(1, 36)), draw(st.integers(1, 12))
    shape = (out_c, kernel, kernel, in_c)
    random = np.random.default_rng(draw(seeds))
    scale = np.float32(2.0 ** random.uniform(-6, 0, out_c))
    taps = kernel * kernel * in_c
    zero_point = draw(zero_points)
    act = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    out_scale = float(np.float32(40 * np.sqrt(taps) / draw(st.sampled_from([1.0, 4.0]))))
    x = Spec(shape=(1, in_h, in_w, in_c), scale=1.0, zero_point=draw(zero_points))
    weights = values_of(shape, "int8", draw(seeds))
    biases = random.integers(-(2**14), 2**14, out_c)
    weight = Spec(shape=shape, scale=scale, zero_point=0, axis=0, data=weights)
    bias = Spec(shape=(out_c,), dtype="int32", scale=scale, data=biases)
    outs = (1, -(-in_h // stride), -(-in_w // stride), out_c)
    result = Spec(shape=outs, scale=out_scale, zero_point=-128 if act == "RELU" else zero_point)
    return one_op_model(
        "CONV_2D",
        [x, weight, bias],
        result,
        padding="SAME",
        stride_h=stride,
        stride_w=stride,
        fused_activation_function=act,
    )


@pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=IDS)
@given(model=convolutions("CONV_2D"), seed=seeds)
def test_every_convolution_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    check_kernel(kernel, model, seed)


@pytest.mark.parametrize("kernel", CONVOLUTIONS, ids=IDS)
@given(model=layers(), seed=seeds)
def test_layers_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    check_kernel(kernel, model, seed)


@pytest.mark.parametrize("kernel", PRODUCTS, ids=lambda kernel: kernel.name)
@given(model=fully_connected_models(), seed=seeds)
def test_every_product_agrees(kernel: Kernel, model: bytes, seed: int) -> None:
    check_kernel(kernel, model, seed)


@pytest.mark.parametrize("count", range(1, 13))
def test_run_order_holds_every_tap_once(count: int) -> None:
    order = run_order(count).reshape(-1)
    assert sorted(tap for tap in order if tap >= 0) == list(range(count))
    assert len(order) == 2 * (count // 4 * 2 + (count % 4 + 1) // 2)
