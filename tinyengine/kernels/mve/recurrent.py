"""Kernels of SVDF and LSTM for MVE."""

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


def _weights(op: LSTM) -> Array:
    """Give the weights by cell, input before hidden state, one gate after the other."""
    groups = (op.input_weights, op.recurrent_weights)
    tables = [np.stack([weight.values for weight in group], axis=1) for group in groups]
    return np.concatenate([table.reshape(len(table), -1) for table in tables], axis=1)


def _lstm_params(op: LSTM) -> Struct:
    return lstm_params(op, _weights(op))


def _svdf_params(op: SVDF) -> Struct:
    return svdf_params(op, op.feature_weight.values)


def _cells(op: LSTM) -> int:
    return op.cell.shape[1]


def _blocks(count: int) -> int:
    """Give the vectors that `count` bytes fill."""
    return -(-count // 16)


def _lstm_cost(op: LSTM) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    blocks = _blocks(op.input.shape[2]) + _blocks(op.hidden.shape[1])
    each = len(op.input_weights) * (3 * blocks + 10) + 900
    return op.steps * op.hidden.shape[0] * _cells(op) * each


def _svdf_cost(op: SVDF) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    each = 3 * _blocks(op.input.shape[1]) + 7 * op.memory + 60
    return op.input.shape[0] * (op.feature_weight.shape[0] * each + 40 * op.output.shape[1])


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="mve",
        function="te_svdf_s8_mve",
        header="te_svdf.h",
        isa=Isa.MVE,
        op=SVDF,
        params=_svdf_params,
        progress=Progress.WHOLE,
        constraints=(features_fit,),
        cost=_svdf_cost,
    ),
    Kernel(
        folder="mve",
        function="te_lstm_s8_mve",
        header="te_lstm.h",
        isa=Isa.MVE,
        op=LSTM,
        params=_lstm_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int8, gates_are_plain, gates_fit),
        scratch_nbytes=_cells,
        cost=_lstm_cost,
    ),
)
"""For all that the portable ones take."""
