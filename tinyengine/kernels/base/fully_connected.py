"""The kernel of FullyConnected for cores without the DSP extension: packed weights and cost."""

from dataclasses import replace

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, FullyConnected, once
from tinyengine.kernels.exact.even import Lines, even_lines
from tinyengine.kernels.exact.fully_connected import FRACTION_BITS, unscaled_outputs
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.exact.nibbles import NIBBLE_OFFSET, weights_have_4_bits
from tinyengine.kernels.exact.raised import Raised
from tinyengine.kernels.ref.convolution import (
    factors_fit,
    folded_bias,
    greatest_sums,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
)
from tinyengine.kernels.spec import Constraint, Form, Kernel, Progress, Struct
from tinyengine.reference.convolution import weight_zero_point

_OUTPUTS = 4
"""Outputs computed at a time."""


def sums_have_room(op: FullyConnected) -> bool:
    """Weight must be so small that no sum with 2^16 more for every element leaves 32 bits."""
    if not weight_is_constant(op):
        return True
    return int(greatest_sums(op).max()) + 2**16 * op.weight.shape[1] < 2**31


def _packed(op: FullyConnected) -> Array:
    """Give the weights plus 128 as unsigned bytes: by four outputs, and those left over."""
    out_c, in_c = op.weight.shape
    weight = (op.weight.values.astype(np.int16) + 128).astype(np.uint8)
    fours = out_c // _OUTPUTS * _OUTPUTS
    blocks = weight[:fours].reshape(-1, _OUTPUTS, in_c).transpose(0, 2, 1)
    return np.concatenate([blocks.reshape(-1), weight[fours:].T.reshape(-1)])


def _packed_w4(op: FullyConnected) -> Array:
    """Give the weights plus 8 by four outputs, those of two in a byte; outputs are filled up."""
    out_c, in_c = op.weight.shape
    digits = np.full((-(-out_c // _OUTPUTS) * _OUTPUTS, in_c), NIBBLE_OFFSET, np.uint8)
    digits[:out_c] = op.weight.values.astype(np.int16) + NIBBLE_OFFSET
    shared = digits[::2] | digits[1::2] << 4
    return np.ascontiguousarray(shared.reshape(-1, 2, in_c).transpose(0, 2, 1)).reshape(-1)


def factors_are_exact(op: FullyConnected) -> bool:
    """Scale ratio input * weight / output must have a 31-bit form that gives the same outputs."""
    return not weight_is_constant(op) or _exact_factors(op) is not None


@once
def _exact_factors(op: FullyConnected) -> tuple[int, Raised] | None:
    """Give fraction bits of the outputs and factors that fit all of them; None if none do."""
    for bits in FRACTION_BITS:
        way = unscaled_outputs(op, bits)
        if way is None:
            return None
        if np.all(way.fits):
            return bits, way
    return None


def exact_factors_of(op: FullyConnected) -> tuple[int, Raised]:
    """Give the fraction bits and factors of an operator whose `factors_are_exact`."""
    found = _exact_factors(op)
    assert found is not None, "the kernel has accepted the factors"
    return found


def _params(op: FullyConnected) -> Struct:
    return _params_with(op, _packed(op), 128)


def _params_w4(op: FullyConnected) -> Struct:
    return _params_with(op, _packed_w4(op), NIBBLE_OFFSET)


def _params_with(op: FullyConnected, packed: Array, more: int) -> Struct:
    """Give the parameters with weights that are packed with so much `more`."""
    out_c, in_c = op.weight.shape
    bits, way = exact_factors_of(op)
    factors = [way.multiplier, way.offset, way.left]
    is_shared = all(np.all(part == part[0]) for part in factors)
    multiplier, offset, left = (part[:1] if is_shared else part for part in factors)
    return Struct(
        c_type="te_fully_connected_base_params",
        members={
            "in_c": in_c,
            "out_c": out_c,
            "weight_offset": more + weight_zero_point(op),
            "act_min": op.act_min,
            "act_max": op.act_max,
            "bits": bits,
            "factor_step": int(not is_shared),
            "weight": packed,
            "bias": (folded_bias(op) + (way.nudge >> way.left)).astype(np.int32),
            "multiplier": multiplier.astype(np.int32),
            "offset": offset.astype(np.int32),
            "left": left.astype(np.int8),
        },
    )


def _cost(op: FullyConnected) -> int:
    """Give the estimate, from what was counted on emulated cores."""
    out_c, in_c = op.weight.shape
    fours, rest = divmod(out_c, _OUTPUTS)
    row = in_c * (3 + 10 * fours + 5 * rest) + 25 * out_c + 60 * fours + 60
    return op.input.elements // in_c * row


def _cost_w4(op: FullyConnected) -> int:
    """Give the estimate likewise."""
    out_c, in_c = op.weight.shape
    fours = -(-out_c // _OUTPUTS)
    row = in_c * (3 + 12 * fours) + 25 * out_c + 60 * fours + 60
    return op.input.elements // in_c * row


ALWAYS: tuple[Constraint, ...] = (
    operands_are_int8,
    weight_is_constant,
    factors_fit,
    sums_fit,
    sums_have_room,
)

_FULLY_CONNECTED = Kernel(
    folder="base",
    function="te_fully_connected_s8_base",
    header="te_base_fully_connected.h",
    isa=Isa.BASE,
    op=FullyConnected,
    params=_params,
    progress=Progress.ROW,
    constraints=(*ALWAYS, factors_are_exact),
    cost=_cost,
)


_HALVED = replace(
    _FULLY_CONNECTED,
    function="te_fully_connected_s8_base_w4",
    params=_params_w4,
    constraints=(*_FULLY_CONNECTED.constraints, weights_have_4_bits),
    form=Form(halves_weights=True),
    cost=_cost_w4,
)


def exact_lines(op: FullyConnected) -> Lines | None:
    """Give the factors of an operator that rounds to even if all outputs have them."""
    return None if _exact_factors(op) is None else even_lines(op)


KERNELS: tuple[Kernel, ...] = (
    _FULLY_CONNECTED,
    _HALVED,
    *even_kernels(_FULLY_CONNECTED, ALWAYS, exact_lines, lambda op, _: _params(op)),
)
"""For every shape."""
