"""Which plan an objective takes, of all that are offered.

`speed` takes the fewest cycles and `sram` the fewest bytes. `balanced` looks for the least bytes
that any plan needs, as `sram` does, then for the fewest cycles within 1.25 times as many; of all
plans within 15 % of those cycles it takes the one with the fewest bytes. So both have a bound, and
kernels that need more memory, as those that compute two rows at a time do, come in where others
would lose more than that.

Of plans that differ by a sixteenth of their bytes or less, the one of kernels with smaller
constants is taken. Cycles are estimates, those that kernels are chosen by (`estimate_cost`):
instructions where the cycles of a core have not been modelled.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import assert_never

from tinyengine.schedule.blocks.paths import Cut
from tinyengine.schedule.blocks.search import EXACT_OPS
from tinyengine.schedule.offers import Offer, Offers
from tinyengine.schedule.plan import Plan

_FEW_LAYOUTS = 8
"""Cuts that are laid out at most where the graph is large."""


class Objective(Enum):
    """What a plan optimizes within its budget."""

    SPEED = "speed"
    """Fewest cycles."""

    BALANCED = "balanced"
    """Fewest bytes within 15 % of the best cycles among plans within 1.25 times the least SRAM."""

    SRAM = "sram"
    """Fewest bytes."""


_Rank = Callable[[int, Cut], tuple[int, int]]
"""Gives what is least for the best plan, of its bytes and its cut."""


def best_plan(offers: Offers, objective: Objective, limit: int) -> Plan:
    """Give the best plan within `limit` bytes, or the smallest where none is."""
    match objective:
        case Objective.SPEED:
            return _fastest(offers, limit)
        case Objective.BALANCED:
            return _balanced(offers, limit)
        case Objective.SRAM:
            return _smallest(offers, limit)
        case _:
            assert_never(objective)


def _fastest(offers: Offers, limit: int) -> Plan:
    """Give the plan with the fewest cycles, or with half its bytes and next to no cycles more."""
    tries: tuple[Callable[[], Offer], ...] = (
        lambda: offers.fast(pairs=True),
        lambda: offers.fast(pairs=False),
        lambda: offers.fast(pairs=False, sparse=False),
        offers.wide,
    )
    plans: list[Plan] = []
    for offer in tries:
        plans.append(_of_speed(offer(), limit))
        if plans[-1].extent <= limit:
            return plans[-1]
    return min(plans, key=lambda plan: plan.extent)


def _of_speed(offer: Offer, limit: int) -> Plan:
    """Give the fastest plan of one offer, as above."""
    plan = _best_of(offer, offer.cuts, _by_cycles, limit)
    if plan.extent > limit:
        return _with_detours(offer, plan, _by_cycles, limit)
    return _halved(offer, plan, limit)


def _halved(offer: Offer, fastest: Plan, limit: int) -> Plan:
    """Give a plan of half the bytes of the `fastest` one that is as fast, or else that one.

    Estimated cycles are equal within a 512th: they are not surer than that.
    """
    fitting = [cut for cut in offer.cuts if cut.nbytes <= limit]
    fewest = min((cut.cycles for cut in fitting), default=0)
    as_fast = [cut for cut in fitting if cut.cycles * 512 <= fewest * 513]
    least = min(as_fast, key=lambda cut: cut.nbytes, default=None)
    if least is None or least.nbytes * 2 > fastest.extent:
        return fastest
    plan = offer.plan(least)
    return plan if plan.extent * 2 <= fastest.extent else fastest


def _smallest(offers: Offers, limit: int) -> Plan:
    """Give the plan with the fewest bytes.

    Slim weights are expanded in scratch memory, where it may be scarcest: wider ones take more
    flash, for which a sixteenth of the arena is enough. These compute something twice only where
    slim ones do. Nor are zeros skipped where that takes more.
    """
    slim = _slimmest(offers.slim(), limit)
    if offers.slim().skips_zeros:
        dense = _slimmest(offers.slim(sparse=False), limit)
        slim = dense if dense.extent < slim.extent else slim
    enough = slim.extent * 15 // 16 if slim.extent <= limit else slim.extent - 1
    if not slim.origins and offers.wide().cuts[0].nbytes > enough:
        return slim
    wide = _best_of(offers.wide(), offers.wide().cuts, _by_bytes, limit)
    if slim.origins:
        wide = _with_detours(offers.wide(), wide, _by_bytes, limit)
    return wide if wide.extent <= enough else slim


def _slimmest(offer: Offer, limit: int) -> Plan:
    """Give the smallest plan of one offer."""
    return _with_detours(offer, _best_of(offer, offer.cuts, _by_bytes, limit), _by_bytes, limit)


def _balanced(offers: Offers, limit: int) -> Plan:
    """Give the smallest of the plans that are fast for how much they hold; see above.

    Something is computed twice where the smallest plan of all does so.
    """
    smallest = _smallest(offers, limit)
    if smallest.extent > limit:
        return smallest
    most = min(smallest.extent * 5 // 4, limit)
    within = {
        offer: _cuts_like(offer, smallest, most)
        for offer in (
            offers.slim(),
            offers.slim(sparse=False),
            offers.fast(pairs=True),
            offers.wide(),
        )
    }
    fewest = min((cut.cycles for cuts in within.values() for cut in cuts), default=0)
    good = {
        offer: [cut for cut in cuts if cut.cycles * 100 <= fewest * 115]
        for offer, cuts in within.items()
    }
    found, enough = smallest, most
    for offer, cuts in good.items():
        promising = [cut for cut in cuts if cut.nbytes <= enough]
        plan = _best_of(offer, promising, _by_bytes, enough) if promising else found
        if promising and plan.extent <= enough:
            found, enough = plan, plan.extent * 15 // 16
    return found


def _cuts_like(offer: Offer, plan: Plan, most: int) -> Sequence[Cut]:
    """Give all cuts within `most` bytes, those that compute something twice if `plan` does."""
    twice = offer.detours(most) if plan.origins else ()
    return (*twice, *(cut for cut in offer.cuts if cut.nbytes <= most))


def _with_detours(offer: Offer, plain: Plan, rank: _Rank, limit: int) -> Plan:
    """Give the `plain` plan, or one that computes something twice where that is worth it.

    It is where nothing else is within `limit`, or where it saves a third of the memory.
    """
    enough = plain.extent * 2 // 3 if plain.extent <= limit else plain.extent
    detours = offer.detours(enough)
    plan = _best_of(offer, detours, rank, limit) if detours else plain
    return plan if plan.extent <= enough else plain


def _best_of(offer: Offer, cuts: Sequence[Cut], rank: _Rank, limit: int) -> Plan:
    """Give the best plan of `cuts` within `limit` bytes, or the smallest where none is.

    Cuts are laid out in the order of what they promise, until what was reached is better than
    what the next one promises.
    """

    def value(nbytes: int, cut: Cut) -> tuple[int, ...]:
        """Give what is least for the best: those over the limit come last, smallest first."""
        return (0, *rank(nbytes, cut)) if nbytes <= limit else (1, nbytes)

    best: tuple[tuple[int, ...], Plan] | None = None
    ranked = sorted(cuts, key=lambda cut: value(cut.nbytes, cut))
    for cut in ranked[: None if len(offer.graph.ops) <= EXACT_OPS else _FEW_LAYOUTS]:
        if best is not None and best[0] <= value(cut.nbytes, cut):
            break
        plan = offer.plan(cut)
        reached = (value(plan.extent, cut), plan)
        best = reached if best is None else min(best, reached, key=lambda each: each[0])
    assert best is not None, "an order has at least one cut"
    return best[1]


def _by_cycles(nbytes: int, cut: Cut) -> tuple[int, int]:
    return cut.cycles, nbytes


def _by_bytes(nbytes: int, cut: Cut) -> tuple[int, int]:
    return nbytes, cut.cycles
