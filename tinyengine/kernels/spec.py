"""What a kernel says of itself before memory is planned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Op


class Progress(Enum):
    """How closely a kernel's writes may follow its reads; what overlap is derived from.

    All kernels compute output rows in ascending order, and pixels within a row from left to right.
    """

    WHOLE = "whole"
    """Any input byte may be read until the last output byte is written: no overlap at all."""

    ROW = "row"
    """While output row r is written, the input rows that rows ≥ r read are still needed."""

    PIXEL = "pixel"
    """While output pixel p is written, what pixels ≥ p read is still needed; the rest is not."""

    ELEMENT = "element"
    """Output element i is written after all reads for elements ≤ i: the same address is safe."""


class RowLayout(Enum):
    """How the bytes of one row [W, C] are ordered; a row has the same bytes in either."""

    PIXELS = "pixels"
    """[W][C]: all channels of a pixel together. Edges of the graph and reshapes need this."""

    CHANNELS = "channels"
    """[C][W]: all pixels of a channel together, as depthwise kernels like to read them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Struct:
    """The constant parameters of one kernel call: a C struct type and its members in order.

    A member is an integer, a tuple of integers (an array inside the struct) or a numpy array
    (a pointer to a constant array in flash, deduplicated and named by the lowering; None is a
    null pointer).
    """

    c_type: str
    members: Mapping[str, int | tuple[int, ...] | Array | None]


_FOLDERS = ("base", "dsp", "mve")

Constraint = Callable[[Any], bool]
"""Tells whether an operator is accepted; its docstring is the user's message if it is not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kernel:
    """One C function that computes rows of one operator; `name` is function and file name.

    The C function is

        void NAME(const PARAMS *params, te_src activation..., te_dst output,
                  int32_t first, int32_t last [, void *scratch]);

    with one `te_src` per entry of `op.activations` (Concatenation: an array of them), and it
    computes output rows [first, last). `scratch` is there where `scratch_nbytes` is given.
    `header` is the include file that declares the function and the struct.

    `reads` is the layout of all activations' rows, `writes` that of the output's. A C function
    that can do several is described by several kernels, whose `params` differ. `cost` estimates
    the instructions for the whole operator; None for portable code, which is used
    where nothing else is.

    What several kernels call, and what is too large to be in each, is in C files that they share:
    `shares` are their names without suffix, in the kernel's folder.

    One that `expands_weights` holds them in more bytes than the model does: as int16.

    A kernel that `consumes` counts input rows: [first, last) are rows of its only activation (of
    `view_of` it; for FullyConnected also of any tensor that it is a flattened view of, whose
    `row_bytes` the te_src then has). The caller makes calls for all of them in order, and each
    row need be there in its own call alone. The scratch lives from the first call to the last.
    The output, one row, is written in the call for the last input row, after that row is read.
    A call for no rows does nothing.
    """

    name: str
    header: str
    isa: Isa
    op: type[Op]
    params: Callable[[Any], Struct]
    progress: Progress
    constraints: tuple[Constraint, ...] = ()
    scratch_nbytes: Callable[[Any], int] | None = None
    reads: RowLayout = RowLayout.PIXELS
    writes: RowLayout = RowLayout.PIXELS
    cost: Callable[[Any], int] | None = None
    consumes: bool = False
    expands_weights: bool = False
    shares: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The C files, its own first, relative to the runtime folder.

        The folder is the part of the name that says for what the kernel is.
        The kernels in `ref` are for every shape and core; those in `base` are for every core.
        """
        folder = next((part for part in self.name.split("_") if part in _FOLDERS), "ref")
        return tuple(f"src/{folder}/{name}.c" for name in (self.name, *self.shares))

    def declines(self, op: Op) -> tuple[str, ...]:
        """Give the messages of the constraints that `op` does not meet; empty: accepted."""
        return tuple(
            (check.__doc__ or check.__name__).strip() for check in self.constraints if not check(op)
        )
