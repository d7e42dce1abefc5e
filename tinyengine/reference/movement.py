"""Operators that move bytes and compute nothing, in numpy.

Every function takes the operator and its operands as arrays of the operands' shapes and dtypes,
of any rank, and gives an array of the output's shape and dtype.
"""

import numpy as np

from tinyengine.ir import Array, Concatenation, Pad, Reshape, Slice, Transpose


def pad(op: Pad, x: Array) -> Array:
    """Give x surrounded by `op.value`."""
    return np.pad(x, op.pads, constant_values=x.dtype.type(op.value))


def reshape(op: Reshape, x: Array) -> Array:
    """Give the same elements in the output's shape."""
    return x.reshape(op.output.shape)


def transpose(op: Transpose, x: Array) -> Array:
    """Give x with its dimensions in the order `op.perm`."""
    return np.ascontiguousarray(np.transpose(x, op.perm))


def concatenation(op: Concatenation, *operands: Array) -> Array:
    """Give the operands one after the other along `op.axis`."""
    return np.concatenate(operands, axis=op.axis)


def slice_(op: Slice, x: Array) -> Array:
    """Give element `begin + stride * i` of every dimension at the output's index i."""
    dimensions = zip(op.begin, op.strides, op.output.shape, strict=True)
    taken = [begin + stride * np.arange(count) for begin, stride, count in dimensions]
    return np.ascontiguousarray(x[np.ix_(*taken)])
