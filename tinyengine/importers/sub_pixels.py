"""A transposed convolution as a convolution of sub-pixels, which are then laid out as an image.

With the padding before it, an output pixel is y + pad = s * q + a: phase a of block q. It reads the
input's pixels q - t with the taps a + s * t, t = 0, 1, ... So a convolution with a window of
ceil(kernel / s) pixels, whose channels are those of all phases, computes every block, and a
DepthToSpace lays the blocks out. No zero is multiplied but for taps beyond the kernel's end.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tinyengine.importers.refusals import LIMIT_HINT, RefusedError
from tinyengine.ir import Array, DepthToSpace, Op, Padding, Reshape, Slice, Source, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """One dimension: `taps` of the window over input pixels, padding around them, the `blocks`.

    Of the first block, `cut` pixels are no output; of the last ones, what is beyond its size.
    """

    stride: int
    kernel: int
    taps: int
    before: int
    after: int
    blocks: int
    cut: int


def phases(in_size: int, out_size: int, kernel: int, stride: int, pad: int) -> Phases:
    """Work out one dimension; `pad` pixels before the output are cut off."""
    taps = -(-kernel // stride)
    first, last = pad // stride, (out_size - 1 + pad) // stride
    before, after = taps - 1 - first, max(last - (in_size - 1), 0)
    if before < 0:
        raise RefusedError(
            f"a padding of {pad} leaves out the whole kernel of {kernel}", LIMIT_HINT
        )
    return Phases(
        stride=stride,
        kernel=kernel,
        taps=taps,
        before=before,
        after=after,
        blocks=in_size + before + after - taps + 1,
        cut=pad % stride,
    )


def padding_of(rows: Phases, columns: Phases) -> Padding:
    """Give the padding of the convolution."""
    return Padding(top=rows.before, bottom=rows.after, left=columns.before, right=columns.after)


def sub_pixel_weights(values: Array, rows: Phases, columns: Phases) -> Array:
    """Give the weights of all phases: [stride_h * stride_w * out_c, taps_h, taps_w, in_c].

    `values` are [out_c, kernel_h, kernel_w, in_c]. Phase a's tap u, of T, is the kernel's tap
    a + stride * (T - 1 - u), and 0 beyond its end.
    """
    out_c, _, _, in_c = values.shape
    spare = ((0, 0), *((0, a.taps * a.stride - a.kernel) for a in (rows, columns)), (0, 0))
    whole = np.pad(values, spare)
    parts = whole.reshape(out_c, rows.taps, rows.stride, columns.taps, columns.stride, in_c)
    ordered = parts[:, ::-1, :, ::-1].transpose(2, 4, 0, 1, 3, 5)
    data = np.ascontiguousarray(ordered.reshape(-1, rows.taps, columns.taps, in_c))
    data.setflags(write=False)
    return data


def laid_out(
    source: Source, blocks: Tensor, output: Tensor, rows: Phases, columns: Phases
) -> Iterator[Op]:
    """Give the operators that lay `blocks` out as `output`, each known to TFLite.

    Strides of 1 by s only look at the same bytes in another way; equal strides are a
    DepthToSpace; what is cut off is cut by a Slice.
    """
    n, _, _, channels = output.shape
    height, width = rows.blocks * rows.stride, columns.blocks * columns.stride
    whole = (n, height, width, channels)
    is_cut = whole != output.shape
    image = _like(output, whole, "uncut") if is_cut else output
    if rows.stride == 1:
        yield Reshape(source=source, output=image, input=blocks)
    elif rows.stride == columns.stride:
        yield DepthToSpace(
            source=source,
            output=image,
            input=blocks,
            block_h=rows.stride,
            block_w=columns.stride,
        )
    else:
        raise RefusedError(
            f"its strides {rows.stride} by {columns.stride} differ",
            "transposed convolutions have equal strides, or 1 row",
        )
    if is_cut:
        begin = (0, rows.cut, columns.cut, 0)
        yield Slice(source=source, output=output, input=image, begin=begin, strides=(1,) * 4)


def _like(tensor: Tensor, shape: tuple[int, ...], suffix: str) -> Tensor:
    return Tensor(
        name=f"{tensor.name}/{suffix}", shape=shape, dtype=tensor.dtype, quant=tensor.quant
    )
