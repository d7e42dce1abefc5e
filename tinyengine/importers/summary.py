"""What a model file holds, supported or not: what `tinyengine explain` shows."""

from dataclasses import dataclass

from tinyengine.errors import Problem
from tinyengine.ir import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSummary:
    """A tensor as the file declares it; `dtype` is the file's type name in lower case."""

    name: str
    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSummary:
    """An operator of the file; `problem` says why it is not supported, None if it is.

    `macs` are multiply-accumulates; None where the operator is not supported.
    """

    source: Source
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    macs: int | None
    problem: Problem | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """Everything in a model file; `problems` are all reasons why it cannot be compiled."""

    name: str
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    operators: tuple[OperatorSummary, ...]
    problems: tuple[Problem, ...]

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all supported operators."""
        return sum(operator.macs or 0 for operator in self.operators)
