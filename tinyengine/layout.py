"""Name the places in the arena for the emitted code, and say why those that overlap may."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.ir import Op, Tensor
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import Block, Buffer, Plan, Step, locate


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A buffer's C name, its offset in its bank of the arena in bytes, and what stands there."""

    name: str
    offset: int
    what: str


def name_places(plan: Plan, prefix: str) -> Mapping[Buffer, Place]:
    """Give each buffer of the arena its place, in order of address; names begin with `prefix`."""
    names = _Names(plan)
    places, taken = dict[Buffer, Place](), set[str]()
    for buffer in sorted(plan.offsets, key=lambda b: (plan.offsets[b], b.name)):
        _, offset = locate(plan.offsets[buffer], plan.walls)
        name = _unique(f"{prefix}_OFFSET_{names.of(buffer)}", taken)
        ring = f", a ring of {buffer.rows} rows" if buffer.rows else ""
        what = f"{buffer.nbytes:,} bytes{ring}"
        places[buffer] = Place(name=name, offset=offset, what=what)
    return places


class _Names:
    """Buffers by what makes or uses them."""

    def __init__(self, plan: Plan) -> None:
        self._inputs = {edge.tensor: i for i, edge in enumerate(plan.graph.inputs)}
        if plan.fed is not None:
            self._inputs[plan.fed.tensor] = 0
        self._states = {state.tensor: i for i, state in enumerate(plan.graph.states)}
        self._makers: dict[Tensor, Op] = {step.op.output: step.op for step in plan.steps}
        self._users = {buffer: op for op, buffer in plan.scratch.items()}

    def of(self, buffer: Buffer) -> str:
        """Give the macro-like name of what stands in a buffer."""
        if buffer.is_scratch:
            user = self._users.get(buffer)
            return "SCRATCH" if user is None else f"{_macro(user)}_SCRATCH"
        tensor = buffer.tensors[0]
        if tensor in self._inputs:
            return f"INPUT{self._inputs[tensor]}"
        if tensor in self._states:
            return f"STATE{self._states[tensor]}"
        maker = self._makers.get(tensor)
        return "TENSOR" if maker is None else _macro(maker)


def _macro(op: Op) -> str:
    """Give the operator and its number in the model as part of a macro's name.

    What stands at the edges, and is no operator of the model, has no number.
    """
    name = re.sub(r"[^0-9A-Z_]", "_", op.source.opcode.upper())
    return f"{name}_{op.source.index}" if op.source.index >= 0 else name


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def explain_overlaps(plan: Plan, block: Block, step: Step) -> tuple[str, ...]:
    """Give a sentence for each operand whose bytes the output of a layer overwrites."""
    if block.stream is not None or step.op.output not in plan.buffer_of:
        return ()
    output = plan.buffer_of[step.op.output]
    start = plan.offsets[output]
    sentences = []
    for tensor in step.op.activations:
        buffer = plan.buffer_of.get(tensor)
        if buffer is None or not _meet(plan, output, buffer):
            continue
        below = plan.offsets[buffer] - start
        if buffer is output:
            continue
        least = safe_distance(step.op, step.kernel, tensor)
        where = f"{below:,} bytes below ({least:,} are enough)" if below else "at"
        sentences.append(
            f"The output starts {where} the input that it overwrites: every byte is read before it"
            " is written, as was proven by replaying the rows."
        )
    return tuple(sentences)


def _meet(plan: Plan, one: Buffer, other: Buffer) -> bool:
    """Tell whether two buffers share a byte of the arena."""
    first, second = plan.offsets[one], plan.offsets[other]
    return first < second + other.nbytes and second < first + one.nbytes
