"""Sums for cores without DSP equal the reference on such cores."""

import pytest

from tests.kernels.emulated import on_core
from tests.properties.elementwise import ACTIVATIONS, ROOMS, sum_model


@pytest.mark.parametrize("cpu", ["cortex-m0", "cortex-m3"])
@pytest.mark.parametrize("opcode", ["ADD", "SUB"])
def test_sums_agree_on_a_core(cpu: str, opcode: str) -> None:
    quant = (0.0173, -7), (0.0091, 31), (0.0173, -11)
    with on_core(cpu):
        for activation in ACTIVATIONS:
            model = sum_model(opcode, (1, 3, 17, 5), *quant, activation)
            assert ROOMS["base"].check(opcode, model, 0) == 2, "both layouts accept it"
