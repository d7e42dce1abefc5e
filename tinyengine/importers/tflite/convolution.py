"""Import CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from tflite.Conv2DOptions import Conv2DOptions
from tflite.DepthwiseConv2DOptions import DepthwiseConv2DOptions
from tflite.FullyConnectedOptions import FullyConnectedOptions
from tflite.TensorType import TensorType

from tinyengine.importers.names import label
from tinyengine.importers.refusals import DAMAGED_HINT, LIMIT_HINT, RefusedError, describe
from tinyengine.importers.shapes import window
from tinyengine.importers.tflite.call import Call
from tinyengine.importers.tflite.ranges import (
    INT32_MAX,
    activation_range,
    require_headroom,
    require_wide_headroom,
    shift_of,
)
from tinyengine.importers.tflite.reader import Accessor
from tinyengine.importers.tflite.unsigned import require_bias_scale, with_product_scale
from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, DType, FullyConnected, Op, Tensor

_PADDINGS = {0: "SAME", 1: "VALID"}


def conv_2d(call: Call) -> tuple[Op, ...]:
    """Import CONV_2D: weight [out_c, kernel_h, kernel_w, in_c], scales along axis 0."""
    options = call.options(Conv2DOptions)
    return (_convolution(call, options, Conv2D, axis=0),)


def depthwise_conv_2d(call: Call) -> tuple[Op, ...]:
    """Import DEPTHWISE_CONV_2D: weight [1, kernel_h, kernel_w, out_c], scales along axis 3."""
    options = call.options(DepthwiseConv2DOptions)
    return (_convolution(call, options, DepthwiseConv2D, axis=3),)


def _convolution(
    call: Call, options: Accessor, kind: type[Conv2D] | type[DepthwiseConv2D], axis: int
) -> Op:
    call.expect((2, 3))
    source, weight = image(call), call.weight(axis=axis, rank=4)
    _require_channels(kind, source.shape[3], weight.shape)
    batches, in_h, in_w, _ = source.shape
    _, kernel_h, kernel_w, _ = weight.shape
    strides = (options.StrideH(), options.StrideW())
    dilations = (options.DilationHFactor(), options.DilationWFactor())
    padding = padding_name(options.Padding())
    shape, pads = window((in_h, in_w), (kernel_h, kernel_w), strides, dilations, padding)
    output = call.output((batches, *shape, weight.shape[axis]))
    act_min, act_max = activation_range(options.FusedActivationFunction(), output)
    sums = Sums(call, source, output, axis)
    weight, bias = sums.checked(weight, bias_of(call, options, 2, source, weight.shape[axis]))
    return kind(
        source=call.source,
        output=output,
        input=source,
        weight=weight,
        bias=bias,
        stride_h=strides[0],
        stride_w=strides[1],
        dilation_h=dilations[0],
        dilation_w=dilations[1],
        padding=pads,
        act_min=act_min,
        act_max=act_max,
    )


def _require_channels(
    kind: type[Conv2D] | type[DepthwiseConv2D], in_c: int, weight: tuple[int, ...]
) -> None:
    if kind is Conv2D:
        fits = in_c % weight[3] == 0 and weight[0] % (in_c // weight[3]) == 0
    else:
        fits = weight[0] == 1 and weight[3] % in_c == 0
    if not fits:
        raise RefusedError(
            f"weight {describe(weight)} does not fit an input of {in_c} channels", DAMAGED_HINT
        )


def fully_connected(call: Call) -> tuple[Op, ...]:
    """Import FULLY_CONNECTED: weight [out, in], input of any rank as rows of `in` elements."""
    call.expect((2, 3))
    options = call.options(FullyConnectedOptions)
    if options.WeightsFormat():
        raise RefusedError("shuffled weights are not supported", LIMIT_HINT)
    source, weight = (
        call.input(),
        call.weight(axis=0, rank=2, symmetric=False, packed=(DType.INT4, DType.INT2)),
    )
    units, depth = weight.shape
    if source.elements % depth or (options.KeepNumDims() and source.shape[-1:] != (depth,)):
        raise RefusedError(
            f"weight {describe(weight.shape)} does not fit an input of {describe(source.shape)}",
            DAMAGED_HINT,
        )
    leading = source.shape[:-1] if options.KeepNumDims() else (source.elements // depth,)
    output = call.output((*leading, units))
    act_min, act_max = activation_range(options.FusedActivationFunction(), output)
    bias = bias_of(call, options, 2, source, units)
    weight, bias = Sums(call, source, output, 0).checked(weight, bias)
    op = FullyConnected(
        source=call.source,
        output=output,
        input=source,
        weight=weight,
        bias=bias,
        act_min=act_min,
        act_max=act_max,
    )
    return (op,)


def bias_of(
    call: Call, options: Accessor, position: int, source: Tensor, channels: int
) -> Tensor | None:
    """Give the bias: int32, but with int16 activations int64 where the options do not say int32.

    There the type of the bias is that of the sums: where it is int32 and left out, it is zeros.
    Depthwise convolutions have no such option. Source: TensorFlow Lite, conv.cc, `Prepare`.
    """
    if source.dtype is not DType.INT16:
        return call.bias(position, channels)
    kind = 0 if isinstance(options, DepthwiseConv2DOptions) else options.QuantizedBiasType()
    dtype = DType.INT32 if kind == TensorType.INT32 else DType.INT64
    if call.has(position):
        return call.bias(position, channels, (dtype,))
    if dtype is DType.INT64:
        return None
    zeros = np.zeros(channels, np.int32)
    zeros.setflags(write=False)
    return Tensor(name=f"{call.source.name}/bias", shape=(channels,), dtype=dtype, data=zeros)


def image(call: Call, position: int = 0) -> Tensor:
    """Give the input of a spatial operator, at `position`: [N, H, W, C]."""
    tensor = call.input(position)
    if len(tensor.shape) != 4:
        raise RefusedError(
            f"input '{label(tensor.name)}' is {describe(tensor.shape)}; it must be [N, H, W, C]",
            DAMAGED_HINT,
        )
    return tensor


def padding_name(code: int) -> str:
    """Give the name of a padding: SAME or VALID."""
    if code not in _PADDINGS:
        raise RefusedError(f"padding {code} is unknown", DAMAGED_HINT)
    return _PADDINGS[code]


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of products of an operator, one scale each along the weight's `axis`.

    `bias_at` is the position of the bias among the operands.
    """

    call: Call
    source: Tensor
    output: Tensor
    axis: int
    bias_at: int = 2

    def checked(self, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Give weight and bias with positive scales; refuse where requantizing may overflow.

        Sums wrap modulo 2^32, as in the interpreter: models do have channels of zeros whose
        biases are saturated. A sum that is shifted left must not wrap. With int16 activations sums
        have 64 bits, and scaling them is not symmetric: scales must be positive.
        """
        assert weight.quant is not None
        sums = self._magnitudes(weight, bias)
        weight = self._unsigned(weight, bias)
        assert weight.quant is not None
        scales = np.broadcast_to(np.asarray(weight.quant.scale), sums.shape)
        if self.source.dtype is DType.INT16:
            self._check_wide(weight, bias, scales, sums)
            return weight, bias
        for scale, magnitude in zip(scales.tolist(), sums.tolist(), strict=True):
            multiplier = self.source.scale * abs(scale) / self.output.scale
            if shift_of(multiplier) > 0:
                require_headroom(multiplier, magnitude, "the sum of products")
        negative = scales < 0
        if not negative.any():
            return weight, bias
        if sums[negative].max() > INT32_MAX:
            raise RefusedError(
                f"weight '{label(weight.name)}' has a negative scale and sums that overflow",
                LIMIT_HINT,
            )
        return self._negated(weight, bias, negative)

    def _unsigned(self, weight: Tensor, bias: Tensor | None) -> Tensor:
        """Give `weight` with the scale by which the factor is that of uint8, if the file has it."""
        if self.call.dtype(1) != DType.UINT8.value:
            return weight
        if bias is not None:
            require_bias_scale(self.call, self.bias_at, self.source, weight, self.output)
        if self.call.opcode == "FULLY_CONNECTED":
            return weight
        return with_product_scale(self.source, weight, self.output)

    def _check_wide(
        self,
        weight: Tensor,
        bias: Tensor | None,
        scales: npt.NDArray[np.float64],
        sums: npt.NDArray[np.int64],
    ) -> None:
        if scales.min() < 0:
            raise RefusedError(f"weight '{label(weight.name)}' has a negative scale", LIMIT_HINT)
        for scale, magnitude in zip(scales.tolist(), sums.tolist(), strict=True):
            multiplier = self.source.scale * scale / self.output.scale
            if bias is not None and bias.dtype is DType.INT32:
                require_headroom(multiplier, magnitude, "the sum of products")
            else:
                require_wide_headroom(multiplier, magnitude)

    def _magnitudes(self, weight: Tensor, bias: Tensor | None) -> npt.NDArray[np.int64]:
        """Give a bound of the sum per index along the axis, in any order of summation.

        Input minus zero point, or the zero point folded into the bias, stays within ±256; int16,
        whose zero point is 0, within ±2^15.
        """
        greatest = 1 << 15 if self.source.dtype is DType.INT16 else 256
        sums = greatest * self.call.magnitudes(weight, self.axis)
        if bias is not None:
            sums = sums + np.abs(bias.values.astype(np.int64))
        return sums

    def _negated(
        self, weight: Tensor, bias: Tensor | None, negative: npt.NDArray[np.bool_]
    ) -> tuple[Tensor, Tensor | None]:
        """Move the sign of negative scales into weight and bias, which computes the same.

        The product with the multiplier, which alone is rounded, has the same sign either way.
        """
        assert weight.quant is not None
        aligned = np.expand_dims(
            negative, tuple(i for i in range(len(weight.shape)) if i != self.axis)
        )
        if np.any((weight.values == -128) & aligned):
            raise RefusedError(
                f"weight '{label(weight.name)}' has a negative scale and values of -128", LIMIT_HINT
            )
        quant = replace(weight.quant, scale=tuple(abs(scale) for scale in weight.quant.scale))
        weight = replace(weight, quant=quant, data=_negate_where(weight, aligned))
        if bias is not None:
            bias = replace(bias, data=_negate_where(bias, negative))
        return weight, bias


def _negate_where(tensor: Tensor, condition: npt.NDArray[np.bool_]) -> Array:
    values = np.where(condition, np.negative(tensor.values), tensor.values)
    values.setflags(write=False)
    return values
