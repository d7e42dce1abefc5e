"""Factors of FullyConnected that give outputs some bits up, exact for every possible sum."""

import numpy as np

from tinyengine.errors import ModelError
from tinyengine.ir import FullyConnected, Rounding
from tinyengine.kernels.exact.even import even_lines
from tinyengine.kernels.exact.raised import Raised, raise_lines
from tinyengine.kernels.exact.search import Curves, exact_factors, half_up, natural_left
from tinyengine.kernels.ref.convolution import greatest_sums
from tinyengine.reference.convolution import fully_connected_factors
from tinyengine.reference.fixed_point import Ints, requantize_real

FRACTION_BITS = (10, 13)
"""How many bits up outputs may be, in the order in which they are tried."""


def exact_outputs(op: FullyConnected, bits: int, *, is_prescaled: bool = True) -> Raised:
    """Give the factors of all outputs for an output `bits` up.

    Where it is the sums that are scaled, not the weights, every nudge is a multiple of 2^left.

    Raises ModelError where there are no factors at all.
    """
    curves = curves_of_outputs(op)
    left = natural_left(curves, bits)
    found = exact_factors(curves, bits, left, 1 if is_prescaled else 1 << left)
    output = np.where(found.is_flat, found.constant, curves.zero_point)
    offset = (output << bits) + half_up(0, bits)
    is_scaled = found.exists & ~found.is_flat
    parts = (found.multiplier, offset * found.exists, left * is_scaled, found.nudge, found.exists)
    multiplier, offset, left, nudge, fits = (
        np.broadcast_to(part, op.weight.shape[:1]) for part in parts
    )
    return Raised(multiplier=multiplier, offset=offset, left=left, nudge=nudge, fits=fits)


def unscaled_outputs(op: FullyConnected, bits: int) -> Raised | None:
    """Give the factors for sums that are scaled, not the weights; None where there are none at all.

    An operator that rounds to even has those of `even_lines`.
    """
    if op.rounding is Rounding.EVEN:
        lines = even_lines(op)
        return None if lines is None else raise_lines(lines, op.output.zero_point, bits)
    try:
        return exact_outputs(op, bits, is_prescaled=False)
    except ModelError:
        return None


def curves_of_outputs(op: FullyConnected) -> Curves:
    """Give the outputs of all sums of at most the greatest, by channel or of all channels.

    Raises ModelError where there are no factors.
    """
    reals, bounds = fully_connected_factors(op), greatest_sums(op)
    each = bounds if len(reals) > 1 else bounds.max(keepdims=True)

    def outputs_at(channels: Ints, sums: Ints) -> Ints:
        """Give the outputs of `channels` for `sums`."""
        factors = np.broadcast_to(reals[channels, None], sums.shape)
        return np.clip(
            requantize_real(sums, factors) + op.output.zero_point, op.act_min, op.act_max
        )

    return Curves(
        outputs_at=outputs_at,
        channels=np.arange(len(reals)),
        reals=reals,
        zero_point=op.output.zero_point,
        limits=(op.act_min, op.act_max),
        spans=np.stack([-each, each], axis=1).astype(np.int64),
    )
