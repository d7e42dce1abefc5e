"""Write the int8 network as a TFLite file that any interpreter of the format loads."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import (
    Add,
    AveragePool2D,
    BatchMatMul,
    Clamp,
    Concatenation,
    Conv2D,
    DepthToSpace,
    DepthwiseConv2D,
    DType,
    FullyConnected,
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
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Slice,
    Softmax,
    SpaceToDepth,
    Sub,
    Tensor,
    Transpose,
    Unary,
    Window,
)
from tinyengine.quantize.flatbuffer import Option, TfliteWriter
from tinyengine.quantize.ranges import quantization_of
from tinyengine.quantize.settings import Activations
from tinyengine.quantize.structure import FUSED_NAMES, Moving, Range, Structure, Weighted
from tinyengine.quantize.weights import RoundedWeights
from tinyengine.version import __version__

_MOVED = Moving


def write_tflite(
    structure: Structure,
    ranges: Mapping[Tensor, Range],
    weights: Mapping[Op, RoundedWeights],
    activations: Activations = Activations.INT8,
) -> bytes:
    """Give the file of the network with these ranges and weights; its edges are as activations."""
    emitter = Emitter(structure, ranges, weights, activations)
    for op in structure.graph.ops:
        emitter.emit(op)
    graph = structure.graph
    inputs, outputs = (
        [(edge.name, emitter.index(edge.tensor)) for edge in edges]
        for edges in (graph.inputs, graph.outputs)
    )
    description = f"{activations.value}, by tinyengine {__version__}"
    return emitter.writer.finish(inputs, outputs, description)


def check_clamps(structure: Structure) -> None:
    """Raise ModelError where a clamp has no form in int16, whose ranges are symmetric."""
    for op in structure.graph.ops:
        if not isinstance(op, Clamp) or (op.minimum, op.maximum) in FUSED_NAMES:
            continue
        if op.minimum not in (0, -op.maximum):
            raise ModelError(
                str(op.source),
                f"a clamp to [{op.minimum:g}, {op.maximum:g}] has no int16 form",
                hint="quantize with int8 activations",
            )


@dataclass(slots=True, eq=False)
class Emitter:
    """Writes operator by operator, each tensor when it is first met."""

    structure: Structure
    ranges: Mapping[Tensor, Range]
    weights: Mapping[Op, RoundedWeights]
    activations: Activations = Activations.INT8
    writer: TfliteWriter = field(default_factory=TfliteWriter)
    _known: dict[tuple[Tensor, Quantization | None], int] = field(default_factory=dict)

    def quant(self, tensor: Tensor) -> Quantization:
        """Give the quantization of an activation, or of a constant operand by its own values."""
        if not tensor.is_const:
            return quantization_of(self.ranges[tensor], self.activations)
        values = np.asarray(tensor.values, np.float32)
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        return quantization_of(Range(low=low, high=high), self.activations)

    @property
    def dtype(self) -> DType:
        """What activations are."""
        return DType(self.activations.value)

    def index(self, tensor: Tensor, like: Quantization | None = None) -> int:
        """Give the index of an operand; requantized where `like` asks for other than it has."""
        own = self.quant(tensor)
        if tensor.is_const:
            return self._constant(tensor, like or own)
        if (tensor, own) not in self._known:
            self._known[tensor, own] = self.writer.tensor(
                tensor.name, tensor.shape, self.dtype, own
            )
        plain = self._known[tensor, own]
        if like is None or like == own:
            return plain
        if (tensor, like) not in self._known:
            index = self.writer.tensor(f"{tensor.name}/rescaled", tensor.shape, self.dtype, like)
            self.writer.operator("QUANTIZE", [plain], [index])
            self._known[tensor, like] = index
        return self._known[tensor, like]

    def _constant(self, tensor: Tensor, quant: Quantization) -> int:
        if (tensor, quant) not in self._known:
            steps = np.round(np.asarray(tensor.values, np.float32) / quant.scale[0])
            data = np.clip(steps + quant.zero_point[0], *self.dtype.limits)
            self._known[tensor, quant] = self.writer.tensor(
                tensor.name, tensor.shape, self.dtype, quant, data.astype(self.dtype.numpy)
            )
        return self._known[tensor, quant]

    def integers(self, name: str, *values: int | tuple[int, ...]) -> int:
        """Add a constant int32 tensor and give its index."""
        data = np.asarray(values, np.int32)
        return self.writer.tensor(name, data.shape, DType.INT32, None, data)

    def emit(self, op: Op) -> None:
        """Write one operator, with the clamp that it carries."""
        if isinstance(op, Clamp):
            if op not in self.structure.carriers:
                self.write_clamp(op)
            return
        output = self.structure.stored(op)
        like = self.quant(output) if isinstance(op, _MOVED) else None
        inputs = [] if isinstance(op, Weighted) else [self.index(t, like) for t in op.inputs]
        opcode, extra, options = self._describe(op)
        if isinstance(op, Weighted):
            inputs = [self.index(op.input), *self.write_weights(op)]
        if isinstance(op, Window | FullyConnected | Add | Sub | Mul):
            options["fused_activation_function"] = self._fused(op)
        self.writer.operator(opcode, [*inputs, *extra], [self.index(output)], **options)

    def _fused(self, op: Op) -> str:
        clamp = self.structure.fused.get(op)
        return "NONE" if clamp is None else self._clamp_name(clamp, "NONE")

    def _clamp_name(self, clamp: Clamp, otherwise: str) -> str:
        """Give the clamp's name; `otherwise` where only the range of its output can express it."""
        known = FUSED_NAMES.get((clamp.minimum, clamp.maximum), otherwise)
        is_half = self.activations is Activations.INT16 and clamp.minimum == 0
        return "RELU" if is_half and known == otherwise else known

    def write_clamp(self, op: Clamp) -> None:
        """Write a clamp of its own: by name, or as a requantization to the range that it leaves."""
        name = self._clamp_name(op, "QUANTIZE")
        self.writer.operator(name, [self.index(op.input)], [self.index(op.output)])

    def write_weights(self, op: Op) -> list[int]:
        """Write weights and bias of `op` and give their indices."""
        made = self.weights[op]
        assert isinstance(op, Weighted), "only these have weights"
        name, shape = op.weight.name, made.values.shape
        weight = self.writer.tensor(name, shape, made.dtype, made.quantization(), made.values)
        scale = self.quant(op.input).scale[0]
        bias = made.integer_bias(scale)
        quant = Quantization(
            scale=tuple(float(np.float32(scale * each)) for each in made.scales),
            zero_point=(0,) * len(bias),
        )
        dtype = DType.INT64 if self.activations is Activations.INT16 else DType.INT32
        return [weight, self.writer.tensor(f"{name}/bias", bias.shape, dtype, quant, bias)]

    def _describe(self, op: Op) -> tuple[str, list[int], dict[str, Option]]:
        """Give the opcode, operands beside the activations, and the options of `op`."""
        match op:
            case Window():
                return self._describe_window(op)
            case FullyConnected():
                keeps = len(op.output.shape) > 2
                return "FULLY_CONNECTED", [], {"keep_num_dims": keeps}
            case Add() | Sub() | Mul() | Minimum() | Maximum() | PRelu():
                return type(op).__name__.upper(), [], {}
            case BatchMatMul():
                return "BATCH_MATMUL", [], {"adj_x": op.adjoins_lhs, "adj_y": op.adjoins_rhs}
            case Softmax():
                return "SOFTMAX", [], {"beta": op.beta}
            case Unary():
                return self._describe_unary(op)
            case _:
                return self._describe_movement(op)

    def _describe_unary(self, op: Unary) -> tuple[str, list[int], dict[str, Option]]:
        match op.function:
            case "LEAKY_RELU":
                return "LEAKY_RELU", [], {"alpha": op.alpha}
            case "GELU":
                return "GELU", [], {"approximate": op.approximate}
            case "SQUARE":
                return "MUL", [self.index(op.input)], {"fused_activation_function": "NONE"}
            case _:
                return op.function, [], {}

    def _describe_movement(self, op: Op) -> tuple[str, list[int], dict[str, Option]]:
        name = op.output.name
        match op:
            case Reshape():
                shape = op.output.shape
                return "RESHAPE", [self.integers(f"{name}/shape", *shape)], {"new_shape": shape}
            case Transpose():
                return "TRANSPOSE", [self.integers(f"{name}/perm", *op.perm)], {}
            case Pad():
                return "PAD", [self.integers(f"{name}/pads", *op.pads)], {}
            case Concatenation():
                return "CONCATENATION", [], {"axis": op.axis}
            case Mean():
                keeps = len(op.output.shape) == len(op.input.shape)
                return "MEAN", [self.integers(f"{name}/axes", *op.axes)], {"keep_dims": keeps}
            case Slice():
                return self._describe_slice(op)
            case DepthToSpace():
                return "DEPTH_TO_SPACE", [], {"block_size": op.block_h}
            case SpaceToDepth():
                return "SPACE_TO_DEPTH", [], {"block_size": op.block_h}
            case ResizeNearestNeighbor() | ResizeBilinear():
                nearest = isinstance(op, ResizeNearestNeighbor)
                size = self.integers(f"{name}/size", *op.output.shape[1:3])
                options: dict[str, Option] = {
                    "align_corners": op.align_corners,
                    "half_pixel_centers": op.half_pixel_centers,
                }
                return f"RESIZE_{'NEAREST_NEIGHBOR' if nearest else 'BILINEAR'}", [size], options
            case _:
                raise AssertionError(f"{type(op).__name__} is no operator of float graphs")

    def _describe_slice(self, op: Slice) -> tuple[str, list[int], dict[str, Option]]:
        name = op.output.name
        begin = self.integers(f"{name}/begin", *op.begin)
        if all(stride == 1 for stride in op.strides):
            return "SLICE", [begin, self.integers(f"{name}/size", *op.output.shape)], {}
        dimensions = list(zip(op.begin, op.strides, op.output.shape, strict=True))
        ends = [first + (count - 1) * stride for first, stride, count in dimensions]
        ends = [end + (1 if step > 0 else -1) for end, step in zip(ends, op.strides, strict=True)]
        to_the_end = sum(1 << index for index, end in enumerate(ends) if end < 0)
        extra = [
            begin,
            self.integers(f"{name}/end", *(max(end, 0) for end in ends)),
            self.integers(f"{name}/strides", *op.strides),
        ]
        return "STRIDED_SLICE", extra, {"end_mask": to_the_end}

    def _describe_window(self, op: Window) -> tuple[str, list[int], dict[str, Option]]:
        options: dict[str, Option] = {
            "stride_h": op.stride_h,
            "stride_w": op.stride_w,
            "padding": _padding_name(op),
        }
        match op:
            case Conv2D():
                options |= {"dilation_h_factor": op.dilation_h, "dilation_w_factor": op.dilation_w}
                return "CONV_2D", [], options
            case DepthwiseConv2D():
                options |= {"dilation_h_factor": op.dilation_h, "dilation_w_factor": op.dilation_w}
                options["depth_multiplier"] = op.weight.shape[3] // op.input.shape[3]
                return "DEPTHWISE_CONV_2D", [], options
            case AveragePool2D() | MaxPool2D():
                options |= {"filter_height": op.kernel_h, "filter_width": op.kernel_w}
                average = isinstance(op, AveragePool2D)
                return f"{'AVERAGE' if average else 'MAX'}_POOL_2D", [], options
            case _:
                raise AssertionError(f"{type(op).__name__} has no window")


def same_padding(op: Window, kernel: tuple[int, int]) -> Padding:
    """Give the padding that TFLite's SAME means for `op` with a window that spans `kernel`."""
    sides = []
    for size, span, stride in zip(
        op.input.shape[1:3], kernel, (op.stride_h, op.stride_w), strict=True
    ):
        total = max((-(-size // stride) - 1) * stride + span - size, 0)
        sides.append((total // 2, total - total // 2))
    (top, bottom), (left, right) = sides
    return Padding(top=top, bottom=bottom, left=left, right=right)


def _padding_name(op: Window) -> str:
    if op.padding == Padding():
        return "VALID"
    assert op.padding == same_padding(op, op.extent), "other paddings are operators"
    return "SAME"
