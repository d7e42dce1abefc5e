"""Import uint8 as int8: which operators have it, and what they compute otherwise than with int8.

Values and zero points are 128 less than in the file, which changes no difference between them.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from tinyengine.importers.names import label
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.model import FileModel, FileOperator
from tinyengine.ir import (
    AveragePool2D,
    DType,
    Halves,
    Op,
    Quantization,
    Quantize,
    ResizeBilinear,
    Source,
    Tensor,
)
from tinyengine.reference.resize import ONE, bilinear_axis
from tinyengine.reference.windows import windows_of

_HINT = "convert the model with int8, or end it before this operator"

_UNSIGNED = frozenset({
    "ADD", "ARG_MAX", "ARG_MIN", "AVERAGE_POOL_2D", "BATCH_TO_SPACE_ND", "BROADCAST_TO", "CAST",
    "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE", "DEQUANTIZE", "DIV",
    "DYNAMIC_UPDATE_SLICE", "EMBEDDING_LOOKUP", "EQUAL", "EXPAND_DIMS", "FILL", "FULLY_CONNECTED",
    "GATHER", "GATHER_ND", "GELU", "GREATER", "GREATER_EQUAL", "HARD_SWISH", "LEAKY_RELU", "LESS",
    "LESS_EQUAL", "LOGISTIC", "LOG_SOFTMAX", "MAXIMUM", "MAX_POOL_2D", "MEAN", "MINIMUM",
    "MIRROR_PAD", "MUL", "NOT_EQUAL", "PACK", "PAD", "PADV2", "PRELU", "QUANTIZE", "RANK",
    "REDUCE_MAX", "REDUCE_MIN", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "RESHAPE",
    "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_V2", "SCATTER_ND", "SELECT", "SELECT_V2",
    "SHAPE", "SLICE", "SOFTMAX", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V",
    "SQUEEZE", "STRIDED_SLICE", "SUB", "SUM", "TANH", "TILE", "TOPK_V2", "TRANSPOSE",
    "TRANSPOSE_CONV", "UNPACK",
})  # fmt: skip
"""The operators that compute the same with uint8 as with int8 that is 128 less, or nearly so.

Source: TensorFlow Lite, kernels/*.cc with the reference kernels. L2_NORMALIZATION scales otherwise.
"""

_MIXED = frozenset({"ARG_MAX", "ARG_MIN", "CAST", "DEQUANTIZE", "QUANTIZE"})
"""Operators from one type to another."""

_GREATEST_BIAS_ERROR = 0.02
"""How far a bias of 1 may be off in steps of the output. Source: kernel_util.cc."""


def require_unsigned(operator: FileOperator, model: FileModel) -> None:
    """Refuse an operator of uint8 that the interpreter has not, or beside int8 or int16."""
    indices = (*operator.inputs, *operator.outputs)
    dtypes = {model.tensors[index].dtype for index in indices if index >= 0}
    if DType.UINT8.value not in dtypes:
        return
    if operator.opcode not in _UNSIGNED:
        raise RefusedError(f"{operator.opcode} of uint8 is not supported", _HINT)
    others = sorted(dtypes & {DType.INT8.value, DType.INT16.value}, reverse=True)
    if others and operator.opcode not in _MIXED:
        raise RefusedError(f"{others[0]} and uint8 are mixed", _HINT)


def joined(
    ops: Sequence[Op], given: Sequence[Tensor], forms: Mapping[Tensor, Tensor]
) -> tuple[Op, ...]:
    """Give `ops` with those that make the other one of `forms` of what is `given` or computed."""
    first = [_turned(tensor, forms[tensor], "INPUT") for tensor in given if tensor in forms]
    return (*first, *_followed(ops, forms))


def _followed(ops: Sequence[Op], forms: Mapping[Tensor, Tensor]) -> Iterator[Op]:
    for op in ops:
        yield op
        for tensor in op.outputs:
            if tensor in forms:
                yield _turned(tensor, forms[tensor], "OUTPUT")


def _turned(tensor: Tensor, into: Tensor, opcode: str) -> Op:
    source = Source(index=-1, opcode=opcode, name=label(tensor.name))
    return Quantize(source=source, input=tensor, output=into)


def require_bias_scale(
    call: Call, position: int, source: Tensor, weight: Tensor, output: Tensor
) -> None:
    """Refuse a bias whose scale is not that of the products, as the interpreter does."""
    product = source.scale * weight.scale
    scale = call.bias_scale(position)
    if abs(product - scale) / output.scale > _GREATEST_BIAS_ERROR:
        raise RefusedError(
            f"its bias has the scale {scale:.6g}; it must be that of input times weight, "
            f"{product:.6g}",
            "the quantization of the model failed: convert it again",
        )


def with_product_scale(source: Tensor, weight: Tensor, output: Tensor) -> Tensor:
    """Give `weight` with the scale by which int8 has the multiplier that uint8 has.

    With uint8 the product of the scales of input and weight is rounded to float32, before it is
    divided by the output's in double precision. Source: TensorFlow Lite, kernel_util.cc,
    GetQuantizedConvolutionMultipler.
    """
    product = float(np.float32(source.scale) * np.float32(weight.scale))
    wanted = _q31(product / output.scale)
    near = product / source.scale
    for scale in (near, math.nextafter(near, 0.0), math.nextafter(near, math.inf)):
        if _q31(source.scale * scale / output.scale) == wanted:
            return replace(weight, quant=Quantization(scale=(scale,), zero_point=(0,)))
    raise AssertionError(f"'{weight.name}': products with the neighbours lie on both sides")


def averaged_unsigned(op: AveragePool2D) -> AveragePool2D:
    """Give `op` with halves that go up, where a window holds an even number of elements.

    Of an odd number no mean is a half. Source: TensorFlow Lite, kernels/internal/reference/
    pooling.h.
    """
    ones = np.ones((1, *op.input.shape[1:3], 1), np.int64)
    counts = windows_of(op, ones, 0).sum(axis=(3, 4))
    return op if np.all(counts % 2) else replace(op, halves=Halves.UP)


def resized_unsigned(op: ResizeBilinear) -> ResizeBilinear:
    """Give `op` as uint8 blends: in float32, which is exact where all weights are short.

    Weights in 1/128 take 14 bits with both axes, and pixels 8, of the 24 that float32 has. Source:
    TensorFlow Lite, kernels/internal/reference/resize_bilinear.h, ResizeBilinear.
    """
    if not all(_is_short(op, axis) for axis in (1, 2)):
        sizes = [describe(tensor.shape[1:3]) for tensor in (op.input, op.output)]
        raise RefusedError(
            f"resizing {sizes[0]} to {sizes[1]} blends uint8 in float32, with weights that are not "
            "whole 128ths; the device has no floating point",
            "convert the model with int8, or resize by powers of two",
        )
    return replace(op, halves=Halves.UP)


def _is_short(op: ResizeBilinear, axis: int) -> bool:
    """Tell whether output pixels lie at whole 128ths of input pixels, as those of int8 do."""
    in_size, out_size = op.input.shape[axis], op.output.shape[axis]
    corners = op.align_corners and out_size > 1
    scale = np.float32(in_size - corners) / np.float32(out_size - corners)
    half = np.float32(0.5 if op.half_pixel_centers else 0)
    positions = ((np.arange(out_size, dtype=np.float32) + half) * scale - half) * ONE
    return bool(
        np.all(positions == bilinear_axis(op, axis).positions) and np.all(positions % 8 == 0)
    )


def _q31(real: float) -> tuple[int, int]:
    """Give mantissa and exponent, the mantissa rounded to 31 bits."""
    mantissa, exponent = math.frexp(real)
    return math.floor(mantissa * 2**31 + 0.5), exponent
