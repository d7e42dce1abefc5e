"""Sums, average pools and means for cores without DSP equal the reference on such cores."""

import pytest

from tests.kernels.emulated import on_core
from tests.properties.elementwise import (
    ACTIVATIONS,
    LARGE_WINDOWS,
    MEANS,
    ROOMS,
    check_large_window,
    check_mean,
    sum_model,
)


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
def test_sums_agree_on_a_core(cpu: str, opcode: str) -> None:
    quant = (0.0173, -7), (0.0091, 31), (0.0173, -11)
    with on_core(cpu):
        for activation in ACTIVATIONS:
            model = sum_model(opcode, (1, 3, 17, 5), *quant, activation)
            assert ROOMS["base"].check(opcode, model, 0) == 2, "both layouts accept it"


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
def test_pools_and_means_agree_on_a_core(cpu: str) -> None:
    with on_core(cpu):
        for shape, kernel in LARGE_WINDOWS:
            check_large_window(ROOMS["base"], "AVERAGE_POOL_2D", shape, kernel)
        for shape, axes in MEANS:
            check_mean(ROOMS["base"], shape, axes)
