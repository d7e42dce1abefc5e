"""Kernels of operators that keep their state: SVDF and LSTM."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import LSTM, SVDF, Array, DType, Tensor
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.recurrent import (
    CELL,
    PEEPING,
    Scaling,
    lstm_scalings,
    svdf_scalings,
)


def features_fit(op: SVDF) -> bool:
    """Scale ratios must be below 2^30, and sums of products must fit 32 bits."""
    bias = _folded(op.feature_weight, op.input.zero_point)
    return _accepts(lambda: svdf_scalings(op)) and _fits(op.feature_weight, bias)


def activations_are_int8(op: LSTM) -> bool:
    """Activations must be int8."""
    return op.input.dtype is DType.INT8


def gates_fit(op: LSTM) -> bool:
    """Scale ratios must be below 2^30, and sums of products must fit 32 bits."""
    if not activations_are_int8(op):
        return True
    inputs = zip(op.input_weights, _input_biases(op), strict=True)
    recurrent = zip(op.recurrent_weights, _recurrent_biases(op), strict=True)
    projected = [(op.projection, _projection_bias(op))] if op.projection else []
    return _accepts(lambda: lstm_scalings(op)) and all(
        _fits(weight, bias) for weight, bias in (*inputs, *recurrent, *projected)
    )


def _accepts(derive: Callable[[], object]) -> bool:
    """Tell whether factors can be derived."""
    try:
        derive()
    except ModelError:
        return False
    return True


def _fits(weight: Tensor, bias: npt.NDArray[np.int64]) -> bool:
    """Tell whether no sum of `weight` by int8 and `bias` leaves 32 bits."""
    sums = 128 * np.abs(weight.values.astype(np.int64)).sum(axis=1) + np.abs(bias)
    return int(sums.max()) < 2**31


def _folded(weight: Tensor, zero_point: int, bias: Tensor | None = None) -> npt.NDArray[np.int64]:
    """Give the bias of every row with the zero point of what is multiplied folded in."""
    added = 0 if bias is None else bias.values.astype(np.int64)
    return np.asarray(added - zero_point * weight.values.astype(np.int64).sum(axis=1))


def gates_are_plain(op: LSTM) -> bool:
    """Gates must not be normalized."""
    return not op.norms


def gates_are_normalized(op: LSTM) -> bool:
    """Gates must be normalized."""
    return bool(op.norms)


def _input_biases(op: LSTM) -> list[npt.NDArray[np.int64]]:
    zero_point = op.input.zero_point
    biases = [None] * len(op.biases) if op.norms else op.biases
    return [_folded(w, zero_point, b) for w, b in zip(op.input_weights, biases, strict=True)]


def _recurrent_biases(op: LSTM) -> list[npt.NDArray[np.int64]]:
    return [_folded(weight, op.hidden.zero_point) for weight in op.recurrent_weights]


def _projection_bias(op: LSTM) -> npt.NDArray[np.int64]:
    assert op.projection is not None
    return _folded(op.projection, op.between.zero_point[0], op.projection_bias)


def svdf_params(op: SVDF, feature_weight: Array) -> Struct:
    """Give the parameters of an SVDF with its feature weights as a kernel has them."""
    features, times = svdf_scalings(op)
    return Struct(
        c_type="te_svdf_params",
        members={
            "batch": op.input.shape[0],
            "in_c": op.input.shape[1],
            "units": op.output.shape[1],
            "rank": op.rank,
            "memory": op.memory,
            "feature_multiplier": features[0],
            "feature_shift": features[1],
            "time_multiplier": times[0],
            "time_shift": times[1],
            "out_zero_point": op.output.zero_point,
            "feature_weight": feature_weight,
            "feature_bias": _folded(op.feature_weight, op.input.zero_point).astype(np.int32),
            "time_weight": op.time_weight.values,
            "bias": None if op.bias is None else op.bias.values,
        },
    )


def _svdf_params(op: SVDF) -> Struct:
    return svdf_params(op, op.feature_weight.values)


def lstm_params(op: LSTM, weight: Array) -> Struct:
    """Give the parameters of an LSTM with its weights as a kernel has them."""
    scalings, gates = lstm_scalings(op), len(op.input_weights)
    peephole = dict(zip(PEEPING, scalings.peephole, strict=False))
    seen = tuple(peephole.get(gate, (0, 0)) for gate in range(gates))
    biases = np.stack([_input_biases(op), _recurrent_biases(op)])
    return Struct(
        c_type="te_lstm_params",
        members={
            "in_c": op.input.shape[2],
            "outputs": op.hidden.shape[1],
            "cells": op.cell.shape[1],
            "gates": gates,
            "sequences": op.input.shape[1],
            "is_time_major": int(op.time_major),
            "cell_bits": scalings.cell_bits,
            "cell_clip": op.cell_clip,
            **_factors("in", scalings.input),
            **_factors("hidden", scalings.recurrent),
            **_factors("peephole", seen),
            "out_multiplier": scalings.hidden[0],
            "out_shift": scalings.hidden[1],
            "out_zero_point": op.between.zero_point[0],
            "weight": weight,
            "bias": np.ascontiguousarray(biases.transpose(2, 0, 1), np.int32),
            "peephole": _peepholes(op) if op.peepholes else None,
            "projection": _projection(op, scalings.projection) if op.projection else None,
            "norm": _norm(op) if op.norms else None,
        },
    )


def _factors(name: str, scalings: tuple[Scaling, ...]) -> dict[str, tuple[int, ...]]:
    """Give the members of the factors of four gates."""
    padded = (*scalings, (0, 0))[:4]
    return {
        f"{name}_multiplier": tuple(multiplier for multiplier, _ in padded),
        f"{name}_shift": tuple(shift for _, shift in padded),
    }


def _weights(op: LSTM) -> Array:
    """Give the weights by cell, input before hidden state, gates side by side."""
    parts = [np.stack([w.values for w in op.input_weights], axis=2)]
    parts.append(np.stack([w.values for w in op.recurrent_weights], axis=2))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _peepholes(op: LSTM) -> Array:
    """Give the peepholes by cell, gates side by side."""
    table = np.zeros((op.cell.shape[1], len(op.input_weights)), np.int16)
    for gate, weight in zip(PEEPING, op.peepholes, strict=False):
        table[:, gate] = weight.values
    assert not table[:, CELL].any(), "the cell gate has no peephole"
    return table


def _norm(op: LSTM) -> Struct:
    scalings = lstm_scalings(op)
    factors = _factors("", scalings.norm)
    return Struct(
        c_type="te_lstm_norm",
        members={
            "multiplier": factors["_multiplier"],
            "shift": factors["_shift"],
            "least_variance": (*scalings.least, 0)[:4],
            "weight": np.stack([norm.values for norm in op.norms]),
            "bias": np.stack([bias.values for bias in op.biases]),
        },
    )


def _projection(op: LSTM, scaling: Scaling) -> Struct:
    assert op.projection is not None
    return Struct(
        c_type="te_lstm_projection",
        members={
            "multiplier": scaling[0],
            "shift": scaling[1],
            "zero_point": op.hidden.zero_point,
            "clip": op.projection_clip,
            "weight": op.projection.values,
            "bias": _projection_bias(op).astype(np.int32),
        },
    )


def _lstm_params(op: LSTM) -> Struct:
    return lstm_params(op, _weights(op))


def _cells(op: LSTM) -> int:
    return op.cell.shape[1]


def _norm_scratch_nbytes(op: LSTM) -> int:
    return (1 + 2 * len(op.input_weights)) * _cells(op)


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_svdf_s8",
        header="te_svdf.h",
        isa=Isa.BASE,
        op=SVDF,
        params=_svdf_params,
        progress=Progress.WHOLE,
        constraints=(features_fit,),
    ),
    Kernel(
        folder="ref",
        function="te_lstm_s8",
        header="te_lstm.h",
        isa=Isa.BASE,
        op=LSTM,
        params=_lstm_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int8, gates_are_plain, gates_fit),
        scratch_nbytes=_cells,
    ),
    Kernel(
        folder="ref",
        function="te_lstm_s8_norm",
        header="te_lstm.h",
        isa=Isa.BASE,
        op=LSTM,
        params=_lstm_params,
        progress=Progress.WHOLE,
        constraints=(activations_are_int8, gates_are_normalized, gates_fit),
        scratch_nbytes=_norm_scratch_nbytes,
    ),
)
"""Portable."""
