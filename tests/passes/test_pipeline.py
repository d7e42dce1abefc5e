"""The whole pipeline: valid between steps, observable, and exact on random networks."""

from collections import Counter

import pytest

from tests.builders.graphs import GraphBuilder, random_graph
from tests.passes.support import assert_same_bits, op_names, with_dead_channels
from tinyengine.ir import Graph, Padding, verify
from tinyengine.passes import PIPELINE, run_passes
from tinyengine.passes.absorb_transposes import absorb_transposes
from tinyengine.passes.copy_constant_outputs import copy_constant_outputs
from tinyengine.passes.eliminate_dead import eliminate_dead
from tinyengine.passes.settle_rounding import settle_rounding
from tinyengine.passes.sink_transposes import sink_transposes
from tinyengine.passes.split_batches import split_batches
from tinyengine.passes.split_groups import split_groups
from tinyengine.passes.write_states import write_states

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pass_keeps_the_bits_of_random_networks(seed: int) -> None:
    graph = original = random_graph(seed, steps=8, image=12, channels=6)
    for step in PIPELINE:
        after = step(graph)
        verify(after)
        if after.ops != graph.ops:
            assert_same_bits(original, after, seeds=(seed,))
        graph = after


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pipeline_keeps_the_bits_of_random_networks_with_dead_channels(seed: int) -> None:
    graph = with_dead_channels(random_graph(seed, steps=8, image=12, channels=6), seed)
    assert_same_bits(graph, run_passes(graph), seeds=(seed,))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1400, 1800))
def test_the_pipeline_keeps_the_bits_of_many_networks_with_dead_channels(seed: int) -> None:
    graph = with_dead_channels(random_graph(seed, steps=14), seed)
    assert_same_bits(graph, run_passes(graph), seeds=(seed,))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1400))
def test_the_pipeline_keeps_the_bits_of_many_random_networks(seed: int) -> None:
    graph = random_graph(seed, steps=14)
    assert_same_bits(graph, run_passes(graph), seeds=(seed,))


RARE = (
    absorb_transposes,
    settle_rounding,
    sink_transposes,
    eliminate_dead,
    split_batches,
    split_groups,
    write_states,
    copy_constant_outputs,
)
"""Passes for what random networks do not have; their own tests do."""


def test_random_networks_give_every_other_pass_work() -> None:
    changed: Counter[str] = Counter()
    for seed in SEEDS:
        graph = random_graph(seed, steps=8, image=12, channels=6)
        for step in PIPELINE:
            after = step(graph)
            changed[step.__name__] += after.ops != graph.ops
            graph = after
    assert all(changed[step.__name__] for step in PIPELINE if step not in RARE), changed


def test_observe_gets_every_pass_in_order_and_its_graph() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.input((3,))))
    seen: list[tuple[str, Graph]] = []
    result = run_passes(graph, observe=lambda name, graph: seen.append((name, graph)))
    assert [name for name, _ in seen] == [step.__name__ for step in PIPELINE]
    assert seen[-1][1] is result


def test_an_invalid_graph_is_caught_before_the_first_pass() -> None:
    b = GraphBuilder()
    graph = b.build(b.lookup(b.input((3,))))
    with pytest.raises(AssertionError, match="nothing produces"):
        run_passes(graph.with_ops(()))


def test_passes_help_one_another() -> None:
    b = GraphBuilder()
    x = b.input((1, 6, 6, 3))
    padded = b.transpose(b.transpose(b.pad(x, Padding(top=1)), (0, 3, 1, 2)), (0, 2, 3, 1))
    y = b.conv2d(b.slice(padded, (0, 0, 0, 0), (1, 7, 6, 3)), 4)
    y = b.lookup(b.reshape(y, y.shape), "RELU")
    graph = b.build(y)
    after = run_passes(graph)
    assert_same_bits(graph, after)
    assert op_names(after) == ["Conv2D"]
