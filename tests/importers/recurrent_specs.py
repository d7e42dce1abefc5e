"""Operands of the smallest models of operators that keep their state."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.builders.tflite_writer import Spec


def _weight(*shape: int) -> Spec:
    data = np.arange(np.prod(shape)).reshape(shape) % 7 - 3
    return Spec(shape=shape, scale=0.01, data=data)


def _bias(*values: int, dtype: str = "int32") -> Spec:
    return Spec(shape=(len(values),), dtype=dtype, scale=0.125, data=values)


def _variable(dtype: str, *shape: int, **more: Any) -> Spec:
    return Spec(shape=shape, dtype=dtype, is_variable=True, **more)


_TIMES = Spec(shape=(4, 2), dtype="int16", scale=0.01, data=[[1, -2], [3, 4], [5, 6], [-7, 8]])

SVDF_OPERANDS: Sequence[Spec | None] = (
    Spec(shape=(1, 3), scale=0.5, zero_point=-3),
    _weight(4, 3),
    _TIMES,
    _bias(1, 2),
    _variable("int16", 1, 8, scale=0.01, zero_point=0),
)
"""Two units of rank 2 that remember two results."""

LSTM_OPERANDS: Sequence[Spec | None] = (
    Spec(shape=(1, 2, 3), scale=0.5, zero_point=-3),
    *[_weight(2, 3)] * 4,
    *[_weight(2, 2)] * 4,
    *[None] * 3,
    *[_bias(100, -200)] * 4,
    *[None] * 2,
    _variable("int8", 1, 2, scale=0.5, zero_point=-3),
    _variable("int16", 1, 2, scale=2.0**-11, zero_point=0),
)
"""Two cells and a sequence of two elements."""

WIDE_LSTM_OPERANDS: Sequence[Spec | None] = (
    Spec(shape=(1, 2, 3), dtype="int16", scale=0.5, zero_point=0),
    *LSTM_OPERANDS[1:12],
    *[_bias(100, -200, dtype="int64")] * 4,
    *[None] * 2,
    _variable("int16", 1, 2, scale=2.0**-15, zero_point=0),
    LSTM_OPERANDS[19],
)
"""The same of int16."""

LSTM_INTERMEDIATES = (Spec(shape=(0,), scale=0.5, zero_point=-3),) * 5
