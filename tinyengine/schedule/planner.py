"""Make a plan: order, kernels, blocks, lifetimes, distances, offsets; then have it checked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import assert_never

import numpy as np

from tinyengine.board.types import Isa
from tinyengine.errors import ArenaError
from tinyengine.ir import Graph, Op, Tensor
from tinyengine.kernels.choose.selection import (
    FAST_SLACK,
    SLACK,
    Kernels,
    estimate_instructions,
    select_kernels,
)
from tinyengine.schedule.blocks.detour import rewritten
from tinyengine.schedule.blocks.line import CALL_INSTRUCTIONS
from tinyengine.schedule.blocks.paths import Cut
from tinyengine.schedule.blocks.search import EXACT_OPS, BlockSearch, Watcher
from tinyengine.schedule.feed import FEED, feed_input
from tinyengine.schedule.place.buffers import make_buffers
from tinyengine.schedule.place.offsets import Placing, aligned, place
from tinyengine.schedule.place.order import best_order
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import (
    Block,
    Buffer,
    Plan,
    Searched,
    Step,
    bank_nbytes,
    describe_peak,
)
from tinyengine.schedule.prove.checker import check_plan
from tinyengine.schedule.storage import executed, operands, storage_roots, strips_of

_UNLIMITED = 1 << 62

_FEW_LAYOUTS = 8
"""Cuts that are laid out at most where the graph is large."""


class Objective(Enum):
    """What a plan optimizes within its budget."""

    SPEED = "speed"
    """Fewest instructions."""

    BALANCED = "balanced"
    """The least product of bytes and instructions."""

    SRAM = "sram"
    """Fewest bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Memory for an arena: bytes, and the offsets at which further banks of them begin.

    No buffer stands across such a wall.
    """

    nbytes: int
    walls: tuple[int, ...] = ()


def make_plan(
    graph: Graph,
    isa: Isa,
    *,
    objective: Objective = Objective.BALANCED,
    layers_only: bool = False,
    budget: int | Room | None = None,
    flash: int | None = None,
    stream_input: bool = False,
    watch: Watcher | None = None,
) -> Plan:
    """Plan `graph` as `find_plan` does, and check the plan."""
    plan = find_plan(
        graph,
        isa,
        objective=objective,
        layers_only=layers_only,
        budget=budget,
        flash=flash,
        stream_input=stream_input,
        watch=watch,
    )
    check_plan(plan)
    return plan


def find_plan(
    graph: Graph,
    isa: Isa,
    *,
    objective: Objective = Objective.BALANCED,
    layers_only: bool = False,
    budget: int | Room | None = None,
    flash: int | None = None,
    stream_input: bool = False,
    watch: Watcher | None = None,
) -> Plan:
    """Plan `graph` for cores with `isa`, within `budget` bytes of arena: `check_plan` comes next.

    Kernels are chosen so that their constants fit `flash` bytes, if any do, and are small where
    that costs little; for Objective.SPEED, next to nothing. `watch` is told of the progress, which
    may take seconds.

    With `layers_only` every operator is a block of its own. With `stream_input` the caller hands
    over the input row by row. The plan is the best for `objective` within the budget.

    Raises:
        ModelError: no kernel accepts an operator, or the input cannot be streamed.
        ArenaError: no plan keeps the budget; names the least that one needs.
    """
    room = budget if isinstance(budget, Room) else Room(nbytes=budget or _UNLIMITED)
    wish = _Wish(objective, room, layers_only, stream_input, watch)
    slack = _slack(objective, isa)
    pairs = objective is Objective.SPEED
    kernels = select_kernels(graph, isa, slack=slack, flash=flash, pairs=pairs)
    plan = _plan_with(graph, kernels, wish)
    if plan.extent > room.nbytes and pairs:
        kernels = select_kernels(graph, isa, slack=slack, flash=flash)
        plan = _plan_with(graph, kernels, wish)
    skips_zeros = any(kernel.skips_zeros for kernel in kernels.whole.values())
    if skips_zeros and (objective is Objective.SRAM or plan.extent > room.nbytes):
        plain = select_kernels(graph, isa, slack=slack, flash=flash, sparse=False)
        other = _plan_with(graph, plain, wish)
        if other.extent < plan.extent:
            plan, kernels = other, plain
    if slack > 1 and (objective is Objective.SRAM or plan.extent > room.nbytes):
        # Slim weights are expanded in scratch memory, where it may be scarcest: wider ones take
        # more flash, for which a sixteenth of the arena is enough.
        faster = select_kernels(graph, isa, slack=1.0, flash=flash)
        if faster.whole != kernels.whole:
            other = _plan_with(graph, faster, wish)
            enough = plan.extent * 15 // 16 if plan.extent <= room.nbytes else plan.extent - 1
            plan = other if other.extent <= enough else plan
    if plan.extent > room.nbytes:
        raise ArenaError(
            graph.name,
            f"needs an arena of {plan.extent:,} bytes at least, {room.nbytes:,} are there",
            details=describe_peak(plan),
            least_nbytes=plan.extent,
        )
    return plan


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a plan is to be like; see `find_plan`."""

    objective: Objective
    room: Room
    layers_only: bool
    stream_input: bool
    watch: Watcher | None


def _plan_with(graph: Graph, kernels: Kernels, wish: _Wish) -> Plan:
    """Give the best plan of these kernels, or the smallest where none has room."""
    fed = None
    if wish.stream_input:
        graph, fed = feed_input(graph)
        kernels = kernels.with_kernel(graph.ops[0], FEED)
    if wish.layers_only:
        return replace(_by_layers(graph, kernels, wish.room.walls), fed=fed)
    search = _search(graph, kernels, wish.watch)
    plan = _best_plan(graph, search, wish.objective, wish.room)
    plan = _as_searched(plan, order=search.is_best_order, blocks=search.is_exact)
    return replace(plan, fed=fed)


def _slack(objective: Objective, isa: Isa) -> float:
    """Give how many times the fewest cycles kernels may take for smaller constants.

    Those of MVE have no wider form of their weights: where only speed counts, theirs stay.
    """
    if objective is Objective.SPEED:
        return 1.0 if isa is Isa.MVE else FAST_SLACK
    return SLACK


def _best_plan(graph: Graph, search: BlockSearch, objective: Objective, room: Room) -> Plan:
    """Give the best plan within `limit` bytes, or the smallest where none is.

    Something is computed twice only where nothing else is within the limit, or where least
    memory is the objective and that saves a third of it.
    """
    plain = _best_of(graph, search.cuts(), objective, room)
    if plain.extent <= room.nbytes and objective is Objective.SPEED:
        return _halved(graph, search.cuts(), plain, room)
    if plain.extent <= room.nbytes and objective is not Objective.SRAM:
        return plain
    cuts = search.cuts_with_detours()
    detour = _best_of(graph, cuts, objective, room) if cuts else plain
    enough = plain.extent * 2 // 3 if plain.extent <= room.nbytes else plain.extent
    return detour if detour.extent <= enough else plain


def _halved(graph: Graph, cuts: Sequence[Cut], fastest: Plan, room: Room) -> Plan:
    """Give a plan of half the bytes of the `fastest` one that is as fast, or else that one.

    Estimated instructions are equal within a 512th: they are not surer than that.
    """
    fitting = [cut for cut in cuts if cut.nbytes <= room.nbytes]
    fewest = min((cut.instructions for cut in fitting), default=0)
    as_fast = [cut for cut in fitting if cut.instructions * 512 <= fewest * 513]
    least = min(as_fast, key=lambda cut: cut.nbytes, default=None)
    if least is None or least.nbytes * 2 > fastest.extent:
        return fastest
    plan = lay_out_cut(graph, least, room.walls)
    return plan if plan.extent * 2 <= fastest.extent else fastest


def _best_of(graph: Graph, cuts: Sequence[Cut], objective: Objective, room: Room) -> Plan:
    """Give the best plan of `cuts` that has room, or the smallest where none has.

    Cuts are laid out in the order of what they promise, until what was reached is better than
    what the next one promises.
    """
    best: tuple[tuple[int, ...], Plan] | None = None
    limit, count = room.nbytes, len(graph.ops)
    ranked = sorted(cuts, key=lambda each: _rank(objective, each.nbytes, each, limit))
    for cut in ranked[: None if count <= EXACT_OPS else _FEW_LAYOUTS]:
        if best is not None and best[0] <= _rank(objective, cut.nbytes, cut, limit):
            break
        plan = lay_out_cut(graph, cut, room.walls)
        reached = (_rank(objective, plan.extent, cut, limit), plan)
        best = reached if best is None else min(best, reached, key=lambda each: each[0])
    assert best is not None, "an order has at least one cut"
    return best[1]


def _rank(objective: Objective, nbytes: int, cut: Cut, limit: int) -> tuple[int, ...]:
    """Give what is least for the best plan: those over the limit come last, smallest first."""
    if nbytes > limit:
        return (1, nbytes)
    match objective:
        case Objective.SPEED:
            return (0, cut.instructions, nbytes)
        case Objective.SRAM:
            return (0, nbytes, cut.instructions)
        case Objective.BALANCED:
            return (0, cut.instructions * nbytes)
        case _:
            assert_never(objective)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """One plan of the trade-off between bytes and instructions (estimated)."""

    plan: Plan
    instructions: int


def plan_layers(graph: Graph, kernels: Kernels, walls: tuple[int, ...] = ()) -> Plan:
    """Plan `graph` operator by operator with the given kernels, and check the plan."""
    return _checked(_by_layers(graph, kernels, walls))


def _by_layers(graph: Graph, kernels: Kernels, walls: tuple[int, ...]) -> Plan:
    order = best_order(graph, _savings(graph, kernels))
    blocks = tuple(Block(steps=(Step(op=op, kernel=kernels.whole[op]),)) for op in order.ops)
    return _as_searched(lay_out(graph, blocks, walls), order=order.is_exact)


def plan_choices(
    graph: Graph, isa: Isa, *, stream_input: bool = False, watch: Watcher | None = None
) -> tuple[Choice, ...]:
    """Give the plans of `graph` that trade bytes for instructions, from the fewest bytes on.

    Each has fewer instructions and more bytes than the one before. All are checked.

    Raises ModelError: no kernel accepts an operator, or the input cannot be streamed.
    """
    kernels, fed = select_kernels(graph, isa), None
    if stream_input:
        graph, fed = feed_input(graph)
        kernels = kernels.with_kernel(graph.ops[0], FEED)
    found: list[Choice] = []
    search = _search(graph, kernels, watch)
    for cut in (*search.cuts_with_detours(), *search.cuts()):
        plan = replace(lay_out_cut(graph, cut), fed=fed)
        found = [each for each in found if each.plan.arena_nbytes < plan.arena_nbytes]
        found.append(Choice(plan=plan, instructions=cut.instructions))
    for choice in found:
        check_plan(choice.plan)
    return tuple(found)


def layer_choice(graph: Graph, isa: Isa, *, stream_input: bool = False) -> Choice:
    """Give the plan that finishes each operator before the next begins, as most engines do.

    Raises ModelError as `plan_choices` does.
    """
    plan = make_plan(graph, isa, layers_only=True, stream_input=stream_input)
    steps = [(step.op, step.kernel) for step in plan.steps]
    costs = (CALL_INSTRUCTIONS + estimate_instructions(op, kernel) for op, kernel in steps)
    return Choice(plan=plan, instructions=sum(costs))


def _search(graph: Graph, kernels: Kernels, watch: Watcher | None) -> BlockSearch:
    order = best_order(graph, _savings(graph, kernels))
    return BlockSearch(graph, order, kernels, watch)


def _as_searched(plan: Plan, *, order: bool, blocks: bool = True) -> Plan:
    """Give `plan` with what it owes to the searches for an order and for blocks."""
    return replace(plan, searched=replace(plan.searched, order=order, blocks=blocks))


def lay_out_cut(graph: Graph, cut: Cut, walls: tuple[int, ...] = ()) -> Plan:
    """Give the plan that runs the blocks of `cut`, of `graph` as the cut rewrites it."""
    plan = lay_out(rewritten(graph, cut.rewrite), cut.blocks, walls)
    return replace(plan, origins=cut.origins)


def lay_out(graph: Graph, blocks: Sequence[Block], walls: tuple[int, ...] = ()) -> Plan:
    """Give the plan that runs `blocks` in order, with offsets for all that they hold."""
    buffers, scratch = make_buffers(graph, blocks)
    distances = _distances(graph, blocks, buffers)
    offsets, first = _place_states(graph, buffers, walls)
    placing = Placing(
        buffers=tuple(buffer for buffer in buffers if not buffer.persistent),
        distances=distances,
        walls=tuple(wall - first for wall in walls),
    )
    placed = place(placing, bound=_lower_bound(placing, len(blocks)))
    offsets |= {buffer: offset + first for buffer, offset in placed.offsets.items()}
    return Plan(
        graph=graph,
        blocks=tuple(blocks),
        buffers=buffers,
        offsets=offsets,
        scratch=scratch,
        arena_nbytes=sum(bank_nbytes(offsets, walls)),
        strips=strips_of(graph),
        walls=walls,
        searched=Searched(placement=placed.is_exact),
    )


def _place_states(
    graph: Graph, buffers: Sequence[Buffer], walls: tuple[int, ...]
) -> tuple[dict[Buffer, int], int]:
    """Give the offsets of the states, one after the other from 0 on, and where the rest begins."""
    offsets, end = dict[Buffer, int](), 0
    for buffer in (buffer for buffer in buffers if buffer.persistent):
        offsets[buffer], end = end, end + aligned(buffer.nbytes)
    if walls and end > walls[0]:
        problem = f"its state of {end:,} bytes does not fit the {walls[0]:,} of the first bank"
        raise ArenaError(graph.name, problem)
    return offsets, end


def _checked(plan: Plan) -> Plan:
    check_plan(plan)
    return plan


def _savings(graph: Graph, kernels: Kernels) -> dict[tuple[Op, Tensor], int]:
    """Give the bytes that each operator's output can share with each operand's bytes."""
    roots = storage_roots(graph)
    savings: dict[tuple[Op, Tensor], int] = {}
    for op in executed(graph):
        for tensor in operands(op):
            key = (op, roots[tensor])
            shared = max(
                output.nbytes - safe_distance(op, kernels.whole[op], tensor, output)
                for output in op.outputs
            )
            savings[key] = min(shared, savings.get(key, shared))
    return savings


def _distances(
    graph: Graph, blocks: Sequence[Block], buffers: Sequence[Buffer]
) -> dict[tuple[Buffer, Buffer], int]:
    """Give the distance of each output from each operand that dies in the block that writes it.

    Strips of columns have none: what is held whole beside them is not consumed row by row.
    """
    strips = strips_of(graph)
    buffer_of = {tensor: buffer for buffer in buffers for tensor in buffer.tensors}
    distances: dict[tuple[Buffer, Buffer], int] = {}
    for index, block in enumerate(blocks):
        dying = {
            tensor: buffer_of[tensor]
            for step in block.steps
            for tensor in operands(step.op)
            if tensor not in strips and _dies(buffer_of[tensor], index)
        }
        for step, written in [(each, t) for each in block.steps for t in each.op.outputs]:
            output = buffer_of[written]
            is_whole = output.rows is None and written not in strips and not output.persistent
            for tensor, operand in dying.items():
                if is_whole and tensor is not written:
                    least = _distance(block, step, tensor, written)
                    pair = (output, operand)
                    distances[pair] = max(least, distances.get(pair, 0))
    return distances


def _dies(operand: Buffer, block: int) -> bool:
    """Tell whether `operand` came from an earlier block and is not needed after this one."""
    lifetime = operand.lifetime
    return lifetime.last == block + 1 and operand.rows is None


def _distance(block: Block, step: Step, operand: Tensor, output: Tensor) -> int:
    if block.stream is None:
        return safe_distance(step.op, step.kernel, operand, output)
    return block.stream.distance(output, operand)


def _lower_bound(placing: Placing, blocks: int) -> int:
    """Give bytes that no placement of these buffers can go below."""
    changes = np.zeros(max(blocks, 1) + 2, np.int64)
    for buffer in placing.buffers:
        changes[buffer.lifetime.first] += buffer.nbytes
        changes[buffer.lifetime.last] -= buffer.nbytes
    for (out, operand), distance in placing.distances.items():
        first = max(out.lifetime.first, operand.lifetime.first)
        last = min(out.lifetime.last, operand.lifetime.last)
        if first < last:
            changes[first] -= out.nbytes - distance
            changes[last] += out.nbytes - distance
    return int(max(np.cumsum(changes)[: max(blocks, 1)].max(), 0))
