"""Models of one operator of uint8, and how the interpreter, numpy and the kernels are compared."""

from collections.abc import Sequence

import numpy as np

from tests.builders.tflite_writer import Spec
from tests.kernels import host
from tests.properties.agreement import interpret, values_of
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, Graph, Op, Reshape, Tensor
from tinyengine.kernels.registry import KERNELS
from tinyengine.kernels.spec import Kernel, RowLayout
from tinyengine.reference.execute import execute

ALIKE = (0.05, 123)
"""A scale and zero point for operators that keep theirs."""


def uint8(*shape: int, quant: tuple[float, int] = ALIKE, data: Array | None = None) -> Spec:
    """Give a tensor of uint8."""
    scale, zero_point = quant
    return Spec(
        shape=shape, dtype="uint8", scale=float(np.float32(scale)), zero_point=zero_point, data=data
    )


def weight_of(shape: tuple[int, ...], scale: float, zero_point: int, seed: int) -> Spec:
    """Give weights of all bytes."""
    return uint8(*shape, quant=(scale, zero_point), data=values_of(shape, "uint8", seed))


def bias_of(channels: int, scale: float, seed: int) -> Spec:
    """Give biases in the scale of the products."""
    data = np.random.default_rng(seed).integers(-(2**13), 2**13, channels)
    return Spec(shape=(channels,), dtype="int32", scale=scale, data=data)


def check_model(model: bytes, seed: int) -> list[str]:
    """Check interpreter = numpy = every kernel that accepts, of the portable ones at least one.

    Gives the kernels' functions.
    """
    graph = parse(model, "model.tflite")
    inputs = [
        values_of(t.shape, t.dtype.value, seed + i) for i, t in enumerate(graph.input_tensors)
    ]
    values = all_values(graph, inputs)
    expected = interpret(model, inputs)
    computed = values[graph.output_tensors[0]]
    assert computed.dtype == expected.dtype
    np.testing.assert_array_equal(computed, expected)
    return [name for op in graph.ops for name in check_kernels(op, values, seed)]


def all_values(graph: Graph, inputs: Sequence[Array]) -> dict[Tensor, Array]:
    """Give the value of every tensor."""
    return dict(execute(graph, inputs))


def check_kernels(op: Op, values: dict[Tensor, Array], seed: int) -> list[str]:
    """Check every kernel of `op` that reads and writes pixels; give their functions.

    A Reshape has none: its output is its input.
    """
    if isinstance(op, Reshape):
        return []
    fitting = [kernel for kernel in KERNELS if kernel.op is type(op) and not kernel.declines(op)]
    assert fitting, f"no kernel for {op}"
    activations = [t.values if t.is_const else values[t] for t in op.activations]
    for kernel in filter(_reads_and_writes_pixels, fitting):
        produced = host.run_kernel(kernel, op, activations)
        np.testing.assert_array_equal(produced, values[op.output], f"{kernel.function} of {op}")
        host.check_rows(kernel, op, activations, values[op.output], seed)
        host.check_overlap(kernel, op, activations, values[op.output])
    return [kernel.function for kernel in fitting]


def _reads_and_writes_pixels(kernel: Kernel) -> bool:
    return kernel.reads is kernel.writes is RowLayout.PIXELS
