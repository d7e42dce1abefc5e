"""Float graphs compute what the interpreter computes in float32."""

import numpy as np
import pytest

from tests.builders.float_networks import FloatNetwork, small_network
from tests.builders.tflite_writer import Spec, one_op_model
from tests.support import require_module
from tinyengine.errors import ModelError
from tinyengine.importers.tflite.floats import parse_float
from tinyengine.ir import Level, verify
from tinyengine.reference.floats import is_batchable, run_float

_UNARY = ["LOGISTIC", "TANH", "HARD_SWISH", "ABS", "EXP", "NEG", "RELU", "RELU6", "RELU_N1_TO_1"]


def interpreted(model: bytes, *inputs: np.ndarray) -> list[np.ndarray]:
    require_module("ai_edge_litert")
    from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: PLC0415

    interpreter = Interpreter(
        model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]


def agree(model: bytes, *inputs: np.ndarray) -> None:
    graph = parse_float(model, "net.tflite")
    verify(graph, Level.FLOAT)
    for found, wanted in zip(run_float(graph, inputs), interpreted(model, *inputs), strict=True):
        largest = float(np.abs(wanted).max()) or 1.0
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5 * largest)


def drawn(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 2, shape).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_a_network_computes_what_the_interpreter_computes(seed: int) -> None:
    agree(small_network(seed), drawn(1, 16, 16, 3, seed=seed))


@pytest.mark.parametrize("opcode", _UNARY)
def test_a_function_of_one_value_computes_what_the_interpreter_computes(opcode: str) -> None:
    net = FloatNetwork()
    agree(net.finish(net.unary(opcode, net.input(1, 5, 4, 3))), drawn(1, 5, 4, 3))


@pytest.mark.parametrize("opcode", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("act", ["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
def test_arithmetic_with_fused_clamps(opcode: str, act: str) -> None:
    net = FloatNetwork()
    a, b = net.input(1, 4, 4, 3, name="a"), net.input(1, 4, 4, 3, name="b")
    agree(net.finish(net.binary(opcode, a, b, act)), drawn(1, 4, 4, 3), drawn(1, 4, 4, 3, seed=1))


@pytest.mark.parametrize("act", ["NONE", "RELU6"])
@pytest.mark.parametrize(("kernel", "padding", "size"), [(3, "SAME", 8), (4, "VALID", 10)])
def test_a_transposed_convolution(kernel: int, padding: str, size: int, act: str) -> None:
    weight = Spec(shape=(2, kernel, kernel, 3), dtype="float32", data=drawn(2, kernel, kernel, 3))
    model = one_op_model(
        "TRANSPOSE_CONV",
        [
            Spec(shape=(4,), dtype="int32", data=[1, size, size, 2]),
            weight,
            Spec(shape=(1, 4, 4, 3), dtype="float32"),
            Spec(shape=(2,), dtype="float32", data=drawn(2)),
        ],
        Spec(shape=(1, size, size, 2), dtype="float32"),
        padding=padding,
        stride_h=2,
        stride_w=2,
        fused_activation_function=act,
    )
    agree(model, drawn(1, 4, 4, 3, seed=1))


@pytest.mark.parametrize(
    ("opcode", "given", "result"),
    [
        ("DEPTH_TO_SPACE", (1, 2, 3, 8), (1, 4, 6, 2)),
        ("SPACE_TO_DEPTH", (1, 4, 6, 2), (1, 2, 3, 8)),
    ],
)
def test_blocks_of_pixels(opcode: str, given: tuple[int, ...], result: tuple[int, ...]) -> None:
    specs = [Spec(shape=shape, dtype="float32") for shape in (given, result)]
    agree(one_op_model(opcode, specs[:1], specs[1], block_size=2), drawn(*given))


@pytest.mark.parametrize("opcode", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_pools(opcode: str) -> None:
    net = FloatNetwork()
    agree(net.finish(net.pool(opcode, net.input(1, 6, 8, 3))), drawn(1, 6, 8, 3))


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2)])
def test_convolutions(kernel: int, stride: int) -> None:
    net = FloatNetwork()
    x = net.depthwise(net.conv(net.input(1, 9, 7, 3), 4, kernel, stride, "NONE"), kernel, stride)
    agree(net.finish(x), drawn(1, 9, 7, 3))


def test_samples_side_by_side_give_what_they_give_alone() -> None:
    graph = parse_float(small_network(), "net.tflite")
    x = drawn(3, 16, 16, 3)
    assert is_batchable(graph)
    (together,) = run_float(graph, [x])
    alone = [run_float(graph, [each[None]])[0] for each in x]
    np.testing.assert_allclose(together, np.concatenate(alone), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["float16", "int8"])
def test_narrow_weights_become_float(kind: str) -> None:
    net = FloatNetwork()
    x = net.input(1, 4, 4, 3)
    weight = net.rng.normal(size=(2, 1, 1, 3)).astype(np.float32)
    if kind == "float16":
        narrow = net.writer.tensor(weight.shape, "float16", data=weight.astype(np.float16))
        wide = net.tensor(weight.shape)
        net.writer.op("DEQUANTIZE", [narrow], [wide])
        held = weight.astype(np.float16).astype(np.float32)
    else:
        scales = np.abs(weight).max(axis=(1, 2, 3)) / 127
        steps = np.round(weight / scales.reshape(-1, 1, 1, 1)).astype(np.int8)
        wide = net.writer.tensor(weight.shape, "int8", scales, data=steps)
        held = steps * scales.astype(np.float32).reshape(-1, 1, 1, 1)
    y = net.tensor((1, 4, 4, 2))
    options = {"stride_h": 1, "stride_w": 1, "padding": "VALID"}
    options |= {"dilation_h_factor": 1, "dilation_w_factor": 1}
    bias = net.constant(np.zeros(2))
    net.writer.op("CONV_2D", [x, wide, bias], [y], **options)
    graph = parse_float(net.finish(y), "net.tflite")
    image = drawn(1, 4, 4, 3)
    (found,) = run_float(graph, [image])
    np.testing.assert_allclose(found, image @ held[:, 0, 0].T, rtol=1e-5, atol=1e-5)


def test_blocks_that_do_not_fit_are_refused() -> None:
    specs = [Spec(shape=shape, dtype="float32") for shape in ((1, 2, 3, 8), (1, 4, 6, 2))]
    for block in (0, 3):
        with pytest.raises(ModelError, match="DEPTH_TO_SPACE"):
            parse_float(one_op_model("DEPTH_TO_SPACE", specs[:1], specs[1], block_size=block), "n")
