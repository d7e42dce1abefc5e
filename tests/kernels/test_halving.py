"""Weights that fit 4 bits stay two in a byte, under every objective, unless that is slow."""

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, Graph, Op
from tinyengine.kernels.choose.halving import PATIENCE, prefer_halved
from tinyengine.kernels.choose.selection import SLACK, constants_nbytes, select_kernels
from tinyengine.kernels.registry import candidates


def network(bits: int) -> Graph:
    """Give a convolution, a depthwise and one of points, with weights of so many bits."""
    b = GraphBuilder()
    x = b.conv2d(b.input((1, 24, 24, 8)), 16, activation="relu")
    b.build(b.conv2d(b.depthwise(x, activation="relu"), 64, kernel=1, activation="relu"))
    least = -(2 ** (bits - 1))
    random = np.random.default_rng(1)
    for index, op in enumerate(b.ops):
        values = random.integers(least + 1, -least, op.weight.shape).astype(np.int8)
        b.ops[index] = replace(op, weight=replace(op.weight, data=values))
    return b.build(b.ops[-1].output)


@pytest.mark.parametrize("slack", [1.0, SLACK])
def test_weights_of_4_bits_stay_so(slack: float) -> None:
    kernels = select_kernels(network(4), Isa.DSP, slack=slack)
    assert {kernel.halves_weights for kernel in kernels.whole.values()} == {True}


@pytest.mark.parametrize("slack", [1.0, SLACK])
def test_weights_of_8_bits_do_not(slack: float) -> None:
    kernels = select_kernels(network(8), Isa.DSP, slack=slack)
    assert {kernel.halves_weights for kernel in kernels.whole.values()} == {False}


def point() -> Op:
    return next(op for op in network(4).ops if isinstance(op, Conv2D) and op.kernel == (1, 1))


def test_packed_weights_take_half_the_bytes() -> None:
    op = point()
    sizes = {
        kernel.halves_weights: constants_nbytes(op, kernel)
        for kernel in candidates(op, Isa.DSP)
        if kernel.function.startswith("te_conv2d_s8_dsp") and not kernel.expands_weights
    }
    # 64 channels of 16 weights; a bias and a multiplier each, and two words before them all.
    assert sizes == {False: 64 * (16 + 8), True: 64 * (8 + 8) + 8}


@pytest.mark.parametrize("times", [PATIENCE - 0.01, PATIENCE + 0.01])
def test_slow_ones_are_no_better_than_others(times: float) -> None:
    op = point()
    offers = candidates(op, Isa.DSP)
    costs = {each: 1000 * times if each.halves_weights else 1000.0 for each in offers}
    left = prefer_halved({op: offers}, lambda _, kernel: costs[kernel])[op]
    assert (left == offers) == (times > PATIENCE)
    assert any(each.halves_weights for each in left)
