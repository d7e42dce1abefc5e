"""Trade a few instructions for smaller constants: slimmer kernels for some operators."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tinyengine.board.types import Isa
from tinyengine.ir import Op
from tinyengine.kernels.spec import Kernel

_CODE_NBYTES = 2500
"""What one more kernel function takes in flash, roughly."""

Choice = Mapping[Op, Kernel]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slimming:
    """The kernels to choose from, with their instructions and bytes of constants."""

    offers: Mapping[Op, tuple[Kernel, ...]]
    costs: Mapping[tuple[Op, Kernel], float]
    sizes: Mapping[tuple[Op, Kernel], int]

    def slim(self, whole: Choice, most: float) -> dict[Op, Kernel]:
        """Give slimmer kernels of the same layouts, which take at most `most` instructions.

        Step by step, that change is made which saves the most bytes per instruction: of one
        operator, or of all that use a function, so that its code is not needed either.
        """
        chosen = dict(whole)
        left = most - self._instructions(chosen)
        while True:
            best, rate = None, 0.0
            uses = Counter(kernel.function for kernel in chosen.values())
            for change in self._changes(chosen):
                extra = self._instructions(change) - self._before(chosen, change)
                saved = self._saved(chosen, change, uses)
                if extra <= left and saved / max(extra, 1.0) > rate:
                    best, rate = change, saved / max(extra, 1.0)
            if best is None:
                return chosen
            left -= self._instructions(best) - self._before(chosen, best)
            chosen |= best

    def _changes(self, chosen: Choice) -> Iterator[Choice]:
        """Give what may be changed: one operator, or all with the same function."""
        slimmer = {op: self._slimmer(op, kernel) for op, kernel in chosen.items()}
        by_name: dict[str, list[Op]] = {}
        for op, kernel in chosen.items():
            by_name.setdefault(kernel.function, []).append(op)
            yield from ({op: other} for other in slimmer[op])
        for group in by_name.values():
            if len(group) > 1 and all(slimmer[op] for op in group):
                yield {op: self._fastest(op, slimmer[op]) for op in group}

    def _slimmer(self, op: Op, kernel: Kernel) -> list[Kernel]:
        """Give the kernels of the same layouts that are smaller and not portable."""
        return [
            other
            for other in self.offers[op]
            if self.sizes[op, other] < self.sizes[op, kernel]
            and (other.reads, other.writes) == (kernel.reads, kernel.writes)
            and other.isa is not Isa.BASE
        ]

    def _fastest(self, op: Op, kernels: list[Kernel]) -> Kernel:
        return min(kernels, key=lambda kernel: self.costs[op, kernel])

    def _saved(self, chosen: Choice, change: Choice, uses: Counter[str]) -> float:
        """Give the bytes that `change` saves, of constants and of code; functions have `uses`."""
        before = Counter(chosen[op].function for op in change)
        after = Counter(kernel.function for kernel in change.values())
        names = before.keys() | after.keys()
        kept = sum(uses[name] - before[name] + after[name] > 0 for name in names)
        functions = sum(uses[name] > 0 for name in names) - kept
        constants = sum(self.sizes[op, chosen[op]] - self.sizes[op, change[op]] for op in change)
        return constants + functions * _CODE_NBYTES

    def _instructions(self, choice: Choice) -> float:
        return sum(self.costs[item] for item in choice.items())

    def _before(self, chosen: Choice, change: Choice) -> float:
        """Give the instructions of what `change` changes, as it is now."""
        return sum(self.costs[op, chosen[op]] for op in change)
