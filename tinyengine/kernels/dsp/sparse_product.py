"""Kernels of FullyConnected for the DSP extension that skip weights which are 0.

Source: te_dsp_sparse_product.h.
"""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import FullyConnected, Rounding, once
from tinyengine.kernels.dsp.fully_connected import ALWAYS, factors_are_exact, way_w8
from tinyengine.kernels.dsp.packing import as_words
from tinyengine.kernels.dsp.packing_w8 import ScaledWay, even_lines_w8
from tinyengine.kernels.dsp.sparse import Taps, pack_taps
from tinyengine.kernels.exact.even import Lines
from tinyengine.kernels.exact.mend import even_kernels
from tinyengine.kernels.ref.convolution import weight_is_constant, weight_zero_point_is_0
from tinyengine.kernels.spec import Form, Kernel, Progress, Struct

_LEAST_ZEROS = 0.7
"""The share of weights from which on it may pay to skip those that are 0."""

_AT_A_TIME = 4
"""Taps that the loop multiplies at a time."""


def weights_are_nearly_all_0(op: FullyConnected) -> bool:
    """Seven of ten weights must be 0 at least."""
    if not weight_is_constant(op):
        return True
    return bool(np.count_nonzero(op.weight.values) <= (1 - _LEAST_ZEROS) * op.weight.elements)


def _way_of(op: FullyConnected) -> ScaledWay:
    """Give the exact way from scaled sums to outputs of an operator that has one."""
    if op.rounding is Rounding.EVEN:
        found = even_lines_w8(op)
        way = None if found is None else found[1]
    else:
        way = way_w8(op)
    assert way is not None, "the kernel has accepted the factors"
    return way


@once
def _taps_of(op: FullyConnected) -> Taps:
    """Give the taps of every output; none of those that never change."""
    weights = op.weight.values.astype(np.int64)
    return pack_taps(np.where(_way_of(op).flat[:, None], 0, weights), _AT_A_TIME)


def _params(op: FullyConnected) -> Struct:
    """Give the parameters of the C function."""
    way, taps = _way_of(op), _taps_of(op)
    factors = np.stack([taps.counts, way.bias, way.multiplier], axis=1)
    return Struct(
        c_type="te_fully_connected_dsp_sparse_params",
        members={
            "out_c": op.weight.shape[0],
            "act_min": op.act_min,
            "act_max": op.act_max,
            "rounding": way.rounding,
            "offset": way.offset,
            "taps": taps.stream,
            "factor": as_words(factors.reshape(-1)),
        },
    )


def _cost(op: FullyConnected) -> int:
    """Estimate the instructions of the whole operator."""
    out_c, in_c = op.weight.shape
    count = int(_taps_of(op).counts.sum())
    return int(op.input.elements // in_c * (4.2 * count + 42 * out_c + 80))


def _even_lines(op: FullyConnected) -> Lines | None:
    """Give the factors of an operator that rounds to even; None where there are none."""
    found = even_lines_w8(op)
    return None if found is None else found[0]


_ASKS = (*ALWAYS, weight_zero_point_is_0, weights_are_nearly_all_0)

_KERNEL = Kernel(
    folder="dsp",
    function="te_fully_connected_s8_dsp_sparse",
    header="te_dsp_fully_connected_sparse.h",
    isa=Isa.DSP,
    op=FullyConnected,
    params=_params,
    progress=Progress.ROW,
    constraints=(*_ASKS, factors_are_exact),
    form=Form(skips_zeros=True),
    cost=_cost,
)

KERNELS: tuple[Kernel, ...] = (
    _KERNEL,
    even_kernels(_KERNEL, _ASKS, _even_lines, lambda op, _: _params(op))[0],
)
"""For every shape; also where halves are rounded to even, if one rounding gives all outputs."""
