"""Operators that move bytes and compute nothing, in numpy.

Every function takes the operator and its operands as arrays of the operands' shapes and dtypes,
of any rank, and gives an array of the output's shape and dtype.
"""

import numpy as np

from tinyengine.ir import (
    Array,
    Broadcast,
    Concatenation,
    DepthToSpace,
    Pad,
    Reshape,
    Slice,
    SpaceToDepth,
    Transpose,
)


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


def depth_to_space(op: DepthToSpace, x: Array) -> Array:
    """Give the image [N, H, W, C] whose blocks stand in the channels of x.

    Source: TensorFlow Lite, reference/depth_to_space.h; `top` and `left` are ours.
    """
    n, h, w, c = x.shape
    parts = x.reshape(n, h, w, op.block_h, op.block_w, c // (op.block_h * op.block_w))
    whole = parts.transpose(0, 1, 3, 2, 4, 5).reshape(n, h * op.block_h, w * op.block_w, -1)
    _, out_h, out_w, _ = op.output.shape
    cut = whole[:, op.top : op.top + out_h, op.left : op.left + out_w]
    return np.ascontiguousarray(cut)


def space_to_depth(op: SpaceToDepth, x: Array) -> Array:
    """Give x [N, H, W, C] with every block of pixels as one pixel.

    Source: TensorFlow Lite, reference/space_to_depth.h.
    """
    n, h, w, c = x.shape
    parts = x.reshape(n, h // op.block_h, op.block_h, w // op.block_w, op.block_w, c)
    ordered = parts.transpose(0, 1, 3, 2, 4, 5)
    return np.ascontiguousarray(ordered.reshape(n, *op.output.shape[1:]))


def broadcast(op: Broadcast, x: Array) -> Array:
    """Give x repeated to the output's shape."""
    return np.ascontiguousarray(np.broadcast_to(x, op.output.shape))
