"""Fuse clamps into the operators that produce their input, and tables into one another."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinyengine.ir import (
    Add,
    Array,
    DType,
    FullyConnected,
    Graph,
    Lookup,
    Maximum,
    Minimum,
    Mul,
    Op,
    Sub,
    Tensor,
    Window,
)
from tinyengine.passes.rewrite import read_once, rewrite

EVERY_INT8 = np.arange(-128, 128)


def fuse_clamps(graph: Graph) -> Graph:
    """Give the graph with clamps in the `act_min` and `act_max` of the operators before them.

    A clamp is a Lookup whose table clamps all values that it can meet, or a MINIMUM or MAXIMUM
    with one constant value, that does not change the quantization and alone reads its input.
    A Lookup that alone reads another Lookup becomes one table with it.
    """

    def fuse(op: Op, producers: Mapping[Tensor, Op]) -> Op:
        """Give `op` with the clamp after it as its own."""
        function = _byte_function(op)
        if function is None or not read_once(graph, function[0]):
            return op
        tensor, table = function
        match producers.get(tensor):
            case Lookup() as before if isinstance(op, Lookup):
                return _compose(before, op)
            case (Window() | FullyConnected() | Add() | Sub() | Mul()) as before:
                return _clamped(before, op, table)
            case _:
                return op

    return rewrite(graph, fuse)


def _byte_function(op: Op) -> tuple[Tensor, Array] | None:
    """Give the tensor that `op` is a function of and that function of -128 … 127, if it is one."""
    match op:
        case Lookup():
            return op.input, op.table
        case Minimum() | Maximum() if op.output.dtype is DType.INT8:
            tensor, limit = (op.rhs, op.lhs) if op.lhs.is_const else (op.lhs, op.rhs)
            if not limit.is_const or np.ptp(limit.values) or tensor.shape != op.output.shape:
                return None
            extremum = np.minimum if isinstance(op, Minimum) else np.maximum
            return tensor, extremum(EVERY_INT8, int(limit.values.flat[0]))
        case _:
            return None


def _clamped(before: Window | FullyConnected | Add | Sub | Mul, op: Op, table: Array) -> Op:
    """Give `before` with the clamp `table` of `op` and its output, or `op` if it is no clamp."""
    values = np.arange(before.act_min, before.act_max + 1)
    results = table[values + 128]
    least, greatest = int(results.min()), int(results.max())
    is_clamp = np.array_equal(results, np.clip(values, least, greatest))
    if not is_clamp or not before.output.quantized_like(op.output):
        return op
    return replace(before, output=op.output, act_min=least, act_max=greatest)


def _compose(before: Lookup, op: Lookup) -> Lookup:
    table = op.table[before.table.astype(np.int16) + 128]
    table.flags.writeable = False
    function = f"{before.function}_{op.function}"
    return replace(op, input=before.input, table=table, function=function)
