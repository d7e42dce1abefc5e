"""Models whose variables outlive a run, tensor by tensor, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tests.builders.tflite_writer import ModelWriter


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A variable of a model, and what it is initialised with."""

    name: str
    initial: npt.NDArray[np.int8]


@dataclass
class StatefulWriter(ModelWriter):
    """A writer of one network and of the subgraph that initialises its variables.

    All tensors are int8 and quantized alike unless told otherwise.
    """

    variables: list[Variable] = field(default_factory=list)
    _handles: dict[str, int] = field(default_factory=dict)

    def values(self, *shape: int, name: str | None = None) -> int:
        """Add a tensor."""
        return self.tensor(shape, scale=0.5, zero_point=-3, name=name)

    def variable(self, name: str, initial: npt.ArrayLike | None = None) -> int:
        """Add a handle; with `initial` the variable is initialised once."""
        handle = self.tensor((), "resource", name=f"handle_{name}")
        if initial is not None:
            if not self.variables:
                self.op("CALL_ONCE", [], [], init_subgraph_index=1)
            self.variables.append(Variable(name=name, initial=np.asarray(initial, np.int8)))
        self.op("VAR_HANDLE", [], [handle], container="", shared_name=name)
        self._handles[name] = handle
        return handle

    def read(self, name: str, *shape: int) -> int:
        """Read a variable."""
        output = self.values(*shape)
        self.op("READ_VARIABLE", [self._handles[name]], [output])
        return output

    def assign(self, name: str, value: int) -> None:
        """Assign a variable."""
        self.op("ASSIGN_VARIABLE", [self._handles[name], value], [])

    def complete(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Give the file, of the network and the subgraph that initialises its variables."""
        if not self.variables:
            return self.finish(inputs, outputs)
        self.end_subgraph(inputs, outputs, "main")
        for each in self.variables:
            handle = self.tensor((), "resource")
            data = self.tensor(each.initial.shape, scale=0.5, zero_point=-3, data=each.initial)
            self.op("VAR_HANDLE", [], [handle], container="", shared_name=each.name)
            self.op("ASSIGN_VARIABLE", [handle, data], [])
        return self.finish([], [])
