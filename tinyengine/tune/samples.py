"""Sample operators of every kind and of the shapes that networks have, to measure kernels on."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import cycle, product
from types import MappingProxyType

import numpy as np

from tinyengine.ir import (
    Add,
    ArgMax,
    ArgMin,
    AveragePool2D,
    BatchMatMul,
    Broadcast,
    Concatenation,
    Conv2D,
    Convolution,
    DepthToSpace,
    DepthwiseConv2D,
    DType,
    FullyConnected,
    LeakyRelu,
    Lookup,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Pad,
    Padding,
    PRelu,
    Quantization,
    Quantize,
    ReduceMax,
    ReduceMin,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Rounding,
    Sigmoid,
    Slice,
    Softmax,
    Source,
    SpaceToDepth,
    SquaredDifference,
    Sub,
    Tensor,
    Transpose,
)
from tinyengine.kernels.spec import Kernel
from tinyengine.tune.detection_samples import DETECTION_MAKERS
from tinyengine.tune.logic_samples import LOGIC_MAKERS
from tinyengine.tune.number_samples import NUMBERS
from tinyengine.tune.recurrent_samples import RECURRENT
from tinyengine.tune.signal_samples import SIGNAL_MAKERS
from tinyengine.tune.unsigned_samples import as_unsigned
from tinyengine.tune.wide_samples import leaky_relu_of, sigmoids_of, widened

Shape = tuple[int, ...]

_SCALE = 0.05
_SOURCE = Source(index=0, opcode="SAMPLE", name="sample")

# Input [H, W, C], output channels, kernel, stride.
_CONVOLUTIONS: tuple[tuple[Shape, int, tuple[int, int], int], ...] = (
    ((8, 8, 16), 32, (1, 1), 1),
    ((5, 5, 96), 24, (1, 1), 1),
    ((3, 3, 160), 80, (1, 1), 1),
    ((12, 12, 8), 48, (1, 1), 1),
    ((10, 10, 32), 32, (1, 1), 1),
    ((6, 6, 60), 53, (1, 1), 1),
    ((4, 4, 47), 17, (1, 1), 1),
    ((1, 1, 64), 32, (1, 1), 1),
    ((12, 1, 64), 64, (1, 1), 1),
    ((8, 8, 32), 16, (1, 1), 2),
    ((16, 16, 3), 8, (3, 3), 2),
    ((12, 12, 3), 16, (3, 3), 1),
    ((10, 10, 1), 8, (3, 3), 1),
    ((8, 8, 16), 16, (3, 3), 1),
    ((6, 6, 32), 24, (3, 3), 1),
    ((10, 10, 16), 12, (3, 3), 2),
    ((20, 10, 1), 32, (10, 4), 2),
    ((20, 1, 24), 16, (5, 1), 1),
    ((6, 6, 8), 12, (5, 5), 1),
    ((4, 4, 64), 32, (3, 3), 1),
    ((32, 32, 3), 16, (3, 3), 1),
    ((48, 48, 3), 8, (3, 3), 2),
    ((24, 24, 16), 16, (3, 3), 1),
    ((16, 16, 32), 32, (3, 3), 1),
    ((48, 48, 1), 8, (3, 3), 2),
    ((16, 16, 16), 32, (3, 3), 2),
    ((24, 24, 16), 7, (1, 1), 1),
    ((25, 5, 64), 64, (1, 1), 1),
    ((6, 6, 128), 128, (1, 1), 1),
    ((3, 3, 256), 128, (1, 1), 1),
    ((24, 24, 16), 32, (1, 1), 1),
    ((20, 20, 14), 8, (1, 1), 1),
    ((20, 20, 8), 47, (1, 1), 1),
    ((48, 48, 8), 16, (1, 1), 1),
    ((7, 7, 8), 24, (1, 1), 1),
    ((16, 16, 16), 32, (1, 1), 2),
    ((8, 8, 64), 64, (3, 3), 1),
    ((6, 6, 48), 32, (3, 3), 1),
    ((8, 8, 64), 32, (3, 3), 2),
    ((5, 5, 40), 20, (3, 3), 1),
    ((3, 3, 436), 96, (1, 1), 1),
    ((5, 5, 384), 64, (1, 1), 1),
    ((2, 2, 640), 80, (1, 1), 1),
    ((6, 6, 352), 40, (1, 1), 1),
)

# Input [H, W, C], kernel, stride, outputs per channel.
_DEPTHWISE: tuple[tuple[Shape, tuple[int, int], int, int], ...] = (
    *(
        (shape, (kernel, kernel), stride, 1)
        for kernel in (3, 5, 7)
        for stride in (1, 2)
        for shape in (
            (20, 20, 8),
            (12, 12, 24),
            (9, 10, 31),
            (5, 5, 96),
            (3, 3, 120),
            (24, 24, 4),
            (44, 44, 24),
            (64, 64, 12),
        )
    ),
    ((16, 16, 12), (3, 3), 1, 1),
    ((6, 6, 60), (3, 3), 1, 1),
    ((10, 8, 96), (3, 3), 1, 1),
    ((5, 4, 192), (3, 3), 1, 1),
    ((7, 6, 160), (3, 3), 1, 1),
    ((16, 16, 12), (3, 3), 2, 1),
    ((24, 24, 8), (3, 3), 2, 1),
    ((10, 10, 40), (3, 3), 2, 1),
    ((10, 10, 16), (5, 3), 1, 1),
    ((12, 12, 24), (5, 3), 1, 1),
    ((8, 8, 40), (2, 5), 1, 1),
    ((6, 6, 96), (4, 7), 1, 1),
    ((24, 1, 64), (5, 1), 1, 1),
    ((28, 1, 40), (3, 1), 1, 1),
    ((28, 1, 32), (9, 1), 1, 1),
    ((24, 1, 96), (10, 1), 1, 1),
    ((15, 1, 96), (15, 1), 1, 1),
    ((12, 12, 1), (3, 3), 2, 8),
    ((8, 8, 4), (3, 3), 1, 2),
    ((10, 10, 8), (4, 2), 1, 1),
    ((10, 10, 16), (1, 1), 1, 1),
    ((5, 5, 40), (1, 1), 1, 1),
    ((20, 20, 8), (1, 1), 1, 1),
    ((3, 3, 96), (1, 1), 1, 1),
)

# Elements of the input vector, outputs.
_MATRICES = (
    (64, 12), (640, 64), (128, 8), (160, 2), (256, 64), (1024, 16), (36, 3), (128, 128), (8, 128),
)  # fmt: skip

_ACTIVATIONS: tuple[Shape, ...] = ((10, 10, 16), (5, 5, 40), (20, 20, 8), (7, 7, 33), (3, 3, 96))

# Input [H, W, C], kernel, stride.
_POOLS: tuple[tuple[Shape, tuple[int, int], int], ...] = (
    ((25, 5, 64), (25, 5), 1),
    ((6, 6, 32), (6, 6), 1),
    ((3, 3, 96), (3, 3), 1),
    ((8, 8, 22), (8, 8), 1),
    ((16, 16, 16), (2, 2), 2),
    ((10, 10, 24), (3, 3), 2),
    ((12, 12, 8), (3, 3), 1),
)

_ZEROS = (0.9, 0.5, 0.8, 0.95, 0.7)
"""Shares of weights that are 0, of samples that are sparse."""


def samples(kind: type[Op]) -> tuple[Op, ...]:
    """Give operators of one kind, the same ones every time; none where there are no samples."""
    make = _MAKERS.get(kind)
    found = tuple(make(np.random.default_rng(1))) if make else ()
    found += tuple(NUMBERS[kind]()) if kind in NUMBERS else ()
    found += tuple(RECURRENT[kind]()) if kind in RECURRENT else ()
    even = (rounded for op in found if (rounded := _rounded_even(op)) is not None)
    every = 3 if issubclass(kind, Convolution) else 1
    unsigned = (same for op in found[::every] for same in as_unsigned(op))
    wide = (each for op in found for each in widened(op))
    raised = (_raised(op) for op in found[::17] if isinstance(op, DepthwiseConv2D))
    shrunk = (
        _shrunk(op, i % 5 + 2) for i, op in enumerate(found) if isinstance(op, FullyConnected)
    )
    return (*found, *even, *unsigned, *wide, *raised, *shrunk)


def halved_samples(kind: type[Op]) -> tuple[Op, ...]:
    """Give the operators of one kind that have weights, with weights in [-7, 7]."""
    return tuple(
        replace(
            op,
            weight=replace(op.weight, data=np.maximum(op.weight.values.astype(np.int8) >> 4, -7)),
        )
        for op in samples(kind)
        if isinstance(op, Convolution | FullyConnected) and op.rounding is Rounding.TFLITE
    )


def sparse_samples(kind: type[Op]) -> tuple[Op, ...]:
    """Give the operators of one kind that have weights, with some shares of them 0 in turn."""
    rng, sparse = np.random.default_rng(4), []
    weighted = [op for op in samples(kind) if isinstance(op, Convolution | FullyConnected)]
    for op, share in zip(weighted, cycle(_ZEROS), strict=False):
        weights = np.where(rng.random(op.weight.shape) < share, 0, op.weight.values)
        data = weights.astype(op.weight.dtype.numpy)
        sparse.append(replace(op, weight=replace(op.weight, data=data)))
    return tuple(sparse)


def samples_for(kernel: Kernel) -> tuple[Op, ...]:
    """Give the operators that `kernel` is measured on, as far as it accepts them."""
    if kernel.halves_weights:
        return halved_samples(kernel.op)
    return sparse_samples(kernel.op) if kernel.skips_zeros else samples(kernel.op)


def _rounded_even(op: Op) -> Op | None:
    """Give the same operator that rounds once, halves to even; None where none does."""
    match op:
        case Convolution() | FullyConnected() | Add() | Sub() | Mul():
            return replace(op, rounding=Rounding.EVEN)
        case _:
            return None


def _raised(op: DepthwiseConv2D) -> DepthwiseConv2D:
    """Give the same operator with a scale of the output by which ratios of scales are above 1/2."""
    height, width, channels = op.output.hwc
    zero_point = op.output.zero_point
    return replace(op, output=_activation((height, width, channels), _SCALE / 150, zero_point))


def _shrunk(op: FullyConnected, bits: int) -> FullyConnected:
    """Give the same operator with weights 2^bits smaller, as few networks use all of the range."""
    data = op.weight.values.astype(np.int8) >> bits
    return replace(op, weight=replace(op.weight, data=data))


def _activation(shape: Shape, scale: float = _SCALE, zero_point: int = -5) -> Tensor:
    quant = Quantization(scale=(float(np.float32(scale)),), zero_point=(zero_point,))
    return Tensor(name="sample", shape=(1, *shape), dtype=DType.INT8, quant=quant)


def _constant(
    rng: np.random.Generator, shape: Shape, channels: int = 1, axis: int = 0, scale: float = 0.01
) -> Tensor:
    """Give an int8 constant with a scale for each of `channels` indexes along `axis`."""
    scales = tuple(float(np.float32(s)) for s in rng.uniform(scale / 2, scale, channels))
    data = rng.integers(-127, 128, shape).astype(np.int8)
    quant = Quantization(scale=scales, zero_point=(0,) * channels, axis=axis)
    return Tensor(name="constant", shape=shape, dtype=DType.INT8, quant=quant, data=data)


def _bias(rng: np.random.Generator, channels: int) -> Tensor:
    data = rng.integers(-1000, 1000, channels).astype(np.int32)
    return Tensor(name="bias", shape=(channels,), dtype=DType.INT32, data=data)


def _same(extent: int, kernel: int, stride: int) -> tuple[int, int, int]:
    """Give output extent and padding before and after, as SAME has them."""
    out = -(-extent // stride)
    total = max((out - 1) * stride + kernel - extent, 0)
    return out, total // 2, total - total // 2


_ZERO_POINTS = (-128, 3)
"""Of outputs: with the first the clamp is a ReLU, with the second there is none."""


def _convolutions(rng: np.random.Generator) -> Iterator[Op]:
    for case, zero_point in product(_CONVOLUTIONS, _ZERO_POINTS):
        (h, w, c), out_c, (kernel_h, kernel_w), stride = case
        out_h, top, bottom = _same(h, kernel_h, stride)
        out_w, left, right = _same(w, kernel_w, stride)
        yield Conv2D(
            source=_SOURCE,
            input=_activation((h, w, c)),
            weight=_constant(rng, (out_c, kernel_h, kernel_w, c), out_c),
            bias=_bias(rng, out_c),
            output=_activation((out_h, out_w, out_c), zero_point=zero_point),
            padding=Padding(top=top, bottom=bottom, left=left, right=right),
            stride_h=stride,
            stride_w=stride,
            dilation_h=1,
            dilation_w=1,
            act_min=-128,
            act_max=127,
        )


def _depthwise(rng: np.random.Generator) -> Iterator[Op]:
    for case, zero_point in product(_DEPTHWISE, _ZERO_POINTS):
        (h, w, c), (kernel_h, kernel_w), stride, multiplier = case
        out_h, top, bottom = _same(h, kernel_h, stride)
        out_w, left, right = _same(w, kernel_w, stride)
        if w == 1:  # columns, as networks for sound have them, are not padded
            out_h, top, bottom = h - kernel_h + 1, 0, 0
        out_c = c * multiplier
        yield DepthwiseConv2D(
            source=_SOURCE,
            input=_activation((h, w, c)),
            weight=_constant(rng, (1, kernel_h, kernel_w, out_c), out_c, axis=3),
            bias=_bias(rng, out_c),
            output=_activation((out_h, out_w, out_c), zero_point=zero_point),
            padding=Padding(top=top, bottom=bottom, left=left, right=right),
            stride_h=stride,
            stride_w=stride,
            dilation_h=1,
            dilation_w=1,
            act_min=-128,
            act_max=127,
        )


def _matrices(rng: np.random.Generator) -> Iterator[Op]:
    shapes = [(shape, 0) for shape in _MATRICES] + [(shape, 3) for shape in _MATRICES[:6]]
    for ((depth, out_c), weight_zero_point), zero_point in product(shapes, _ZERO_POINTS):
        weight = _constant(rng, (out_c, depth))
        assert weight.quant is not None, "constants of int8 have a scale"
        quant = replace(weight.quant, zero_point=(weight_zero_point,))
        yield FullyConnected(
            source=_SOURCE,
            input=_activation((depth,)),
            weight=replace(weight, quant=quant),
            bias=_bias(rng, out_c),
            output=_activation((out_c,), zero_point=zero_point),
            act_min=-128,
            act_max=127,
        )


def _clamped(kind: type[Add] | type[Sub] | type[Mul]) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        gates = [((h, w, c), (1, 1, c)) for h, w, c in _ACTIVATIONS]
        for shape, other in (*((shape, shape) for shape in _ACTIVATIONS), *gates):
            is_gate = other != shape
            operand = _activation(other, 0.01, -20) if is_gate else _activation(other, 0.04)
            yield kind(
                source=_SOURCE,
                lhs=_activation(shape),
                rhs=operand,
                output=_activation(shape, 0.07, 4),
                act_min=-128,
                act_max=127,
            )

    return make


def _extremes(
    kind: type[Minimum] | type[Maximum] | type[SquaredDifference],
) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        means = [(h, w, 1) for h, w, _ in _ACTIVATIONS] if kind is SquaredDifference else []
        for shape, other in zip(_ACTIVATIONS * 2, (*_ACTIVATIONS, *means), strict=False):
            sides = (_activation(shape), _activation(other))
            yield kind(source=_SOURCE, lhs=sides[0], rhs=sides[1], output=_activation(shape))

    return make


def _pools(kind: type[AveragePool2D] | type[MaxPool2D]) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        for (h, w, c), (kernel_h, kernel_w), stride in _POOLS:
            out = ((h - kernel_h) // stride + 1, (w - kernel_w) // stride + 1, c)
            yield kind(
                source=_SOURCE,
                input=_activation((h, w, c)),
                output=_activation(out),
                kernel_h=kernel_h,
                kernel_w=kernel_w,
                stride_h=stride,
                stride_w=stride,
                padding=Padding(),
                act_min=-128,
                act_max=127,
            )

    return make


def _means(_: np.random.Generator) -> Iterator[Op]:
    for h, w, c in ((6, 6, 32), (3, 3, 96), (10, 5, 40), (8, 8, 22)):
        for axes, shape in (((1, 2), (1, 1, c)), ((1,), (1, w, c)), ((2,), (h, 1, c))):
            output = _activation(shape, 0.04, 3)
            yield Mean(source=_SOURCE, input=_activation((h, w, c)), axes=axes, output=output)


def _arg_extremes(kind: type[ArgMax] | type[ArgMin]) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        for shape, axis in (*product(_ACTIVATIONS, (1, 3)), ((12,), 1), ((1000,), 1)):
            source = _activation(shape)
            kept = source.shape[:axis] + source.shape[axis + 1 :]
            output = Tensor(name="sample", shape=kept, dtype=DType.INT32)
            yield kind(source=_SOURCE, input=source, axis=axis, output=output)

    return make


def _softmaxes(_: np.random.Generator) -> Iterator[Op]:
    for shape in ((2,), (3,), (10,), (12,), (100,), (4, 12), (16, 3), (49, 49), (20, 20)):
        output = _activation(shape, 1 / 256, -128)
        yield Softmax(source=_SOURCE, input=_activation(shape), beta=1.0, output=output)


def _unary(build: Callable[[Tensor, Tensor], Op]) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        for shape in _ACTIVATIONS:
            yield build(_activation(shape), _activation(shape, 0.04, 3))

    return make


def _lookup(operand: Tensor, output: Tensor) -> Op:
    table = np.arange(-128, 128).astype(np.int8)
    return Lookup(source=_SOURCE, input=operand, table=table, function="TANH", output=output)


def _leaky_relus(rng: np.random.Generator) -> Iterator[Op]:
    for op in _unary(_lookup)(rng):
        assert isinstance(op, Lookup)
        yield leaky_relu_of(op)


def _sigmoids(rng: np.random.Generator) -> Iterator[Op]:
    for op in _unary(_lookup)(rng):
        assert isinstance(op, Lookup)
        yield from sigmoids_of(op)


def _prelu(operand: Tensor, output: Tensor) -> Op:
    slope = _constant(np.random.default_rng(2), (1, 1, 1, operand.shape[-1]))
    return PRelu(source=_SOURCE, input=operand, alpha=slope, output=output)


def _pads(_: np.random.Generator) -> Iterator[Op]:
    for shape in _ACTIVATIONS:
        h, w, c = shape
        output = _activation((h + 2, w + 2, c))
        pads = ((0, 0), (1, 1), (1, 1), (0, 0))
        yield Pad(source=_SOURCE, input=_activation(shape), pads=pads, value=-5, output=output)


def _transposes(_: np.random.Generator) -> Iterator[Op]:
    for shape in _ACTIVATIONS:
        for perm in ((0, 3, 1, 2), (0, 2, 3, 1), (0, 2, 1, 3)):
            full = (1, *shape)
            output = _activation(tuple(full[axis] for axis in perm[1:]))
            yield Transpose(source=_SOURCE, input=_activation(shape), perm=perm, output=output)


def _concatenations(_: np.random.Generator) -> Iterator[Op]:
    for shape in _ACTIVATIONS:
        for axis in (1, 3):
            joined = list(shape)
            joined[axis - 1] *= 2
            parts = (_activation(shape), _activation(shape))
            output = _activation(tuple(joined))
            yield Concatenation(source=_SOURCE, operands=parts, axis=axis, output=output)


def _slices(_: np.random.Generator) -> Iterator[Op]:
    for shape in _ACTIVATIONS:
        h, w, c = shape
        for out, begin in (((h // 2, w, c), (0, 1, 0, 0)), ((h, w, c // 2), (0, 0, 0, 1))):
            yield Slice(
                source=_SOURCE,
                input=_activation(shape),
                begin=begin,
                strides=(1, 1, 1, 1),
                output=_activation(out),
            )


def _resizes(
    kind: type[ResizeNearestNeighbor] | type[ResizeBilinear],
) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        for h, w, c in _ACTIVATIONS:
            yield kind(
                source=_SOURCE,
                input=_activation((h, w, c)),
                align_corners=False,
                half_pixel_centers=False,
                output=_activation((2 * h, 2 * w, c)),
            )

    return make


def _depth_to_space(_: np.random.Generator) -> Iterator[Op]:
    for h, w, c in _ACTIVATIONS:
        yield DepthToSpace(
            source=_SOURCE,
            input=_activation((h, w, 4 * c)),
            block_h=2,
            block_w=2,
            output=_activation((2 * h, 2 * w, c)),
        )


def _space_to_depth(_: np.random.Generator) -> Iterator[Op]:
    for h, w, c in _ACTIVATIONS:
        yield SpaceToDepth(
            source=_SOURCE,
            input=_activation((2 * h, 2 * w, c)),
            block_h=2,
            block_w=2,
            output=_activation((h, w, 4 * c)),
        )


def _broadcasts(_: np.random.Generator) -> Iterator[Op]:
    for h, w, c in _ACTIVATIONS:
        for source in ((1, 1, c), (h, 1, c), (h, w, 1)):
            yield Broadcast(
                source=_SOURCE, input=_activation(source), output=_activation((h, w, c))
            )


def _reduced_extremes(kind: type[ReduceMax] | type[ReduceMin]) -> Callable[..., Iterator[Op]]:
    def make(_: np.random.Generator) -> Iterator[Op]:
        """Give the operators that are measured."""
        for h, w, c in _ACTIVATIONS:
            for axis, out in ((1, (1, w, c)), (2, (h, 1, c)), (3, (h, w, 1))):
                yield kind(
                    source=_SOURCE, input=_activation((h, w, c)), axis=axis, output=_activation(out)
                )

    return make


def _products_of_matrices(_: np.random.Generator) -> Iterator[Op]:
    for rows, depth, columns in ((16, 32, 16), (49, 24, 49), (20, 49, 12), (8, 64, 40)):
        for adjoint in (False, True):
            yield BatchMatMul(
                source=_SOURCE,
                lhs=_activation((2, rows, depth)),
                rhs=_activation((2, columns, depth) if adjoint else (2, depth, columns)),
                adjoins_rhs=adjoint,
                output=_activation((2, rows, columns), 0.8),
            )


_MAKERS: Mapping[type[Op], Callable[[np.random.Generator], Iterator[Op]]] = MappingProxyType(
    {
        Conv2D: _convolutions,
        DepthwiseConv2D: _depthwise,
        FullyConnected: _matrices,
        Add: _clamped(Add),
        Sub: _clamped(Sub),
        Mul: _clamped(Mul),
        SquaredDifference: _extremes(SquaredDifference),
        BatchMatMul: _products_of_matrices,
        Minimum: _extremes(Minimum),
        Maximum: _extremes(Maximum),
        AveragePool2D: _pools(AveragePool2D),
        MaxPool2D: _pools(MaxPool2D),
        Mean: _means,
        ArgMax: _arg_extremes(ArgMax),
        ArgMin: _arg_extremes(ArgMin),
        Softmax: _softmaxes,
        Lookup: _unary(_lookup),
        LeakyRelu: _leaky_relus,
        Sigmoid: _sigmoids,
        PRelu: _unary(_prelu),
        Quantize: _unary(lambda x, y: Quantize(source=_SOURCE, input=x, output=y)),
        Pad: _pads,
        Transpose: _transposes,
        Concatenation: _concatenations,
        Slice: _slices,
        ResizeNearestNeighbor: _resizes(ResizeNearestNeighbor),
        ResizeBilinear: _resizes(ResizeBilinear),
        DepthToSpace: _depth_to_space,
        SpaceToDepth: _space_to_depth,
        Broadcast: _broadcasts,
        ReduceMax: _reduced_extremes(ReduceMax),
        ReduceMin: _reduced_extremes(ReduceMin),
        **LOGIC_MAKERS,
        **DETECTION_MAKERS,
        **SIGNAL_MAKERS,
    }
)
