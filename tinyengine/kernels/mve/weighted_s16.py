"""Kernels of Conv2D, DepthwiseConv2D and FullyConnected of int16 for MVE.

Weights stay int8. Source: te_mve_quads_s16.h.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, FullyConnected
from tinyengine.kernels.exact.fully_connected_s16 import factors_are_exact, proven_scales
from tinyengine.kernels.geometry import clamp_members, image_members, reach_members
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
    single_multipliers,
)
from tinyengine.kernels.spec import Kernel, Struct

_QUAD = 4
"""Outputs of a record. Source: te_mve_quads_s16.h."""

_LANES = 8
"""Elements that are multiplied at a time."""


def _filled_members(op: DepthwiseConv2D) -> Mapping[str, npt.NDArray[Any] | None]:
    """Give what the portable kernel has, with biases and factors of a multiple of 8 channels."""
    members = dict(narrow_members(op))
    for name in ("bias", "multiplier"):
        values = members[name]
        assert values is not None, "sums have 32 bits"
        members[name] = np.pad(values, (0, -len(values) % 8))
    return members


def _records(weights: Array, bias: Array, factors: Array) -> Array:
    """Give the records of four outputs each, as words: see te_mve_quads_s16.h."""
    out_c = len(weights)
    rows, taps = -out_c % _QUAD, weights.size // out_c
    padded = np.pad(weights.reshape(out_c, taps), ((0, rows), (0, -taps % _LANES)))
    blocks = padded.reshape(-1, _QUAD, padded.shape[1] // _LANES, _LANES).swapaxes(1, 2)
    words = np.ascontiguousarray(blocks).reshape(len(blocks), -1).view(np.int32)
    head = [np.pad(each, (0, rows)).reshape(-1, _QUAD) for each in (bias, factors)]
    return np.concatenate([*head, words], axis=1).reshape(-1)


def _conv2d_params(op: Conv2D) -> Struct:
    return Struct(
        c_type="te_conv2d_s16_mve_params",
        members={
            **image_members(op),
            **reach_members(op),
            **clamp_members(op),
            "weight": _records(op.weight.values, folded_bias(op), single_multipliers(op)),
        },
    )


def _matrix_params(op: FullyConnected) -> Struct:
    scales = proven_scales(op)
    assert scales is not None, "the kernel has accepted the factors"
    bias = folded_bias(op)
    return Struct(
        c_type="te_fully_connected_s16_mve_params",
        members={
            "in_c": op.weight.shape[1],
            "out_c": op.weight.shape[0],
            "act_min": op.act_min,
            "act_max": op.act_max,
            "factor_step": int(len(scales.shift) > 1),
            "weight": _records(op.weight.values, bias, np.zeros_like(bias)),
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
    return out_h * out_w * (-(-out_c // 4) * (9 * -(-taps // 8) + 24) + gathered + 30)


def _depthwise_cost(op: DepthwiseConv2D) -> int:
    """Estimate the instructions of the whole operator."""
    out_h, out_w, out_c = op.output.hwc
    taps = op.weight.shape[1] * op.weight.shape[2]
    return out_h * out_w * (-(-out_c // 8) * (11 * taps + 60) + 60)


def _matrix_cost(op: FullyConnected) -> int:
    """Estimate the instructions of the whole operator."""
    out_c, in_c = op.weight.shape
    fours = -(-out_c // 4) * (9 * -(-in_c // 8) + 90)
    return int(op.input.elements // in_c * (fours + 40))


def _vectors(kernel: Kernel) -> Kernel:
    """Give the kernel for MVE that takes what the portable `kernel` does."""
    name = f"{kernel.function}_mve"
    return replace(kernel, folder="mve", function=name, header="te_mve_s16.h", isa=Isa.MVE)


KERNELS: tuple[Kernel, ...] = (
    replace(
        _vectors(CONV2D), params=_conv2d_params, scratch_nbytes=_window_nbytes, cost=_conv2d_cost
    ),
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
