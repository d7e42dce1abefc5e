"""Turn a TFLite file that computes in float32 into a float Graph.

Weights may be float32, float16 behind a DEQUANTIZE, or int8 with scales (dynamic range): they
become
float32 constants. Fused activations become operators of their own.
"""

import math
from collections.abc import Callable, Mapping
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
from tflite.AddOptions import AddOptions
from tflite.ConcatenationOptions import ConcatenationOptions
from tflite.Conv2DOptions import Conv2DOptions
from tflite.DepthToSpaceOptions import DepthToSpaceOptions
from tflite.DepthwiseConv2DOptions import DepthwiseConv2DOptions
from tflite.FullyConnectedOptions import FullyConnectedOptions
from tflite.GeluOptions import GeluOptions
from tflite.LeakyReluOptions import LeakyReluOptions
from tflite.MulOptions import MulOptions
from tflite.Pool2DOptions import Pool2DOptions
from tflite.ReducerOptions import ReducerOptions
from tflite.ResizeBilinearOptions import ResizeBilinearOptions
from tflite.ResizeNearestNeighborOptions import ResizeNearestNeighborOptions
from tflite.SoftmaxOptions import SoftmaxOptions
from tflite.SpaceToDepthOptions import SpaceToDepthOptions
from tflite.SubOptions import SubOptions
from tflite.TransposeConvOptions import TransposeConvOptions

from tinyengine.errors import ModelError, Problem
from tinyengine.importers.choice import FIRST, NetworkChoice
from tinyengine.importers.names import identifier
from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.shapes import axes_in, axis_in, window
from tinyengine.importers.sub_pixels import laid_out, padding_of, phases, sub_pixel_weights
from tinyengine.importers.tflite.convolution import padding_name
from tinyengine.importers.tflite.model import FileModel, FileOperator, read_model
from tinyengine.importers.tflite.reader import Accessor, empty_table, open_table
from tinyengine.ir import (
    NO_CLAMP,
    Add,
    Array,
    AveragePool2D,
    Clamp,
    Concatenation,
    Conv2D,
    DepthToSpace,
    DepthwiseConv2D,
    DType,
    Edge,
    FullyConnected,
    Graph,
    Level,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    Mul,
    Op,
    Pad,
    Padding,
    PRelu,
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Softmax,
    Source,
    SpaceToDepth,
    Sub,
    Tensor,
    Transpose,
    Unary,
    find_op_faults,
)

Floats = npt.NDArray[np.float32]

_HINT = "`tinyengine quantize` takes networks of the operators that it lists in the documentation"

_CLAMPS: Mapping[int, tuple[float, float]] = {
    1: (0.0, math.inf),
    2: (-1.0, 1.0),
    3: (0.0, 6.0),
}
"""Bounds of the fused activations RELU, RELU_N1_TO_1 and RELU6, by their number in the schema."""

_CLAMPING: Mapping[str, tuple[float, float]] = {
    "RELU": (0.0, math.inf),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU_0_TO_1": (0.0, 1.0),
}

_UNARY = ("LOGISTIC", "TANH", "HARD_SWISH", "ABS", "SQRT", "RSQRT", "EXP", "LOG", "SQUARE", "NEG")


def parse_float(data: bytes, name: str, choice: NetworkChoice = FIRST) -> Graph:
    """Give the float network in the TFLite file `data`; `name` is the file's name, for messages.

    Raises ModelError with all problems found.
    """
    model = read_model(data, name, choice)
    given = {model.tensors[index].dtype for index in model.inputs}
    if given and given <= {"int8", "uint8", "int16"}:
        raise ModelError(
            name,
            f"its inputs are {', '.join(sorted(given))}: the network is quantized already",
            "compile it as it is, or give the float network that it was made of",
        )
    table = _Table(model)
    problems: list[Problem] = []
    ops: list[Op] = []
    for operator in model.operators:
        source = _source(operator, model)
        try:
            ops += _import(_FloatCall(operator, source, table))
        except RefusedError as refusal:
            where = f"{name}: {source}"
            problems.append(Problem(where=where, problem=refusal.problem, hint=refusal.hint))
    if problems:
        raise ModelError.from_problems(problems)
    return Graph(
        name=identifier(PurePath(name).stem),
        inputs=tuple(_edge(table, index) for index in model.inputs),
        outputs=tuple(_edge(table, index) for index in model.outputs),
        ops=tuple(ops),
    )


def _source(operator: FileOperator, model: FileModel) -> Source:
    name = model.tensors[operator.outputs[0]].label if operator.outputs else ""
    return Source(index=operator.index, opcode=operator.opcode, name=name)


def _edge(table: "_Table", index: int) -> Edge:
    tensor = table.tensor(index)
    return Edge(name=tensor.name, tensor=tensor, dtype=DType.FLOAT32)


class _Table:
    """The float tensors of a file, each converted once; constants of any width become float32."""

    def __init__(self, model: FileModel) -> None:
        self.model = model
        self._known: dict[int, Tensor] = {}

    def tensor(self, index: int) -> Tensor:
        """Give tensor `index` in float32."""
        if index not in self._known:
            tensor = self.model.tensors[index]
            data = self._constant(index)
            if data is None and tensor.dtype != "float32":
                raise RefusedError(
                    f"'{tensor.label}' is {tensor.dtype}: the network is not float throughout",
                    "give the float model, before any quantization",
                )
            self._known[index] = Tensor(
                name=tensor.name, shape=tensor.shape, dtype=DType.FLOAT32, data=data
            )
        return self._known[index]

    def define(self, index: int, data: Floats) -> None:
        """Say that tensor `index` is the constant `data`."""
        tensor = self.model.tensors[index]
        data.setflags(write=False)
        self._known[index] = Tensor(
            name=tensor.name, shape=data.shape, dtype=DType.FLOAT32, data=data
        )

    def _constant(self, index: int) -> Floats | None:
        tensor = self.model.tensors[index]
        if tensor.data is None:
            return None
        match tensor.dtype:
            case "float32" | "float16":
                values = tensor.data.view("<f4" if tensor.dtype == "float32" else "<f2")
            case "int8" if tensor.scales.size:
                values = _dequantized(tensor.data.view(np.int8).reshape(tensor.shape), tensor)
            case _:
                raise RefusedError(f"the constant '{tensor.label}' is {tensor.dtype}", _HINT)
        if values.size != math.prod(tensor.shape):
            raise RefusedError(
                f"the constant '{tensor.label}' does not fill {tensor.shape}", DAMAGED_HINT
            )
        floats = np.array(values, np.float32).reshape(tensor.shape)
        if not np.all(np.isfinite(floats)):
            raise RefusedError(
                f"the constant '{tensor.label}' holds values that are not finite",
                "train or convert the model again",
            )
        floats.setflags(write=False)
        return floats


def _dequantized(values: npt.NDArray[np.int8], tensor: Accessor) -> Floats:
    shape = [1] * values.ndim
    if tensor.scales.size > 1:
        shape[tensor.axis] = tensor.scales.size
    zero_points = tensor.zero_points if tensor.zero_points.size else np.zeros(1, np.int64)
    centred = values.astype(np.float32) - zero_points.reshape(shape if zero_points.size > 1 else 1)
    return np.asarray(centred * tensor.scales.reshape(shape), np.float32)


class _FloatCall:
    """One operator of the file, as its handler sees it."""

    def __init__(self, operator: FileOperator, source: Source, table: _Table) -> None:
        self.operator, self.source, self.table = operator, source, table
        self.opcode = operator.opcode

    def has(self, position: int) -> bool:
        """Tell whether there is an input at `position`."""
        return position < len(self.operator.inputs) and self.operator.inputs[position] >= 0

    def input(self, position: int = 0) -> Tensor:
        """Give the operand at `position`."""
        if not self.has(position):
            raise RefusedError(f"its operand {position} is left out", DAMAGED_HINT)
        return self.table.tensor(self.operator.inputs[position])

    def image(self, position: int = 0) -> Tensor:
        """Give the operand at `position`, which must be [1, H, W, C]."""
        source = self.input(position)
        if len(source.shape) != 4:
            raise RefusedError(
                f"its input is {describe(source.shape)}; it must have rank 4", LIMIT_HINT
            )
        return source

    def constant(self, position: int, rank: int) -> Tensor:
        """Give the constant operand at `position`, which must have `rank`."""
        tensor = self.input(position)
        if not tensor.is_const or len(tensor.shape) != rank:
            raise RefusedError(f"operand {position} must be a constant of rank {rank}", LIMIT_HINT)
        return tensor

    def bias(self) -> Tensor | None:
        """Give the bias, at position 2, or None."""
        return self.constant(2, 1) if self.has(2) else None

    def integers(self, position: int) -> tuple[int, ...]:
        """Give the values of the constant integer operand at `position`."""
        if not self.has(position):
            raise RefusedError(f"its operand {position} is left out", DAMAGED_HINT)
        tensor = self.table.model.tensors[self.operator.inputs[position]]
        if tensor.data is None or tensor.dtype not in ("int32", "int64"):
            raise RefusedError(f"'{tensor.label}' must be a constant int32 or int64", LIMIT_HINT)
        width = 4 if tensor.dtype == "int32" else 8
        return tuple(int(value) for value in tensor.data.view(f"<i{width}"))

    def output(self, position: int = 0) -> Tensor:
        """Give the output at `position`."""
        return self.table.tensor(self.operator.outputs[position])

    def options(self, table: Accessor) -> Accessor:
        """Give the accessor of class `table` for the options; all defaults where absent."""
        if self.operator.options is None:
            return empty_table(table)
        if self.operator.options_type != table.__name__:
            raise RefusedError(f"it carries {self.operator.options_type}", DAMAGED_HINT)
        return open_table(table, self.table.model.file, self.operator.options.Pos)


def _import(call: _FloatCall) -> tuple[Op, ...]:
    """Give the operators that one of the file becomes."""
    if call.opcode in ("DEQUANTIZE", "CAST") and call.input().is_const:
        call.table.define(call.operator.outputs[0], np.array(call.input().values, np.float32))
        return ()
    if call.opcode not in _HANDLERS:
        known = ", ".join(sorted(_HANDLERS))
        raise RefusedError(f"{call.opcode} is not supported in float networks", f"known: {known}")
    return _HANDLERS[call.opcode](call)


def _activated(call: _FloatCall, code: int, make: Callable[[Tensor], Op]) -> tuple[Op, ...]:
    """Give the operator that `make` makes for its output, and its fused activation."""
    return _activated_as(call, code, call.output(), make)


def _activated_as(
    call: _FloatCall, code: int, output: Tensor, make: Callable[[Tensor], Op]
) -> tuple[Op, ...]:
    """Give the same for a tensor `output`."""
    if code == 0:
        return (make(output),)
    plain = Tensor(name=f"{output.name}/linear", shape=output.shape, dtype=output.dtype)
    op = make(plain)
    if code == 4:
        act: Op = Unary(source=call.source, output=output, input=plain, function="TANH")
    elif code in _CLAMPS:
        low, high = _CLAMPS[code]
        act = Clamp(source=call.source, output=output, input=plain, minimum=low, maximum=high)
    else:
        raise RefusedError(f"the fused activation {code} is not supported", LIMIT_HINT)
    return op, act


def _window(
    call: _FloatCall, options: Accessor, kernel: tuple[int, int], dilations: tuple[int, int]
) -> Padding:
    source = call.image()
    strides = (options.StrideH(), options.StrideW())
    name = padding_name(options.Padding())
    _, padding = window((source.shape[1], source.shape[2]), kernel, strides, dilations, name)
    return padding


def _convolution(call: _FloatCall, depthwise: bool) -> tuple[Op, ...]:
    options = call.options(DepthwiseConv2DOptions if depthwise else Conv2DOptions)
    weight, source = call.constant(1, 4), call.image()
    if not depthwise and weight.shape[3] != source.shape[3]:
        raise RefusedError("grouped convolution is not supported in float networks", LIMIT_HINT)
    dilations = (options.DilationHFactor(), options.DilationWFactor())
    padding = _window(call, options, (weight.shape[1], weight.shape[2]), dilations)

    def make(output: Tensor) -> Op:
        """Give the operator that writes `output`."""
        return (DepthwiseConv2D if depthwise else Conv2D)(
            source=call.source,
            output=output,
            input=source,
            weight=weight,
            bias=call.bias(),
            stride_h=options.StrideH(),
            stride_w=options.StrideW(),
            dilation_h=dilations[0],
            dilation_w=dilations[1],
            padding=padding,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )

    return _activated(call, options.FusedActivationFunction(), make)


def _transpose_conv(call: _FloatCall) -> tuple[Op, ...]:
    """Give a convolution of sub-pixels, its activation, and what lays them out."""
    options, weight, source = call.options(TransposeConvOptions), call.constant(1, 4), call.image(2)
    output = call.output()
    (n, in_h, in_w, in_c), (out_c, kernel_h, kernel_w, depth) = source.shape, weight.shape
    if len(output.shape) != 4 or (n, out_c, depth) != (*output.shape[::3], in_c):
        raise RefusedError(
            f"weight {describe(weight.shape)} does not fit {describe(source.shape)}", DAMAGED_HINT
        )
    size, strides = output.shape[1:3], (options.StrideH(), options.StrideW())
    name = padding_name(options.Padding())
    taken_back, pads = window(size, (kernel_h, kernel_w), strides, (1, 1), name)
    if taken_back != (in_h, in_w):
        raise RefusedError(
            f"{describe(source.shape)} does not become {describe(output.shape)}", DAMAGED_HINT
        )
    rows = phases(in_h, size[0], kernel_h, strides[0], pads.top)
    columns = phases(in_w, size[1], kernel_w, strides[1], pads.left)
    count = strides[0] * strides[1]
    blocks = _float(f"{output.name}/blocks", (n, rows.blocks, columns.blocks, count * out_c))
    bias = call.constant(3, 1) if call.has(3) else None
    values = sub_pixel_weights(weight.values, rows, columns)
    convolution = _activated_as(
        call,
        options.FusedActivationFunction(),
        blocks,
        lambda made: Conv2D(
            source=call.source,
            output=made,
            input=source,
            weight=_float(f"{weight.name}/sub_pixels", values.shape, values),
            bias=None if bias is None else _float(bias.name, (), np.tile(bias.values, count)),
            stride_h=1,
            stride_w=1,
            dilation_h=1,
            dilation_w=1,
            padding=padding_of(rows, columns),
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        ),
    )
    return (*convolution, *laid_out(call.source, blocks, output, rows, columns))


def _float(name: str, shape: tuple[int, ...], data: Array | None = None) -> Tensor:
    """Give a float32 tensor; a constant has the shape of its data."""
    if data is not None:
        data.setflags(write=False)
        shape = data.shape
    return Tensor(name=name, shape=shape, dtype=DType.FLOAT32, data=data)


def _blocks(
    call: _FloatCall, kind: type[DepthToSpace | SpaceToDepth], options: Accessor
) -> tuple[Op, ...]:
    """Give the operator that lays out blocks of pixels, of shapes that fit each other."""
    block = call.options(options).BlockSize()
    op = kind(
        source=call.source,
        output=call.output(),
        input=call.image(),
        block_h=block,
        block_w=block,
    )
    for fault in find_op_faults(op, Level.FLOAT):
        raise RefusedError(fault, LIMIT_HINT)
    return (op,)


def _fully_connected(call: _FloatCall) -> tuple[Op, ...]:
    options = call.options(FullyConnectedOptions)
    weight = call.constant(1, 2)

    def make(output: Tensor) -> Op:
        """Give the operator that writes `output`."""
        return FullyConnected(
            source=call.source,
            output=output,
            input=call.input(),
            weight=weight,
            bias=call.bias(),
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )

    return _activated(call, options.FusedActivationFunction(), make)


def _pool(call: _FloatCall, kind: type[AveragePool2D] | type[MaxPool2D]) -> tuple[Op, ...]:
    options = call.options(Pool2DOptions)
    kernel = (options.FilterHeight(), options.FilterWidth())
    padding = _window(call, options, kernel, (1, 1))

    def make(output: Tensor) -> Op:
        """Give the operator that writes `output`."""
        return kind(
            source=call.source,
            output=output,
            input=call.image(),
            kernel_h=kernel[0],
            kernel_w=kernel[1],
            stride_h=options.StrideH(),
            stride_w=options.StrideW(),
            padding=padding,
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )

    return _activated(call, options.FusedActivationFunction(), make)


def _arithmetic(
    call: _FloatCall, kind: type[Add] | type[Sub] | type[Mul], table: Accessor
) -> tuple[Op, ...]:
    def make(output: Tensor) -> Op:
        """Give the operator that writes `output`."""
        return kind(
            source=call.source,
            output=output,
            lhs=call.input(0),
            rhs=call.input(1),
            act_min=NO_CLAMP[0],
            act_max=NO_CLAMP[1],
        )

    return _activated(call, call.options(table).FusedActivationFunction(), make)


def _extremum(call: _FloatCall) -> tuple[Op, ...]:
    kind = Minimum if call.opcode == "MINIMUM" else Maximum
    op = kind(source=call.source, output=call.output(), lhs=call.input(0), rhs=call.input(1))
    return (op,)


def _prelu(call: _FloatCall) -> tuple[Op, ...]:
    alpha = call.input(1)
    if not alpha.is_const:
        raise RefusedError("its slope is not a constant", LIMIT_HINT)
    return (PRelu(source=call.source, output=call.output(), input=call.input(), alpha=alpha),)


def _unary(call: _FloatCall) -> tuple[Op, ...]:
    if call.opcode in _CLAMPING:
        low, high = _CLAMPING[call.opcode]
        return (
            Clamp(
                source=call.source,
                output=call.output(),
                input=call.input(),
                minimum=low,
                maximum=high,
            ),
        )
    alpha, approximate = 0.0, False
    if call.opcode == "LEAKY_RELU":
        alpha = float(call.options(LeakyReluOptions).Alpha())
    if call.opcode == "ELU":
        alpha = 1.0
    if call.opcode == "GELU":
        approximate = bool(call.options(GeluOptions).Approximate())
    return (
        Unary(
            source=call.source,
            output=call.output(),
            input=call.input(),
            function=call.opcode,
            alpha=alpha,
            approximate=approximate,
        ),
    )


def _mean(call: _FloatCall) -> tuple[Op, ...]:
    source = call.input()
    call.options(ReducerOptions)
    axes = axes_in(call.integers(1), len(source.shape))
    return (Mean(source=call.source, output=call.output(), input=source, axes=axes),)


def _softmax(call: _FloatCall) -> tuple[Op, ...]:
    beta = float(call.options(SoftmaxOptions).Beta())
    return (Softmax(source=call.source, output=call.output(), input=call.input(), beta=beta),)


def _pad(call: _FloatCall) -> tuple[Op, ...]:
    flat = call.integers(1)
    pads = tuple(zip(flat[::2], flat[1::2], strict=True))
    if call.has(2) and np.any(call.input(2).values):
        raise RefusedError(
            "padding with other values than 0 is not supported in float networks", LIMIT_HINT
        )
    return (Pad(source=call.source, output=call.output(), input=call.input(), pads=pads, value=0),)


def _reshape(call: _FloatCall) -> tuple[Op, ...]:
    return (Reshape(source=call.source, output=call.output(), input=call.input()),)


def _transpose(call: _FloatCall) -> tuple[Op, ...]:
    perm = call.integers(1)
    return (Transpose(source=call.source, output=call.output(), input=call.input(), perm=perm),)


def _concatenation(call: _FloatCall) -> tuple[Op, ...]:
    options = call.options(ConcatenationOptions)
    operands = tuple(call.input(position) for position in range(len(call.operator.inputs)))
    axis = axis_in(options.Axis(), len(operands[0].shape))

    def make(output: Tensor) -> Op:
        """Give the operator that writes `output`."""
        return Concatenation(source=call.source, output=output, operands=operands, axis=axis)

    return _activated(call, options.FusedActivationFunction(), make)


def _resize(call: _FloatCall) -> tuple[Op, ...]:
    nearest = call.opcode == "RESIZE_NEAREST_NEIGHBOR"
    options = call.options(ResizeNearestNeighborOptions if nearest else ResizeBilinearOptions)
    kind = ResizeNearestNeighbor if nearest else ResizeBilinear
    return (
        kind(
            source=call.source,
            output=call.output(),
            input=call.image(),
            align_corners=bool(options.AlignCorners()),
            half_pixel_centers=bool(options.HalfPixelCenters()),
        ),
    )


_HANDLERS: Mapping[str, Callable[[_FloatCall], tuple[Op, ...]]] = {
    "CONV_2D": lambda call: _convolution(call, depthwise=False),
    "DEPTHWISE_CONV_2D": lambda call: _convolution(call, depthwise=True),
    "FULLY_CONNECTED": _fully_connected,
    "AVERAGE_POOL_2D": lambda call: _pool(call, AveragePool2D),
    "MAX_POOL_2D": lambda call: _pool(call, MaxPool2D),
    "ADD": lambda call: _arithmetic(call, Add, AddOptions),
    "SUB": lambda call: _arithmetic(call, Sub, SubOptions),
    "MUL": lambda call: _arithmetic(call, Mul, MulOptions),
    "MINIMUM": _extremum,
    "MAXIMUM": _extremum,
    "PRELU": _prelu,
    **dict.fromkeys((*_UNARY, *_CLAMPING, "LEAKY_RELU", "ELU", "GELU"), _unary),
    "MEAN": _mean,
    "SOFTMAX": _softmax,
    "PAD": _pad,
    "PADV2": _pad,
    **dict.fromkeys(("RESHAPE", "SQUEEZE", "EXPAND_DIMS"), _reshape),
    "TRANSPOSE": _transpose,
    "CONCATENATION": _concatenation,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
    "RESIZE_BILINEAR": _resize,
    "TRANSPOSE_CONV": _transpose_conv,
    "DEPTH_TO_SPACE": lambda call: _blocks(call, DepthToSpace, DepthToSpaceOptions),
    "SPACE_TO_DEPTH": lambda call: _blocks(call, SpaceToDepth, SpaceToDepthOptions),
}
"""The operators of float networks."""
