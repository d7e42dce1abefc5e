"""Kernels of DepthwiseConv2D for cores without the DSP extension, for every shape: tap by tap."""

from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, DepthwiseConv2D
from tinyengine.kernels.base.requantize import (
    Factors,
    factors_are_right,
    right_factors,
    right_lines,
)
from tinyengine.kernels.exact.mend import once_kernel
from tinyengine.kernels.geometry import window_members
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    folded_bias,
    image_is_one_wide,
    multiplier_is_1,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.convolution import convolution_factors


def _quads(op: DepthwiseConv2D) -> int:
    """Give how many fours of channels are computed together."""
    return int(op.input.shape[-1]) // 4 if multiplier_is_1(op) else 0


def factors_are_left(op: DepthwiseConv2D) -> bool:
    """Scale ratio input * weight / output must be 1/2 or more, or sums above 2^30."""
    return not weight_is_constant(op) or not factors_are_right(op)


def _records(op: DepthwiseConv2D, factors: Factors) -> Array:
    """Give the records, words. Source: te_base_depthwise_conv2d_taps.h."""
    count, taps = _quads(op), _taps(op)
    weights = op.weight.values.reshape(taps, -1).T
    together = 4 * count
    numbers = (folded_bias(op), factors.multiplier, factors.shift - 1)
    bias, multiplier, shift = (part.astype(np.int32) for part in numbers)
    fours = weights[:together].reshape(count, 4, taps).transpose(0, 2, 1)
    quads = (
        bias[:together].reshape(count, 4),
        _words(fours.reshape(count, 4 * taps)),
        multiplier[:together].reshape(count, 4),
        _words(shift[:together].astype(np.int8).reshape(count, 4)),
    )
    filled = np.pad(weights[together:], ((0, 0), (0, -taps % 4)))
    singles = (*(part[together:, None] for part in (bias, multiplier, shift)), _words(filled))
    return np.concatenate([np.concatenate(each, axis=1).reshape(-1) for each in (quads, singles)])


def _words(rows: Array) -> Array:
    """Give rows of bytes as rows of words."""
    return np.ascontiguousarray(rows).view(np.int32)


def _params(op: DepthwiseConv2D) -> Struct:
    factors = right_factors(op)
    assert factors is not None, "the kernel has accepted the factors"
    return _params_with(op, factors)


def _left_params(op: DepthwiseConv2D) -> Struct:
    """Give the parameters with the reference's factors."""
    multiplier, shift = convolution_factors(op)
    return _params_with(op, Factors(multiplier=multiplier, shift=-shift.astype(np.int32)))


def _params_with(op: DepthwiseConv2D, factors: Factors) -> Struct:
    in_h, in_w, in_c = op.input.hwc
    _, out_w, out_c = op.output.hwc
    return Struct(
        c_type="te_depthwise_conv2d_taps_params",
        members={
            "in_h": in_h,
            "in_w": in_w,
            "in_c": in_c,
            "out_w": out_w,
            "channel_multiplier": out_c // in_c,
            **window_members(op),
            "quads": _quads(op),
            "record": _records(op, factors),
        },
    )


def _taps(op: DepthwiseConv2D) -> int:
    return int(op.weight.shape[1] * op.weight.shape[2])


def _scratch_nbytes(op: DepthwiseConv2D) -> int:
    return 8 * _taps(op) + int(op.input.shape[-1] + 3) // 4 * 4


def _cost(op: DepthwiseConv2D) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    out_h, out_w, out_c = op.output.hwc
    quads, taps = _quads(op), _taps(op)
    channels = quads * (15 * taps + 62) + (out_c - 4 * quads) * (7 * taps + 30)
    finding = 11 * taps + 17 * op.weight.shape[1]
    return int(out_h * (out_w * (channels + finding + 60) + 50))


def _left_cost(op: DepthwiseConv2D) -> int:
    """Give the estimate where outputs are rounded in C."""
    return _cost(op) + int(op.output.elements * (14 + 0.5 * _taps(op)))


_ALWAYS: tuple[Constraint, ...] = (operands_are_int8, weight_is_constant, batch_is_1, sums_fit)


def _kernel(reads: RowLayout, writes: RowLayout) -> tuple[Kernel, ...]:
    is_any = reads is writes is RowLayout.PIXELS
    shapes = _ALWAYS if is_any else (*_ALWAYS, image_is_one_wide)
    kernel = Kernel(
        folder="base",
        function="te_depthwise_conv2d_s8_base_taps",
        header="te_base_depthwise_conv2d_taps.h",
        isa=Isa.BASE,
        op=DepthwiseConv2D,
        form=Form(reads=reads, writes=writes),
        params=_params,
        progress=Progress.ROW,
        constraints=(*shapes, factors_are_right),
        scratch_nbytes=_scratch_nbytes,
        cost=_cost,
    )
    once = once_kernel(kernel, shapes, right_lines, lambda op, _: _params(op))
    return (kernel, _to_the_left(kernel), once) if is_any else (kernel, once)


def _to_the_left(kernel: Kernel) -> Kernel:
    """Give the kernel for the scale ratios that `kernel` declines."""
    return replace(
        kernel,
        function=f"{kernel.function}_left",
        params=_left_params,
        constraints=(*_ALWAYS, factors_are_left),
        cost=_left_cost,
    )


KERNELS: tuple[Kernel, ...] = tuple(
    kernel for reads in RowLayout for writes in RowLayout for kernel in _kernel(reads, writes)
)
"""By the layouts of rows read and written, which are the same bytes for images one pixel wide."""
