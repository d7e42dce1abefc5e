"""Kernels of Sum, ReduceProd, AddN, Div, CumSum, L2Normalization and LogSoftmax."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import (
    AddN,
    CumSum,
    Div,
    DType,
    L2Normalization,
    LogSoftmax,
    Op,
    ReduceProd,
    Sum,
)
from tinyengine.kernels.ref.arithmetic import operands_broadcast, pair_members
from tinyengine.kernels.ref.reduction import MEAN, input_has_rank_4, reduced_params
from tinyengine.kernels.spec import Constraint, Kernel, Progress, Struct
from tinyengine.reference import numbers
from tinyengine.reference.rows import view_of


def all_are_int8(op: Op) -> bool:
    """All operands and the output must be int8."""
    return all(tensor.dtype is DType.INT8 for tensor in (*op.inputs, op.output))


def sum_fits(op: Sum) -> bool:
    """There must be 2^23 elements to a sum at most, and a scale ratio input / output below 2^21."""
    return _accepts(numbers.sum_scaling, op)


def product_fits(op: ReduceProd) -> bool:
    """No product may leave 32 bits."""
    return _accepts(numbers.prod_scaling, op)


def sum_of_operands_fits(op: AddN) -> bool:
    """There must be so few operands (14 at zero point -128) that no sum overflows."""
    first, count = op.operands[0], len(op.operands) + 1
    return _accepts(lambda op: numbers.fine_scaling(op, first, count), op)


def operands_are_equal(op: AddN) -> bool:
    """All operands must have the output's shape and equal quantization."""
    return all(
        tensor.shape == op.output.shape and tensor.quantized_like(op.operands[0])
        for tensor in op.operands
    )


def sums_fit(op: CumSum) -> bool:
    """There must be so short an axis (14 elements at zero point -128) that no sum overflows."""
    count = op.input.shape[op.axis] + 1
    return _accepts(lambda op: numbers.fine_scaling(op, op.input, count), op)


def quotients_are_defined(op: Div) -> bool:
    """Scale ratio lhs / (rhs * output) must be 64 at least, and less than 2^23."""
    return _accepts(numbers.div_scaling, op)


def squares_fit(op: L2Normalization) -> bool:
    """Vectors must have 33,025 elements at most."""
    return _accepts(numbers.require_short_vectors, op)


def exponentials_fit(op: LogSoftmax) -> bool:
    """Rows must have 4,095 elements at most, and the input scale must be more than 2^-26."""
    return _accepts(numbers.log_softmax_scaling, op)


def _accepts(derive: Callable[[Any], object], op: Op) -> bool:
    """Tell whether `derive` gives parameters for `op`."""
    try:
        derive(op)
    except ModelError:
        return False
    return True


def _sum_params(op: Sum) -> Struct:
    return reduced_params(op, numbers.reduced_count(op), numbers.sum_scaling(op))


def _prod_params(op: ReduceProd) -> Struct:
    factor, shift = numbers.prod_scaling(op)
    return Struct(
        c_type="te_reduce_prod_params",
        members={
            "reduced": reduced_params(op, 0, (0, 0)),
            "in_zero_point": op.input.zero_point,
            "factor": factor,
            "shift": shift,
            "out_zero_point": op.output.zero_point,
        },
    )


def _add_n_params(op: AddN) -> Struct:
    first, count = op.operands[0], len(op.operands)
    multiplier, shift = numbers.fine_scaling(op, first, count + 1)
    return Struct(
        c_type="te_add_n_params",
        members={
            "operands": count,
            "row_elements": view_of(op.output).row_bytes,
            "zero_points": first.zero_point * (count + 1),
            "multiplier": multiplier,
            "shift": shift,
            "out_zero_point": op.output.zero_point,
        },
    )


def _div_params(op: Div) -> Struct:
    multiplier, shift = numbers.div_scaling(op)
    return Struct(
        c_type="te_div_params",
        members={
            "pairs": pair_members(op.lhs, op.rhs, op.output),
            "lhs_zero_point": op.lhs.zero_point,
            "rhs_zero_point": op.rhs.zero_point,
            "out_multiplier": multiplier,
            "out_shift": shift,
            "out_zero_point": op.output.zero_point,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _cumsum_params(op: CumSum) -> Struct:
    row_bytes = view_of(op.input).row_bytes
    count, inner = op.input.shape[op.axis], math.prod(op.input.shape[op.axis + 1 :])
    is_across = inner >= row_bytes
    multiplier, shift = numbers.fine_scaling(op, op.input, count + 1)
    return Struct(
        c_type="te_cumsum_params",
        members={
            "row_elements": row_bytes,
            "count": count,
            "inner": inner,
            "row_step": inner // row_bytes if is_across else 0,
            "byte_step": 0 if is_across else inner,
            "is_exclusive": int(op.exclusive),
            "is_reverse": int(op.reverse),
            "in_zero_point": op.input.zero_point,
            "multiplier": multiplier,
            "shift": shift,
            "out_zero_point": op.output.zero_point,
        },
    )


def _l2_normalization_params(op: L2Normalization) -> Struct:
    members = {"depth": op.input.shape[-1], "in_zero_point": op.input.zero_point}
    return Struct(c_type="te_l2_normalization_params", members=members)


def _log_softmax_params(op: LogSoftmax) -> Struct:
    scaling = numbers.log_softmax_scaling(op)
    return Struct(
        c_type="te_log_softmax_params",
        members={
            "depth": op.input.shape[-1],
            "summands": scaling.summands,
            "differences": len(scaling.summands),
            "least": -scaling.radius - 1,
            "multiplier": scaling.scaling[0],
            "shift": scaling.scaling[1],
            "back_multiplier": scaling.reverse[0],
            "back_shift": scaling.reverse[1],
        },
    )


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
        constraints=(all_are_int8, *constraints),
    )


_IN_PLACE = Progress.ELEMENT

KERNELS: tuple[Kernel, ...] = (
    replace(
        MEAN, op=Sum, params=_sum_params, constraints=(all_are_int8, input_has_rank_4, sum_fits)
    ),
    _kernel("reduce_prod", ReduceProd, _prod_params, Progress.ROW, input_has_rank_4, product_fits),
    _kernel("add_n", AddN, _add_n_params, _IN_PLACE, operands_are_equal, sum_of_operands_fits),
    _kernel("div", Div, _div_params, _IN_PLACE, operands_broadcast, quotients_are_defined),
    _kernel("cumsum", CumSum, _cumsum_params, Progress.WHOLE, sums_fit),
    _kernel("l2_normalization", L2Normalization, _l2_normalization_params, _IN_PLACE, squares_fit),
    _kernel("log_softmax", LogSoftmax, _log_softmax_params, _IN_PLACE, exponentials_fit),
)
"""One kernel per operator; Sum is the mean's, with another factor."""
