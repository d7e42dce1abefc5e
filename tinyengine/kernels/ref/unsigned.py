"""Kernels of what uint8 has and int8 has not: wide weights, and halves that go up."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tinyengine.ir import AveragePool2D, Conv2D, DepthwiseConv2D, DType, Halves, ResizeBilinear
from tinyengine.kernels.ref.convolution import CONV2D, DEPTHWISE_CONV2D, operands_are_int8
from tinyengine.kernels.ref.pooling import AVERAGE_POOL2D
from tinyengine.kernels.ref.pooling import halves_go_away as means_go_away
from tinyengine.kernels.ref.resize import RESIZE_BILINEAR
from tinyengine.kernels.ref.resize import halves_go_away as blends_go_away
from tinyengine.kernels.spec import Constraint, Kernel, Struct

_GREATEST = 127


def weights_are_centred(op: Conv2D | DepthwiseConv2D) -> bool:
    """Input and output must be int8, weights int16 that are bytes less a zero point, bias int32."""
    if (op.input.dtype, op.weight.dtype, op.output.dtype) != (DType.INT8, DType.INT16, DType.INT8):
        return False
    if op.bias is not None and op.bias.dtype is not DType.INT32:
        return False
    return not op.weight.is_const or _zero_point(op) is not None


def halves_go_up(op: AveragePool2D | ResizeBilinear) -> bool:
    """Halves must be rounded up."""
    return op.halves is Halves.UP


def _zero_point(op: Conv2D | DepthwiseConv2D) -> int | None:
    """Give a zero point with which all weights are int8; None where there is none of int8."""
    least, greatest = int(op.weight.values.min()), int(op.weight.values.max())
    zero_point = min(max(_GREATEST - greatest, -128), _GREATEST)
    fits = least + zero_point >= -128 and greatest + zero_point <= _GREATEST
    return zero_point if fits else None


def _centred(kernel: Kernel, c_type: str) -> Kernel:
    """Give the kernel of weights with a zero point that computes what `kernel` does without."""
    params: Callable[[Any], Struct] = kernel.params

    def centred(op: Any) -> Struct:  # noqa: ANN401 (what `kernel` is for)
        """Give the parameters of the C function."""
        zero_point = _zero_point(op)
        assert zero_point is not None, "the kernel has accepted the weights"
        conv = params(op)
        weight = (op.weight.values.astype(np.int64) + zero_point).astype(np.int8)
        zeros = np.zeros(op.output.shape[-1], np.int32)
        bias = zeros if op.bias is None else op.bias.values
        members = {**conv.members, "weight": weight, "bias": bias}
        return Struct(
            c_type=c_type,
            members={"conv": replace(conv, members=members), "weight_zero_point": zero_point},
        )

    return replace(
        kernel,
        function=f"{kernel.function}_centred",
        header=kernel.header.replace(".h", "_centred.h"),
        params=centred,
        constraints=_with(kernel, operands_are_int8, weights_are_centred),
    )


def _going_up(kernel: Kernel, away: Constraint) -> Kernel:
    """Give the kernel with halves that go up which computes what `kernel` does else."""
    return replace(
        kernel,
        function=f"{kernel.function}_up",
        constraints=_with(kernel, away, halves_go_up),
    )


def _with(kernel: Kernel, check: Constraint, other: Constraint) -> tuple[Constraint, ...]:
    """Give what `kernel` asks, with `other` in the place of `check`."""
    assert check in kernel.constraints, f"{kernel.function} does not ask that"
    return tuple(other if each is check else each for each in kernel.constraints)


KERNELS: tuple[Kernel, ...] = (
    _centred(CONV2D, "te_conv2d_centred_params"),
    _centred(DEPTHWISE_CONV2D, "te_depthwise_conv2d_centred_params"),
    _going_up(AVERAGE_POOL2D, means_go_away),
    _going_up(RESIZE_BILINEAR, blends_go_away),
)
"""One portable kernel per operator, for every shape."""
