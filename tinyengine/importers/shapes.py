"""Shape and index arithmetic of TFLite operators, on plain integers."""

from collections.abc import Sequence

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.ir import Padding

_LARGEST_WINDOW = 1 << 16


def window_output(size: int, span: int, stride: int, padding: str) -> tuple[int, int, int]:
    """Give (output size, padding before, padding after) of a window in one dimension.

    `span` is the window's extent with dilation. Where the total padding is odd, the greater half
    comes after. Source: TensorFlow Lite, padding.h (ComputeOutSize, ComputePaddingWithOffset).
    """
    covered = size + stride - (1 if padding == "SAME" else span)
    output = covered // stride
    if output < 1:
        raise RefusedError(
            f"a window of {span} with padding VALID does not fit an input of {size}", DAMAGED_HINT
        )
    total = max((output - 1) * stride + span - size, 0)
    return output, total // 2, total - total // 2


def window(
    in_hw: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    padding: str,
) -> tuple[tuple[int, int], Padding]:
    """Give the output's (h, w) and the explicit padding of a two-dimensional window."""
    for what, pair in (("kernel", kernel), ("stride", strides), ("dilation", dilations)):
        if min(pair) < 1 or max(pair) >= _LARGEST_WINDOW:
            raise RefusedError(
                f"the {what} {pair} is not within 1 and {_LARGEST_WINDOW - 1}", DAMAGED_HINT
            )
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    if max(spans) >= _LARGEST_WINDOW:
        raise RefusedError(
            f"the kernel {kernel} with dilation {dilations} spans {max(spans)} elements", LIMIT_HINT
        )
    out_h, top, bottom = window_output(in_hw[0], spans[0], strides[0], padding)
    out_w, left, right = window_output(in_hw[1], spans[1], strides[1], padding)
    return (out_h, out_w), Padding(top=top, bottom=bottom, left=left, right=right)


def broadcast(lhs: tuple[int, ...], rhs: tuple[int, ...]) -> tuple[int, ...]:
    """Give the shape of two broadcast operands."""
    rank = max(len(lhs), len(rhs))
    left, right = ((1,) * (rank - len(shape)) + shape for shape in (lhs, rhs))
    if any(a != b and 1 not in (a, b) for a, b in zip(left, right, strict=True)):
        raise RefusedError(
            f"operands {describe(lhs)} and {describe(rhs)} do not broadcast", DAMAGED_HINT
        )
    return tuple(b if a == 1 else a for a, b in zip(left, right, strict=True))


def axis_in(axis: int, rank: int, what: str = "axis") -> int:
    """Give `axis`, which may count from the end, as an index in [0, rank)."""
    if not -rank <= axis < rank:
        raise RefusedError(f"{what} {axis} does not exist in a tensor of rank {rank}", DAMAGED_HINT)
    return axis % rank


def axes_in(axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Give `axes` as ascending indices without repetition."""
    return tuple(sorted({axis_in(axis, rank) for axis in axes}))


def without(shape: tuple[int, ...], axes: Sequence[int]) -> tuple[int, ...]:
    """Give `shape` without the dimensions `axes`."""
    return tuple(size for index, size in enumerate(shape) if index not in axes)


def replaced(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    """Give `shape` with dimension `axis` of size `size`."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def length_of(span: range) -> int:
    """Give the number of indices in `span`, which must not be empty."""
    if not span:
        raise RefusedError("its output would be empty", DAMAGED_HINT)
    return len(span)
