"""What the operators of truths and plain integers ask of their elements and shapes, as faults."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tinyengine.ir.logic_ops import (
    Cast,
    Compare,
    Gather,
    NumberBinary,
    NumberFunction,
    Relation,
    Select,
)
from tinyengine.ir.ops import Op
from tinyengine.ir.tensor import DType, Tensor

_NUMBERS = (DType.INT32, DType.INT64)
_REALS = (DType.INT8, DType.INT16)
_CAST = (DType.BOOL, DType.INT8, DType.UINT8, DType.INT16, DType.UINT32, *_NUMBERS)
_MOVED = (*_CAST, DType.UINT64)

DIVISIONS = (NumberFunction.DIV, NumberFunction.FLOOR_DIV, NumberFunction.FLOOR_MOD)
"""The functions that only int32 has."""

# -- elements ---------------------------------------------------------------------------------


def _compare_elements(op: Compare) -> Iterator[str]:
    yield from _is_one_of(op.lhs, (DType.BOOL, *_REALS, *_NUMBERS))
    yield from _is_one_of(op.rhs, (op.lhs.dtype,))
    yield from _is_one_of(op.output, (DType.BOOL,))
    if op.lhs.dtype is DType.BOOL and op.relation in (Relation.LESS, Relation.LESS_EQUAL):
        yield "bools have no order"
    for tensor in (op.lhs, op.rhs):
        if tensor.dtype is DType.INT8 and (tensor.quant is None or tensor.quant.per_channel):
            yield f"'{tensor.name}' is not quantized per tensor"


def _number_elements(op: NumberBinary) -> Iterator[str]:
    dtypes: tuple[DType, ...] = _NUMBERS
    if op.function in (NumberFunction.MINIMUM, NumberFunction.MAXIMUM):
        dtypes = (*_NUMBERS, DType.BOOL)
    elif op.function in DIVISIONS:
        dtypes = (DType.INT32,)
    yield from _is_one_of(op.output, dtypes)
    yield from _are_like(op, op.lhs, op.rhs)


def _select_elements(op: Select) -> Iterator[str]:
    yield from _is_one_of(op.condition, (DType.BOOL,))
    yield from _is_one_of(op.output, _MOVED)
    yield from _are_like(op, op.lhs, op.rhs)


def _cast_elements(op: Cast) -> Iterator[str]:
    yield from _is_one_of(op.input, _CAST)
    yield from _is_one_of(op.output, _CAST)


def _gather_elements(op: Gather) -> Iterator[str]:
    yield from _is_one_of(op.output, _MOVED)
    yield from _are_like(op, op.input)
    yield from _is_one_of(op.indices, _NUMBERS)


def _is_one_of(tensor: Tensor, dtypes: tuple[DType, ...]) -> Iterator[str]:
    if tensor.dtype not in dtypes:
        wanted = " or ".join(dtype.value for dtype in dtypes)
        yield f"'{tensor.name}' is {tensor.dtype.value}, must be {wanted}"


def _are_like(op: Op, *tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        if not tensor.quantized_like(op.output):
            yield f"'{tensor.name}' is not of the type and quantization of the output"


LOGIC_ELEMENTS: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    Compare: _compare_elements,
    NumberBinary: _number_elements,
    Select: _select_elements,
    Cast: _cast_elements,
    Gather: _gather_elements,
}
"""What each class asks of its elements in an integer graph."""


# -- shapes -----------------------------------------------------------------------------------


def _broadcast(op: Compare | NumberBinary | Select) -> Iterator[str]:
    shapes = [tensor.shape for tensor in op.activations]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        yield f"{' and '.join(map(str, shapes))} do not broadcast"
        return
    yield from _is(op, shape)


def _cast_shape(op: Cast) -> Iterator[str]:
    yield from _is(op, op.input.shape)


def _gather_shape(op: Gather) -> Iterator[str]:
    shape = op.input.shape
    if not 0 <= op.axis < len(shape):
        yield f"axis {op.axis} does not exist in {shape}"
        return
    yield from _is(op, (*shape[: op.axis], *op.indices.shape, *shape[op.axis + 1 :]))


def _is(op: Op, expected: tuple[int, ...]) -> Iterator[str]:
    if op.output.shape != expected:
        yield f"output is {op.output.shape}, must be {expected}"


LOGIC_SHAPES: Mapping[type[Op], Callable[[Any], Iterator[str]]] = {
    Compare: _broadcast,
    NumberBinary: _broadcast,
    Select: _broadcast,
    Cast: _cast_shape,
    Gather: _gather_shape,
}
"""What each class asks of the shapes of its tensors and of its attributes."""
