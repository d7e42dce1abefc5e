"""Clamps and multipliers: what TFLite derives from scales, and where it must be refused."""

import math

import numpy as np

from tinyengine.importers.names import label
from tinyengine.importers.refusals import CALIBRATE_HINT, LIMIT_HINT, RefusedError
from tinyengine.ir import Tensor

_ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")

INT32_MAX = (1 << 31) - 1
_GREATEST_SHIFT = 30


def activation_range(code: int, output: Tensor) -> tuple[int, int]:
    """Give (act_min, act_max) of a fused activation in the output's quantized units.

    Source: TensorFlow Lite, kernel_util.cc (CalculateActivationRangeQuantized).
    """
    least, greatest = output.dtype.limits
    name = _ACTIVATIONS[code] if 0 <= code < len(_ACTIVATIONS) else str(code)
    match name:
        case "NONE":
            return least, greatest
        case "RELU":
            return max(least, _quantize(0.0, output)), greatest
        case "RELU6":
            return max(least, _quantize(0.0, output)), min(greatest, _quantize(6.0, output))
        case "RELU_N1_TO_1":
            return max(least, _quantize(-1.0, output)), min(greatest, _quantize(1.0, output))
        case _:
            raise RefusedError(f"the fused activation {name} is not supported", LIMIT_HINT)


def _quantize(value: float, output: Tensor) -> int:
    """Give a real value in the output's units: float32 division, half away from zero."""
    with np.errstate(over="ignore"):
        quotient = float(np.float32(value) / np.float32(output.scale))
    if not abs(quotient) < INT32_MAX:
        raise RefusedError(
            f"output '{label(output.name)}' has a scale too small for its activation",
            CALIBRATE_HINT,
        )
    return output.zero_point + int(math.copysign(math.floor(abs(quotient) + 0.5), quotient))


def shift_of(multiplier: float) -> int:
    """Give the power of two of a multiplier's Q31 form: multiplier = q * 2^(shift - 31).

    Source: TensorFlow Lite, quantization_util.cc (QuantizeMultiplier).
    """
    mantissa, shift = math.frexp(multiplier)
    rounded = math.floor(mantissa * (1 << 31) + 0.5)
    return shift + 1 if rounded == 1 << 31 else shift


def require_headroom(multiplier: float, magnitude: int, what: str) -> None:
    """Refuse where requantizing integers of up to `magnitude` would overflow 32 bits."""
    if magnitude > INT32_MAX:
        raise RefusedError(
            f"{what} may overflow 32 bits (magnitude up to {magnitude})", CALIBRATE_HINT
        )
    shift = shift_of(multiplier)
    if shift > _GREATEST_SHIFT or magnitude << max(shift, 0) > INT32_MAX:
        raise RefusedError(
            f"{what} may overflow 32 bits when multiplied by {multiplier:.6g} "
            f"(magnitude up to {magnitude})",
            "the scales of input, weight and output do not fit each other: quantize again",
        )


def require_wide_headroom(multiplier: float, magnitude: int) -> None:
    """Refuse where 64-bit sums of up to `magnitude` leave what the interpreter can scale.

    Source: TensorFlow Lite, kernels/internal/common.cc: sums within 2^47, a shift of 7 at most.
    """
    fits = magnitude < 1 << 47 and shift_of(multiplier) <= 7
    if not fits or multiplier * magnitude >= INT32_MAX - 1024:
        raise RefusedError(
            f"sums of products up to {magnitude} may overflow when multiplied by {multiplier:.6g}",
            "the scales of input, weight and output do not fit each other: quantize again",
        )


def require_below_one(multiplier: float, what: str) -> None:
    """Refuse a multiplier that the interpreter demands to be below 1."""
    if not 0 < multiplier < 1 or shift_of(multiplier) > 0:
        raise RefusedError(
            f"{what} is {multiplier:.6g}; it must lie between 0 and 1",
            "the scales of inputs and output do not fit each other: quantize again",
        )
