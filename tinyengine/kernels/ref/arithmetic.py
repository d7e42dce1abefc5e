"""Kernels of the elementwise operators: sums, products, extremes, PReLU, Quantize."""

from collections.abc import Callable
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    Binary,
    DType,
    Maximum,
    Minimum,
    Mul,
    Op,
    PRelu,
    Quantize,
    SquaredDifference,
    Sub,
    Tensor,
)
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.arithmetic import (
    SumScaling,
    prelu_scaling,
    product_scaling,
    quantize_scaling,
    squared_difference_scaling,
    sum_scaling,
)
from tinyengine.reference.rows import view_of

Shape = tuple[int, int, int, int]


def operands_are_int8(op: Op) -> bool:
    """Operands and output must be int8."""
    return all(tensor.dtype is DType.INT8 for tensor in (*op.inputs, op.output))


def operands_are_8_bit(op: Op) -> bool:
    """Input and output must be int8 or uint8."""
    return all(tensor.dtype in (DType.INT8, DType.UINT8) for tensor in (*op.inputs, op.output))


def operands_broadcast(op: Op) -> bool:
    """Operands broadcast at rank 4 at most; beyond, they have the output's shape or one element."""
    return len(op.output.shape) <= 4 or all(
        tensor.shape == op.output.shape or tensor.elements == 1 for tensor in op.inputs
    )


def shapes_are_equal(op: Binary) -> bool:
    """Operands must have the output's shape."""
    return op.lhs.shape == op.rhs.shape == op.output.shape


def sum_fits(op: Add | Sub) -> bool:
    """Output scale must be more than 2^-19 times the larger operand scale."""
    return _accepts(sum_scaling, op)


def product_fits(op: Mul) -> bool:
    """Scale ratio lhs * rhs / output must be less than 2^15."""
    return _accepts(product_scaling, op)


def square_fits(op: SquaredDifference) -> bool:
    """Output scale must be such that the greatest square fits 32 bits."""
    return _accepts(squared_difference_scaling, op)


def prelu_fits(op: PRelu) -> bool:
    """Scale ratio input / output must be less than 2^23, and times the slope's, 2^15."""
    return _accepts(prelu_scaling, op)


def quantize_fits(op: Quantize) -> bool:
    """Scale ratio input / output must be less than 2^23."""
    return _accepts(quantize_scaling, op)


def _accepts(derive: Callable[[Any], object], op: Op) -> bool:
    """Tell whether `derive` gives parameters for `op`."""
    try:
        derive(op)
    except ModelError:
        return False
    return True


def pair_members(lhs: Tensor, rhs: Tensor, output: Tensor) -> tuple[int, ...]:
    """Give the members of C's te_pairs: which elements of the operands meet.

    Dimensions that both operands step through evenly become one: a row of two operands of equal
    shape is a single group.
    """
    n, h, w, c = _extend(output, output)
    left, right = _steps(lhs, output), _steps(rhs, output)
    if all(_is_even(steps[0], steps[1], h) for steps in (left, right)):
        n, h = 1, n * h
        left, right = _merge(left, 0), _merge(right, 0)
    if all(_is_even(steps[2], steps[3], c) for steps in (left, right)):
        w, c = 1, w * c
        left, right = _merge(left, 2), _merge(right, 2)
    return (h, w, c, *left, *right)


def _extend(tensor: Tensor, output: Tensor) -> Shape:
    """Give the shape at rank 4; an output of a higher rank is one row of elements."""
    if len(output.shape) > 4:
        return (1, 1, 1, tensor.elements)
    n, h, w, c = (1,) * (4 - len(tensor.shape)) + tensor.shape
    return (n, h, w, c)


def _steps(operand: Tensor, output: Tensor) -> Shape:
    """Give the steps from image to image and row to row in rows, and within a row in bytes."""
    n, h, w, c = _extend(operand, output)
    return (h if n > 1 else 0, int(h > 1), c if w > 1 else 0, int(c > 1))


def _is_even(outer: int, inner: int, size: int) -> bool:
    """Tell whether `size` inner steps lead as far as one outer step."""
    return size == 1 or outer == inner * size


def _merge(steps: Shape, at: int) -> Shape:
    """Give the steps with the even ones at `at` and `at + 1` replaced by one."""
    merged = list(steps)
    merged[at], merged[at + 1] = 0, steps[at + 1] or steps[at]
    return (merged[0], merged[1], merged[2], merged[3])


def _pairs(op: Binary) -> tuple[int, ...]:
    return pair_members(op.lhs, op.rhs, op.output)


def _scaled_pairs(op: Binary, scaling: SumScaling) -> dict[str, int | tuple[int, ...]]:
    """Give the members for operands at a common scale, and for the output from there."""
    return {
        "pairs": _pairs(op),
        "lhs_zero_point": op.lhs.zero_point,
        "lhs_multiplier": scaling.lhs[0],
        "lhs_shift": scaling.lhs[1],
        "rhs_zero_point": op.rhs.zero_point,
        "rhs_multiplier": scaling.rhs[0],
        "rhs_shift": scaling.rhs[1],
        "out_multiplier": scaling.output[0],
        "out_shift": scaling.output[1],
        "out_zero_point": op.output.zero_point,
    }


def _sum_params(op: Add | Sub) -> Struct:
    return Struct(
        c_type="te_add_params",
        members={
            **_scaled_pairs(op, sum_scaling(op)),
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _mul_params(op: Mul) -> Struct:
    multiplier, shift = product_scaling(op)
    return Struct(
        c_type="te_mul_params",
        members={
            "pairs": _pairs(op),
            "lhs_zero_point": op.lhs.zero_point,
            "rhs_zero_point": op.rhs.zero_point,
            "out_multiplier": multiplier,
            "out_shift": shift,
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _squared_difference_params(op: SquaredDifference) -> Struct:
    members = _scaled_pairs(op, squared_difference_scaling(op))
    return Struct(c_type="te_squared_difference_params", members=members)


def _minimum_params(op: Minimum) -> Struct:
    return Struct(c_type="te_minimum_params", members={"pairs": _pairs(op)})


def _maximum_params(op: Maximum) -> Struct:
    return Struct(c_type="te_maximum_params", members={"pairs": _pairs(op)})


def _prelu_params(op: PRelu) -> Struct:
    scaling = prelu_scaling(op)
    view = view_of(op.alpha)
    return Struct(
        c_type="te_prelu_params",
        members={
            "pairs": pair_members(op.input, op.alpha, op.output),
            "alpha": op.alpha.values,
            "alpha_rows": view.rows,
            "alpha_row_bytes": view.row_bytes,
            "alpha_zero_point": op.alpha.zero_point,
            "in_zero_point": op.input.zero_point,
            "positive_multiplier": scaling.positive[0],
            "positive_shift": scaling.positive[1],
            "negative_multiplier": scaling.negative[0],
            "negative_shift": scaling.negative[1],
            "out_zero_point": op.output.zero_point,
        },
    )


def _quantize_params(op: Quantize) -> Struct:
    multiplier, shift = quantize_scaling(op)
    in_flip, out_flip = _flip(op.input), _flip(op.output)
    return Struct(
        c_type="te_quantize_params",
        members={
            "row_elements": view_of(op.output).row_bytes // op.output.dtype.nbytes,
            "in_flip": in_flip,
            "in_zero_point": op.input.zero_point - in_flip,
            "multiplier": multiplier,
            "shift": shift,
            "out_zero_point": op.output.zero_point - out_flip,
            "out_flip": out_flip,
        },
    )


def _flip(tensor: Tensor) -> int:
    """Give the bits that turn a byte of `tensor` into the int8 value that is 128 less."""
    return 128 if tensor.dtype is DType.UINT8 else 0


def _binary(
    name: str, op: type[Op], params: Callable[[Any], Struct], *constraints: Constraint
) -> Kernel:
    return Kernel(
        folder="ref",
        function=f"te_{name}_s8",
        header=f"te_{name}.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=Progress.ELEMENT,
        constraints=(operands_are_int8, operands_broadcast, *constraints),
    )


MUL = _binary("mul", Mul, _mul_params, product_fits)
SQUARED_DIFFERENCE = _binary(
    "squared_difference", SquaredDifference, _squared_difference_params, square_fits
)

KERNELS: tuple[Kernel, ...] = (
    _binary("add", Add, _sum_params, sum_fits),
    _binary("sub", Sub, _sum_params, sum_fits),
    MUL,
    SQUARED_DIFFERENCE,
    _binary("minimum", Minimum, _minimum_params),
    _binary("maximum", Maximum, _maximum_params),
    _binary("prelu", PRelu, _prelu_params, prelu_fits),
    Kernel(
        folder="ref",
        function="te_quantize_s8",
        header="te_quantize.h",
        isa=Isa.BASE,
        op=Quantize,
        params=_quantize_params,
        progress=Progress.ELEMENT,
        constraints=(operands_are_8_bit, quantize_fits),
    ),
)
"""One kernel per operator. Operands may share the output's place where they have its shape."""
