"""Elementwise operators: interpreter, numpy reference and C kernels agree bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.properties.agreement import (
    check_agreement,
    constant,
    import_op,
    ratios,
    scales,
    seeds,
    values_of,
    zero_points,
)
from tinyengine.ir import Array
from tinyengine.kernels.base.broadcast import KERNELS as BROADCAST
from tinyengine.kernels.ref.arithmetic import KERNELS
from tinyengine.kernels.spec import Kernel
from tinyengine.reference import arithmetic

REFERENCES = {
    "ADD": arithmetic.add,
    "SUB": arithmetic.sub,
    "MUL": arithmetic.mul,
    "MINIMUM": arithmetic.minimum,
    "MAXIMUM": arithmetic.maximum,
    "SQUARED_DIFFERENCE": arithmetic.squared_difference,
}
ACTIVATIONS = ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"]

Shapes = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def natural_scale(opcode: str, lhs: float, rhs: float) -> float:
    """Give the scale in which results are about as many steps as operands are."""
    if opcode == "SQUARED_DIFFERENCE":
        return max(lhs, rhs) ** 2
    return lhs * rhs if opcode == "MUL" else max(lhs, rhs)


def float32(value: float) -> float:
    return float(np.float32(value))


@st.composite
def broadcast_shapes(draw: st.DrawFn, images: int = 3) -> Shapes:
    """Give shapes of lhs, rhs and output: either operand may be broadcast, or shorter."""
    rank = draw(st.integers(1, 4))
    most = [images, 5, 5, 9][4 - rank :]
    output = [draw(st.integers(1, size)) for size in most]
    operands = []
    for _ in range(2):
        kept = draw(st.lists(st.booleans(), min_size=rank, max_size=rank) | st.just([True] * rank))
        shape = [size if keep else 1 for size, keep in zip(output, kept, strict=True)]
        dropped = draw(st.integers(0, rank - 1)) if draw(st.booleans()) else 0
        operands.append(tuple(shape[dropped:]))
    return operands[0], operands[1], np.broadcast_shapes(*operands)


@st.composite
def binary_models(draw: st.DrawFn, opcode: str) -> bytes:
    """Give a model of one binary operator; one operand may be a constant."""
    lhs_shape, rhs_shape, out_shape = draw(broadcast_shapes())
    lhs = Spec(shape=lhs_shape, scale=draw(scales), zero_point=draw(zero_points))
    rhs = Spec(shape=rhs_shape, scale=draw(scales), zero_point=draw(zero_points))
    natural = natural_scale(opcode, lhs.scale, rhs.scale)
    result = Spec(
        shape=out_shape, scale=float32(natural / draw(ratios)), zero_point=draw(zero_points)
    )
    operands: list[Spec] = [lhs, rhs]
    # Six over a smaller scale does not fit the interpreter's integers.
    activations = ACTIVATIONS if result.scale > 2.0**-28 else ["NONE"]
    options: dict[str, Any] = {"fused_activation_function": draw(st.sampled_from(activations))}
    if opcode == "SQUARED_DIFFERENCE":
        options = {}
    if opcode in ("MINIMUM", "MAXIMUM"):
        options = {}
        operands = [
            Spec(shape=spec.shape, scale=result.scale, zero_point=result.zero_point)
            for spec in operands
        ]
    chosen = draw(st.sampled_from([None, 0, 1]))
    if chosen is not None:
        operands[chosen] = constant(operands[chosen], draw(seeds))
    return one_op_model(opcode, operands, result, **options)


def accepting(model: bytes) -> list[Kernel]:
    """Give the portable kernel, and those under broadcasting that accept the model's operator."""
    op, _ = import_op(model)
    others = [each for each in BROADCAST if each.op is type(op) and not each.declines(op)]
    return [*KERNELS, *others]


@pytest.mark.parametrize("opcode", REFERENCES)
@given(data=st.data(), seed=seeds)
def test_binary_operators_agree(opcode: str, data: st.DataObject, seed: int) -> None:
    model = data.draw(binary_models(opcode))
    check_agreement(accepting(model), REFERENCES[opcode], model, seed)


@pytest.mark.parametrize("opcode", ["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"])
@given(
    lhs=st.tuples(scales, zero_points),
    rhs=st.tuples(scales, zero_points),
    ratio=ratios,
    zero_point=zero_points,
)
def test_all_pairs_of_values_agree(
    opcode: str,
    lhs: tuple[float, int],
    rhs: tuple[float, int],
    ratio: float,
    zero_point: int,
) -> None:
    natural = natural_scale(opcode, lhs[0], rhs[0])
    model = one_op_model(
        opcode,
        [
            Spec(shape=(256, 1), scale=lhs[0], zero_point=lhs[1]),
            Spec(shape=(1, 256), scale=rhs[0], zero_point=rhs[1]),
        ],
        Spec(shape=(256, 256), scale=float32(natural / ratio), zero_point=zero_point),
    )
    every = np.arange(-128, 128, dtype=np.int8)
    given_bytes: list[Array] = [every[:, None], every[None, :]]
    check_agreement(accepting(model), REFERENCES[opcode], model, 0, given_bytes)


@pytest.mark.parametrize("opcode", REFERENCES)
def test_operators_of_five_dimensions_agree(opcode: str) -> None:
    shape = (2, 1, 3, 2, 2)
    lhs = Spec(shape=shape, scale=0.5, zero_point=3)
    for rhs_shape in (shape, (1,), (1, 1, 1, 1, 1)):
        rhs = Spec(shape=rhs_shape, scale=0.5, zero_point=3)
        model = one_op_model(opcode, [lhs, rhs], Spec(shape=shape, scale=0.5, zero_point=3))
        check_agreement(KERNELS, REFERENCES[opcode], model, 1)


def test_tensor_added_to_itself_agrees() -> None:
    writer = ModelWriter()
    x = writer.tensor((1, 3, 4, 5), scale=0.1, zero_point=-7)
    y = writer.tensor((1, 3, 4, 5), scale=0.15, zero_point=9)
    writer.op("ADD", [x, x], [y])
    check_agreement(KERNELS, arithmetic.add, writer.finish([x], [y]), 5)


def test_largest_product_shift_agrees() -> None:
    lhs = Spec(shape=(256, 1), scale=1.0, zero_point=-128)
    rhs = Spec(shape=(1, 256), scale=1.0, zero_point=-128)
    result = Spec(shape=(256, 256), scale=float32(1.001 / 2**15), zero_point=127)
    every = np.arange(-128, 128, dtype=np.int8)
    inputs: list[Array] = [every[:, None], every[None, :]]
    check_agreement(KERNELS, arithmetic.mul, one_op_model("MUL", [lhs, rhs], result), 0, inputs)


@st.composite
def prelu_models(draw: st.DrawFn) -> bytes:
    """Give a PRELU whose slopes are broadcast in any way, mostly per channel."""
    _, alpha_shape, shape = draw(broadcast_shapes())
    alpha_shape = draw(
        st.sampled_from([alpha_shape, shape[-1:], (1, 1, *shape[-1:])[-len(shape) :]])
    )
    alpha = Spec(shape=alpha_shape, scale=draw(scales), zero_point=draw(zero_points))
    source = Spec(shape=shape, scale=draw(scales), zero_point=draw(zero_points))
    natural = source.scale * max(1.0, alpha.scale)
    result = Spec(shape=shape, scale=float32(natural / draw(ratios)), zero_point=draw(zero_points))
    return one_op_model("PRELU", [source, constant(alpha, draw(seeds))], result)


@given(model=prelu_models(), seed=seeds)
def test_prelu_agrees(model: bytes, seed: int) -> None:
    check_agreement(KERNELS, arithmetic.prelu, model, seed)


@pytest.mark.parametrize("dtypes", ["int8 int8", "uint8 int8", "int8 uint8"])
@given(scale=scales, ratio=ratios, source_zero=zero_points, result_zero=zero_points, seed=seeds)
def test_quantize_agrees(
    dtypes: str, scale: float, ratio: float, source_zero: int, result_zero: int, seed: int
) -> None:
    source, result = dtypes.split()
    shape = (1, 16, 4, 4)
    model = one_op_model(
        "QUANTIZE",
        [_edge(shape, source, scale, source_zero)],
        _edge(shape, result, float32(scale / ratio), result_zero),
    )
    every = np.arange(256).astype(source).reshape(shape)
    check_agreement(KERNELS, arithmetic.quantize, model, seed, [every])


@pytest.mark.parametrize("difference", [-128, 0, 1, 128])
def test_quantize_between_equal_scales_agrees(difference: int) -> None:
    source = Spec(shape=(4, 64), dtype="uint8", scale=0.25, zero_point=128)
    result = Spec(shape=(4, 64), scale=0.25, zero_point=max(-128, 128 - abs(difference) - 1))
    model = one_op_model("QUANTIZE", [source], result)
    check_agreement(KERNELS, arithmetic.quantize, model, 0, [values_of((4, 64), "uint8", 3)])


def _edge(shape: tuple[int, ...], dtype: str, scale: float, zero_point: int) -> Spec:
    shift = 128 if dtype == "uint8" else 0
    return Spec(shape=shape, dtype=dtype, scale=scale, zero_point=zero_point + shift)


@pytest.mark.parametrize("opcode", ["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"])
@pytest.mark.parametrize("narrow", [(1, 5, 1), (7,), (1, 1, 1), (2, 1, 7)])
@pytest.mark.parametrize("is_left", [False, True])
def test_faster_kernels_take_operands_that_are_broadcast(
    opcode: str, narrow: tuple[int, ...], is_left: bool
) -> None:
    wide = Spec(shape=(2, 5, 7), scale=0.0471, zero_point=-4)
    operands = [wide, Spec(shape=narrow, scale=0.0213, zero_point=9)]
    scale = {"MUL": 0.02, "SQUARED_DIFFERENCE": 0.1}.get(opcode, 0.0613)
    result = Spec(shape=wide.shape, scale=scale, zero_point=-10)
    model = one_op_model(opcode, operands[::-1] if is_left else operands, result)
    kernels = accepting(model)
    assert len(kernels) == len(KERNELS) + 1
    check_agreement(kernels, REFERENCES[opcode], model, 4)
