"""Weights of 4 bits stay two in a byte, under every objective, where that costs little time."""

from collections.abc import Callable, Mapping

from tinyengine.ir import Op
from tinyengine.kernels.spec import Kernel

PATIENCE = 1.3
"""How many times the instructions of int8 weights those of 4 bits may take."""

InstructionsOf = Callable[[Op, Kernel], float]


def prefer_halved(
    offers: Mapping[Op, tuple[Kernel, ...]], instructions_of: InstructionsOf
) -> dict[Op, tuple[Kernel, ...]]:
    """Give the offers without those that hold the weights in more bytes for no good reason."""
    return {
        op: _slim(op, kernels, instructions_of)
        if any(kernel.halves_weights for kernel in kernels)
        else kernels
        for op, kernels in offers.items()
    }


def _slim(
    op: Op, kernels: tuple[Kernel, ...], instructions_of: InstructionsOf
) -> tuple[Kernel, ...]:
    """Give the kernels but those whose layouts one that halves the weights has, nearly as fast."""
    costs = {kernel: instructions_of(op, kernel) for kernel in kernels}
    halved = {
        (kernel.reads, kernel.writes)
        for kernel in kernels
        if kernel.halves_weights and costs[kernel] <= PATIENCE * _fewest(costs, kernel)
    }
    return tuple(
        kernel
        for kernel in kernels
        if kernel.halves_weights or (kernel.reads, kernel.writes) not in halved
    )


def _fewest(costs: Mapping[Kernel, float], like: Kernel) -> float:
    """Give the fewest instructions of the layouts of `like` with weights of int8."""
    return min(
        (
            cost
            for kernel, cost in costs.items()
            if not kernel.halves_weights
            and not kernel.expands_weights
            and (kernel.reads, kernel.writes) == (like.reads, like.writes)
        ),
        default=float("inf"),
    )
