"""Kernels of AveragePool2D and MaxPool2D."""

from tinyengine.board.types import Isa
from tinyengine.ir import AveragePool2D, DType, Halves, MaxPool2D
from tinyengine.kernels.spec import Kernel, Progress, Struct

Pool2D = AveragePool2D | MaxPool2D


def operands_are_int8(op: Pool2D) -> bool:
    """Input and output must be int8."""
    return op.input.dtype is DType.INT8 and op.output.dtype is DType.INT8


def quantization_is_kept(op: Pool2D) -> bool:
    """Input and output must have the same scale and zero point."""
    return op.input.quant == op.output.quant


def batch_is_1(op: Pool2D) -> bool:
    """Input must be [1, H, W, C]."""
    return len(op.input.shape) == 4 and op.input.shape[0] == 1


def windows_hold_input(op: AveragePool2D) -> bool:
    """Every window must hold at least one element of the input."""
    return all(
        before < kernel and (steps - 1) * stride - before < size
        for before, kernel, steps, stride, size in (
            (op.padding.top, op.kernel_h, op.output.shape[1], op.stride_h, op.input.shape[1]),
            (op.padding.left, op.kernel_w, op.output.shape[2], op.stride_w, op.input.shape[2]),
        )
    )


def halves_go_away(op: AveragePool2D) -> bool:
    """Halves must be rounded away from zero."""
    return op.halves is Halves.AWAY


def windows_are_small(op: AveragePool2D) -> bool:
    """Windows must have 2^23 elements at most."""
    return op.kernel_h * op.kernel_w <= 2**23


def _members(op: Pool2D) -> dict[str, int]:
    in_h, in_w, channels = op.input.hwc
    return {
        "in_h": in_h,
        "in_w": in_w,
        "channels": channels,
        "out_w": op.output.hwc[1],
        "kernel_h": op.kernel_h,
        "kernel_w": op.kernel_w,
        "stride_h": op.stride_h,
        "stride_w": op.stride_w,
        "pad_top": op.padding.top,
        "pad_left": op.padding.left,
        "act_min": op.act_min,
        "act_max": op.act_max,
    }


def _average_pool2d_params(op: AveragePool2D) -> Struct:
    return Struct(c_type="te_average_pool2d_params", members=_members(op))


def _max_pool2d_params(op: MaxPool2D) -> Struct:
    return Struct(c_type="te_max_pool2d_params", members=_members(op))


AVERAGE_POOL2D = Kernel(
    folder="ref",
    function="te_average_pool2d_s8",
    header="te_average_pool2d.h",
    isa=Isa.BASE,
    op=AveragePool2D,
    params=_average_pool2d_params,
    progress=Progress.PIXEL,
    constraints=(
        operands_are_int8,
        quantization_is_kept,
        batch_is_1,
        windows_hold_input,
        windows_are_small,
        halves_go_away,
    ),
)

MAX_POOL2D = Kernel(
    folder="ref",
    function="te_max_pool2d_s8",
    header="te_max_pool2d.h",
    isa=Isa.BASE,
    op=MaxPool2D,
    params=_max_pool2d_params,
    progress=Progress.PIXEL,
    constraints=(operands_are_int8, quantization_is_kept, batch_is_1),
)

KERNELS: tuple[Kernel, ...] = (AVERAGE_POOL2D, MAX_POOL2D)
"""One portable kernel per operator, for every shape."""
