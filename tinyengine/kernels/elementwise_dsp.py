"""Kernels of elementwise and pooling operators for the DSP extension."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import Add, Binary, Mul, Sub
from tinyengine.kernels.arithmetic import operands_are_int8
from tinyengine.kernels.rows import view_of
from tinyengine.kernels.scaled_fit import fit_sum
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


def _in_both_layouts(kernel: Kernel) -> tuple[Kernel, Kernel]:
    """Give the kernel for either layout of rows: it does not see which one it is."""
    return kernel, replace(kernel, reads=RowLayout.CHANNELS, writes=RowLayout.CHANNELS)


KERNELS: tuple[Kernel, ...] = (
    *_in_both_layouts(_ADD),
    *_in_both_layouts(replace(_ADD, op=Sub)),
)
"""The kernels; they are exact, and where one cannot be for an operator it declines."""
