"""The search for blocks misses no candidate and no cut that is worth having."""

import pytest

from tests.builders.graphs import random_graph
from tinyengine.board.types import Isa
from tinyengine.kernels.choose.selection import select_kernels
from tinyengine.schedule.blocks.search import MAX_OPS, BlockSearch
from tinyengine.schedule.storage import executed

SEEDS = range(0, 60, 6)


def search(seed: int, told: list[tuple[int, int]] | None = None) -> BlockSearch:
    graph = random_graph(seed, steps=8, image=24)
    kernels = select_kernels(graph, Isa.DSP)
    watch = None if told is None else lambda done, total: told.append((done, total))
    return BlockSearch(graph, executed(graph), kernels, watch)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_run_of_operators_that_streams_is_a_candidate(seed: int) -> None:
    found = search(seed)
    spans = {(each.first, each.last) for each in found.candidates}
    count = found.count
    for first in range(count):
        assert (first, first + 1) in spans
        for last in range(first + 2, min(first + MAX_OPS, count) + 1):
            ops = [step.op for step in found.line.steps[first:last]]
            assert ((first, last) in spans) == (found.line.builder.build(ops) is not None)


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_are_the_best_under_every_limit(seed: int) -> None:
    found = search(seed)
    cuts = found.cuts()
    limits = sorted({each.nbytes for each in found.candidates})
    for limit in [limit for limit in limits if limit >= found.paths.least_peak()]:
        within = [cut for cut in cuts if cut.nbytes <= limit]
        # A thousandth of the instructions is not worth more bytes.
        assert within[-1].instructions * 0.999 <= found.paths.cut(limit).instructions
        assert within[-1].nbytes <= found.paths.cut(limit).nbytes
    assert cuts[0].nbytes == found.paths.least_peak()


def test_the_watcher_is_told_of_every_operator() -> None:
    told: list[tuple[int, int]] = []
    count = search(6, told).count
    assert told == [(done, count) for done in range(count + 1)]
