"""Sample operators of int16: those of int8 with other elements, and those that int8 has not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from tinyengine.ir import (
    Add,
    Array,
    AveragePool2D,
    BatchMatMul,
    Conv2D,
    Convolution,
    DType,
    FullyConnected,
    LeakyRelu,
    Lookup,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Quantization,
    Quantize,
    ReduceMax,
    ReduceMin,
    ResizeBilinear,
    Sigmoid,
    Softmax,
    Sub,
    Tensor,
)

_ENDS = (-(1 << 15), (1 << 15) - 1)
_SIGMOID_SCALE = 2.0**-12
_FAR = 1 << 34
"""What biases have more where sums are to need 64 bits."""

_RATIO = 16.0
"""By how much scales are finer than those of int8."""


def widened(op: Op) -> Iterator[Op]:
    """Give the same operator of int16, or several; none where there is none."""
    match op:
        case Convolution() | FullyConnected() if not _weight_has_zero_point(op):
            assert op.bias is not None, "samples have biases"
            wide = replace(op, **_ends(op), input=_wide(op.input), output=_wide(op.output))
            yield replace(wide, bias=_as_int64(op.bias, 0))
            yield replace(wide, bias=_as_int64(op.bias, _FAR))
            if isinstance(op, Conv2D):
                yield wide
        case AveragePool2D() | MaxPool2D() | ResizeBilinear() | Mean():
            yield replace(op, **_ends(op), input=_wide(op.input), output=_wide(op.output))
        case ReduceMax() | ReduceMin():
            yield replace(op, input=_wide(op.input), output=_wide(op.output))
        case Add() | Sub() | Mul() | Minimum() | Maximum() | BatchMatMul():
            lhs, rhs, output = _wide(op.lhs), _wide(op.rhs), _wide(op.output)
            yield replace(op, **_ends(op), lhs=lhs, rhs=rhs, output=output)
        case Softmax():
            yield replace(op, input=_wide(op.input), output=_wide(op.output, 2.0**-15))
            if op.input.shape[-1] < 512:  # longer ones are not taken
                yield replace(op, output=_unsigned(op.output))
        case Quantize():
            yield replace(op, input=_wide(op.input))
            yield replace(op, output=_wide(op.output))
            yield replace(op, input=_wide(op.input), output=_wide(op.output))
        case _:
            return


def leaky_relu_of(op: Lookup) -> LeakyRelu:
    """Give a LeakyRelu of the shape of a table of int8."""
    least, greatest = _ENDS
    return LeakyRelu(
        source=op.source,
        input=_wide(op.input),
        output=_wide(op.output),
        alpha=0.25,
        act_min=least,
        act_max=greatest,
    )


def sigmoids_of(op: Lookup) -> tuple[Sigmoid, Sigmoid]:
    """Give the logistic function and the hyperbolic tangent of the shape of a table of int8."""
    x, y = _wide(op.input, _SIGMOID_SCALE), _wide(op.output, 2.0**-15)
    logistic = Sigmoid(source=op.source, input=x, output=y, is_tanh=False)
    return logistic, replace(logistic, is_tanh=True)


def _wide(tensor: Tensor, scale: float = 0.0) -> Tensor:
    """Give `tensor` as int16, with zero point 0."""
    quant = Quantization(scale=(scale or tensor.scale / _RATIO,), zero_point=(0,))
    data = None if tensor.data is None else _read_only(tensor.values.astype(np.int16))
    return replace(tensor, dtype=DType.INT16, quant=quant, data=data)


def _unsigned(tensor: Tensor) -> Tensor:
    """Give `tensor` as int16 that counts 65536ths from -32768 on."""
    quant = Quantization(scale=(2.0**-16,), zero_point=(-(2**15),))
    return replace(tensor, dtype=DType.INT16, quant=quant)


def _as_int64(bias: Tensor, more: int) -> Tensor:
    """Give `bias` as int64, with `more` added to every value."""
    data = _read_only(bias.values.astype(np.int64) + more)
    return replace(bias, dtype=DType.INT64, data=data)


def _read_only(values: Array) -> Array:
    values.flags.writeable = False
    return values


def _ends(op: Op) -> dict[str, Any]:
    """Give the clamp of int16, from 0 where that of int8 is a ReLU, if `op` has one."""
    if not hasattr(op, "act_min"):
        return {}
    least, greatest = _ENDS
    is_relu = op.output.quant is not None and op.output.zero_point == -128
    return {"act_min": 0 if is_relu else least, "act_max": greatest}


def _weight_has_zero_point(op: Convolution | FullyConnected) -> bool:
    return op.weight.quant is None or any(op.weight.quant.zero_point)
