"""Kernels of SVDF and LSTM for the DSP extension: weights by quads."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import LSTM, SVDF, Array
from tinyengine.kernels.ref.recurrent import (
    activations_are_int8,
    features_fit,
    gates_are_plain,
    gates_fit,
    lstm_params,
    svdf_params,
)
from tinyengine.kernels.spec import Kernel, Progress, Struct


def has_an_input_gate(op: LSTM) -> bool:
    """Input gate must be one of its own."""
    return op.has_input_gate


def _quads(op: LSTM) -> int:
    """Give the quads of input and hidden state."""
    return -(-op.input.shape[2] // 4) + -(-op.hidden.shape[1] // 4)


def _weights(op: LSTM) -> Array:
    """Give the weights by cell and quad, those of the gates side by side, padded with zeros."""
    parts = []
    for group in (op.input_weights, op.recurrent_weights):
        table = np.stack([weight.values for weight in group], axis=1)
        padded = np.pad(table, ((0, 0), (0, 0), (0, -table.shape[2] % 4)))
        quads = padded.reshape(*padded.shape[:2], -1, 4).transpose(0, 2, 1, 3)
        parts.append(quads.reshape(len(table), -1))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _lstm_params(op: LSTM) -> Struct:
    return lstm_params(op, _weights(op))


def _lstm_scratch_nbytes(op: LSTM) -> int:
    return 8 * _quads(op) + op.cell.shape[1]


def _lstm_cost(op: LSTM) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    steps, cells = op.steps * op.hidden.shape[0], op.cell.shape[1]
    return steps * (cells * (_quads(op) * 24 + 1100) + 8 * _quads(op))


def _svdf_quads(op: SVDF) -> int:
    """Give the quads of a vector of the batch."""
    return -(-op.input.shape[1] // 4)


def _svdf_params(op: SVDF) -> Struct:
    padded = np.pad(op.feature_weight.values, ((0, 0), (0, -op.input.shape[1] % 4)))
    return svdf_params(op, np.ascontiguousarray(padded))


def _svdf_scratch_nbytes(op: SVDF) -> int:
    return 8 * _svdf_quads(op) + 2 * op.feature_weight.shape[0]


def _svdf_cost(op: SVDF) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    batch, filters = op.input.shape[0], op.feature_weight.shape[0]
    each = _svdf_quads(op) * 7 + 3 * op.memory + 90
    return batch * (filters * each + 8 * _svdf_quads(op) + 40 * op.output.shape[1])


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="dsp",
        function="te_svdf_s8_dsp",
        header="te_svdf.h",
        isa=Isa.DSP,
        op=SVDF,
        params=_svdf_params,
        progress=Progress.WHOLE,
        constraints=(features_fit,),
        scratch_nbytes=_svdf_scratch_nbytes,
        cost=_svdf_cost,
    ),
    Kernel(
        folder="dsp",
        function="te_lstm_s8_dsp",
        header="te_lstm.h",
        isa=Isa.DSP,
        op=LSTM,
        params=_lstm_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int8, gates_are_plain, has_an_input_gate, gates_fit),
        scratch_nbytes=_lstm_scratch_nbytes,
        cost=_lstm_cost,
    ),
)
"""LSTM for four gates."""
