"""Convolutions of int16 with int8 weights: interpreter, reference and C kernels agree."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, import_op, seeds, values_of
from tests.properties.test_convolution import out_size
from tinyengine.errors import ModelError
from tinyengine.ir import DType
from tinyengine.kernels.dsp.convolution_s16 import KERNELS as CONVOLUTION_DSP
from tinyengine.kernels.dsp.depthwise_s16 import KERNELS as DEPTHWISE_DSP
from tinyengine.kernels.dsp.fully_connected_s16 import KERNELS as FULLY_CONNECTED_DSP
from tinyengine.kernels.mve.weighted_s16 import KERNELS as MVE
from tinyengine.kernels.ref.convolution_s16 import KERNELS
from tinyengine.kernels.registry import accepts
from tinyengine.reference.convolution import conv2d, depthwise_conv2d, fully_connected

DSP = (*CONVOLUTION_DSP, *DEPTHWISE_DSP, *FULLY_CONNECTED_DSP)
REFERENCES = {
    "CONV_2D": conv2d,
    "DEPTHWISE_CONV_2D": depthwise_conv2d,
    "FULLY_CONNECTED": fully_connected,
}


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A model of one operator: `factor` is what a sum is multiplied with, 0: by its size."""

    opcode: str
    x: tuple[int, ...]
    weight: tuple[int, ...]
    out: tuple[int, ...]
    options: dict[str, Any]
    bias: str = "int64"
    biases: int = 2**16
    per_channel: bool = True
    factor: float = 0.0
    announces: bool = True
    seed: int = 0

    def model(self) -> bytes:
        """Give the file."""
        random = np.random.default_rng(self.seed)
        axis = 3 if self.opcode == "DEPTHWISE_CONV_2D" else 0
        channels, taps = self.weight[axis], int(np.prod(self.weight)) // self.weight[axis]
        scale = 0.01 * 2.0 ** random.uniform(-1, 1, channels if self.per_channel else 1)
        weight = np.maximum(values_of(self.weight, "int8", self.seed), np.int8(-127))
        factor = self.factor or 1 / (80 * np.sqrt(taps))
        output = float(np.float32(0.001 * 0.01 / factor))
        operands: list[Spec | None] = [
            Spec(shape=self.x, dtype="int16", scale=0.001),
            Spec(shape=self.weight, scale=np.float32(scale), zero_point=0, axis=axis, data=weight),
        ]
        if self.bias:
            data = random.integers(-self.biases, self.biases, channels)
            bias_scale = np.float32(0.001) * np.float32(scale)
            operands.append(Spec(shape=(channels,), dtype=self.bias, scale=bias_scale, data=data))
        kind = {"quantized_bias_type": "INT32"} if self.bias == "int32" and self.announces else {}
        result = Spec(shape=self.out, dtype="int16", scale=output)
        return one_op_model(self.opcode, operands, result, **self.options, **kind)


def check(layer: Layer, function: str | None = None) -> None:
    """Check the kernels that accept the operator, of which `function` must be one."""
    model = layer.model()
    op, _ = import_op(model)
    kernels = [kernel for kernel in KERNELS if accepts(kernel, op)]
    assert len(kernels) == 1
    assert function in (None, kernels[0].function)
    kernels += [kernel for kernel in (*DSP, *MVE) if accepts(kernel, op)]
    expected = check_agreement(kernels, REFERENCES[layer.opcode], model, layer.seed)
    assert expected.dtype == np.int16


@st.composite
def windows(draw: st.DrawFn, opcode: str) -> Layer:
    """Give a convolution of any shape, stride, padding and dilation."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    sizes: list[tuple[int, int]] = []
    outs: list[int] = []
    options: dict[str, Any] = {"padding": padding}
    for name in ("h", "w"):
        kernel, stride = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        dilation = draw(st.sampled_from([1, 1, 2]))
        reach = (kernel - 1) * dilation + 1
        size = draw(st.integers(reach if padding == "VALID" else 1, reach + 5))
        sizes.append((size, kernel))
        outs.append(out_size(size, kernel, stride, dilation, padding))
        options |= {f"stride_{name}": stride, f"dilation_{name}_factor": dilation}
    (in_h, kernel_h), (in_w, kernel_w) = sizes
    in_c, out_c = draw(st.integers(1, 9)), draw(st.integers(1, 6))
    weight: tuple[int, ...] = (out_c, kernel_h, kernel_w, in_c)
    biases = ["int64", "int32", ""]
    if opcode == "DEPTHWISE_CONV_2D":
        multiplier = draw(st.sampled_from([1, 1, 2, 3]))
        out_c = in_c * multiplier
        weight = (1, kernel_h, kernel_w, out_c)
        options["depth_multiplier"] = multiplier
        biases = ["int64", ""]
    else:
        biases = ["int64", "int32"]  # The interpreter demands a bias.
    options["fused_activation_function"] = draw(st.sampled_from(["NONE", "RELU", "RELU6"]))
    return Layer(
        opcode=opcode,
        x=(1, in_h, in_w, in_c),
        weight=weight,
        out=(1, *outs, out_c),
        options=options,
        bias=draw(st.sampled_from(biases)),
        biases=draw(st.sampled_from([2**8, 2**24])),
        per_channel=draw(st.booleans()),
        factor=draw(st.sampled_from([0.0, 0.0, 0.3, 0.9, 2.0**-20])),
        seed=draw(seeds),
    )


@pytest.mark.parametrize("opcode", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@given(data=st.data())
def test_convolutions_agree(opcode: str, data: st.DataObject) -> None:
    check(data.draw(windows(opcode)))


@given(
    rows=st.integers(1, 4),
    in_c=st.integers(1, 90),
    out_c=st.integers(1, 9),
    bias=st.sampled_from(["int64", "int32", ""]),
    per_channel=st.booleans(),
    factor=st.sampled_from([0.0, 0.0, 0.9, 2.0**-20]),
    seed=seeds,
)
def test_fully_connected_agrees(
    rows: int, in_c: int, out_c: int, bias: str, per_channel: bool, factor: float, seed: int
) -> None:
    check(
        Layer(
            opcode="FULLY_CONNECTED",
            x=(rows, in_c),
            weight=(out_c, in_c),
            out=(rows, out_c),
            options={"fused_activation_function": "RELU" if seed % 2 else "NONE"},
            bias=bias,
            per_channel=per_channel,
            factor=factor,
            seed=seed,
        )
    )


def depthwise(size: tuple[int, int], channels: int, stride: int, **more: Any) -> Layer:
    """Give a depthwise convolution by 3x3 with the same padding."""
    (in_h, in_w), options = size, {"padding": "SAME", "stride_h": stride, "stride_w": stride}
    out = (-(-in_h // stride), -(-in_w // stride))
    layer = Layer(
        opcode="DEPTHWISE_CONV_2D",
        x=(1, in_h, in_w, channels),
        weight=(1, 3, 3, channels),
        out=(1, *out, channels),
        options={**options, "depth_multiplier": 1, "fused_activation_function": "NONE"},
    )
    return replace(layer, **more)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("act", ["NONE", "RELU", "RELU6"])
def test_depthwise_windows_of_3_by_3_agree(stride: int, act: str) -> None:
    for in_h, in_w in ((1, 1), (2, 3), (4, 6), (3, 7)):
        layer = depthwise((in_h, in_w), 2 * in_w, stride, seed=in_w)
        layer = replace(layer, options={**layer.options, "fused_activation_function": act})
        assert accepts(DEPTHWISE_DSP[0], import_op(layer.model())[0])
        check(layer)


def deep(in_c: int, **more: Any) -> Layer:
    """Give a 1x1 convolution of so many channels."""
    shape: Sequence[int] = (1, 2, 3, in_c)
    options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    layer = Layer(
        opcode="CONV_2D", x=tuple(shape), weight=(3, 1, 1, in_c), out=(1, 2, 3, 3), options=options
    )
    return replace(layer, **more)


def matrix(in_c: int, out_c: int, **more: Any) -> Layer:
    """Give a fully connected operator of two rows."""
    layer = Layer(
        opcode="FULLY_CONNECTED", x=(2, in_c), weight=(out_c, in_c), out=(2, out_c), options={}
    )
    return replace(layer, **more)


def test_sums_that_fit_have_32_bits() -> None:
    # 300 weights of 127 at most: 300 * 127 * 2^15 < 2^31.
    check(deep(300), "te_conv2d_s16")


def test_deep_sums_have_64_bits() -> None:
    # About 2,000 * 95 * 2^15 > 2^31.
    check(deep(2000), "te_conv2d_s16_wide")


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_deep_products_have_64_bits(per_channel: bool, seed: int) -> None:
    far = seed % 2
    more = {"biases": 2**36, "factor": 2.0**-21} if far else {}
    layer = matrix(2000, 24, per_channel=per_channel, seed=seed, **more)
    check(layer, "te_fully_connected_s16_wide")


def test_large_biases_have_64_bits() -> None:
    check(deep(8, biases=2**38, factor=2.0**-24), "te_conv2d_s16_wide")


def test_biases_of_32_bits_are_scaled_in_two_roundings() -> None:
    check(deep(40, bias="int32"), "te_conv2d_s16_twice")


def test_a_factor_that_makes_sums_overflow_is_refused() -> None:
    with pytest.raises(ModelError, match="may overflow when multiplied by"):
        import_op(deep(2000, factor=4.0).model())


def test_a_bias_of_32_bits_must_be_announced() -> None:
    # Without quantized_bias_type the interpreter reads pairs of biases as one of 64 bits.
    with pytest.raises(ModelError, match="bias 'operand_2' is int32; it must be int64"):
        import_op(deep(8, bias="int32", announces=False).model())


def test_wide_types_are_those_of_the_file() -> None:
    op, _ = import_op(deep(8).model())
    assert (op.inputs[0].dtype, op.inputs[1].dtype, op.inputs[2].dtype, op.output.dtype) == (
        DType.INT16,
        DType.INT8,
        DType.INT64,
        DType.INT16,
    )


@pytest.mark.parametrize("per_channel", [False, True])
def test_products_have_a_kernel_of_the_dsp_extension(per_channel: bool) -> None:
    op, _ = import_op(matrix(64, 12, per_channel=per_channel).model())
    assert accepts(FULLY_CONNECTED_DSP[0], op)


def test_a_factor_that_the_dsp_extension_has_no_form_of_is_left_to_the_portable_kernel() -> None:
    # Above 1/8 there are no 32 bits to shift out.
    op, _ = import_op(matrix(4, 3, factor=0.3).model())
    assert FULLY_CONNECTED_DSP[0].declines(op) == (
        "Scale ratio input * weight / output must have a form of 64 bits with the same outputs.",
    )
