"""Import what multiplies each channel by a factor and adds a constant: normalization and scales."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tinyengine.importers.onnx.call import Call
from tinyengine.importers.onnx.products import bias_tensor, weight_tensor
from tinyengine.importers.onnx.values import Pending, Placed, Scheme, Value
from tinyengine.importers.refusals import RefusedError, describe
from tinyengine.ir import DepthwiseConv2D, Padding, Rounding

Doubles = npt.NDArray[np.float64]

_MOST_SHIFT = 1 << 22
"""Steps that a constant takes at most: with 127 * 255 of a product sums stay exact in float32."""


def normalization(call: Call, shape: tuple[int, ...]) -> tuple[Doubles, Doubles]:
    """Give factor and shift of each channel. Source: ONNX, BatchNormalization."""
    if call.integer("training_mode", 0) or len(shape) < 2:
        raise RefusedError("it is a training graph", "export the model for inference")
    gamma, beta, mean, variance = (
        np.asarray(call.array(position, "statistics"), np.float64).reshape(-1)
        for position in (1, 2, 3, 4)
    )
    sizes = tuple(each.size for each in (gamma, beta, mean, variance))
    if set(sizes) != {shape[1]}:
        raise RefusedError(f"its statistics {describe(sizes)} do not fit {shape[1]} channels")
    spread = variance + call.number("epsilon", 1e-5)
    with np.errstate(all="ignore"):
        factor = gamma / np.sqrt(spread)
        shift = beta - mean * factor
    if not np.all(np.isfinite(factor)) or not np.all(np.isfinite(shift)):
        raise RefusedError("its statistics are not finite", "train or export it again")
    return factor, shift


def batch_normalization(call: Call) -> Value:
    """Import BatchNormalization: into the convolution before it, or between quantizations."""
    value = call.value(0)
    if isinstance(value, Pending) and value.affine is not None:
        return value.affine(*normalization(call, value.shape))
    x = call.placed(0)
    factor, shift = normalization(call, x.shape)
    return affine(call, x, factor, shift, 1)


def affine(call: Call, x: Placed, factor: Doubles, shift: Doubles, axis: int) -> Pending:
    """Give each index of `axis` times its factor plus its shift, [channels] each.

    A depthwise convolution of one pixel: weights near 127, biases in steps of input and weight.
    """
    order = (*(each for each in x.order if each != axis), axis)
    step = np.maximum(np.abs(factor) / 127, np.abs(shift) / (x.scheme.scale * _MOST_SHIFT))
    scales = np.where(step > 2.0**-60, step, 1.0).astype(np.float32)

    def build(scheme: Scheme, limits: tuple[int, int]) -> Placed:
        """Emit the operator in a quantization, within limits."""
        placed = call.b.in_order(x, order)
        row = replace(placed, order=tuple(range(len(order))))
        row = call.b.reshaped(row, (1, 1, x.tensor.elements // factor.size, factor.size))
        values = np.clip(np.rint(factor / scales), -127, 127).astype(np.int8)
        output = call.b.tensor(row.tensor.shape, scheme)
        call.b.emit(
            DepthwiseConv2D(
                source=call.b.source,
                input=row.tensor,
                output=output,
                weight=weight_tensor(call, values.reshape(1, 1, 1, -1), scales, 3),
                bias=bias_tensor(call, shift.astype(np.float32), x.scheme, scales, factor.size),
                stride_h=1,
                stride_w=1,
                dilation_h=1,
                dilation_w=1,
                padding=Padding(),
                act_min=limits[0],
                act_max=limits[1],
                rounding=Rounding.EVEN,
            )
        )
        made = Placed(tensor=output, order=(0, 1, 2, 3), scheme=scheme, is_real=False)
        return replace(call.b.reshaped(made, placed.tensor.shape), order=order)

    return Pending(shape=x.shape, build=build, what=call.node.op)
