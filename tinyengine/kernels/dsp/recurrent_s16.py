"""Kernel of LSTM of int16 for the DSP extension: pairs of a row times weights of int16."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import LSTM, Array, Tensor, once
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.ref.recurrent_s16 import (
    activations_are_int16,
    gate_biases,
    gates_have_32_bits,
    lstm_s16_params,
    made_nbytes,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct
from tinyengine.reference.fixed_point import Ints


def _pairs(count: int) -> int:
    """Give the pairs of so many elements, with zeros up to a multiple of four."""
    return -(-count // 8) * 4


def _records(weights: tuple[Tensor, ...], bias: Ints) -> Ints:
    """Give the records of all cells, as words: biases [cells, 4], then pairs of each gate."""
    table = np.stack([weight.values.astype(np.int64) for weight in weights], axis=1)
    padded = np.pad(table, ((0, 0), (0, 0), (0, -table.shape[2] % 8)))
    pairs = padded.reshape(*padded.shape[:2], -1, 2).swapaxes(1, 2)
    words = (pairs[..., 0] & 0xFFFF) | (pairs[..., 1] << 16)
    return np.concatenate([bias, words.reshape(len(table), -1)], axis=1).reshape(-1)


@once
def _all_records(op: LSTM) -> Array:
    bias = gate_biases(op)
    parts = [_records(op.input_weights, bias), _records(op.recurrent_weights, np.zeros_like(bias))]
    return as_words(np.concatenate(parts))


def _params(op: LSTM) -> Struct:
    return lstm_s16_params(op, records=_all_records(op))


def _scratch_nbytes(op: LSTM) -> int:
    return 4 * (_pairs(op.input.shape[2]) + _pairs(op.cell.shape[1])) + made_nbytes(op)


def _cost(op: LSTM) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    pairs = _pairs(op.input.shape[2]) + _pairs(op.cell.shape[1])
    return op.steps * op.hidden.shape[0] * op.cell.shape[1] * int(5.3 * pairs + 300)


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="dsp",
        function="te_lstm_s16_dsp",
        header="te_lstm_s16.h",
        isa=Isa.DSP,
        op=LSTM,
        params=_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int16, gates_have_32_bits),
        scratch_nbytes=_scratch_nbytes,
        form=Form(expands_weights=True),
        cost=_cost,
    ),
)
"""Where sums fit 32 bits."""
