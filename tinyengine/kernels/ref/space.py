"""The kernels that lay out blocks of pixels in channels, and channels in blocks of pixels."""

from tinyengine.board.types import Isa
from tinyengine.ir import DepthToSpace, SpaceToDepth
from tinyengine.kernels.ref.movement import elements_are_whole_bytes
from tinyengine.kernels.spec import Kernel, Progress, Struct


def depth_to_space_params(op: DepthToSpace) -> Struct:
    """Give te_depth_to_space_params."""
    channels = op.output.shape[3] * op.output.dtype.nbytes
    return Struct(
        c_type="te_depth_to_space_params",
        members={
            "in_h": op.input.shape[1],
            "out_h": op.output.shape[1],
            "block_h": op.block_h,
            "top": op.top,
            "row_bytes": op.output.shape[2] * channels,
            "pixel_bytes": op.input.shape[3] * op.input.dtype.nbytes,
            "run": op.block_w * channels,
            "skipped": op.left * channels,
        },
    )


def space_to_depth_params(op: SpaceToDepth) -> Struct:
    """Give te_space_to_depth_params."""
    return Struct(
        c_type="te_space_to_depth_params",
        members={
            "block_h": op.block_h,
            "pixels": op.output.shape[2],
            "run": op.block_w * op.input.shape[3] * op.input.dtype.nbytes,
        },
    )


KERNELS: tuple[Kernel, ...] = (
    Kernel(
        folder="ref",
        function="te_depth_to_space_s8",
        header="te_depth_to_space.h",
        isa=Isa.BASE,
        op=DepthToSpace,
        params=depth_to_space_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes,),
    ),
    Kernel(
        folder="ref",
        function="te_space_to_depth_s8",
        header="te_space_to_depth.h",
        isa=Isa.BASE,
        op=SpaceToDepth,
        params=space_to_depth_params,
        progress=Progress.ROW,
        constraints=(elements_are_whole_bytes,),
    ),
)
