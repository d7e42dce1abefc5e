"""Windows that slide over images, as ONNX describes them, and images as they lie in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.values import Order, Placed
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.shapes import axes_in
from tinyengine.ir import Padding

NHWC: Order = (0, 2, 3, 1)
_NLC: Order = (0, 2, 1)
_LARGEST = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A window in two dimensions: kernel, strides, dilations, and the padding around the image."""

    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilations: tuple[int, int]
    padding: Padding

    def output(self, size: tuple[int, int]) -> tuple[int, int]:
        """Give rows and columns of the output for an image of `size`."""
        pads = self.padding
        around = (pads.top + pads.bottom, pads.left + pads.right)
        numbers = zip(size, around, self.kernel, self.strides, self.dilations, strict=True)
        found = [(n + p - (k - 1) * d - 1) // s + 1 for n, p, k, s, d in numbers]
        if min(found) < 1:
            raise RefusedError(f"its window does not fit an image of {describe(size)}")
        return found[0], found[1]

    def is_same(self, size: Sequence[int]) -> bool:
        """Tell whether the padding is what TFLite calls SAME for an image of `size`."""
        p = self.padding
        sides = ((p.top, p.bottom), (p.left, p.right))
        numbers = zip(sides, size, self.kernel, self.strides, strict=True)
        totals = [(side, max((-(-n // s) - 1) * s + k - n, 0)) for side, n, k, s in numbers]
        return all(side == (total // 2, total - total // 2) for side, total in totals)

    def spans(self, size: tuple[int, int]) -> tuple[list[range], list[range]]:
        """Give the input rows that each output row sees, and the columns of each column."""
        starts = (self.padding.top, self.padding.left)
        made = []
        for n, out, before, k, s in zip(
            size, self.output(size), starts, self.kernel, self.strides, strict=True
        ):
            firsts = [index * s - before for index in range(out)]
            made.append([range(max(first, 0), min(first + k, n)) for first in firsts])
        if not all(map(len, (*made[0], *made[1]))):
            raise RefusedError("a window lies in the padding alone", "export it with less padding")
        return made[0], made[1]

    def counts(self, size: tuple[int, int]) -> tuple[list[int], list[int]]:
        """Give how many rows inside the image each output row sees, and columns each column."""
        rows, columns = self.spans(size)
        return [len(span) for span in rows], [len(span) for span in columns]


def reduced_axes(call: Call, rank: int) -> tuple[tuple[int, ...], bool]:
    """Give the axes that GlobalAveragePool or a reduction runs over, and whether they stay as 1."""
    if call.node.op == "GlobalAveragePool":
        return tuple(range(2, rank)), True
    given = call.integers(1, "axes") if call.has(1) else call.ints("axes")
    if not given and not call.integer("noop_with_empty_axes", 0):
        given = tuple(range(rank))
    axes = axes_in(given, rank)
    return axes, bool(call.integer("keepdims", 1))


def window(call: Call, kernel: tuple[int, ...], size: tuple[int, ...]) -> Window:
    """Read the window's attributes; one dimension becomes two, of which the first is 1."""
    rank = len(kernel)
    strides = call.ints("strides", (1,) * rank)
    dilations = call.ints("dilations", (1,) * rank)
    pads = _pads(call, kernel, size, strides, dilations)
    if call.integer("ceil_mode", 0):
        extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        ceiled = _ceiled(size, extents, strides, pads)
        if ceiled != pads and call.integer("count_include_pad", 0):
            raise RefusedError(
                "its ceil_mode averages over a window that reaches beyond the padding",
                "export the model with ceil_mode=0",
            )
        pads = ceiled
    if rank == 1:
        kernel, strides, dilations = (1, *kernel), (1, *strides), (1, *dilations)
        pads = (0, pads[0], 0, pads[1])
    numbers = (*kernel, *strides, *dilations)
    if len(kernel) != 2 or len(numbers) != 6 or not 1 <= min(numbers) <= max(numbers) < _LARGEST:
        raise RefusedError(f"its window {describe(kernel)} is not of one or two dimensions")
    top, left, bottom, right = pads
    return Window(
        kernel=(kernel[0], kernel[1]),
        strides=(strides[0], strides[1]),
        dilations=(dilations[0], dilations[1]),
        padding=Padding(top=top, bottom=bottom, left=left, right=right),
    )


def _pads(
    call: Call,
    kernel: tuple[int, ...],
    size: tuple[int, ...],
    strides: tuple[int, ...],
    dilations: tuple[int, ...],
) -> tuple[int, ...]:
    """Give the padding before each dimension, then behind each. Source: ONNX, Conv, auto_pad."""
    rank = len(kernel)
    if not len(size) == len(strides) == len(dilations) == rank:
        raise RefusedError("its window and its input have different dimensions")
    mode = call.text("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = call.ints("pads", (0,) * (2 * rank))
        if len(pads) != 2 * rank or not 0 <= min(pads) <= max(pads) < _LARGEST:
            raise RefusedError(f"its padding {describe(pads)} is not sound")
        return pads
    if mode == "VALID":
        return (0,) * (2 * rank)
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise RefusedError(f"its auto_pad '{mode}' is unknown")
    numbers = zip(size, kernel, strides, dilations, strict=True)
    totals = [max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0) for n, k, s, d in numbers]
    less, more = [t // 2 for t in totals], [t - t // 2 for t in totals]
    return (*less, *more) if mode == "SAME_UPPER" else (*more, *less)


def _ceiled(
    size: Sequence[int], extents: Sequence[int], strides: Sequence[int], pads: tuple[int, ...]
) -> tuple[int, ...]:
    """Give the padding with which rounding down gives what ceil_mode's rounding up gives.

    A window that would lie in the padding behind alone is left out. Source: ONNX, MaxPool.
    """
    rank, made = len(extents), list(pads)
    for axis, (extent, stride) in enumerate(zip(extents, strides, strict=True)):
        whole = size[axis] + pads[axis] + pads[axis + rank]
        steps = -(-(whole - extent) // max(stride, 1))
        if steps * stride >= size[axis] + pads[axis]:
            steps -= 1
        made[axis + rank] += max(steps * stride + extent - whole, 0)
    return tuple(made)


def as_image(call: Call, x: Placed) -> Placed:
    """Give [N, C, L] or [N, C, H, W] as an image in memory: [N, 1, L, C] or [N, H, W, C]."""
    if len(x.shape) == 4:
        return call.b.in_order(x, NHWC)
    if len(x.shape) != 3:
        raise RefusedError(f"its input {describe(x.shape)} is not of one or two dimensions")
    rows = call.b.in_order(x, _NLC)
    n, length, c = rows.tensor.shape
    flat = replace(rows, order=(0, 1, 2))
    wide = call.b.reshaped(flat, (n, 1, length, c))
    return replace(wide, order=NHWC)


def from_image(call: Call, image: Placed, rank: int) -> Placed:
    """Give an image back with as many dimensions as the input had."""
    if rank == 4:
        return image
    n, _, length, c = image.tensor.shape
    flat = replace(image, order=(0, 1, 2, 3))
    return replace(call.b.reshaped(flat, (n, length, c)), order=_NLC)
