"""Random models of what moves values, and of what is known before the run."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.properties.drawn.draw import Draw, Sample, Sampler, Shape, integers, like, pairs


def _swapped(shape: Sequence[int], axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


def _named(draw: Draw, axis: int, rank: int) -> int:
    """Give an axis as models name it: counted from the end at times."""
    return axis - rank if draw.chance() else axis


def pad(draw: Draw) -> Sample:
    """Give a padded tensor."""
    source = draw.tensor(draw.shape(1, 4, 4))
    edges = [(draw.integer(0, 2), draw.integer(0, 2)) for _ in source.shape]
    wide = [size + sum(edge) for size, edge in zip(source.shape, edges, strict=True)]
    operands = [source, pairs(edges)]
    if draw.opcode == "PADV2":
        operands.append(draw.constant(like(source, (1,))))
    return draw.sample(operands, like(source, wide))


def mirror_pad(draw: Draw) -> Sample:
    """Give a tensor that is mirrored at its edges."""
    mode, source = draw.pick(["REFLECT", "SYMMETRIC"]), draw.tensor(draw.shape(1, 3))
    most = [size - (mode == "REFLECT") for size in source.shape]
    edges = [(draw.integer(0, each), draw.integer(0, each)) for each in most]
    wide = [size + sum(edge) for size, edge in zip(source.shape, edges, strict=True)]
    return draw.sample([source, pairs(edges)], like(source, wide), mode=mode)


def reshape(draw: Draw) -> Sample:
    """Give another shape."""
    source = draw.tensor(draw.shape())
    flat = math.prod(source.shape)
    first = draw.pick([size for size in range(1, flat + 1) if flat % size == 0])
    wanted = integers(*draw.pick([(first, flat // first), (-1, first), (flat,)]))
    shape = [flat // abs(math.prod(wanted.data)) if n == -1 else n for n in wanted.data]
    return draw.sample([source, wanted], like(source, shape))


def squeeze(draw: Draw) -> Sample:
    """Give a shape without dimensions of one."""
    shape = draw.shape(1, 3)
    axis = draw.integer(0, len(shape))
    source = draw.tensor((*shape[:axis], 1, *shape[axis:]))
    return draw.sample([source], like(source, shape), squeeze_dims=[axis])


def expand_dims(draw: Draw) -> Sample:
    """Give a shape with another dimension of one."""
    shape = draw.shape(1, 3)
    axis, source = draw.integer(0, len(shape)), draw.tensor(shape)
    result = like(source, (*shape[:axis], 1, *shape[axis:]))
    return draw.sample([source, integers(_named(draw, axis, len(shape) + 1))], result)


def transpose(draw: Draw) -> Sample:
    """Give dimensions in another order."""
    source = draw.tensor(draw.shape())
    order = draw.order(len(source.shape))
    result = like(source, [source.shape[axis] for axis in order])
    return draw.sample([source, integers(*order)], result)


def concatenation(draw: Draw) -> Sample:
    """Give tensors one behind the other."""
    shape, count = draw.shape(), draw.integer(2, 4)
    axis = draw.integer(0, len(shape) - 1)
    sizes = [draw.integer(1, 4) for _ in range(count)]
    first = draw.tensor(shape)
    parts = [like(first, _swapped(shape, axis, size)) for size in sizes]
    parts[-1] = draw.perhaps_constant(parts[-1])
    result = like(first, _swapped(shape, axis, sum(sizes)))
    return draw.sample(parts, result, axis=_named(draw, axis, len(shape)))


def pack(draw: Draw) -> Sample:
    """Give tensors along a new dimension."""
    shape, count = draw.shape(1, 3), draw.integer(2, 4)
    axis, first = draw.integer(0, len(shape)), draw.tensor(shape)
    result = like(first, (*shape[:axis], count, *shape[axis:]))
    return draw.sample([first] * count, result, axis=axis, values_count=count)


def unpack(draw: Draw) -> Sample:
    """Give the parts along a dimension, without it."""
    shape, count = draw.shape(1, 3), draw.integer(1, 4)
    axis = draw.integer(0, len(shape))
    source = draw.tensor((*shape[:axis], count, *shape[axis:]))
    return draw.sample([source], *[like(source, shape)] * count, axis=axis, num=count)


def split(draw: Draw) -> Sample:
    """Give equal parts along a dimension."""
    shape, count = draw.shape(), draw.integer(1, 3)
    axis = draw.integer(0, len(shape) - 1)
    source = draw.tensor(_swapped(shape, axis, shape[axis] * count))
    named = integers(_named(draw, axis, len(shape)))
    return draw.sample([named, source], *[like(source, shape)] * count, num_splits=count)


def split_v(draw: Draw) -> Sample:
    """Give parts of any sizes along a dimension."""
    shape, sizes = draw.shape(), [draw.integer(1, 3) for _ in range(draw.integer(1, 3))]
    axis = draw.integer(0, len(shape) - 1)
    source = draw.tensor(_swapped(shape, axis, sum(sizes)))
    parts = [like(source, _swapped(shape, axis, size)) for size in sizes]
    operands = [source, integers(*sizes), integers(axis)]
    return draw.sample(operands, *parts, num_splits=len(sizes))


def slice_(draw: Draw) -> Sample:
    """Give a part."""
    source = draw.tensor(draw.shape())
    begin = [draw.integer(0, size - 1) for size in source.shape]
    sizes = [draw.integer(1, size - at) for size, at in zip(source.shape, begin, strict=True)]
    return draw.sample([source, integers(*begin), integers(*sizes)], like(source, sizes))


def strided_slice(draw: Draw) -> Sample:
    """Give every so many of a part, backwards too."""
    source = draw.tensor(draw.shape(1, 4, 7))
    begin, end, steps, out = [], [], [], []
    for size in source.shape:
        one, other = sorted((draw.integer(0, size - 1), draw.integer(0, size - 1)))
        step = draw.integer(1, 3)
        if draw.chance(0.3):
            begin.append(other)
            end.append(one - 1 if one else -size - 1)
            step = -step
        else:
            begin.append(one)
            end.append(other + 1)
        steps.append(step)
        out.append((other - one) // abs(step) + 1)
    operands = [source, integers(*begin), integers(*end), integers(*steps)]
    return draw.sample(operands, like(source, out))


def depth_to_space(draw: Draw) -> Sample:
    """Give channels as pixels, or pixels as channels."""
    block, (h, w, c) = draw.integer(1, 3), [draw.integer(1, 4) for _ in range(3)]
    deep, wide = (1, h, w, c * block * block), (1, h * block, w * block, c)
    shapes = (deep, wide) if draw.opcode == "DEPTH_TO_SPACE" else (wide, deep)
    source = draw.tensor(shapes[0])
    return draw.sample([source], like(source, shapes[1]), block_size=block)


def space_to_batch(draw: Draw) -> Sample:
    """Give pixels as batches, or batches as pixels."""
    n, c = draw.integer(1, 2), draw.integer(1, 4)
    blocks = [draw.integer(1, 3) for _ in range(2)]
    counts = [draw.integer(1, 3) for _ in blocks]
    edges = []
    for block, count in zip(blocks, counts, strict=True):
        before = draw.integer(0, min(block * count - 1, 2))
        edges.append((before, draw.integer(0, min(block * count - 1 - before, 2))))
    small = [
        block * count - sum(edge) for block, count, edge in zip(blocks, counts, edges, strict=True)
    ]
    few, many = (n, *small, c), (n * math.prod(blocks), *counts, c)
    shapes = (few, many) if draw.opcode == "SPACE_TO_BATCH_ND" else (many, few)
    source = draw.tensor(shapes[0])
    return draw.sample([source, integers(*blocks), pairs(edges)], like(source, shapes[1]))


def broadcast_to(draw: Draw) -> Sample:
    """Give a tensor repeated where it has one element."""
    shape = draw.shape()
    narrow = [draw.pick([1, size]) for size in shape]
    source = draw.tensor(narrow[draw.integer(0, len(shape) - 1) :])
    return draw.sample([source, integers(*shape)], like(source, shape))


def tile(draw: Draw) -> Sample:
    """Give a tensor several times."""
    source = draw.tensor(draw.shape(1, 3, 4))
    times = [draw.integer(1, 3) for _ in source.shape]
    wide = [size * each for size, each in zip(source.shape, times, strict=True)]
    return draw.sample([source, integers(*times)], like(source, wide))


def reverse(draw: Draw) -> Sample:
    """Give a dimension backwards."""
    source = draw.tensor(draw.shape())
    axis = draw.integer(0, len(source.shape) - 1)
    return draw.sample([source, integers(axis)], like(source, source.shape))


def gather(draw: Draw) -> Sample:
    """Give parts along a dimension, by constant indices or given ones."""
    source = draw.tensor(draw.shape(1, 3))
    axis, count = draw.integer(0, len(source.shape) - 1), draw.integer(1, 5)
    size = source.shape[axis]
    index = Spec(shape=(count,), dtype=draw.pick(["int32", "int64"]))
    if draw.chance():
        found = draw.random.integers(0, size, count).tolist()
        index = integers(*found, dtype=index.dtype)
    result = like(source, _swapped(source.shape, axis, count))
    return draw.sample([source, index], result, limits={1: (0, size - 1)}, axis=axis)


def gather_nd(draw: Draw) -> Sample:
    """Give parts at places, by constant indices or given ones."""
    source = draw.tensor(draw.shape(1, 3))
    numbers, lead = draw.integer(1, len(source.shape)), draw.shape(1, 2, 3)
    index = Spec(shape=(*lead, numbers), dtype=draw.pick(["int32", "int64"]))
    most = min(source.shape[:numbers]) - 1
    if draw.chance():
        found = draw.random.integers(0, source.shape[:numbers], index.shape)
        index = Spec(shape=index.shape, dtype=index.dtype, data=found)
    result = like(source, (*lead, *source.shape[numbers:]))
    return draw.sample([source, index], result, limits={1: (0, most)})


def scatter_nd(draw: Draw) -> Sample:
    """Give zeros with parts at places."""
    shape = draw.shape(1, 3)
    numbers = draw.integer(1, len(shape))
    places = draw.random.integers(0, shape[:numbers], (draw.integer(1, 4), numbers))
    once = draw.random.permutation(np.unique(places, axis=0))
    updates = draw.tensor((len(once), *shape[numbers:]))
    index = Spec(shape=once.shape, dtype="int32", data=once)
    return draw.sample([index, updates, integers(*shape)], like(updates, shape))


def dynamic_update_slice(draw: Draw) -> Sample:
    """Give a tensor with another one in its place."""
    source = draw.tensor(draw.shape(1, 3))
    sizes = [draw.integer(1, size) for size in source.shape]
    at = [draw.integer(-1, size) for size in source.shape]
    start = integers(*at) if draw.chance() else Spec(shape=(len(at),), dtype="int32")
    part = draw.perhaps_constant(like(source, sizes))
    limits = {2: (-3, 6)}
    return draw.sample([source, part, start], like(source, source.shape), limits=limits)


def shape_of(draw: Draw) -> Sample:
    """Give the shape or the rank of a tensor."""
    shape = draw.shape()
    if draw.opcode == "RANK":
        return draw.sample([draw.tensor(shape)], Spec(shape=(), dtype="int32"))
    kind = draw.pick(["int32", "int64"])
    result = Spec(shape=(len(shape),), dtype=kind)
    return draw.sample([draw.tensor(shape)], result, out_type=kind.upper())


def zeros_like(draw: Draw) -> Sample:
    """Give zeros."""
    shape = draw.shape()
    return draw.sample([draw.tensor(shape)], draw.tensor(shape))


def range_(draw: Draw) -> Sample:
    """Give numbers from one to another."""
    start, step, count = draw.integer(-9, 9), draw.pick([-3, -1, 1, 2]), draw.integer(1, 6)
    ends = [start, start + step * count, step]
    scalars = [Spec(shape=(), dtype=draw.dtype, data=end) for end in ends]
    return draw.sample(scalars, draw.tensor((count,)))


def broadcast_args(draw: Draw) -> Sample:
    """Give the shape to which two shapes broadcast."""
    shape = draw.shape(1, 4)
    narrow = [draw.pick([1, size]) for size in shape][draw.integer(0, len(shape) - 1) :]
    operands = [integers(*narrow, dtype=draw.dtype), integers(*shape, dtype=draw.dtype)]
    return draw.sample(operands, draw.tensor((len(shape),)))


SAMPLERS: Mapping[str, Sampler] = {
    "BATCH_TO_SPACE_ND": space_to_batch,
    "BROADCAST_ARGS": broadcast_args,
    "BROADCAST_TO": broadcast_to,
    "CONCATENATION": concatenation,
    "DEPTH_TO_SPACE": depth_to_space,
    "DYNAMIC_UPDATE_SLICE": dynamic_update_slice,
    "EXPAND_DIMS": expand_dims,
    "GATHER": gather,
    "GATHER_ND": gather_nd,
    "MIRROR_PAD": mirror_pad,
    "PACK": pack,
    "PAD": pad,
    "PADV2": pad,
    "RANGE": range_,
    "RANK": shape_of,
    "RESHAPE": reshape,
    "REVERSE_V2": reverse,
    "SCATTER_ND": scatter_nd,
    "SHAPE": shape_of,
    "SLICE": slice_,
    "SPACE_TO_BATCH_ND": space_to_batch,
    "SPACE_TO_DEPTH": depth_to_space,
    "SPLIT": split,
    "SPLIT_V": split_v,
    "SQUEEZE": squeeze,
    "STRIDED_SLICE": strided_slice,
    "TILE": tile,
    "TRANSPOSE": transpose,
    "UNPACK": unpack,
    "ZEROS_LIKE": zeros_like,
}
