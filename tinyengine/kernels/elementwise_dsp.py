"""Kernels of elementwise and pooling operators for the DSP extension."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import Add, Binary, Mul, Sub
from tinyengine.kernels.arithmetic import operands_are_int8
from tinyengine.kernels.rows import view_of
from tinyengine.kernels.scaled_fit import ScaledProduct, fit_product, fit_sum
from tinyengine.kernels.spec import Kernel, Progress, RowLayout, Struct


def shapes_are_equal(op: Binary) -> bool:
    """Operands must have the output's shape."""
    return op.lhs.shape == op.rhs.shape == op.output.shape


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
    per_quad = 21 + 2 * doublings + (7 if _clamps(op)["clamps"] else 0)
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
    return op.output.elements * per_quad // 4 + 23 * op.output.shape[-1] + 200


_ADD = Kernel(
    name="te_add_s8_dsp",
    header="te_add_dsp.h",
    isa=Isa.DSP,
    op=Add,
    params=_add_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, shapes_are_equal, sum_is_scaled),
    cost=_add_cost,
)


_MUL_CHANNELS = Kernel(
    name="te_mul_s8_dsp_channels",
    header="te_mul_channels_dsp.h",
    isa=Isa.DSP,
    op=Mul,
    params=_mul_channels_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, one_operand_is_a_vector, product_is_scaled),
    cost=_mul_channels_cost,
)


def _in_both_layouts(kernel: Kernel) -> tuple[Kernel, Kernel]:
    """Give the kernel for either layout of rows: it does not see which one it is."""
    return kernel, replace(kernel, reads=RowLayout.CHANNELS, writes=RowLayout.CHANNELS)


KERNELS: tuple[Kernel, ...] = (
    *_in_both_layouts(_ADD),
    *_in_both_layouts(replace(_ADD, op=Sub)),
    _MUL_CHANNELS,
)
"""The kernels; they are exact, and where one cannot be for an operator it declines."""
