"""Kernels of LSTM of int16, with weights of int8."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import LSTM, Array, DType
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.curves import sigmoid_table
from tinyengine.reference.fixed_point import Ints, reduced_multiplier
from tinyengine.reference.recurrent_s16 import Scaling, wide_scalings

_MOST = 2**31
_ONCE = 15
"""The right shift of `requantize_once` for a factor of 1."""


def activations_are_int16(op: LSTM) -> bool:
    """Activations must be int16."""
    return op.input.dtype is DType.INT16


def gates_have_32_bits(op: LSTM) -> bool:
    """Weights and biases must be so small that no sum leaves 32 bits, nor when it is scaled."""
    return not activations_are_int16(op) or (_scales(op) and _greatest(op) < _MOST)


def gates_need_64_bits(op: LSTM) -> bool:
    """Weights must be so large that some sum leaves 32 bits, and none when it is scaled."""
    return not activations_are_int16(op) or (_scales(op) and _MOST <= _greatest(op) < 2**47)


def _greatest(op: LSTM) -> int:
    return max(int(sums.max()) for sums, _ in _sums(op))


def _sums(op: LSTM) -> list[tuple[Ints, Scaling]]:
    """Give the greatest sums of every product of all cells, and how they are scaled."""
    scalings = wide_scalings(op)
    weights = (*op.input_weights, *op.recurrent_weights)
    biases: list[Ints | int] = [np.abs(bias.values.astype(np.int64)) for bias in op.biases]
    biases += [0] * len(op.recurrent_weights)
    return [
        (np.abs(weight.values.astype(np.int64)).sum(axis=1) * 2**15 + bias, scaling)
        for weight, bias, scaling in zip(
            weights, biases, (*scalings.input, *scalings.recurrent), strict=True
        )
    ]


def _scales(op: LSTM) -> bool:
    """Tell whether all scaled sums fit 32 bits."""
    try:
        scalings, sums = wide_scalings(op), _sums(op)
    except ModelError:
        return False
    fits = all(
        shift <= 7 and int(most.max()) * multiplier * 2.0 ** (shift - 31) < _MOST - 1024
        for most, (multiplier, shift) in sums
    )
    return fits and scalings.hidden[1] <= 0


def lstm_s16_params(op: LSTM, **tables: Array) -> Struct:
    """Give the parameters of an LSTM; `tables` are weights and biases as a kernel has them."""
    scalings = wide_scalings(op)
    return Struct(
        c_type="te_lstm_s16_params",
        members={
            "in_c": op.input.shape[2],
            "cells": op.cell.shape[1],
            "sequences": op.input.shape[1],
            "is_time_major": int(op.time_major),
            "cell_bits": 15 + int(np.log2(op.cell.scale)),
            "cell_clip": op.cell_clip,
            **_factors("in", scalings.input),
            **_factors("hidden", scalings.recurrent),
            "out_multiplier": scalings.hidden[0],
            "out_shift": scalings.hidden[1],
            **{name: tables.get(name) for name in ("weight", "records", "bias", "wide_bias")},
            "table": sigmoid_table(),
        },
    )


def _factors(name: str, scalings: tuple[Scaling, ...]) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}_multiplier": tuple(int(reduced_multiplier(each)) for each, _ in scalings),
        f"{name}_shift": tuple(_ONCE - shift for _, shift in scalings),
    }


def gate_biases(op: LSTM) -> Ints:
    """Give the biases, [cells, gates]."""
    return np.stack([bias.values for bias in op.biases], axis=1).astype(np.int64)


def _weights(op: LSTM) -> Array:
    """Give the weights by cell, input before hidden state, gates side by side."""
    parts = [np.stack([w.values for w in op.input_weights], axis=2)]
    parts.append(np.stack([w.values for w in op.recurrent_weights], axis=2))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _params(op: LSTM) -> Struct:
    return lstm_s16_params(op, weight=_weights(op), bias=gate_biases(op).astype(np.int32))


def _wide_params(op: LSTM) -> Struct:
    return lstm_s16_params(op, weight=_weights(op), wide_bias=gate_biases(op))


def made_nbytes(op: LSTM) -> int:
    """Give the bytes of what the cells give for one element of a sequence."""
    return 2 * op.cell.shape[1]


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_lstm_s16",
        header="te_lstm_s16.h",
        isa=Isa.BASE,
        op=LSTM,
        params=_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int16, gates_have_32_bits),
        scratch_nbytes=made_nbytes,
    ),
    Kernel(
        folder="ref",
        function="te_lstm_s16_wide",
        header="te_lstm_s16.h",
        isa=Isa.BASE,
        op=LSTM,
        params=_wide_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int16, gates_need_64_bits),
        scratch_nbytes=made_nbytes,
    ),
)
"""Portable, for all that the reference takes."""
