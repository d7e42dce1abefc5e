"""Streamed input: the caller hands over one row at a time, so that the input need not be held."""

from dataclasses import replace

from tinyengine.board.types import Isa
from tinyengine.errors import ModelError
from tinyengine.ir import Edge, Graph, Source
from tinyengine.kernels.spec import Kernel, Progress, Struct
from tinyengine.schedule.ops import Feed


def _no_params(op: Feed) -> Struct:
    del op
    return Struct(c_type="te_reader", members={})


FEED = Kernel(
    folder="ref",
    function="te_read_rows",
    header="te_read_rows.h",
    isa=Isa.BASE,
    op=Feed,
    params=_no_params,
    progress=Progress.ROW,
    cost=lambda op: op.output.nbytes // 2,
)
"""Asks the caller for rows; its first argument is the caller's reader, not constant params."""


def feed_input(graph: Graph) -> tuple[Graph, Edge]:
    """Give `graph` with its input made by a Feed, and the edge that is fed.

    An input of a single row is asked for once, whole. Raises ModelError where the graph has several
    inputs.
    """
    if len(graph.inputs) != 1:
        raise ModelError(
            graph.name,
            f"a streamed input needs a model with one input, this one has {len(graph.inputs)}",
            hint="compile without --stream-input",
        )
    (edge,) = graph.inputs
    source = Source(index=-1, opcode="INPUT", name=edge.name)
    feed = Feed(source=source, output=edge.tensor)
    return replace(graph, inputs=(), ops=(feed, *graph.ops)), edge
