"""What TopK and DynamicUpdateSlice compute, equal to TensorFlow Lite's interpreter."""

import numpy as np

from tinyengine.ir import Array, DynamicUpdateSlice, TopK


def top_k(op: TopK, x: Array) -> Array:
    """Give the greatest elements of each row of `x`, or where they stand.

    Source: TensorFlow Lite, kernels/topk_v2.cc.
    """
    order = np.argsort(-x.astype(np.int64), axis=-1, kind="stable")[..., : op.output.shape[-1]]
    taken = order if op.gives_indices else np.take_along_axis(x, order, axis=-1)
    return np.asarray(taken, op.output.dtype.numpy)


def dynamic_update_slice(op: DynamicUpdateSlice, x: Array, update: Array, start: Array) -> Array:
    """Give `x` with `update` at `start`.

    Source: TensorFlow Lite, kernels/dynamic_update_slice.cc.
    """
    most = np.subtract(op.input.shape, op.update.shape)
    begin = np.clip(start.astype(np.int64).reshape(-1), 0, most)
    result = x.copy()
    parts = zip(begin.tolist(), update.shape, strict=True)
    result[tuple(slice(first, first + size) for first, size in parts)] = update
    return result
