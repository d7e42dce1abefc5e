"""Turn sums and products with one constant value into tables."""

from collections.abc import Mapping
from typing import assert_never

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Add, DType, Graph, Lookup, Mul, Op, Sub, Tensor
from tinyengine.passes.rewrite import rewrite
from tinyengine.reference.arithmetic import add, mul, sub

Bytes = npt.NDArray[np.int8]

EVERY_INT8: Bytes = np.arange(-128, 128, dtype=np.int8)


def tabulate_constants(graph: Graph) -> Graph:
    """Give the graph with a Lookup for every sum or product that is a function of one byte.

    That is one whose other operand has a single constant value and does not broadcast the first.
    """

    def tabulate(op: Op, producers: Mapping[Tensor, Op]) -> Op:
        """Give the table that `op` is where one operand is constant."""
        del producers
        return _tabulated(op) if isinstance(op, Add | Sub | Mul) else op

    return rewrite(graph, tabulate)


def _tabulated(op: Add | Sub | Mul) -> Op:
    tensor, constant = (op.rhs, op.lhs) if op.lhs.is_const else (op.lhs, op.rhs)
    is_function = constant.is_const and not tensor.is_const and not np.ptp(constant.values)
    is_int8 = {t.dtype for t in (tensor, constant, op.output)} == {DType.INT8}
    if not is_function or not is_int8 or tensor.shape != op.output.shape:
        return op
    value = constant.values.reshape(-1)[:1].astype(np.int8)
    operands = (value, EVERY_INT8) if op.lhs is constant else (EVERY_INT8, value)
    try:
        table = _compute(op, *operands)
    except ModelError:
        return op
    table.flags.writeable = False
    return Lookup(
        source=op.source,
        output=op.output,
        input=tensor,
        table=table,
        function=op.source.opcode,
    )


def _compute(op: Add | Sub | Mul, lhs: Bytes, rhs: Bytes) -> Bytes:
    match op:
        case Add():
            outputs = add(op, lhs, rhs)
        case Sub():
            outputs = sub(op, lhs, rhs)
        case Mul():
            outputs = mul(op, lhs, rhs)
        case _:
            assert_never(op)
    return outputs.astype(np.int8)
