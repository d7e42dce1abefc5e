"""Unary functions: the interpreter's results for all 256 inputs are the table's entries."""

import importlib
import math
from collections.abc import Callable, Mapping

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders.tflite_writer import Spec, one_op_model
from tests.kernels import host
from tests.properties.agreement import seeds, values_of, zero_points
from tests.support import require_module
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Array, DType, Lookup, Quantization, Source, Tensor
from tinyengine.kernels.ref.lookup import KERNELS
from tinyengine.reference.lookup import FUNCTIONS, lookup

(KERNEL,) = KERNELS
INPUTS = np.arange(-128, 128, dtype=np.int8)

IN_FLOAT: Mapping[str, Callable[[float], float]] = {
    "ELU": lambda x: x if x >= 0 else math.expm1(x),
    "EXP": lambda x: math.exp(min(x, 300)),
    "GELU": lambda x: x * math.erfc(-x * math.sqrt(0.5)) / 2,
    "LOG": lambda x: math.log(x) if x > 0 else 0.0,
    "LOGISTIC": lambda x: 1 / (1 + math.exp(-max(x, -300))),
    "TANH": math.tanh,
}
"""What the interpreter computes in float32 with the C library of the machine that it runs on."""

DEFINED_FROM_0 = {"RSQRT", "SQRT"}
IN_FIXED_POINT = sorted(FUNCTIONS - IN_FLOAT.keys() - {"SQUARE"})

scales = st.floats(-14.0, 2.0).map(lambda exponent: float(np.float32(2.0**exponent)))
wide_scales = st.floats(-30.0, 12.0).map(lambda exponent: float(np.float32(2.0**exponent)))


def interpret(model: bytes, function: str, inputs: Array = INPUTS) -> Array:
    """Give the outputs for some inputs, all if not told; ELU is only in the default resolver."""
    require_module("ai_edge_litert")
    litert = importlib.import_module("ai_edge_litert.interpreter")
    kinds = litert.OpResolverType
    default = kinds.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    resolver = default if function == "ELU" else kinds.BUILTIN_REF
    interpreter = litert.Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs)
    interpreter.invoke()
    output: Array = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return output


@st.composite
def models(draw: st.DrawFn, functions: list[str], scales: st.SearchStrategy[float]) -> bytes:
    function = draw(st.sampled_from(functions))
    options: dict[str, float | bool] = {}
    if function == "LEAKY_RELU":
        options = {"alpha": draw(st.floats(-2.0, 2.0, width=32))}
    if function == "GELU":
        options = {"approximate": draw(st.booleans())}
    zero_point = -128 if function in DEFINED_FROM_0 else draw(zero_points)
    out_scale = 1 / 256 if function == "LOGISTIC" else draw(scales)
    return one_op_model(
        function,
        [Spec(shape=(256,), scale=draw(scales), zero_point=zero_point)],
        Spec(shape=(256,), scale=out_scale, zero_point=draw(zero_points)),
        **options,
    )


def import_lookup(model: bytes) -> Lookup:
    """Give the model's operator; a model that has no table is none of the test's."""
    try:
        (op,) = parse(model, "model.tflite").ops
    except ModelError:
        assume(False)
        raise
    assert isinstance(op, Lookup)
    return op


@settings(max_examples=150)
@given(model=models(IN_FIXED_POINT, scales | wide_scales))
def test_functions_in_fixed_point_agree(model: bytes) -> None:
    op = import_lookup(model)
    np.testing.assert_array_equal(lookup(op, INPUTS), interpret(model, op.function), str(op))


@settings(max_examples=100)
@given(model=models(sorted(IN_FLOAT), scales))
def test_functions_in_float_agree_but_for_ties(model: bytes) -> None:
    """C libraries' functions may err by a few units in the last place, ours do not.

    So an entry may differ by one, and only where the real result lies that close to a tie.
    """
    op = import_lookup(model)
    computed = lookup(op, INPUTS).astype(int)
    expected = interpret(model, op.function).astype(int)
    assert np.max(np.abs(computed - expected)) <= 1
    for index in np.flatnonzero(computed != expected):
        x = op.input.scale * (int(INPUTS[index]) - op.input.zero_point)
        steps = IN_FLOAT[op.function](x) / op.output.scale
        from_tie = abs(steps - math.floor(steps) - 0.5)
        assert from_tie <= (abs(x) / op.output.scale + abs(steps)) * 2**-20


def table_op(shape: tuple[int, ...], seed: int) -> Lookup:
    quant = Quantization(scale=(0.5,), zero_point=(0,))
    tensor = Tensor(name="t", shape=shape, dtype=DType.INT8, quant=quant)
    return Lookup(
        source=Source(index=0, opcode="TEST", name="test"),
        input=tensor,
        output=Tensor(name="u", shape=shape, dtype=DType.INT8, quant=quant),
        table=values_of((256,), "int8", seed).astype(np.int8),
        function="TEST",
    )


@given(shape=st.lists(st.integers(1, 7), min_size=1, max_size=5), seed=seeds)
def test_kernel_looks_up_every_element(shape: list[int], seed: int) -> None:
    op = table_op(tuple(shape), seed)
    x = values_of(shape, "int8", seed + 1)
    expected = lookup(op, x)
    np.testing.assert_array_equal(host.run_kernel(KERNEL, op, [x]), expected)
    host.check_rows(KERNEL, op, [x], expected, seed)
    host.check_overlap(KERNEL, op, [x], expected)


def test_kernel_and_reference_take_entry_i_for_input_i_minus_128() -> None:
    op = table_op((256,), 5)
    np.testing.assert_array_equal(lookup(op, INPUTS), op.table)
    np.testing.assert_array_equal(host.run_kernel(KERNEL, op, [INPUTS]), op.table)
