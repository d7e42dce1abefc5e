"""Kernel of LSTM of int16 for MVE: eight products an instruction."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import LSTM, Array
from tinyengine.kernels.ref.recurrent_s16 import (
    activations_are_int16,
    gate_biases,
    gates_have_32_bits,
    lstm_s16_params,
    made_nbytes,
)
from tinyengine.kernels.spec import Kernel, Progress, Struct


def _weights(op: LSTM) -> Array:
    """Give the weights by cell, input before hidden state, one gate after the other."""
    groups = (op.input_weights, op.recurrent_weights)
    tables = [np.stack([weight.values for weight in group], axis=1) for group in groups]
    return np.concatenate([table.reshape(len(table), -1) for table in tables], axis=1)


def _params(op: LSTM) -> Struct:
    return lstm_s16_params(op, weight=_weights(op), bias=gate_biases(op).astype(np.int32))


def _cost(op: LSTM) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    blocks = -(-op.input.shape[2] // 8) + -(-op.cell.shape[1] // 8)
    each = 4 * (4 * blocks + 10) + 300
    return op.steps * op.hidden.shape[0] * op.cell.shape[1] * each


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="mve",
        function="te_lstm_s16_mve",
        header="te_lstm_s16.h",
        isa=Isa.MVE,
        op=LSTM,
        params=_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int16, gates_have_32_bits),
        scratch_nbytes=made_nbytes,
        cost=_cost,
    ),
)
"""Where sums fit 32 bits."""
