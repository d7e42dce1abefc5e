"""What a model of one operator is, and becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.builders.tflite_writer import Spec, one_op_model
from tinyengine.importers import FIRST, NetworkChoice
from tinyengine.importers.tflite import parse
from tinyengine.ir import Graph, Op


@dataclass(frozen=True, kw_only=True)
class Case:
    """A model of one operator and the IR operators that it must become."""

    opcode: str
    operands: Sequence[Spec | None]
    results: Sequence[Spec]
    becomes: tuple[type[Op], ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    between: Sequence[Spec] = ()
    choice: NetworkChoice = FIRST

    def graph(self) -> Graph:
        return parse(self.model(), "model.tflite", self.choice)

    def model(self) -> bytes:
        reads = any(spec is not None and spec.data is None for spec in self.operands)
        beside = None if reads else Spec(shape=(1, 4), scale=0.5, zero_point=-3)
        extras: dict[str, Any] = {"beside": beside, "intermediates": self.between, **self.options}
        return one_op_model(self.opcode, self.operands, self.results, **extras)
