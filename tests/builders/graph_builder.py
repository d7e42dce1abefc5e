"""Build small IR graphs by hand, with deterministic random weights and scales."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from tinyengine.ir import (
    Add,
    ArgMax,
    Array,
    AveragePool2D,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    DType,
    Edge,
    FullyConnected,
    Graph,
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
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    Slice,
    Softmax,
    Source,
    State,
    Sub,
    Tensor,
    Transpose,
)

Pair = int | tuple[int, int]
PaddingMode = Literal["same", "valid"] | Padding
Activation = Literal["none", "relu", "relu6"] | tuple[int, int]

FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "LOGISTIC": lambda x: (1 + math.tanh(x / 2)) / 2,
    "TANH": math.tanh,
    "RELU": lambda x: max(x, 0.0),
    "RELU6": lambda x: min(max(x, 0.0), 6.0),
    "HARD_SWISH": lambda x: x * min(max(x + 3.0, 0.0), 6.0) / 6.0,
}
"""The functions that `GraphBuilder.lookup` makes tables of when it is given none."""


def quantization(scale: float, zero_point: int = 0) -> Quantization:
    """Give a per-tensor quantization with `scale` rounded to float32."""
    return Quantization(scale=(float(np.float32(scale)),), zero_point=(zero_point,))


def frozen(values: npt.ArrayLike, dtype: DType) -> Array:
    """Give `values` as a read-only array of `dtype`, as constants hold it."""
    array = np.array(values, dtype=dtype.numpy)
    array.flags.writeable = False
    return array


class GraphBuilder:
    """Append operators one by one; every method gives the new tensor, `build` the graph.

    Weights, biases, scales and zero points come from `seed`; scales are chosen so that values
    neither saturate nor vanish in deep networks. `quant` sets the output's quantization.
    """

    def __init__(self, seed: int = 0, name: str = "net") -> None:
        """Start an empty graph called `name`."""
        self.rng = np.random.default_rng(seed)
        self.name = name
        self.inputs: list[Edge] = []
        self.states: list[State] = []
        self.ops: list[Op] = []

    # -- tensors ------------------------------------------------------------------------------

    def input(
        self,
        shape: Sequence[int],
        *,
        dtype: DType = DType.INT8,
        edge_dtype: DType | None = None,
        quant: Quantization | None = None,
        name: str | None = None,
    ) -> Tensor:
        """Add a model input; `edge_dtype` is what the model file declares (default: `dtype`)."""
        name = name or f"input{len(self.inputs)}"
        if quant is None:
            middle = 128 if dtype is DType.UINT8 else 0
            quant = self._any_quant(self._scale(), middle)
        tensor = Tensor(name=name, shape=tuple(shape), dtype=dtype, quant=quant)
        self.inputs.append(Edge(name=name, tensor=tensor, dtype=edge_dtype or dtype))
        return tensor

    def state(
        self,
        shape: Sequence[int],
        *,
        initial: npt.ArrayLike | None = None,
        dtype: DType = DType.INT8,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a state, which begins with `initial` or zeros; `write` says what becomes of it."""
        quant = self._any_quant(self._scale(), 0) if quant is None else quant
        name = f"state{len(self.states)}"
        tensor = Tensor(name=name, shape=tuple(shape), dtype=dtype, quant=quant)
        first = None if initial is None else frozen(initial, dtype)
        self.states.append(State(tensor=tensor, initial=first))
        return tensor

    def write(self, x: Tensor, state: Tensor) -> None:
        """Let `state` hold what `x`, of its shape, does from the end of the run on."""
        source = Source(index=len(self.ops), opcode="ASSIGN_VARIABLE", name=state.name)
        begin, strides = (0,) * len(x.shape), (1,) * len(x.shape)
        self._append(Slice(source=source, output=state, input=x, begin=begin, strides=strides))

    def constant(
        self,
        values: npt.ArrayLike,
        *,
        quant: Quantization | None = None,
        dtype: DType = DType.INT8,
        name: str = "constant",
    ) -> Tensor:
        """Give a constant tensor of `values`; int8 constants are always quantized."""
        data = frozen(values, dtype)
        if quant is None and dtype is not DType.INT32:
            quant = self._any_quant(self._scale())
        return Tensor(name=name, shape=data.shape, dtype=dtype, quant=quant, data=data)

    def random_constant(self, shape: Sequence[int], quant: Quantization | None = None) -> Tensor:
        """Give an int8 constant of `shape` with random values."""
        return self.constant(self.rng.integers(-127, 128, tuple(shape)), quant=quant)

    # -- windows and matrix products ----------------------------------------------------------

    def conv2d(
        self,
        x: Tensor,
        out_c: int,
        *,
        kernel: Pair = 3,
        stride: Pair = 1,
        padding: PaddingMode = "same",
        dilation: Pair = 1,
        activation: Activation = "none",
        bias: bool = True,
        per_channel: bool = True,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a Conv2D with random weights."""
        (kernel_h, kernel_w), (dilation_h, dilation_w) = _pair(kernel), _pair(dilation)
        in_c = x.shape[3]
        quant = quant or self._any_quant(self._scale())
        shape = (out_c, kernel_h, kernel_w, in_c)
        weight = self._weight(shape, 0 if per_channel else None, x, quant)
        extent = ((kernel_h - 1) * dilation_h + 1, (kernel_w - 1) * dilation_w + 1)
        pads, (out_h, out_w) = _window(x, extent, _pair(stride), padding)
        output = self._tensor((1, out_h, out_w, out_c), quant)
        act_min, act_max = _clamp(output, activation)
        return self._append(
            Conv2D(
                source=self._source("CONV_2D"), input=x, weight=weight, output=output,
                bias=self._bias(x, weight, out_c) if bias else None, padding=pads,
                stride_h=_pair(stride)[0], stride_w=_pair(stride)[1],
                dilation_h=dilation_h, dilation_w=dilation_w, act_min=act_min, act_max=act_max,
            )
        )  # fmt: skip

    def depthwise(
        self,
        x: Tensor,
        *,
        multiplier: int = 1,
        kernel: Pair = 3,
        stride: Pair = 1,
        padding: PaddingMode = "same",
        dilation: Pair = 1,
        activation: Activation = "none",
        bias: bool = True,
        per_channel: bool = True,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a DepthwiseConv2D with random weights and `multiplier` outputs per channel."""
        (kernel_h, kernel_w), (dilation_h, dilation_w) = _pair(kernel), _pair(dilation)
        out_c = x.shape[3] * multiplier
        quant = quant or self._any_quant(self._scale())
        shape = (1, kernel_h, kernel_w, out_c)
        weight = self._weight(shape, 3 if per_channel else None, x, quant)
        extent = ((kernel_h - 1) * dilation_h + 1, (kernel_w - 1) * dilation_w + 1)
        pads, (out_h, out_w) = _window(x, extent, _pair(stride), padding)
        output = self._tensor((1, out_h, out_w, out_c), quant)
        act_min, act_max = _clamp(output, activation)
        return self._append(
            DepthwiseConv2D(
                source=self._source("DEPTHWISE_CONV_2D"), input=x, weight=weight, output=output,
                bias=self._bias(x, weight, out_c) if bias else None, padding=pads,
                stride_h=_pair(stride)[0], stride_w=_pair(stride)[1],
                dilation_h=dilation_h, dilation_w=dilation_w, act_min=act_min, act_max=act_max,
            )
        )  # fmt: skip

    def fully_connected(
        self,
        x: Tensor,
        out_c: int,
        *,
        depth: int | None = None,
        activation: Activation = "none",
        bias: bool = True,
        per_channel: bool = False,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a FullyConnected over vectors of `depth` elements (default: the last dimension)."""
        depth = depth or x.shape[-1]
        quant = quant or self._any_quant(self._scale())
        weight = self._weight((out_c, depth), 0 if per_channel else None, x, quant)
        rows = (x.elements // depth,) if depth != x.shape[-1] else x.shape[:-1]
        output = self._tensor((*rows, out_c), quant)
        act_min, act_max = _clamp(output, activation)
        return self._append(
            FullyConnected(
                source=self._source("FULLY_CONNECTED"), input=x, weight=weight, output=output,
                bias=self._bias(x, weight, out_c) if bias else None,
                act_min=act_min, act_max=act_max,
            )
        )  # fmt: skip

    def average_pool(
        self,
        x: Tensor,
        *,
        kernel: Pair = 2,
        stride: Pair = 2,
        padding: PaddingMode = "valid",
        activation: Activation = "none",
    ) -> Tensor:
        """Add an AveragePool2D."""
        return self._pool(AveragePool2D, x, kernel, stride, padding, activation)

    def max_pool(
        self,
        x: Tensor,
        *,
        kernel: Pair = 2,
        stride: Pair = 2,
        padding: PaddingMode = "valid",
        activation: Activation = "none",
    ) -> Tensor:
        """Add a MaxPool2D."""
        return self._pool(MaxPool2D, x, kernel, stride, padding, activation)

    # -- elementwise --------------------------------------------------------------------------

    def add(
        self,
        lhs: Tensor,
        rhs: Tensor,
        *,
        activation: Activation = "none",
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add an Add."""
        quant = quant or self._any_quant(0.8 * (lhs.scale + rhs.scale))
        return self._arithmetic(Add, lhs, rhs, activation, quant)

    def sub(
        self,
        lhs: Tensor,
        rhs: Tensor,
        *,
        activation: Activation = "none",
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a Sub."""
        quant = quant or self._any_quant(0.8 * (lhs.scale + rhs.scale))
        return self._arithmetic(Sub, lhs, rhs, activation, quant)

    def mul(
        self,
        lhs: Tensor,
        rhs: Tensor,
        *,
        activation: Activation = "none",
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a Mul."""
        quant = quant or self._any_quant(60 * lhs.scale * rhs.scale)
        return self._arithmetic(Mul, lhs, rhs, activation, quant)

    def minimum(self, lhs: Tensor, rhs: Tensor) -> Tensor:
        """Add a Minimum; both operands must be quantized alike."""
        shape = np.broadcast_shapes(lhs.shape, rhs.shape)
        output = self._tensor(shape, lhs.quant)
        return self._append(
            Minimum(source=self._source("MINIMUM"), lhs=lhs, rhs=rhs, output=output)
        )

    def maximum(self, lhs: Tensor, rhs: Tensor) -> Tensor:
        """Add a Maximum; both operands must be quantized alike."""
        shape = np.broadcast_shapes(lhs.shape, rhs.shape)
        output = self._tensor(shape, lhs.quant)
        return self._append(
            Maximum(source=self._source("MAXIMUM"), lhs=lhs, rhs=rhs, output=output)
        )

    def prelu(self, x: Tensor, *, quant: Quantization | None = None) -> Tensor:
        """Add a PRelu with a random slope per channel."""
        alpha = self.random_constant((1,) * (len(x.shape) - 1) + x.shape[-1:], quantization(0.004))
        output = self._tensor(x.shape, quant or self._any_quant(x.scale))
        return self._append(
            PRelu(source=self._source("PRELU"), input=x, alpha=alpha, output=output)
        )

    def lookup(
        self,
        x: Tensor,
        function: str = "LOGISTIC",
        *,
        table: npt.ArrayLike | None = None,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a Lookup of one of `FUNCTIONS`, or of any `table` of 256 int8."""
        if quant is None:
            small = quantization(1 / 256, -128)
            quant = small if function == "LOGISTIC" and table is None else x.quant
        output = self._tensor(x.shape, quant)
        if table is None:
            real = [FUNCTIONS[function]((q - x.zero_point) * x.scale) for q in range(-128, 128)]
            table = np.clip(np.rint(np.array(real) / output.scale) + output.zero_point, -128, 127)
        entries = np.array(table, dtype=np.int8)
        entries.flags.writeable = False
        source = self._source(function)
        return self._append(
            Lookup(source=source, input=x, table=entries, function=function, output=output)
        )

    def quantize(
        self, x: Tensor, *, dtype: DType = DType.INT8, quant: Quantization | None = None
    ) -> Tensor:
        """Add a Quantize to `dtype`."""
        middle = 128 if dtype is DType.UINT8 else 0
        output = self._tensor(x.shape, quant or self._any_quant(x.scale, middle), dtype)
        return self._append(Quantize(source=self._source("QUANTIZE"), input=x, output=output))

    # -- reductions ---------------------------------------------------------------------------

    def mean(
        self,
        x: Tensor,
        axes: tuple[int, ...] = (1, 2),
        *,
        keep_dims: bool = False,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a Mean over `axes`."""
        kept = [(i, 1 if i in axes else n) for i, n in enumerate(x.shape)]
        shape = tuple(n for i, n in kept if keep_dims or i not in axes)
        output = self._tensor(shape, quant or self._any_quant(x.scale * 0.4))
        return self._append(Mean(source=self._source("MEAN"), input=x, axes=axes, output=output))

    def arg_max(self, x: Tensor, axis: int) -> Tensor:
        """Add an ArgMax along `axis`, to int32."""
        shape = x.shape[:axis] + x.shape[axis + 1 :]
        output = self._tensor(shape, None, DType.INT32)
        source = self._source("ARG_MAX")
        return self._append(ArgMax(source=source, input=x, axis=axis, output=output))

    def softmax(self, x: Tensor, *, beta: float = 1.0) -> Tensor:
        """Add a Softmax over the last dimension."""
        output = self._tensor(x.shape, quantization(1 / 256, -128))
        return self._append(
            Softmax(source=self._source("SOFTMAX"), input=x, beta=beta, output=output)
        )

    # -- movement -----------------------------------------------------------------------------

    def pad(
        self,
        x: Tensor,
        pads: Padding | Sequence[tuple[int, int]],
        *,
        value: int | None = None,
        quant: Quantization | None = None,
    ) -> Tensor:
        """Add a Pad of the zero point (or `value`): spatial padding, or a pair per dimension."""
        if isinstance(pads, Padding):
            pads = ((0, 0), (pads.top, pads.bottom), (pads.left, pads.right), (0, 0))
        shape = tuple(n + before + after for n, (before, after) in zip(x.shape, pads, strict=True))
        output = self._tensor(shape, quant or x.quant, x.dtype)
        value = output.zero_point if value is None else value
        return self._append(
            Pad(source=self._source("PAD"), input=x, pads=tuple(pads), value=value, output=output)
        )

    def reshape(
        self, x: Tensor, shape: Sequence[int], *, quant: Quantization | None = None
    ) -> Tensor:
        """Add a Reshape; one dimension may be -1."""
        known = math.prod(n for n in shape if n != -1)
        full = tuple(x.elements // known if n == -1 else n for n in shape)
        output = self._tensor(full, quant or x.quant, x.dtype)
        return self._append(Reshape(source=self._source("RESHAPE"), input=x, output=output))

    def transpose(self, x: Tensor, perm: Sequence[int]) -> Tensor:
        """Add a Transpose."""
        output = self._tensor(tuple(x.shape[i] for i in perm), x.quant, x.dtype)
        source = self._source("TRANSPOSE")
        return self._append(Transpose(source=source, input=x, perm=tuple(perm), output=output))

    def concat(self, *operands: Tensor, axis: int = 3) -> Tensor:
        """Add a Concatenation; operands quantized unlike the first are requantized first."""
        first = operands[0]
        alike = tuple(
            x if x.quant == first.quant else self.quantize(x, quant=first.quant) for x in operands
        )
        shape = list(first.shape)
        shape[axis] = sum(x.shape[axis] for x in operands)
        output = self._tensor(tuple(shape), first.quant, first.dtype)
        source = self._source("CONCATENATION")
        return self._append(Concatenation(source=source, operands=alike, axis=axis, output=output))

    def slice(
        self,
        x: Tensor,
        begin: Sequence[int],
        shape: Sequence[int],
        strides: Sequence[int] | None = None,
    ) -> Tensor:
        """Add a Slice of `shape` from `begin`."""
        output = self._tensor(tuple(shape), x.quant, x.dtype)
        steps = tuple(strides) if strides else (1,) * len(x.shape)
        source = self._source("STRIDED_SLICE")
        return self._append(
            Slice(source=source, input=x, begin=tuple(begin), strides=steps, output=output)
        )

    def resize(
        self,
        x: Tensor,
        size: tuple[int, int],
        *,
        bilinear: bool = False,
        align_corners: bool = False,
        half_pixel_centers: bool = False,
    ) -> Tensor:
        """Add a ResizeNearestNeighbor or ResizeBilinear to `size` (h, w)."""
        kind = ResizeBilinear if bilinear else ResizeNearestNeighbor
        output = self._tensor((x.shape[0], *size, x.shape[3]), x.quant)
        return self._append(
            kind(
                source=self._source("RESIZE_BILINEAR" if bilinear else "RESIZE_NEAREST_NEIGHBOR"),
                input=x, output=output,
                align_corners=align_corners, half_pixel_centers=half_pixel_centers,
            )
        )  # fmt: skip

    # -- the result ---------------------------------------------------------------------------

    def build(self, *outputs: Tensor, edge_dtype: DType | None = None) -> Graph:
        """Give the graph of everything added so far, with `outputs` as its outputs."""
        edges = tuple(
            Edge(name=f"output{i}", tensor=tensor, dtype=edge_dtype or tensor.dtype)
            for i, tensor in enumerate(outputs)
        )
        return Graph(
            name=self.name,
            inputs=tuple(self.inputs),
            outputs=edges,
            ops=tuple(self.ops),
            states=tuple(self.states),
        )

    # -- helpers ------------------------------------------------------------------------------

    def _append(self, op: Op) -> Tensor:
        self.ops.append(op)
        return op.output

    def _source(self, opcode: str) -> Source:
        index = len(self.ops)
        return Source(index=index, opcode=opcode, name=f"{opcode.lower()}_{index}")

    def _tensor(
        self, shape: tuple[int, ...], quant: Quantization | None, dtype: DType = DType.INT8
    ) -> Tensor:
        return Tensor(name=f"t{len(self.ops)}", shape=shape, dtype=dtype, quant=quant)

    def _scale(self) -> float:
        return float(self.rng.uniform(0.02, 0.1))

    def _any_quant(self, scale: float, middle: int = 0) -> Quantization:
        return quantization(scale, middle + int(self.rng.integers(-24, 25)))

    def _weight(
        self, shape: tuple[int, ...], axis: int | None, x: Tensor, output: Quantization
    ) -> Tensor:
        """Give random weights whose scales make products of `x` fill the range of `output`."""
        count = 1 if axis is None else shape[axis]
        taps = shape[1] * shape[2] if axis == 3 else math.prod(shape[1:])
        typical = output.scale[0] / (x.scale * math.sqrt(taps) * 90)
        scales = np.float32(typical * self.rng.uniform(0.5, 1.5, count))
        quant = Quantization(
            scale=tuple(float(s) for s in scales), zero_point=(0,) * count, axis=axis or 0
        )
        values = self.rng.integers(-127, 128, shape)
        return self.constant(values, quant=quant, name=f"weight{len(self.ops)}")

    def _bias(self, x: Tensor, weight: Tensor, out_c: int) -> Tensor:
        assert weight.quant is not None
        scales = tuple(float(np.float32(x.scale) * np.float32(s)) for s in weight.quant.scale)
        quant = Quantization(scale=scales, zero_point=(0,) * len(scales))
        values = self.rng.integers(-8000, 8001, out_c)
        name = f"bias{len(self.ops)}"
        return self.constant(values, quant=quant, dtype=DType.INT32, name=name)

    def _pool(
        self,
        kind: type[AveragePool2D | MaxPool2D],
        x: Tensor,
        kernel: Pair,
        stride: Pair,
        padding: PaddingMode,
        activation: Activation,
    ) -> Tensor:
        pads, (out_h, out_w) = _window(x, _pair(kernel), _pair(stride), padding)
        output = self._tensor((1, out_h, out_w, x.shape[3]), x.quant)
        act_min, act_max = _clamp(output, activation)
        opcode = "AVERAGE_POOL_2D" if kind is AveragePool2D else "MAX_POOL_2D"
        return self._append(
            kind(
                source=self._source(opcode), input=x, output=output, padding=pads,
                stride_h=_pair(stride)[0], stride_w=_pair(stride)[1],
                kernel_h=_pair(kernel)[0], kernel_w=_pair(kernel)[1],
                act_min=act_min, act_max=act_max,
            )
        )  # fmt: skip

    def _arithmetic(
        self,
        kind: type[Add | Sub | Mul],
        lhs: Tensor,
        rhs: Tensor,
        activation: Activation,
        quant: Quantization,
    ) -> Tensor:
        output = self._tensor(np.broadcast_shapes(lhs.shape, rhs.shape), quant)
        act_min, act_max = _clamp(output, activation)
        return self._append(
            kind(
                source=self._source(kind.__name__.upper()), lhs=lhs, rhs=rhs, output=output,
                act_min=act_min, act_max=act_max,
            )
        )  # fmt: skip


def _pair(value: Pair) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)


def _window(
    x: Tensor, extent: tuple[int, int], stride: tuple[int, int], padding: PaddingMode
) -> tuple[Padding, tuple[int, int]]:
    """Give the explicit padding and the output's (h, w) of a window of `extent` over `x`."""
    if padding == "same":
        top, bottom = _same(x.shape[1], extent[0], stride[0])
        left, right = _same(x.shape[2], extent[1], stride[1])
        padding = Padding(top=top, bottom=bottom, left=left, right=right)
    elif padding == "valid":
        padding = Padding()
    out_h = (x.shape[1] + padding.top + padding.bottom - extent[0]) // stride[0] + 1
    out_w = (x.shape[2] + padding.left + padding.right - extent[1]) // stride[1] + 1
    return padding, (out_h, out_w)


def _same(size: int, extent: int, stride: int) -> tuple[int, int]:
    total = max((-(-size // stride) - 1) * stride + extent - size, 0)
    return total // 2, total - total // 2


def _clamp(output: Tensor, activation: Activation) -> tuple[int, int]:
    if isinstance(activation, tuple):
        return activation
    least, greatest = output.dtype.limits
    least = least if activation == "none" else max(least, output.zero_point)
    if activation == "relu6":
        greatest = min(greatest, output.zero_point + round(6 / output.scale))
    return least, max(least, greatest)
