"""From integers to float32 and back, as DEQUANTIZE and QUANTIZE do it one after the other."""

import numpy as np
import numpy.typing as npt

from tinyengine.ir import Array, Tensor
from tinyengine.reference.fixed_point import round_half_away


def through_float(values: Array, source: Tensor, output: Tensor) -> npt.NDArray[np.int8]:
    """Give int8 `values` of `source`, dequantized to float32 and quantized as int8 `output`.

    Source: TensorFlow Lite, reference/dequantize.h: the product in double, rounded to float32;
    reference/quantize.h: the quotient in float32, rounded to the nearest integer, halves away from
    zero, plus the zero point, clamped.
    """
    centred = values.astype(np.int64) - source.zero_point
    reals = (np.float64(source.scale) * centred).astype(np.float32)
    with np.errstate(over="ignore"):
        steps = round_half_away((reals / np.float32(output.scale)).astype(np.float64))
    limits = np.iinfo(np.int32)
    whole = np.clip(steps, limits.min, limits.max) + output.zero_point
    return np.clip(whole, -128, 127).astype(np.int8)
