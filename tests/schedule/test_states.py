"""What survives a run is read before it is written, stands apart, and is proved to be safe."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.builders.graphs import GraphBuilder, random_graph
from tests.schedule.row_simulator import simulate
from tinyengine.board.types import Isa
from tinyengine.errors import ArenaError
from tinyengine.ir import (
    Add,
    Array,
    Conv2D,
    Graph,
    Lookup,
    Slice,
    Source,
    State,
    Tensor,
    count_graph_macs,
)
from tinyengine.ir.verify import find_faults, verify
from tinyengine.passes import run_passes
from tinyengine.reference import run as run_reference
from tinyengine.reference.execute import first_states
from tinyengine.schedule import Objective, PlanError, Room, check_plan, make_plan
from tinyengine.schedule.storage import state_readers

STEPS = 6


def window(b: GraphBuilder, rows: Tensor) -> Tensor:
    """What is made of the last four rows."""
    return b.conv2d(rows, 8, kernel=(4, 3), padding="valid")


def delayed(seed: int = 0) -> Graph:
    """A window over four rows of which the model gets one at a time and keeps three."""
    b = GraphBuilder(seed)
    x = b.input((1, 1, 6, 4))
    held = b.state((1, 3, 6, 4), quant=x.quant)
    rows = b.concat(held, x, axis=1)
    y = window(b, rows)
    b.write(b.slice(rows, (0, 1, 0, 0), (1, 3, 6, 4)), held)
    return b.build(y)


def whole(graph: Graph) -> Graph:
    """The same window over all four rows at once."""
    b = GraphBuilder()
    rows = b.input((1, 4, 6, 4), quant=graph.input_tensors[0].quant)
    (conv,) = [op for op in graph.ops if isinstance(op, Conv2D)]
    return replace(b.build(), outputs=graph.outputs, ops=(replace(conv, input=rows),))


def fed_rows(seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.integers(-128, 128, (1, 1, 6, 4)).astype(np.int8) for _ in range(STEPS)]


def test_steps_see_what_earlier_steps_left() -> None:
    graph = delayed()
    verify(graph)
    past = [np.zeros((1, 1, 6, 4), np.int8)] * 3
    states = first_states(graph)
    for row in fed_rows(1):
        past = [*past[-3:], row]
        (step,) = run_reference(graph, [row], states)
        (right,) = run_reference(whole(graph), [np.concatenate(past, axis=1)])
        np.testing.assert_array_equal(step, right)


@pytest.mark.parametrize("objective", list(Objective))
@pytest.mark.parametrize("stream_input", [False, True])
def test_plans_take_the_steps_of_the_reference(objective: Objective, stream_input: bool) -> None:
    graph = delayed()
    made = run_passes(graph)
    plan = make_plan(made, Isa.DSP, objective=objective, stream_input=stream_input)
    check_plan(plan)
    mine, right = first_states(plan.graph), first_states(graph)
    for row in fed_rows(2):
        done = simulate(plan, [row], 3, mine)
        for ours, theirs in zip(done.outputs, run_reference(graph, [row], right), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert done.macs == count_graph_macs(graph)


def one_late(seed: int) -> Graph:
    """A random network that sees its first input one step late."""
    graph = random_graph(seed, steps=7, image=10, channels=6)
    edge, rank = graph.inputs[0], len(graph.input_tensors[0].shape)
    fresh = replace(edge.tensor, name="fresh")
    write = Slice(
        source=Source(index=99, opcode="ASSIGN_VARIABLE", name="late"),
        output=edge.tensor,
        input=fresh,
        begin=(0,) * rank,
        strides=(1,) * rank,
    )
    inputs = (replace(edge, tensor=fresh), *graph.inputs[1:])
    states = (State(tensor=edge.tensor),)
    return replace(graph, inputs=inputs, ops=(*graph.ops, write), states=states)


@pytest.mark.parametrize("seed", range(6))
def test_random_networks_take_the_steps_of_the_reference(seed: int) -> None:
    graph, rng = one_late(seed), np.random.default_rng(seed)
    verify(graph)
    plan = make_plan(run_passes(graph), Isa.DSP)
    check_plan(plan)
    mine, right = first_states(plan.graph), first_states(graph)
    for _ in range(2):
        inputs = [
            rng.integers(*t.dtype.limits, t.shape, endpoint=True).astype(t.dtype.numpy)
            for t in graph.input_tensors
        ]
        done = simulate(plan, inputs, 3, mine)
        for ours, theirs in zip(done.outputs, run_reference(graph, inputs, right), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_a_state_begins_as_it_is_told() -> None:
    b = GraphBuilder()
    x = b.input((4,))
    held = b.state((4,), initial=[1, -2, 3, -4])
    y = b.lookup(held, table=np.arange(-128, 128))
    b.write(b.lookup(x, "RELU"), held)
    graph = b.build(y)
    states = first_states(graph)
    (first,) = run_reference(graph, [np.array([5, 6, 7, 8], np.int8)], states)
    assert first.tolist() == [1, -2, 3, -4]
    assert states[held].tolist() != [1, -2, 3, -4]


def test_states_stand_at_the_start_of_the_arena_for_all_time() -> None:
    plan = make_plan(run_passes(delayed()), Isa.DSP)
    (state,) = [buffer for buffer in plan.buffers if buffer.persistent]
    assert plan.offsets[state] == 0 and plan.state_nbytes == 3 * 6 * 4
    assert state.lifetime.first == 0 and state.lifetime.last == len(plan.blocks) + 1
    assert all(plan.offsets[each] >= 72 for each in plan.buffers if each is not state)


@pytest.mark.parametrize("nth", range(3))
def test_whatever_stands_over_a_state_is_refused(nth: int) -> None:
    plan = make_plan(run_passes(delayed()), Isa.DSP, layers_only=True)
    (state,) = [buffer for buffer in plan.buffers if buffer.persistent]
    other = [buffer for buffer in plan.buffers if buffer is not state][nth]
    for offset in (0, state.nbytes - 4):
        with pytest.raises(PlanError, match="stands where the state"):
            check_plan(replace(plan, offsets={**plan.offsets, other: offset}, arena_nbytes=9999))


def test_writing_a_state_before_it_is_read_is_refused() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 4, 2))
    held = b.state((1, 4, 4, 2), quant=x.quant)
    y = b.lookup(held, "TANH")
    b.write(x, held)
    plan = make_plan(b.build(y), Isa.DSP, layers_only=True)
    check_plan(plan)
    with pytest.raises(PlanError, match="has been written before"):
        check_plan(replace(plan, blocks=plan.blocks[::-1]))


def test_a_state_in_another_shape_is_read_before_it_is_written() -> None:
    b = GraphBuilder()
    x = b.input((1, 4, 4, 2))
    held = b.state((1, 4, 4, 2), quant=x.quant)
    flat = b.reshape(held, (1, 32))
    b.write(x, held)
    written = b.ops.pop()
    y = b.lookup(flat, "TANH")
    b.ops.append(written)
    graph = b.build(y)
    assert graph.seen_states[flat] is held
    (reader,) = [op for op in graph.ops if isinstance(op, Lookup)]
    assert state_readers(graph)[written] == {reader}
    plan = make_plan(graph, Isa.DSP, layers_only=True)
    check_plan(plan)
    with pytest.raises(PlanError, match="has been written before"):
        check_plan(replace(plan, blocks=plan.blocks[::-1]))


def test_no_order_writes_a_state_before_all_have_read_it() -> None:
    # Written first, the state's input of 4096 bytes would be free for what follows.
    b = GraphBuilder()
    x = b.input((1, 32, 32, 4))
    held = b.state((1, 32, 32, 4), quant=x.quant)
    small = b.max_pool(held, kernel=32, stride=32)
    y = b.conv2d(b.resize(small, (40, 40)), 4)
    b.write(b.lookup(x, "TANH"), held)
    graph = b.build(y)
    plan = make_plan(graph, Isa.DSP, layers_only=True)
    ops = [step.op for step in plan.steps]
    readers = [ops.index(op) for op in graph.consumers[held]]
    (writer,) = [index for index, op in enumerate(ops) if op.output is held]
    assert max(readers) < writer


def test_a_state_that_the_first_bank_has_no_room_for_is_refused() -> None:
    with pytest.raises(ArenaError, match="state of 72 bytes does not fit the 64"):
        make_plan(run_passes(delayed()), Isa.DSP, budget=Room(nbytes=4096, walls=(64,)))


def test_a_pass_does_not_make_an_operator_read_the_state_that_it_writes() -> None:
    b = GraphBuilder()
    x = b.input((1, 1, 1, 8))
    held = b.state((1, 1, 1, 8), quant=x.quant)
    total = b.add(held, x)
    b.lookup(total, table=np.clip(np.arange(-128, 128), -50, 50), quant=x.quant)
    clamp = b.ops.pop()
    b.ops.append(replace(clamp, output=held))
    graph = b.build(x)
    made = run_passes(graph)
    states, right = first_states(made), first_states(graph)
    for value in (40, 70, -100):
        inputs = [np.full((1, 1, 1, 8), value, np.int8)]
        run_reference(made, inputs, states)
        run_reference(graph, inputs, right)
        np.testing.assert_array_equal(states[held], right[held])
    assert [type(op) for op in made.ops] == [Add, Lookup]


def faulty(b: GraphBuilder, x: Tensor, held: Tensor) -> dict[str, Callable[[], object]]:
    return {
        "has been written before": lambda: (b.write(x, held), b.write(x, held)),
        "state 'state0' has been written before": lambda: (b.write(x, held), b.lookup(held)),
        "reads the state that is its output": lambda: b.write(held, held),
        "is only another shape, and gives a state no value": lambda: (
            b.reshape(x, (1, 12)),
            b.ops.append(replace(b.ops.pop(), output=held)),
        ),
        "state 't0' has been written before": lambda: (
            flat := b.reshape(held, (1, 12)),
            b.write(x, held),
            b.lookup(flat),
        ),
    }


@pytest.mark.parametrize("fault", list(faulty(GraphBuilder(), *[None] * 2)))  # type: ignore[list-item]
def test_what_a_graph_may_not_do_with_a_state(fault: str) -> None:
    b = GraphBuilder()
    x = b.input((1, 2, 2, 3))
    held = b.state((1, 2, 2, 3), quant=x.quant)
    faulty(b, x, held)[fault]()
    assert fault in "\n".join(find_faults(b.build(x)))
