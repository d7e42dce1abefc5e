"""Import the operators that place values anew: layouts, shapes, parts, joins, padding."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.builder import operand_reals
from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.model import LARGEST_SIZE
from tinyengine.importers.onnx.values import (
    Constant,
    Outside,
    Pending,
    Placed,
    QuantizedConstant,
    Scheme,
    Value,
)
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.shapes import axis_in
from tinyengine.ir import Concatenation, Slice

Positions = npt.NDArray[np.int64]

_MOST_PIECES = 64
"""Parts that a tensor is put together from at most."""


def identity(call: Call) -> Value:
    """Import Identity and Dropout, which does nothing outside training."""
    return call.value(0)


def transpose(call: Call) -> Value:
    """Import Transpose: only what the axes are called changes, nothing moves."""
    value = call.value(0)
    if isinstance(value, QuantizedConstant):
        return _moved_constant(call, value)
    x = value if isinstance(value, Outside) else call.placed(0)
    rank = len(x.shape)
    perm = call.ints("perm", tuple(reversed(range(rank))))
    if sorted(perm) != list(range(rank)):
        raise RefusedError(f"{describe(perm)} is no permutation of {rank} axes")
    return replace(x, order=tuple(perm.index(axis) for axis in x.order))


def _moved_constant(call: Call, held: QuantizedConstant) -> Value:
    rank = held.values.ndim
    perm = call.ints("perm", tuple(reversed(range(rank))))
    if sorted(perm) != list(range(rank)):
        raise RefusedError(f"{describe(perm)} is no permutation of {rank} axes")
    axis = perm.index(held.axis) if held.scales.size > 1 else held.axis
    return replace(held, values=held.values.transpose(perm), axis=axis)


def reshape(call: Call) -> Value:
    """Import Reshape with a constant shape."""
    x, wanted = call.placed(0), call.integers(1, "shape")
    sizes = []
    for axis, size in enumerate(wanted):
        keeps = size == 0 and not call.integer("allowzero", 0)
        if keeps and axis >= len(x.shape):
            raise RefusedError(f"{describe(wanted)} keeps a dimension that there is not")
        sizes.append(x.shape[axis] if keeps else size)
    known = math.prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or any(size < -1 or size == 0 for size in sizes):
        raise RefusedError(f"{describe(wanted)} is no shape")
    total = math.prod(x.shape)
    shape = tuple(total // known if size == -1 else size for size in sizes)
    if math.prod(shape) != total:
        raise RefusedError(f"{describe(x.shape)} cannot become {describe(wanted)}")
    return call.b.reshaped(x, shape)


def flatten(call: Call) -> Value:
    """Import Flatten."""
    x = call.placed(0)
    rank = len(x.shape)
    axis = call.integer("axis", 1)
    if not -rank <= axis <= rank:
        raise RefusedError(f"axis {axis} does not exist in {describe(x.shape)}")
    axis += rank if axis < 0 else 0
    return call.b.reshaped(x, (math.prod(x.shape[:axis]), math.prod(x.shape[axis:])))


def _axes(call: Call, rank: int) -> tuple[int, ...]:
    given = call.integers(1, "axes") if call.has(1) else call.ints("axes")
    return tuple(sorted(axis_in(axis, rank) for axis in given))


def squeeze(call: Call) -> Value:
    """Import Squeeze."""
    x = call.placed(0)
    ones = tuple(axis for axis, size in enumerate(x.shape) if size == 1)
    axes = _axes(call, len(x.shape)) or ones
    if not set(axes) <= set(ones):
        raise RefusedError(f"axes {describe(axes)} of {describe(x.shape)} are not all 1")
    return call.b.reshaped(x, tuple(n for axis, n in enumerate(x.shape) if axis not in axes))


def unsqueeze(call: Call) -> Value:
    """Import Unsqueeze."""
    x = call.placed(0)
    given = call.integers(1, "axes") if call.has(1) else call.ints("axes")
    axes = _axes(call, len(x.shape) + len(given))
    sizes = iter(x.shape)
    rank = len(x.shape) + len(axes)
    if len(set(axes)) != len(given):
        raise RefusedError(f"axes {describe(tuple(given))} are not different")
    shape = tuple(1 if axis in axes else next(sizes) for axis in range(rank))
    return call.b.reshaped(x, shape)


def concat(call: Call) -> Value:
    """Import Concat: operands of other quantizations are requantized by tables."""
    parts = [_part(call, position) for position in range(len(call.node.inputs))]
    pending = joined(call, parts, call.integer("axis", 0))
    first = parts[0].scheme
    if all(part.scheme == first and part.is_real == parts[0].is_real for part in parts):
        return pending.build(first, (-128, 127)).as_real(parts[0].is_real)
    return pending


def qlinear_concat(call: Call) -> Value:
    """Import onnxruntime's QLinearConcat."""
    scheme = call.scheme(0, 1)
    if len(call.node.inputs) < 5 or (len(call.node.inputs) - 2) % 3:
        raise RefusedError(f"it has {len(call.node.inputs)} inputs")
    parts = []
    for position in range(2, len(call.node.inputs), 3):
        if isinstance(call.value(position), Constant):
            parts.append(_as_part(call, call.weights(position), position))
        else:
            parts.append(call.operand(position))
    return joined(call, parts, call.integer("axis", 0)).quantized(scheme)


def _part(call: Call, position: int) -> Placed:
    value = call.value(position)
    if not isinstance(value, QuantizedConstant):
        return call.placed(position)
    return _as_part(call, value, position)


def _as_part(call: Call, value: QuantizedConstant, position: int) -> Placed:
    if value.scales.size != 1:
        raise RefusedError("its constant has several scales", "quantize it per tensor")
    scheme = Scheme(scale=float(value.scales[0]), zero_point=int(value.zero_points.reshape(-1)[0]))
    tensor = call.b.constant(value.values, scheme, f"/operand_{position}")
    return Placed(tensor=tensor, order=tuple(range(value.values.ndim)), scheme=scheme, is_real=True)


def joined(call: Call, parts: list[Placed], axis: int) -> Pending:
    """Give tensors one behind the other along a logical axis, once they are quantized alike."""
    if not parts:
        raise RefusedError("it has no operand")
    rank = len(parts[0].shape)
    axis = axis_in(axis, rank)
    rest = {part.shape[:axis] + part.shape[axis + 1 :] for part in parts}
    if len(rest) > 1 or any(len(part.shape) != rank for part in parts):
        shapes = ", ".join(describe(part.shape) for part in parts)
        raise RefusedError(f"{shapes} do not continue each other along axis {axis}")
    total = sum(part.shape[axis] for part in parts)
    shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        free = [part for part in parts if not part.tensor.is_const] or parts
        order = max(free, key=lambda part: part.tensor.elements).order
        placed = [call.b.in_order(call.b.requantized(part, scheme), order) for part in parts]
        output = call.b.tensor(tuple(shape[each] for each in order), scheme)
        call.b.emit(
            Concatenation(
                source=call.b.source,
                operands=tuple(part.tensor for part in placed),
                axis=order.index(axis),
                output=output,
            )
        )
        made = Placed(tensor=output, order=order, scheme=scheme, is_real=False)
        if limits == (-128, 127):
            return made
        table = np.clip(np.arange(-128, 128), *limits).astype(np.int8)
        return call.b.tabulated(made, table, scheme, "CLIP")

    return Pending(shape=shape, build=build, what="Concat")


# -- parts ------------------------------------------------------------------------------------


def taken(call: Call, x: Placed, spans: list[range]) -> Placed:
    """Give the elements of `x` at `spans`, one per logical axis."""
    if spans == [range(n) for n in x.shape]:
        return x
    if any(not span for span in spans):
        raise RefusedError("its output would be empty")
    placed = [spans[axis] for axis in x.order]
    output = call.b.tensor(tuple(len(span) for span in placed), x.scheme)
    call.b.emit(
        Slice(
            source=call.b.source,
            input=x.tensor,
            output=output,
            begin=tuple(span.start for span in placed),
            strides=tuple(span.step for span in placed),
        )
    )
    return replace(x, tensor=output)


def picked(call: Call, x: Placed, axis: int, positions: Positions) -> Placed:
    """Give the elements of `x` at `positions` along a logical axis: even runs, joined."""
    spans = list(_runs([int(each) for each in positions]))
    if len(spans) > _MOST_PIECES:
        raise RefusedError(
            f"it takes {len(spans)} parts of axis {axis}; {_MOST_PIECES} are the most",
            "take the values in an order with fewer jumps",
        )
    if spans == [range(x.shape[axis])]:
        return x
    whole = [range(n) for n in x.shape]
    parts = [taken(call, x, [*whole[:axis], span, *whole[axis + 1 :]]) for span in spans]
    if len(parts) == 1:
        return parts[0]
    made = joined(call, parts, axis).build(x.scheme, (-128, 127))
    return replace(made, is_real=x.is_real)


def _runs(positions: list[int]) -> Iterator[range]:
    """Give `positions` as ranges: all of them as one where their steps are even, else by ones."""
    steps = {b - a for a, b in pairwise(positions)}
    if len(steps) == 1 and 0 not in steps:
        (step,) = steps
        yield range(positions[0], positions[-1] + (1 if step > 0 else -1), step)
        return
    start = 0
    for index in range(1, len(positions) + 1):
        if index == len(positions) or positions[index] != positions[index - 1] + 1:
            yield range(positions[start], positions[index - 1] + 1)
            start = index


def gather(call: Call) -> Value:
    """Import Gather of constant indices, one or a list."""
    x, indices = call.placed(0), call.array(1, "index")
    axis = axis_in(call.integer("axis", 0), len(x.shape))
    size = x.shape[axis]
    if indices.ndim > 1 or not indices.size or indices.dtype.kind != "i":
        raise RefusedError(f"its indices {describe(indices.shape)} are no list")
    flat = indices.reshape(-1).astype(np.int64)
    if flat.min() < -size or flat.max() >= size:
        raise RefusedError(f"its indices leave the {size} elements of axis {axis}")
    made = picked(call, x, axis, flat % size)
    if indices.ndim:
        return made
    return call.b.reshaped(made, made.shape[:axis] + made.shape[axis + 1 :])


def slice_(call: Call) -> Value:
    """Import Slice with constant bounds."""
    x = call.placed(0)
    rank = len(x.shape)
    starts, ends = call.integers(1, "starts"), call.integers(2, "ends")
    axes = call.integers(3, "axes") if call.has(3) else tuple(range(len(starts)))
    steps = call.integers(4, "steps") if call.has(4) else (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise RefusedError("its starts, ends, axes and steps do not fit each other")
    spans = [range(size) for size in x.shape]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        place = axis_in(axis, rank)
        size = x.shape[place]
        if step > 0:
            spans[place] = range(*slice(start, end, step).indices(size))
        else:
            first = min(start + size if start < 0 else start, size - 1)
            last = max(end + size if end < 0 else end, -1)
            spans[place] = range(first, last, step)
    return taken(call, x, spans)


def split(call: Call) -> tuple[Value, ...]:
    """Import Split: one Slice per output."""
    x, count = call.placed(0), len(call.node.outputs)
    axis = axis_in(call.integer("axis", 0), len(x.shape))
    size = x.shape[axis]
    even = -(-size // max(count, 1))
    sizes = tuple(min(even, size - even * index) for index in range(count))
    if call.has(1):
        sizes = call.integers(1, "sizes")
    elif "split" in call.node.attributes:
        sizes = call.ints("split")
    if len(sizes) != count or sum(sizes) != size or min(sizes, default=0) < 1:
        raise RefusedError(f"{size} elements do not split into parts of {describe(sizes)}")
    parts = []
    first = 0
    for part in sizes:
        spans = [range(n) for n in x.shape]
        spans[axis] = range(first, first + part)
        parts.append(taken(call, x, spans))
        first += part
    return tuple(parts)


# -- padding ----------------------------------------------------------------------------------


def pad(call: Call) -> Value:
    """Import Pad: with a constant, or with what stands at the edges; negative pads cut off."""
    x, flat = call.placed(0), call.integers(1, "pads")
    rank = len(x.shape)
    axes = call.integers(3, "axes") if call.has(3) else tuple(range(rank))
    if len(flat) != 2 * len(axes):
        raise RefusedError(f"its pads {describe(flat)} do not fit {describe(x.shape)}")
    pairs = [(0, 0)] * rank
    for index, axis in enumerate(axes):
        pairs[axis_in(axis, rank)] = (flat[index], flat[index + len(axes)])
    x = _cropped(call, x, pairs)
    around = tuple((max(before, 0), max(after, 0)) for before, after in pairs)
    sizes = [n + a + b for n, (a, b) in zip(x.shape, around, strict=True)]
    if max(sizes) > LARGEST_SIZE:
        raise RefusedError(f"its output {describe(tuple(sizes))} is too large")
    mode = call.text("mode", "constant")
    if mode == "constant":
        return _surrounded(call, x, around)
    for axis, pair in enumerate(around):
        x = picked(call, x, axis, _continued(x.shape[axis], pair, mode))
    return x


def _cropped(call: Call, x: Placed, pairs: list[tuple[int, int]]) -> Placed:
    """Give `x` without what negative pads cut off."""
    if min(map(min, pairs), default=0) >= 0:
        return x
    ends = zip(x.shape, pairs, strict=True)
    return taken(call, x, [range(max(-a, 0), n + min(b, 0)) for n, (a, b) in ends])


def _continued(size: int, pair: tuple[int, int], mode: str) -> Positions:
    """Give which index stands where along a padded axis. Source: ONNX, Pad."""
    if mode not in ("reflect", "edge", "wrap"):
        raise RefusedError(f"its mode '{mode}' is unknown")
    if max(pair) > (size - 1 if mode == "reflect" else size if mode == "wrap" else 1 << 16):
        raise RefusedError(f"its pads {describe(pair)} in mode '{mode}' do not fit {size} values")
    return np.pad(np.arange(size), pair, mode=mode)  # type: ignore[call-overload,no-any-return]


def _surrounded(call: Call, x: Placed, pairs: tuple[tuple[int, int], ...]) -> Placed:
    """Give `x` with a constant around it."""
    if not any(map(any, pairs)):
        return x
    value = 0.0
    if call.has(2):
        held = operand_reals(call.value(2))
        if held is None or held.size != 1 or np.isnan(held).any():
            raise RefusedError("its value is not one constant")
        value = float(held.reshape(-1)[0])
    return call.b.surrounded(x, tuple(pairs[axis] for axis in x.order), value)


def shape(call: Call) -> Value:
    """Import Shape: every shape is known."""
    value = call.value(0)
    sizes = value.value.shape if isinstance(value, Constant) else _shape_of(value)
    start, end = call.integer("start", 0), call.integer("end", len(sizes))
    return Constant(value=np.array(sizes[start:end], np.int64))


def _shape_of(value: Value) -> tuple[int, ...]:
    if isinstance(value, QuantizedConstant):
        return value.values.shape
    assert not isinstance(value, Constant)
    return value.shape
