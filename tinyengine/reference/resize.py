"""Spatial resampling in numpy: which input pixels an output pixel takes, and how it blends them.

Height and width are resampled independently, so that everything about positions is a function
of one dimension: `nearest_positions` and `bilinear_axis`. The kernels' constants come from them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tinyengine.errors import ModelError
from tinyengine.ir import Array, DType, Halves, Resize, ResizeBilinear, ResizeNearestNeighbor

FRACTION_BITS = 10
ONE = 1 << FRACTION_BITS

Positions = npt.NDArray[np.int64]


def resize_nearest_neighbor(op: ResizeNearestNeighbor, x: Array) -> Array:
    """Give the nearest pixels of x [N, H, W, C] in the output's height and width."""
    rows, columns = nearest_positions(op, 1), nearest_positions(op, 2)
    return np.ascontiguousarray(x[:, rows][:, :, columns])


def nearest_positions(op: ResizeNearestNeighbor, axis: int) -> Positions:
    """Give the input index of every output index along `axis` (1: height, 2: width).

    Positions are computed in float32. Source: TensorFlow Lite,
    kernels/internal/reference/resize_nearest_neighbor.h, GetNearestNeighbor.
    """
    in_size, out_size = op.input.shape[axis], op.output.shape[axis]
    corners = op.align_corners and out_size > 1
    scale = np.float32(in_size - corners) / np.float32(out_size - corners)
    offset = np.float32(0.5 if op.half_pixel_centers else 0)
    scaled = (np.arange(out_size, dtype=np.float32) + offset) * scale
    floor = np.floor(scaled)
    up = (scaled - floor >= 0.5) if op.align_corners else np.zeros(out_size, bool)
    return np.asarray(np.minimum(floor.astype(np.int64) + up, in_size - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class BilinearAxis:
    """Where the output lies on one dimension of the input, in 1/1024 of an input pixel.

    Output index i lies at `i * scale + offset`.
    """

    in_size: int
    out_size: int
    scale: int
    offset: int

    @property
    def positions(self) -> Positions:
        """The position of every output index."""
        return np.arange(self.out_size, dtype=np.int64) * self.scale + self.offset

    @property
    def lower(self) -> Positions:
        """The input index at or before every output index."""
        return np.asarray(np.maximum(self.positions, 0) >> FRACTION_BITS)

    @property
    def upper(self) -> Positions:
        """The input index at or after every output index."""
        return np.asarray(np.minimum((self.positions + ONE - 1) >> FRACTION_BITS, self.in_size - 1))

    @property
    def fraction(self) -> Positions:
        """The weight of `upper` in 1/1024, in [-512, 1023]: negative before the first pixel."""
        return self.positions - ONE * self.lower

    @property
    def is_inside(self) -> bool:
        """True where no output index lies a whole pixel or more behind the last input pixel.

        Where the scale is rounded up and the output is large, some do, and what TensorFlow Lite
        computes there comes from memory that is not the input's.
        """
        return int(self.lower[-1]) < self.in_size


def bilinear_axis(op: Resize, axis: int) -> BilinearAxis:
    """Give the geometry along `axis` (1: height, 2: width).

    Source: TensorFlow Lite, kernels/internal/reference/resize_bilinear.h, ResizeBilinearInteger.
    """
    in_size, out_size = op.input.shape[axis], op.output.shape[axis]
    corners = op.align_corners and out_size > 1
    steps = out_size - corners
    scale = (ONE * (in_size - corners) + steps // 2) // steps
    offset = scale // 2 - ONE // 2 if op.half_pixel_centers else 0
    return BilinearAxis(in_size=in_size, out_size=out_size, scale=scale, offset=offset)


def resize_bilinear(op: ResizeBilinear, x: Array) -> Array:
    """Blend the four nearest pixels of x [N, H, W, C], rounding halves as the operator says.

    Raises ModelError where the interpreter has no defined result: see `declined`.
    Source: TensorFlow Lite, kernels/internal/reference/resize_bilinear.h, ResizeBilinearInteger.
    """
    if problem := declined(op):
        raise ModelError(str(op.source), problem)
    height, width = bilinear_axis(op, 1), bilinear_axis(op, 2)
    values = x.astype(np.int64)
    down = height.fraction[None, :, None, None]
    mixed = values[:, height.lower] * (ONE - down) + values[:, height.upper] * down
    right = width.fraction[None, None, :, None]
    total = mixed[:, :, width.lower] * (ONE - right) + mixed[:, :, width.upper] * right
    half, bits = ONE * ONE // 2, 2 * FRACTION_BITS
    up = (total + half) // 2**bits
    if op.halves is Halves.AWAY:
        up = np.where(total < 0, -((half - total) // 2**bits), up)
    return np.asarray(up.astype(op.output.dtype.numpy))


def declined(op: ResizeBilinear) -> str:
    """Say why `op` has no defined result; empty where it has one."""
    if op.input.dtype not in (DType.INT8, DType.INT16):
        return f"bilinear resizing of {op.input.dtype.value} is not supported, of int8 and int16 is"
    if op.align_corners and op.half_pixel_centers:
        return "align_corners and half_pixel_centers exclude each other"
    if not (bilinear_axis(op, 1).is_inside and bilinear_axis(op, 2).is_inside):
        return (
            f"resizing {op.input.shape[1:3]} to {op.output.shape[1:3]} reads pixels outside the "
            "input, because the scale is rounded to 1/1024"
        )
    return ""
