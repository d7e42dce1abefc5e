"""Kernel of FullyConnected of int16 for the DSP extension: pairs of a row times weights of int16.

Source: te_dsp_fully_connected_s16.h.
"""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, FullyConnected, once
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.exact.fully_connected_s16 import factors_are_exact, proven_scales
from tinyengine.kernels.ref.convolution import (
    factors_fit,
    folded_bias,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.ref.convolution_s16 import operands_are_int16
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct
from tinyengine.reference.convolution import weight_zero_point

_TOGETHER = 4
"""Outputs of a record, and pairs that are multiplied at a time."""


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
    scales = proven_scales(op)
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
