"""Import the operators that take parts: SLICE, STRIDED_SLICE, SPLIT, SPLIT_V and UNPACK."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import EllipsisType

from tflite.SplitOptions import SplitOptions
from tflite.SplitVOptions import SplitVOptions
from tflite.StridedSliceOptions import StridedSliceOptions
from tflite.UnpackOptions import UnpackOptions

from tinyengine.importers.refusals import DAMAGED_HINT, RefusedError, describe
from tinyengine.importers.shapes import axis_in, length_of, replaced, without
from tinyengine.importers.tflite.call import Call, require_equal_quantization
from tinyengine.ir import DType, Op, Reshape, Slice, Tensor

_SPLIT = (DType.INT8, DType.INT16, DType.INT32, DType.INT64)
"""What TFLite's SPLIT and SPLIT_V take: no bool."""

_UNPACKED = (DType.INT8, DType.INT16, DType.BOOL, DType.INT32)
"""What TFLite's UNPACK takes: no int64."""


def slice_(call: Call) -> tuple[Op, ...]:
    """Import SLICE: from `begin`, `size` elements; -1 is everything up to the end."""
    call.expect((3,))
    source = call.value()
    begin = call.integers(1, "begin", wide=True)
    size = call.integers(2, "size", wide=True)
    rank = len(source.shape)
    if len(begin) != rank or len(size) != rank:
        raise RefusedError(
            f"begin {describe(begin)} and size {describe(size)} do not fit rank {rank}",
            DAMAGED_HINT,
        )
    spans = []
    for first, count, available in zip(begin, size, source.shape, strict=True):
        last = available if count == -1 else first + count
        if not 0 <= first < last <= available:
            raise RefusedError(
                f"begin {describe(begin)} and size {describe(size)} do not lie within "
                f"{describe(source.shape)}",
                DAMAGED_HINT,
            )
        spans.append(range(first, last))
    output = call.output_like(source, tuple(len(span) for span in spans))
    return (_part(call, source, spans, output),)


def split(call: Call) -> tuple[Op, ...]:
    """Import SPLIT: one Slice per output, all of the same size."""
    call.expect((2,), outputs=None)
    source = call.value(1, dtypes=_SPLIT)
    axis = axis_in(call.integer(0, "axis"), len(source.shape))
    count = len(call.operator.outputs)
    if call.options(SplitOptions).NumSplits() != count or not count:
        raise RefusedError(f"it has {count} outputs; num_splits says otherwise", DAMAGED_HINT)
    if source.shape[axis] % count:
        raise RefusedError(
            f"{source.shape[axis]} elements do not split into {count} equal parts", DAMAGED_HINT
        )
    return _split(call, source, axis, (source.shape[axis] // count,) * count)


def split_v(call: Call) -> tuple[Op, ...]:
    """Import SPLIT_V: one Slice per output; one of the sizes may be -1, whatever remains."""
    call.expect((3,), outputs=None)
    source, sizes = call.value(dtypes=_SPLIT), call.integers(1, "sizes", wide=True)
    axis = axis_in(call.integer(2, "axis"), len(source.shape))
    count = len(call.operator.outputs)
    if not call.options(SplitVOptions).NumSplits() == count == len(sizes) or not count:
        raise RefusedError(f"it has {count} outputs, but {len(sizes)} sizes", DAMAGED_HINT)
    remaining = source.shape[axis] - sum(size for size in sizes if size != -1)
    resolved = tuple(remaining if size == -1 else size for size in sizes)
    if sizes.count(-1) > 1 or min(resolved) < 1 or sum(resolved) != source.shape[axis]:
        raise RefusedError(
            f"{source.shape[axis]} elements do not split into parts of {describe(sizes)}",
            DAMAGED_HINT,
        )
    return _split(call, source, axis, resolved)


def _split(call: Call, source: Tensor, axis: int, sizes: Sequence[int]) -> tuple[Op, ...]:
    parts = []
    first = 0
    for position, size in enumerate(sizes):
        spans = [range(available) for available in source.shape]
        spans[axis] = range(first, first + size)
        output = call.output_like(source, replaced(source.shape, axis, size), position)
        parts.append(_part(call, source, spans, output))
        first += size
    return tuple(parts)


def unpack(call: Call) -> tuple[Op, ...]:
    """Import UNPACK: a Slice and a Reshape per output."""
    call.expect((1,), outputs=None)
    options = call.options(UnpackOptions)
    source = call.value(dtypes=_UNPACKED)
    axis = axis_in(options.Axis(), len(source.shape))
    count = source.shape[axis]
    if not options.Num() == count == len(call.operator.outputs):
        raise RefusedError(
            f"it has {len(call.operator.outputs)} outputs for {count} slices", DAMAGED_HINT
        )
    ops: list[Op] = []
    for position in range(count):
        spans = [range(available) for available in source.shape]
        spans[axis] = range(position, position + 1)
        output = call.output_like(source, without(source.shape, (axis,)), position)
        ops += _part_reshaped(call, source, spans, output)
    return tuple(ops)


def strided_slice(call: Call) -> tuple[Op, ...]:
    """Import STRIDED_SLICE with all its masks: a Slice, and a Reshape where the rank changes."""
    call.expect((4,))
    source = call.value()
    entries = _entries(call)
    spans: list[range] = []
    shape: list[int] = []
    for entry in _without_ellipsis(entries, len(source.shape)):
        if entry is None:
            shape.append(1)
            continue
        size = source.shape[len(spans)]
        spans.append(entry.span(size))
        if not entry.shrinks:
            shape.append(length_of(spans[-1]))
    return _part_reshaped(call, source, spans, call.output_like(source, tuple(shape)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What STRIDED_SLICE takes of one input dimension; None begins or ends at the edge."""

    begin: int | None = None
    end: int | None = None
    stride: int = 1
    shrinks: bool = False

    def span(self, size: int) -> range:
        """Give the indices taken of a dimension of `size`."""
        if self.shrinks:
            index = axis_in(self.begin or 0, size, "index")
            return range(index, index + 1)
        return range(*slice(self.begin, self.end, self.stride).indices(size))


def _entries(call: Call) -> list[_Entry | EllipsisType | None]:
    """Give the specification entry by entry: `...` for an ellipsis, None for a new dimension.

    Source: TensorFlow, documentation of strided_slice.
    """
    options = call.options(StridedSliceOptions)
    begin, end = call.integers(1, "begin"), call.integers(2, "end")
    strides = call.integers(3, "strides")
    if not len(begin) == len(end) == len(strides) < 32:
        raise RefusedError(
            f"it has {len(begin)} begins, {len(end)} ends and {len(strides)} strides", DAMAGED_HINT
        )
    entries: list[_Entry | EllipsisType | None] = []
    for index, (first, last, stride) in enumerate(zip(begin, end, strides, strict=True)):
        bit = 1 << index
        shrinks = bool(options.ShrinkAxisMask() & bit)
        if options.EllipsisMask() & bit:
            entries.append(...)
        elif options.NewAxisMask() & bit:
            entries.append(None)
        elif stride == 0 or (shrinks and (stride < 0 or options.BeginMask() & bit)):
            raise RefusedError(
                f"entry {index} takes stride {stride} of a dimension in no valid way", DAMAGED_HINT
            )
        else:
            entry = _Entry(
                begin=None if options.BeginMask() & bit else first,
                end=None if options.EndMask() & bit else last + first * bool(options.Offset()),
                stride=stride,
                shrinks=shrinks,
            )
            entries.append(entry)
    return entries


def _without_ellipsis(
    entries: list[_Entry | EllipsisType | None], rank: int
) -> list[_Entry | None]:
    """Give `entries` for every dimension: the ellipsis, or the end, stands for all others."""
    missing = rank - sum(isinstance(entry, _Entry) for entry in entries)
    if missing < 0 or entries.count(...) > 1:
        raise RefusedError(f"its specification does not fit an input of rank {rank}", DAMAGED_HINT)
    position = entries.index(...) if ... in entries else len(entries)
    filled = [*entries[:position], *[_Entry()] * missing, *entries[position + 1 :]]
    return [entry for entry in filled if entry is None or isinstance(entry, _Entry)]


def _part(call: Call, source: Tensor, spans: Sequence[range], output: Tensor) -> Slice:
    """Give the Slice that takes `spans` of `source`."""
    require_equal_quantization(output, source)
    return Slice(
        source=call.source,
        output=output,
        input=source,
        begin=tuple(span.start for span in spans),
        strides=tuple(span.step for span in spans),
    )


def _part_reshaped(
    call: Call, source: Tensor, spans: Sequence[range], output: Tensor
) -> tuple[Op, ...]:
    """Give the Slice that takes `spans`, and a Reshape if the output has another shape."""
    shape = tuple(len(span) for span in spans)
    if shape == output.shape:
        return (_part(call, source, spans, output),)
    part = call.intermediate(output, "part", shape)
    require_equal_quantization(output, source)
    return (
        _part(call, source, spans, part),
        Reshape(source=call.source, output=output, input=part),
    )
