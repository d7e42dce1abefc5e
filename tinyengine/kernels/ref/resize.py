"""The kernels that resample images."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import DType, Halves, Resize, ResizeBilinear, ResizeNearestNeighbor
from tinyengine.kernels.ref.movement import elements_are_whole_bytes
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.resize import bilinear_axis, declined, nearest_positions

MOST_INDICES = 2**15


def nearest_neighbor_params(op: ResizeNearestNeighbor) -> Struct:
    """Give te_resize_nearest_neighbor_params."""
    return Struct(
        c_type="te_resize_nearest_neighbor_params",
        members={
            "out_w": op.output.shape[2],
            "channels": op.input.shape[3] * op.input.dtype.nbytes,
            "rows": nearest_positions(op, 1).astype(np.int16),
            "columns": nearest_positions(op, 2).astype(np.int16),
        },
    )


def bilinear_params(op: ResizeBilinear) -> Struct:
    """Give te_resize_bilinear_params."""
    height, width = bilinear_axis(op, 1), bilinear_axis(op, 2)
    return Struct(
        c_type="te_resize_bilinear_params",
        members={
            "out_w": width.out_size,
            "in_h": height.in_size,
            "in_w": width.in_size,
            "channels": op.input.shape[3],
            "scale_h": height.scale,
            "scale_w": width.scale,
            "offset_h": height.offset,
            "offset_w": width.offset,
        },
    )


def input_is_one_image(op: Resize) -> bool:
    """Input must be [1, H, W, C]."""
    return len(op.input.shape) == 4 and op.input.shape[0] == 1


def indices_fit_16_bits(op: Resize) -> bool:
    """Input must have at most 32768 rows and columns."""
    return all(size <= MOST_INDICES for size in op.input.shape[1:3])


def elements_are_int8(op: Resize) -> bool:
    """Elements must be int8."""
    return op.input.dtype is DType.INT8


def halves_go_away(op: ResizeBilinear) -> bool:
    """Halves must be rounded away from zero."""
    return op.halves is Halves.AWAY


def result_is_defined(op: ResizeBilinear) -> bool:
    """Must not have both align_corners and half_pixel_centers, nor read a pixel outside."""
    return input_is_one_image(op) and not declined(op)


RESIZE_BILINEAR = Kernel(
    folder="ref",
    function="te_resize_bilinear_s8",
    header="te_resize_bilinear.h",
    isa=Isa.BASE,
    op=ResizeBilinear,
    params=bilinear_params,
    progress=Progress.ROW,
    constraints=(elements_are_int8, input_is_one_image, result_is_defined, halves_go_away),
)

KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_resize_nearest_neighbor_s8",
        header="te_resize_nearest_neighbor.h",
        isa=Isa.BASE,
        op=ResizeNearestNeighbor,
        params=nearest_neighbor_params,
        progress=Progress.ROW,
        constraints=(input_is_one_image, elements_are_whole_bytes, indices_fit_16_bits),
    ),
    RESIZE_BILINEAR,
)
