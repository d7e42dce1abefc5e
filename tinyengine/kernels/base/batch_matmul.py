"""Kernel of BatchMatMul for every core: columns of the right matrix become int16 first."""

from tinyengine.board.types import Isa
from tinyengine.kernels.exact.matmul import cost_of, packed_kernel
from tinyengine.kernels.spec import Kernel

KERNELS: tuple[Kernel, ...] = (
    packed_kernel(Isa.BASE, "base", lambda depth: 2 * depth, cost_of(2.8, 30, 8)),
)
"""For every size."""
