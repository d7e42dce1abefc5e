"""Kernels of Conv2D, DepthwiseConv2D and FullyConnected of int16 for MVE.

The parameters are those of the portable kernels, whose weights stay int8.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, DepthwiseConv2D, FullyConnected
from tinyengine.kernels.exact.fully_connected_s16 import factors_are_exact, proven_scales
from tinyengine.kernels.ref.convolution import (
    folded_bias,
    multiplier_is_1,
    weight_zero_point_is_0,
)
from tinyengine.kernels.ref.convolution_s16 import (
    CONV2D,
    DEPTHWISE_CONV2D,
    FULLY_CONNECTED,
    depthwise_conv2d_params,
    narrow_members,
)
from tinyengine.kernels.spec import Kernel, Struct


def _filled_members(op: DepthwiseConv2D) -> Mapping[str, npt.NDArray[Any] | None]:
    """Give what the portable kernel has, with biases and factors of a multiple of 8 channels."""
    members = dict(narrow_members(op))
    for name in ("bias", "multiplier"):
        values = members[name]
        assert values is not None, "sums have 32 bits"
        members[name] = np.pad(values, (0, -len(values) % 8))
    return members


def _matrix_params(op: FullyConnected) -> Struct:
    scales = proven_scales(op)
    assert scales is not None, "the kernel has accepted the factors"
    return Struct(
        c_type="te_fully_connected_s16_mve_params",
        members={
            "in_c": op.weight.shape[1],
            "out_c": op.weight.shape[0],
            "act_min": op.act_min,
            "act_max": op.act_max,
            "factor_step": int(len(scales.shift) > 1),
            "weight": op.weight.values,
            "bias": folded_bias(op),
            "multiplier": scales.multiplier.astype(np.int32),
            "fraction": scales.fraction.astype(np.int32),
            "shift": scales.shift.astype(np.int8),
        },
    )


def _window_nbytes(op: Conv2D) -> int:
    return 2 * op.weight.elements // op.weight.shape[0]


def _conv2d_cost(op: Conv2D) -> int:
    """Estimate the instructions of the whole operator."""
    out_h, out_w, out_c = op.output.hwc
    taps = _window_nbytes(op) // 2
    gathered = 0 if op.weight.shape[1] == op.weight.shape[2] == 1 else 3 * taps // 8 + 60
    return out_h * out_w * (-(-out_c // 4) * (10 * -(-taps // 8) + 50) + gathered + 30)


def _depthwise_cost(op: DepthwiseConv2D) -> int:
    """Estimate the instructions of the whole operator."""
    out_h, out_w, out_c = op.output.hwc
    taps = op.weight.shape[1] * op.weight.shape[2]
    return out_h * out_w * (-(-out_c // 8) * (11 * taps + 60) + 60)


def _matrix_cost(op: FullyConnected) -> int:
    """Estimate the instructions of the whole operator."""
    out_c, in_c = op.weight.shape
    fours = -(-out_c // 4) * (10 * -(-in_c // 8) + 110)
    return int(op.input.elements // in_c * (fours + 40))


def _vectors(kernel: Kernel) -> Kernel:
    """Give the kernel for MVE that takes what the portable `kernel` does."""
    name = f"{kernel.function}_mve"
    return replace(kernel, folder="mve", function=name, header="te_mve_s16.h", isa=Isa.MVE)


KERNELS: tuple[Kernel, ...] = (
    replace(_vectors(CONV2D), scratch_nbytes=_window_nbytes, cost=_conv2d_cost),
    replace(
        _vectors(DEPTHWISE_CONV2D),
        params=lambda op: depthwise_conv2d_params(op, _filled_members),
        constraints=(*DEPTHWISE_CONV2D.constraints, multiplier_is_1),
        cost=_depthwise_cost,
    ),
    replace(
        _vectors(FULLY_CONNECTED),
        params=_matrix_params,
        constraints=(*FULLY_CONNECTED.constraints, weight_zero_point_is_0, factors_are_exact),
        cost=_matrix_cost,
    ),
)
"""For all whose sums fit 32 bits."""
