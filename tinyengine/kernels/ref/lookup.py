"""The kernel of unary functions: a table of 256 bytes."""

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import DType, Lookup
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.reference.rows import output_view


def lookup_params(op: Lookup) -> Struct:
    """Give te_lookup_params; its table starts at input 0, so that a byte is an index."""
    return Struct(
        c_type="te_lookup_params",
        members={"row_bytes": output_view(op).row_bytes, "table": np.roll(op.table, 128)},
    )


def elements_are_int8(op: Lookup) -> bool:
    """Input and output must be int8."""
    return op.input.dtype is DType.INT8 and op.output.dtype is DType.INT8


LOOKUP = Kernel(
    folder="ref",
    function="te_lookup_s8",
    header="te_lookup.h",
    isa=Isa.BASE,
    op=Lookup,
    params=lookup_params,
    progress=Progress.ELEMENT,
    constraints=(elements_are_int8,),
)

KERNELS: tuple[Kernel, ...] = (LOOKUP,)
