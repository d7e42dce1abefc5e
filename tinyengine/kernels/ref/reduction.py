"""Kernels of Mean and Softmax."""

import math
from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import DType, Mean, ReduceProd, Softmax, Sum
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.reduction import mean_scaling, softmax_exponentials
from tinyengine.reference.rows import output_view


def operands_are_int8(op: Mean | Softmax) -> bool:
    """Input and output must be int8."""
    return op.input.dtype is DType.INT8 and op.output.dtype is DType.INT8


def output_is_int16(op: Softmax) -> bool:
    """Input must be int8 and output int16."""
    return op.input.dtype is DType.INT8 and op.output.dtype is DType.INT16


def input_has_rank_4(op: Mean | Sum | ReduceProd) -> bool:
    """Input must have rank 4 at most."""
    return len(op.input.shape) <= 4


def mean_is_per_channel(op: Mean) -> bool:
    """Axes must be among rows and columns of one image, and the output must keep the channels."""
    missing = 4 - len(op.input.shape)
    shape = (1,) * missing + op.input.shape
    return missing >= 0 and shape[0] == 1 and {axis + missing for axis in op.axes} <= {0, 1, 2}


def mean_fits(op: Mean) -> bool:
    """Means must have 2^23 elements at most and a scale ratio input / output below 2^21."""
    try:
        mean_scaling(op)
    except ModelError:
        return False
    return True


def output_is_in_256ths(op: Softmax) -> bool:
    """Output scale must be 1/256 (within a thousandth) and its zero point -128."""
    close = math.isclose(op.output.scale, 1 / 256, rel_tol=0, abs_tol=0.001 / 256)
    return close and op.output.zero_point == -128


def softmax_fits(op: Softmax) -> bool:
    """Beta * input scale must be more than 2^-26."""
    try:
        softmax_exponentials(op)
    except ModelError:
        return False
    return True


def _mean_params(op: Mean) -> Struct:
    scaling = mean_scaling(op)
    return reduced_params(op, scaling.count, (scaling.multiplier, scaling.shift))


def reduced_params(op: Mean | Sum | ReduceProd, count: int, scaling: tuple[int, int]) -> Struct:
    """Give which of an input's elements become one, `count` of them, and how they are scaled."""
    missing = 4 - len(op.input.shape)
    shape = (1,) * missing + op.input.shape
    reduced = {axis + missing for axis in op.axes}
    kept = [1 if i in reduced else size for i, size in enumerate(shape)]
    window = [size if i in reduced else 1 for i, size in enumerate(shape)]
    return Struct(
        c_type="te_mean_params",
        members={
            "in_h": shape[1],
            "in_c": shape[3],
            "row_elements": output_view(op).row_bytes // op.output.dtype.nbytes,
            "out_h": kept[1],
            "out_w": kept[2],
            "out_c": kept[3],
            "window_n": window[0],
            "window_h": window[1],
            "window_w": window[2],
            "window_c": window[3],
            "zero_points": op.input.zero_point * count,
            "multiplier": scaling[0],
            "shift": scaling[1],
            "out_zero_point": op.output.zero_point,
        },
    )


def _softmax_params(op: Softmax) -> Struct:
    exponentials = softmax_exponentials(op)
    return Struct(
        c_type="te_softmax_params",
        members={
            "depth": op.input.shape[-1],
            "exponentials": exponentials,
            "differences": len(exponentials),
        },
    )


MEAN = Kernel(
    folder="ref",
    function="te_mean_s8",
    header="te_mean.h",
    isa=Isa.BASE,
    op=Mean,
    params=_mean_params,
    progress=Progress.ROW,
    constraints=(operands_are_int8, input_has_rank_4, mean_fits),
)

SOFTMAX = Kernel(
    folder="ref",
    function="te_softmax_s8",
    header="te_softmax.h",
    isa=Isa.BASE,
    op=Softmax,
    params=_softmax_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, output_is_in_256ths, softmax_fits),
)

WIDENING_SOFTMAX = replace(
    SOFTMAX, function="te_softmax_s8_s16", constraints=(output_is_int16, softmax_fits)
)

KERNELS: tuple[Kernel, ...] = (MEAN, SOFTMAX)
"""One kernel per operator."""
