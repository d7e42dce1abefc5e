"""Import TRANSPOSE_CONV as a convolution of sub-pixels and a DepthToSpace.

With the padding before it, an output pixel is y + pad = s * q + a: phase a of block q. It reads the
input's pixels q - t with the taps a + s * t, t = 0, 1, ... So a convolution with a window of
ceil(kernel / s) pixels, whose channels are those of all phases, computes every block, and a
DepthToSpace lays the blocks out. No zero is multiplied but for taps beyond the kernel's end.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from tflite.TransposeConvOptions import TransposeConvOptions

from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.importers.shapes import window
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.convolution import Sums, image, padding_name
from tinyengine.importers.tflite.ranges import activation_range
from tinyengine.ir import Conv2D, DepthToSpace, Op, Padding, Quantization, Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    """One dimension: `taps` of the window over input pixels, its padding, and what is cut off."""

    stride: int
    kernel: int
    taps: int
    before: int
    after: int
    blocks: int
    cut: int


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
            f"to {describe(shape)}"
        )
    output = call.output(shape)
    strides = (options.StrideH(), options.StrideW())
    padding = padding_name(options.Padding())
    taken_back, pads = window(shape[1:3], (kernel_h, kernel_w), strides, (1, 1), padding)
    if taken_back != (in_h, in_w):
        raise RefusedError(
            f"a convolution takes {describe(shape)} to {describe(taken_back)} pixels, not back to "
            f"{describe((in_h, in_w))}"
        )
    act_min, act_max = activation_range(options.FusedActivationFunction(), output)
    weight, bias = Sums(call, source, output, 0).checked(weight, call.bias(3, out_c))
    rows = _axis(in_h, shape[1], kernel_h, strides[0], pads.top)
    columns = _axis(in_w, shape[2], kernel_w, strides[1], pads.left)
    phases = strides[0] * strides[1]
    blocks = call.intermediate(output, "blocks", (n, rows.blocks, columns.blocks, phases * out_c))
    convolution = Conv2D(
        source=call.source,
        output=blocks,
        input=source,
        weight=_sub_pixels(weight, rows, columns),
        bias=None if bias is None else _repeated(bias, phases),
        stride_h=1,
        stride_w=1,
        dilation_h=1,
        dilation_w=1,
        padding=Padding(
            top=rows.before, bottom=rows.after, left=columns.before, right=columns.after
        ),
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


def _axis(in_size: int, out_size: int, kernel: int, stride: int, pad: int) -> _Axis:
    """Work out one dimension; `pad` is what TFLite cuts off before the output."""
    taps = -(-kernel // stride)
    first, last = pad // stride, (out_size - 1 + pad) // stride
    before, after = taps - 1 - first, max(last - (in_size - 1), 0)
    if before < 0:
        raise RefusedError(f"a padding of {pad} leaves out the whole kernel of {kernel}")
    return _Axis(
        stride=stride,
        kernel=kernel,
        taps=taps,
        before=before,
        after=after,
        blocks=in_size + before + after - taps + 1,
        cut=pad % stride,
    )


def _sub_pixels(weight: Tensor, rows: _Axis, columns: _Axis) -> Tensor:
    """Give the weights of all phases: [stride_h * stride_w * out_c, taps_h, taps_w, in_c].

    Phase a's tap u, of T, is the kernel's tap a + stride * (T - 1 - u), and 0 beyond its end.
    """
    out_c, _, _, in_c = weight.shape
    spare = ((0, 0), *((0, a.taps * a.stride - a.kernel) for a in (rows, columns)), (0, 0))
    whole = np.pad(weight.values, spare)
    parts = whole.reshape(out_c, rows.taps, rows.stride, columns.taps, columns.stride, in_c)
    phases = parts[:, ::-1, :, ::-1].transpose(2, 4, 0, 1, 3, 5)
    data = phases.reshape(-1, rows.taps, columns.taps, in_c)
    assert weight.quant is not None
    return replace(
        weight,
        name=f"{weight.name}/sub_pixels",
        shape=data.shape,
        data=_frozen(data),
        quant=_repeated_quantization(weight.quant, rows.stride * columns.stride),
    )


def _repeated_quantization(quant: Quantization, times: int) -> Quantization:
    if not quant.per_channel:
        return quant
    return replace(quant, scale=quant.scale * times, zero_point=quant.zero_point * times)


def _repeated(bias: Tensor, times: int) -> Tensor:
    data = np.tile(bias.values, times)
    return replace(bias, name=f"{bias.name}/sub_pixels", shape=data.shape, data=_frozen(data))


def _frozen(data: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    made = np.ascontiguousarray(data)
    made.setflags(write=False)
    return made
