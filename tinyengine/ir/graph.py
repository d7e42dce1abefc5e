"""The graph: operators in an executable order, and its edges to the outside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from tinyengine.ir.ops import Op
from tinyengine.ir.tensor import DType, Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """An input or output of the model.

    `dtype` is what the model file declares. Where it is float32, `tensor` is still an integer
    tensor: the host converts with the tensor's own scale and zero point.
    """

    name: str
    tensor: Tensor
    dtype: DType


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """An immutable network: `ops` stand in an order in which they can run."""

    name: str
    inputs: tuple[Edge, ...]
    outputs: tuple[Edge, ...]
    ops: tuple[Op, ...]

    @cached_property
    def producers(self) -> Mapping[Tensor, Op]:
        """The operator that writes each tensor; inputs and constants have none."""
        return {op.output: op for op in self.ops}

    @cached_property
    def consumers(self) -> Mapping[Tensor, tuple[Op, ...]]:
        """The operators that read each tensor, once each, in order; only tensors that are read."""
        readers: dict[Tensor, list[Op]] = {}
        for op in self.ops:
            for tensor in dict.fromkeys(op.inputs):
                readers.setdefault(tensor, []).append(op)
        return {tensor: tuple(ops) for tensor, ops in readers.items()}

    @cached_property
    def input_tensors(self) -> tuple[Tensor, ...]:
        """The tensors of the inputs."""
        return tuple(edge.tensor for edge in self.inputs)

    @cached_property
    def output_tensors(self) -> tuple[Tensor, ...]:
        """The tensors of the outputs; a tensor may stand here more than once."""
        return tuple(edge.tensor for edge in self.outputs)

    def with_ops(self, ops: tuple[Op, ...]) -> "Graph":
        """Give the same graph with other operators."""
        return replace(self, ops=ops)
