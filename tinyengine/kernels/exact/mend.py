"""Kernels of operators that round to even: as others, or with outputs put right after each row."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tinyengine.ir import Array, DepthwiseConv2D, FullyConnected, Rounding
from tinyengine.kernels.exact.even import Lines, Misses
from tinyengine.kernels.ref.convolution import Weighted, weight_is_constant
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.convolution import weight_zero_point

LinesOf = Callable[[Any], Lines | None]
"""Gives the factors that a kernel has for an operator; None where it has none."""

ParamsOf = Callable[[Any, Lines], Struct]
"""Gives the parameters of a kernel for an operator and its factors."""


def even_kernels(
    kernel: Kernel, constraints: tuple[Constraint, ...], lines_of: LinesOf, params_of: ParamsOf
) -> tuple[Kernel, Kernel]:
    """Give `kernel` for operators that round to even: where nothing is missed, and mended."""

    def has_factors(op: Weighted) -> bool:
        """Factors must be such that one rounding gives all outputs but a few."""
        return not weight_is_constant(op) or lines_of(op) is not None

    def misses_nothing(op: Weighted) -> bool:
        """One rounding must give the outputs of all sums."""
        return not weight_is_constant(op) or not _missed(lines_of(op))

    def misses_some(op: Weighted) -> bool:
        """One rounding must give other outputs for some sums."""
        return not weight_is_constant(op) or _missed(lines_of(op)) != 0

    def _lines(op: Weighted) -> Lines:
        lines = lines_of(op)
        assert lines is not None, "the kernel has accepted the factors"
        return lines

    def params(op: Weighted) -> Struct:
        """Give the parameters of the C function."""
        return params_of(op, _lines(op))

    def mended_params(op: Weighted) -> Struct:
        """Give the parameters of the C function that mends, with those of the one it calls."""
        inner, lines = params(op), _lines(op)
        return Struct(
            c_type=f"{inner.c_type.removesuffix('_params')}_even_params",
            members={"kernel": inner, "mend": mend_params(op, lines.misses, kernel.form)},
        )

    exact = replace(
        kernel,
        rounding=Rounding.EVEN,
        params=params,
        constraints=(*constraints, has_factors, misses_nothing),
    )
    mended = replace(
        exact,
        function=f"{kernel.function}_even",
        params=mended_params,
        constraints=(*constraints, has_factors, misses_some),
        progress=Progress.ROW,
        shares=(kernel.function, *kernel.shares, "shared/te_mend_row"),
        mends=kernel,
    )
    return exact, mended


def _missed(lines: Lines | None) -> int | None:
    return None if lines is None else len(lines.misses)


def once_kernel(
    kernel: Kernel, constraints: tuple[Constraint, ...], lines_of: LinesOf, params_of: ParamsOf
) -> Kernel:
    """Give the kernel for operators that round to even which computes as `kernel`, but rounds once.

    It is another C function than `kernel`, and mends what there is to mend.
    """
    _, mended = even_kernels(kernel, constraints, lines_of, params_of)
    shares = (*kernel.shares, "shared/te_mend_row")
    return replace(mended, constraints=mended.constraints[:-1], shares=shares)


def mend_params(op: Weighted, misses: Misses, form: Form) -> Struct:
    """Give the parameters of te_mend_row. Source: te_mend.h."""
    channels = np.unique(misses.channel)
    point = op.output.zero_point
    table = np.stack(
        [misses.channel, misses.total, misses.found + point, misses.right + point], axis=1
    )
    bias = np.zeros(op.output.shape[-1], np.int32) if op.bias is None else op.bias.values
    return Struct(
        c_type="te_mend_params",
        members={
            **_window(op),
            "in_zero_point": op.input.zero_point,
            "weight_zero_point": weight_zero_point(op) if isinstance(op, FullyConnected) else 0,
            **_steps(op, form),
            "count": len(misses),
            "weight": _weights(op)[channels] if len(misses) else None,
            "bias": bias.astype(np.int32)[channels] if len(misses) else None,
            "miss": table.astype(np.int32) if len(misses) else None,
        },
    )


def _weights(op: Weighted) -> Array:
    """Give the weights, output channels first."""
    weight = op.weight.values
    return weight[0].transpose(2, 0, 1) if isinstance(op, DepthwiseConv2D) else weight


def _window(op: Weighted) -> dict[str, int]:
    if isinstance(op, FullyConnected):
        depth = op.weight.shape[1]
        window = (op.input.elements // depth, 1, 1, 1, 1, depth, 1, 1, 1, 1, 0, 0)
    else:
        in_h, in_w, in_c = op.input.hwc
        window = (
            in_h, in_w, op.output.hwc[1], op.weight.shape[1], op.weight.shape[2],
            1 if isinstance(op, DepthwiseConv2D) else in_c, op.stride_h, op.stride_w,
            op.dilation_h, op.dilation_w, op.padding.top, op.padding.left,
        )  # fmt: skip
    names = (
        "in_h", "in_w", "out_w", "kernel_h", "kernel_w", "depth", "stride_h", "stride_w",
        "dilation_h", "dilation_w", "pad_top", "pad_left",
    )  # fmt: skip
    return dict(zip(names, window, strict=True))


def _steps(op: Weighted, form: Form) -> dict[str, int]:
    """Give how many output channels share a window, and the bytes from pixel to pixel and so on."""
    out_c = op.output.shape[-1]
    if isinstance(op, FullyConnected):
        return _named(out_c, (1, 1), (1, 1))
    in_w, in_c = op.input.hwc[1:]
    sharing = out_c // in_c if isinstance(op, DepthwiseConv2D) else out_c
    reads = (in_c, 1) if form.reads is RowLayout.PIXELS else (1, in_w)
    writes = (out_c, 1) if form.writes is RowLayout.PIXELS else (1, op.output.hwc[1])
    return _named(sharing, reads, writes)


def _named(sharing: int, reads: tuple[int, int], writes: tuple[int, int]) -> dict[str, int]:
    return {
        "sharing": sharing,
        "in_pixel_step": reads[0],
        "in_channel_step": reads[1],
        "out_pixel_step": writes[0],
        "out_channel_step": writes[1],
    }
