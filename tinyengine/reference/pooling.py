"""Integer semantics of pooling.

Source: TensorFlow Lite, `kernels/internal/reference/integer_ops/pooling.h`.
"""

import numpy as np

from tinyengine.ir import Array, AveragePool2D, Halves, MaxPool2D
from tinyengine.reference.windows import windows_of


def average_pool2d(op: AveragePool2D, x: Array) -> Array:
    """Average [N, H, W, C] over the elements of each window that lie inside the input.

    Rounds to nearest, halves as the operator says. Every window must hold at least one element.
    Source of halves that go up: TensorFlow Lite, `kernels/internal/reference/pooling.h` (uint8).
    """
    sums = windows_of(op, x.astype(np.int64), 0).sum(axis=(3, 4))
    counts = windows_of(op, np.ones_like(x, np.int64), 0).sum(axis=(3, 4))
    assert np.all(counts > 0), f"{op.source}: a window lies wholly in the padding"
    if op.halves is Halves.UP:
        means = (sums + counts // 2) // counts
    else:
        means = np.sign(sums) * ((np.abs(sums) + counts // 2) // counts)
    return np.asarray(np.clip(means, op.act_min, op.act_max).astype(op.output.dtype.numpy))


def max_pool2d(op: MaxPool2D, x: Array) -> Array:
    """Take the maximum of each window over [N, H, W, C]; padding counts as the least value."""
    windows = windows_of(op, x, op.output.dtype.limits[0])
    clamped = np.clip(windows.max(axis=(3, 4)), op.act_min, op.act_max)
    return np.asarray(clamped.astype(x.dtype))
