"""What weights of 4 bits cost beside int8 ones on the same operators, on emulated cores."""

import numpy as np
import pytest

from tests.support import require_tool
from tinyengine.board.types import Isa
from tinyengine.ir import Conv2D, FullyConnected, Op, Rounding
from tinyengine.kernels.registry import KERNELS, accepts
from tinyengine.kernels.spec import Kernel
from tinyengine.tune import measure
from tinyengine.tune.samples import halved_samples

HALVED = "_w4"
FUNCTIONS = {
    "te_conv2d_s8_dsp": Isa.DSP,
    "te_fully_connected_s8_dsp": Isa.DSP,
    "te_conv2d_s8_mve": Isa.MVE,
    "te_fully_connected_s8_mve": Isa.MVE,
    "te_conv2d_s8_base": Isa.BASE,
    "te_fully_connected_s8_base": Isa.BASE,
}


def kernel_of(function: str) -> Kernel:
    return next(
        each
        for each in KERNELS
        if each.function == function and each.rounding is Rounding.TFLITE and each.mends is None
    )


def is_many(op: Op) -> bool:
    """Tell whether there are so many inputs and outputs that the inner loop is what counts."""
    match op:
        case Conv2D():
            return op.weight.elements // len(op.weight.values) >= 128 and op.output.hwc[2] >= 32
        case FullyConnected():
            return op.weight.elements >= 128 * 64
        case _:
            return False


MOST = {Isa.DSP: (1.08, 1.15), Isa.MVE: (1.085, 1.035), Isa.BASE: (1.27, 1.12)}
"""Times the instructions of int8 weights: of convolutions, and of matrix products."""


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS)
def test_weights_of_4_bits_cost_little_more(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    isa = FUNCTIONS[function]
    board = measure.BOARDS[isa]
    require_tool("arm-none-eabi-gcc")
    plain, halved = kernel_of(function), kernel_of(f"{function}{HALVED}")
    ops = tuple(
        op
        for op in halved_samples(plain.op)
        if is_many(op) and accepts(plain, op) and accepts(halved, op)
    )
    assert len(ops) >= 2
    monkeypatch.setattr(measure, "samples_for", lambda _: ops)
    costs = [
        [each.cost.instructions for each in measure.measure_kernel(kernel, board)]
        for kernel in (halved, plain)
    ]
    ratios = np.divide(*costs)
    assert ratios.max() <= MOST[isa][plain.op is FullyConnected], ratios


@pytest.mark.parametrize("function", FUNCTIONS)
def test_weights_alone_take_half_the_bytes(function: str) -> None:
    plain, halved = kernel_of(function), kernel_of(f"{function}{HALVED}")
    checked = 0
    for op in halved_samples(plain.op):
        if is_many(op) and accepts(plain, op) and accepts(halved, op):
            ours, theirs = (kernel.params(op).arrays_nbytes for kernel in (halved, plain))
            # What is besides the weights is alike, but for the two words that head those of DSP.
            assert (ours - (theirs - op.weight.elements)) / op.weight.elements <= 0.52
            checked += 1
    assert checked
