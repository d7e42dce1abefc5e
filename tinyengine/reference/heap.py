"""The order in which equal scores leave a heap of the GNU C++ library, with which LiteRT is built.

Nothing says which of equal elements std::priority_queue and std::partial_sort give first; this is
what they do. Source: GNU libstdc++, bits/stl_heap.h and bits/stl_algo.h.
"""

from collections.abc import Callable, Sequence

Less = Callable[[int, int], bool]
"""Tells whether the first element is farther from the heap's top than the second."""


class PriorityQueue:
    """Indices of scores, the greatest score first."""

    def __init__(self, scores: Sequence[int]) -> None:
        """Begin with none of the indices of `scores`."""
        self._scores = scores
        self._heap: list[int] = []

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, index: int) -> None:
        """Put an index in."""
        self._heap.append(index)
        _raise(self._heap, len(self._heap) - 1, index, self._less)

    def pop(self) -> int:
        """Take the first one out."""
        first, last = self._heap[0], self._heap.pop()
        if self._heap:
            _settle(self._heap, 0, len(self._heap), last, self._less)
        return first

    def _less(self, mine: int, other: int) -> bool:
        return self._scores[mine] < self._scores[other]


def partially_sorted(scores: Sequence[int], count: int) -> list[int]:
    """Give the indices of the `count` greatest scores as std::partial_sort leaves them."""

    def less(mine: int, other: int) -> bool:
        """Compare as that is asked to: the heap's top is the least score."""
        return scores[mine] > scores[other]

    heap = list(range(count))
    for parent in reversed(range(count // 2)):
        _settle(heap, parent, count, heap[parent], less)
    for index in range(count, len(scores)):
        if less(index, heap[0]):
            _settle(heap, 0, count, index, less)
    for end in range(count - 1, 0, -1):
        last, heap[end] = heap[end], heap[0]
        _settle(heap, 0, end, last, less)
    return heap


def _settle(heap: list[int], hole: int, count: int, value: int, less: Less) -> None:
    """Let the hole sink to the bottom, the greater child into it each time, and `value` rise."""
    top, child = hole, 2 * hole + 2
    while child < count:
        if less(heap[child], heap[child - 1]):
            child -= 1
        heap[hole], hole, child = heap[child], child, 2 * child + 2
    if child == count:
        heap[hole], hole = heap[child - 1], child - 1
    _raise(heap, hole, value, less, top)


def _raise(heap: list[int], hole: int, value: int, less: Less, top: int = 0) -> None:
    """Let the hole rise to where no parent is less than `value`, and fill it."""
    while hole > top and less(heap[(hole - 1) // 2], value):
        heap[hole], hole = heap[(hole - 1) // 2], (hole - 1) // 2
    heap[hole] = value
