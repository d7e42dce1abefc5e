"""Random models of what makes one value of many, or sees all of a row."""

import math
from collections.abc import Mapping

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.properties.drawn.draw import Draw, Sample, Sampler, Shape, integers, like, unit


def _reduced(draw: Draw, shape: Shape) -> tuple[Shape, Shape, bool]:
    """Give axes as models name them, the shape that is left, and whether they are kept."""
    rank, keep = len(shape), draw.chance()
    axes = draw.order(rank)[: draw.integer(1, rank)]
    left = [1 if axis in axes else size for axis, size in enumerate(shape)]
    kept = left if keep else [size for axis, size in enumerate(shape) if axis not in axes]
    return tuple(axis - rank if draw.chance() else axis for axis in axes), tuple(kept), keep


def reduction(draw: Draw) -> Sample:
    """Give a mean, a sum, a product, or what is true of all or any."""
    source = draw.tensor(draw.shape(1, 4, 6))
    if draw.opcode == "REDUCE_PROD":
        source = draw.tensor(source.shape, scale=2.0**-7)
    axes, left, keep = _reduced(draw, tuple(source.shape))
    result = draw.tensor(left, scale=_scale(draw, source, left))
    if draw.opcode == "MEAN" and draw.chance(0.3):
        result = like(source, left)
    return draw.sample([source, integers(*axes)], result, keep_dims=keep)


def _scale(draw: Draw, source: Spec, left: Shape) -> float:
    """Give a scale with which results vary."""
    if source.scale is None:
        return 0.0
    count = math.prod(source.shape) // math.prod(left)
    near = unit(source) * 2.0 ** draw.real(-2, 1)
    if draw.opcode == "SUM":
        near *= math.sqrt(count)
    if draw.opcode == "REDUCE_PROD":
        near = 2.0 ** -draw.real(3, 7)
    return float(np.float32(near))


def extreme(draw: Draw) -> Sample:
    """Give the greatest or the least along axes."""
    source = draw.tensor(draw.shape(1, 4, 6))
    axes, left, keep = _reduced(draw, tuple(source.shape))
    return draw.sample([source, integers(*axes)], like(source, left), keep_dims=keep)


def arg_extreme(draw: Draw) -> Sample:
    """Give where the greatest or the least stands."""
    shape, kind = draw.shape(), draw.pick(["int32", "int64"])
    axis = draw.integer(0, len(shape) - 1)
    result = Spec(shape=(*shape[:axis], *shape[axis + 1 :]), dtype=kind)
    source = draw.tensor(shape)
    return draw.sample([source, integers(axis)], result, output_type=kind.upper())


def top_k(draw: Draw) -> Sample:
    """Give the greatest, and where they stand."""
    source = draw.tensor(draw.shape(1, 3, 7))
    (*lead, size) = source.shape
    count = draw.integer(1, size)
    results = [like(source, (*lead, count)), Spec(shape=(*lead, count), dtype="int32")]
    return draw.sample([source, integers(count)], *results)


def cumsum(draw: Draw) -> Sample:
    """Give running sums."""
    source = draw.tensor(draw.shape())
    axis = draw.integer(0, len(source.shape) - 1)
    scale = unit(source) * 2.0 ** draw.real(0, 2)
    result = draw.tensor(source.shape, scale=float(np.float32(scale)))
    options = {"exclusive": draw.chance(), "reverse": draw.chance()}
    return draw.sample([source, integers(axis)], result, **options)


def rows(draw: Draw) -> Sample:
    """Give rows that are normalized: by their sum, by that of exponentials, by their length."""
    shape = (*draw.shape(0, 2, 4), draw.integer(1, 24))
    opcode = draw.opcode
    wanted = {"int16": (2.0**-15, 0), "uint8": (1 / 256, 0)}
    int8 = {"LOG_SOFTMAX": (1 / 16, 127), "L2_NORMALIZATION": (1 / 128, 0)}
    if draw.dtype == "uint8" and opcode in int8:
        wanted["uint8"] = (int8[opcode][0], int8[opcode][1] + 128)
    scale, zero = wanted.get(draw.dtype, int8.get(opcode, (1 / 256, -128)))
    result = draw.tensor(shape, scale=scale, zero_point=zero)
    options = {"beta": draw.pick([1.0, 0.5, 3.7])} if opcode == "SOFTMAX" else {}
    return draw.sample([draw.tensor(shape)], result, **options)


SAMPLERS: Mapping[str, Sampler] = {
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_PROD", "REDUCE_ALL", "REDUCE_ANY"), reduction),
    **dict.fromkeys(("REDUCE_MAX", "REDUCE_MIN"), extreme),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN"), arg_extreme),
    "CUMSUM": cumsum,
    "TOPK_V2": top_k,
    **dict.fromkeys(("SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION"), rows),
}
