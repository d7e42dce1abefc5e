"""Kernel of BatchMatMul for the DSP extension: columns of the right matrix become pairs first."""

from tinyengine.board.types import Isa
from tinyengine.kernels.exact.matmul import cost_of, packed_kernel, sums_fold
from tinyengine.kernels.spec import Kernel

KERNELS: tuple[Kernel, ...] = (
    packed_kernel(
        Isa.DSP, "dsp", lambda depth: (depth + 3) // 4 * 8, cost_of(1.1, 20, 8), sums_fold
    ),
)
"""For every size; what does not fold is left to the kernel for every core."""
