"""Kernel of BatchMatMul for MVE: columns of the right matrix are put side by side first."""

from tinyengine.board.types import Isa
from tinyengine.kernels.exact.matmul import cost_of, packed_kernel
from tinyengine.kernels.spec import Kernel

KERNELS: tuple[Kernel, ...] = (
    packed_kernel(Isa.MVE, "mve", lambda depth: (depth + 15) // 16 * 16, cost_of(0.2, 12, 1)),
)
"""For every size."""
