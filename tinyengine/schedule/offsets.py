"""Find offsets: place buffers so that no two get in each other's way, in few bytes.

Any two buffers whose lifetimes meet must be disjoint, except an operand that dies with the step
that writes the other: there the output may start `distance` bytes below it (see `overlap`).
Either way the rule between two buffers forbids one open interval of offsets.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyengine.schedule.plan import ALIGNMENT, Buffer

_ROUNDS = 400
"""Perturbed placement orders that are tried where the greedy ones miss the lower bound."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placing:
    """The problem: the buffers, and the distance of each (output, dying operand) pair."""

    buffers: tuple[Buffer, ...]
    distances: Mapping[tuple[Buffer, Buffer], int]

    def forbidden(self, new: Buffer, placed: Buffer, offset: int) -> tuple[int, int] | None:
        """Give the open interval of offsets that `new` must avoid, with `placed` at `offset`."""
        if not new.lifetime.meets(placed.lifetime):
            return None
        below, above = offset - new.nbytes, offset + placed.nbytes
        if (new, placed) in self.distances:
            below = offset - self.distances[new, placed]
        elif (placed, new) in self.distances:
            above = offset + self.distances[placed, new]
        return below, above


def place(placing: Placing, bound: int) -> dict[Buffer, int]:
    """Give an offset in bytes for every buffer; stops early when `bound` bytes are reached."""
    orders = _greedy_orders(placing.buffers)
    best_order = min(orders, key=lambda order: _extent(_place_in_order(placing, order)))
    best = _place_in_order(placing, best_order)
    chance = random.Random(0)
    for _ in range(_ROUNDS if len(placing.buffers) > 2 else 0):
        if _extent(best) <= bound:
            break
        order = _perturbed(best_order, chance)
        offsets = _place_in_order(placing, order)
        if _extent(offsets) <= _extent(best):
            best_order, best = order, offsets
    return best


def _greedy_orders(buffers: Sequence[Buffer]) -> tuple[list[Buffer], ...]:
    by_size = sorted(buffers, key=lambda b: -b.nbytes)
    by_time = sorted(buffers, key=lambda b: b.lifetime.first)
    by_area = sorted(buffers, key=lambda b: -b.nbytes * (b.lifetime.last - b.lifetime.first))
    return by_size, by_time, by_time[::-1], by_area


def _perturbed(order: Sequence[Buffer], chance: random.Random) -> list[Buffer]:
    """Move one buffer to another place in the order, more likely one of the first."""
    moved = list(order)
    buffer = moved.pop(chance.randrange(len(moved)))
    moved.insert(min(chance.randrange(len(order)), chance.randrange(len(order))), buffer)
    return moved


def _place_in_order(placing: Placing, order: Sequence[Buffer]) -> dict[Buffer, int]:
    offsets: dict[Buffer, int] = {}
    for buffer in order:
        intervals = [
            interval
            for placed, offset in offsets.items()
            if (interval := placing.forbidden(buffer, placed, offset)) is not None
        ]
        offsets[buffer] = _lowest_free(sorted(intervals))
    return offsets


def _lowest_free(intervals: Sequence[tuple[int, int]]) -> int:
    """Give the lowest aligned offset ≥ 0 outside all the open `intervals` (sorted by start)."""
    offset = 0
    for below, above in intervals:
        if below < offset < above:
            offset = -(-above // ALIGNMENT) * ALIGNMENT
    return offset


def _extent(offsets: Mapping[Buffer, int]) -> int:
    return max((offset + buffer.nbytes for buffer, offset in offsets.items()), default=0)
