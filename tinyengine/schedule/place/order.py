"""Choose the operator order whose peak of live bytes is least."""

import heapq
from collections.abc import Mapping, Sequence

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.schedule.storage import executed, state_readers, storage_roots

_MAX_STATES = 20_000
"""Sets of executed operators that the search visits before it keeps the model's own order."""

Savings = Mapping[tuple[Op, Tensor], int]
"""Bytes that an operator's output may share with an operand's bytes if those die with it."""


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
        for index, operands in enumerate(self.operands):
            for tensor in operands:
                self.readers[tensor] = self.readers.get(tensor, 0) | 1 << index
        self.given = tuple(dict.fromkeys(roots[t] for t in graph.given))
        at = {op: index for index, op in enumerate(self.ops)}
        self.needs = [
            sum(1 << self.position[t] for t in operands if t in self.position)
            | sum(1 << at[reader] for reader in before.get(op, ()))
            for op, operands in zip(self.ops, self.operands, strict=True)
        ]

    def live_at_start(self) -> int:
        return sum(tensor.nbytes for tensor in self.given)

    def ready(self, done: int) -> list[int]:
        return [
            index
            for index, need in enumerate(self.needs)
            if not done >> index & 1 and need & ~done == 0
        ]

    def run(self, done: int, live: int, index: int) -> tuple[int, int]:
        """Give the live bytes (while, after) operator `index` runs with `done` executed."""
        op, after = self.ops[index], done | 1 << index
        dying = [
            t for t in self.operands[index] if t not in self.kept and self.readers[t] & ~after == 0
        ]
        shared = max((self.savings.get((op, t), 0) for t in dying), default=0)
        made = sum(tensor.nbytes for tensor in self.outputs[index])
        unread = [t for t in self.outputs[index] if not self.readers.get(t) and t not in self.kept]
        freed = sum(tensor.nbytes for tensor in (*dying, *unread))
        return live + made - shared, live + made - freed


def best_order(graph: Graph, savings: Savings) -> tuple[Op, ...]:
    """Give the executed operators in an order of least peak; the model's own where that ties.

    The search is exact: a bottleneck shortest path over the sets of executed operators. Graphs
    with more than `_MAX_STATES` such sets keep the model's order.
    """
    costs = _Costs(graph, savings)
    own = range(len(costs.ops))
    found = _search(costs, bound=_peak(costs, own))
    return tuple(costs.ops[index] for index in found or own)


def _peak(costs: _Costs, order: Sequence[int]) -> int:
    done, live, peak = 0, costs.live_at_start(), costs.live_at_start()
    for index in order:
        during, live = costs.run(done, live, index)
        peak, done = max(peak, during), done | 1 << index
    return peak


def _search(costs: _Costs, bound: int) -> list[int] | None:
    """Give the indices of an order whose peak is below `bound`, the least one, or None."""
    everything = (1 << len(costs.ops)) - 1
    start = costs.live_at_start()
    heap = [(start, 0, 0, start, -1)]
    last_run: dict[int, int] = {}
    while heap and len(last_run) < _MAX_STATES:
        peak, _, done, live, last = heapq.heappop(heap)
        if done in last_run:
            continue
        last_run[done] = last
        if done == everything:
            return _trace(last_run, done)
        for index in costs.ready(done):
            during, after = costs.run(done, live, index)
            state, worst = done | 1 << index, max(peak, during)
            if worst < bound and state not in last_run:
                heapq.heappush(heap, (worst, -state.bit_count(), state, after, index))
    return None


def _trace(last_run: Mapping[int, int], done: int) -> list[int]:
    order: list[int] = []
    while done:
        order.append(last_run[done])
        done &= ~(1 << order[-1])
    return order[::-1]
