"""What the tests of the passes share."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from tinyengine.ir import Array, Conv2D, DepthwiseConv2D, FullyConnected, Graph, Op, Tensor
from tinyengine.passes import Pass
from tinyengine.passes.rewrite import rewrite
from tinyengine.reference.execute import run

Weighted = Conv2D | DepthwiseConv2D | FullyConnected


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


def extreme_inputs(graph: Graph) -> tuple[tuple[Array, ...], ...]:
    """Give inputs that are least everywhere, and inputs that are greatest everywhere."""
    return tuple(
        tuple(np.full(t.shape, t.dtype.limits[end], t.dtype.numpy) for t in graph.input_tensors)
        for end in (0, 1)
    )


def with_weights(graph: Graph, change: Callable[[Weighted, Array], Array]) -> Graph:
    """Give `graph` with the weights of every operator as `change` gives them for a copy."""

    def changed(op: Op, _: object) -> Op:
        if not isinstance(op, Weighted):
            return op
        data = change(op, np.array(op.weight.values))
        data.flags.writeable = False
        return replace(op, weight=replace(op.weight, data=data))

    return rewrite(graph, changed)


def with_zero_filters(graph: Graph, tensor: Tensor, channels: Sequence[int]) -> Graph:
    """Give `graph` with zeros for the filters of `channels` of the operator behind `tensor`."""

    def change(op: Weighted, data: Array) -> Array:
        if op.output is tensor:
            data[(..., channels) if isinstance(op, DepthwiseConv2D) else (channels,)] = 0
        return data

    return with_weights(graph, change)


def with_dead_channels(graph: Graph, seed: int) -> Graph:
    """Give `graph` with zeros for random filters and for random columns of the weights."""
    rng = np.random.default_rng(seed)

    def change(_: Weighted, data: Array) -> Array:
        data[rng.random(data.shape[0]) < 0.25] = 0
        data[..., rng.random(data.shape[-1]) < 0.25] = 0
        return data

    return with_weights(graph, change)


def assert_same_bits(before: Graph, after: Graph, seeds: Sequence[int] = (0, 1)) -> None:
    """Assert that both graphs have equal edges and compute equal outputs on random inputs."""
    assert [(e.name, e.dtype) for e in before.outputs] == [(e.name, e.dtype) for e in after.outputs]
    assert before.input_tensors == after.input_tensors
    for edge, other in zip(before.outputs, after.outputs, strict=True):
        assert edge.tensor.shape == other.tensor.shape
        assert edge.tensor.quantized_like(other.tensor)
    for inputs in (*(random_inputs(before, seed) for seed in seeds), *extreme_inputs(before)):
        for expected, result in zip(run(before, inputs), run(after, inputs), strict=True):
            np.testing.assert_array_equal(result, expected)


def apply(step: Pass, graph: Graph) -> Graph:
    """Give what `step` makes of `graph`, after checking that it computes the same bits."""
    result = step(graph)
    assert_same_bits(graph, result)
    return result
