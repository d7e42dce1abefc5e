"""Kernel of FullyConnected for MVE: packed weights, exact factors, scratch, cost."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, FullyConnected
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fully_connected import FRACTION_BITS, unscaled_outputs
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.mve.packing import TAPS, halved_records, nibbles_share_bytes, records
from tinyengine.kernels.ref.convolution import (
    factors_fit,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
    weight_zero_point_is_0,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct

_OUTPUTS = 8
"""Outputs of a record. Source: te_mve_vector.h."""


def factors_are_exact(op: FullyConnected) -> bool:
    """Scale ratio input * weight / output must have a 31-bit form that gives the same outputs."""
    return _factors(op) is not None


def _factors(op: FullyConnected) -> Array | None:
    """Give bias, left shift, multiplier, offset and right shift, [5, out_c]; None if not exact."""
    if not weight_is_constant(op):
        return None
    bias = folded_bias(op).astype(np.int64)
    found = np.zeros((5, len(bias)), np.int64)
    missing = np.ones(len(bias), bool)
    for bits in FRACTION_BITS:
        way = unscaled_outputs(op, bits)
        if way is None:
            return None
        moved = bias + (way.nudge >> way.left)
        rows = np.stack([moved, way.left, way.multiplier, way.offset, np.full_like(bias, -bits)])
        found = np.where(missing & way.fits, rows, found)
        missing &= ~way.fits
    return None if np.any(missing) else found.astype(np.int32)


def _scratch_nbytes(op: FullyConnected) -> int:
    return TAPS * _blocks(op) + _OUTPUTS


def _blocks(op: FullyConnected) -> int:
    return -(-int(op.weight.shape[1]) // TAPS)


def nibbles_fit(op: FullyConnected) -> bool:
    """Weights must lie in [-8, 7], and none be -8 beside one below 0 of the output before."""
    return not weight_is_constant(op) or nibbles_share_bytes(op.weight.values, _OUTPUTS)


def _params(op: FullyConnected) -> Struct:
    return _params_with(op, records)


def _params_w4(op: FullyConnected) -> Struct:
    return _params_with(op, halved_records)


def _params_with(op: FullyConnected, pack: Callable[[Array, Array, int], Array]) -> Struct:
    factors = _factors(op)
    assert factors is not None, "the kernel has accepted the factors"
    packed = pack(op.weight.values, factors, _OUTPUTS)
    return Struct(
        c_type="te_fully_connected_mve_params",
        members={
            "in_c": op.weight.shape[1],
            "out_c": op.weight.shape[0],
            "act_min": op.act_min,
            "act_max": op.act_max,
            "blocks": _blocks(op),
            "words": packed.shape[1],
            "weight": packed,
        },
    )


def _cost(op: FullyConnected) -> int:
    """Give the instructions: what was counted on an emulated core, by part."""
    out_c, in_c = op.weight.shape
    blocks = _blocks(op)
    tile = 17 * blocks + 2 * -(-blocks // 2) + 49
    return int(op.input.elements // in_c * (-(-out_c // _OUTPUTS) * tile + 5 * blocks + 90))


_ALWAYS = (
    operands_are_int8,
    weight_is_constant,
    factors_fit,
    sums_fit,
    weight_zero_point_is_0,
)

_FULLY_CONNECTED = Kernel(
    folder="mve",
    function="te_fully_connected_s8_mve",
    header="te_mve_fully_connected.h",
    isa=Isa.MVE,
    op=FullyConnected,
    params=_params,
    progress=Progress.ROW,
    constraints=(*_ALWAYS, factors_are_exact),
    scratch_nbytes=_scratch_nbytes,
    cost=_cost,
)


def _lines(op: FullyConnected) -> Lines | None:
    return None if _factors(op) is None else even_lines(op)


_HALVED = replace(
    _FULLY_CONNECTED,
    function="te_fully_connected_s8_mve_w4",
    params=_params_w4,
    constraints=(*_FULLY_CONNECTED.constraints, nibbles_fit),
    form=Form(halves_weights=True),
    cost=lambda op: _cost(op) + 6 * -(-int(op.weight.shape[0]) // _OUTPUTS),
)

KERNELS: tuple[Kernel, ...] = (
    _FULLY_CONNECTED,
    _HALVED,
    *even_kernels(_FULLY_CONNECTED, _ALWAYS, _lines, lambda op, _: _params(op)),
)
"""For every size; weights with a zero point are left to the portable kernel."""
