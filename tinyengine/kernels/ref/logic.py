"""Kernels of comparisons, choices, casts, plain integers and indices."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import (
    Cast,
    Compare,
    DType,
    Gather,
    NumberBinary,
    NumberFunction,
    Op,
    Relation,
    Select,
    Tensor,
)
from tinyengine.ir.logic_checks import DIVISIONS
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference.logic import compared_scaling, compares_reals
from tinyengine.reference.rows import view_of

_HOLDS = {
    Relation.LESS: 0b001,
    Relation.EQUAL: 0b010,
    Relation.NOT_EQUAL: 0b101,
    Relation.LESS_EQUAL: 0b011,
}
"""For which of less, equal and greater, from the lowest bit on, a relation holds."""

_FUNCTIONS = {
    NumberFunction.ADD: 0,
    NumberFunction.SUB: 1,
    NumberFunction.MUL: 2,
    NumberFunction.MINIMUM: 3,
    NumberFunction.MAXIMUM: 4,
    NumberFunction.DIV: 5,
    NumberFunction.FLOOR_DIV: 6,
    NumberFunction.FLOOR_MOD: 7,
}
"""TE_NUMBER_..."""

_CAST_TYPES = {
    DType.BOOL: 0,
    DType.INT8: 1,
    DType.INT16: 2,
    DType.UINT8: 3,
    DType.INT32: 4,
    DType.UINT32: 5,
    DType.INT64: 8,
}
"""TE_CAST_..."""

_REALS = {DType.INT8: 0, DType.INT16: 3}
"""Types that stand for real numbers: TE_COMPARE_SCALED of te_compare.h, and that of int16."""

Steps = tuple[int, int, int, int]
"""From image to image and from row to row, in rows; from group to group and element, in bytes."""


# -- which elements meet ----------------------------------------------------------------------


def meeting(output: Tensor, operands: Sequence[Tensor]) -> tuple[tuple[int, int, int], list[Steps]]:
    """Give image rows, groups and elements of the output, and the steps of every operand.

    Dimensions that all operands step through evenly become one: a row of operands of the output's
    shape is a single group.
    """
    n, h, w, c = _extended(output, output)
    steps = [_steps(operand, output) for operand in operands]
    if all(_is_even(each[0], each[1], h) for each in steps):
        n, h = 1, n * h
        steps = [(0, each[1] or each[0], each[2], each[3]) for each in steps]
    if all(_is_even(each[2], each[3], c) for each in steps):
        w, c = 1, w * c
        steps = [(each[0], each[1], 0, each[3] or each[2]) for each in steps]
    sizes = [operand.dtype.nbytes for operand in operands]
    scaled = [
        (image, row, group * nbytes, element * nbytes)
        for (image, row, group, element), nbytes in zip(steps, sizes, strict=True)
    ]
    return (h, w, c), scaled


def _extended(tensor: Tensor, output: Tensor) -> Steps:
    """Give the shape at rank 4; an output of a higher rank is one row of elements."""
    if len(output.shape) > 4:
        return (1, 1, 1, tensor.elements)
    n, h, w, c = (1,) * (4 - len(tensor.shape)) + tensor.shape
    return (n, h, w, c)


def _steps(operand: Tensor, output: Tensor) -> Steps:
    """Give the steps, within a row in elements."""
    n, h, w, c = _extended(operand, output)
    return (h if n > 1 else 0, int(h > 1), c if w > 1 else 0, int(c > 1))


def _is_even(outer: int, inner: int, size: int) -> bool:
    """Tell whether `size` inner steps lead as far as one outer step."""
    return size == 1 or outer == inner * size


def _pairs(op: Compare | NumberBinary) -> tuple[int, ...]:
    sizes, (left, right) = meeting(op.output, (op.lhs, op.rhs))
    return (*sizes, *left, *right)


# -- parameters -------------------------------------------------------------------------------


def _compare_params(op: Compare) -> Struct:
    is_scaled = compares_reals(op) and not _compares_elements(op)
    members: dict[str, int | tuple[int, ...]] = {"pairs": _pairs(op)}
    for side, tensor in (("lhs", op.lhs), ("rhs", op.rhs)):
        scaling = compared_scaling(tensor) if is_scaled else None
        members |= {
            f"{side}_zero_point": scaling.zero_point if scaling else 0,
            f"{side}_multiplier": scaling.multiplier if scaling else 0,
            f"{side}_shift": scaling.shift if scaling else 0,
        }
    members["elements"] = _REALS[op.lhs.dtype] if is_scaled else op.lhs.dtype.nbytes
    members["holds"] = _HOLDS[op.relation]
    return Struct(c_type="te_compare_params", members=members)


def _compares_elements(op: Compare) -> bool:
    """Tell whether elements may be compared as they are: quantized alike, and no two of them equal.

    Of scales below 2^-8 several elements become the same number before they are compared.
    """
    return op.lhs.quantized_like(op.rhs) and op.lhs.scale >= 2.0**-8


def _number_params(op: NumberBinary) -> Struct:
    return Struct(
        c_type="te_number_binary_params",
        members={
            "pairs": _pairs(op),
            "function": _FUNCTIONS[op.function],
            "nbytes": op.output.dtype.nbytes,
        },
    )


def _select_params(op: Select) -> Struct:
    sizes, steps = meeting(op.output, (op.condition, op.lhs, op.rhs))
    return Struct(
        c_type="te_select_params",
        members={
            "image_rows": sizes[0],
            "groups": sizes[1],
            "elements": sizes[2],
            "nbytes": op.output.dtype.nbytes,
            "condition": steps[0],
            "lhs": steps[1],
            "rhs": steps[2],
        },
    )


def _cast_params(op: Cast) -> Struct:
    return Struct(
        c_type="te_cast_params",
        members={
            "row_elements": view_of(op.output).row_bytes // op.output.dtype.nbytes,
            "from": _CAST_TYPES[op.input.dtype],
            "to": _CAST_TYPES[op.output.dtype],
        },
    )


def _gather_params(op: Gather) -> Struct:
    shape, nbytes = op.input.shape, op.input.dtype.nbytes
    return Struct(
        c_type="te_gather_indices_params",
        members={
            "count": shape[op.axis],
            "inner": math.prod(shape[op.axis + 1 :]) * nbytes,
            "indices": op.indices.elements,
            "in_row_bytes": view_of(op.input).row_bytes,
            "out_row_bytes": view_of(op.output).row_bytes,
            "index_row": view_of(op.indices).row_bytes // op.indices.dtype.nbytes,
            "is_64_bit": int(op.indices.dtype is DType.INT64),
        },
    )


# -- constraints ------------------------------------------------------------------------------


def operands_are_compared(op: Compare) -> bool:
    """Operands must be of one type: bool, int8, int16, int32 or int64; the output is bool."""
    kinds = (DType.BOOL, DType.INT8, DType.INT16, DType.INT32, DType.INT64)
    return op.lhs.dtype is op.rhs.dtype and op.lhs.dtype in kinds


def scales_are_below_one(op: Compare) -> bool:
    """Scales of int8 and int16 operands must be below 1."""
    try:
        return not compares_reals(op) or all(map(compared_scaling, (op.lhs, op.rhs)))
    except ModelError:
        return False


def operands_are_numbers(op: NumberBinary) -> bool:
    """Operands and output must be int32; int64 if not divided; bool for minimum and maximum."""
    kinds = {DType.INT32} if op.function in DIVISIONS else {DType.INT32, DType.INT64}
    if op.function in (NumberFunction.MINIMUM, NumberFunction.MAXIMUM):
        kinds.add(DType.BOOL)
    return {op.lhs.dtype, op.rhs.dtype} == {op.output.dtype} <= kinds


def chosen_are_whole_bytes(op: Select) -> bool:
    """Condition must be bool; operands and output of one type: bool, int8, int16, int32, int64."""
    dtype = op.output.dtype
    is_one = op.lhs.dtype is dtype and op.rhs.dtype is dtype and dtype.bits >= 8
    return is_one and op.condition.dtype is DType.BOOL


def operands_broadcast(op: Op) -> bool:
    """Operands broadcast at rank 4 at most; beyond, they have the output's shape or one element."""
    return len(op.output.shape) <= 4 or all(
        tensor.shape == op.output.shape or tensor.elements == 1 for tensor in op.activations
    )


def elements_are_integers(op: Cast) -> bool:
    """Input and output must be bool, int8, uint8, int16, int32, uint32 or int64."""
    return op.input.dtype in _CAST_TYPES and op.output.dtype in _CAST_TYPES


def indices_are_wide(op: Gather) -> bool:
    """Input must be bool, int8, int16, int32 or int64, and its indices int32 or int64."""
    is_whole = op.input.dtype is op.output.dtype and op.input.dtype.bits >= 8
    return is_whole and op.indices.dtype in (DType.INT32, DType.INT64)


def _kernel(
    name: str,
    op: type[Op],
    params: Callable[[Any], Struct],
    progress: Progress,
    *constraints: Constraint,
) -> Kernel:
    return Kernel(
        folder="ref",
        function=f"te_{name}_s8",
        header=f"te_{name}.h",
        isa=Isa.BASE,
        op=op,
        params=params,
        progress=progress,
        constraints=constraints,
    )


_ELEMENT = Progress.ELEMENT

KERNELS: tuple[Kernel, ...] = (
    _kernel("compare", Compare, _compare_params, _ELEMENT, operands_are_compared,
            scales_are_below_one, operands_broadcast),
    _kernel("number_binary", NumberBinary, _number_params, _ELEMENT, operands_are_numbers,
            operands_broadcast),
    _kernel("select", Select, _select_params, _ELEMENT, chosen_are_whole_bytes, operands_broadcast),
    _kernel("cast", Cast, _cast_params, Progress.ROW, elements_are_integers),
    _kernel("gather_indices", Gather, _gather_params, Progress.WHOLE, indices_are_wide),
)  # fmt: skip
"""One kernel per operator, for all types."""
