"""Trade a few instructions for smaller constants: slimmer kernels for some operators."""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

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
        changes = _Changes(self, whole)
        left = most - sum(self.costs[item] for item in whole.items())
        while (change := changes.best(left)) is not None:
            left -= change.extra
            changes.make(change)
        return changes.chosen

    def slimmer(self, op: Op, kernel: Kernel) -> list[Kernel]:
        """Give the kernels of the same layouts that are smaller and not portable."""
        return [
            other
            for other in self.offers[op]
            if self.sizes[op, other] < self.sizes[op, kernel]
            and (other.reads, other.writes) == (kernel.reads, kernel.writes)
            and other.isa is not Isa.BASE
        ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Change:
    """Other kernels for some operators: bytes of constants saved, instructions more.

    `place` is where it comes among changes that are as good. Of a `group`, all that use the
    function of this name, the kernels are filled in where the change is made.
    """

    kernels: Choice
    saved: int
    extra: float
    place: tuple[int, int]
    group: str = ""


@dataclass(slots=True, eq=False)
class _Bucket:
    """Changes of one operator each, from one function to another: the best one first."""

    functions: int = 0
    added: int = 0
    heap: list[tuple[float, tuple[int, int], int, _Change]] = field(default_factory=list)

    def add(self, change: _Change) -> None:
        """Add a change."""
        self.added += 1
        rate = _rate(change, self.functions)
        heapq.heappush(self.heap, (-rate, change.place, self.added, change))

    def count_functions(self, functions: int) -> None:
        """Let each change do without so many functions more."""
        if functions != self.functions:
            self.functions = functions
            self.heap = [
                (-_rate(each, functions), each.place, added, each)
                for _, _, added, each in self.heap
            ]
            heapq.heapify(self.heap)


def _rate(change: _Change, functions: int) -> float:
    """Give the bytes that a change saves per instruction."""
    return (change.saved + functions * _CODE_NBYTES) / max(change.extra, 1.0)


@dataclass(slots=True, eq=False)
class _Group:
    """All operators that use one function, and what changing all of them to the fastest does."""

    ops: dict[Op, None] = field(default_factory=dict)
    stuck: int = 0
    saved: int = 0
    extra: float = 0.0
    names: Counter[str] = field(default_factory=Counter)


class _Changes:
    """The kernels chosen so far and all changes of them that make constants smaller."""

    def __init__(self, slimming: Slimming, whole: Choice) -> None:
        self.slimming, self.chosen = slimming, dict(whole)
        self.place = {op: index for index, op in enumerate(self.chosen)}
        self.uses = Counter(kernel.function for kernel in self.chosen.values())
        self.buckets: dict[tuple[str, str], _Bucket] = {}
        self.groups: dict[str, _Group] = {}
        for op in self.chosen:
            self._enter(op)

    def best(self, left: float) -> _Change | None:
        """Give the change that saves most per instruction and takes `left` at most."""
        found, best = None, 0.0
        for change, functions in (*self._singles(left), *self._whole_groups(left)):
            rate = _rate(change, functions)
            if rate > best or (found and rate == best and change.place < found.place):
                found, best = change, rate
        if found is None or not found.group:
            return found
        ops = self.groups[found.group].ops
        return replace(found, kernels={op: self._fastest(op) for op in ops})

    def make(self, change: _Change) -> None:
        """Take the kernels of `change`."""
        for op in change.kernels:
            self._leave(op)
        self.chosen |= change.kernels
        for op in change.kernels:
            self.uses[self.chosen[op].function] += 1
            self._enter(op)

    def _enter(self, op: Op) -> None:
        """Count `op` to those with its function, and offer its changes."""
        kernel = self.chosen[op]
        for index, other in enumerate(self.slimming.slimmer(op, kernel)):
            change = self._change(op, other, (self.place[op], index))
            self.buckets.setdefault((kernel.function, other.function), _Bucket()).add(change)
        self._count(op, 1)

    def _leave(self, op: Op) -> None:
        self._count(op, -1)
        self.uses[self.chosen[op].function] -= 1

    def _count(self, op: Op, times: int) -> None:
        """Add `op` to the group of its function, or take it away."""
        kernel, slimming = self.chosen[op], self.slimming
        group = self.groups.setdefault(kernel.function, _Group())
        slimmer = slimming.slimmer(op, kernel)
        if times > 0:
            group.ops[op] = None
        else:
            del group.ops[op]
        if not slimmer:
            group.stuck += times
            return
        change = self._change(op, self._fastest(op), (0, 0))
        group.saved += times * change.saved
        group.extra += times * change.extra
        group.names[change.kernels[op].function] += times

    def _fastest(self, op: Op) -> Kernel:
        slimmer = self.slimming.slimmer(op, self.chosen[op])
        return min(slimmer, key=lambda kernel: self.slimming.costs[op, kernel])

    def _change(self, op: Op, other: Kernel, place: tuple[int, int]) -> _Change:
        costs, sizes, kernel = self.slimming.costs, self.slimming.sizes, self.chosen[op]
        return _Change(
            kernels={op: other},
            saved=sizes[op, kernel] - sizes[op, other],
            extra=costs[op, other] - costs[op, kernel],
            place=place,
        )

    def _singles(self, left: float) -> Iterator[tuple[_Change, int]]:
        """Give the best change of one operator between any two functions."""
        for (old, new), bucket in self.buckets.items():
            gone = int(self.uses[old] == 1) - int(self.uses[new] == 0)
            bucket.count_functions(gone if old != new else 0)
            while bucket.heap:
                change = bucket.heap[0][3]
                (op,) = change.kernels
                if (
                    self.chosen[op].function == old
                    and change.extra <= left
                    and self._is_new(change)
                ):
                    yield change, bucket.functions
                    break
                heapq.heappop(bucket.heap)

    def _is_new(self, change: _Change) -> bool:
        """Tell whether `change` still starts from the kernel that is chosen."""
        ((op, other),) = change.kernels.items()
        sizes, costs, kernel = self.slimming.sizes, self.slimming.costs, self.chosen[op]
        same_saved = change.saved == sizes[op, kernel] - sizes[op, other]
        return same_saved and change.extra == costs[op, other] - costs[op, kernel]

    def _whole_groups(self, left: float) -> Iterator[tuple[_Change, int]]:
        """Give the changes of all operators with the same function."""
        for name, group in self.groups.items():
            if len(group.ops) < 2 or group.stuck or group.extra > left:
                continue
            before = {name: len(group.ops)}
            names = {name, *(other for other, count in group.names.items() if count)}
            kept = sum(
                self.uses[each] - before.get(each, 0) + group.names[each] > 0 for each in names
            )
            functions = sum(self.uses[each] > 0 for each in names) - kept
            place = (len(self.chosen), min(self.place[op] for op in group.ops))
            change = _Change(
                kernels={}, saved=group.saved, extra=group.extra, place=place, group=name
            )
            yield change, functions
