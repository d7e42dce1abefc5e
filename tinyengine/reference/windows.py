"""What sliding windows see of their input."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from tinyengine.ir import Window

Scalar = TypeVar("Scalar", bound=np.generic)


def windows_of(op: Window, x: npt.NDArray[Scalar], outside: int) -> npt.NDArray[Scalar]:
    """Give a view [N, out_h, out_w, kernel_h, kernel_w, C] of `x` [N, H, W, C].

    Taps beyond the input hold `outside`.
    """
    out_h, out_w = op.output.shape[1:3]
    (kernel_h, kernel_w), (dilation_h, dilation_w) = op.kernel, op.dilation
    need_h = (out_h - 1) * op.stride_h + op.extent[0]
    need_w = (out_w - 1) * op.stride_w + op.extent[1]
    n, in_h, in_w, c = x.shape
    below = max(0, need_h - op.padding.top - in_h)
    beside = max(0, need_w - op.padding.left - in_w)
    around = ((0, 0), (op.padding.top, below), (op.padding.left, beside), (0, 0))
    padded = np.pad(x, around, constant_values=outside)
    step_n, step_h, step_w, step_c = padded.strides
    return as_strided(
        padded,
        (n, out_h, out_w, kernel_h, kernel_w, c),
        (
            step_n,
            step_h * op.stride_h,
            step_w * op.stride_w,
            step_h * dilation_h,
            step_w * dilation_w,
            step_c,
        ),
        writeable=False,
    )
