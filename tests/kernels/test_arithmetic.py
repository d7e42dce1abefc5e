"""What the elementwise and reduction kernels decline, and which elements of operands meet."""

from dataclasses import replace

import numpy as np
import pytest

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    DType,
    Mean,
    Mul,
    Op,
    PRelu,
    Quantization,
    Quantize,
    Softmax,
    Source,
    Sub,
    Tensor,
)
from tinyengine.kernels.ref import arithmetic, reduction
from tinyengine.reference.arithmetic import (
    prelu_scaling,
    product_scaling,
    quantize_scaling,
    sum_scaling,
)
from tinyengine.reference.reduction import mean_scaling, softmax_exponentials
from tinyengine.reference.rows import rows_read

SOURCE = Source(index=3, opcode="OP", name="y")
KERNELS = {kernel.op: kernel for kernel in (*arithmetic.KERNELS, *reduction.KERNELS)}


def tensor(
    *shape: int, scale: float = 0.5, zero_point: int = 0, dtype: DType = DType.INT8
) -> Tensor:
    quant = Quantization(scale=(scale,), zero_point=(zero_point,))
    return Tensor(name="t", shape=shape, dtype=dtype, quant=quant)


def binary(op: type[Add | Sub | Mul], lhs: Tensor, rhs: Tensor, output: Tensor) -> Add | Sub | Mul:
    return op(source=SOURCE, output=output, lhs=lhs, rhs=rhs, act_min=-128, act_max=127)


def prelu(x: Tensor, alpha: Tensor, output: Tensor) -> PRelu:
    constant = replace(alpha, data=np.ones(alpha.shape, np.int8))
    return PRelu(source=SOURCE, output=output, input=x, alpha=constant)


def declined(op: Op) -> str:
    return "; ".join(KERNELS[type(op)].declines(op))


def test_equal_shapes_are_one_group_per_row() -> None:
    x = tensor(1, 4, 3, 5)
    # 4 rows of 1 group of 15 elements; both operands: next row, next element.
    assert arithmetic.pair_members(x, x, x) == (4, 1, 15, 0, 1, 0, 1, 0, 1, 0, 1)


def test_operand_per_channel_is_read_anew_for_every_pixel() -> None:
    x, bias = tensor(1, 4, 3, 5), tensor(5)
    # Left: groups are 5 bytes apart. Right: always row 0, always the same group.
    assert arithmetic.pair_members(x, bias, x) == (4, 3, 5, 0, 1, 5, 1, 0, 0, 0, 1)


def test_scalar_operand_stands_still() -> None:
    x, scalar = tensor(1, 4, 3, 5), tensor(1)
    assert arithmetic.pair_members(scalar, x, x) == (4, 1, 15, 0, 0, 0, 0, 0, 1, 0, 1)


def test_operand_per_image_advances_a_row_per_image() -> None:
    x, other = tensor(2, 3, 4, 5), tensor(2, 1, 4, 5)
    assert arithmetic.pair_members(x, other, x) == (3, 1, 20, 3, 1, 0, 1, 1, 0, 0, 1)


def test_one_channel_per_pixel_merges_into_one_group() -> None:
    x, other = tensor(1, 2, 6, 1), tensor(1, 2, 1, 1)
    assert arithmetic.pair_members(x, other, x) == (2, 1, 6, 0, 1, 0, 1, 0, 1, 0, 0)


def test_operand_broadcast_over_images_is_read_whole() -> None:
    x, other = tensor(2, 3, 4, 5), tensor(1, 3, 4, 5)
    op = binary(Add, x, other, tensor(2, 3, 4, 5))
    assert rows_read(op, x, 4) == range(4, 5)
    assert rows_read(op, other, 4) == range(3)


@pytest.mark.parametrize("kind", [Add, Sub])
def test_sum_with_tiny_output_scale_is_refused(kind: type[Add | Sub]) -> None:
    x = tensor(1, 2, 2, 1, scale=1.0)
    accepted = binary(kind, x, x, tensor(1, 2, 2, 1, scale=1.01 * 2.0**-19))
    refused = binary(kind, x, x, tensor(1, 2, 2, 1, scale=2.0**-19))
    assert declined(accepted) == ""
    assert declined(refused) == (
        "Output scale must be more than 2^-19 times the larger operand scale."
    )
    with pytest.raises(ModelError) as error:
        sum_scaling(refused)
    assert str(error.value) == (
        "error: op 3 OP 'y': output scale 1.90735e-06 is too small for operand scales 1 and 1"
    )


def test_product_that_overflows_is_refused() -> None:
    x = tensor(1, 2, 2, 1, scale=1.0)
    accepted = binary(Mul, x, x, tensor(1, 2, 2, 1, scale=1.01 * 2.0**-15))
    refused = binary(Mul, x, x, tensor(1, 2, 2, 1, scale=2.0**-15))
    assert declined(accepted) == ""
    assert declined(refused) == "Scale ratio lhs * rhs / output must be less than 2^15."
    with pytest.raises(ModelError) as error:
        product_scaling(refused)
    assert str(error.value) == (
        "error: op 3 OP 'y': output scale 3.05176e-05 is too small: the scale ratio is 32768"
    )


def test_product_of_infinite_scale_is_refused() -> None:
    x = tensor(1, 2, 2, 1, scale=1e30)
    assert declined(binary(Mul, x, x, tensor(1, 2, 2, 1))) != ""


def test_prelu_that_overflows_is_refused() -> None:
    x, alpha = tensor(1, 2, 2, 4, scale=1.0), tensor(4, scale=256.0)
    assert declined(prelu(x, alpha, tensor(1, 2, 2, 4, scale=1.01 * 2.0**-7))) == ""
    refused = prelu(x, alpha, tensor(1, 2, 2, 4, scale=2.0**-7))
    assert declined(refused) == (
        "Scale ratio input / output must be less than 2^23, and times the slope's, 2^15."
    )
    with pytest.raises(ModelError):
        prelu_scaling(refused)


def test_quantize_that_overflows_is_refused() -> None:
    x = tensor(1, 4, scale=1.0)
    fits = Quantize(source=SOURCE, output=tensor(1, 4, scale=1.01 * 2.0**-23), input=x)
    refused = Quantize(source=SOURCE, output=tensor(1, 4, scale=2.0**-23), input=x)
    assert declined(fits) == ""
    assert declined(refused) == "Scale ratio input / output must be less than 2^23."
    with pytest.raises(ModelError):
        quantize_scaling(refused)


def test_other_types_are_declined() -> None:
    x, wide = tensor(1, 4), tensor(1, 4, dtype=DType.INT16)
    assert declined(binary(Add, x, wide, x)) == "Operands and output must be int8."
    assert declined(Quantize(source=SOURCE, output=x, input=wide)) == (
        "Input and output must be int8 or uint8."
    )
    assert declined(Mean(source=SOURCE, output=tensor(4), input=wide, axes=(0,))) == (
        "Input and output must be int8."
    )


def test_broadcast_in_five_dimensions_is_declined() -> None:
    x, part = tensor(1, 2, 3, 4, 5), tensor(1, 1, 1, 1, 5)
    assert declined(binary(Add, x, part, x)) == (
        "Operands broadcast at rank 4 at most; beyond, they have the output's shape or one element."
    )
    assert declined(binary(Add, x, tensor(1), x)) == ""
    op = Mean(source=SOURCE, output=tensor(1, 2, 3, 4), input=x, axes=(4,))
    assert declined(op) == "Input must have rank 4 at most."


def test_mean_of_too_many_elements_is_refused() -> None:
    def over(count: int, scale: float) -> Mean:
        x = tensor(1, count, scale=scale)
        return Mean(source=SOURCE, output=tensor(1), input=x, axes=(1,))

    assert declined(over(2**23, 0.5)) == ""
    assert declined(over(2**24, 0.5)) == (
        "Means must have 2^23 elements at most and a scale ratio input / output below 2^21."
    )
    with pytest.raises(ModelError) as error:
        mean_scaling(over(1, 2.0**22))
    assert str(error.value) == (
        "error: op 3 OP 'y': the sum of 1 elements overflows 32 bits with input scale "
        "4.1943e+06 and output scale 0.5"
    )


def test_softmax_is_declined_where_its_fixed_point_does_not_reach() -> None:
    def over(depth: int, scale: float, unit: float = 1 / 256, zero_point: int = -128) -> Softmax:
        y = tensor(1, depth, scale=unit, zero_point=zero_point)
        return Softmax(source=SOURCE, output=y, input=tensor(1, depth, scale=scale), beta=1.0)

    assert declined(over(4095, 2.0**-25)) == ""
    range_message = "Beta * input scale must be more than 2^-26."
    assert declined(over(1 << 20, 0.1)) == ""
    assert declined(over(10, 2.0**-26)) == range_message
    unit_message = "Output scale must be 1/256 (within a thousandth) and its zero point -128."
    assert declined(over(10, 0.1, unit=1 / 255)) == unit_message
    assert declined(over(10, 0.1, zero_point=0)) == unit_message
    with pytest.raises(ModelError) as error:
        softmax_exponentials(over(10, 2.0**-26))
    assert str(error.value) == "error: op 3 OP 'y': input scale 1.49012e-08 is too small"
