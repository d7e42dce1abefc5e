"""The kernels that move bytes: pad, transpose, broadcast, concatenation, slice.

A tensor of rank ≤ 4 is seen as [N, H, W, C], with N·H rows of W·C bytes; one of a higher rank is
a single row. What the C functions loop over is worked out here: dimensions of one element are
dropped and neighbours that one step covers are merged, so that the innermost run is as long as
it can be.
"""

import math
from dataclasses import dataclass

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Broadcast, Concatenation, DType, Op, Pad, Slice, Tensor, Transpose
from tinyengine.kernels.spec import Kernel, Progress, Struct

LOOPS = 5
"""Loops around the innermost run: TE_GATHER_LOOPS and TE_PAD_LOOPS."""

ROW_DIMENSIONS = 2
"""Leading dimensions of [N, H, W, C] that are rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """`count` rounds, `stride` bytes apart."""

    count: int
    stride: int


def merge_loops(loops: list[Loop]) -> tuple[Loop, ...]:
    """Give as few loops as visit the same bytes in the same order; outermost first."""
    merged: list[Loop] = []
    for loop in loops:
        if loop.count == 1:
            continue
        if merged and merged[-1].stride == loop.count * loop.stride:
            loop = Loop(count=merged.pop().count * loop.count, stride=loop.stride)  # noqa: PLW2901
        merged.append(loop)
    return tuple(merged)


def _loop_members(loops: tuple[Loop, ...]) -> dict[str, tuple[int, ...]]:
    idle = (Loop(count=1, stride=0),) * (LOOPS - len(loops))
    return {
        "counts": tuple(loop.count for loop in idle + loops),
        "strides": tuple(loop.stride for loop in idle + loops),
    }


def _full_rank(values: tuple[int, ...], fill: int) -> tuple[int, ...]:
    """Give `values` per dimension of [N, H, W, C], or of [1, 1, ...] above rank 4."""
    missing = ROW_DIMENSIONS if len(values) > 4 else 4 - len(values)
    return (fill,) * missing + values


def _byte_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


# -- slice and transpose --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """An output whose dimension d steps `strides[d]` elements through input dimension `axes[d]`.

    All are given per dimension of `_full_rank`; `begin` is where the input dimensions start.
    """

    out_shape: tuple[int, ...]
    in_shape: tuple[int, ...]
    axes: tuple[int, ...]
    strides: tuple[int, ...]
    begin: tuple[int, ...]


def gather_struct(gather: Gather) -> Struct:
    """Give te_gather_params."""
    in_h = gather.in_shape[1]
    in_strides = _byte_strides(gather.in_shape)
    row_strides = (in_h, 1)
    begin_h = gather.begin[:ROW_DIMENSIONS]
    row_steps, byte_steps = [], []
    for axis, stride in list(zip(gather.axes, gather.strides, strict=True))[:ROW_DIMENSIONS]:
        by_row = axis < ROW_DIMENSIONS
        row_steps.append(stride * row_strides[axis] if by_row else 0)
        byte_steps.append(0 if by_row else stride * in_strides[axis])
    inside = zip(gather.out_shape, gather.axes, gather.strides, strict=True)
    loops = merge_loops(
        [
            Loop(count=count, stride=stride * in_strides[axis])
            for count, axis, stride in list(inside)[ROW_DIMENSIONS:]
        ]
    )
    run = loops[-1] if loops else Loop(count=1, stride=1)
    return Struct(
        c_type="te_gather_params",
        members={
            "out_h": gather.out_shape[1],
            "first_row": begin_h[0] * in_h + begin_h[1],
            "first_byte": sum(
                b * s for b, s in list(zip(gather.begin, in_strides, strict=True))[ROW_DIMENSIONS:]
            ),
            "row_steps": tuple(row_steps),
            "byte_steps": tuple(byte_steps),
            **_loop_members(loops[:-1]),
            "run": run.count,
            "run_stride": run.stride,
        },
    )


def slice_params(op: Slice) -> Struct:
    """Give te_gather_params of a slice."""
    out_shape = _full_rank(op.output.shape, 1)
    return gather_struct(
        Gather(
            out_shape=out_shape,
            in_shape=_full_rank(op.input.shape, 1),
            axes=tuple(range(len(out_shape))),
            strides=_full_rank(op.strides, 1),
            begin=_full_rank(op.begin, 0),
        )
    )


def transpose_params(op: Transpose) -> Struct:
    """Give te_gather_params of a transposition."""
    out_shape = _full_rank(op.output.shape, 1)
    missing = len(out_shape) - len(op.perm)
    return gather_struct(
        Gather(
            out_shape=out_shape,
            in_shape=_full_rank(op.input.shape, 1),
            axes=(*range(missing), *(axis + missing for axis in op.perm)),
            strides=(1,) * len(out_shape),
            begin=(0,) * len(out_shape),
        )
    )


def broadcast_params(op: Broadcast) -> Struct:
    """Give te_gather_params of a broadcast: steps of 0 where the input has one element."""
    rank = len(op.output.shape)
    shape = (1,) * (rank - len(op.input.shape)) + op.input.shape
    out_shape, in_shape = _full_rank(op.output.shape, 1), _full_rank(shape, 1)
    return gather_struct(
        Gather(
            out_shape=out_shape,
            in_shape=in_shape,
            axes=tuple(range(len(out_shape))),
            strides=tuple(int(size > 1) for size in in_shape),
            begin=(0,) * len(out_shape),
        )
    )


# -- pad ------------------------------------------------------------------------------------------


def pad_params(op: Pad) -> Struct:
    """Give te_pad_params."""
    out_shape, in_shape = _full_rank(op.output.shape, 1), _full_rank(op.input.shape, 1)
    before = _full_rank(tuple(pad[0] for pad in op.pads), 0)
    out_strides = _byte_strides(out_shape)
    inside = range(ROW_DIMENSIONS, len(out_shape))
    loops = merge_loops([Loop(count=in_shape[d], stride=out_strides[d]) for d in inside])
    contiguous = bool(loops) and loops[-1].stride == 1
    return Struct(
        c_type="te_pad_params",
        members={
            "out_h": out_shape[1],
            "in_h": in_shape[1],
            "first_n": before[0],
            "in_n": in_shape[0],
            "top": before[1],
            "row_bytes": out_strides[ROW_DIMENSIONS - 1],
            "first_byte": sum(before[d] * out_strides[d] for d in inside),
            **_loop_members(loops[:-1] if contiguous else loops),
            "run": loops[-1].count if contiguous else 1,
            "value": op.value,
        },
    )


# -- concatenation --------------------------------------------------------------------------------


def concatenation_params(op: Concatenation) -> Struct:
    """Give te_concatenation_params."""
    out_shape = _full_rank(op.output.shape, 1)
    axis = op.axis + len(out_shape) - len(op.output.shape)
    shapes = [_full_rank(operand.shape, 1) for operand in op.operands]
    by_rows = axis < ROW_DIMENSIONS
    extents = [math.prod(s[axis:ROW_DIMENSIONS] if by_rows else s[axis:]) for s in shapes]
    return Struct(
        c_type="te_concatenation_params",
        members={
            "operands": len(shapes),
            "by_rows": int(by_rows),
            "out_h": math.prod(out_shape[axis:ROW_DIMENSIONS]) if by_rows else 1,
            "parts": 1 if by_rows else math.prod(out_shape[ROW_DIMENSIONS:axis]),
            "row_bytes": math.prod(out_shape[ROW_DIMENSIONS:]),
            "extents": np.array(extents, np.int32),
        },
    )


# -- constraints ----------------------------------------------------------------------------------


def elements_are_bytes(op: Op) -> bool:
    """Elements must be int8 or uint8."""
    return all(_is_byte(tensor) for tensor in (*op.activations, op.output))


def rank_is_at_most_six(op: Op) -> bool:
    """Rank must be at most 6."""
    return len(op.output.shape) <= 6


def operands_are_quantized_alike(op: Concatenation) -> bool:
    """All operands and the output must have the same scale and zero point."""
    return all(operand.quant == op.output.quant for operand in op.operands)


def _is_byte(tensor: Tensor) -> bool:
    return tensor.dtype in (DType.INT8, DType.UINT8)


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_pad_s8",
        header="te_pad.h",
        isa=Isa.BASE,
        op=Pad,
        params=pad_params,
        progress=Progress.ROW,
        constraints=(elements_are_bytes, rank_is_at_most_six),
    ),
    Kernel(
        folder="ref",
        function="te_transpose_s8",
        header="te_transpose.h",
        isa=Isa.BASE,
        op=Transpose,
        params=transpose_params,
        progress=Progress.ROW,
        constraints=(elements_are_bytes, rank_is_at_most_six),
    ),
    Kernel(
        folder="ref",
        function="te_broadcast_s8",
        header="te_broadcast.h",
        isa=Isa.BASE,
        op=Broadcast,
        params=broadcast_params,
        progress=Progress.ROW,
        constraints=(elements_are_bytes, rank_is_at_most_six),
    ),
    Kernel(
        folder="ref",
        function="te_concatenation_s8",
        header="te_concatenation.h",
        isa=Isa.BASE,
        op=Concatenation,
        params=concatenation_params,
        progress=Progress.ROW,
        constraints=(elements_are_bytes, operands_are_quantized_alike),
    ),
    Kernel(
        folder="ref",
        function="te_slice_s8",
        header="te_slice.h",
        isa=Isa.BASE,
        op=Slice,
        params=slice_params,
        progress=Progress.ROW,
        constraints=(elements_are_bytes, rank_is_at_most_six),
    ),
)
