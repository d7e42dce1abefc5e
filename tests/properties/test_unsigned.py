"""Models of uint8: the interpreter, numpy and every kernel agree bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import seeds
from tests.properties.test_convolution import out_size
from tests.properties.unsigned import ALIKE, bias_of, check_model, uint8, weight_of

points = st.sampled_from([0, 1, 128, 255]) | st.integers(0, 255)
scales = st.floats(-12.0, 4.0).map(lambda exponent: float(np.float32(2.0**exponent)))
quants = st.tuples(scales, points)
few = settings(max_examples=12)
fewer = settings(max_examples=5)


def integers(*values: int) -> Spec:
    return Spec(shape=(len(values),), dtype="int32", data=values)


# -- sums of products -------------------------------------------------------------------------


@st.composite
def products(draw: st.DrawFn, opcode: str) -> bytes:
    """Give a model of any window, scales and zero points; weights less theirs mostly leave int8."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    kernel, stride = draw(st.sampled_from([1, 3, 3, 2, 5])), draw(st.integers(1, 2))
    size = draw(st.integers(kernel, kernel + 7))
    in_c = draw(st.integers(1, 9))
    out = out_size(size, kernel, stride, 1, padding)
    options: dict[str, Any] = {"padding": padding, "stride_h": stride, "stride_w": stride}
    shape, out_c = (draw(st.integers(1, 9)), kernel, kernel, in_c), 0
    if opcode == "DEPTHWISE_CONV_2D":
        options["depth_multiplier"] = draw(st.sampled_from([1, 1, 2]))
        shape = (1, kernel, kernel, in_c * options["depth_multiplier"])
        out_c = shape[3]
    in_quant, (scale, zero) = draw(quants), draw(quants)
    weight = weight_of(shape, scale, zero, draw(seeds))
    product = float(np.float32(in_quant[0]) * np.float32(scale))
    bias = bias_of(out_c or shape[0], product, draw(seeds))
    taps = kernel * kernel * (1 if out_c else in_c)
    wide = product * 60 * np.sqrt(taps) * 2.0 ** draw(st.floats(-2, 3))
    result = uint8(1, out, out, out_c or shape[0], quant=(wide, draw(points)))
    options["fused_activation_function"] = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    x = uint8(1, size, size, in_c, quant=in_quant)
    return one_op_model(opcode, [x, weight, bias], result, **options)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@few
@given(data=st.data(), seed=seeds)
def test_convolutions_of_uint8_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    check_model(data.draw(products(opcode)), seed)


@fewer
@given(x=quants, w=quants, ratio=st.floats(-2, 3), zero=points, shape=st.data(), seed=seeds)
def test_matrix_products_of_uint8_agree(
    x: tuple[float, int],
    w: tuple[float, int],
    ratio: float,
    zero: int,
    shape: st.DataObject,
    seed: int,
) -> None:
    in_c, out_c = (shape.draw(st.integers(1, most)) for most in (70, 9))
    product = float(np.float32(x[0]) * np.float32(w[0]))
    operands = [uint8(2, in_c, quant=x), weight_of((out_c, in_c), *w, seed)]
    wide = product * 60 * np.sqrt(in_c) * 2.0**ratio
    check_model(
        one_op_model(
            "FULLY_CONNECTED",
            [*operands, bias_of(out_c, product, seed)],
            uint8(2, out_c, quant=(wide, zero)),
        ),
        seed,
    )


@pytest.mark.slow
@few
@given(x=quants, w=quants, zero=points, stride=st.integers(1, 2), seed=seeds)
def test_transposed_convolutions_of_uint8_agree(
    x: tuple[float, int], w: tuple[float, int], zero: int, stride: int, seed: int
) -> None:
    shape = (1, 3 * stride, 4 * stride, 5)
    product = float(np.float32(x[0]) * np.float32(w[0]))
    operands = [
        integers(*shape),
        weight_of((5, 3, 3, 2), *w, seed),
        uint8(1, 3, 4, 2, quant=x),
        bias_of(5, product, seed),
    ]
    result = uint8(*shape, quant=(product * 300, zero))
    options = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
    check_model(one_op_model("TRANSPOSE_CONV", operands, result, **options), seed)


def test_every_core_has_a_kernel_for_weights_that_leave_int8() -> None:
    x, scale = uint8(1, 6, 6, 8), 0.01
    result = uint8(1, 6, 6, 8, quant=(0.3, 0))
    options = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    bias = bias_of(8, float(np.float32(0.05) * np.float32(scale)), 1)
    whole = one_op_model(
        "CONV_2D", [x, weight_of((8, 3, 3, 8), scale, 100, 2), bias], result, **options
    )
    assert {"te_conv2d_s8_centred", "te_conv2d_s8_dsp_w16"} <= set(check_model(whole, 3))
    weight, options["depth_multiplier"] = weight_of((1, 3, 3, 8), scale, 100, 2), 1
    deep = one_op_model("DEPTHWISE_CONV_2D", [x, weight, bias], result, **options)
    functions = {"te_depthwise_conv2d_s8_centred", "te_depthwise_conv2d_s8_dsp_3_1"}
    assert functions <= set(check_model(deep, 3))


def test_weights_less_their_zero_point_that_fit_int8_have_the_kernels_of_int8() -> None:
    data = np.arange(28, 28 + 8 * 8).astype(np.uint8)  # Less 100: from -72 to -9.
    weight = uint8(8, 1, 1, 8, quant=(0.01, 100), data=data.reshape(8, 1, 1, 8))
    bias = bias_of(8, float(np.float32(0.05) * np.float32(0.01)), 1)
    model = one_op_model(
        "CONV_2D",
        [uint8(1, 4, 4, 8), weight, bias],
        uint8(1, 4, 4, 8, quant=(0.3, 9)),
        padding="VALID",
        stride_h=1,
        stride_w=1,
    )
    assert {"te_conv2d_s8", "te_conv2d_s8_dsp", "te_conv2d_s8_mve"} <= set(check_model(model, 1))


# -- everything else --------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("opcode", ["ADD", "SUB", "MUL"])
@few
@given(lhs=points, rhs=points, out=quants, seed=seeds)
def test_sums_and_products_of_uint8_agree(
    opcode: str, lhs: int, rhs: int, out: tuple[float, int], seed: int
) -> None:
    near = 0.02 * (1 + out[0] % 1) * (0.2 if opcode == "MUL" else 1)
    operands = [uint8(1, 4, 5, 3, quant=(0.02, lhs)), uint8(1, 4, 5, 3, quant=(0.013, rhs))]
    check_model(one_op_model(opcode, operands, uint8(1, 4, 5, 3, quant=(near, out[1]))), seed)


@fewer
@given(
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 2),
    zero=points,
    padding=st.sampled_from(["SAME", "VALID"]),
    seed=seeds,
)
def test_means_of_windows_of_uint8_round_halves_up(
    kernel: tuple[int, int], stride: int, zero: int, padding: str, seed: int
) -> None:
    quant, (kernel_h, kernel_w) = (0.1, zero), kernel
    outs = [out_size(size, k, stride, 1, padding) for size, k in zip((5, 6), kernel, strict=True)]
    model = one_op_model(
        "AVERAGE_POOL_2D",
        [uint8(1, 5, 6, 3, quant=quant)],
        uint8(1, *outs, 3, quant=quant),
        padding=padding,
        filter_height=kernel_h,
        filter_width=kernel_w,
        stride_h=stride,
        stride_w=stride,
    )
    check_model(model, seed)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", ["MEAN", "SUM"])
@pytest.mark.parametrize("axes", [(1, 2), (3,), (0, 1)])
@few
@given(x=points, scale=st.floats(0.2, 4), zero=points, seed=seeds)
def test_reductions_of_uint8_agree(
    opcode: str, axes: tuple[int, ...], x: int, scale: float, zero: int, seed: int
) -> None:
    shape = (1, 4, 6, 5)
    kept = [1 if axis in axes else size for axis, size in enumerate(shape)]
    operands = [uint8(*shape, quant=(0.1, x)), integers(*axes)]
    wide = 0.1 * scale * (4 if opcode == "SUM" else 1)
    result = uint8(*kept, quant=(wide, zero))
    check_model(one_op_model(opcode, operands, result, keep_dims=True), seed)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", [
    "RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "TANH", "LOGISTIC", "HARD_SWISH",
    "GELU", "QUANTIZE",
])  # fmt: skip
@settings(max_examples=6)
@given(x=quants, zero=points, seed=seeds)
def test_functions_of_uint8_agree(opcode: str, x: tuple[float, int], zero: int, seed: int) -> None:
    scale = 1 / 256 if opcode == "LOGISTIC" else x[0] * 1.1
    operands = [uint8(64, quant=x)]
    options = {"alpha": 0.3} if opcode == "LEAKY_RELU" else {}
    check_model(one_op_model(opcode, operands, uint8(64, quant=(scale, zero)), **options), seed)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", ["SOFTMAX", "LOG_SOFTMAX"])
@settings(max_examples=6)
@given(scale=st.floats(-6, 0).map(lambda exponent: 2.0**exponent), zero=points, seed=seeds)
def test_softmax_of_uint8_agrees(opcode: str, scale: float, zero: int, seed: int) -> None:
    quant = (1 / 256, 0) if opcode == "SOFTMAX" else (1 / 16, 255)
    options = {"beta": 1.0} if opcode == "SOFTMAX" else {}
    x = uint8(3, 17, quant=(scale, zero))
    check_model(one_op_model(opcode, [x], uint8(3, 17, quant=quant), **options), seed)


@pytest.mark.parametrize(
    ("size", "out", "options"),
    [
        ((4, 5), (8, 10), {}),
        ((4, 5), (8, 20), {"half_pixel_centers": True}),
        ((3, 5), (5, 9), {"align_corners": True}),
        ((8, 6), (4, 3), {}),
    ],
)
def test_bilinear_resizing_of_uint8_by_powers_of_two_agrees(
    size: tuple[int, int], out: tuple[int, int], options: dict[str, bool]
) -> None:
    for seed in range(4):
        operands = [uint8(1, *size, 3), integers(*out)]
        model = one_op_model("RESIZE_BILINEAR", operands, uint8(1, *out, 3), **options)
        check_model(model, seed)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", ["EQUAL", "LESS", "GREATER_EQUAL"])
@settings(max_examples=6)
@given(lhs=points, rhs=points, seed=seeds)
def test_comparisons_of_uint8_agree(opcode: str, lhs: int, rhs: int, seed: int) -> None:
    operands = [uint8(3, 17, quant=(0.02, lhs)), uint8(3, 17, quant=(0.03, rhs))]
    check_model(one_op_model(opcode, operands, Spec(shape=(3, 17), dtype="bool")), seed)


@pytest.mark.slow
@pytest.mark.parametrize("opcode", ["PRELU", "DIV"])
@settings(max_examples=6)
@given(zero=points, seed=seeds)
def test_slopes_and_quotients_of_uint8_agree(opcode: str, zero: int, seed: int) -> None:
    data = np.random.default_rng(seed).integers(180, 256, 7).astype(np.uint8)
    other = uint8(7, quant=(0.05, 60), data=data)
    scale = 0.02 if opcode == "PRELU" else 2.0**-9
    model = one_op_model(
        opcode, [uint8(4, 7, quant=(0.02, zero)), other], uint8(4, 7, quant=(scale, 40))
    )
    check_model(model, seed)


def pads(*pairs: tuple[int, int]) -> Spec:
    return Spec(shape=(len(pairs), 2), dtype="int32", data=pairs)


@pytest.mark.parametrize(
    ("opcode", "operands", "shape"),
    [
        ("PAD", [uint8(2, 3), pads((1, 0), (0, 2))], (3, 5)),
        (
            "PADV2",
            [uint8(2, 3), pads((1, 0), (0, 2)), uint8(1, data=np.array([9], np.uint8))],
            (3, 5),
        ),
        ("CONCATENATION", [uint8(2, 3), uint8(2, 3)], (4, 3)),
        ("MAXIMUM", [uint8(2, 3), uint8(2, 3)], (2, 3)),
        ("REDUCE_MIN", [uint8(2, 3), integers(1)], (2,)),
        ("MIRROR_PAD", [uint8(2, 3), pads((0, 0), (1, 1))], (2, 5)),
        ("TRANSPOSE", [uint8(2, 3), integers(1, 0)], (3, 2)),
        ("GATHER", [uint8(4, 3), integers(2, 0)], (2, 3)),
        ("FILL", [integers(2, 3), uint8(data=np.array(77, np.uint8))], (2, 3)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_moves_uint8_agrees(opcode: str, operands: list[Spec], shape: tuple[int, ...]) -> None:
    model = one_op_model(opcode, operands, uint8(*shape), beside=uint8(2))
    check_model(model, 5)


def test_a_choice_between_uint8_agrees() -> None:
    condition = Spec(shape=(2, 3), dtype="bool")
    model = one_op_model("SELECT_V2", [condition, uint8(2, 3), uint8(2, 3)], uint8(2, 3))
    check_model(model, 5)


def test_what_is_not_scattered_to_is_a_byte_of_zero() -> None:
    at = Spec(shape=(2, 1), dtype="int32", data=[[3], [1]])
    model = one_op_model("SCATTER_ND", [at, uint8(2, 3, quant=ALIKE), integers(5, 3)], uint8(5, 3))
    check_model(model, 5)
