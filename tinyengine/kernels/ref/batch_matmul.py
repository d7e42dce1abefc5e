"""The kernel of BatchMatMul."""

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import BatchMatMul, DType, Tensor
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.arithmetic import matmul_scaling


def operands_are_int8(op: BatchMatMul) -> bool:
    """Operands and output must be int8."""
    return all(tensor.dtype is DType.INT8 for tensor in (op.lhs, op.rhs, op.output))


def rank_is_at_most_four(op: BatchMatMul) -> bool:
    """Rank must be at most 4."""
    return len(op.output.shape) <= 4


def sums_fit(op: BatchMatMul) -> bool:
    """Scaled sums must fit 32 bits."""
    try:
        matmul_scaling(op)
    except ModelError:
        return False
    return True


def _params(op: BatchMatMul) -> Struct:
    rows, depth, columns = op.sizes
    lhs_row, lhs_depth = (1, rows) if op.adjoins_lhs else (depth, 1)
    rhs_column, rhs_depth = (depth, 1) if op.adjoins_rhs else (1, columns)
    lhs_image, lhs_matrix = _matrix_steps(op.lhs, op.output)
    rhs_image, rhs_matrix = _matrix_steps(op.rhs, op.output)
    multiplier, shift = matmul_scaling(op)
    return Struct(
        c_type="te_batch_matmul_params",
        members={
            "image_rows": _images(op.output)[1],
            "rows": rows,
            "columns": columns,
            "depth": depth,
            "lhs_image": lhs_image,
            "lhs_matrix": lhs_matrix,
            "lhs_row": lhs_row,
            "lhs_depth": lhs_depth,
            "rhs_image": rhs_image,
            "rhs_matrix": rhs_matrix,
            "rhs_column": rhs_column,
            "rhs_depth": rhs_depth,
            "lhs_zero_point": op.lhs.zero_point,
            "rhs_zero_point": op.rhs.zero_point,
            "out_multiplier": multiplier,
            "out_shift": shift,
            "out_zero_point": op.output.zero_point,
        },
    )


def _matrix_steps(operand: Tensor, output: Tensor) -> tuple[int, int]:
    """Give the operand's rows from one image to the next, and from one matrix to the next."""
    (images, matrices), (all_images, _) = _images(operand), _images(output)
    return (matrices if images == all_images and images > 1 else 0), int(matrices > 1)


def _images(tensor: Tensor) -> tuple[int, int]:
    """Give the images, and the matrices of each, at rank 4."""
    images, matrices, _, _ = (1,) * (4 - len(tensor.shape)) + tensor.shape
    return images, matrices


BATCH_MATMUL = Kernel(
    folder="ref",
    function="te_batch_matmul_s8",
    header="te_batch_matmul.h",
    isa=Isa.BASE,
    op=BatchMatMul,
    params=_params,
    progress=Progress.ROW,
    constraints=(operands_are_int8, rank_is_at_most_four, sums_fit),
)

KERNELS: tuple[Kernel, ...] = (BATCH_MATMUL,)
"""One kernel for every shape."""
