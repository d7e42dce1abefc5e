"""Where kernels that compute two rows at a time are worth the flash that their weights take."""

from collections.abc import Callable, Mapping

from tinyengine.ir import Op
from tinyengine.kernels.spec import Kernel, Progress

Offers = Mapping[Op, tuple[Kernel, ...]]

WIDEST = 2.1
"""How many times the fewest bytes constants may take for their sake: with weights of int16 instead
of int8 they take nearly as much."""


def without_pairs(kernels: tuple[Kernel, ...]) -> tuple[Kernel, ...]:
    """Give the kernels that compute rows one at a time."""
    return tuple(kernel for kernel in kernels if kernel.progress is not Progress.PAIRS)


def affordable(
    offers: Offers,
    cost_of: Callable[[Op, Kernel], float],
    nbytes_of: Callable[[Op, Kernel], int],
) -> dict[Op, tuple[Kernel, ...]]:
    """Give the offers with at most one kernel for pairs of rows each, all within WIDEST.

    Those stay that save the most cycles per byte of constants.
    """
    pairs = {
        op: [kernel for kernel in kernels if kernel.progress is Progress.PAIRS]
        for op, kernels in offers.items()
    }
    if not any(pairs.values()):
        return dict(offers)
    single = {op: without_pairs(kernels) for op, kernels in offers.items()}
    fewest = {op: min(nbytes_of(op, each) for each in kernels) for op, kernels in single.items()}
    left = (WIDEST - 1) * sum(fewest.values())
    savings = []
    for op in (op for op, kernels in pairs.items() if kernels):
        least = min(cost_of(op, kernel) for kernel in single[op])
        for kernel in pairs[op]:
            saved, extra = least - cost_of(op, kernel), nbytes_of(op, kernel) - fewest[op]
            if saved > 0:
                savings.append((saved / max(extra, 1), saved, extra, op, kernel))
    kept: dict[Op, tuple[float, int, Kernel]] = {}
    for _, saved, extra, op, kernel in sorted(savings, key=lambda each: -each[0]):
        before, taken, _ = kept.get(op, (0.0, 0, kernel))
        if saved > before and extra - taken <= left:
            left -= extra - taken
            kept[op] = (saved, extra, kernel)
    return {op: (*single[op], *([kept[op][2]] if op in kept else [])) for op in offers}
