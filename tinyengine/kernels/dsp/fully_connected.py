"""Kernels of FullyConnected for the DSP extension: packed weights and exact factors."""

from collections.abc import Callable

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import FullyConnected
from tinyengine.kernels.dsp.packing import (
    UP_BITS,
    Records,
    in_run_order,
    pack_fours,
    raised_factors,
    run_order,
)
from tinyengine.kernels.dsp.packing_w4 import CHANNELS as CHANNELS_W4
from tinyengine.kernels.dsp.packing_w4 import nibble_sums_fit, pack_w4
from tinyengine.kernels.dsp.packing_w8 import (
    SCALED_UP_BITS,
    ScaledWay,
    even_lines_w8,
    pack_fours_w8,
    product_fours,
    raised_way,
    share_words,
)
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.fully_connected import curves_of_outputs, exact_outputs
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.exact.nibbles import weights_have_4_bits
from tinyengine.kernels.ref.convolution import (
    factors_fit,
    folded_bias,
    operands_are_int8,
    sums_fit,
    weight_is_constant,
    weight_zero_point_is_0,
)
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct
from tinyengine.reference.convolution import weight_zero_point
from tinyengine.reference.fixed_point import Ints


def factors_are_exact(op: FullyConnected) -> bool:
    """Scale ratio input * weight / output must have a 31-bit form that gives the same outputs."""
    return way_w8(op) is not None


def factors_are_exact_w16(op: FullyConnected) -> bool:
    """Scale ratio must have a 31-bit form that gives the same outputs with weights of 16 bits."""
    return _records_w16(op) is not None


def weights_share_words(op: FullyConnected) -> bool:
    """No two outputs may have a weight below 0 beside one of -128."""
    if not weight_is_constant(op):
        return True
    return share_words(_centred_weights(op), product_fours(op.weight.shape[0]))


def int8_does_not_do(op: FullyConnected) -> bool:
    """Weights of int8, which take fewer cycles, must not do."""
    return not weight_is_constant(op) or not all(check(op) for check in _EXACT_WITH_INT8)


_EXACT_WITH_INT8 = (weight_zero_point_is_0, factors_are_exact, weights_share_words)


def _centred_weights(op: FullyConnected) -> Ints:
    """Give the weights less their zero point, in the order of an expanded row, [out_c, n, 2]."""
    weights = op.weight.values.astype(np.int64) - weight_zero_point(op)
    return in_run_order(weights[:, None, :])


def _records_w16(op: FullyConnected) -> tuple[Records, int] | None:
    """Give the weights of int16 with exact factors, and the words of the records of four outputs.

    None if outputs of one record have no factors in common.
    """
    if not weight_is_constant(op):
        return None
    try:
        ways = [
            raised_factors(rounding, exact_outputs(op, bits)) for rounding, bits in UP_BITS.items()
        ]
    except ModelError:
        return None
    return pack_fours(_centred_weights(op), folded_bias(op).astype(np.int64), ways)


def way_w8(op: FullyConnected) -> ScaledWay | None:
    """Give the exact factors of sums that are scaled; None where there are none."""
    if not weight_is_constant(op):
        return None
    bias = folded_bias(op).astype(np.int64)
    try:
        curves = curves_of_outputs(op)
    except ModelError:
        return None
    ways = (raised_way(curves, bias, *rounding) for rounding in SCALED_UP_BITS.items())
    return next((way for way in ways if way is not None), None)


def _records_w8(op: FullyConnected) -> tuple[Records, int] | None:
    """Give the weights of int8 with exact factors; None where there are none."""
    way = way_w8(op)
    return None if way is None else pack_fours_w8(_centred_weights(op), way)


def sums_fit_nibbles(op: FullyConnected) -> bool:
    """Weights must be so small that no sum without its bias exceeds 19 bits."""
    return not weight_is_constant(op) or nibble_sums_fit(_centred_weights(op))


def outputs_fill_a_record(op: FullyConnected) -> bool:
    """Output must have 4 elements at least."""
    return op.weight.shape[0] >= CHANNELS_W4


def _params_w4(op: FullyConnected) -> Struct:
    """Give the parameters of the C function for weights of 4 bits."""
    way = way_w8(op)
    assert way is not None, "the kernel has accepted the factors"
    return _params(op, (pack_w4(_centred_weights(op), way), 0))


def _pairs_of(op: FullyConnected) -> int:
    """Give the pairs of an expanded row."""
    return len(run_order(op.weight.shape[1]))


def _scratch_nbytes(op: FullyConnected) -> int:
    return (_pairs_of(op) + 3) // 4 * 16


def _params_of(is_w16: bool) -> Callable[[FullyConnected], Struct]:
    def params(op: FullyConnected) -> Struct:
        """Give the parameters of the C function."""
        packed = _records_w16(op) if is_w16 else _records_w8(op)
        assert packed is not None, "the kernel has accepted the factors"
        return _params(op, packed)

    return params


def _params(op: FullyConnected, packed: tuple[Records, int]) -> Struct:
    records, fours = packed
    return Struct(
        c_type="te_fully_connected_dsp_params",
        members={
            "in_c": op.weight.shape[1],
            "out_c": op.weight.shape[0],
            "act_min": op.act_min,
            "act_max": op.act_max,
            "pairs": _pairs_of(op),
            "fours_words": fours,
            "words": len(records.words),
            "even_words": records.even_words,
            "rounding": records.rounding,
            "offset": records.offset,
            "weight": records.words,
        },
    )


def _cost(per_pair: float, per_output: int) -> Callable[[FullyConnected], int]:
    """Give the estimate for so many instructions for a pair of weights, and for an output."""

    def cost(op: FullyConnected) -> int:
        """Estimate the instructions of the whole operator."""
        out_c, in_c = op.weight.shape
        rows, pairs = op.input.elements // in_c, _pairs_of(op)
        return int(rows * (out_c * (pairs * per_pair + per_output) + 2.2 * pairs + 100))

    return cost


def _fully_connected(is_w16: bool) -> Kernel:
    exact = (int8_does_not_do, factors_are_exact_w16) if is_w16 else _EXACT_WITH_INT8
    return Kernel(
        folder="dsp",
        function="te_fully_connected_s8_dsp_w16" if is_w16 else "te_fully_connected_s8_dsp",
        header="te_dsp_fully_connected.h",
        isa=Isa.DSP,
        op=FullyConnected,
        params=_params_of(is_w16),
        progress=Progress.ROW,
        constraints=(operands_are_int8, weight_is_constant, factors_fit, sums_fit, *exact),
        scratch_nbytes=_scratch_nbytes,
        cost=_cost(1.4, 7) if is_w16 else _cost(1.75, 7),
        form=Form(expands_weights=is_w16),
    )


def _even_lines_w8(op: FullyConnected) -> Lines | None:
    found = even_lines_w8(op)
    return None if found is None else found[0]


def _even_params(op: FullyConnected, _: Lines) -> Struct:
    found = even_lines_w8(op)
    assert found is not None, "the kernel has accepted the factors"
    return _params(op, pack_fours_w8(_centred_weights(op), found[1]))


ALWAYS = (operands_are_int8, weight_is_constant, factors_fit, sums_fit)

_INT8 = _fully_connected(False)

_INT4 = Kernel(
    folder="dsp",
    function="te_fully_connected_s8_dsp_w4",
    header="te_dsp_fully_connected.h",
    isa=Isa.DSP,
    op=FullyConnected,
    params=_params_w4,
    progress=Progress.ROW,
    constraints=(
        *ALWAYS,
        weights_have_4_bits,
        outputs_fill_a_record,
        weight_zero_point_is_0,
        sums_fit_nibbles,
        factors_are_exact,
    ),
    scratch_nbytes=_scratch_nbytes,
    cost=_cost(1.95, 9),
    form=Form(halves_weights=True),
)

KERNELS: tuple[Kernel, ...] = (
    _INT8,
    _fully_connected(True),
    _INT4,
    *even_kernels(
        _INT8,
        (*ALWAYS, weight_zero_point_is_0, weights_share_words),
        _even_lines_w8,
        _even_params,
    ),
)
"""With weights of 8, 16 and 4 bits; those that round to even with int8 alone."""
