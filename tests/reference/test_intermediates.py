"""Every intermediate tensor of real models is what the interpreter's reference kernels give."""

import importlib

import numpy as np
import pytest

from tests.support import FindModel, require_module
from tinyengine.importers import load
from tinyengine.ir import Array, DType, Graph
from tinyengine.reference import execute

# person_detect is not here: the interpreter refuses its file.
MODELS = [
    "mcunet_detection",
    "mcunet_in3",
    "mcunet_in4",
    "mcunet_vww0",
    "mcunet_vww1",
    "mcunet_vww2",
    "mcunetv2_large",
    "mlperf_ad_toycar",
    "mlperf_ic_resnet8",
    "mlperf_kws_dscnn",
    "mlperf_sww",
    "mlperf_vww_mobilenet96",
]


def random_input(graph: Graph, seed: int) -> Array:
    """Give an input of the graph with values of the whole range."""
    (tensor,) = graph.input_tensors
    low, high = tensor.dtype.limits
    random = np.random.default_rng(seed)
    return random.integers(low, high + 1, tensor.shape).astype(tensor.dtype.numpy)


def as_declared(graph: Graph, x: Array) -> Array:
    """Give `x` as the model's own input: the real values where the model takes float32."""
    (edge,) = graph.inputs
    if edge.dtype is not DType.FLOAT32:
        return x
    real = (x.astype(np.float64) - edge.tensor.zero_point) * edge.tensor.scale
    return real.astype(np.float32)


def interpret(model: bytes, x: Array) -> dict[str, Array]:
    """Give every tensor that the interpreter holds after it has run, by name."""
    require_module("ai_edge_litert")
    litert = importlib.import_module("ai_edge_litert.interpreter")
    interpreter = litert.Interpreter(
        model_content=model,
        experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    interpreter.set_tensor(detail["index"], x)
    interpreter.invoke()
    return {
        detail["name"]: interpreter.get_tensor(detail["index"])
        for detail in interpreter.get_tensor_details()
        if detail["name"]
    }


@pytest.mark.models
@pytest.mark.parametrize("name", MODELS)
def test_every_operator_gives_what_the_interpreter_gives(
    name: str, shared_model: FindModel
) -> None:
    path = shared_model(name)
    graph = load(path)
    x = random_input(graph, seed=7)
    expected = interpret(path.read_bytes(), as_declared(graph, x))
    computed = execute(graph, [x])
    for op in graph.ops:
        np.testing.assert_array_equal(
            computed[op.output], expected[op.output.name], f"{op.source} of {name}"
        )
