"""Import Resize and Upsample: by the nearest pixel, or bilinear."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.model import LARGEST_SIZE
from tinyengine.importers.onnx.movement import Positions, picked
from tinyengine.importers.onnx.values import Placed, Value
from tinyengine.importers.onnx.windows import NHWC
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.shapes import axis_in
from tinyengine.ir import Resize, ResizeBilinear, ResizeNearestNeighbor
from tinyengine.reference.resize import nearest_positions

Reals = npt.NDArray[np.float64]

_NEAR = 1e-4
"""Positions closer than this, in pixels, are the same."""

_ANCHORS = tuple(product((False, True), repeat=2))
"""Every align_corners and half_pixel_centers."""


def resize(call: Call) -> Value:
    """Import Resize and Upsample."""
    x = call.placed(0)
    mode = call.text("mode", "nearest")
    unusual = [
        name
        for name, plain in (("antialias", 0), ("exclude_outside", 0))
        if call.integer(name, plain) != plain
    ]
    if mode not in ("nearest", "linear") or len(x.shape) != 4 or unusual:
        told = f"in mode '{mode}'" + "".join(f" with {name}" for name in unusual)
        raise RefusedError(
            f"resizing {describe(x.shape)} {told} is not supported",
            "images are resized by the nearest pixel, or bilinear",
        )
    sizes, scales = _sizes(call, x.shape)
    if sizes[:2] != x.shape[:2]:
        raise RefusedError("it resizes batch or channels")
    if max(sizes) > LARGEST_SIZE:
        raise RefusedError(f"its output {describe(sizes)} is too large")
    at = [_positions(call, x.shape[axis], sizes[axis], scales[axis]) for axis in (2, 3)]
    if mode == "linear":
        return _bilinear(call, x, sizes, at)
    return _nearest(call, x, sizes, at)


def _nearest(call: Call, x: Placed, sizes: tuple[int, ...], at: list[Reals]) -> Value:
    """Give the nearest pixels: as a kernel finds them, or put together where none does."""
    wanted = [_rounded(call, each, n) for each, n in zip(at, x.shape[2:], strict=True)]
    image = call.b.in_order(x, NHWC)
    output = call.b.tensor((sizes[0], sizes[2], sizes[3], sizes[1]), x.scheme)
    for align_corners, half_pixel_centers in _ANCHORS:
        op = ResizeNearestNeighbor(
            source=call.b.source,
            input=image.tensor,
            output=output,
            align_corners=align_corners,
            half_pixel_centers=half_pixel_centers,
        )
        found = [nearest_positions(op, axis) for axis in (1, 2)]
        if all(np.array_equal(*pair) for pair in zip(wanted, found, strict=True)):
            call.b.emit(op)
            return replace(image, tensor=output)
    for axis, positions in zip((2, 3), wanted, strict=True):
        x = picked(call, x, axis, positions)
    return x


def _bilinear(call: Call, x: Placed, sizes: tuple[int, ...], at: list[Reals]) -> Value:
    """Blend the four nearest pixels, where TensorFlow Lite finds them at the same places."""
    image = call.b.in_order(x, NHWC)
    output = call.b.tensor((sizes[0], sizes[2], sizes[3], sizes[1]), x.scheme)
    for align_corners, half_pixel_centers in _ANCHORS:
        op = ResizeBilinear(
            source=call.b.source,
            input=image.tensor,
            output=output,
            align_corners=align_corners,
            half_pixel_centers=half_pixel_centers,
        )
        if (align_corners and half_pixel_centers) or not all(
            _is_near(wanted, _places(op, axis), x.shape[axis + 1])
            for axis, wanted in zip((1, 2), at, strict=True)
        ):
            continue
        call.b.emit(op)
        return replace(image, tensor=output)
    raise RefusedError(
        "its way to blend pixels is none that kernels have",
        "use coordinate_transformation_mode=half_pixel, asymmetric or align_corners",
    )


def _is_near(wanted: Reals, found: Reals, size: int) -> bool:
    """Tell whether positions are the same once they are kept inside the image."""
    inside = [np.clip(each, 0, size - 1) for each in (wanted, found)]
    return bool(np.all(np.abs(inside[0] - inside[1]) < _NEAR))


def _places(op: Resize, axis: int) -> Reals:
    """Give where `op` reads its input along `axis`. Source: TFLite, resize_bilinear.h."""
    in_size, out_size = op.input.shape[axis], op.output.shape[axis]
    corners = op.align_corners and out_size > 1
    scale = (in_size - corners) / (out_size - corners)
    index = np.arange(out_size, dtype=np.float64)
    return (index + 0.5) * scale - 0.5 if op.half_pixel_centers else index * scale


def _sizes(call: Call, shape: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Give the output's shape and the scales. Source: ONNX, Resize and Upsample."""
    axes = call.ints("axes", tuple(range(len(shape))))
    places = [axis_in(axis, len(shape)) for axis in axes]
    if call.text("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise RefusedError("it keeps the aspect ratio", "export it with the sizes themselves")
    if call.has(3):
        given = _spread(call.integers(3, "sizes"), places, shape)
        sizes = tuple(int(n) for n in given)
        scales = tuple(n / m for n, m in zip(sizes, shape, strict=True))
    else:
        position = 1 if call.node.op == "Upsample" else 2
        held = tuple(float(each) for each in call.array(position, "scales").reshape(-1))
        scales = _spread(held, places, (1.0,) * len(shape))
        if not all(0 < scale < 1 << 16 for scale in scales):
            raise RefusedError("its scales are no factors", "export it again")
        sizes = tuple(math.floor(n * s) for n, s in zip(shape, scales, strict=True))
    if min(sizes) < 1:
        raise RefusedError(f"it resizes {describe(shape)} to {describe(sizes)}")
    return sizes, scales


def _spread(
    given: Sequence[float], places: list[int], others: Sequence[float]
) -> tuple[float, ...]:
    """Give what stands for each axis: `given` at its places, `others` elsewhere."""
    if len(given) != len(places):
        raise RefusedError(f"it resizes {len(places)} axes and has {len(given)} sizes")
    made = list(others)
    for place, value in zip(places, given, strict=True):
        made[place] = value
    return tuple(made)


def _positions(call: Call, in_size: int, out_size: int, scale: float) -> Reals:
    """Give where every output index lies in the input. Source: ONNX, Resize."""
    index = np.arange(out_size, dtype=np.float64)
    default = "asymmetric" if call.node.op == "Upsample" else "half_pixel"
    match call.text("coordinate_transformation_mode", default):
        case "asymmetric":
            return index / scale
        case "half_pixel":
            return (index + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (index + 0.5) / scale - 0.5 if out_size > 1 else index * 0
        case "align_corners":
            return index * (in_size - 1) / max(out_size - 1, 1)
        case other:
            raise RefusedError(f"its coordinate_transformation_mode '{other}' is not supported")


def _rounded(call: Call, at: Reals, in_size: int) -> Positions:
    """Give the input index that is nearest to every position. Source: ONNX, Resize."""
    default = "floor" if call.node.op == "Upsample" else "round_prefer_floor"
    match call.text("nearest_mode", default):
        case "floor":
            found = np.floor(at)
        case "ceil":
            found = np.ceil(at)
        case "round_prefer_floor":
            found = np.ceil(at - 0.5)
        case "round_prefer_ceil":
            found = np.floor(at + 0.5)
        case other:
            raise RefusedError(f"its nearest_mode '{other}' is unknown")
    return np.clip(found, 0, in_size - 1).astype(np.int64)
