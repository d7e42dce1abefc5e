"""Kernels of TopK and DynamicUpdateSlice."""

from tinyengine.board.types import Isa
from tinyengine.ir import DType, DynamicUpdateSlice, TopK
from tinyengine.kernels.spec import Kernel, Progress, Struct


def elements_are_8_bit(op: TopK) -> bool:
    """Elements must be int8 or uint8."""
    return op.input.dtype in (DType.INT8, DType.UINT8)


def rank_is_at_most_four(op: DynamicUpdateSlice) -> bool:
    """Rank must be at most 4."""
    return len(op.output.shape) <= 4


def elements_are_whole_bytes(op: DynamicUpdateSlice) -> bool:
    """Elements must take whole bytes, and indices must be int32 or int64."""
    return op.input.dtype.bits % 8 == 0 and op.start.dtype in (DType.INT32, DType.INT64)


def _top_k_params(op: TopK) -> Struct:
    return Struct(
        c_type="te_top_k_params",
        members={
            "depth": op.input.shape[-1],
            "count": op.output.shape[-1],
            "gives_indices": int(op.gives_indices),
            "flip": 0x80 if op.input.dtype is DType.UINT8 else 0x00,
        },
    )


def _dynamic_update_slice_params(op: DynamicUpdateSlice) -> Struct:
    missing = 4 - len(op.input.shape)
    return Struct(
        c_type="te_dynamic_update_slice_params",
        members={
            "rank": len(op.input.shape),
            "sizes": (1,) * missing + op.input.shape,
            "updated": (1,) * missing + op.update.shape,
            "element_bytes": op.input.dtype.nbytes,
            "is_64_bit": int(op.start.dtype is DType.INT64),
        },
    )


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_top_k_s8",
        header="te_top_k.h",
        isa=Isa.BASE,
        op=TopK,
        params=_top_k_params,
        progress=Progress.ROW,
        constraints=(elements_are_8_bit,),
    ),
    Kernel(
        folder="ref",
        function="te_dynamic_update_slice_s8",
        header="te_dynamic_update_slice.h",
        isa=Isa.BASE,
        op=DynamicUpdateSlice,
        params=_dynamic_update_slice_params,
        progress=Progress.ROW,
        constraints=(rank_is_at_most_four, elements_are_whole_bytes),
    ),
)
"""One kernel per operator."""
