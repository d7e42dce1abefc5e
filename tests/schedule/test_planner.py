"""Plans are safe, small, and the checker refuses every planted fault."""

import random
from dataclasses import replace

import pytest

from tests.builders.graphs import GraphBuilder, random_graph
from tinyengine.board.types import Isa
from tinyengine.ir import Graph
from tinyengine.schedule import Lifetime, Plan, PlanError, check_plan, make_plan
from tinyengine.schedule.place.offsets import Placing, place
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.plan import peak_lines


def plan(graph: Graph) -> Plan:
    return make_plan(graph, Isa.BASE, layers_only=True)


def moved(plan: Plan, name: str, offset: int) -> Plan:
    """The same plan with one buffer elsewhere, in an arena that is large enough."""
    offsets = {b: offset if b.name == name else at for b, at in plan.offsets.items()}
    arena = max(offsets[b] + b.nbytes for b in plan.buffers)
    return replace(plan, offsets=offsets, arena_nbytes=-(-arena // 4) * 4)


def meets(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def clashes(plan: Plan) -> list[tuple[str, str]]:
    """Pairs of buffers that are live together and share bytes without being operand and output."""
    spans = {b: (plan.offsets[b], plan.offsets[b] + b.nbytes) for b in plan.buffers}
    allowed = set()
    for index, step in enumerate(plan.steps):
        for tensor in step.op.activations:
            if not tensor.is_const:
                operand = plan.buffer_of[tensor]
                if operand.lifetime.last == index + 1:
                    allowed.add((plan.buffer_of[step.op.output], operand))
    return [
        (a.name, b.name)
        for i, a in enumerate(plan.buffers)
        for b in plan.buffers[i + 1 :]
        if a.lifetime.meets(b.lifetime)
        and meets(spans[a], spans[b])
        and (a, b) not in allowed
        and (b, a) not in allowed
    ]


def check_random_graphs(first: int) -> None:
    for seed in range(first, first + 50):
        assert clashes(plan(random_graph(seed))) == []


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_no_plan_of_a_random_graph_overlaps(first: int) -> None:
    check_random_graphs(first)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(200, 1000, 50))
def test_no_plan_of_another_random_graph_overlaps(first: int) -> None:
    check_random_graphs(first)


def test_inplace_add_shares_the_bytes_of_a_dying_operand() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 16, 16, 8))
    y = b.conv2d(x, 8, kernel=1)
    z = b.conv2d(y, 8, kernel=1)
    made = plan(b.build(b.add(y, z)))
    total = 16 * 16 * 8
    assert made.arena_nbytes < 2 * total + 512


def test_depthwise_output_overwrites_consumed_rows() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 32, 32, 16))
    made = plan(b.build(b.depthwise(x, kernel=3)))
    row = 32 * 16
    # A channel's three padded rows of 34 bytes are scratch.
    assert made.arena_nbytes <= 32 * row + 2 * row + 104


def test_graph_input_that_is_read_later_is_kept() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 8, 8, 8))
    y = b.conv2d(x, 8)
    made = plan(b.build(b.add(b.conv2d(y, 8), x)))
    assert made.buffer_of[x].lifetime == Lifetime(first=0, last=3)


def test_reshape_is_another_name_for_the_same_bytes() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 4, 4, 8))
    y = b.conv2d(x, 4)
    z = b.reshape(y, (1, 64))
    made = plan(b.build(b.fully_connected(z, 10)))
    assert made.buffer_of[y] is made.buffer_of[z]


def test_a_graph_without_operators_to_run_needs_just_its_input() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 4, 4, 8))
    graph = b.build(b.reshape(x, (1, 128)))
    for made in (plan(graph), make_plan(graph, Isa.BASE)):
        assert made.blocks == () and made.arena_nbytes == 128


def test_output_survives_to_the_end() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 8, 8, 4))
    y = b.conv2d(x, 4)
    made = plan(b.build(y, b.conv2d(b.conv2d(y, 4), 4)))
    assert made.buffer_of[y].lifetime.last == len(made.steps) + 1


def test_order_that_frees_the_larger_branch_first_is_found() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 8, 8, 4))
    wide_a, wide_b = b.conv2d(x, 64), b.conv2d(x, 64)
    a, c = b.conv2d(wide_a, 4), b.conv2d(wide_b, 4)
    made = plan(b.build(b.add(a, c)))
    # The second convolutions' scratch: 2 · 4 bytes for each of 9 · 64 taps, and 64 of padding.
    assert made.arena_nbytes <= 64 * (4 + 64 + 4 + 4) + 8 * 9 * 64 + 64


class TestPlantedFaults:
    def chain(self) -> Plan:
        b = GraphBuilder(0)
        x = b.input((1, 12, 12, 8))
        y = b.conv2d(x, 8)
        z = b.conv2d(y, 8)
        return plan(b.build(b.add(b.conv2d(z, 8), y)))

    def test_two_live_buffers_at_one_address(self) -> None:
        made = self.chain()
        first, second = made.steps[0].op.output, made.steps[1].op.output
        target = made.offsets[made.buffer_of[first]]
        with pytest.raises(PlanError, match="overwritten"):
            check_plan(moved(made, made.buffer_of[second].name, target))

    def test_output_one_word_too_near_to_its_operand(self) -> None:
        b = GraphBuilder(0)
        x = b.input((1, 12, 12, 8))
        made = plan(b.build(b.conv2d(x, 8)))
        (step,) = made.steps
        distance = safe_distance(step.op, step.kernel, x)
        out = made.buffer_of[step.op.output]
        operand = made.buffer_of[x]
        base = 4 * 1024
        safe = moved(moved(made, operand.name, base), out.name, (base - distance) // 4 * 4)
        check_plan(safe)
        with pytest.raises(PlanError, match="overwritten"):
            check_plan(moved(safe, out.name, (base - distance) // 4 * 4 + 4))

    def test_elementwise_output_above_its_operand(self) -> None:
        b = GraphBuilder(0)
        x = b.input((1, 12, 12, 8))
        made = plan(b.build(b.lookup(x)))
        (step,) = made.steps
        check_plan(moved(moved(made, made.buffer_of[x].name, 64), step.op.output.name, 64))
        with pytest.raises(PlanError, match="overtakes"):
            check_plan(moved(moved(made, made.buffer_of[x].name, 64), step.op.output.name, 68))

    def test_unaligned_or_outside(self) -> None:
        made = self.chain()
        name = made.buffers[0].name
        with pytest.raises(PlanError, match="not aligned inside"):
            check_plan(moved(made, name, 2))
        with pytest.raises(PlanError, match="not aligned inside"):
            check_plan(replace(made, arena_nbytes=made.arena_nbytes - 4))

    def test_scratch_that_is_too_small_or_missing(self) -> None:
        made = self.chain()
        op, buffer = next(iter(made.scratch.items()))
        less = replace(buffer, nbytes=buffer.nbytes - 4)
        offsets = {less if each is buffer else each: at for each, at in made.offsets.items()}
        buffers = tuple(less if each is buffer else each for each in made.buffers)
        small = {user: less if held is buffer else held for user, held in made.scratch.items()}
        with pytest.raises(PlanError, match="bytes of scratch for"):
            check_plan(replace(made, scratch=small, offsets=offsets, buffers=buffers))
        rest = {user: held for user, held in made.scratch.items() if user is not op}
        with pytest.raises(PlanError, match="0 bytes of scratch for"):
            check_plan(replace(made, scratch=rest))

    def test_steps_out_of_order(self) -> None:
        made = self.chain()
        swapped = (made.blocks[1], made.blocks[0], *made.blocks[2:])
        with pytest.raises(PlanError, match="overwritten or was not set"):
            check_plan(replace(made, blocks=swapped))

    def test_shortened_lifetimes_are_caught_wherever_they_clash(self) -> None:
        caught = 0
        for seed in range(120):
            made = plan(random_graph(seed))
            victim = random.Random(seed).choice(
                [b for b in made.buffers if b.lifetime.last - b.lifetime.first > 1] or [None]
            )
            if victim is None:
                continue
            short = replace(
                victim, lifetime=replace(victim.lifetime, last=victim.lifetime.first + 1)
            )
            cut = tuple(short if b is victim else b for b in made.buffers)
            offsets = place(Placing(buffers=cut, distances={}), bound=0).offsets
            offsets[victim] = offsets.pop(short)
            faulty = replace(made, offsets=offsets)
            if not clashes(faulty):
                continue
            with pytest.raises(PlanError):
                check_plan(faulty)
            caught += 1
        assert caught > 20


def test_of_many_buffers_at_a_peak_the_largest_are_told():
    live = [(f"ring {number}", 100 * number, number) for number in range(1, 21)]
    lines = peak_lines(0, ["conv"], 210, live)
    assert [line.split()[-1] for line in lines[1:-1]] == [str(n) for n in range(9, 21)]
    assert lines[-1] == "  and 8 more"
    assert len(peak_lines(0, ["conv"], 78, live[:12])) == 13
