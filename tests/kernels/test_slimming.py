"""A few cycles buy smaller constants, and no more than a few."""

import pytest

from tests.builders.graphs import GraphBuilder, random_graph
from tinyengine.board.types import Isa
from tinyengine.ir import Graph
from tinyengine.kernels.choose.selection import (
    Kernels,
    constants_nbytes,
    estimate_cost,
    select_kernels,
)
from tinyengine.kernels.registry import candidates
from tinyengine.passes import run_passes


def network() -> Graph:
    """Give two convolutions of many weights, one of many pixels, and depthwise ones between."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 24, 24, 3)), 8, activation="relu")
    x = b.conv2d(b.depthwise(x, stride=2, activation="relu"), 64, kernel=1, activation="relu")
    x = b.conv2d(b.depthwise(x, stride=2, activation="relu"), 64, kernel=1)
    return b.build(x)


def nbytes(kernels: Kernels) -> int:
    return sum(constants_nbytes(op, kernel) for op, kernel in kernels.whole.items())


def cost(kernels: Kernels) -> float:
    return sum(estimate_cost(op, kernel) for op, kernel in kernels.whole.items())


def test_no_kernel_of_the_same_layouts_is_faster_than_the_fastest() -> None:
    for op, kernel in select_kernels(network(), Isa.DSP, slack=1.0).whole.items():
        for other in candidates(op, Isa.DSP):
            if (other.reads, other.writes) == (kernel.reads, kernel.writes):
                assert estimate_cost(op, kernel) <= estimate_cost(op, other)


def test_enough_cycles_buy_the_smallest_constants() -> None:
    kernels = select_kernels(network(), Isa.DSP, slack=2.0)
    assert {kernel.expands_weights for kernel in kernels.whole.values()} == {False}


@pytest.mark.parametrize("seed", range(12))
def test_more_cycles_buy_smaller_constants(seed: int) -> None:
    graph = run_passes(random_graph(seed, steps=6, image=12))
    fastest = select_kernels(graph, Isa.DSP, slack=1.0)
    for slack in (1.02, 1.1, 1.5):
        kernels = select_kernels(graph, Isa.DSP, slack=slack)
        assert cost(kernels) <= slack * cost(fastest) + 1e-6
        assert nbytes(kernels) <= nbytes(fastest)


def test_slimmer_kernels_keep_the_layouts() -> None:
    graph = network()
    fastest, slim = (select_kernels(graph, Isa.DSP, slack=slack) for slack in (1.0, 1.1))
    for op, kernel in fastest.whole.items():
        assert (kernel.reads, kernel.writes) == (slim.whole[op].reads, slim.whole[op].writes)


def test_cores_without_a_choice_keep_their_kernels() -> None:
    graph = network()
    fastest, slim = (select_kernels(graph, Isa.BASE, slack=slack) for slack in (1.0, 2.0))
    assert slim.whole == fastest.whole


def test_flash_that_is_left_is_used_by_operators_alike() -> None:
    b = GraphBuilder()
    x = b.input((1, 8, 8, 64))
    for _ in range(6):
        x = b.conv2d(x, 64, kernel=1, activation="relu")
    graph = b.build(x)
    wanted = select_kernels(graph, Isa.BASE)
    least = nbytes(select_kernels(graph, Isa.BASE, flash=0))
    saved = nbytes(wanted) - least
    assert saved > 0
    for share in range(1, 6):
        flash = least + saved * share // 6 + saved // 12
        found = select_kernels(graph, Isa.BASE, flash=flash)
        kept = sum(kernel is wanted.whole[op] for op, kernel in found.whole.items())
        assert nbytes(found) <= flash
        assert kept in (share, share + 1)
