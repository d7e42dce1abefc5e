"""Search for blocks: cut the operator order where that needs least memory.

Every run of consecutive operators that can be streamed is a candidate block, and every single
operator. What a block needs does not depend on where the others are cut, so the best cuts are a
shortest path over cut points: exact for the given order, up to how well offsets can be found.

Detours, which compute something twice to hold fewer bytes, are further candidates, for what is
below the least that can be had without them.
"""

from collections.abc import Callable, Iterator

from tinyengine.ir import Graph
from tinyengine.kernels.choose.selection import Kernels
from tinyengine.schedule.blocks.detour import Detour
from tinyengine.schedule.blocks.line import Costs, Line, Run
from tinyengine.schedule.blocks.patch import STRIPS, can_be_cut, patches
from tinyengine.schedule.blocks.paths import NEVER, Cut, Paths
from tinyengine.schedule.blocks.repeat import repetitions
from tinyengine.schedule.blocks.streams import Streams
from tinyengine.schedule.place.order import Order

MAX_OPS = 32
"""The longest block that is considered."""

EXACT_OPS = 500
"""Operators of a graph up to which all blocks are considered, and detours."""

_MOST_STREAMS = 16_000
"""Streams that are considered in larger graphs, about: they are shorter there."""

_WORTH_A_PATCH = 0.97
"""A chain is cut into strips only where what they cannot avoid is below this part of its peak."""

_MOST_ROUNDS = 12
"""How often patches are looked for at the new peak after they have lowered the last one."""

Watcher = Callable[[int, int], None]
"""Told of the progress of a search: operators that are done, and all operators."""


class BlockSearch:
    """All candidate blocks of one operator order."""

    def __init__(
        self,
        graph: Graph,
        order: Order,
        kernels: Kernels,
        watch: Watcher | None = None,
        *,
        layers_only: bool = False,
    ) -> None:
        """Work out all layers and streams, or `layers_only`; `watch` is told how far it is."""
        self.watch = watch or (lambda *_: None)
        self.line = Line(graph, order.ops, Costs(kernels=kernels))
        self.count = len(self.line.order)
        self.is_best_order, self.layers_only = order.is_exact, layers_only
        self.is_exact = layers_only or self.count <= EXACT_OPS
        self.longest = MAX_OPS if self.is_exact else max(_MOST_STREAMS // self.count, 4)
        self.candidates = self._candidates()
        self.paths = Paths(self.candidates, self.count)

    def cuts(self) -> tuple[Cut, ...]:
        """Give the cuts that trade bytes for cycles and compute nothing twice.

        The one with the least peak comes first.
        """
        return self.paths.cuts()

    def cuts_with_detours(self, most: int = NEVER) -> tuple[Cut, ...]:
        """Give the same of all cuts whose peak is lower than any that computes nothing twice.

        Those with peaks over `most` bytes are of no use and not looked for.
        There are none for graphs that are too large to look for them, and of layers.
        """
        if self.layers_only or not self.is_exact:
            return ()
        most = min(most, self.paths.least_peak() - 1)
        detours = list(repetitions(self.line, MAX_OPS))
        paths = Paths([*self.candidates, *detours], self.count)
        for _ in range(_MOST_ROUNDS):
            found = tuple(self._patches(paths, most))
            if not found:
                break
            detours += found
            paths = Paths([*self.candidates, *detours], self.count)
        return paths.cuts(most=most)

    def _candidates(self) -> tuple[Run, ...]:
        """Give all layers and streams."""
        found = [self.line.layer(index) for index in range(self.count)]
        if self.layers_only:
            return tuple(found)
        streams = Streams(self.line, tuple(found))
        found += self.line.layers_one_by_one()
        for first in range(self.count):
            self.watch(first, self.count)
            found += streams.starting_at(first, self.longest)
        self.watch(self.count, self.count)
        return tuple(found)

    def _patches(self, paths: Paths, most: int) -> Iterator[Detour]:
        """Give the strips that need fewer bytes than whatever else covers their operators.

        They need up to `most`. Only where what they need is the least peak of all: elsewhere
        nothing would be gained.
        """
        peak = paths.least_peak()
        for first in range(self.count):
            self.watch(first, self.count)
            reached = paths.peaks_from(first)
            for last in range(first + 2, min(first + MAX_OPS, self.count) + 1):
                if reached[last] >= peak and self._may_gain(first, last, min(peak, most + 1)):
                    strips = self._strips(first, last, reached[last])
                    yield from (each for each in strips if each.nbytes <= most)

    def _may_gain(self, first: int, last: int, limit: int) -> bool:
        held = self.line.around[first] + self.line.order[last - 1].output.nbytes
        return held < _WORTH_A_PATCH * limit and can_be_cut(self.line, first, last)

    def _strips(self, first: int, last: int, peak: int) -> Iterator[Detour]:
        width = self.line.order[last - 1].output.hwc[1]
        for count in [count for count in STRIPS if count <= width]:
            found = patches(self.line, first, last, count)
            if found is None or found.nbytes >= peak:
                return
            peak = found.nbytes
            yield found
