"""What a model file holds, supported or not: what `tinyengine explain` shows."""

from dataclasses import dataclass

from tinyengine.errors import Problem
from tinyengine.importers.choice import Networks
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

    `macs` are multiply-accumulates; None where the operator is not supported, unless it is one of a
    float network that can be quantized.
    """

    source: Source
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    macs: int | None
    problem: Problem | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransposeSummary:
    """A transpose that the device computes: for which operator of the file, and the two shapes."""

    source: Source
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSummary:
    """A network of a model file; `problems` are all reasons why it cannot be compiled.

    `transposes` are those that remain of all layouts, where it can be compiled.
    `networks` are all that the file holds, `network` is the number of this one. `states` are what
    outlives a run.
    """

    name: str
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    operators: tuple[OperatorSummary, ...]
    problems: tuple[Problem, ...]
    networks: Networks
    network: int
    transposes: tuple[TransposeSummary, ...] = ()
    states: tuple[TensorSummary, ...] = ()

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all operators whose number is known."""
        return sum(operator.macs or 0 for operator in self.operators)
