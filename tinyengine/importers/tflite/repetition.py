"""Import the operators that repeat, mirror or pick: TILE, BROADCAST_TO, MIRROR_PAD, GATHER, ..."""

import math
from collections.abc import Sequence

from tflite.GatherOptions import GatherOptions
from tflite.MirrorPadMode import MirrorPadMode
from tflite.MirrorPadOptions import MirrorPadOptions

from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.shapes import axes_in, axis_in, broadcast, replaced
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.ir import Broadcast, Concatenation, DType, Gather, Op, Reshape, Slice, Tensor

_MOST_RANK = 6
"""Dimensions that kernels step through: see te_gather.h."""

_MOST_RUNS = 64
"""Of indices that do not follow each other: each becomes a Slice."""


def broadcast_to(call: Call) -> tuple[Op, ...]:
    """Import BROADCAST_TO a constant shape."""
    call.expect((2,))
    source, shape = call.value(), call.integers(1, "shape", wide=True)
    if min(shape, default=1) < 1 or broadcast(source.shape, shape) != shape:
        raise RefusedError(
            f"{describe(source.shape)} does not broadcast to {describe(shape)}", DAMAGED_HINT
        )
    output = call.output_like(source, shape)
    require_equal_quantization(output, source)
    return (Broadcast(source=call.source, output=output, input=source),)


def tile(call: Call) -> tuple[Op, ...]:
    """Import TILE by constant multiples: a Broadcast along dimensions put before those repeated."""
    call.expect((2,))
    source, multiples = call.value(), call.integers(1, "multiples", wide=True)
    if len(multiples) != len(source.shape) or min(multiples, default=1) < 1:
        raise RefusedError(
            f"multiples {describe(multiples)} do not fit an input of {describe(source.shape)}",
            DAMAGED_HINT,
        )
    pairs = list(zip(source.shape, multiples, strict=True))
    output = call.output_like(source, tuple(size * times for size, times in pairs))
    require_equal_quantization(output, source)
    narrow, wide = _repeated(pairs)
    if len(wide) > _MOST_RANK:
        raise RefusedError(
            f"multiples {describe(multiples)} repeat more dimensions than supported", LIMIT_HINT
        )
    return _reshaped_broadcast(call, source, output, narrow, wide)


def _repeated(pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the shapes that the input is seen as, and is broadcast to.

    A dimension that is repeated gets one of the number of times before it, unless it has one
    element; neighbours that are not repeated become one where there would be too many.
    """
    narrow, wide = list[int](), list[int]()
    for size, times in pairs:
        if times > 1:
            narrow.append(1)
            wide.append(times)
        if times == 1 or size > 1:
            narrow.append(size)
            wide.append(size)
    if len(wide) <= 4:
        return tuple(narrow), tuple(wide)
    return _merged(narrow, wide)


def _merged(narrow: list[int], wide: list[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Give the same shapes with neighbours that are not repeated multiplied together."""
    merged: list[tuple[int, int]] = []
    for one, many in zip(narrow, wide, strict=True):
        if many == 1:
            continue
        if merged and one == many and merged[-1][0] == merged[-1][1]:
            merged[-1] = (merged[-1][0] * one, merged[-1][1] * many)
        else:
            merged.append((one, many))
    return tuple(one for one, _ in merged), tuple(many for _, many in merged)


def _reshaped_broadcast(
    call: Call,
    source: Tensor,
    output: Tensor,
    narrow: tuple[int, ...],
    wide: tuple[int, ...],
) -> tuple[Op, ...]:
    """Give `source` seen as `narrow`, broadcast to `wide`, seen as `output`."""
    ops: list[Op] = []
    if narrow != source.shape:
        seen = call.intermediate(output, "once", narrow)
        ops.append(Reshape(source=call.source, output=seen, input=source))
        source = seen
    made = output if wide == output.shape else call.intermediate(output, "repeated", wide)
    ops.append(Broadcast(source=call.source, output=made, input=source))
    if made is not output:
        ops.append(Reshape(source=call.source, output=output, input=made))
    return tuple(ops)


def mirror_pad(call: Call) -> tuple[Op, ...]:
    """Import MIRROR_PAD: in every padded dimension, mirrored parts around the input."""
    call.expect((2,))
    source, flat = call.value(), call.integers(1, "paddings", wide=True)
    edge = int(call.options(MirrorPadOptions).Mode() == MirrorPadMode.REFLECT)
    if len(flat) != 2 * len(source.shape) or min(flat, default=0) < 0:
        raise RefusedError(
            f"paddings {describe(flat)} do not fit an input of rank {len(source.shape)}",
            DAMAGED_HINT,
        )
    pads = tuple(zip(flat[0::2], flat[1::2], strict=True))
    sizes = list(zip(source.shape, pads, strict=True))
    if any(max(pad) > size - edge for size, pad in sizes):
        raise RefusedError(
            f"paddings {describe(flat)} are longer than what they mirror", DAMAGED_HINT
        )
    output = call.output_like(source, tuple(size + sum(pad) for size, pad in sizes))
    require_equal_quantization(output, source)
    ops: list[Op] = []
    for axis, (before, after) in enumerate(pads):
        if before or after:
            ops += _mirrored(call, source, axis, (before, after, edge), output)
            source = ops[-1].output
    return _ending_in(call, ops, source, output)


def _mirrored(
    call: Call, source: Tensor, axis: int, amounts: tuple[int, int, int], output: Tensor
) -> list[Op]:
    """Give the parts mirrored along `axis` and their Concatenation with `source`."""
    before, after, edge = amounts
    size = source.shape[axis]
    last = size - 1 - edge
    spans = {
        f"before_{axis}": range(edge + before - 1, edge - 1, -1),
        f"after_{axis}": range(last, last - after, -1),
    }
    parts = [
        _part(call, source, (axis, span), (output, name)) for name, span in spans.items() if span
    ]
    tensors = [part.output for part in parts]
    operands = (*tensors[: int(before > 0)], source, *tensors[int(before > 0) :])
    whole = call.intermediate(
        output, f"mirrored_{axis}", replaced(source.shape, axis, size + before + after)
    )
    joined = Concatenation(source=call.source, output=whole, operands=operands, axis=axis)
    return [*parts, joined]


def reverse_v2(call: Call) -> tuple[Op, ...]:
    """Import REVERSE_V2 along constant axes as Slice."""
    call.expect((2,))
    source = call.value()
    axes = axes_in(call.integers(1, "axes"), len(source.shape))
    output = call.output_like(source, source.shape)
    require_equal_quantization(output, source)
    op = Slice(
        source=call.source,
        output=output,
        input=source,
        begin=tuple(size - 1 if axis in axes else 0 for axis, size in enumerate(source.shape)),
        strides=tuple(-1 if axis in axes else 1 for axis in range(len(source.shape))),
    )
    return (op,)


def gather(call: Call) -> tuple[Op, ...]:
    """Import GATHER; by few constant indices, as a Slice for each run of evenly spaced ones."""
    call.expect((2,))
    options = call.options(GatherOptions)
    if options.BatchDims():
        raise RefusedError("it gathers in every batch for itself", LIMIT_HINT)
    source = call.value()
    axis = axis_in(options.Axis(), len(source.shape))
    if not call.is_constant(1):
        return (_gather_computed(call, source, axis),)
    indices = call.integers(1, "indices", wide=True)
    size = source.shape[axis]
    if not indices or not all(0 <= index < size for index in indices):
        raise RefusedError(f"indices {describe(indices)} leave [0, {size})", DAMAGED_HINT)
    shape = (*source.shape[:axis], *call.shape(1), *source.shape[axis + 1 :])
    output = call.output_like(source, shape)
    require_equal_quantization(output, source)
    runs = _runs(indices)
    if len(runs) > _MOST_RUNS:
        return (_gather_computed(call, source, axis),)
    parts: list[Op] = [
        _part(call, source, (axis, run), (output, f"run_{index}")) for index, run in enumerate(runs)
    ]
    if len(parts) > 1:
        whole = call.intermediate(output, "gathered", replaced(source.shape, axis, len(indices)))
        operands = tuple(part.output for part in parts)
        parts.append(Concatenation(source=call.source, output=whole, operands=operands, axis=axis))
    return _ending_in(call, parts, parts[-1].output, output)


def _gather_computed(call: Call, source: Tensor, axis: int) -> Op:
    indices = call.value(1, "indices", (DType.INT32, DType.INT64))
    output = call.output_like(
        source, (*source.shape[:axis], *indices.shape, *source.shape[axis + 1 :])
    )
    require_equal_quantization(output, source)
    return Gather(source=call.source, output=output, input=source, indices=indices, axis=axis)


def _runs(indices: Sequence[int]) -> list[range]:
    """Give as few ranges as have the indices in order, each taken as long as it goes."""
    runs: list[range] = []
    start = 0
    while start < len(indices):
        stop, step = start + 1, 1
        if stop < len(indices) and indices[stop] != indices[start]:
            step = indices[stop] - indices[start]
            while stop < len(indices) and indices[stop] - indices[stop - 1] == step:
                stop += 1
        first = indices[start]
        runs.append(range(first, first + (stop - start) * step, step))
        start = stop
    return runs


def _part(call: Call, source: Tensor, along: tuple[int, range], named: tuple[Tensor, str]) -> Slice:
    """Give the Slice that takes a range along an axis, and all of the other dimensions.

    Its output is quantized like a tensor, and named after it and a suffix.
    """
    (axis, span), (output, suffix) = along, named
    rank = len(source.shape)
    return Slice(
        source=call.source,
        output=call.intermediate(output, suffix, replaced(source.shape, axis, len(span))),
        input=source,
        begin=tuple(span.start if index == axis else 0 for index in range(rank)),
        strides=tuple(span.step if index == axis else 1 for index in range(rank)),
    )


def _ending_in(call: Call, ops: list[Op], last: Tensor, output: Tensor) -> tuple[Op, ...]:
    """Give `ops`, and a Reshape of their `last` tensor into `output`."""
    assert math.prod(last.shape) == math.prod(output.shape)
    return (*ops, Reshape(source=call.source, output=output, input=last))
