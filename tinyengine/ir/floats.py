"""Operators that only float graphs have: quantization turns them into ranges and tables."""

from dataclasses import dataclass, field

from tinyengine.ir.ops import ACTIVATION, Op
from tinyengine.ir.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FloatOp(Op):
    """A function of every element by itself."""

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clamp(FloatOp):
    """The input within [minimum, maximum], which may be infinite."""

    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unary(FloatOp):
    """A function of one value by the name that TFLite gives it: LOGISTIC, TANH, ...

    `alpha` is the slope of LEAKY_RELU and the factor of ELU; `approximate` is for GELU. Integer
    graphs have a Lookup instead.
    """

    function: str
    alpha: float = 0.0
    approximate: bool = False
