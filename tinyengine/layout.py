"""Name the places in the arena for the emitted code, and say why those that overlap may."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tinyengine.ir import Op, Tensor
from tinyengine.schedule.blocks.stream import Stream
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import Block, Buffer, Plan, Step, locate
from tinyengine.schedule.storage import operands


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
        self._numbers = number_operators(plan)
        self._scratch = _scratch_names(plan, self._numbers)

    def of(self, buffer: Buffer) -> str:
        """Give the macro-like name of what stands in a buffer."""
        if buffer.is_scratch:
            return self._scratch.get(buffer, "SCRATCH")
        tensor = buffer.tensors[0]
        if tensor in self._inputs:
            return f"INPUT{self._inputs[tensor]}"
        if tensor in self._states:
            return f"STATE{self._states[tensor]}"
        maker = self._makers.get(tensor)
        return "TENSOR" if maker is None else _macro(maker, self._numbers)


def number_operators(plan: Plan) -> Mapping[Op, str]:
    """Give each operator's number in the model, as part of a C name.

    The second of those that come from one operator of the model has its number and `_2`. What
    stands at the edges, and is no operator of the model, has no number of its own.
    """
    met = dict[int, int]()
    numbers = dict[Op, str]()
    for step in plan.steps:
        index = step.op.source.index
        met[index] = met.get(index, 0) + 1
        parts = [f"{index}" if index >= 0 else "edge"]
        parts += [f"{met[index]}"] if met[index] > 1 else []
        numbers[step.op] = "_".join(parts)
    return numbers


def _macro(op: Op, numbers: Mapping[Op, str]) -> str:
    """Give the operator and its number in the model as part of a macro's name."""
    name = re.sub(r"[^0-9A-Z_]", "_", op.source.opcode.upper())
    return f"{name}_{numbers[op]}" if op.source.index >= 0 else name


def _scratch_names(plan: Plan, numbers: Mapping[Op, str]) -> Mapping[Buffer, str]:
    """Name scratch for the operator that uses it, or for the block whose operators share it."""
    names = dict[Buffer, str]()
    for index, block in enumerate(plan.blocks):
        for step in block.steps:
            buffer = plan.scratch.get(step.op)
            if buffer is not None:
                owner = f"BLOCK_{index}" if buffer in names else _macro(step.op, numbers)
                names[buffer] = f"{owner}_SCRATCH"
    return names


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def explain_overlaps(
    plan: Plan, block: Block, step: Step, places: Mapping[Buffer, Place]
) -> tuple[str, ...]:
    """Give a sentence for each operand whose bytes the output of a step overwrites.

    In a stream, that may be the operand of another step of the block.
    """
    if step.op.output not in plan.buffer_of:
        return ()
    output = plan.buffer_of[step.op.output]
    steps = block.steps if block.stream else (step,)
    read = dict.fromkeys(tensor for each in steps for tensor in operands(each.op))
    sentences = []
    for tensor in read:
        buffer = plan.buffer_of[tensor]
        if buffer is output or not _meet(plan, output, buffer):
            continue
        below = plan.offsets[buffer] - plan.offsets[output]
        if block.stream is None:
            least = safe_distance(step.op, step.kernel, tensor)
            where = f"{below:,} bytes below ({least:,} are enough)" if below else "at"
            sentences.append(
                f"The output starts {where} the input that it overwrites: every byte is read before"
                " it is written, as was proven by replaying the rows."
            )
        else:
            name = places[buffer].name
            sentences.append(_explain_stream(block.stream, step.op.output, tensor, below, name))
    return tuple(sentences)


def _explain_stream(stream: Stream, output: Tensor, operand: Tensor, below: int, name: str) -> str:
    """Give the sentence for an output of a stream that starts `below` bytes below an operand."""
    least, meeting = stream.distance(output, operand), stream.meeting(output, operand)
    where = f"{below:,} bytes below {name} ({least:,} are enough)" if below else f"at {name}"
    left = f"row {meeting.needed} of the other, from byte {meeting.start:,}, is still to be read"
    if meeting.start >= operand.nbytes:
        left = f"all {meeting.start:,} bytes of the other have been read"
    return (
        f"The output starts {where}, which it overwrites. They come closest at tick {meeting.tick}:"
        f" row {meeting.row} of the output is written, up to its byte {meeting.end:,}; {left}."
        " Every byte is read for the last time before it is written, as was proven by replaying the"
        " rows."
    )


def _meet(plan: Plan, one: Buffer, other: Buffer) -> bool:
    """Tell whether two buffers share a byte of the arena."""
    first, second = plan.offsets[one], plan.offsets[other]
    return first < second + other.nbytes and second < first + one.nbytes
