"""Factors of FullyConnected that give outputs some bits up, exact for every possible sum."""

import numpy as np

from tinyengine.ir import FullyConnected
from tinyengine.kernels.exact.raised import Raised
from tinyengine.kernels.exact.search import Curve, exact_factors, half_up, natural_left
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
    found = []
    for curve in curves_of_outputs(op):
        left = natural_left(curve, bits)
        factors = exact_factors(curve, bits, left, 1 if is_prescaled else 1 << left)
        constant = int(curve.outputs_at(np.array(curve.span))[0])
        match factors:
            case None:
                found.append((0, 0, 0, 0, 0))
            case (0, _):
                found.append((0, half_up(constant, bits), 0, 0, 1))
            case (multiplier, nudge):
                found.append((multiplier, half_up(curve.zero_point, bits), left, nudge, 1))
    table = np.broadcast_to(np.array(found, np.int64), (op.weight.shape[0], 5))
    multiplier, offset, left, nudge, fits = table.T
    return Raised(multiplier=multiplier, offset=offset, left=left, nudge=nudge, fits=fits == 1)


def curves_of_outputs(op: FullyConnected) -> tuple[Curve, ...]:
    """Give the outputs of every sum, by channel or of all channels.

    Raises ModelError where there are no factors.
    """
    reals, bounds = fully_connected_factors(op), greatest_sums(op)
    each = bounds if len(reals) > 1 else bounds.max(keepdims=True)
    return tuple(
        _curve(op, real, bound) for real, bound in zip(reals.tolist(), each.tolist(), strict=True)
    )


def _curve(op: FullyConnected, real: float, bound: int) -> Curve:
    """Give the outputs of all sums of at most `bound`."""

    def outputs_at(sums: Ints) -> Ints:
        """Give the outputs for `sums`."""
        scaled = requantize_real(sums, np.full(sums.shape, real)) + op.output.zero_point
        return np.clip(scaled, op.act_min, op.act_max)

    return Curve(
        outputs_at=outputs_at,
        real=real,
        zero_point=op.output.zero_point,
        limits=(op.act_min, op.act_max),
        span=(-bound, bound),
    )
