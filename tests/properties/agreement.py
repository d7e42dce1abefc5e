"""Three ways to compute one operator that must agree: the interpreter, numpy and the C kernel.

The model is a single-operator .tflite file; the IR operator comes from importing that very file.
"""

import importlib
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec
from tests.kernels import host
from tests.support import require_module
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, DType, Op, Rounding, Tensor
from tinyengine.kernels.spec import Kernel

zero_points = st.sampled_from([-128, -127, 0, 126, 127]) | st.integers(-128, 127)
scales = st.floats(-16.0, 8.0).map(lambda exponent: float(np.float32(2.0**exponent)))
ratios = (
    st.floats(-6.0, 3.0).map(lambda exponent: 2.0**exponent)
    | st.sampled_from([1.0, 2.0, 0.5, 1 / 3])
    | st.floats(-30.0, 12.0).map(lambda exponent: 2.0**exponent)
)
"""What a real value of the natural scale is worth in output steps: mostly so that outputs vary."""
seeds = st.integers(0, 2**32 - 1)


def rounding_twice(kernels: Sequence[Kernel]) -> tuple[Kernel, ...]:
    """Give those of operators that round as TFLite's do."""
    return tuple(kernel for kernel in kernels if kernel.rounding is Rounding.TFLITE)


def values_of(shape: Sequence[int], dtype: str, seed: int) -> Array:
    """Give random integers of the whole range, every fourth an extreme one; or bools."""
    random = np.random.default_rng(seed)
    low, high = DType(dtype).limits
    values = random.integers(low, high + 1, tuple(shape))
    extremes = random.choice([low, high], tuple(shape))
    return np.where(random.random(tuple(shape)) < 0.25, extremes, values).astype(dtype)


def constant(spec: Spec, seed: int) -> Spec:
    """Give `spec` as a constant of random values."""
    return Spec(
        shape=spec.shape,
        dtype=spec.dtype,
        scale=spec.scale,
        zero_point=spec.zero_point,
        data=values_of(spec.shape, spec.dtype, seed),
    )


def interpret(model: bytes, inputs: Sequence[Array]) -> Array:
    """Give the first output of the TFLite interpreter with its reference kernels."""
    require_module("ai_edge_litert")
    litert = importlib.import_module("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(
        model_content=model, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    for detail, values in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], values)
    interpreter.invoke()
    output: Array = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return output


def import_op(model: bytes) -> tuple[Op, list[Tensor]]:
    """Give the one operator of a model, and the model's inputs."""
    graph = parse(model, "model.tflite")
    (op,) = graph.ops
    return op, [edge.tensor for edge in graph.inputs]


def check_agreement(
    kernels: Sequence[Kernel],
    reference: Callable[..., Array],
    model: bytes,
    seed: int,
    inputs: Sequence[Array] | None = None,
    interpreter: Callable[[bytes, Sequence[Array]], Array] = interpret,
) -> Array:
    """Check interpreter = reference = kernel, then rows in pieces and overlap; give the output.

    Every kernel of `kernels` for the operator must accept it. Inputs are random where not given.
    """
    op, tensors = import_op(model)
    if inputs is None:
        inputs = [values_of(t.shape, t.dtype.value, seed + i) for i, t in enumerate(tensors)]
    given = dict(zip(tensors, inputs, strict=True))
    operands = {t: t.values if t.is_const else given[t] for t in op.inputs}

    expected = interpreter(model, inputs)
    computed = reference(op, *(operands[t] for t in op.inputs))
    assert computed.dtype == expected.dtype
    np.testing.assert_array_equal(computed, expected, f"{reference.__name__} of {op}")

    fitting = [kernel for kernel in kernels if kernel.op is type(op) and kernel.rounds_as(op)]
    assert fitting, f"no kernel for {op}"
    activations = [operands[t] for t in op.activations]
    for kernel in fitting:
        produced = host.run_kernel(kernel, op, activations)
        np.testing.assert_array_equal(produced, expected, f"{kernel.function} of {op}")
        host.check_rows(kernel, op, activations, expected, seed)
        host.check_overlap(kernel, op, activations, expected)
    return expected
