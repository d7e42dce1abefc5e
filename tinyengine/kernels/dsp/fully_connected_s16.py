"""Kernel of FullyConnected of int16 for the DSP extension: pairs of a row times weights of int16.

Source: te_dsp_fully_connected_s16.h.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, DType, FullyConnected, once
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.ref.convolution import (
    double_factors,
    factors_fit,
    folded_bias,
    greatest_sums,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.ref.convolution_s16 import operands_are_int16
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct
from tinyengine.reference.convolution import fully_connected_factors, weight_zero_point
from tinyengine.reference.fixed_point import Ints, requantize_real

_MOST_FACTORS = 256
"""How many factors are proven at most: each takes hundredths of a second."""

_TOGETHER = 4
"""Outputs of a record, and pairs that are multiplied at a time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scales:
    """The factors (multiplier + fraction / 2^32) / 2^(32 + shift): one, or one per output."""

    multiplier: Ints
    fraction: Ints
    shift: Ints


def factors_are_exact(op: FullyConnected) -> bool:
    """Scale ratio input * weight / output must have a form of 64 bits with the same outputs."""
    is_wide = operands_are_int16(op) and weight_is_constant(op) and factors_fit(op) and sums_fit(op)
    return not is_wide or _scales(op) is not None


@once
def _scales(op: FullyConnected) -> _Scales | None:
    """Give the factors, proven for every sum that there can be; None where there are none."""
    real = fully_connected_factors(op)
    if len(real) > _MOST_FACTORS:
        return None
    found = [multiplier << 31 | fraction for multiplier, fraction, _ in double_factors(op)]
    whole = np.array(found, np.int64)
    multiplier = (whole + (1 << 31)) >> 32
    scales = _Scales(
        multiplier=multiplier,
        fraction=whole - (multiplier << 32),
        shift=np.array([-2 - shift for _, _, shift in double_factors(op)], np.int64),
    )
    sums = greatest_sums(op)
    bounds = sums if len(real) > 1 else sums.max(keepdims=True)
    is_exact = all(_agrees(scales, i, real[i], int(bounds[i])) for i in range(len(real)))
    return scales if is_exact else None


def _agrees(scales: _Scales, index: int, real: np.float64, bound: int) -> bool:
    """Tell whether a factor gives the reference's outputs for sums within `bound`.

    Neither falls where the sum grows: it is enough to compare them around every change.
    """
    shift = int(scales.shift[index])
    if not 1 <= shift <= 31:
        return False
    most = min(int(bound * real) + 2, 1 << 15)
    changes = np.floor((np.arange(-most, most + 1) - 0.5) / real).astype(np.int64)
    sums = np.clip(changes[:, None] + np.arange(-1, 3), -bound, bound)
    rest = (sums * scales.fraction[index]) >> 32
    scaled = (sums * scales.multiplier[index] + rest) >> 32
    found = (scaled + (1 << (shift - 1))) >> shift
    wanted = requantize_real(sums, np.asarray(real), wraps=False)
    limits = DType.INT16.limits
    return bool(np.array_equal(np.clip(found, *limits), np.clip(wanted, *limits)))


def _pairs_of(op: FullyConnected) -> int:
    """Give the pairs of a row, with zeros up to a multiple of four."""
    return -(-op.weight.shape[1] // (2 * _TOGETHER)) * _TOGETHER


@once
def _records(op: FullyConnected) -> Array:
    """Give the records of four outputs each, the last one filled up with zeros, as words."""
    out_c, in_c = op.weight.shape
    more = -out_c % _TOGETHER
    weights = op.weight.values.astype(np.int64) - weight_zero_point(op)
    padded = np.pad(weights, ((0, more), (0, 2 * _pairs_of(op) - in_c)))
    pairs = padded.reshape(-1, _TOGETHER, _pairs_of(op), 2).swapaxes(1, 2)
    words = (pairs[..., 0] & 0xFFFF) | (pairs[..., 1] << 16)
    bias = np.pad(folded_bias(op).astype(np.int64), (0, more)).reshape(-1, 1, _TOGETHER)
    return as_words(np.concatenate([bias, words], axis=1).reshape(-1))


def _params(op: FullyConnected) -> Struct:
    scales = _scales(op)
    assert scales is not None, "the kernel has accepted the factors"
    return Struct(
        c_type="te_fully_connected_s16_dsp_params",
        members={
            "in_c": op.weight.shape[1],
            "out_c": op.weight.shape[0],
            "pairs": _pairs_of(op),
            "act_min": op.act_min,
            "act_max": op.act_max,
            "factor_step": int(len(scales.shift) > 1),
            "weight": _records(op),
            "multiplier": scales.multiplier.astype(np.int32),
            "fraction": scales.fraction.astype(np.int32),
            "shift": scales.shift.astype(np.int8),
        },
    )


def _cost(op: FullyConnected) -> int:
    """Estimate the instructions of the whole operator."""
    out_c, in_c = op.weight.shape
    rows = op.input.elements // in_c
    fours = -(-out_c // _TOGETHER)
    return int(rows * (fours * (5.3 * _pairs_of(op) + 25) + 18 * out_c + in_c + 120))


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="dsp",
        function="te_fully_connected_s16_dsp",
        header="te_dsp_fully_connected_s16.h",
        isa=Isa.DSP,
        op=FullyConnected,
        params=_params,
        progress=Progress.ROW,
        constraints=(
            operands_are_int16,
            weight_is_constant,
            factors_fit,
            sums_fit,
            factors_are_exact,
        ),
        scratch_nbytes=lambda op: 4 * _pairs_of(op),
        form=Form(expands_weights=True),
        cost=_cost,
    ),
)
"""For every shape whose sums fit 32 bits; factors of 1/8 and more are left to the portable one."""
