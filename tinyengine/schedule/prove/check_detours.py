"""Prove that what is computed again, or in strips, is what the model's operators compute.

Every tensor of a rewritten graph means some columns of a tensor of the graph before it. The
meaning is followed through the operators, from what each operator stands for and from where its
windows lie; whatever reads other columns than it should, or pads where the image goes on, is
refused. This knows nothing of how the strips were made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from tinyengine.ir import Graph, Op, Padding, Role, Tensor, Window
from tinyengine.schedule.ops import Columns, Join
from tinyengine.schedule.plan import PlanError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """The columns of `tensor` from `first` on."""

    tensor: Tensor
    first: int


def check_detours(graph: Graph, origins: Mapping[Op, Op]) -> None:
    """Raise PlanError unless operators of `graph` compute what their `origins` do."""
    means: dict[Tensor, _Meaning] = {}

    def meaning(tensor: Tensor) -> _Meaning:
        """Give what a tensor means: itself, where nothing was rewritten."""
        return means.get(tensor, _Meaning(tensor=tensor, first=0))

    for op in graph.ops:
        match op:
            case Columns():
                whole = meaning(op.input)
                if not 0 <= op.first <= op.input.hwc[1] - op.output.hwc[1]:
                    raise PlanError(f"'{op.output.name}' is not inside '{op.input.name}'")
                means[op.output] = _Meaning(tensor=whole.tensor, first=whole.first + op.first)
            case Join():
                _check_join(op, [meaning(part) for part in op.operands])
            case _ if op in origins:
                read = [meaning(tensor) for tensor in op.activations]
                means[op.output] = _Meaning(
                    tensor=origins[op].output, first=_first_written(op, origins[op], read)
                )
            case _:
                pass


def _check_join(op: Join, parts: list[_Meaning]) -> None:
    first = 0
    for part, operand in zip(parts, op.operands, strict=True):
        if part != _Meaning(tensor=op.output, first=first):
            raise PlanError(f"'{operand.name}' stands at column {first} of '{op.output.name}'")
        first += operand.hwc[1]
    if first != op.output.hwc[1]:
        raise PlanError(f"the strips of '{op.output.name}' cover {first} columns")


def _first_written(op: Op, origin: Op, read: list[_Meaning]) -> int:
    """Give the first column of the origin's output that `op` writes."""
    if type(op) is not type(origin) or _constants(op) != _constants(origin):
        raise PlanError(f"{op.source} does not compute what it stands for")
    firsts = set()
    for tensor, wanted, found in zip(op.activations, origin.activations, read, strict=True):
        if found.tensor is not wanted:
            raise PlanError(f"{op.source} reads '{found.tensor.name}', not '{wanted.name}'")
        if isinstance(op, Window) and isinstance(origin, Window):
            firsts.add(_first_of_window(op, origin, found.first))
        elif wanted.shape == origin.output.shape and tensor.shape == op.output.shape:
            firsts.add(found.first)
        elif found.first or tensor.shape != wanted.shape:
            raise PlanError(f"{op.source} reads some columns of what it needs whole")
    if len(firsts) > 1:
        raise PlanError(f"{op.source} reads different columns of its operands")
    if not firsts and op.output.shape != origin.output.shape:
        raise PlanError(f"{op.source} gives some columns of what it cannot be cut into")
    return firsts.pop() if firsts else 0


def _first_of_window(op: Window, origin: Window, first: int) -> int:
    """Give the same for windows over an input that starts at column `first`."""
    width, whole = op.input.hwc[1], origin.input.hwc[1]
    pads: Padding = op.padding
    start = first - pads.left + origin.padding.left
    column, rest = divmod(start, op.stride_w)
    reach = (op.output.hwc[1] - 1) * op.stride_w + op.extent[1] - pads.left
    reaches_out = reach > width and first + width < whole
    if rest or column < 0 or (pads.left and first) or reaches_out:
        raise PlanError(f"{op.source}: windows of '{op.output.name}' do not lie where they should")
    same_rows = (pads.top, pads.bottom) == (origin.padding.top, origin.padding.bottom)
    if not same_rows or op.stride_w != origin.stride_w or op.stride_h != origin.stride_h:
        raise PlanError(f"{op.source}: windows of '{op.output.name}' are others than the model's")
    return column


def _constants(op: Op) -> list[object]:
    """Give what must be the same wherever an operator is computed: all but outputs, activations.

    Constants that stand where activations may are among it; the padding is looked at by itself.
    """
    same: list[object] = [tensor for tensor in op.activations if tensor.is_const]
    for each in fields(op):
        is_moved = each.metadata.get("role") in (Role.OUTPUT, Role.ACTIVATION)
        if not is_moved and each.name != "padding":
            same.append(getattr(op, each.name))
    return same
