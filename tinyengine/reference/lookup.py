"""Unary functions of int8 as tables of 256 entries, and their application.

`build_table` gives what TensorFlow Lite's reference kernels give for every input. These compute
in one of three ways, and each function here says in which:

- in float32, rounded to nearest (`_from_real`). The interpreter takes exp, tanh and the like from
  the C library of the machine that it runs on; here they are correctly rounded float32 results,
  the same on every machine. The two can differ by one unit in the last place of float32, which
  changes an entry only where the result lies that close to halfway between two integers.
- in fixed point (`tinyengine.reference.fixed_point`), exactly.
- not at all: SQUARE has no int8 kernel, and the entry is the rounded exact result.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Array, Lookup, Tensor
from tinyengine.reference.fixed_point import quantize_multiplier, requantize
from tinyengine.reference.lookup_fixed_point import hard_swish, inverse_square_root

Table = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

ONE = np.float32(1)
HALF = np.float32(0.5)
INPUTS: Ints = np.arange(-128, 128)
INPUTS.setflags(write=False)


def lookup(op: Lookup, x: Array) -> Array:
    """Give the table's entry for every element of x int8, of any shape."""
    return op.table[x.astype(np.int64) + 128]


def build_table(
    function: str,
    input: Tensor,
    output: Tensor,
    *,
    alpha: float = 0.0,
    approximate: bool = False,
) -> Table:
    """Give the table of `function`: entry i is the output for input i - 128.

    `input` and `output` are int8, quantized per tensor. LEAKY_RELU needs `alpha`; `approximate`
    is for GELU. Raises ModelError where the interpreter fails or has no defined result for some
    input, and for a function that is not in `FUNCTIONS`.
    """
    try:
        match function:
            case "LEAKY_RELU":
                table = _leaky_relu(input, output, alpha)
            case "GELU":
                table = _gelu(input, output, approximate=approximate)
            case _ if function in _SIMPLE:
                table = _SIMPLE[function](input, output)
            case _:
                raise ModelError("", "there is no table of this function")
    except ModelError as error:
        raise ModelError(f"{function} '{output.name}'", error.problems[0].problem) from None
    table.setflags(write=False)
    return table


# -- computed in float32 --------------------------------------------------------------------------


def _from_real(output: Tensor, real: Floats) -> Table:
    """Quantize float32 results. Source: TensorFlow Lite, kernels/internal/common.h, LUTPopulate."""
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = real * (ONE / np.float32(output.scale))
        return _clamped(_as_int32(_rounded_away(scaled) + np.float32(output.zero_point)))


def _reals(input: Tensor) -> Floats:
    """Give what the 256 inputs stand for, in float32."""
    return np.float32(input.scale) * _centred(input).astype(np.float32)


def _centred(tensor: Tensor) -> Ints:
    """Give the 256 inputs less the zero point."""
    return INPUTS - tensor.zero_point


def _rounded(function: Callable[[float], float], values: Floats) -> Floats:
    """Give `function` of each value, computed in double and rounded to float32."""
    with np.errstate(over="ignore"):
        return np.array([function(float(value)) for value in values]).astype(np.float32)


def _rounded_away(values: Floats) -> Floats:
    """Give the nearest whole numbers, halves away from zero."""
    whole = np.trunc(values)
    carries = np.abs(values - whole) >= HALF
    return np.asarray(whole + np.copysign(carries.astype(np.float32), values))


def _exp(value: float) -> float:
    return math.inf if value > 700 else math.exp(value)


def _as_int32(values: Floats) -> Ints:
    """Give the integer part; raises ModelError where 32 bits cannot hold it."""
    if not np.all(np.abs(values) < np.float32(2**31)):
        raise ModelError("", "the result of some input, in steps of the output, exceeds 32 bits")
    return values.astype(np.int64)


def _clamped(values: Ints) -> Table:
    return np.clip(values, -128, 127).astype(np.int8)


def _logistic(input: Tensor, output: Tensor) -> Table:
    """Tabulate 1 / (1 + exp(-x)) in float32; the interpreter insists on an output scale of 1/256.

    Source: TensorFlow Lite, kernels/activations.cc, SigmoidPrepare.
    """
    return _from_real(output, ONE / (ONE + _rounded(_exp, -_reals(input))))


def _tanh(input: Tensor, output: Tensor) -> Table:
    """Tabulate tanh(x) in float32. Source: TensorFlow Lite, kernels/activations.cc, TanhPrepare."""
    return _from_real(output, _rounded(math.tanh, _reals(input)))


def _elu(input: Tensor, output: Tensor) -> Table:
    """Tabulate exp(x) - 1 below 0 and x elsewhere, in float32.

    The reference op resolver lacks ELU; this is what the default one computes. Source: TensorFlow
    Lite, kernels/activations.cc, EluPrepare.
    """
    x = _reals(input)
    return _from_real(output, np.where(x < 0, _rounded(math.expm1, np.minimum(x, 0)), x))


def _exponential(input: Tensor, output: Tensor) -> Table:
    """Tabulate exp(x) in float32. Source: TensorFlow Lite, kernels/exp.cc, Prepare."""
    return _from_real(output, _rounded(_exp, _reals(input)))


def _log(input: Tensor, output: Tensor) -> Table:
    """Tabulate log(x) in float32, and the least output for x ≤ 0.

    Source: TensorFlow Lite, kernels/elementwise.cc, LogLUTPrepare.
    """
    x = _reals(input)
    least = np.float32(-128 - output.zero_point) * np.float32(output.scale)
    return _from_real(output, np.where(x > 0, _rounded(math.log, np.where(x > 0, x, ONE)), least))


def _gelu(input: Tensor, output: Tensor, *, approximate: bool) -> Table:
    """Tabulate x * Phi(x) in float32, by erfc or, if `approximate`, by tanh.

    Source: TensorFlow Lite, kernels/internal/reference/gelu.h.
    """
    x = _reals(input)
    with np.errstate(over="ignore", invalid="ignore"):
        if approximate:
            factor = np.float32(math.sqrt(2 / math.pi))
            inner = factor * (x + np.float32(0.044715) * x * x * x)
            real = HALF * x * (ONE + _rounded(math.tanh, inner))
        else:
            real = HALF * x * _rounded(math.erfc, x * np.float32(-math.sqrt(0.5)))
    return _from_real(output, real)


def _sqrt(input: Tensor, output: Tensor) -> Table:
    """Tabulate sqrt(x) in float32, rounded down; the interpreter fails on x < 0.

    Source: TensorFlow Lite, kernels/elementwise.cc, SqrtEvalQuantized.
    """
    _refuse_negative(input)
    roots: Floats = np.sqrt(_reals(input), dtype=np.float32)
    steps = roots / np.float32(output.scale)
    return _clamped(_as_int32(steps) + output.zero_point)


def _refuse_negative(input: Tensor) -> None:
    if input.zero_point > -128:
        raise ModelError("", "the input can be negative, where the function is not defined")


# -- computed in fixed point ----------------------------------------------------------------------


def _ratio(numerator: float, denominator: float) -> float:
    """Give the float32 quotient of two float32 numbers."""
    with np.errstate(over="ignore"):
        return float(np.float32(numerator) / np.float32(denominator))


def _rescaled(input: Tensor, output: Tensor, factor: float) -> Ints:
    """Give the 256 inputs times `factor`, in steps of the output."""
    multiplier, shift = quantize_multiplier(factor)
    return requantize(_centred(input), multiplier, shift) + output.zero_point


def _relu(low: float, high: float) -> Callable[[Tensor, Tensor], Table]:
    """Give the function that tabulates x clamped to [low, high], in fixed point.

    Source: TensorFlow Lite, kernels/activations.cc, QuantizedReluX.
    """

    def step(output: Tensor, bound: float) -> int:
        """Give the step of `output` that `bound` falls on."""
        steps = _rounded_away(np.array([_ratio(bound, output.scale)], np.float32))
        return output.zero_point + int(_as_int32(steps)[0])

    def tabulate(input: Tensor, output: Tensor) -> Table:
        """Give the table of the clamp."""
        act_min = max(step(output, low), -128)
        act_max = 127 if math.isinf(high) else min(step(output, high), 127)
        values = _rescaled(input, output, _ratio(input.scale, output.scale))
        return _clamped(np.minimum(np.maximum(values, act_min), act_max))

    return tabulate


def _leaky_relu(input: Tensor, output: Tensor, alpha: float) -> Table:
    """Tabulate x where x ≥ 0 and alpha * x elsewhere, in fixed point; alpha of either sign.

    Source: TensorFlow Lite, kernels/activations.cc, LeakyReluPrepare.
    """
    with np.errstate(over="ignore"):
        product = np.float32(input.scale) * np.float32(alpha)
    factor = _ratio(float(product), output.scale)
    scaled = requantize(_centred(input), *quantize_multiplier(abs(factor)))
    negative = np.where(factor < 0, -scaled, scaled) + output.zero_point
    positive = _rescaled(input, output, _ratio(input.scale, output.scale))
    return _clamped(np.where(_centred(input) >= 0, positive, negative))


def _abs(input: Tensor, output: Tensor) -> Table:
    """Tabulate |x| in fixed point. Source: TensorFlow Lite, elementwise.cc, AbsEvalQuantized."""
    values = np.abs(_centred(input))
    if input.scale != output.scale:
        values = requantize(values, *quantize_multiplier(_ratio(input.scale, output.scale)))
    return _clamped(values + output.zero_point)


def _rsqrt(input: Tensor, output: Tensor) -> Table:
    """Tabulate 1 / sqrt(x) in fixed point, and 127 for x = 0; the interpreter fails on x < 0.

    Source: TensorFlow Lite, kernels/elementwise.cc, RsqrtEvalQuantizedInt8.
    """
    _refuse_negative(input)
    factor = float(np.sqrt(np.float32(input.scale)) * np.float32(output.scale))
    multiplier, shift = quantize_multiplier(1 / factor)
    values = [inverse_square_root(int(value), multiplier, shift) for value in _centred(input)[1:]]
    return _clamped(np.array([127, *(value + output.zero_point for value in values)]))


def _hard_swish(input: Tensor, output: Tensor) -> Table:
    """Tabulate x * min(max(x + 3, 0), 6) / 6 in 16-bit fixed point."""
    return _clamped(hard_swish(_centred(input), input.scale, output.scale, output.zero_point))


def _neg(input: Tensor, output: Tensor) -> Table:  # noqa: ARG001
    """Tabulate -q, and -128 for q = -128, whatever the scales and zero points.

    Source: TensorFlow Lite, kernels/neg.cc, Eval, measured: it negates the bytes as they are.
    """
    return (-INPUTS).astype(np.int8)


# -- not computed by the interpreter --------------------------------------------------------------


def _square(input: Tensor, output: Tensor) -> Table:
    """Tabulate x², the exact result rounded to nearest, halves up."""
    factor = Fraction(input.scale) ** 2 / Fraction(output.scale)
    steps = [math.floor(int(q) ** 2 * factor + Fraction(1, 2)) for q in _centred(input)]
    return _clamped(np.array([min(step, 1 << 20) + output.zero_point for step in steps]))


_SIMPLE: Mapping[str, Callable[[Tensor, Tensor], Table]] = {
    "ABS": _abs,
    "ELU": _elu,
    "EXP": _exponential,
    "HARD_SWISH": _hard_swish,
    "LOG": _log,
    "LOGISTIC": _logistic,
    "NEG": _neg,
    "RELU": _relu(0, math.inf),
    "RELU6": _relu(0, 6),
    "RELU_0_TO_1": _relu(0, 1),
    "RELU_N1_TO_1": _relu(-1, 1),
    "RSQRT": _rsqrt,
    "SQRT": _sqrt,
    "SQUARE": _square,
    "TANH": _tanh,
}

FUNCTIONS = frozenset({*_SIMPLE, "GELU", "LEAKY_RELU"})
"""The names that `build_table` knows: TFLite's operators."""
