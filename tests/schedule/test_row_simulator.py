"""Plans compute what the reference does, row by row, and no row of it twice."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.graphs import GraphBuilder, random_graph
from tests.schedule.row_simulator import simulate
from tinyengine.board.types import Isa
from tinyengine.importers import load
from tinyengine.ir import Array, Graph, count_graph_macs
from tinyengine.passes import run_passes
from tinyengine.reference import run as run_reference
from tinyengine.schedule import BlockKind, Objective, Plan, check_plan, make_plan

STREAMED_MODELS = ("mlperf_kws_dscnn", "mlperf_sww", "mlperf_vww_mobilenet96", "mcunet_vww0")


def random_inputs(graph: Graph, seed: int) -> list[Array]:
    rng = np.random.default_rng(seed)
    tensors = graph.input_tensors
    return [
        rng.integers(t.dtype.limits[0], t.dtype.limits[1] + 1, t.shape).astype(t.dtype.numpy)
        for t in tensors
    ]


def assert_exact(plan: Plan, graph: Graph, seed: int = 0, *, all_is_read: bool = True) -> None:
    """The plan's outputs are the reference's, whatever the noise.

    Its MACs are the graph's, and those that it says it computes again; where not `all_is_read`,
    strips may leave out columns that no window covers.
    """
    inputs = random_inputs(graph, seed)
    done = simulate(plan, inputs, seed)
    for mine, right in zip(done.outputs, run_reference(graph, inputs), strict=True):
        assert np.array_equal(mine, right)
    assert done.macs == count_graph_macs(plan.graph)
    computed_once = done.macs - plan.recompute_macs
    assert computed_once <= count_graph_macs(graph)
    assert computed_once == count_graph_macs(graph) or not all_is_read


def can_stream_input(graph: Graph) -> bool:
    return len(graph.inputs) == 1


@lru_cache(maxsize=64)
def extremes(seed: int, steps: int, stream_input: bool) -> tuple[Graph, int, int]:
    """A random graph, and the least and the most bytes that are of use to it."""
    graph = run_passes(random_graph(seed, steps=steps, image=14, channels=6))
    stream = stream_input and can_stream_input(graph)
    options = {"stream_input": stream}
    least = make_plan(graph, Isa.DSP, objective=Objective.SRAM, **options).arena_nbytes
    most = make_plan(graph, Isa.DSP, layers_only=True, **options).arena_nbytes
    return graph, least, max(least, most)


def check_random_plan(
    seed: int, steps: int, share: float, objective: Objective, feed: bool
) -> None:
    graph, least, most = extremes(seed, steps, feed)
    budget = least + round(share * (most - least))
    stream = feed and can_stream_input(graph)
    plan = make_plan(graph, Isa.DSP, objective=objective, budget=budget + 512, stream_input=stream)
    assert plan.arena_nbytes <= budget + 512
    check_plan(plan)
    assert_exact(plan, graph, seed)


plans = given(
    seed=st.integers(0, 1 << 31),
    steps=st.integers(1, 8),
    share=st.floats(0, 1),
    objective=st.sampled_from(list(Objective)),
    feed=st.booleans(),
)


@plans
@settings(max_examples=15)
def test_random_graphs_under_random_budgets_equal_the_reference(
    seed: int, steps: int, share: float, objective: Objective, feed: bool
) -> None:
    check_random_plan(seed, steps, share, objective, feed)


@pytest.mark.slow
@plans
@settings(max_examples=400)
def test_many_random_graphs_under_random_budgets_equal_the_reference(
    seed: int, steps: int, share: float, objective: Objective, feed: bool
) -> None:
    check_random_plan(seed, steps, share, objective, feed)


@pytest.mark.parametrize("stream_input", [False, True])
def test_a_streamed_plan_executes_the_macs_of_its_model_and_no_more(stream_input: bool) -> None:
    b = GraphBuilder(0)
    x = b.input((1, 33, 17, 3))
    y = b.conv2d(x, 12, kernel=5, stride=2)
    z = b.conv2d(b.depthwise(b.conv2d(y, 24, kernel=1), kernel=7), 12, kernel=1)
    w = b.conv2d(b.add(y, z), 8, kernel=3, stride=3)
    graph = b.build(b.fully_connected(b.average_pool(w, kernel=2, stride=1), 4, depth=None))
    plan = make_plan(graph, Isa.DSP, objective=Objective.SRAM, stream_input=stream_input)
    assert BlockKind.STREAM in {block.kind for block in plan.blocks}
    inputs = random_inputs(graph, 3)
    done = simulate(plan, inputs)
    # 17×9 pixels of 5·5·3·12 products, then 12·24, 7·7·24 and 24·12; 6×3 pixels of 3·3·12·8;
    # 5×2 pixels of 8·4.
    assert done.macs == 17 * 9 * (900 + 288 + 1176 + 288) + 6 * 3 * 864 + 5 * 2 * 32
    assert_exact(plan, graph)


def test_a_ring_that_lacks_a_row_gives_another_result() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 24, 8, 4))
    graph = b.build(b.conv2d(b.conv2d(x, 8), 4))
    plan = make_plan(graph, Isa.DSP, objective=Objective.SRAM)
    (ring,) = [buffer for buffer in plan.buffers if buffer.rows is not None]
    assert ring.rows is not None
    less = replace(ring, rows=ring.rows - 1, nbytes=ring.nbytes // ring.rows * (ring.rows - 1))
    faulty = replace(
        plan,
        buffers=tuple(less if each is ring else each for each in plan.buffers),
        offsets={less if each is ring else each: at for each, at in plan.offsets.items()},
    )
    assert_exact(plan, graph)
    with pytest.raises(AssertionError):
        assert_exact(faulty, graph)


def test_an_output_that_overtakes_its_operand_gives_another_result() -> None:
    b = GraphBuilder(0)
    x = b.input((1, 24, 8, 4))
    graph = b.build(b.conv2d(x, 4, kernel=5))
    plan = make_plan(graph, Isa.DSP, layers_only=True)
    (operand,) = [buffer for buffer in plan.buffers if x in buffer.tensors]
    output = plan.buffer_of[graph.output_tensors[0]]
    offsets = {**plan.offsets, output: plan.offsets[operand]}
    assert_exact(plan, graph)
    with pytest.raises(AssertionError):
        assert_exact(replace(plan, offsets=offsets), graph)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("stream_input", [False, True])
@pytest.mark.parametrize("name", STREAMED_MODELS)
def test_real_models_are_streamed_without_recomputing(shared_model, name, stream_input) -> None:
    graph = run_passes(load(shared_model(name)))
    plan = make_plan(graph, Isa.DSP, objective=Objective.SRAM, stream_input=stream_input)
    assert_exact(plan, graph)
