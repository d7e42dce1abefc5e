"""The search for blocks misses no candidate and no cut that is worth having."""

import pytest

from tests.builders.graphs import random_graph
from tinyengine.board.types import Isa
from tinyengine.kernels.choose.selection import select_kernels
from tinyengine.schedule.blocks.search import MAX_OPS, BlockSearch
from tinyengine.schedule.place.order import Order
from tinyengine.schedule.storage import executed

SEEDS = range(0, 60, 6)


def search(seed: int, told: list[tuple[int, int]] | None = None) -> BlockSearch:
    graph = random_graph(seed, steps=8, image=24)
    kernels = select_kernels(graph, Isa.DSP)
    watch = None if told is None else lambda done, total: told.append((done, total))
    order = Order(ops=executed(graph), is_exact=True)
    return BlockSearch(graph, order, kernels, watch)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_run_of_operators_that_streams_is_a_candidate_unless_layers_are_better(
    seed: int,
) -> None:
    found = search(seed)
    measured = {(each.first, each.last): each for each in found.candidates}
    for first in range(found.count):
        assert (first, first + 1) in measured
        for last in range(first + 2, min(first + MAX_OPS, found.count) + 1):
            built, run = found.line.stream(first, last), measured.get((first, last))
            if built is None:
                assert run is None
            elif run is None:
                layers = [measured[index, index + 1] for index in range(first, last)]
                assert built.nbytes >= max(layer.nbytes for layer in layers)
                assert built.cycles > sum(layer.cycles for layer in layers)
            else:
                assert (run.nbytes, run.cycles) == (built.nbytes, built.cycles)


@pytest.mark.parametrize("seed", SEEDS)
def test_cuts_are_the_best_under_every_limit(seed: int) -> None:
    found = search(seed)
    cuts = found.cuts()
    limits = sorted({each.nbytes for each in found.candidates})
    for limit in [limit for limit in limits if limit >= found.paths.least_peak()]:
        within = [cut for cut in cuts if cut.nbytes <= limit]
        # A thousandth of the cycles is not worth more bytes.
        assert within[-1].cycles * 0.999 <= found.paths.cut(limit).cycles
        assert within[-1].nbytes <= found.paths.cut(limit).nbytes
    assert cuts[0].nbytes == found.paths.least_peak()


def test_the_watcher_is_told_of_every_operator() -> None:
    told: list[tuple[int, int]] = []
    count = search(6, told).count
    assert told == [(done, count) for done in range(count + 1)]
