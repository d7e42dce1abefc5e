"""Kernels of MVE as a Cortex-M55 executes them: the assembly equals the reference bit for bit."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.kernels.emulated import MVE, on_core
from tests.properties.agreement import seeds
from tests.properties.elementwise import (
    LARGE_WINDOWS,
    MEANS,
    POOLS,
    ROOMS,
    check_all_products,
    check_all_sums,
    check_large_window,
    check_mean,
    check_table,
)
from tests.properties.test_convolution import convolutions
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tests.properties.test_convolution_mve import COLUMNS, WAYS, column_models
from tests.properties.test_depthwise_dsp import check_kernels
from tests.properties.test_depthwise_mve import PATCHES, WINDOWS, columns, depthwise, patches
from tests.properties.test_fully_connected_mve import SIZES, product
from tinyengine.ir import DepthwiseConv2D
from tinyengine.kernels.mve.convolution import KERNELS as CONVOLUTIONS
from tinyengine.kernels.mve.depthwise import KERNELS as DEPTHWISE
from tinyengine.kernels.mve.fully_connected import KERNELS as PRODUCTS
from tinyengine.kernels.spec import Kernel

ROOM = ROOMS["mve"]

EXAMPLES = settings(max_examples=12, deadline=None)
"""Each starts QEMU three times."""


@WAYS
@EXAMPLES
@given(model=st.one_of(convolutions("CONV_2D"), layers()), seed=seeds)
def test_convolutions_agree(kernel: Kernel, model: bytes, seed: int) -> None:
    with on_core(MVE):
        check_if_accepted(kernel, model, seed)


def test_every_way_to_copy_columns_agrees() -> None:
    with on_core(MVE):
        for model, seed in column_models():
            check_kernel(COLUMNS, model, seed)


@pytest.mark.parametrize("act", ["NONE", "RELU"])
def test_every_number_of_blocks_agrees(act: str) -> None:
    with on_core(MVE):
        for in_c in [1, 16, 17, 32, *range(48, 177, 16), 321]:
            shape = (2, 1 + in_c // 16 % 4, in_c)
            check_kernel(CONVOLUTIONS[0], layer(shape, 8 + in_c % 3, (1, 1), act, in_c), in_c)


@pytest.mark.parametrize("window", WINDOWS)
@settings(EXAMPLES, max_examples=4)
@given(data=st.data(), seed=seeds)
def test_depthwise_agrees(window: tuple[int, int], data: st.DataObject, seed: int) -> None:
    op = data.draw(depthwise(window))
    with on_core(MVE):
        check_kernels(DEPTHWISE, op, seed)


@EXAMPLES
@given(op=columns(), seed=seeds)
def test_columns_agree(op: DepthwiseConv2D, seed: int) -> None:
    with on_core(MVE):
        check_kernels(DEPTHWISE, op, seed)


@settings(EXAMPLES, max_examples=24)
@given(op=patches(), seed=seeds)
def test_patches_agree(op: DepthwiseConv2D, seed: int) -> None:
    assume(not PATCHES.declines(op))
    with on_core(MVE):
        check_kernels((PATCHES,), op, seed)


@pytest.mark.parametrize(("in_c", "out_c"), SIZES)
def test_products_agree(in_c: int, out_c: int) -> None:
    with on_core(MVE):
        check_kernel(PRODUCTS[0], product(in_c, out_c), in_c)


def test_sums_agree() -> None:
    with on_core(MVE):
        for ratio, act in ((0.73, "NONE"), (1.13, "RELU6"), (2.0519, "RELU")):
            check_all_sums(ROOM, "ADD", ratio, act)
        check_all_sums(ROOM, "SUB", 1.13, "NONE")


def test_products_with_a_vector_agree() -> None:
    with on_core(MVE):
        for ratio, width in ((0.19, 1), (0.83, 256), (1.1007, 2)):
            check_all_products(ROOM, ratio, width)


SHORT_MEANS = [((1, 3, 1, 9), (2,)), ((1, 3, 2, 9), (2,))]
"""Of one and of two elements: sums are shifted left, and not at all."""


def test_pools_means_and_tables_agree() -> None:
    with on_core(MVE):
        for shape, window in LARGE_WINDOWS:
            for opcode in POOLS:
                check_large_window(ROOM, opcode, shape, window)
        for shape, axes in (*MEANS, *SHORT_MEANS):
            check_mean(ROOM, shape, axes)
        for size in (3, 17, 256):
            check_table(ROOM, size)
