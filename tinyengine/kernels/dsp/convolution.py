"""Kernels of Conv2D and FullyConnected for the DSP extension: packed weights, scratch, cost."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Conv2D, Op, once
from tinyengine.kernels.dsp.fully_connected import KERNELS as FULLY_CONNECTED
from tinyengine.kernels.dsp.packing import (
    SIGNED,
    UP_BITS,
    Factors,
    Records,
    even_ways,
    in_run_order,
    pack,
    raised_factors,
    run_order,
)
from tinyengine.kernels.dsp.packing_w4 import CHANNELS as CHANNELS_W4
from tinyengine.kernels.dsp.packing_w4 import (
    UP_LEAST,
    UP_LEAST_BITS,
    nibble_sums_fit,
    pack_w4,
)
from tinyengine.kernels.dsp.packing_w8 import (
    SCALED_LIMIT,
    SCALED_UP_BITS,
    ScaledWay,
    channel_fours,
    even_lines_w8,
    pack_w8,
    raised_way,
    share_words,
    signed_way,
)
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fold import factors_fold, fold, rounds_up_only, sum_ranges
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.exact.nibbles import weights_have_4_bits
from tinyengine.kernels.exact.raised import raise_outputs
from tinyengine.kernels.exact.search import curves_of
from tinyengine.kernels.geometry import clamp_members, image_members, reach_members, step_members
from tinyengine.kernels.ref.convolution import (
    batch_is_1,
    channels_are_not_grouped,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
    weights_fit_16_bits,
)
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, RowLayout, Struct
from tinyengine.reference.fixed_point import Ints

_FEW_PAIRS = 160
"""Pairs of taps up to which four pixels are expanded at a time; two beyond."""


_LEAST_PAIRS = 2
"""Pairs of taps that a loop which is one ahead asks for; what a window has not weighs 0."""


@once
def _expanded_weights(op: Conv2D) -> Ints:
    """Give the weights in the order of the expanded windows, [out_c, pairs, 2]."""
    out_c, kernel_h, kernel_w, in_c = op.weight.shape
    runs = op.weight.values.astype(np.int64).reshape(out_c, kernel_h, kernel_w * in_c)
    return in_run_order(runs)


def _looped_weights(op: Conv2D) -> Ints:
    """Give the same of `_LEAST_PAIRS` pairs at least."""
    weights = _expanded_weights(op)
    return np.pad(weights, ((0, 0), (0, max(_LEAST_PAIRS - weights.shape[1], 0)), (0, 0)))


def _pairs_of(op: Conv2D) -> int:
    """Give the pairs of taps of an expanded window."""
    _, kernel_h, kernel_w, in_c = op.weight.shape
    return int(kernel_h * len(run_order(kernel_w * in_c)))


@once
def _records_w16(op: Conv2D) -> Records:
    """Give the packed weights of int16."""
    records = pack(_looped_weights(op), folded_bias(op).astype(np.int64), _ways(op))
    assert records is not None, "the last way fits all channels"
    return records


@once
def _ways(op: Conv2D) -> list[Factors]:
    """Give the exact ways from sums to outputs, the cheapest first; the last fits all channels."""
    folded = fold(op)
    assert folded is not None, "the kernel has accepted the factors"
    roundings = UP_BITS.items() if rounds_up_only(op) else ()
    ways = [
        raised_factors(rounding, raise_outputs(op, folded, bits)) for rounding, bits in roundings
    ]
    multiplier = folded.multiplier.astype(np.int64)
    signed = Factors(
        rounding=SIGNED,
        multiplier=multiplier,
        offset=folded.offset.astype(np.int64),
        shift=folded.shift.astype(np.int64),
        left=np.where(multiplier == 0, 0, 1),
        nudge=np.zeros_like(multiplier),
        fits=np.ones(len(multiplier), bool),
    )
    return [*ways, signed]


@once
def _records_w8(op: Conv2D) -> Records:
    """Give the packed weights of int8."""
    return pack_w8(_looped_weights(op), _way_of(op))


def _way_of(op: Conv2D) -> ScaledWay:
    """Give the cheapest exact way from scaled sums to outputs of an operator that has one."""
    way = scaled_way(op)
    assert way is not None, "the kernel has accepted the factors"
    return way


@once
def scaled_way(op: Conv2D) -> ScaledWay | None:
    """Give the cheapest exact way from scaled sums to outputs; it takes long to find."""
    folded, bias = fold(op), folded_bias(op).astype(np.int64)
    if rounds_up_only(op):
        curves = curves_of(op)
        least = [(UP_LEAST, UP_LEAST_BITS)] if folded is None else []
        for rounding, bits in [*SCALED_UP_BITS.items(), *least]:
            way = raised_way(curves, bias, rounding, bits)
            if way is not None:
                return way
    return None if folded is None else signed_way(folded, bias, op.output.zero_point)


def factors_scale(op: Conv2D) -> bool:
    """Scale ratio must be below 1/2, or with a ReLU below 8 and exact with one rounding."""
    if factors_fold(op):
        return True
    try:
        return rounds_up_only(op) and sums_fit_scaled(op) and scaled_way(op) is not None
    except ModelError:
        return False


def weights_share_words(op: Conv2D) -> bool:
    """No two channels may have a weight below 0 beside one of -128."""
    if not weight_is_constant(op):
        return True
    return share_words(_expanded_weights(op), channel_fours(op.weight.shape[0]))


def sums_fit_scaled(op: Conv2D) -> bool:
    """Weights and biases must be so small that no sum exceeds 23 bits."""
    if not weight_is_constant(op):
        return True
    return bool(np.max(np.abs(sum_ranges(op))) < SCALED_LIMIT)


@once
def _records_w4(op: Conv2D) -> Records:
    """Give the packed weights of 4 bits."""
    return pack_w4(_expanded_weights(op), _way_of(op))


def _group(op: Conv2D) -> int:
    """Give the pixels that are computed at a time."""
    return 4 if _pairs_of(op) <= _FEW_PAIRS else 2


def direct_scratch_nbytes(op: Conv2D) -> int:
    """Give the bytes for expanded windows, and for what is clipped of them."""
    _, _, kernel_w, in_c = op.weight.shape
    run = kernel_w * in_c if _has_clipped_windows(op) else 0
    pairs = max(_pairs_of(op), _LEAST_PAIRS)
    return 4 * _group(op) * pairs + (_group(op) * run + 3) // 4 * 4


def _has_clipped_windows(op: Conv2D) -> bool:
    """Tell whether columns of a window may be apart or outside the input."""
    right = (op.output.hwc[1] - 1) * op.stride_w - op.padding.left + op.weight.shape[2]
    return op.dilation_w > 1 or op.padding.left > 0 or right > op.input.hwc[1]


def _params(
    op: Conv2D, writes: RowLayout, records: Records, least_pairs: int = _LEAST_PAIRS
) -> Struct:
    return Struct(
        c_type="te_conv2d_dsp_params",
        members={
            **image_members(op),
            **reach_members(op),
            **step_members(op, writes),
            "pairs": max(_pairs_of(op), least_pairs),
            "words": len(records.words),
            "even_words": records.even_words,
            "offset": records.offset,
            "in_zero_point": op.input.zero_point,
            **clamp_members(op),
            "group": _group(op),
            "rounding": records.rounding,
            "weight": records.words,
        },
    )


_RECORDS = {4: _records_w4, 8: _records_w8, 16: _records_w16}
"""What packs the weights, by their bits."""


def _params_of(writes: RowLayout, bits: int) -> Callable[[Conv2D], Struct]:
    def params(op: Conv2D) -> Struct:
        """Give the parameters of the C function."""
        return _params(op, writes, _RECORDS[bits](op), 1 if bits == 4 else _LEAST_PAIRS)

    return params


# Instructions of a pair of taps of two channels, by pixels at a time (te_dsp_conv_w16.h, w8, w4).
_PAIR = {
    4: {4: 12.9, 2: 6.45, 1: 3.9},
    8: {4: 12.4, 2: 6.4, 1: 3.7},
    16: {4: 11.4, 2: 5.4, 1: 2.9},
}
_PER_OUTPUT = {4: 2.5, 8: 1.0, 16: 0.0}
_PER_TAP = {4: 0.6, 8: 0.0, 16: 0.0}


def _cost(bits: int) -> Callable[[Conv2D], int]:
    """Give the estimate for weights of 16, 8 or 4 bits."""
    pair = _PAIR[bits]

    def cost(op: Conv2D) -> int:
        """Estimate the instructions of the whole operator."""
        out_h, out_w, out_c = op.output.hwc
        output = (3 if rounds_up_only(op) else 5) + _PER_OUTPUT[bits]
        pairs, kernel_h = _pairs_of(op), op.weight.shape[1]
        row, left, group = 0.0, out_w, _group(op)
        while left > 0:
            count, left = divmod(left, group)
            channels = pair[group] * pairs + 2 * group * output + 13
            around: float = 90 if op.weight.shape[1:3] == (1, 1) else 120
            around += (1 + _PER_TAP[bits]) * 2 * group * pairs
            row += count * ((out_c + 1) // 2 * channels + around + 40 * (kernel_h - 1))
            group //= 2
        return int(out_h * (row + 120))

    return cost


ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    batch_is_1,
    channels_are_not_grouped,
    sums_fit,
)


def sums_fit_nibbles(op: Conv2D) -> bool:
    """Weights must be so small that no sum without its bias exceeds 19 bits."""
    return not weight_is_constant(op) or nibble_sums_fit(_expanded_weights(op))


def channels_fill_a_record(op: Conv2D) -> bool:
    """Output must have 4 channels at least."""
    return op.weight.shape[0] >= CHANNELS_W4


_ASKS: Mapping[int, tuple[Constraint, ...]] = {
    4: (
        weights_have_4_bits,
        channels_fill_a_record,
        sums_fit_nibbles,
        sums_fit_scaled,
        factors_scale,
    ),
    8: (factors_fold, weights_share_words, sums_fit_scaled),
    16: (factors_fold,),
}
"""What the weights must be for kernels that hold them in so many bits."""


def _checks_of(bits: int) -> tuple[Constraint, ...]:
    """Give what is always asked: int16 holds weights of uint8 less their zero point, too."""
    return (weights_fit_16_bits, *ALWAYS[1:]) if bits == 16 else ALWAYS


_SUFFIX = {4: "_w4", 8: "", 16: "_w16"}
_LOOPS = {4: (), 8: ("te_conv_dots_w8_dsp",), 16: ("te_conv_dots_w16_dsp",)}


def _conv2d(writes: RowLayout, bits: int) -> Kernel:
    return Kernel(
        folder="dsp",
        function=f"te_conv2d_s8_dsp{_SUFFIX[bits]}",
        header="te_dsp_conv2d.h",
        isa=Isa.DSP,
        op=Conv2D,
        params=_params_of(writes, bits),
        progress=Progress.PIXEL if writes is RowLayout.PIXELS else Progress.ROW,
        constraints=(*_checks_of(bits), *_ASKS[bits]),
        scratch_nbytes=direct_scratch_nbytes,
        form=Form(writes=writes, expands_weights=bits == 16, halves_weights=bits == 4),
        cost=_cost(bits),
        shares=("te_conv_rows_dsp", *_LOOPS[bits]),
    )


def _even_records_w16(op: Conv2D, lines: Lines) -> Records | None:
    """Give the packed weights of int16 of an operator that rounds to even, if they fit."""
    ways = even_ways(lines, op.output.zero_point)
    return pack(_looped_weights(op), folded_bias(op).astype(np.int64), ways)


def _even_lines_w16(op: Conv2D) -> Lines | None:
    lines = even_lines(op)
    return None if lines is None or _even_records_w16(op, lines) is None else lines


def _even_lines_w8(op: Conv2D) -> Lines | None:
    found = even_lines_w8(op)
    return None if found is None else found[0]


def _even(kernel: Kernel) -> tuple[Kernel, ...]:
    """Give the kernels of operators that round to even, made of `kernel`."""
    is_w16, writes = kernel.expands_weights, kernel.writes

    def params(op: Conv2D, lines: Lines) -> Struct:
        """Give the parameters of the C function."""
        if is_w16:
            records = _even_records_w16(op, lines)
        else:
            found = even_lines_w8(op)
            records = None if found is None else pack_w8(_looped_weights(op), found[1])
        assert records is not None, "the kernel has accepted the factors"
        return _params(op, writes, records)

    bits = 16 if is_w16 else 8
    constraints = (*_checks_of(bits), *_ASKS[bits][1:])
    lines_of = _even_lines_w16 if is_w16 else _even_lines_w8
    return even_kernels(kernel, constraints, lines_of, params)


def channels_from(op: Conv2D, first: int) -> Struct:
    """Give the parameters of te_conv2d_s8_dsp for the channels from an even `first` on.

    The caller clamps what it writes.
    """
    way = _way_of(op)
    rest = replace(
        way, bias=way.bias[first:], multiplier=way.multiplier[first:], flat=way.flat[first:]
    )
    struct = _params(op, RowLayout.PIXELS, pack_w8(_looped_weights(op)[first:], rest))
    others = {"out_c": op.weight.shape[0] - first, "act_min": -128, "act_max": 127}
    return replace(struct, members={**struct.members, **others})


_CONV2D = tuple(_conv2d(writes, bits) for bits in (8, 16) for writes in RowLayout)

_NARROW = dict(zip(_CONV2D[2:], _CONV2D[:2], strict=True))
"""The kernels with weights of int8, by those with weights of int16 and the same layouts."""

_FEW_NARROW_PAIRS = 30
"""Pairs of taps from which weights of int8 take fewer cycles than those of int16 on cores of single
issue: 15 in place of 16 for 16 MACs, but more around eight outputs. Measured on
an emulated Cortex-M4, in mcunet_in3: three 1x1 convolutions of 61 to 78 channels take 0.1 million
cycles less, one of 24 channels and one of 27 taps together 0.8 million more.
"""


def narrower(kernel: Kernel, op: Op) -> Kernel | None:
    """Give the kernel with weights of int8 that is faster on a core of single issue, if any is."""
    narrow = _NARROW.get(kernel)
    if narrow is None or not isinstance(op, Conv2D) or _pairs_of(op) < _FEW_NARROW_PAIRS:
        return None
    return None if narrow.declines(op) else narrow


KERNELS: tuple[Kernel, ...] = (
    *_CONV2D,
    *(_conv2d(writes, 4) for writes in RowLayout),
    *(even for kernel in _CONV2D for even in _even(kernel)),
    *FULLY_CONNECTED,
)
"""For every shape, with weights of 8, 16 and 4 bits; factors of 1/2 and more are left to others."""
