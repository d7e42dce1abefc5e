"""Kernels of AveragePool2D and Mean for cores without DSP: sums of four channels, two to a word."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.ir import AveragePool2D, Mean
from tinyengine.kernels.ref.pooling import AVERAGE_POOL2D
from tinyengine.kernels.ref.reduction import MEAN, mean_is_per_channel
from tinyengine.kernels.spec import Kernel


def _sums_cost(outputs: int, channels: int, taps: int, runs: int) -> int:
    """Give the estimate, from what was counted on emulated cores: by output, window and run."""
    rest = channels % 4 / channels
    taken = taps * (2.0 * (1 - rest) + 7 * rest) + 4 * runs
    return int(outputs * (taken + 34) + 130 * outputs // channels)


def _pool_cost(op: AveragePool2D) -> int:
    """Give the estimate: the rows of a window are a run each, unless it is as wide as the input."""
    runs = 1 if op.kernel_w == op.input.shape[2] else op.kernel_h
    return _sums_cost(op.output.elements, op.output.shape[-1], op.kernel_h * op.kernel_w, runs)


def _mean_cost(op: Mean) -> int:
    """Give the estimate likewise."""
    outputs, channels = max(op.output.elements, 1), op.input.shape[-1]
    missing = 4 - len(op.input.shape)
    reduced = {axis + missing for axis in op.axes}
    height, width, _ = op.input.hwc
    taps = (height if 1 in reduced else 1) * (width if 2 in reduced else 1)
    is_one = 1 not in reduced or 2 in reduced or width == 1
    return _sums_cost(outputs, channels, taps, 1 if is_one else height)


KERNELS: tuple[Kernel, ...] = (
    replace(
        AVERAGE_POOL2D,
        folder="base",
        function="te_average_pool2d_s8_base",
        header="te_average_pool2d_base.h",
        isa=Isa.BASE,
        cost=_pool_cost,
    ),
    replace(
        MEAN,
        folder="base",
        function="te_mean_s8_base",
        header="te_mean_base.h",
        isa=Isa.BASE,
        constraints=(*MEAN.constraints, mean_is_per_channel),
        cost=_mean_cost,
    ),
)
"""For rows of pixels; what is rounded otherwise or summed over channels is left to others."""
