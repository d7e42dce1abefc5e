"""Drop the operators that no output depends on."""

from tinyengine.ir import Graph
from tinyengine.passes.rewrite import without_unread


def eliminate_dead(graph: Graph) -> Graph:
    """Give the graph without operators that no output depends on; model inputs all stay."""
    return without_unread(graph)
