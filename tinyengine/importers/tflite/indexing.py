"""Import GATHER_ND, SCATTER_ND and EMBEDDING_LOOKUP: parts that indices name, as Gather."""

import math
from collections.abc import Sequence

import numpy as np

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.ir import (
    Array,
    Concatenation,
    DType,
    Gather,
    NumberBinary,
    NumberFunction,
    Op,
    Reshape,
    Slice,
    Tensor,
)

_INDICES = (DType.INT32, DType.INT64)

_MOST_PLACES = 1 << 16
"""Of parts that updates are scattered to, and elements of each: constants are made of them."""

Shape = tuple[int, ...]


def embedding_lookup(call: Call) -> tuple[Op, ...]:
    """Import EMBEDDING_LOOKUP: the rows of a table that a vector of indices names."""
    call.expect((2,))
    indices, table = call.value(0, "indices", (DType.INT32,)), call.value(1, "table")
    if len(indices.shape) != 1 or len(table.shape) < 2:
        raise RefusedError(
            f"indices {describe(indices.shape)} of a table {describe(table.shape)} are no vector",
            DAMAGED_HINT,
        )
    output = call.output_like(table, (*indices.shape, *table.shape[1:]))
    require_equal_quantization(output, table)
    return (Gather(source=call.source, output=output, input=table, indices=indices, axis=0),)


def gather_nd(call: Call) -> tuple[Op, ...]:
    """Import GATHER_ND: the leading dimensions that an index has numbers for become one."""
    call.expect((2,))
    source, shape = call.value(), call.shape(1)
    numbers = shape[-1] if shape else 0
    if not 1 <= numbers <= len(source.shape):
        raise RefusedError(
            f"indices {describe(shape)} do not fit {describe(source.shape)}", DAMAGED_HINT
        )
    output = call.output_like(source, (*shape[:-1], *source.shape[numbers:]))
    require_equal_quantization(output, source)
    ops, indices = _flat_indices(call, source.shape[:numbers], math.prod(shape[:-1]))
    rest = source.shape[numbers:]
    flat = call.intermediate(output, "flat", (math.prod(source.shape[:numbers]), *rest))
    taken = call.intermediate(output, "taken", (*indices.shape, *rest))
    return (
        *ops,
        Reshape(source=call.source, output=flat, input=source),
        Gather(source=call.source, output=taken, input=flat, indices=indices, axis=0),
        Reshape(source=call.source, output=output, input=taken),
    )


def _flat_indices(call: Call, sizes: Shape, count: int) -> tuple[list[Op], Tensor]:
    """Give what makes one index of the numbers of each, for these sizes, and their vector."""
    if call.is_constant(1):
        numbers = np.array(call.integers(1, "indices", wide=True), np.int64)
        return [], _vector(call, "indices", _flattened(numbers.reshape(count, len(sizes)), sizes))
    given = call.value(1, "indices", _INDICES)
    ops: list[Op] = []
    total: Tensor | None = None
    for position, stride in enumerate(_strides(sizes)):
        ops += _scaled(call, given, (position, len(sizes), count), stride)
        if total is not None:
            added = Tensor(name=f"{given.name}/sum_{position}", shape=(count,), dtype=given.dtype)
            ops.append(_number(call, NumberFunction.ADD, (total, ops[-1].output), added))
        total = ops[-1].output
    assert total is not None, "an index has a number at least"
    return ops, total


def _scaled(call: Call, given: Tensor, place: Shape, stride: int) -> list[Op]:
    """Give number `place[0]` of the `place[1]` of each of `place[2]` indices, times `stride`."""
    position, numbers, count = place
    name, dtype = f"{given.name}/{position}", given.dtype
    rows = Tensor(name=f"{name}/rows", shape=(count, numbers), dtype=dtype)
    column = Tensor(name=f"{name}/column", shape=(count, 1), dtype=dtype)
    vector = Tensor(name=f"{name}/vector", shape=(count,), dtype=dtype)
    begin, strides = (0, position), (1, 1)
    ops: list[Op] = [
        Reshape(source=call.source, output=rows, input=given),
        Slice(source=call.source, output=column, input=rows, begin=begin, strides=strides),
        Reshape(source=call.source, output=vector, input=column),
    ]
    if stride != 1:
        values = np.array([stride], dtype.numpy)
        values.setflags(write=False)
        factor = Tensor(name=f"{name}/stride", shape=(1,), dtype=dtype, data=values)
        product = Tensor(name=f"{name}/scaled", shape=(count,), dtype=dtype)
        ops.append(_number(call, NumberFunction.MUL, (vector, factor), product))
    return ops


def _number(
    call: Call, function: NumberFunction, operands: tuple[Tensor, Tensor], output: Tensor
) -> Op:
    lhs, rhs = operands
    return NumberBinary(source=call.source, output=output, lhs=lhs, rhs=rhs, function=function)


def scatter_nd(call: Call) -> tuple[Op, ...]:
    """Import SCATTER_ND by constant indices: every place takes an update, or a zero behind them."""
    call.expect((3,))
    updates, shape = call.value(1, "updates"), call.integers(2, "shape", wide=True)
    at = call.shape(0)
    numbers = at[-1] if at else 0
    rest = shape[numbers:]
    if not 1 <= numbers <= len(shape) or updates.shape != (*at[:-1], *rest):
        raise RefusedError(
            f"updates {describe(updates.shape)} at {describe(at)} do not fit {describe(shape)}",
            DAMAGED_HINT,
        )
    if max(math.prod(shape[:numbers]), math.prod(rest)) > _MOST_PLACES:
        raise RefusedError(
            f"it scatters to {describe(shape)}, which is more than supported", LIMIT_HINT
        )
    output = call.output_like(updates, shape)
    require_equal_quantization(output, updates)
    count, sizes = math.prod(at[:-1]), shape[:numbers]
    given = np.array(call.integers(0, "indices", wide=True), np.int64).reshape(count, numbers)
    places = _flattened(given, sizes)
    if len(np.unique(places)) < count:
        raise RefusedError("it adds updates of one and the same place", LIMIT_HINT)
    source = np.full(math.prod(sizes), count, np.int64)
    source[places] = np.arange(count)
    return _scattered(call, (updates, output), (count, rest), source)


def _scattered(
    call: Call, ends: tuple[Tensor, Tensor], parts: tuple[int, Shape], source: Array
) -> tuple[Op, ...]:
    """Give what takes part `source[i]` of the updates for place i; behind them are zeros."""
    (updates, output), (count, rest) = ends, parts
    rows = call.intermediate(output, "updates", (count, *rest))
    zero_byte = -128 if call.dtype(1) == DType.UINT8.value else 0
    zeros = np.full((1, *rest), zero_byte, output.dtype.numpy)
    zeros.setflags(write=False)
    zero = Tensor(
        name="zero", shape=zeros.shape, dtype=output.dtype, quant=output.quant, data=zeros
    )
    joined = call.intermediate(output, "joined", (count + 1, *rest))
    taken = call.intermediate(output, "taken", (len(source), *rest))
    indices = _vector(call, "places", source)
    return (
        Reshape(source=call.source, output=rows, input=updates),
        Concatenation(source=call.source, output=joined, operands=(rows, zero), axis=0),
        Gather(source=call.source, output=taken, input=joined, indices=indices, axis=0),
        Reshape(source=call.source, output=output, input=taken),
    )


def _flattened(numbers: Array, sizes: Sequence[int]) -> Array:
    """Give one index for each row of `numbers`, which must stay within `sizes`."""
    rows = np.asarray(numbers, np.int64)
    if np.any(rows < 0) or np.any(rows >= np.array(sizes)):
        raise RefusedError(f"an index leaves {describe(tuple(sizes))}", DAMAGED_HINT)
    return np.asarray(rows @ np.array(_strides(sizes), np.int64))


def _strides(sizes: Sequence[int]) -> Shape:
    return tuple(math.prod(sizes[axis + 1 :]) for axis in range(len(sizes)))


def _vector(call: Call, name: str, values: Array) -> Tensor:
    data = np.asarray(values, np.int32)
    data.setflags(write=False)
    full = f"{call.source.name}/{name}"
    return Tensor(name=full, shape=data.shape, dtype=DType.INT32, data=data)
