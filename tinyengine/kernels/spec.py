"""What a kernel says of itself before memory is planned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.ir import Array, Op, Rounding


class Progress(Enum):
    """How closely a kernel's writes may follow its reads; what overlap is derived from.

    All kernels compute output rows in ascending order, and pixels within a row from left to right.
    """

    WHOLE = "whole"
    """Any input byte may be read until the last output byte is written: no overlap at all."""

    ROW = "row"
    """While output row r is written, the input rows that rows ≥ r read are still needed."""

    PAIRS = "pairs"
    """Rows are computed two at a time, from the first of a call on: while rows r and r + 1 are
    written, the input rows that rows ≥ r read are still needed."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """The name of a C function that a kernel's header declares; what is not named is not linked."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Struct:
    """The constant parameters of one kernel call: a C struct type and its members in order.

    A member is an integer, a tuple of integers (an array inside the struct), a numpy array
    (a pointer to a constant array in flash, deduplicated and named by the lowering; None is a
    null pointer), a struct (a pointer to one beside it) or a function (a pointer to it).
    """

    c_type: str
    members: "Mapping[str, int | tuple[int, ...] | Array | Struct | Function | None]"

    @property
    def arrays_nbytes(self) -> int:
        """Give the bytes of all arrays that it points to."""
        nbytes = 0
        for value in self.members.values():
            match value:
                case Struct():
                    nbytes += value.arrays_nbytes
                case np.ndarray():
                    nbytes += value.nbytes
                case _:
                    pass
        return nbytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What tells the kernels of one C function and operator apart.

    `reads` is the layout of all activations' rows, `writes` that of the output's. One that
    `expands_weights` holds them in more bytes than an int8 model does: as int16. One that
    `halves_weights` holds two of them in a byte, for they fit 4 bits. One that `skips_zeros` holds
    those alone that are not 0.
    """

    reads: RowLayout = RowLayout.PIXELS
    writes: RowLayout = RowLayout.PIXELS
    expands_weights: bool = False
    halves_weights: bool = False
    skips_zeros: bool = False


Folder = Literal["ref", "base", "dsp", "mve"]
"""Of the runtime's sources: `ref` for every shape and core, `base` for every core, then by ISA."""

Constraint = Callable[[Any], bool]
"""Tells whether an operator is accepted; its docstring is the user's message if it is not."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kernel:
    """One C function that computes rows of one operator; `function` is also its file's name.

    The C function is

        void FUNCTION(const PARAMS *params, te_src activation..., te_dst output...,
                      te_dst state..., int32_t first, int32_t last [, void *scratch]);

    with one `te_src` per entry of `op.activations` (Concatenation, AddN: an array of them) and one
    `te_dst` per entry of `op.outputs` and of `op.states`; it computes output rows [first, last).
    `scratch` is there where `scratch_nbytes` is given.
    `header` is the include file that declares the function and the struct.

    A C function that can do several layouts or forms of weights is described by several kernels of
    different `form`, whose `params` differ. `cost` estimates the instructions for the whole
    operator; None for portable code, which is used where nothing else is.

    What several kernels call, and what is too large to be in each, is in C files that they share:
    `shares` are their names without suffix, in the kernel's folder or from the sources' folder on.
    One that `mends` another computes every row as that does, and then puts right what its factors
    miss. One that `tiles` another computes as that does, in another order. `rounding` is the way of
    rounding of operators that have several.

    One of `thumb2` has its loops in that instruction set: other cores compute the same by a twin in
    portable C, which is the slower way there.

    A kernel that `consumes` counts input rows: [first, last) are rows of its only activation (of
    `view_of` it; for FullyConnected also of any tensor that it is a flattened view of, whose
    `row_bytes` the te_src then has). The caller makes calls for all of them in order, and each
    row need be there in its own call alone. The scratch lives from the first call to the last.
    The output, one row, is written in the call for the last input row, after that row is read.
    A call for no rows does nothing. It computes as the kernel that it `stands_for`, with the same
    parameters.
    """

    folder: Folder
    function: str
    header: str
    isa: Isa
    op: type[Op]
    params: Callable[[Any], Struct]
    progress: Progress
    constraints: tuple[Constraint, ...] = ()
    scratch_nbytes: Callable[[Any], int] | None = None
    form: Form = Form()
    cost: Callable[[Any], int] | None = None
    stands_for: "Kernel | None" = None
    shares: tuple[str, ...] = ()
    mends: "Kernel | None" = None
    tiles: "Kernel | None" = None
    rounding: Rounding = Rounding.TFLITE
    thumb2: bool = False

    @property
    def consumes(self) -> bool:
        """True where the rows that it is called for are those of its input."""
        return self.stands_for is not None

    @property
    def reads(self) -> RowLayout:
        """The layout of the rows of all activations."""
        return self.form.reads

    @property
    def writes(self) -> RowLayout:
        """The layout of the rows of the output."""
        return self.form.writes

    @property
    def expands_weights(self) -> bool:
        """True where weights are held in more bytes than in the model."""
        return self.form.expands_weights

    @property
    def halves_weights(self) -> bool:
        """True where two weights are held in a byte."""
        return self.form.halves_weights

    @property
    def skips_zeros(self) -> bool:
        """True where weights that are 0 are not held, and take no time."""
        return self.form.skips_zeros

    @property
    def sources(self) -> tuple[str, ...]:
        """The C files, its own first, relative to the runtime folder."""
        names = (self.function, *self.shares)
        return tuple(
            f"src/{name}.c" if "/" in name else f"src/{self.folder}/{name}.c" for name in names
        )

    def declines(self, op: Op) -> tuple[str, ...]:
        """Give the messages of the constraints that `op` does not meet; empty: accepted."""
        if not self.rounds_as(op):
            return (f"It must round as {self.rounding.value} does.",)
        return tuple(
            (check.__doc__ or check.__name__).strip() for check in self.constraints if not check(op)
        )

    def rounds_as(self, op: Op) -> bool:
        """Tell whether the kernel rounds as `op` asks; most operators have one way only."""
        return getattr(op, "rounding", self.rounding) is self.rounding
