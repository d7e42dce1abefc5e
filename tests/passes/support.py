"""What the tests of the passes share."""

from collections.abc import Sequence

import numpy as np

from tinyengine.ir import Array, Graph
from tinyengine.passes import Pass
from tinyengine.reference.execute import run


def op_names(graph: Graph) -> list[str]:
    """Give the operators' class names in order."""
    return [type(op).__name__ for op in graph.ops]


def random_inputs(graph: Graph, seed: int = 0) -> tuple[Array, ...]:
    """Give random inputs over the whole range of their types."""
    rng = np.random.default_rng(seed)
    return tuple(
        rng.integers(*t.dtype.limits, t.shape, endpoint=True).astype(t.dtype.numpy)
        for t in graph.input_tensors
    )


def assert_same_bits(before: Graph, after: Graph, seeds: Sequence[int] = (0, 1)) -> None:
    """Assert that both graphs have equal edges and compute equal outputs on random inputs."""
    assert [(e.name, e.dtype) for e in before.outputs] == [(e.name, e.dtype) for e in after.outputs]
    assert before.input_tensors == after.input_tensors
    for edge, other in zip(before.outputs, after.outputs, strict=True):
        assert edge.tensor.shape == other.tensor.shape
        assert edge.tensor.quantized_like(other.tensor)
    for seed in seeds:
        inputs = random_inputs(before, seed)
        for expected, result in zip(run(before, inputs), run(after, inputs), strict=True):
            np.testing.assert_array_equal(result, expected)


def apply(step: Pass, graph: Graph) -> Graph:
    """Give what `step` makes of `graph`, after checking that it computes the same bits."""
    result = step(graph)
    assert_same_bits(graph, result)
    return result
