"""Choose the operator order whose peak of live bytes is least."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.schedule.storage import executed, state_readers, storage_roots

_MAX_STATES = 20_000
"""Sets of executed operators that the search visits before it gives up."""

_MAX_RUNS = 100_000
"""Operators that it tries to run after such sets, in graphs of more than `_FEW_OPS`."""

_FEW_OPS = 64

_MAX_BITS = 1 << 29
"""Bits of all sets that are held at a time: a set has one for every operator."""

Savings = Mapping[tuple[Op, Tensor], int]
"""Bytes that an operator's output may share with an operand's bytes if those die with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Order:
    """Operators in an order in which they can run; `is_exact` where no other has a lower peak."""

    ops: tuple[Op, ...]
    is_exact: bool


class _Costs:
    """Live bytes for any set of executed operators, as bit masks."""

    def __init__(self, graph: Graph, savings: Savings) -> None:
        roots = storage_roots(graph)
        self.ops = executed(graph)
        self.savings = savings
        states, before = set(graph.state_tensors), state_readers(graph)
        self.outputs = [tuple(t for t in op.outputs if t not in states) for op in self.ops]
        self.position = {t: index for index, made in enumerate(self.outputs) for t in made}
        self.operands = [
            tuple(dict.fromkeys(roots[t] for t in op.activations if not t.is_const))
            for op in self.ops
        ]
        self.kept = {roots[tensor] for tensor in graph.kept}
        self.readers: dict[Tensor, int] = {}
        self.readers_of: dict[Tensor, list[int]] = {}
        for index, operands in enumerate(self.operands):
            for tensor in operands:
                self.readers[tensor] = self.readers.get(tensor, 0) | 1 << index
                self.readers_of.setdefault(tensor, []).append(index)
        self.given = tuple(dict.fromkeys(roots[t] for t in graph.given))
        at = {op: index for index, op in enumerate(self.ops)}
        first = [
            {self.position[t] for t in operands if t in self.position}
            | {at[reader] for reader in before.get(op, ())}
            for op, operands in zip(self.ops, self.operands, strict=True)
        ]
        self.needs = [sum(1 << index for index in indices) for indices in first]
        self.followers: list[list[int]] = [[] for _ in self.ops]
        for index, indices in enumerate(first):
            for each in indices:
                self.followers[each].append(index)

    def live_at_start(self) -> int:
        """Give the bytes that are live before the first operator."""
        return sum(tensor.nbytes for tensor in self.given)

    def ready_at_start(self) -> int:
        """Give the operators that can run first."""
        return sum(1 << index for index, need in enumerate(self.needs) if not need)

    def ready_after(self, ready: int, done: int, index: int) -> int:
        """Give who can run with `done` executed, of which operator `index` was the last."""
        ready &= ~(1 << index)
        for reader in self.followers[index]:
            if self.needs[reader] & ~done == 0:
                ready |= 1 << reader
        return ready

    def run(self, done: int, live: int, index: int) -> tuple[int, int]:
        """Give the live bytes (while, after) operator `index` runs with `done` executed."""
        after = ~(done | 1 << index)
        dying = [
            t for t in self.operands[index] if t not in self.kept and self.readers[t] & after == 0
        ]
        return self.run_with(live, index, dying)

    def run_with(self, live: int, index: int, dying: Sequence[Tensor]) -> tuple[int, int]:
        """Give the same where the operands `dying` are not needed after it."""
        shared = max((self.savings.get((self.ops[index], t), 0) for t in dying), default=0)
        made = sum(tensor.nbytes for tensor in self.outputs[index])
        unread = [t for t in self.outputs[index] if not self.readers.get(t) and t not in self.kept]
        freed = sum(tensor.nbytes for tensor in (*dying, *unread))
        return live + made - shared, live + made - freed


def best_order(graph: Graph, savings: Savings) -> Order:
    """Give the executed operators in an order of least peak; the model's own where that ties.

    The search is exact: a bottleneck shortest path over the sets of executed operators. Graphs
    with too many such sets get the better one of the model's order and a greedy one.
    """
    costs = _Costs(graph, savings)
    own = range(len(costs.ops))
    bound = _peak(costs, own)
    found, is_exact = _search(costs, bound)
    if not is_exact:
        greedy = _greedy(costs)
        found = greedy if _peak(costs, greedy) < bound else None
    return Order(ops=tuple(costs.ops[index] for index in found or own), is_exact=is_exact)


def _peak(costs: _Costs, order: Sequence[int]) -> int:
    done, live, peak = 0, costs.live_at_start(), costs.live_at_start()
    for index in order:
        during, live = costs.run(done, live, index)
        peak, done = max(peak, during), done | 1 << index
    return peak


def _search(costs: _Costs, bound: int) -> tuple[list[int] | None, bool]:
    """Give the indices of an order whose peak is below `bound`, the least one, or None.

    The second value is False where it gave up: then it is not known whether there is one.
    """
    count, start = len(costs.ops), costs.live_at_start()
    everything = (1 << count) - 1
    left = min(_MAX_RUNS, _MAX_BITS // count) if count > _FEW_OPS else _MAX_STATES * _FEW_OPS
    heap = [(start, 0, 0, start, -1, costs.ready_at_start())]
    last_run: dict[int, int] = {}
    while heap and len(last_run) < _MAX_STATES and left > 0:
        peak, _, done, live, last, ready = heapq.heappop(heap)
        if done in last_run:
            continue
        last_run[done] = last
        if done == everything:
            return _trace(last_run, done), True
        rest = ready
        while rest:
            index = (rest & -rest).bit_length() - 1
            rest, left = rest & (rest - 1), left - 1
            during, after = costs.run(done, live, index)
            state, worst = done | 1 << index, max(peak, during)
            if worst < bound and state not in last_run:
                now = costs.ready_after(ready, state, index)
                heapq.heappush(heap, (worst, -state.bit_count(), state, after, index, now))
    return None, not heap


def _trace(last_run: Mapping[int, int], done: int) -> list[int]:
    order: list[int] = []
    while done:
        order.append(last_run[done])
        done &= ~(1 << order[-1])
    return order[::-1]


def _greedy(costs: _Costs) -> list[int]:
    """Give the indices of the order that always runs what leaves the fewest bytes alive.

    Of those that leave as few, what has been ready for the shortest time: it goes on with what
    was begun.
    """
    order: list[int] = []
    unread = {tensor: len(readers) for tensor, readers in costs.readers_of.items()}
    missing = [need.bit_count() for need in costs.needs]
    became_ready: dict[int, int] = {}
    heap: list[tuple[int, int, int, int]] = []

    def offer(index: int) -> None:
        """Offer an operator whose operands are all there."""
        dying = [t for t in costs.operands[index] if t not in costs.kept and unread[t] == 1]
        during, after = costs.run_with(0, index, dying)
        heapq.heappush(heap, (after, -became_ready[index], during, index))

    for index in (index for index, count in enumerate(missing) if not count):
        became_ready[index] = 0
        offer(index)
    done = [False] * len(costs.ops)
    while heap:
        index = heapq.heappop(heap)[-1]
        if done[index]:
            continue
        done[index] = True
        order.append(index)
        for tensor in costs.operands[index]:
            unread[tensor] -= 1
            if unread[tensor] == 1:
                last = [each for each in costs.readers_of[tensor] if not done[each]]
                for each in (each for each in last if each in became_ready):
                    offer(each)
        for reader in costs.followers[index]:
            missing[reader] -= 1
            if not missing[reader]:
                became_ready[reader] = len(order)
                offer(reader)
    return order
