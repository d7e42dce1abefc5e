"""Compute a tensor of a network from its constants, as first values of variables are."""

import numpy as np

from tinyengine.importers.names import label
from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.detection import DETECTION
from tinyengine.importers.tflite.handlers import HANDLERS
from tinyengine.importers.tflite.model import FileModel, FileOperator
from tinyengine.importers.tflite.states import tensor_of
from tinyengine.importers.tflite.tensors import TensorTable
from tinyengine.ir import Array, Op, Tensor
from tinyengine.reference.execute import results

_MOST_NBYTES = 4 << 20
"""Bytes of all tensors that are computed; it takes some twenty times as many meanwhile."""


def value_of(model: FileModel, index: int) -> Array:
    """Give the bytes of tensor `index`, a constant or what operators make of constants.

    Raises RefusedError where it depends on anything else.
    """
    tensor, tensors = model.tensors[index], TensorTable(model)
    if tensor.data is not None:
        return tensor.data
    values: dict[Tensor, Array] = {}
    for operator in _needed(model, index):
        for op in _ops_of(operator, tensors, model):
            _compute(op, values)
    made = tensor_of(index, tensors)
    if made.is_const:
        return np.frombuffer(made.values.tobytes(), np.uint8)
    if made not in values:
        raise RefusedError(
            f"nothing computes its first value, '{label(tensor.name)}'", DAMAGED_HINT
        )
    return np.frombuffer(values[made].tobytes(), np.uint8)


def _needed(model: FileModel, index: int) -> list[FileOperator]:
    """Give the operators that tensor `index` depends on, in order."""
    needed, operators = {index}, list[FileOperator]()
    for operator in reversed(model.operators):
        if not needed.isdisjoint(operator.outputs):
            operators.append(operator)
            needed.update(operator.inputs)
    return operators[::-1]


def _ops_of(operator: FileOperator, tensors: TensorTable, model: FileModel) -> tuple[Op, ...]:
    if operator.opcode not in HANDLERS or operator.opcode in DETECTION:
        raise RefusedError(
            f"{operator.opcode} computes its first value: that is not supported", LIMIT_HINT
        )
    return HANDLERS[operator.opcode](Call(operator, tensors, model.file))


def _compute(op: Op, values: dict[Tensor, Array]) -> None:
    """Add what `op` computes to `values`."""
    missing = [t for t in op.inputs if not t.is_const and t not in values]
    if missing:
        raise RefusedError(f"its first value depends on '{label(missing[0].name)}'", LIMIT_HINT)
    nbytes = sum(tensor.nbytes for tensor in (*op.outputs, *values))
    if nbytes > _MOST_NBYTES:
        raise RefusedError("its first value is computed from more than any device has", LIMIT_HINT)
    operands = [t.values if t.is_const else values[t] for t in op.inputs]
    values.update(zip(op.outputs, results(op, operands), strict=True))
