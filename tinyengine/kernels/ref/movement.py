"""The kernels that move bytes: pad, transpose, broadcast, concatenation, slice.

A tensor of rank ≤ 4 is seen as [N, H, W, C], with N·H rows of W·C elements; one of a higher rank
is a single row. The bytes of an element are one more dimension behind them. What the C functions
loop over is worked out here: dimensions of one element are dropped and neighbours that one step
covers are merged, so that the innermost run is as long as it can be.
"""

import math
from dataclasses import dataclass

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Broadcast, Concatenation, Op, Pad, Slice, Tensor, Transpose
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


def _bytes_of(shape: tuple[int, ...], tensor: Tensor) -> tuple[int, ...]:
    """Give `shape` per dimension of `_full_rank`, and the bytes of an element of `tensor`."""
    return (*_full_rank(shape, 1), tensor.dtype.nbytes)


def _byte_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


# -- slice and transpose --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """An output whose dimension d steps `strides[d]` elements through input dimension `axes[d]`.

    All are given per dimension of `_bytes_of`; `begin` is where the input dimensions start.
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
    out_shape = _bytes_of(op.output.shape, op.output)
    return gather_struct(
        Gather(
            out_shape=out_shape,
            in_shape=_bytes_of(op.input.shape, op.input),
            axes=tuple(range(len(out_shape))),
            strides=(*_full_rank(op.strides, 1), 1),
            begin=(*_full_rank(op.begin, 0), 0),
        )
    )


def transpose_params(op: Transpose) -> Struct:
    """Give te_gather_params of a transposition."""
    out_shape = _bytes_of(op.output.shape, op.output)
    byte = len(out_shape) - 1
    missing = byte - len(op.perm)
    return gather_struct(
        Gather(
            out_shape=out_shape,
            in_shape=_bytes_of(op.input.shape, op.input),
            axes=(*range(missing), *(axis + missing for axis in op.perm), byte),
            strides=(1,) * len(out_shape),
            begin=(0,) * len(out_shape),
        )
    )


def broadcast_params(op: Broadcast) -> Struct:
    """Give te_gather_params of a broadcast: steps of 0 where the input has one element."""
    rank = len(op.output.shape)
    shape = (1,) * (rank - len(op.input.shape)) + op.input.shape
    out_shape, in_shape = _bytes_of(op.output.shape, op.output), _bytes_of(shape, op.input)
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
    out_shape = _bytes_of(op.output.shape, op.output)
    in_shape = _bytes_of(op.input.shape, op.input)
    before = (*_full_rank(tuple(pad[0] for pad in op.pads), 0), 0)
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
            "value": _byte_of(op),
        },
    )


def _byte_of(op: Pad) -> int:
    """Give the value that every byte of a padding element has, as C's int8_t or uint8_t."""
    return op.value if op.output.dtype.nbytes == 1 else (op.value & 0xFF ^ 0x80) - 0x80


# -- concatenation --------------------------------------------------------------------------------


def concatenation_params(op: Concatenation) -> Struct:
    """Give te_concatenation_params."""
    out_shape = _bytes_of(op.output.shape, op.output)
    axis = op.axis + len(out_shape) - 1 - len(op.output.shape)
    shapes = [_bytes_of(operand.shape, operand) for operand in op.operands]
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


def elements_are_whole_bytes(op: Op) -> bool:
    """Elements must be of one type: bool, int8, uint8, int16, int32 or int64."""
    dtype = op.output.dtype
    return dtype.bits >= 8 and all(tensor.dtype is dtype for tensor in op.activations)


def rank_is_at_most_six(op: Op) -> bool:
    """Rank must be at most 6; at most 5 where elements have several bytes."""
    return len(op.output.shape) + (op.output.dtype.nbytes > 1) <= 6


def padding_repeats_a_byte(op: Pad) -> bool:
    """Elements of several bytes are padded with one byte repeated, as of 0 and -1."""
    dtype = op.output.dtype
    return len(set(dtype.numpy.type(op.value).tobytes())) == 1


def operands_are_quantized_alike(op: Concatenation) -> bool:
    """All operands and the output must have the same scale and zero point."""
    return all(operand.quant == op.output.quant for operand in op.operands)


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_pad_s8",
        header="te_pad.h",
        isa=Isa.BASE,
        op=Pad,
        params=pad_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes, rank_is_at_most_six, padding_repeats_a_byte),
    ),
    Kernel(
        folder="ref",
        function="te_transpose_s8",
        header="te_transpose.h",
        isa=Isa.BASE,
        op=Transpose,
        params=transpose_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes, rank_is_at_most_six),
    ),
    Kernel(
        folder="ref",
        function="te_broadcast_s8",
        header="te_broadcast.h",
        isa=Isa.BASE,
        op=Broadcast,
        params=broadcast_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes, rank_is_at_most_six),
    ),
    Kernel(
        folder="ref",
        function="te_concatenation_s8",
        header="te_concatenation.h",
        isa=Isa.BASE,
        op=Concatenation,
        params=concatenation_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes, operands_are_quantized_alike),
    ),
    Kernel(
        folder="ref",
        function="te_slice_s8",
        header="te_slice.h",
        isa=Isa.BASE,
        op=Slice,
        params=slice_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes, rank_is_at_most_six),
    ),
)
