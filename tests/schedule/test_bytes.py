"""Distances, rings and strips are counted in bytes, whatever an element is; the proof tells."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.builders.graphs import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import DType, Graph, Op, Tensor
from tinyengine.kernels.choose.selection import Kernels
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.passes.rewrite import with_operands
from tinyengine.reference.rows import RowView, view_of
from tinyengine.schedule import Plan, PlanError, check_plan, storage
from tinyengine.schedule.arrange import lay_out, lay_out_cut
from tinyengine.schedule.blocks import stream
from tinyengine.schedule.blocks.line import Costs, Line
from tinyengine.schedule.blocks.patch import patches
from tinyengine.schedule.blocks.paths import Paths
from tinyengine.schedule.place import buffers, overlap
from tinyengine.schedule.place.overlap import safe_distance
from tinyengine.schedule.storage import executed


def of_int16(graph: Graph) -> Graph:
    """The same network with int16 activations: every row has twice the bytes."""
    wide = {
        tensor: replace(tensor, dtype=DType.INT16)
        for tensor in (*graph.input_tensors, *(op.output for op in graph.ops))
    }
    ops = tuple(replace(with_operands(op, wide), output=wide[op.output]) for op in graph.ops)
    inputs, outputs = (
        tuple(replace(edge, tensor=wide[edge.tensor], dtype=DType.INT16) for edge in edges)
        for edges in (graph.inputs, graph.outputs)
    )
    return Graph(name=graph.name, inputs=inputs, outputs=outputs, ops=ops)


def kernel(op: Op, progress: Progress) -> Kernel:
    """A kernel of any element type."""
    return Kernel(
        folder="ref",
        function="te_any",
        header="te_any.h",
        isa=Isa.BASE,
        op=type(op),
        params=lambda _: Struct(c_type="te_any_params", members={}),
        progress=progress,
        cost=lambda _: 100,
    )


def pointwise(height: int = 8, width: int = 8) -> Graph:
    b = GraphBuilder(0)
    return b.build(b.conv2d(b.input((1, height, width, 4)), 8, kernel=1))


def networks() -> list[Graph]:
    """One operator each: windows that shrink and grow rows, strides, borders, elementwise."""
    made: list[Callable[[GraphBuilder, Tensor], Tensor]] = [
        lambda b, x: b.conv2d(x, 8, kernel=1),
        lambda b, x: b.conv2d(x, 3, kernel=(3, 5)),
        lambda b, x: b.depthwise(x, kernel=5, stride=2),
        lambda b, x: b.max_pool(x, kernel=2, stride=2),
        lambda b, x: b.lookup(x),
        lambda b, x: b.concat(x, x),
        lambda b, x: b.mean(x),
        lambda b, x: b.fully_connected(x, 10),
    ]
    graphs = []
    for make in made:
        b = GraphBuilder(0)
        graphs.append(b.build(make(b, b.input((1, 9, 11, 4)))))
    return graphs


@pytest.mark.parametrize("progress", list(Progress))
def test_the_distance_of_int16_is_twice_that_of_int8(progress: Progress) -> None:
    for graph in networks():
        (narrow,), (wide,) = graph.ops, of_int16(graph).ops
        distance = safe_distance(narrow, kernel(narrow, progress), narrow.activations[0])
        twice = safe_distance(wide, kernel(wide, progress), wide.activations[0])
        assert twice == 2 * distance, narrow.source


def test_a_pointwise_convolution_of_int16_keeps_520_bytes() -> None:
    # Of 64 pixels the last is written when 64 · 8 elements are, and reads the last 4 of 64 · 4:
    # 512 - 252 = 260 elements.
    narrow, wide = pointwise(), of_int16(pointwise())
    for graph, nbytes in ((narrow, 260), (wide, 520)):
        (op,) = graph.ops
        assert safe_distance(op, kernel(op, Progress.PIXEL), op.activations[0]) == nbytes


# -- faults that the proof must find ----------------------------------------------------------


def in_elements(tensor: Tensor) -> RowView:
    """A view that counts elements where it should count bytes."""
    view, nbytes = view_of(tensor), tensor.dtype.nbytes
    return RowView(
        rows=view.rows, row_bytes=view.row_bytes // nbytes, pixel_bytes=view.pixel_bytes // nbytes
    )


def pixels_in_elements(tensor: Tensor) -> RowView:
    return replace(view_of(tensor), pixel_bytes=in_elements(tensor).pixel_bytes)


def kernels(graph: Graph, progress: Progress = Progress.PIXEL) -> Kernels:
    return Kernels(whole={op: kernel(op, progress) for op in graph.ops}, consuming={})


def line(graph: Graph) -> Line:
    return Line(graph, executed(graph), Costs(kernels=kernels(graph)))


def as_layers(graph: Graph) -> Plan:
    whole = line(graph)
    return lay_out(graph, [whole.layer(index).block for index in range(len(graph.ops))])


def as_stream(graph: Graph) -> Plan:
    run = line(graph).stream(0, len(graph.ops))
    assert run is not None
    return lay_out(graph, [run.block])


def as_strips(graph: Graph) -> Plan:
    whole = line(graph)
    detour = patches(whole, 0, len(graph.ops), 2)
    assert detour is not None
    paths = Paths([detour], len(graph.ops))
    return lay_out_cut(graph, paths.cut(paths.least_peak()))


def chain() -> Graph:
    """Windows of 3x3 over 16 columns, with other channels behind each."""
    b = GraphBuilder(0)
    x = b.input((1, 12, 16, 3))
    return of_int16(b.build(b.conv2d(b.conv2d(b.conv2d(x, 8), 5), 4)))


def test_an_overlap_in_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = of_int16(pointwise())
    check_plan(as_layers(graph))
    monkeypatch.setattr(overlap, "output_view", lambda op: pixels_in_elements(op.output))
    monkeypatch.setattr(overlap, "operand_view", lambda _, tensor: pixels_in_elements(tensor))
    with pytest.raises(PlanError, match="overwritten or was not set"):
        check_plan(as_layers(graph))


def test_a_ring_in_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = chain()
    made = as_stream(graph)
    assert any(buffer.rows is not None for buffer in made.buffers)
    check_plan(made)
    in_bytes = stream.ring_nbytes
    monkeypatch.setattr(buffers, "ring_nbytes", lambda t, rows: in_bytes(t, rows) // 2)
    with pytest.raises(PlanError, match="has too few bytes"):
        check_plan(as_stream(graph))


def test_a_strip_in_elements_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = chain()
    made = as_strips(graph)
    assert made.strips
    check_plan(made)
    for faulty in (in_elements, pixels_in_elements):
        monkeypatch.setattr(storage, "view_of", faulty)
        with pytest.raises(PlanError, match="bytes into"):
            check_plan(as_strips(graph))
