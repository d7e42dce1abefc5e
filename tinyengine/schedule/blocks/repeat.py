"""Squeeze-and-excite: compute a large tensor twice instead of holding it.

A tensor that is first reduced to a few bytes, on which its second reader then waits, must be held
whole in the meantime. Where it is made from a smaller one, by operators that run row by row, the
chain can run once for the reduction and once more, together with the second reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tinyengine.ir import Op, Tensor, count_macs
from tinyengine.passes.rewrite import with_operands
from tinyengine.schedule.blocks.detour import Detour, rewritten
from tinyengine.schedule.blocks.line import Line, Run

_LONGEST_CHAIN = 4
"""Operators that may be computed twice for one tensor."""

_MOST_BEFORE = 4
"""Operators before the chain that may run together with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Site:
    """The chain [first, last) whose result early readers, before `resumed`, and `late` read."""

    first: int
    last: int
    resumed: int
    late: int


def repetitions(line: Line, longest: int) -> Iterator[Detour]:
    """Give the detours that compute a chain of `line` twice, of blocks up to `longest`."""
    for site in _sites(line):
        yield from _detours(line, site, longest)


def _sites(line: Line) -> Iterator[_Site]:
    position = {op: index for index, op in enumerate(line.order)}
    for made, op in enumerate(line.order):
        readers = line.builder.readers.get(op.output, ())
        at = sorted(position.get(reader, -1) for reader in readers)
        if len(at) < 2 or at[0] < 0 or op.output in line.graph.kept:
            continue
        if at[-1] > at[-2] + 1:
            yield from (
                _Site(first=first, last=made + 1, resumed=at[-2] + 1, late=at[-1])
                for first in _starts(line, made)
            )


def _starts(line: Line, made: int) -> Iterator[int]:
    """Give where a chain that ends with operator `made` may start, at a smaller tensor."""
    states = line.graph.seen_states
    for first in range(made, max(made - _LONGEST_CHAIN, -1), -1):
        if len(line.operands[first]) != 1 or line.operands[first][0] in states:
            return
        (operand,) = line.operands[first]
        if operand.nbytes < line.order[made].output.nbytes:
            yield first
        is_link = first > 0 and line.order[first - 1].output is operand
        if not is_link or len(line.builder.readers[operand]) > 1:
            return


def _detours(line: Line, site: _Site, longest: int) -> Iterator[Detour]:
    chain, reader = line.order[site.first : site.last], line.order[site.late]
    again = _again(chain)
    changed = with_operands(reader, {chain[-1].output: again[-1].output})
    rewrite = {reader: (*again, changed)}
    order = [new for op in line.order for new in rewrite.get(op, (op,))]
    origins = {**dict(zip(again, chain, strict=True)), changed: reader}
    other = Line(
        rewritten(line.graph, rewrite), order, line.costs, origins=origins, known=line.builder
    )
    extra, macs = len(again), sum(map(count_macs, again))
    between = [other.layer(index) for index in range(site.resumed, site.late)]
    before = _heads(other, site)
    for last in range(site.late + 1, min(site.late + longest, len(line.order)) + 1):
        after = other.stream(site.late, last + extra, recompute_macs=macs)
        if after is None:
            return
        for head in before:
            runs = (head, *between, after)
            yield Detour(first=head.first, last=last, runs=runs, rewrite=rewrite, origins=origins)


def _heads(line: Line, site: _Site) -> list[Run]:
    """Give the blocks that run the chain for its early readers."""
    heads = []
    for first in range(site.first, max(site.first - _MOST_BEFORE, 0) - 1, -1):
        head = line.stream(first, site.resumed)
        if head is None:
            break
        heads.append(head)
    return heads


def _again(chain: tuple[Op, ...]) -> tuple[Op, ...]:
    """Give the operators of `chain` once more, each reading what the one before makes."""
    copies: list[Op] = []
    standins: dict[Tensor, Tensor] = {}
    for op in chain:
        output = replace(op.output, name=f"{op.output.name} again")
        copies.append(replace(with_operands(op, standins), output=output))
        standins[op.output] = output
    return tuple(copies)
