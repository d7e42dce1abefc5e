"""The IR of truths and plain integers: what is compared, chosen, converted and looked up."""

from dataclasses import dataclass, field
from enum import Enum

from tinyengine.ir.ops import ACTIVATION, Binary, Op
from tinyengine.ir.tensor import Tensor


class Relation(Enum):
    """What a comparison asks of its operands."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_EQUAL = "<="


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compare(Binary):
    """Whether lhs stands in `relation` to rhs, as bool.

    Operands are of one type; int8 ones are compared as the real numbers that they stand for.
    """

    relation: Relation


class NumberFunction(Enum):
    """What is made of two plain integers."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    MINIMUM = "min"
    MAXIMUM = "max"
    DIV = "/"
    FLOOR_DIV = "//"
    FLOOR_MOD = "%"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumberBinary(Binary):
    """`function` of two integers that stand for themselves, modulo 2^bits of their type.

    Of bools there are the minimum, which is "and", and the maximum, "or"; only int32 is divided,
    by constants without zeros: DIV rounds towards 0, FLOOR_DIV down, and what FLOOR_MOD leaves has
    the sign of the divisor.
    """

    function: NumberFunction


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Select(Op):
    """lhs where the condition holds, rhs elsewhere; all three broadcast to the output's shape."""

    condition: Tensor = field(metadata=ACTIVATION)
    lhs: Tensor = field(metadata=ACTIVATION)
    rhs: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cast(Op):
    """The input's integers in another type: their low bits; of bool, whether they are not 0.

    Quantization does not count: the integer that a byte stands for is the byte.
    """

    input: Tensor = field(metadata=ACTIVATION)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gather(Op):
    """Of dimension `axis` (non-negative) of the input, what stands at each of the indices.

    The indices' dimensions take the place of that one. Those that leave it give its nearest end.
    """

    input: Tensor = field(metadata=ACTIVATION)
    indices: Tensor = field(metadata=ACTIVATION)
    axis: int
