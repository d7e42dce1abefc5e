"""Integer semantics of operators that keep their state: SVDF and LSTM.

Source: TensorFlow Lite, kernels/svdf.cc and reference/svdf.h; kernels/lstm_eval.cc
(`LstmStepInteger8x8_16`), unidirectional_sequence_lstm.cc and reference/portable_tensor_utils.cc.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import LSTM, SVDF, Array, DType, Tensor
from tinyengine.reference.fixed_point import Ints, quantize_multiplier, requantize, wrap32
from tinyengine.reference.fixed_point_s16 import divide_by_power, logistic, saturate, tanh
from tinyengine.reference.lookup_fixed_point import inverse_square_root_factor
from tinyengine.reference.recurrent_s16 import lstm_s16

Scaling = tuple[int, int]
"""Multiplier and shift."""

Factors = tuple[Scaling, ...]
"""One by gate."""

_UNIT = 1024
"""Gates are normalized in 1024ths."""

FORGET, CELL, OUTPUT, INPUT = range(4)
"""The order of gates."""

PEEPING = (FORGET, OUTPUT, INPUT)
"""The gates that may see the cells, in the order of peepholes."""


def svdf(op: SVDF, x: Array, *operands: Array) -> tuple[Array, Array]:
    """Give the output, and the history with the newest results."""
    history = operands[-1]
    features, times = svdf_scalings(op)
    sums = _centred(op.input, x) @ op.feature_weight.values.astype(np.int64).T
    newest = saturate(requantize(sums, *features))
    kept = history.reshape(len(x), -1, op.memory).astype(np.int64)
    kept = np.concatenate([kept[:, :, 1:], newest[:, :, None]], axis=2)
    filters = (kept * op.time_weight.values.astype(np.int64)).sum(axis=2)
    units = filters.reshape(len(x), -1, op.rank).sum(axis=2)
    bias = 0 if op.bias is None else op.bias.values.astype(np.int64)
    scaled = requantize(wrap32(units + bias), *times) + op.output.zero_point
    output = np.clip(scaled, -128, 127).astype(np.int8)
    return output, kept.reshape(history.shape).astype(history.dtype)


def svdf_scalings(op: SVDF) -> tuple[Scaling, Scaling]:
    """Derive the factors of filters' sums and of units' sums, in float32.

    Raises ModelError where a factor is 2^30 or more.
    """
    x, feature, history, time, output = (
        np.float32(tensor.scale)
        for tensor in (op.input, op.feature_weight, op.history, op.time_weight, op.output)
    )
    return _scaling(x * feature / history), _scaling(history * time / output)


@dataclass(frozen=True, slots=True, kw_only=True)
class LSTMScalings:
    """The factors of an LSTM: by gate where there are several; `peephole` in order of peepholes.

    `norm` goes to 3 integer bits, and `least` is the variance that is taken where there is none.
    `cell_bits` are the integer bits of the cells.
    """

    input: Factors
    recurrent: Factors
    peephole: Factors
    hidden: Scaling
    projection: Scaling
    norm: Factors
    least: tuple[int, ...]
    cell_bits: int


def lstm(op: LSTM, x: Array, *operands: Array) -> tuple[Array, Array, Array]:
    """Give the outputs of the whole sequence, and hidden state and cells after it."""
    if op.input.dtype is DType.INT16:
        return lstm_s16(op, x, *operands)
    hidden, cell = (each.astype(np.int64) for each in operands[-2:])
    scalings, outputs = lstm_scalings(op), []
    axis = 0 if op.time_major else 1
    for element in np.moveaxis(x, axis, 0):
        hidden, cell = _step(op, scalings, element, hidden, cell)
        outputs.append(hidden.astype(np.int8))
    output = np.moveaxis(np.stack(outputs), 0, axis)
    return np.ascontiguousarray(output), hidden.astype(np.int8), cell.astype(np.int16)


def lstm_scalings(op: LSTM) -> LSTMScalings:
    """Derive the factors of an LSTM, from scales in float32 as TFLite computes them.

    Raises ModelError where a factor is 2^30 or more.
    """
    one = np.float32(1)
    x, hidden, cell = (np.float32(t.scale) for t in (op.input, op.hidden, op.cell))
    between = np.float32(op.between.scale[0])
    projection = one if op.projection is None else np.float32(op.projection.scale)
    unit, gates = np.float32(2.0**-15), [np.float32(scale) for scale in op.gate_scales]
    seeing = [gates[gate] for gate in PEEPING if gate < len(gates)]
    norms = [np.float32(norm.scale) for norm in op.norms]

    def factors(weights: tuple[Tensor, ...], of: np.float32, to: list[np.float32]) -> Factors:
        """Give the factors of products of `weights` and what has the scale `of`."""
        pairs = zip(weights, to, strict=False)
        return tuple(_scaling(np.float32(weight.scale) * of / scale) for weight, scale in pairs)

    return LSTMScalings(
        input=factors(op.input_weights, x, gates),
        recurrent=factors(op.recurrent_weights, hidden, gates),
        peephole=factors(op.peepholes, cell, seeing),
        hidden=_scaling(unit / between * unit),
        projection=_scaling(projection * between / hidden),
        norm=tuple(_raised(quantize_multiplier(float(scale)), 12) for scale in norms),
        least=tuple(max(1, int(np.float32(10000) * scale)) for scale in norms),
        cell_bits=15 + int(np.log2(cell)),
    )


def _scaling(real: np.floating) -> Scaling:
    return quantize_multiplier(float(real))


def _raised(scaling: Scaling, bits: int) -> Scaling:
    """Give a factor times 2^bits."""
    if scaling[1] + bits > 30:
        raise ModelError("", "the scale of a norm is 2^18 or more")
    return scaling[0], scaling[1] + bits


def _step(
    op: LSTM, scalings: LSTMScalings, x: Array, hidden: Ints, cell: Ints
) -> tuple[Ints, Ints]:
    """Give hidden state and cells after one element of the sequence, [batch, C]."""
    centred = _centred(op.input, x), hidden - op.hidden.zero_point

    def gate(index: int, cells: Ints) -> Ints:
        """Give the sum of a gate, before its function."""
        bias = None if op.norms else op.biases[index]
        sums = _product(centred[0], op.input_weights[index], bias)
        total = saturate(requantize(sums, *scalings.input[index]))
        sums = _product(centred[1], op.recurrent_weights[index])
        total = saturate(total + requantize(sums, *scalings.recurrent[index]))
        total = _peep(op, scalings, index, total, cells)
        return _normalized(op, scalings, index, total) if op.norms else total

    forget, new = logistic(gate(FORGET, cell)), tanh(gate(CELL, cell), 3)
    taken = logistic(gate(INPUT, cell)) if op.has_input_gate else 32767 - forget
    cell = divide_by_power(forget * cell, 15)
    cell = saturate(cell + _int16(divide_by_power(taken * new, 15 + scalings.cell_bits)))
    if op.cell_clip:
        cell = np.clip(cell, -op.cell_clip, op.cell_clip)
    output = logistic(gate(OUTPUT, cell)) * tanh(cell, scalings.cell_bits)
    made = requantize(output, *scalings.hidden) + op.between.zero_point[0]
    made = np.clip(made, -128, 127)
    return (made if op.projection is None else _projected(op, scalings, made)), cell


def _peep(op: LSTM, scalings: LSTMScalings, index: int, total: Ints, cells: Ints) -> Ints:
    """Give the sum of a gate with what it sees of the cells."""
    if not op.peepholes or index == CELL:
        return total
    position = PEEPING.index(index)
    weight, scaling = op.peepholes[position].values.astype(np.int64), scalings.peephole[position]
    return saturate(total + requantize(cells * weight, *scaling))


def _normalized(op: LSTM, scalings: LSTMScalings, index: int, total: Ints) -> Ints:
    """Give the sums of a gate less their mean, by their standard deviation, weighed, with biases.

    The variance is exact for powers of two of cells only, and products wrap: as TFLite has them.
    Source: portable_tensor_utils.cc, `PortableApplyLayerNorm`.
    """
    count, rows = total.shape[1], []
    weight, bias = (t.values.astype(np.int64) for t in (op.norms[index], op.biases[index]))
    for row in total:
        mean = int(np.trunc(int(row.sum()) * _UNIT / count))
        variance = int((row * row).sum()) * (_UNIT**2 // count) - mean * mean
        whole = variance // _UNIT**2
        factor = inverse_square_root_factor(scalings.least[index] if whole < 1 else whole)
        weighed = wrap32(requantize(row * _UNIT - mean, *factor) * weight + bias)
        rows.append(requantize(divide_by_power(weighed, 10), *scalings.norm[index]))
    return saturate(np.stack(rows))


def _projected(op: LSTM, scalings: LSTMScalings, made: Ints) -> Ints:
    """Give the hidden state, of what the cells gave."""
    assert op.projection is not None
    sums = _product(made - op.between.zero_point[0], op.projection, op.projection_bias)
    hidden = requantize(sums, *scalings.projection) + op.hidden.zero_point
    hidden = np.clip(hidden, -128, 127)
    return (
        np.clip(hidden, -op.projection_clip, op.projection_clip) if op.projection_clip else hidden
    )


def _product(values: Ints, weight: Tensor, bias: Tensor | None = None) -> Ints:
    added = 0 if bias is None else bias.values.astype(np.int64)
    return np.asarray(values @ weight.values.astype(np.int64).T + added)


def _centred(tensor: Tensor, values: Array) -> Ints:
    return values.astype(np.int64) - tensor.zero_point


def _int16(values: Ints) -> Ints:
    return values.astype(np.int16).astype(np.int64)
