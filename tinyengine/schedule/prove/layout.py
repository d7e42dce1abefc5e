"""Where the rows of a plan's tensors stand in their buffers: the proof's own account in bytes.

Nothing here is taken from the planner. How many rows an operator sees in a tensor is what the
operator is (`reference.rows`); how many bytes they have is worked out from shapes and types.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.ir import Graph, Op, Tensor
from tinyengine.reference.rows import operand_view, written_view
from tinyengine.schedule.ops import Columns, Join


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """`rows` rows of `width` bytes; each stands `first` bytes into `stride` bytes of the buffer."""

    rows: int
    width: int
    first: int
    stride: int

    @property
    def is_strip(self) -> bool:
        """True where the rows are parts of longer ones."""
        return self.width != self.stride


def nbytes_of(tensor: Tensor) -> int:
    """Give the bytes of all elements of `tensor`."""
    return math.ceil(math.prod(tensor.shape) * tensor.dtype.bits / 8)


def columns_of(tensor: Tensor) -> int:
    """Give the columns of [N, H, W, C]; 1 where there is no W."""
    return tensor.shape[-2] if 2 <= len(tensor.shape) <= 4 else 1


def width_read(op: Op, tensor: Tensor) -> int:
    """Give the bytes of one of the rows that `op` sees in its operand `tensor`."""
    return nbytes_of(tensor) // operand_view(op, tensor).rows


def width_written(op: Op, output: Tensor) -> int:
    """Give the bytes of one of the rows that `op` writes of one of its outputs."""
    return nbytes_of(output) // written_view(op, output).rows


def layout_of(tensor: Tensor) -> Layout:
    """Give the rows of [N, H, W, C] as they stand in a buffer of their own: N·H of them."""
    outer = tensor.shape[:-2] if len(tensor.shape) <= 4 else ()
    rows = math.prod(outer)
    width = nbytes_of(tensor) // rows
    return Layout(rows=rows, width=width, first=0, stride=width)


def layouts_of(graph: Graph) -> Mapping[Tensor, Layout]:
    """Give the layout of all activations: strips stand within the rows of what they are part of."""
    made = (*graph.given, *(tensor for op in graph.ops for tensor in op.outputs))
    layouts = {tensor: layout_of(tensor) for tensor in made}
    for op in graph.ops:
        match op:
            case Columns():
                whole = layouts[op.input]
                first = whole.first + whole.width // columns_of(op.input) * op.first
                layouts[op.output] = _strip(op.output, whole.stride, first)
            case Join():
                whole, first = layouts[op.output], 0
                for part in op.operands:
                    layouts[part] = _strip(part, whole.stride, whole.first + first)
                    first += layouts[part].width
            case _:
                pass
    return layouts


def _strip(part: Tensor, stride: int, first: int) -> Layout:
    own = layout_of(part)
    return Layout(rows=own.rows, width=own.width, first=first, stride=stride)
