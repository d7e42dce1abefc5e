"""What outlives a run, as states of the graph, and the operators that write them at its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tinyengine.importers.refusals import LIMIT_HINT, RefusedError
from tinyengine.importers.tflite.tensors import NUMBERS, TensorTable
from tinyengine.importers.tflite.variables import Variable
from tinyengine.importers.tflite.wiring import Wiring
from tinyengine.ir import Array, DType, Edge, Op, Reshape, Slice, Source, State, Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """A variable as a state, and the tensor whose value it has after the run."""

    state: State
    value: Tensor
    source: Source


def hold(variable: Variable, wiring: Wiring, tensors: TensorTable) -> Held:
    """Give a variable as a state; raise RefusedError where it cannot be one."""
    read, written = (tensor_of(index, tensors) for index in (variable.read, variable.written))
    if not (written.is_const or _is_there(variable.written, wiring)):
        raise RefusedError("no operator computes what it assigns", LIMIT_HINT)
    return Held(
        state=State(tensor=read, initial=_initial(variable, read)),
        value=written,
        source=Source(
            index=variable.assign.index, opcode=variable.assign.opcode, name=variable.name
        ),
    )


def first_state(tensor: Tensor) -> State:
    """Give what an operator keeps as a state: in the beginning it stands for zeros.

    Source: TensorFlow Lite, core/subgraph.cc, `ResetVariableTensors`.
    """
    zero = 0 if tensor.quant is None else tensor.zero_point
    initial = np.full(tensor.shape, zero, tensor.dtype.numpy)
    return State(tensor=tensor, initial=initial if zero else None)


def tensor_of(index: int, tensors: TensorTable) -> Tensor:
    """Give a variable's tensor: an activation, or numbers as they are."""
    if tensors.file_tensor(index).dtype in {dtype.value for dtype in NUMBERS}:
        return tensors.numbers(index, "variable", NUMBERS)
    is_unsigned = tensors.file_tensor(index).dtype == DType.UINT8.value
    dtypes = (DType.UINT8,) if is_unsigned else (DType.INT8, DType.INT16)
    return tensors.activation(index, "variable", dtypes)


def settle(
    ops: Sequence[Op], held: Sequence[Held], outputs: Sequence[Edge]
) -> tuple[tuple[Op, ...], tuple[Edge, ...]]:
    """Give `ops` with the operators that write all states at the end, and the outputs.

    What shows a state and is needed once that has been written is copied before.
    """
    seen = _seen(ops, held)
    written = {each.state.tensor for each in held if seen.get(each.value) is not each.state.tensor}
    copies: dict[Tensor, Op] = {}

    def kept(tensor: Tensor, source: Source) -> Tensor:
        """Give `tensor`, or its copy where it would have changed by the end of the run."""
        if seen.get(tensor) not in written:
            return tensor
        if tensor not in copies:
            copies[tensor] = _copy(tensor, replace(tensor, name=f"{tensor.name}/copy"), source)
        return copies[tensor].output

    writes = [
        _copy(kept(each.value, each.source), each.state.tensor, each.source)
        for each in held
        if each.state.tensor in written
    ]
    edges = tuple(
        replace(edge, tensor=kept(edge.tensor, Source(index=-1, opcode="OUTPUT", name=edge.name)))
        for edge in outputs
    )
    return (*ops, *copies.values(), *writes), edges


def _seen(ops: Sequence[Op], held: Sequence[Held]) -> Mapping[Tensor, Tensor]:
    """Give the states, and what is another shape of one, with the state."""
    seen = {each.state.tensor: each.state.tensor for each in held}
    for op in ops:
        if isinstance(op, Reshape) and op.input in seen:
            seen[op.output] = seen[op.input]
    return seen


def _copy(tensor: Tensor, into: Tensor, source: Source) -> Op:
    rank = len(tensor.shape)
    return Slice(source=source, input=tensor, output=into, begin=(0,) * rank, strides=(1,) * rank)


def _is_there(index: int, wiring: Wiring) -> bool:
    return index in wiring.producers or index in wiring.given


def _initial(variable: Variable, tensor: Tensor) -> Array:
    values = variable.initial.view(tensor.dtype.numpy.newbyteorder("<")).reshape(tensor.shape)
    return values.astype(tensor.dtype.numpy)
