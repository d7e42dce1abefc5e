"""The graph: operators in an executable order, and its edges to the outside."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tinyengine.ir.ops import Op, Reshape
from tinyengine.ir.tensor import Array, DType, Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """An input or output of the model.

    `dtype` is what the model file declares. Where it is float32, `tensor` is still an integer
    tensor: the host converts with the tensor's own scale and zero point.
    """

    name: str
    tensor: Tensor
    dtype: DType


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class State:
    """A tensor that survives from one run to the next.

    All that read it read what it held before the run. One operator may write it, as its output or
    where it stands, and comes after them. `initial` is what it holds before the first run, in its
    shape and type; None: zeros.
    """

    tensor: Tensor
    initial: Array | None = None

    @property
    def first(self) -> Array:
        """What the tensor holds before the first run."""
        zeros = np.zeros(self.tensor.shape, self.tensor.dtype.numpy)
        return zeros if self.initial is None else self.initial


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph:
    """An immutable network: `ops` stand in an order in which they can run."""

    name: str
    inputs: tuple[Edge, ...]
    outputs: tuple[Edge, ...]
    ops: tuple[Op, ...]
    states: tuple[State, ...] = ()

    @cached_property
    def producers(self) -> Mapping[Tensor, Op]:
        """The operator that writes each tensor; inputs, states and constants have none."""
        written = ((tensor, op) for op in self.ops for tensor in op.outputs)
        return {tensor: op for tensor, op in written if tensor not in self.state_tensors}

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

    @cached_property
    def state_tensors(self) -> tuple[Tensor, ...]:
        """The tensors that survive from one run to the next."""
        return tuple(state.tensor for state in self.states)

    @cached_property
    def seen_states(self) -> Mapping[Tensor, Tensor]:
        """Each state, and each tensor that is only another shape of one, with that state."""
        seen = {tensor: tensor for tensor in self.state_tensors}
        for op in self.ops if seen else ():
            if isinstance(op, Reshape) and op.input in seen:
                seen[op.output] = seen[op.input]
        return seen

    @cached_property
    def given(self) -> tuple[Tensor, ...]:
        """What is there before the first operator runs: inputs and states."""
        return (*self.input_tensors, *self.state_tensors)

    @cached_property
    def kept(self) -> tuple[Tensor, ...]:
        """What is needed after the last operator has run: outputs and states."""
        return (*self.output_tensors, *self.state_tensors)

    def with_ops(self, ops: tuple[Op, ...]) -> "Graph":
        """Give the same graph with other operators."""
        return replace(self, ops=ops)
