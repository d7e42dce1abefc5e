"""Kernels of Conv2D for cores without the DSP extension: chunks of taps, scratch, cost."""

from collections.abc import Callable
from functools import partial

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, once
from tinyengine.kernels.base.chunks import Chunks, Stream, divide, stream
from tinyengine.kernels.base.requantize import (
    Factors,
    factors_are_right,
    right_factors,
    right_lines,
)
from tinyengine.kernels.exact.mend import once_kernel
from tinyengine.kernels.exact.nibbles import weights_have_4_bits
from tinyengine.kernels.geometry import window_members
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.fixed_point import Ints

_FEW_TAPS = 640
"""Taps up to which four pixels are expanded at a time; two beyond: bounds the scratch."""


def window_is_small(op: Conv2D) -> bool:
    """Window must divide into 4,000 sums of 16 bits at most."""
    return not weight_is_constant(op) or bool(_chunks(op).count.max() <= _MOST_CHUNKS)


def ends_fit(op: Conv2D) -> bool:
    """Weights of an output channel must not end with two of -128."""
    return not weight_is_constant(op) or not np.any(np.all(_weights(op)[:, -2:] == -128, axis=1))


_MOST_CHUNKS = 4000
"""What their sums start from has 27 bits. Source: te_base_dot.h."""


def _taps(op: Conv2D) -> int:
    _, kernel_h, kernel_w, in_c = op.weight.shape
    return int(kernel_h * kernel_w * in_c)


def _group(op: Conv2D) -> int:
    """Give the pixels that are computed at a time."""
    return 4 if _taps(op) <= _FEW_TAPS else 2


def _scratch_nbytes(op: Conv2D) -> int:
    return 2 * _group(op) * max(_taps(op), 2) + int(op.weight.shape[3] + 3) // 4 * 4


def _weights(op: Conv2D) -> Ints:
    return op.weight.values.reshape(op.weight.shape[0], -1).astype(np.int64)


@once
def _chunks(op: Conv2D) -> Chunks:
    return divide(_weights(op))


def _streams(op: Conv2D, is_halved: bool) -> tuple[Stream, ...]:
    """Give what the kernel reads of the weights: zeros for an output that is the zero point."""
    factors = _factors(op)
    weights = np.where(factors.multiplier[:, None] == 0, 0, _weights(op))
    return tuple(
        stream(taps, chunks, is_halved=is_halved)
        for taps, chunks in zip(weights, _chunks(op).taps, strict=True)
    )


def _factors(op: Conv2D) -> Factors:
    factors = right_factors(op)
    assert factors is not None, "the kernel has accepted the factors"
    return factors


def _channels(op: Conv2D, streams: tuple[Stream, ...]) -> Array:
    """Give what the kernel knows of the channels, [out_c, 3] of int32. Source: te_base_dot.h."""
    factors = _factors(op)
    is_zero = factors.multiplier == 0
    multiplier = np.where(is_zero, 2**30, factors.multiplier.astype(np.int64))
    starts = np.array([each.starts for each in streams])
    words = [
        np.where(is_zero, 0, folded_bias(op)),
        (starts << 5) + factors.shift - 1,
        2 * multiplier,
    ]
    return np.stack(words, axis=1).astype(np.uint32).view(np.int32)


def _params_of(writes: RowLayout, is_halved: bool) -> Callable[[Conv2D], Struct]:
    is_pixels = writes is RowLayout.PIXELS

    def params(op: Conv2D) -> Struct:
        """Give the parameters of the C function."""
        in_h, in_w, in_c = op.input.hwc
        _, out_w, out_c = op.output.hwc
        streams = _streams(op, is_halved)
        return Struct(
            c_type="te_conv2d_base_params",
            members={
                "in_h": in_h,
                "in_w": in_w,
                "in_c": in_c,
                "out_w": out_w,
                "out_c": out_c,
                **window_members(op),
                "pixel_step": out_c if is_pixels else 1,
                "channel_step": 1 if is_pixels else out_w,
                "group": _group(op),
                "weight": np.concatenate([each.content for each in streams]),
                "channel": _channels(op, streams),
            },
        )

    return params


# Instructions of a weight and a group, and of a chunk (te_base_channels_t2.h).
_PER_TAP = {4: 3.5, 2: 2.5}
_PER_CHUNK = {4: 7.0, 2: 5.0}
_MORE_PER_TAP = 1.0
"""With weights of 4 bits (te_base_weights_w4.h)."""


def _lines(op: Conv2D, writes: RowLayout) -> tuple[int, int]:
    """Give how many lines of outputs there are, and how long they are; rows of points are one."""
    out_h, out_w, _ = op.output.hwc
    is_point = op.weight.shape[1:3] == (1, 1) and op.input.hwc[:2] == (out_h, out_w)
    return (1, out_h * out_w) if is_point and writes is RowLayout.PIXELS else (out_h, out_w)


def _cost(op: Conv2D, writes: RowLayout, is_halved: bool) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    lines, left = _lines(op, writes)
    out_c, group, taps = op.output.hwc[2], _group(op), _taps(op)
    chunks, line = float(_chunks(op).count.sum()), 0.0
    while left > 0:
        group = group if left > 2 else 2
        count = max(left // group, 1)
        left -= min(count * group, left)
        per_tap = _PER_TAP[group] + (_MORE_PER_TAP if is_halved else 0)
        channels = chunks * _PER_CHUNK[group] + out_c * (per_tap * taps + 8 * group + 20)
        line += count * (channels + (4 + group) * taps + 150 + 40 * op.weight.shape[1])
    return int(lines * (line + 120))


_ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    channels_are_not_grouped,
    sums_fit,
    window_is_small,
    ends_fit,
)


def _conv2d(writes: RowLayout, is_halved: bool = False) -> Kernel:
    return Kernel(
        folder="base",
        function="te_conv2d_s8_base_w4" if is_halved else "te_conv2d_s8_base",
        header="te_base_conv2d.h",
        isa=Isa.BASE,
        op=Conv2D,
        params=_params_of(writes, is_halved),
        progress=Progress.PIXEL if writes is RowLayout.PIXELS else Progress.ROW,
        constraints=(*_ALWAYS, factors_are_right, *((weights_have_4_bits,) if is_halved else ())),
        scratch_nbytes=_scratch_nbytes,
        form=Form(writes=writes, halves_weights=is_halved),
        cost=partial(_cost, writes=writes, is_halved=is_halved),
    )


def _rounded_once(kernel: Kernel) -> Kernel:
    return once_kernel(kernel, _ALWAYS, right_lines, lambda op, _: kernel.params(op))


_CONV2D = tuple(_conv2d(writes) for writes in RowLayout)

KERNELS: tuple[Kernel, ...] = (
    *_CONV2D,
    *(_conv2d(writes, is_halved=True) for writes in RowLayout),
    *map(_rounded_once, _CONV2D),
)
"""For every shape; factors of 1/2 and more are left to others."""
