"""Convolutions that go through their weights tile by tile: the same outputs, on host and cores."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernels.emulated import on_core
from tests.properties.agreement import import_op, rounding_twice, seeds
from tests.properties.test_convolution import convolutions
from tests.properties.test_convolution_dsp import check_if_accepted, check_kernel, layer, layers
from tests.properties.test_winograd import layer as window_layer
from tests.properties.test_winograd import layers as window_layers
from tinyengine.kernels.dsp.convolution import KERNELS as DIRECT
from tinyengine.kernels.dsp.tiled import TILED, Tiling, tiled
from tinyengine.kernels.dsp.winograd import KERNELS as WINOGRAD
from tinyengine.kernels.spec import Kernel

SLOW = pytest.mark.slow
CORES = (pytest.param("cortex-m4", marks=SLOW), "cortex-m7", pytest.param("cortex-m33", marks=SLOW))

DIRECTS = [
    kernel
    for kernel in rounding_twice(DIRECT)
    if f"{kernel.function}_tiled" in {each.function for each in TILED}
]
WINOGRADS = list(rounding_twice(WINOGRAD))

TILINGS = st.builds(
    Tiling, groups=st.integers(1, 7), nbytes=st.sampled_from([1, 400, 900, 3000, 1 << 20]),
    copies=st.booleans(),
)  # fmt: skip


def name_of(kernel: Kernel) -> str:
    return f"{kernel.function}-{kernel.writes.value}"


@pytest.mark.parametrize("kernel", DIRECTS, ids=name_of)
@settings(max_examples=12)
@given(model=convolutions("CONV_2D") | layers(), tiling=TILINGS, seed=seeds)
def test_tiles_agree(kernel: Kernel, model: bytes, tiling: Tiling, seed: int) -> None:
    check_if_accepted(tiled(kernel, tiling), model, seed)


@pytest.mark.parametrize("kernel", WINOGRADS, ids=name_of)
@settings(max_examples=8)
@given(model=window_layers(), tiling=TILINGS, seed=seeds)
def test_tiles_of_winograd_agree(kernel: Kernel, model: bytes, tiling: Tiling, seed: int) -> None:
    check_if_accepted(tiled(kernel, tiling), model, seed)


@pytest.mark.slow
@pytest.mark.parametrize("cpu", CORES)
@pytest.mark.parametrize("kernel", [*DIRECTS, *WINOGRADS], ids=name_of)
@settings(max_examples=10)
@given(model=layers() | window_layers(7), tiling=TILINGS, seed=seeds)
def test_tiles_agree_on_a_core(
    cpu: str, kernel: Kernel, model: bytes, tiling: Tiling, seed: int
) -> None:
    with on_core(cpu):
        check_if_accepted(tiled(kernel, tiling), model, seed)


def is_whole(model: bytes, kernel: Kernel, tiling: Tiling) -> list[int]:
    """Give the channels of every tile, the last one's, and of what records leave over."""
    op, _ = import_op(model)
    struct = tiled(kernel, tiling).params(op)
    tile = struct.members["tiling"].members["tile_channels"]
    channels = op.output.hwc[2] // 4 * 4
    tiles = [min(tile, channels - first) for first in range(0, channels, tile)]
    return [*tiles, *([op.output.hwc[2] % 4] if op.output.hwc[2] % 4 else [])]


@pytest.mark.parametrize("copies", [pytest.param(False, marks=SLOW), True])
@pytest.mark.parametrize("cpu", CORES)
def test_tiles_that_do_not_divide_the_channels_agree(cpu: str, copies: bool) -> None:
    # A record of 4 channels with 20 pairs of taps has 48 words: 400 bytes hold two of them.
    kernel = DIRECTS[0]
    tiling = Tiling(groups=2, nbytes=400, copies=copies)
    for out_c, tiles in {
        8: [8], 12: [8, 4], 13: [8, 4, 1], 14: [8, 4, 2], 19: [8, 8, 3], 3: [3],
    }.items():  # fmt: skip
        model = layer((2, 9, 40), out_c, (1, 1), "RELU", out_c)
        assert is_whole(model, kernel, tiling) == tiles
        with on_core(cpu):
            check_kernel(tiled(kernel, tiling), model, out_c)


@pytest.mark.parametrize("cpu", CORES)
@pytest.mark.parametrize("groups", [pytest.param(1, marks=SLOW), 3, pytest.param(99, marks=SLOW)])
def test_windows_of_several_rows_wait_together(cpu: str, groups: int) -> None:
    model = window_layer((5, 6, 16), 6, "SAME", "RELU6", (3, -5), 0.2, groups)
    for kernel in (DIRECTS[0], *WINOGRADS):
        with on_core(cpu):
            check_kernel(tiled(kernel, Tiling(groups=groups, nbytes=1500)), model, groups)
