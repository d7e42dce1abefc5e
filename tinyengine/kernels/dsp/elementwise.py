"""Kernels of elementwise and pooling operators for the DSP extension."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Add, AveragePool2D, Lookup, MaxPool2D, Mean, Mul, Rounding, Sub
from tinyengine.kernels.exact.scaled_fit import (
    ScaledProduct,
    fit_pair_product,
    fit_product,
    fit_sum,
)
from tinyengine.kernels.ref.arithmetic import operands_are_int8, shapes_are_equal
from tinyengine.kernels.ref.lookup import LOOKUP
from tinyengine.kernels.ref.pooling import AVERAGE_POOL2D, MAX_POOL2D
from tinyengine.kernels.ref.reduction import mean_is_per_channel
from tinyengine.kernels.ref.reduction import operands_are_int8 as mean_operands_are_int8
from tinyengine.kernels.spec import Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.reduction import mean_scaling
from tinyengine.reference.rows import output_view, view_of

_WORD = 2**31


def sum_is_scaled(op: Add | Sub) -> bool:
    """Scale ratios must be below 4, and such that one rounding gives every output."""
    return not operands_are_int8(op) or fit_sum(op) is not None


def _clamps(op: Add | Sub | Mul) -> dict[str, int]:
    return {
        "clamps": int((op.act_min, op.act_max) != op.output.dtype.limits),
        "act_min": op.act_min,
        "act_max": op.act_max,
    }


def _add_params(op: Add | Sub) -> Struct:
    fit = fit_sum(op)
    assert fit is not None, "the constraints have accepted the operator"
    return Struct(
        c_type="te_add_dsp_params",
        members={
            "row_bytes": view_of(op.output).row_bytes,
            "lhs_factor": fit.lhs_factor,
            "rhs_factor": fit.rhs_factor,
            "offset": fit.offset,
            "doublings": fit.doublings,
            **_clamps(op),
        },
    )


def _add_cost(op: Add | Sub) -> int:
    fit = fit_sum(op)
    doublings = fit.doublings if fit else 3
    per_quad = (23 if doublings == 1 else 24) + (7 if _clamps(op)["clamps"] else 0)
    return op.output.elements * per_quad // 4 + 60 * view_of(op.output).rows + 100


def product_is_folded(op: Mul) -> bool:
    """Scale ratio lhs * rhs / output must be below 1/2, and not below 2^-23."""
    return not operands_are_int8(op) or fit_pair_product(op) is not None


def _mul_params(op: Mul) -> Struct:
    fit = fit_pair_product(op)
    assert fit is not None, "the constraints have accepted the operator"
    return Struct(
        c_type="te_mul_dsp_params",
        members={
            "row_bytes": view_of(op.output).row_bytes,
            "lhs_zero_point": op.lhs.zero_point,
            "rhs_zero_point": op.rhs.zero_point,
            "multiplier": fit.multiplier,
            "offset": fit.offset,
            "shift": fit.shift,
            **_clamps(op),
        },
    )


def _mul_cost(op: Mul) -> int:
    per_quad = 37 + (7 if _clamps(op)["clamps"] else 0)
    return op.output.elements * per_quad // 4 + 60 * view_of(op.output).rows + 100


def one_operand_is_a_vector(op: Mul) -> bool:
    """One operand must have the output's shape [1, H, W, C], the other C elements along C."""
    image = op.rhs if _rhs_is_image(op) else op.lhs
    vector = op.lhs if _rhs_is_image(op) else op.rhs
    channels = op.output.shape[-1]
    is_image = len(image.shape) <= 4 and image.shape == op.output.shape
    return is_image and vector.shape[-1:] == (channels,) and vector.elements == channels


def product_is_scaled(op: Mul) -> bool:
    """Scales and zero points must be such that one rounding gives every output."""
    return not operands_are_int8(op) or _fit_channels(op) is not None


def _rhs_is_image(op: Mul) -> bool:
    return op.lhs.elements < op.rhs.elements


def _fit_channels(op: Mul) -> ScaledProduct | None:
    return fit_product(op, rhs_is_wide=_rhs_is_image(op))


def _mul_channels_params(op: Mul) -> Struct:
    fit = _fit_channels(op)
    assert fit is not None, "the constraints have accepted the operator"
    image, vector = (op.rhs, op.lhs) if _rhs_is_image(op) else (op.lhs, op.rhs)
    return Struct(
        c_type="te_mul_channels_dsp_params",
        members={
            "pixels": op.output.hwc[1],
            "channels": op.output.hwc[2],
            "rhs_is_image": int(_rhs_is_image(op)),
            "vector_zero_point": vector.zero_point,
            "image_centre": -128 * image.zero_point,
            "factor": fit.factor,
            "offset": fit.offset,
            "doublings": fit.doublings,
            **_clamps(op),
        },
    )


def _mul_channels_cost(op: Mul) -> int:
    fit = _fit_channels(op)
    doublings = fit.doublings if fit else 3
    per_quad = 16 + 2 * doublings + (7 if _clamps(op)["clamps"] else 0)
    # A copy of the image, now and then, and what a channel takes in every row of a stream.
    per_quad += 2
    return op.output.elements * per_quad // 4 + 23 * op.output.shape[-1] + 200


_ADD = Kernel(
    folder="dsp",
    function="te_add_s8_dsp",
    header="te_add_dsp.h",
    isa=Isa.DSP,
    op=Add,
    params=_add_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, shapes_are_equal, sum_is_scaled),
    cost=_add_cost,
)


_MUL = Kernel(
    folder="dsp",
    function="te_mul_s8_dsp",
    header="te_mul_dsp.h",
    isa=Isa.DSP,
    op=Mul,
    params=_mul_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, shapes_are_equal, product_is_folded),
    cost=_mul_cost,
)


_MUL_CHANNELS = Kernel(
    folder="dsp",
    function="te_mul_s8_dsp_channels",
    header="te_mul_channels_dsp.h",
    isa=Isa.DSP,
    op=Mul,
    params=_mul_channels_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, one_operand_is_a_vector, product_is_scaled),
    cost=_mul_channels_cost,
)


def mean_folds(op: Mean) -> bool:
    """Scale ratio input / output must be below the number of elements of a mean over 2."""
    try:
        return _mean_factors(op) is not None
    except ModelError:
        return False


def _mean_factors(op: Mean) -> tuple[int, int, int] | None:
    """Give te_requantize_folded's multiplier, offset and shift; None where they do not fit."""
    scaling, zero_point = mean_scaling(op), op.output.zero_point
    shift, greatest = -scaling.shift, 255 * scaling.count
    if not 1 <= shift <= 30 or 2 * greatest >= _WORD:
        return None
    offset = (zero_point << shift) + (1 << (shift - 1))
    reach = abs(offset) + (greatest * scaling.multiplier >> 31) + 2
    return (scaling.multiplier, offset, shift) if reach < _WORD else None


def _mean_params(op: Mean) -> Struct:
    factors = _mean_factors(op)
    assert factors is not None, "the constraints have accepted the operator"
    missing = 4 - len(op.input.shape)
    height, width, channels = op.input.hwc
    reduced = {axis + missing for axis in op.axes}
    multiplier, offset, shift = factors
    return Struct(
        c_type="te_mean_dsp_params",
        members={
            "channels": channels,
            "row_pixels": output_view(op).row_bytes // channels,
            "out_w": 1 if 2 in reduced else width,
            "window_h": height if 1 in reduced else 1,
            "window_w": width if 2 in reduced else 1,
            "zero_points": op.input.zero_point * mean_scaling(op).count,
            "multiplier": multiplier,
            "offset": offset,
            "shift": shift,
        },
    )


def _mean_cost(op: Mean) -> int:
    return op.input.elements * 5 // 4 + 25 * op.output.elements + 300


def _pool_cost(op: AveragePool2D | MaxPool2D) -> int:
    taps = op.output.elements * op.kernel_h * op.kernel_w
    overhead = 25 if isinstance(op, AveragePool2D) else 4
    return taps * 3 // 2 + overhead * op.output.elements + 60 * op.output.elements // 16


def _lookup_cost(op: Lookup) -> int:
    return op.output.elements * 15 // 4 + 40 * view_of(op.output).rows


AVERAGE_POOL = replace(
    AVERAGE_POOL2D,
    folder="dsp",
    function="te_average_pool2d_s8_dsp",
    header="te_average_pool2d_dsp.h",
    isa=Isa.DSP,
    cost=_pool_cost,
)

_MAX_POOL = replace(
    MAX_POOL2D,
    folder="dsp",
    function="te_max_pool2d_s8_dsp",
    header="te_max_pool2d_dsp.h",
    isa=Isa.DSP,
    cost=_pool_cost,
)

MEAN = Kernel(
    folder="dsp",
    function="te_mean_s8_dsp",
    header="te_mean_dsp.h",
    isa=Isa.DSP,
    op=Mean,
    params=_mean_params,
    progress=Progress.ROW,
    constraints=(mean_operands_are_int8, mean_is_per_channel, mean_folds),
    cost=_mean_cost,
)


_LOOKUP = replace(
    LOOKUP,
    folder="dsp",
    function="te_lookup_s8_dsp",
    header="te_lookup_dsp.h",
    isa=Isa.DSP,
    cost=_lookup_cost,
)


def _in_both_layouts(kernel: Kernel) -> tuple[Kernel, Kernel]:
    """Give the kernel for either layout of rows: it does not see which one it is."""
    by_channels = Form(reads=RowLayout.CHANNELS, writes=RowLayout.CHANNELS)
    return kernel, replace(kernel, form=by_channels)


KERNELS: tuple[Kernel, ...] = (
    *_in_both_layouts(_ADD),
    *_in_both_layouts(replace(_ADD, op=Sub)),
    *_in_both_layouts(replace(_ADD, rounding=Rounding.EVEN)),
    *_in_both_layouts(replace(_ADD, op=Sub, rounding=Rounding.EVEN)),
    *_in_both_layouts(_MUL),
    _MUL_CHANNELS,
    replace(_MUL_CHANNELS, rounding=Rounding.EVEN),
    *_in_both_layouts(_LOOKUP),
    AVERAGE_POOL,
    _MAX_POOL,
    MEAN,
)
"""The kernels; they are exact, and where one cannot be for an operator it declines."""
