"""What plans are chosen from: sets of kernels, and the cuts into blocks that they make possible."""

from dataclasses import dataclass, replace
from functools import cached_property

from tinyengine.board.types import Isa
from tinyengine.ir import Edge, Graph
from tinyengine.kernels.choose.selection import FAST_SLACK, SLACK, Kernels, select_kernels
from tinyengine.schedule.arrange import lay_out_cut, savings
from tinyengine.schedule.blocks.paths import NEVER, Cut
from tinyengine.schedule.blocks.search import BlockSearch, Watcher
from tinyengine.schedule.feed import FEED, feed_input
from tinyengine.schedule.place.order import best_order
from tinyengine.schedule.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all plans have in common: for cores with `isa`.

    Kernels are chosen so that their constants fit `flash` bytes, if any do, and are small where
    that costs little; for Objective.SPEED, next to nothing. With `layers_only` every operator is a
    block of its own. With `stream_input` the caller hands over the input row by row. `walls` are
    offsets at which further banks of the arena begin. Without `pairs` no kernel computes two rows
    at a time: the loops of those are the longest. `thumb2` tells whether the cores have that
    instruction set. `watch` is told of the progress, which may take
    seconds.
    """

    isa: Isa
    flash: int | None = None
    layers_only: bool = False
    stream_input: bool = False
    walls: tuple[int, ...] = ()
    pairs: bool = True
    thumb2: bool = True
    watch: Watcher | None = None


class Offer:
    """The cuts that a set of kernels makes possible, and their plans, each laid out once."""

    def __init__(self, graph: Graph, kernels: Kernels, terms: Terms, fed: Edge | None) -> None:
        """Search for blocks; `graph` is what is planned, and `fed` its input that is streamed."""
        self.graph, self.terms, self.fed, self.chosen = graph, terms, fed, kernels.whole
        kernels = kernels if fed is None else kernels.with_kernel(graph.ops[0], FEED)
        order = best_order(graph, savings(graph, kernels))
        self.search = BlockSearch(graph, order, kernels, terms.watch, layers_only=terms.layers_only)
        self._plans: dict[Cut, Plan] = {}
        self._detours: dict[int, tuple[Cut, ...]] = {}

    @cached_property
    def cuts(self) -> tuple[Cut, ...]:
        """The cuts that trade bytes for cycles and compute nothing twice, least bytes first."""
        return self.search.cuts()

    def detours(self, most: int = NEVER) -> tuple[Cut, ...]:
        """Give the cuts that need fewer bytes still, up to `most`: they compute something twice."""
        if self.held_nbytes > most:
            return ()
        if most not in self._detours:
            self._detours[most] = self.search.cuts_with_detours(most)
        return self._detours[most]

    @property
    def skips_zeros(self) -> bool:
        """True where a kernel skips weights of 0."""
        return any(kernel.skips_zeros for kernel in self.chosen.values())

    @property
    def held_nbytes(self) -> int:
        """The bytes that every plan needs: of what is there before the first operator."""
        return sum(tensor.nbytes for tensor in self.graph.given)

    def plan(self, cut: Cut) -> Plan:
        """Give the plan that runs the blocks of `cut`, with what it owes to searches."""
        if cut not in self._plans:
            plan = lay_out_cut(self.graph, cut, self.terms.walls)
            searched = replace(
                plan.searched, order=self.search.is_best_order, blocks=self.search.is_exact
            )
            self._plans[cut] = replace(plan, searched=searched, fed=self.fed)
        return self._plans[cut]


class Offers:
    """The offers for a graph, each made when it is first asked for.

    Raises ModelError where the input is to be streamed and cannot be.
    """

    def __init__(self, graph: Graph, terms: Terms) -> None:
        """Take the graph, and what all plans of it have in common."""
        self._source, self._terms = graph, terms
        self._graph = graph
        self._fed: Edge | None = None
        if terms.stream_input:
            self._graph, self._fed = feed_input(graph)
        self._known: dict[tuple[float, bool, bool], Offer] = {}

    def slim(self, *, sparse: bool = True) -> Offer:
        """Give kernels whose constants are small, where that costs little; one row at a time.

        Those that skip zeros take more memory: without `sparse` there are none.
        """
        sparse = sparse or not self._offer(SLACK).skips_zeros
        return self._offer(SLACK, sparse=sparse)

    def wide(self) -> Offer:
        """Give the fastest kernels, one row at a time."""
        return self._offer(1.0)

    def fast(self, *, pairs: bool, sparse: bool = True) -> Offer:
        """Give kernels whose constants are small where that costs next to nothing.

        Those of MVE have no wider form of their weights: theirs stay. With `pairs` kernels come in
        that compute two rows at a time, unless the terms are without them.
        """
        slack = 1.0 if self._terms.isa is Isa.MVE else FAST_SLACK
        return self._offer(slack, pairs=pairs, sparse=sparse)

    def _offer(self, slack: float, *, pairs: bool = False, sparse: bool = True) -> Offer:
        """Give the offer of these kernels: one and the same for all that are chosen alike."""
        pairs = pairs and self._terms.pairs
        key = (slack, pairs, sparse)
        if key not in self._known:
            kernels = select_kernels(
                self._source,
                self._terms.isa,
                slack=slack,
                flash=self._terms.flash,
                pairs=pairs,
                sparse=sparse,
                thumb2=self._terms.thumb2,
            )
            alike = (each for each in self._known.values() if each.chosen == kernels.whole)
            self._known[key] = next(alike, None) or Offer(
                self._graph, kernels, self._terms, self._fed
            )
        return self._known[key]
