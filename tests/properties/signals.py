"""Models of signal operators in TFLite Micro's own interpreter, in numpy, and in C.

The interpreter is that of the `tflite-micro` package. It keeps an operator's state from run to run,
as a step of the model does.
"""

import importlib
from collections.abc import Callable, Sequence

import numpy as np

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.support import require_module
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, Graph
from tinyengine.kernels.ref.signal import KERNELS
from tinyengine.reference import run
from tinyengine.reference.execute import first_states

ARENA_NBYTES = 1 << 20

Steps = Sequence[Sequence[Array]]


def interpret_steps(model: bytes, steps: Steps) -> list[list[Array]]:
    """Give the outputs of TFLite Micro's interpreter, step after step."""
    require_module("tflite_micro")
    runtime = importlib.import_module("tflite_micro").runtime
    count = len(parse(model, "model.tflite").outputs)
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA_NBYTES)
    results = []
    for step in steps:
        for index, values in enumerate(step):
            interpreter.set_input(values, index)
        interpreter.invoke()
        results.append([np.array(interpreter.get_output(index)) for index in range(count)])
    return results


def reference_steps(graph: Graph, steps: Steps) -> list[tuple[Array, ...]]:
    """Give the outputs of the numpy reference, step after step."""
    states = first_states(graph)
    return [run(graph, step, states) for step in steps]


Blank = Callable[[int, list[Array]], None]
"""Puts zeros where the interpreter leaves an output of a step (by its number) as it was."""


def check_signal(model: bytes, steps: Steps, blank: Blank | None = None) -> list[tuple[Array, ...]]:
    """Check that interpreter, reference and kernel of a single operator agree; give the outputs."""
    graph = parse(model, "model.tflite")
    (op,) = graph.ops
    (kernel,) = [kernel for kernel in KERNELS if kernel.op is type(op)]
    expected = interpret_steps(model, steps)
    computed = reference_steps(graph, steps)
    produced = host.take_steps(kernel, op, steps, [state.first for state in graph.states])
    for index, (right, numpy_result, c_result) in enumerate(
        zip(expected, computed, produced, strict=True)
    ):
        if blank is not None:
            blank(index, right)
        for theirs, ours, code in zip(right, numpy_result, c_result, strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs, f"numpy, step {index} of {op}")
            np.testing.assert_array_equal(code, theirs, f"{kernel.function}, step {index} of {op}")
    return computed


def signal_model(
    name: str,
    operands: Sequence[tuple[tuple[int, ...], str]],
    constants: Sequence[Array],
    results: Sequence[tuple[tuple[int, ...], str]],
    **options: int | bool,
) -> bytes:
    """Give a model of the custom operator `name`: its operands, then int16 constants."""
    given = [Spec(shape=shape, dtype=dtype) for shape, dtype in operands]
    given += [Spec(shape=data.shape, dtype="int16", data=data) for data in constants]
    made = [Spec(shape=shape, dtype=dtype) for shape, dtype in results]
    return one_op_model(name, given, made, **options)
