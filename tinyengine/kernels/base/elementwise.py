"""Kernels of Add and Sub for cores without the DSP extension."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import Add, Rounding, Sub
from tinyengine.kernels.exact.plain_fit import fit_plain_sum, sum_is_plain
from tinyengine.kernels.ref.arithmetic import operands_are_int8, shapes_are_equal
from tinyengine.kernels.spec import Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.rows import view_of


def _params(op: Add | Sub) -> Struct:
    fit = fit_plain_sum(op)
    assert fit is not None, "the constraints have accepted the operator"
    return Struct(
        c_type="te_add_base_params",
        members={
            "row_bytes": view_of(op.output).row_bytes,
            "lhs_factor": fit.lhs_factor,
            "rhs_factor": fit.rhs_factor,
            "offset": fit.offset,
            "bits": fit.bits,
            "act_min": op.act_min,
            "act_max": op.act_max,
        },
    )


def _cost(op: Add | Sub) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    is_clamped = (op.act_min, op.act_max) != op.output.dtype.limits
    return op.output.elements * (17 if is_clamped else 10) + 60 * view_of(op.output).rows


_ADD = Kernel(
    folder="base",
    function="te_add_s8_base",
    header="te_base_add.h",
    isa=Isa.BASE,
    op=Add,
    params=_params,
    progress=Progress.ELEMENT,
    constraints=(operands_are_int8, shapes_are_equal, sum_is_plain),
    cost=_cost,
)

KERNELS: tuple[Kernel, ...] = tuple(
    replace(_ADD, op=op, form=Form(reads=layout, writes=layout), rounding=rounding)
    for rounding in Rounding
    for op in (Add, Sub)
    for layout in RowLayout
)
"""By layout: the kernel does not see which one it is."""
