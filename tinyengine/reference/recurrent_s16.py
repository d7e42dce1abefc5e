"""Integer semantics of LSTM of int16 with int8 weights, as TensorFlow Lite Micro has it.

LiteRT refuses such an operator; TFLite Micro computes it of its fully connected, logistic, tanh and
product kernels of int16, and knows neither peepholes nor a projection, nor coupled gates.
Source: tensorflow/tflite-micro, kernels/{lstm_eval.h,lstm_eval.cc,lstm_eval_common.cc}.
"""

from dataclasses import dataclass

import numpy as np

from tinyengine.ir import LSTM, Array
from tinyengine.reference.curves import SigmoidScaling, squash
from tinyengine.reference.fixed_point import (
    Ints,
    quantize_multiplier,
    requantize,
    requantize_once,
)
from tinyengine.reference.fixed_point_s16 import saturate

Scaling = tuple[int, int]
"""Multiplier and shift."""

_GATE_SCALE = 2.0**-12
"""Gates are computed with 3 integer bits and 12 of fraction."""

GATE = SigmoidScaling(multiplier=3, shift=0)
"""The factor of a gate's sum, of which the functions want 3 * 4096ths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WideScalings:
    """The factors of an LSTM of int16: by gate where there are several.

    `kept` and `taken` are of products that go into the cells, `hidden` of those that become the
    hidden state; `seen` makes the argument of tanh of a cell.
    """

    input: tuple[Scaling, ...]
    recurrent: tuple[Scaling, ...]
    kept: Scaling
    taken: Scaling
    hidden: Scaling
    seen: SigmoidScaling


def wide_scalings(op: LSTM) -> WideScalings:
    """Derive the factors: products of float32 scales, divided in double precision.

    Raises ModelError where a factor is 2^30 or more.
    """
    x, hidden = np.float32(op.input.scale), np.float32(op.hidden.scale)
    left = int(np.log2(op.cell.scale)) + 12
    return WideScalings(
        input=tuple(_gate(x, np.float32(weight.scale)) for weight in op.input_weights),
        recurrent=tuple(_gate(hidden, np.float32(weight.scale)) for weight in op.recurrent_weights),
        kept=quantize_multiplier(2.0**-15),
        taken=quantize_multiplier(2.0**-30 / op.cell.scale),
        hidden=quantize_multiplier(2.0**-30 / float(hidden)),
        seen=SigmoidScaling(multiplier=3 << max(left, 0), shift=max(-left, 0)),
    )


def _gate(values: np.float32, weight: np.float32) -> Scaling:
    return quantize_multiplier(float(values * weight) / _GATE_SCALE)


def lstm_s16(op: LSTM, x: Array, *operands: Array) -> tuple[Array, Array, Array]:
    """Give the outputs of the whole sequence, and hidden state and cells after it."""
    hidden, cell = (each.astype(np.int64) for each in operands[-2:])
    scalings, outputs = wide_scalings(op), []
    axis = 0 if op.time_major else 1
    for element in np.moveaxis(x.astype(np.int64), axis, 0):
        hidden, cell = _step(op, scalings, element, hidden, cell)
        outputs.append(hidden.astype(np.int16))
    output = np.moveaxis(np.stack(outputs), 0, axis)
    return np.ascontiguousarray(output), hidden.astype(np.int16), cell.astype(np.int16)


def _step(op: LSTM, scalings: WideScalings, x: Ints, hidden: Ints, cell: Ints) -> tuple[Ints, Ints]:
    """Give hidden state and cells after one element of the sequence, [batch, C]."""
    forget, new, output, taken = (_gate_sums(op, scalings, index, x, hidden) for index in range(4))
    kept = saturate(requantize(_logistic(forget) * cell, *scalings.kept))
    added = saturate(requantize(_logistic(taken) * squash(new, GATE, True), *scalings.taken))
    cell = saturate(kept + added)
    if op.cell_clip:
        cell = np.clip(cell, -op.cell_clip, op.cell_clip)
    made = squash(cell, scalings.seen, True) * _logistic(output)
    return saturate(requantize(made, *scalings.hidden)), cell


def _gate_sums(op: LSTM, scalings: WideScalings, index: int, x: Ints, hidden: Ints) -> Ints:
    """Give the sum of a gate, before its function."""
    bias = op.biases[index].values.astype(np.int64)
    sums = x @ op.input_weights[index].values.astype(np.int64).T + bias
    first = saturate(requantize_once(sums, *scalings.input[index]))
    sums = hidden @ op.recurrent_weights[index].values.astype(np.int64).T
    return saturate(first + saturate(requantize_once(sums, *scalings.recurrent[index])))


def _logistic(x: Ints) -> Ints:
    return squash(x, GATE, False)
