"""Patches: run a chain of operators on one strip of columns after the other.

A strip runs row by row like any streamed block, but its rings hold only its own columns and those
around them that its windows reach. Rows are computed once; the columns where strips meet are
computed by both. The chain's inputs and its output are held whole meanwhile.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tinyengine.ir import (
    Binary,
    DType,
    Lookup,
    Op,
    Padding,
    Quantize,
    Tensor,
    Window,
    count_macs,
)
from tinyengine.kernels.registry import accepts
from tinyengine.kernels.spec import RowLayout
from tinyengine.passes.rewrite import with_operands
from tinyengine.schedule.blocks.detour import Detour, Rewrite, rewritten
from tinyengine.schedule.blocks.line import Line, Run
from tinyengine.schedule.ops import Columns, Join
from tinyengine.schedule.plan import BlockKind

STRIPS = (2, 3, 4, 6)
"""Into how many strips a chain may be cut."""

_CUT = (DType.INT8, DType.INT16)
"""Element types that are computed in strips: their pixels are whole bytes."""

Span = tuple[int, int]
"""Columns [first, stop)."""


def can_be_cut(line: Line, first: int, last: int) -> bool:
    """Tell whether the operators [first, last) can run strip by strip: they give one tensor."""
    ops = line.order[first:last]
    inside, output = set(ops), ops[-1].output
    if any(len(op.outputs) > 1 or op.states for op in ops) or output in line.graph.state_tensors:
        return False
    escaping = [op.output for op in ops if line.builder.escapes(op.output, inside)]
    made = {op.output for op in ops}
    if escaping != [output] or not all(_goes_by_column(op, made) for op in ops):
        return False
    steps = line.streamed[first:last]
    outside = [
        step.kernel.reads for step in steps for t in step.op.activations if t not in made
    ]  # fmt: skip
    layouts = {*outside, steps[-1].kernel.writes}
    return layouts == {RowLayout.PIXELS} and output.hwc[1] >= STRIPS[0]


def _goes_by_column(op: Op, made: Collection[Tensor]) -> bool:
    """Tell whether output columns of `op` come from columns of the tensors that are `made`."""
    if len(op.output.shape) != 4 or op.output.dtype not in _CUT:
        return False
    match op:
        case Window():
            return True
        case Lookup() | Quantize():
            return op.input.shape == op.output.shape and op.input.dtype in _CUT
        case Binary():
            return all(_is_cut_or_kept(op, tensor, made) for tensor in (op.lhs, op.rhs))
        case _:
            return False


def _is_cut_or_kept(op: Binary, tensor: Tensor, made: Collection[Tensor]) -> bool:
    """Tell whether an operand has the output's columns, or is there and the same for all."""
    if tensor.shape == op.output.shape:
        return not tensor.is_const
    return tensor.hwc[:2] == (1, 1) and tensor not in made


def patches(line: Line, first: int, last: int, count: int) -> Detour | None:
    """Give the detour that runs the operators [first, last) in `count` strips, or None."""
    ops = line.order[first:last]
    cutting = _Cutting(ops)
    for span in _even_spans(ops[-1].output.hwc[1], count):
        cutting.add_strip(span)
    rewrite: Rewrite = {**dict.fromkeys(ops, ()), ops[-1]: cutting.ops()}
    strips = [op for strip in cutting.strips for op in strip]
    order = [*line.order[:first], *strips, *line.order[last:]]
    other = Line(
        rewritten(line.graph, rewrite),
        order,
        line.costs,
        origins=cutting.origins,
        known=line.builder,
    )
    if not all(accepts(step.kernel, step.op) for step in other.steps[first : first + len(strips)]):
        return None
    runs: list[Run] = []
    for index in range(count):
        start = first + index * len(ops)
        again = cutting.repeated_macs[index]
        run = other.stream(start, start + len(ops), BlockKind.PATCH, again)
        if run is None:
            return None
        runs.append(run)
    return Detour(
        first=first, last=last, runs=tuple(runs), rewrite=rewrite, origins=cutting.origins
    )


def _even_spans(width: int, count: int) -> Iterator[Span]:
    for index in range(count):
        yield index * width // count, (index + 1) * width // count


@dataclass(slots=True, eq=False)
class _Cutting:
    """The strips of a chain so far; `origins` tells what each of their operators stands for."""

    chain: Sequence[Op]
    strips: list[tuple[Op, ...]] = field(default_factory=list)
    views: list[Op] = field(default_factory=list)
    origins: dict[Op, Op] = field(default_factory=dict)
    repeated_macs: list[int] = field(default_factory=list)
    _done: dict[Op, int] = field(default_factory=dict)

    def add_strip(self, columns: Span) -> None:
        """Add the operators that compute `columns` of the chain's output."""
        spans = _spans(self.chain, columns)
        made: dict[Tensor, Tensor] = {}
        strip, repeated = [], 0
        for op in self.chain:
            span = spans[op.output]
            standins = {t: self._part(op, t, span, spans, made) for t in op.activations}
            cut = _cut(op, span, standins, len(self.strips))
            made[op.output] = cut.output
            self.origins[cut] = op
            strip.append(cut)
            twice = max(min(self._done.get(op, 0), span[1]) - span[0], 0)
            repeated += count_macs(op) // op.output.hwc[1] * twice
            self._done[op] = max(span[1], self._done.get(op, 0))
        self.strips.append(tuple(strip))
        self.repeated_macs.append(repeated)

    def ops(self) -> tuple[Op, ...]:
        """Give all that stands for the chain: views of its inputs, its strips, their join."""
        last = self.chain[-1]
        join = Join(
            source=last.source,
            output=last.output,
            operands=tuple(strip[-1].output for strip in self.strips),
        )
        views, ops = dict.fromkeys(self.views), list[Op]()
        produced = {op.output: op for op in views}
        for strip in self.strips:
            for op in strip:
                ops += [produced[tensor] for tensor in op.activations if tensor in produced]
                ops.append(op)
        return (*dict.fromkeys(ops), join)

    def _part(
        self,
        op: Op,
        tensor: Tensor,
        span: Span,
        spans: Mapping[Tensor, Span],
        made: Mapping[Tensor, Tensor],
    ) -> Tensor:
        """Give what a strip of `op` reads of its operand `tensor`."""
        if tensor.is_const or (isinstance(op, Binary) and tensor.shape != op.output.shape):
            return tensor
        first, stop = _columns_read(op, tensor, span)
        held, start = made.get(tensor, tensor), spans[tensor][0] if tensor in made else 0
        if (first, stop) == (start, start + held.hwc[1]):
            return held
        view = Columns(
            source=op.source,
            output=_narrowed(tensor, stop - first, f"columns {first} to {stop - 1}"),
            input=held,
            first=first - start,
        )
        self.views.append(view)
        return view.output


def _spans(chain: Sequence[Op], columns: Span) -> dict[Tensor, Span]:
    """Give the columns of every output of `chain` that are needed for `columns` of the last."""
    spans = {chain[-1].output: columns}
    for op in reversed(chain):
        for tensor in op.activations:
            if isinstance(op, Binary) and tensor.shape != op.output.shape:
                continue
            first, stop = _columns_read(op, tensor, spans[op.output])
            known = spans.get(tensor, (first, stop))
            spans[tensor] = min(first, known[0]), max(stop, known[1])
    return spans


def _columns_read(op: Op, tensor: Tensor, span: Span) -> Span:
    """Give the columns of `tensor` that output columns `span` of `op` read; at least one."""
    if not isinstance(op, Window):
        return span
    first, stop = _window_span(op, span)
    width = tensor.hwc[1]
    low = min(max(first, 0), width - 1)
    return low, max(min(stop, width), low + 1)


def _window_span(op: Window, span: Span) -> Span:
    """Give the columns that the windows of output columns `span` cover, padding included."""
    first = span[0] * op.stride_w - op.padding.left
    return first, (span[1] - 1) * op.stride_w - op.padding.left + op.extent[1]


def _cut(op: Op, span: Span, standins: Mapping[Tensor, Tensor], index: int) -> Op:
    """Give `op` for its output columns `span` alone, as part of strip `index`."""
    output = _narrowed(op.output, span[1] - span[0], f"strip {index}")
    cut = replace(with_operands(op, standins), output=output)
    if not isinstance(op, Window) or not isinstance(cut, Window):
        return cut
    covered, read = _window_span(op, span), _columns_read(op, op.input, span)
    sides = {"left": read[0] - covered[0], "right": max(covered[1] - read[1], 0)}
    assert sides["left"] >= 0, "windows start left of what is read"
    padding = Padding(top=op.padding.top, bottom=op.padding.bottom, **sides)
    return replace(cut, padding=padding)


def _narrowed(tensor: Tensor, width: int, part: str) -> Tensor:
    n, h, _, c = tensor.shape
    return replace(tensor, name=f"{tensor.name}, {part}", shape=(n, h, width, c))
