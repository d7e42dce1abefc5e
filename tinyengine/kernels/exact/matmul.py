"""What kernels of BatchMatMul share that pack columns of the right matrix first."""

from collections.abc import Callable

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import BatchMatMul
from tinyengine.kernels.ref.batch_matmul import BATCH_MATMUL
from tinyengine.kernels.spec import Constraint, Folder, Kernel
from tinyengine.reference.arithmetic import LARGEST_DIFFERENCES, matmul_scaling

_WORD = 2**31

COLUMNS = 4
"""Columns that are packed at a time. Source: te_matmul.h."""


def sums_fold(op: BatchMatMul) -> bool:
    """Scale ratio lhs * rhs / output must be below 1/2, and rounded sums must fit 32 bits."""
    try:
        multiplier, shift = matmul_scaling(op)
    except ModelError:
        return False
    greatest = op.sizes[1] * LARGEST_DIFFERENCES[op.lhs.dtype] ** 2
    if not 1 <= -shift <= 30 or 2 * greatest >= _WORD:
        return False
    offset = (abs(op.output.zero_point) << -shift) + (1 << (-shift - 1))
    return (greatest * multiplier >> 31) + offset + 2 < _WORD


def packed_kernel(
    isa: Isa,
    folder: Folder,
    column_bytes: Callable[[int], int],
    cost: Callable[[BatchMatMul], int],
    *constraints: Constraint,
) -> Kernel:
    """Give the kernel of an instruction set; `column_bytes` is what a column takes, of its depth.

    Scratch has four columns, and a row of the left matrix where its elements are apart.
    """

    def scratch_nbytes(op: BatchMatMul) -> int:
        """Give the bytes of scratch."""
        depth = op.sizes[1]
        return COLUMNS * column_bytes(depth) + (depth if op.adjoins_lhs else 0)

    return Kernel(
        folder=folder,
        function=f"te_batch_matmul_s8_{folder}",
        header="te_batch_matmul_packed.h",
        isa=isa,
        op=BatchMatMul,
        params=BATCH_MATMUL.params,
        progress=BATCH_MATMUL.progress,
        constraints=(*BATCH_MATMUL.constraints, *constraints),
        scratch_nbytes=scratch_nbytes,
        cost=cost,
    )


def cost_of(per_product: float, per_output: int, per_packed: int) -> Callable[[BatchMatMul], int]:
    """Give the estimate for instructions per product, output, and element that is packed."""

    def cost(op: BatchMatMul) -> int:
        """Estimate the instructions of the whole operator."""
        rows, depth, columns = op.sizes
        matrices = op.output.elements // (rows * columns)
        wide = -(-columns // COLUMNS) * COLUMNS
        each = rows * wide * (per_product * depth + per_output) + columns * depth * per_packed
        return int(matrices * each)

    return cost
