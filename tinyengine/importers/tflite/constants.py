"""Make constants of what operators compute from constants only: shapes, above all."""

from tinyengine.importers.tflite.model import FileOperator
from tinyengine.importers.tflite.tensors import NUMBERS, TensorTable
from tinyengine.ir import Array, Op, Tensor
from tinyengine.reference.execute import results

_MOST_FOLDED = 1 << 16
"""Elements of a constant that is computed when a file is read."""


def folded(ops: tuple[Op, ...], operator: FileOperator, tensors: TensorTable) -> tuple[Op, ...]:
    """Give `ops`; none where they compute small constants of numbers, which `tensors` learn.

    Exporters compute shapes so, and later operators of the file want constants.
    """
    values: dict[Tensor, Array] = {}
    for op in ops:
        known = [tensor.data if tensor.is_const else values.get(tensor) for tensor in op.inputs]
        operands = [value for value in known if value is not None]
        if len(operands) < len(known) or not all(_is_small(tensor) for tensor in op.outputs):
            return ops
        values.update(zip(op.outputs, results(op, operands), strict=True))
    for index in operator.outputs if ops else ():
        tensor = tensors.made(index)
        assert tensor is not None, f"{operator.opcode} makes tensor {index}"
        tensors.learn(index, values[tensor])
    return ()


def _is_small(tensor: Tensor) -> bool:
    return tensor.dtype in NUMBERS and tensor.elements <= _MOST_FOLDED
