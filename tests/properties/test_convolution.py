"""Convolutions, fully connected: interpreter, numpy reference and C kernels agree bit for bit."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import (
    check_agreement,
    import_op,
    interpret,
    ratios,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, FullyConnected, Padding, Quantization
from tinyengine.ir import Pad as PadOp
from tinyengine.kernels.ref.convolution import KERNELS
from tinyengine.reference.convolution import conv2d, depthwise_conv2d, fully_connected

ACTIVATIONS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]
REFERENCES: dict[str, Callable[..., Array]] = {
    "CONV_2D": conv2d,
    "DEPTHWISE_CONV_2D": depthwise_conv2d,
}


def out_size(size: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    reach = (kernel - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else (size - reach) // stride + 1


@st.composite
def weights_of(
    draw: st.DrawFn, shape: Sequence[int], axis: int, input_scale: float
) -> tuple[Spec, Spec]:
    """Give weights, per tensor or per channel, and biases; -128 is rare in real weights."""
    least = draw(st.sampled_from([-127, -127, -127, -128]))
    channels = shape[axis]
    random = np.random.default_rng(draw(seeds))
    count = channels if draw(st.booleans()) else 1
    scale = np.float32(draw(scales) * 2.0 ** random.uniform(-3, 3, count))
    weight = Spec(
        shape=shape,
        scale=scale,
        zero_point=0,
        axis=axis,
        data=np.maximum(values_of(shape, "int8", draw(seeds)), np.int8(least)),
    )
    bias = Spec(
        shape=(channels,),
        dtype="int32",
        scale=np.float32(input_scale) * scale,
        data=random.integers(-(2**14), 2**14, channels),
    )
    return weight, bias


def output_of(
    shape: Sequence[int], input_scale: float, weight: Spec, taps: int, ratio: float, zero: int
) -> Spec:
    """Give an output whose range, at ratio 1, is about that of the sums."""
    weight_scale = float(np.mean(np.asarray(weight.scale)))
    natural = input_scale * weight_scale * 40 * np.sqrt(taps)
    return Spec(shape=shape, scale=float(np.float32(natural / ratio)), zero_point=zero)


def activations_of(output: Spec) -> st.SearchStrategy[str]:
    """Give activations; six over a smaller scale does not fit the interpreter's integers."""
    return st.sampled_from(ACTIVATIONS if float(output.scale) > 2.0**-24 else ["NONE"])


@st.composite
def convolutions(draw: st.DrawFn, opcode: str) -> bytes:
    """Give a model of one convolution of any shape, stride, padding and dilation."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    sizes: list[tuple[int, int]] = []
    outs: list[int] = []
    options: dict[str, Any] = {}
    for name in ("h", "w"):
        kernel, stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
        dilation = draw(st.sampled_from([1, 1, 2, 3]))
        reach = (kernel - 1) * dilation + 1
        size = draw(st.integers(reach if padding == "VALID" else 1, reach + 7))
        sizes.append((size, kernel))
        outs.append(out_size(size, kernel, stride, dilation, padding))
        options |= {f"stride_{name}": stride, f"dilation_{name}_factor": dilation}
    (in_h, kernel_h), (in_w, kernel_w) = sizes
    in_c = draw(st.integers(1, 9))
    x = Spec(shape=(1, in_h, in_w, in_c), scale=draw(scales), zero_point=draw(zero_points))
    if opcode == "CONV_2D":
        out_c, taps = draw(st.integers(1, 6)), kernel_h * kernel_w * in_c
        shape, axis = (out_c, kernel_h, kernel_w, in_c), 0
    else:
        multiplier, taps = draw(st.sampled_from([1, 1, 2, 3])), kernel_h * kernel_w
        out_c = in_c * multiplier
        shape, axis = (1, kernel_h, kernel_w, out_c), 3
        options["depth_multiplier"] = multiplier
    weight, bias = draw(weights_of(shape, axis, float(x.scale)))
    result = output_of(
        (1, *outs, out_c), float(x.scale), weight, taps, draw(ratios), draw(zero_points)
    )
    options["fused_activation_function"] = draw(activations_of(result))
    has_bias = opcode == "CONV_2D" or draw(st.booleans())
    operands = [x, weight, bias] if has_bias else [x, weight]
    return one_op_model(opcode, operands, result, padding=padding, **options)


@pytest.mark.parametrize("opcode", sorted(REFERENCES))
@given(data=st.data(), seed=seeds)
def test_convolutions_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    model = data.draw(convolutions(opcode))
    check_agreement(KERNELS, REFERENCES[opcode], model, seed)


@st.composite
def fully_connected_models(draw: st.DrawFn) -> bytes:
    """Give a model of one matrix product; per-tensor weights may have a zero point."""
    rows, in_c, out_c = draw(st.integers(1, 4)), draw(st.integers(1, 90)), draw(st.integers(1, 9))
    x = Spec(shape=(rows, in_c), scale=draw(scales), zero_point=draw(zero_points))
    weight, bias = draw(weights_of((out_c, in_c), 0, float(x.scale)))
    result = output_of((rows, out_c), float(x.scale), weight, in_c, draw(ratios), draw(zero_points))
    has_bias = draw(st.booleans())
    options = {"fused_activation_function": draw(activations_of(result))}
    operands = [x, weight, bias if has_bias else None]
    return one_op_model("FULLY_CONNECTED", operands, result, **options)


@given(model=fully_connected_models(), seed=seeds)
def test_fully_connected_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, fully_connected, model, seed)


def sums_model(opcode: str, sums: Array, factor: float, zero_point: int) -> bytes:
    """Give a model whose output channels are the biases `sums` times `factor`, input regardless.

    A factor is a product of scales and a quotient, all of them near 2^k with odd mantissas, to
    show in which precision and order they are taken.
    """
    out_c = len(sums)
    shape = {
        "CONV_2D": (out_c, 1, 1, 1),
        "DEPTHWISE_CONV_2D": (1, 1, 1, out_c),
        "FULLY_CONNECTED": (out_c, 1),
    }[opcode]
    shape_in = (1, 1) if opcode == "FULLY_CONNECTED" else (1, 1, 1, 1)
    x_scale, w_scale = np.float32(1.3), np.float32(0.7)
    x = Spec(shape=shape_in, scale=x_scale, zero_point=0)
    weight = Spec(shape=shape, scale=w_scale, zero_point=0, data=np.zeros(shape))
    bias = Spec(shape=(out_c,), dtype="int32", scale=x_scale * w_scale, data=sums)
    result = Spec(
        shape=(*shape_in[:-1], out_c),
        scale=np.float32(float(x_scale) * float(w_scale) / factor),
        zero_point=zero_point,
    )
    options: dict[str, Any] = {}
    if opcode != "FULLY_CONNECTED":
        options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    if opcode == "DEPTHWISE_CONV_2D":
        options["depth_multiplier"] = out_c
    return one_op_model(opcode, [x, weight, bias], result, **options)


ALL_REFERENCES = REFERENCES | {"FULLY_CONNECTED": fully_connected}


@pytest.mark.parametrize("opcode", sorted(ALL_REFERENCES))
@given(
    exponent=st.floats(-31.0, 3.0),
    zero_point=zero_points,
    seed=seeds,
)
def test_every_sum_is_rounded_alike(
    opcode: str, exponent: float, zero_point: int, seed: int
) -> None:
    factor = 2.0**exponent
    random = np.random.default_rng(seed)
    halves = random.integers(-300, 300, 40) + 0.5
    near = np.rint(halves / factor) + random.integers(-2, 3, 40)
    sums = np.clip(near, -(2.0**27), 2.0**27).astype(np.int64)
    model = sums_model(opcode, sums, factor, zero_point)
    check_agreement(KERNELS, ALL_REFERENCES[opcode], model, seed)


@pytest.mark.parametrize("opcode", sorted(ALL_REFERENCES))
@given(exponent=st.floats(3.0, 19.0), seed=seeds)
def test_sums_beyond_32_bits_are_as_the_interpreter_has_them_or_declined(
    opcode: str, exponent: float, seed: int
) -> None:
    sums = np.random.default_rng(seed).integers(-(2**31), 2**31, 12)
    factor = 2.0**exponent
    op, (x,) = import_op(sums_model(opcode, sums, 0.5, 3))
    scale = float(np.float32(op.output.scale * 0.5 / factor))
    quant = Quantization(scale=(scale,), zero_point=(3,))
    scaled = replace(op, output=replace(op.output, quant=quant))
    values = np.zeros(x.shape, np.int8)
    computed = ALL_REFERENCES[opcode](scaled, values, *(t.values for t in op.inputs[1:]))
    expected = interpret(sums_model(opcode, sums, factor, 3), [values])
    np.testing.assert_array_equal(computed, expected)
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is type(op))
    assert any("leaves 32 bits" in reason for reason in kernel.declines(scaled))


@pytest.mark.parametrize("opcode", sorted(REFERENCES))
def test_a_factor_of_zero_hides_any_bias(opcode: str) -> None:
    sums = np.array([2**31 - 1, -(2**31), 2**30])
    check_agreement(KERNELS, REFERENCES[opcode], sums_model(opcode, sums, 2.0**-34, 5), 0)


def test_a_convolution_without_bias_is_one_with_bias_zero() -> None:
    model = sums_model("CONV_2D", np.zeros(5), 0.01, -7)
    op, (x,) = import_op(model)
    values = values_of(x.shape, "int8", 3)
    weight = values_of((5, 1, 1, 1), "int8", 4)
    bare = replace(op, bias=None, weight=replace(op.weight, data=weight))
    expected = conv2d(op, values, weight, np.zeros(5, np.int32))
    np.testing.assert_array_equal(conv2d(bare, values, weight), expected)
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is Conv2D)
    np.testing.assert_array_equal(host.run_kernel(kernel, bare, [values]), expected)


@pytest.mark.parametrize("factor", [0.5, 0.25, 2.0**-10, 2.0**-24])
@pytest.mark.parametrize("opcode", sorted(ALL_REFERENCES))
def test_exact_halves_are_rounded_alike(opcode: str, factor: float) -> None:
    sums = (np.arange(-120, 120) + 0.5) / factor
    model = sums_model(opcode, np.rint(sums).astype(np.int64), factor, 0)
    check_agreement(KERNELS, ALL_REFERENCES[opcode], model, 0)


def scaled_sums(sums: Array, real: float) -> tuple[FullyConnected, Array]:
    """Give an operator whose outputs are `sums` times the very double `real`, and its input."""
    op, (x,) = import_op(sums_model("FULLY_CONNECTED", sums, 0.5, 0))
    assert isinstance(op, FullyConnected)
    one = Quantization(scale=(1.0,), zero_point=(0,))
    exact = Quantization(scale=(real,), zero_point=(0,))
    scaled = replace(
        op,
        input=replace(op.input, quant=exact),
        weight=replace(op.weight, quant=one),
        output=replace(op.output, quant=one),
    )
    return scaled, np.zeros(x.shape, np.int8)


@given(seed=seeds, value=st.integers(3, 2**24), half=st.integers(0, 127))
def test_fully_connected_rounds_as_doubles_just_below_a_half(
    seed: int, value: int, half: int
) -> None:
    real = math.nextafter((half + 0.5) / value, 0.0)
    others = np.random.default_rng(seed).integers(0, 128, 30) + 0.5
    near = np.rint(np.concatenate([[half + 0.5], others]) / real)
    near = np.clip((near[:, None] + [-1, 0, 1]).ravel(), 0, 2**29).astype(np.int64)
    op, x = scaled_sums(np.concatenate([near, -near]), real)
    expected = fully_connected(op, x, *(t.values for t in op.inputs[1:]))
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is FullyConnected)
    np.testing.assert_array_equal(host.run_kernel(kernel, op, [x]), expected)


def test_double_products_reach_halves_that_exact_ones_miss() -> None:
    # Without such products the test above would prove nothing. 675 * real is rounded up to 2.5,
    # and 135 * real stays below 0.5: no exact multiplication does both.
    real = math.nextafter(0.5 / 135, 0.0)
    assert 675 * Fraction(real) < Fraction(5, 2)
    op, x = scaled_sums(np.array([135, 675]), real)
    expected = fully_connected(op, x, *(t.values for t in op.inputs[1:]))
    np.testing.assert_array_equal(expected[0], [0, 3])
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is FullyConnected)
    np.testing.assert_array_equal(host.run_kernel(kernel, op, [x]), expected)


@given(
    pads=st.tuples(*[st.integers(0, 4)] * 4),
    opcode=st.sampled_from(sorted(REFERENCES)),
    zero_point=zero_points,
    seed=seeds,
)
def test_any_padding_is_a_pad_before_the_convolution(
    pads: tuple[int, int, int, int], opcode: str, zero_point: int, seed: int
) -> None:
    top, bottom, left, right = pads
    writer = ModelWriter()
    x = writer.tensor((1, 4, 3, 2), scale=0.1, zero_point=zero_point)
    edges = [[0, 0], [top, bottom], [left, right], [0, 0]]
    paddings = writer.tensor((4, 2), "int32", data=edges)
    between = (1, 4 + top + bottom, 3 + left + right, 2)
    padded = writer.tensor(between, scale=0.1, zero_point=zero_point)
    shape, axis = ((3, 3, 2, 2), 0) if opcode == "CONV_2D" else ((1, 3, 2, 2), 3)
    weight = writer.tensor(
        shape, scale=0.02, zero_point=0, axis=axis, data=values_of(shape, "int8", seed)
    )
    out_c = shape[axis]
    bias = writer.tensor(
        (out_c,), "int32", scale=np.float32(0.1) * np.float32(0.02), data=np.arange(out_c)
    )
    out_shape = (1, (between[1] - 3) // 2 + 1, between[2] - 2 + 1, out_c)
    y = writer.tensor(out_shape, scale=0.9, zero_point=-5)
    writer.op("PAD", [x, paddings], [padded])
    options = {"depth_multiplier": 1} if opcode == "DEPTHWISE_CONV_2D" else {}
    writer.op(
        opcode, [padded, weight, bias], [y], padding="VALID", stride_h=2, stride_w=1, **options
    )
    model = writer.finish([x], [y])

    before, after = parse(model, "model.tflite").ops
    assert isinstance(before, PadOp)
    assert isinstance(after, Conv2D | DepthwiseConv2D)
    padding = Padding(top=top, bottom=bottom, left=left, right=right)
    op = replace(after, input=before.input, padding=padding)
    values = values_of((1, 4, 3, 2), "int8", seed)
    expected = interpret(model, [values])
    computed = REFERENCES[opcode](op, values, *(t.values for t in op.inputs[1:]))
    np.testing.assert_array_equal(computed, expected)
    (kernel,) = (kernel for kernel in KERNELS if kernel.op is type(op))
    np.testing.assert_array_equal(host.run_kernel(kernel, op, [values]), expected)
    host.check_rows(kernel, op, [values], expected, seed)
    host.check_overlap(kernel, op, [values], expected)
