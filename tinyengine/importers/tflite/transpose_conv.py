"""Import TRANSPOSE_CONV as a convolution of sub-pixels and a DepthToSpace."""

from dataclasses import replace

import numpy as np
from tflite.TransposeConvOptions import TransposeConvOptions

from tinyengine.importers.refusals import DAMAGED_HINT, RefusedError, describe
from tinyengine.importers.shapes import window
from tinyengine.importers.sub_pixels import Phases, padding_of, phases, sub_pixel_weights
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.convolution import Sums, bias_of, image, padding_name
from tinyengine.importers.tflite.ranges import activation_range
from tinyengine.ir import Conv2D, DepthToSpace, Op, Quantization, Tensor


def transpose_conv(call: Call) -> tuple[Op, ...]:
    """Import TRANSPOSE_CONV: weight [out_c, kernel_h, kernel_w, in_c], scales along axis 0."""
    call.expect((3, 4))
    options = call.options(TransposeConvOptions)
    source, weight = image(call, 2), call.weight(axis=0, rank=4)
    shape = call.integers(0, "output shape")
    n, in_h, in_w, in_c = source.shape
    out_c, kernel_h, kernel_w, weight_c = weight.shape
    if weight_c != in_c or len(shape) != 4 or shape[0] != n or shape[3] != out_c:
        raise RefusedError(
            f"weight {describe(weight.shape)} does not lead from {describe(source.shape)} "
            f"to {describe(shape)}",
            DAMAGED_HINT,
        )
    output = call.output(shape)
    strides = (options.StrideH(), options.StrideW())
    padding = padding_name(options.Padding())
    taken_back, pads = window(shape[1:3], (kernel_h, kernel_w), strides, (1, 1), padding)
    if taken_back != (in_h, in_w):
        raise RefusedError(
            f"a convolution takes {describe(shape)} to {describe(taken_back)} pixels, not back to "
            f"{describe((in_h, in_w))}",
            DAMAGED_HINT,
        )
    act_min, act_max = activation_range(options.FusedActivationFunction(), output)
    bias = bias_of(call, options, 3, source, out_c)
    weight, bias = Sums(call, source, output, 0, bias_at=3).checked(weight, bias)
    rows = phases(in_h, shape[1], kernel_h, strides[0], pads.top)
    columns = phases(in_w, shape[2], kernel_w, strides[1], pads.left)
    count = strides[0] * strides[1]
    blocks = call.intermediate(output, "blocks", (n, rows.blocks, columns.blocks, count * out_c))
    convolution = Conv2D(
        source=call.source,
        output=blocks,
        input=source,
        weight=_sub_pixels(weight, rows, columns),
        bias=None if bias is None else _repeated(bias, count),
        stride_h=1,
        stride_w=1,
        dilation_h=1,
        dilation_w=1,
        padding=padding_of(rows, columns),
        act_min=act_min,
        act_max=act_max,
    )
    laid_out = DepthToSpace(
        source=call.source,
        output=output,
        input=blocks,
        block_h=strides[0],
        block_w=strides[1],
        top=rows.cut,
        left=columns.cut,
    )
    return (convolution, laid_out)


def _sub_pixels(weight: Tensor, rows: Phases, columns: Phases) -> Tensor:
    data = sub_pixel_weights(weight.values, rows, columns)
    assert weight.quant is not None
    return replace(
        weight,
        name=f"{weight.name}/sub_pixels",
        shape=data.shape,
        data=data,
        quant=_repeated_quantization(weight.quant, rows.stride * columns.stride),
    )


def _repeated_quantization(quant: Quantization, times: int) -> Quantization:
    if not quant.per_channel:
        return quant
    return replace(quant, scale=quant.scale * times, zero_point=quant.zero_point * times)


def _repeated(bias: Tensor, times: int) -> Tensor:
    data = np.tile(bias.values, times)
    data.setflags(write=False)
    return replace(bias, name=f"{bias.name}/sub_pixels", shape=data.shape, data=data)
