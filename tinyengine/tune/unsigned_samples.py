"""Sample operators as models of uint8 have them: wide weights, halves that go up."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tinyengine.ir import (
    AveragePool2D,
    Convolution,
    DType,
    Halves,
    Op,
    Quantization,
    Quantize,
    ResizeBilinear,
    Rounding,
)

_ZERO_POINT = 28
"""By how much bytes are moved, so that some are no int8."""


def as_unsigned(op: Op) -> Iterator[Op]:
    """Give the same operator as it comes from uint8; none where it is no other than int8's."""
    match op:
        case Convolution() if op.rounding is Rounding.TFLITE:
            assert op.weight.quant is not None, "samples are quantized"
            data = op.weight.values.astype(np.int16) + _ZERO_POINT
            data.flags.writeable = False
            quant = Quantization(scale=op.weight.quant.scale[:1], zero_point=(0,))
            yield replace(op, weight=replace(op.weight, dtype=DType.INT16, quant=quant, data=data))
        case Quantize():
            quant = Quantization(scale=(op.input.scale,), zero_point=(op.input.zero_point + 128,))
            yield replace(op, output=replace(op.input, dtype=DType.UINT8, quant=quant))
        case AveragePool2D() | ResizeBilinear():
            yield replace(op, halves=Halves.UP)
        case _:
            return
