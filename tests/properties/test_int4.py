"""Weights that a file packs as int4 or int2: interpreter, reference and C kernels agree."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.properties.agreement import check_agreement, import_op, seeds
from tinyengine.ir import Convolution, DType, FullyConnected
from tinyengine.kernels.ref.convolution import KERNELS
from tinyengine.reference.convolution import conv2d, depthwise_conv2d, fully_connected

REFERENCES = {
    "CONV_2D": conv2d,
    "DEPTHWISE_CONV_2D": depthwise_conv2d,
    "FULLY_CONNECTED": fully_connected,
}
OPCODES = pytest.mark.parametrize("opcode", REFERENCES)


def model_of(opcode: str, values: np.ndarray, side: int, depth: int, dtype: str = "int4") -> bytes:
    """Give a 3x3 convolution, or a matrix product, of `values` scaled by their first axis."""
    outputs = len(values)
    scales = np.linspace(0.01, 0.03, outputs).astype(np.float32)
    if opcode == "FULLY_CONNECTED":
        shape, result, axis, options = (1, depth), (1, outputs), 0, {}
    else:
        shape, result = (1, side, side, depth), (1, side, side, outputs)
        axis, options = 0, {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    if opcode == "DEPTHWISE_CONV_2D":
        values, axis = np.moveaxis(values, 0, -1), 3
        options["depth_multiplier"] = 1
    weight = Spec(shape=values.shape, dtype=dtype, scale=scales, axis=axis, data=values)
    bias = Spec(
        shape=(outputs,), dtype="int32", scale=scales * 0.05, data=np.arange(outputs) * 20 - 30
    )
    source = Spec(shape=shape, scale=0.05, zero_point=-3)
    return one_op_model(
        opcode, [source, weight, bias], Spec(shape=result, scale=0.2, zero_point=1), **options
    )


def shape_of(opcode: str, outputs: int, depth: int) -> tuple[int, ...]:
    if opcode == "FULLY_CONNECTED":
        return outputs, depth
    return (outputs, 1, 3, 3) if opcode == "DEPTHWISE_CONV_2D" else (outputs, 3, 3, depth)


@settings(max_examples=8)
@given(
    opcode=st.sampled_from(sorted(REFERENCES)),
    outputs=st.integers(1, 7),
    side=st.integers(1, 5),
    depth=st.integers(1, 9),
    seed=seeds,
)
def test_int4_weights_agree(opcode: str, outputs: int, side: int, depth: int, seed: int) -> None:
    depth = outputs if opcode == "DEPTHWISE_CONV_2D" else depth
    values = np.random.default_rng(seed).integers(-8, 8, shape_of(opcode, outputs, depth))
    check_agreement(KERNELS, REFERENCES[opcode], model_of(opcode, values, side, depth), seed)


@settings(max_examples=8)
@given(outputs=st.integers(1, 7), depth=st.integers(1, 9), seed=seeds)
def test_int2_weights_of_products_agree(outputs: int, depth: int, seed: int) -> None:
    values = np.random.default_rng(seed).integers(-2, 2, (outputs, depth))
    model = model_of("FULLY_CONNECTED", values, 1, depth, "int2")
    check_agreement(KERNELS, fully_connected, model, seed)


def test_four_values_of_int2_share_a_byte() -> None:
    values = np.resize(np.arange(-2, 2), (5, 5))
    op, _ = import_op(model_of("FULLY_CONNECTED", values, 1, 5, "int2"))
    assert isinstance(op, FullyConnected)
    np.testing.assert_array_equal(op.weight.values, values)


@OPCODES
def test_every_value_is_read_from_its_half_byte(opcode: str) -> None:
    values = np.resize(np.arange(-8, 8), shape_of(opcode, 5, 5))
    op, _ = import_op(model_of(opcode, values, 3, 5))
    assert isinstance(op, Convolution | FullyConnected)
    wanted = np.moveaxis(values, 0, -1) if opcode == "DEPTHWISE_CONV_2D" else values
    np.testing.assert_array_equal(op.weight.values, wanted)
    assert op.weight.dtype is DType.INT8
