"""What is broken or unsupported is refused with a text that says where, what and what to do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.importers.single_operators import bias, int8, integers, weight
from tests.importers.test_tflite import float_edges
from tinyengine.errors import ModelError
from tinyengine.importers import inspect_file, load
from tinyengine.importers.refusals import CONVERT_HINT, DAMAGED_HINT, LIMIT_HINT
from tinyengine.importers.tflite import inspect, parse

WINDOW = {"padding": "VALID", "stride_h": 1, "stride_w": 1}

FULL_QUANTIZATION = "`tinyengine quantize` makes an int8 model of a float one"
DAMAGED = "the file is damaged: convert the model again"


def refusal(data: bytes, name: str = "m.tflite") -> str:
    with pytest.raises(ModelError) as caught:
        parse(data, name)
    assert caught.value.exit_code == 3
    return str(caught.value)


def error(where: str, problem: str, hint: str = "") -> str:
    return f"error: {where}: {problem}" + (f"\n  hint: {hint}" if hint else "")


# -- files ----------------------------------------------------------------------------------------


def file_refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load(path)
    with pytest.raises(ModelError):
        inspect_file(path)
    return str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    expected = error(f"{tmp_path}/no.tflite", "there is no such file", "check the path")
    assert file_refusal(tmp_path / "no.tflite") == expected


def test_directory(tmp_path: Path) -> None:
    expected = error(tmp_path.name, "this is a directory", "give the path of a .tflite file")
    assert file_refusal(tmp_path) == expected


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.tflite"
    path.touch()
    expected = error("empty.tflite", "the file is empty", "convert the model again")
    assert file_refusal(path) == expected


def test_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "cat.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0" * 10)
    assert file_refusal(path) == error(
        "cat.jpg",
        "this is not a TFLite file: the identifier 'TFL3' is missing",
        "give a .tflite file as the TensorFlow Lite converter writes it",
    )


def test_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.truncate((256 << 20) + 1)
    assert file_refusal(path) == error(
        str(path),
        "the file has 268435457 bytes; 268435456 is the most that is read",
        "a model of this size fits no microcontroller",
    )


def test_truncated_file() -> None:
    data = float_edges().finish([0], [3])
    assert refusal(data[: len(data) // 2]) == error(
        "m.tflite",
        "the file is damaged: it refers to something beyond its end",
        "download or convert the model again",
    )


def test_nested_vectors_that_repeat_the_file_are_refused() -> None:
    """A small file whose 1,000 tensors share one long vector of scales describes a huge model."""
    writer = ModelWriter()
    for _ in range(2):
        writer.tensor([20000], scale=np.ones(20000))
    writer._tensors *= 500
    x = writer.tensor([1], scale=1.0)
    writer.op("RELU", [x], [writer.tensor([1], scale=1.0)])
    assert refusal(writer.finish([x], [x + 1])) == error(
        "m.tflite",
        "the file is damaged: it describes far more than it holds",
        "download or convert the model again",
    )


# -- operators ------------------------------------------------------------------------------------


UINT8_HINT = "convert the model with int8, or end it before this operator"


def uint8(*shape: int) -> Spec:
    return Spec(shape=shape, dtype="uint8", scale=0.5, zero_point=125)


def relu(operand: Spec, result: Spec | None = None) -> bytes:
    return one_op_model("RELU", [operand], result or int8(1, 4))


def conv(*operands: Spec | None, result: Spec | None = None, **options: object) -> bytes:
    default = [int8(1, 4, 4, 2), weight(3, 1, 1, 2), bias(1, 2, 3)]
    merged = [*operands, *default[len(operands) :]]
    return one_op_model("CONV_2D", merged, result or int8(1, 4, 4, 3), **{**WINDOW, **options})


REFUSALS = {
    "unsupported operator": (
        one_op_model("FLOOR", [int8(1, 4)], int8(1, 4)),
        "FLOOR is not supported",
        "`tinyengine ops` lists the supported operators",
    ),
    "custom operator": (
        one_op_model("CUSTOM", [int8(1, 4)], int8(1, 4), custom_code="FlexErf"),
        "the custom operator 'FlexErf' is not supported",
        "end the model before it, and compute the rest in your application",
    ),
    "control flow": (
        one_op_model("WHILE", [int8(1, 4)], int8(1, 4)),
        "control flow is not supported",
        "convert the model without it: with loops unrolled (Keras: GRU(unroll=True))",
    ),
    "int16 where there is none": (
        one_op_model("HARD_SWISH", [Spec(shape=(1, 4), dtype="int16", scale=0.5)], int8(1, 4)),
        "input 'operand_0' is int16; it must be int8",
        "convert the model with int8 activations: the 16x8 scheme has no such operator",
    ),
    "uint8 beside int8": (
        relu(Spec(shape=(1, 4), dtype="uint8", scale=0.5)),
        "int8 and uint8 are mixed",
        UINT8_HINT,
    ),
    "weights of uint8 for int16": (
        one_op_model(
            "FULLY_CONNECTED",
            [
                Spec(shape=(1, 4), dtype="int16", scale=0.5),
                Spec(shape=(2, 4), dtype="uint8", scale=0.5, data=np.ones((2, 4), np.uint8)),
            ],
            Spec(shape=(1, 2), dtype="int16", scale=0.5),
        ),
        "int16 and uint8 are mixed",
        UINT8_HINT,
    ),
    "uint8 where there is none": (
        one_op_model("ABS", [uint8(1, 4)], uint8(1, 4)),
        "ABS of uint8 is not supported",
        UINT8_HINT,
    ),
    "uint8 blended with weights that float32 rounds": (
        one_op_model("RESIZE_BILINEAR", [uint8(1, 3, 3, 1), integers(5, 6)], uint8(1, 5, 6, 1)),
        "resizing [3, 3] to [5, 6] blends uint8 in float32, with weights that are not whole "
        "128ths; the device has no floating point",
        "convert the model with int8, or resize by powers of two",
    ),
    "weights of uint8 with scales of channels": (
        one_op_model(
            "FULLY_CONNECTED",
            [
                uint8(1, 4),
                Spec(shape=(2, 4), dtype="uint8", scale=[1, 2], data=np.ones((2, 4), np.uint8)),
            ],
            uint8(1, 2),
        ),
        "weight 'operand_1' is uint8, which has one scale, above 0",
        "convert the model with int8",
    ),
    "a bias of uint8 weights in another scale": (
        one_op_model(
            "FULLY_CONNECTED",
            [
                uint8(1, 4),
                Spec(shape=(2, 4), dtype="uint8", scale=0.5, data=np.ones((2, 4), np.uint8)),
                Spec(shape=(2,), dtype="int32", scale=0.5, data=[1, 2]),
            ],
            uint8(1, 2),
        ),
        "its bias has the scale 0.5; it must be that of input times weight, 0.25",
        "the quantization of the model failed: convert it again",
    ),
    "no quantization": (
        relu(Spec(shape=(1, 4))),
        "input 'operand_0' has no scale and zero point",
        FULL_QUANTIZATION,
    ),
    "scale of zero": (
        relu(Spec(shape=(1, 4), scale=0.0)),
        "input 'operand_0' has the scale 0.0, which is no scale",
        "the file is damaged, or its quantization failed: convert the model again",
    ),
    "zero point out of range": (
        relu(Spec(shape=(1, 4), scale=0.5, zero_point=128)),
        "input 'operand_0' has the zero point 128, outside int8",
        "",
    ),
    "zero dimension": (
        relu(int8(1, 0)),
        "input 'operand_0' has the shape [1, 0]; every dimension must be at least 1",
        "convert the model with fixed shapes and batch 1",
    ),
    "negative dimension": (
        relu(int8(-1, 4)),
        "input 'operand_0' has the shape [-1, 4]; every dimension must be at least 1",
        "convert the model with fixed shapes and batch 1",
    ),
    "2^31 elements": (
        relu(int8(1 << 16, 1 << 15)),
        "input 'operand_0' has the shape [65536, 32768]: 2^31 elements or more",
        LIMIT_HINT,
    ),
    "shape that lies": (
        conv(result=int8(1, 5, 4, 3)),
        "the file gives its output the shape [1, 5, 4, 3], but the operator computes [1, 4, 4, 3]",
        "convert the model again, with fixed shapes and batch 1",
    ),
    "image without batch": (
        conv(int8(4, 4, 2)),
        "input 'operand_0' is [4, 4, 2]; it must be [N, H, W, C]",
        DAMAGED_HINT,
    ),
    "weight that is computed": (
        conv(int8(1, 4, 4, 2), Spec(shape=(3, 1, 1, 2), scale=0.5)),
        "weight 'operand_1' is not a constant",
        "weights and shapes must be stored in the model",
    ),
    "weight of int16": (
        conv(int8(1, 4, 4, 2), Spec(shape=(3, 1, 1, 2), dtype="int16", scale=0.5, data=bytes(12))),
        "weight 'operand_1' is int16; it must be int8 or int4 or uint8",
        "convert the model with int8 activations: the 16x8 scheme has no such operator",
    ),
    "weight of int2 of a convolution": (
        conv(int8(1, 4, 4, 2), Spec(shape=(3, 1, 1, 2), dtype="int2", scale=0.5, data=bytes(2))),
        "weight 'operand_1' is int2; it must be int8 or int4 or uint8",
        "int2 is supported for weights of FULLY_CONNECTED only: the interpreters have no other",
    ),
    "weight of int4 that ends early": (
        conv(int8(1, 4, 4, 2), Spec(shape=(3, 1, 1, 2), dtype="int4", scale=0.5, data=bytes(2))),
        "weight 'operand_1' [3, 1, 1, 2] needs 3 bytes, but its buffer has 2",
        "the file is damaged: convert the model again",
    ),
    "weight with a zero point": (
        conv(int8(1, 4, 4, 2), Spec(shape=(3, 1, 1, 2), scale=0.5, zero_point=1, data=bytes(6))),
        "weight 'operand_1' has a zero point other than 0",
        "convert the model with symmetric int8 weights",
    ),
    "weight of another rank": (
        conv(int8(1, 4, 4, 2), weight(3, scale=[1.0, 1.0, 1.0])),
        "weight 'operand_1' is [3]; it must have rank 4",
        DAMAGED_HINT,
    ),
    "weight that is too short": (
        conv(int8(1, 4, 4, 2), Spec(shape=(3, 1, 1, 2), scale=0.5, data=bytes(5))),
        "weight 'operand_1' [3, 1, 1, 2] needs 6 bytes, but its buffer has 5",
        DAMAGED,
    ),
    "too few scales": (
        conv(int8(1, 4, 4, 2), weight(3, 1, 1, 2, scale=[1.0, 1.0])),
        "weight 'operand_1' [3, 1, 1, 2] has 2 scales along axis 0; 3 along axis 0 are needed",
        "",
    ),
    "outputs that do not divide into groups": (
        conv(int8(1, 4, 4, 4)),
        "weight [3, 1, 1, 2] does not fit an input of 4 channels",
        DAMAGED_HINT,
    ),
    "inputs that do not divide into groups": (
        conv(int8(1, 4, 4, 3)),
        "weight [3, 1, 1, 2] does not fit an input of 3 channels",
        DAMAGED_HINT,
    ),
    "bias of another length": (
        conv(int8(1, 4, 4, 2), weight(3, 1, 1, 2), bias(1, 2)),
        "bias 'operand_2' is [2]; 3 values are needed",
        DAMAGED_HINT,
    ),
    "stride of zero": (
        conv(stride_w=0),
        "the stride (1, 0) is not within 1 and 65535",
        DAMAGED_HINT,
    ),
    "window beyond the image": (
        conv(int8(1, 4, 4, 2), weight(3, 5, 1, 2)),
        "a window of 5 with padding VALID does not fit an input of 4",
        DAMAGED_HINT,
    ),
    "fused activation": (
        conv(fused_activation_function="TANH"),
        "the fused activation TANH is not supported",
        LIMIT_HINT,
    ),
    "scales that do not fit": (
        conv(Spec(shape=(1, 4, 4, 2), scale=1e9)),
        "the sum of products may overflow 32 bits when multiplied by 5e+08 (magnitude up to 1281)",
        "the scales of input, weight and output do not fit each other: quantize again",
    ),
    "concatenation of different scales": (
        one_op_model("CONCATENATION", [int8(1, 2), Spec(shape=(1, 2), scale=0.25)], int8(2, 2)),
        "'operand_1' and 'result_0' are quantized differently: scale 0.25, zero point 0 against "
        "scale 0.5, zero point -3",
        "",
    ),
    "operands that do not broadcast": (
        one_op_model("ADD", [int8(1, 4), int8(3)], int8(1, 4)),
        "operands [1, 4] and [3] do not broadcast",
        DAMAGED_HINT,
    ),
    "axis that does not exist": (
        one_op_model("MEAN", [int8(1, 4), integers(2)], int8(1)),
        "axis 2 does not exist in a tensor of rank 2",
        DAMAGED_HINT,
    ),
    "axes that are computed": (
        one_op_model("MEAN", [int8(1, 4), Spec(shape=(1,), dtype="int32")], int8(1)),
        "axes 'operand_1' is not a constant",
        "weights and shapes must be stored in the model",
    ),
    "indices of bytes": (
        one_op_model(
            "ARG_MAX",
            [int8(1, 4), integers(1)],
            Spec(shape=(1,), dtype="uint8", scale=1.0),
            output_type="UINT8",
        ),
        "its indices are neither int32 nor int64",
        CONVERT_HINT,
    ),
    "indices along an axis that does not exist": (
        one_op_model(
            "ARG_MIN",
            [int8(1, 4), integers(-3)],
            Spec(shape=(1,), dtype="int32"),
            output_type="INT32",
        ),
        "axis -3 does not exist in a tensor of rank 2",
        DAMAGED_HINT,
    ),
    "indices in another type than the operator says": (
        one_op_model("ARG_MAX", [int8(1, 4), integers(1)], int8(1), output_type="INT32"),
        "output 'result_0' is int8; it must be int32",
        CONVERT_HINT,
    ),
    "indices of int16 elements": (
        one_op_model(
            "ARG_MAX",
            [Spec(shape=(1, 4), dtype="int16", scale=0.5), integers(1)],
            Spec(shape=(1,), dtype="int32"),
            output_type="INT32",
        ),
        "input 'operand_0' is int16; it must be int8 or uint8",
        "convert the model with int8 activations: the 16x8 scheme has no such operator",
    ),
    "indices in another shape": (
        one_op_model(
            "ARG_MAX",
            [int8(1, 4), integers(1)],
            Spec(shape=(1, 1), dtype="int32"),
            output_type="INT32",
        ),
        "the file gives its output the shape [1, 1], but the operator computes [1]",
        "convert the model again, with fixed shapes and batch 1",
    ),
    "too few inputs": (
        one_op_model("ADD", [int8(1, 4)], int8(1, 4)),
        "it has 1 inputs; 2 expected",
        DAMAGED_HINT,
    ),
    "input left out": (
        one_op_model("ADD", [None, int8(1, 4)], int8(1, 4)),
        "its left operand is left out",
        DAMAGED_HINT,
    ),
    "empty slice": (
        one_op_model("STRIDED_SLICE", [int8(4), integers(3), integers(2), integers(1)], int8(1)),
        "its output would be empty",
        DAMAGED_HINT,
    ),
    "shape that does not fit": (
        one_op_model("RESHAPE", [int8(1, 4), integers(3, -1)], int8(3, 1)),
        "[1, 4] cannot become [3, -1]",
        DAMAGED_HINT,
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_operator_is_refused_with_a_reason(what: str) -> None:
    data, problem, hint = REFUSALS[what]
    summary = inspect(data, "m.tflite")
    (operator,) = summary.operators
    where = f"m.tflite: op 0 {operator.source.opcode} 'result_0'"
    expected = error(where, problem, hint or CONVERT_HINT)
    assert f"error: {operator.problem}" == expected
    assert refusal(data).startswith(expected.splitlines()[0])


# -- graphs ---------------------------------------------------------------------------------------


def chain(build: Callable[[ModelWriter, list[int]], None], outputs: list[int]) -> str:
    """Give the refusal of a graph over tensors 0 (the input) to 4, all alike."""
    writer = ModelWriter()
    tensors = [writer.tensor([1, 4], scale=0.5, name="abcde"[i]) for i in range(5)]
    build(writer, tensors)
    return refusal(writer.finish([0], outputs))


ORDER = "operators must stand in the order in which they run"


def test_wrong_order() -> None:
    def build(writer: ModelWriter, t: list[int]) -> None:
        writer.op("RELU", [t[1]], [t[2]])
        writer.op("RELU", [t[0]], [t[1]])

    problem = "it reads 'b', which nothing before it produces"
    assert chain(build, [2]) == error("m.tflite: op 0 RELU 'c'", problem, ORDER)


def test_cycle() -> None:
    def build(writer: ModelWriter, t: list[int]) -> None:
        writer.op("ADD", [t[0], t[2]], [t[1]])
        writer.op("RELU", [t[1]], [t[2]])

    problem = "it reads 'c', which nothing before it produces"
    assert chain(build, [2]) == error("m.tflite: op 0 ADD 'b'", problem, ORDER)


def test_tensor_that_is_produced_twice() -> None:
    def build(writer: ModelWriter, t: list[int]) -> None:
        writer.op("RELU", [t[0]], [t[1]])
        writer.op("ABS", [t[0]], [t[1]])

    problem = "it writes 'b', which is already produced"
    assert chain(build, [1]) == error("m.tflite: op 1 ABS 'b'", problem, ORDER)


def test_operator_that_writes_an_input() -> None:
    def build(writer: ModelWriter, t: list[int]) -> None:
        writer.op("RELU", [t[0]], [t[0]])

    text = chain(build, [0])
    problem = "it writes 'a', which is an input of the model"
    assert text == error("m.tflite: op 0 RELU 'a'", problem, ORDER)


def test_output_that_nothing_produces() -> None:
    text = chain(lambda writer, t: writer.op("RELU", [t[0]], [t[1]]), [3])
    hint = "a model must compute each of its outputs, or hold it"
    assert text == error("m.tflite: output 0 'd'", "no operator computes it", hint)


@pytest.mark.parametrize("is_input", [True, False])
def test_float_output_that_no_operator_dequantizes(is_input: bool) -> None:
    """A float32 input or constant that is given out: the device has no float32."""
    writer = float_edges()
    constant = writer.tensor([1], "float32", data=[0.5], name="half")
    text = refusal(writer.finish([0], [3, 0 if is_input else constant]))
    name = "real_in" if is_input else "half"
    problem = "it is float32 and comes from no operator; it must come from DEQUANTIZE"
    assert text == error(f"m.tflite: output 1 '{name}'", problem, FULL_QUANTIZATION)


def test_all_problems_are_told_equal_ones_together_and_a_hint_for_several_once() -> None:
    def build(writer: ModelWriter, t: list[int]) -> None:
        writer.op("FLOOR", [t[0]], [t[1]])
        writer.op("CEIL", [t[1]], [t[2]])
        writer.op("FLOOR", [t[2]], [t[3]])

    assert chain(build, [3]) == (
        "error: m.tflite: op 0 FLOOR 'b': FLOOR is not supported\n"
        "  also op 2 FLOOR 'd'\n"
        "error: m.tflite: op 1 CEIL 'c': CEIL is not supported\n"
        "  hint: `tinyengine ops` lists the supported operators"
    )


def test_float_model_is_refused_in_one_line() -> None:
    writer = ModelWriter()
    tensors = [writer.tensor([1, 4], "float32") for _ in range(3)]
    writer.op("RELU", tensors[:1], tensors[1:2])
    writer.op("TANH", tensors[1:2], tensors[2:])
    assert refusal(writer.finish(tensors[:1], tensors[2:])) == error(
        "m.tflite",
        "the model computes in float32: none of its tensors is quantized",
        FULL_QUANTIZATION,
    )


def test_float_operator_at_the_end_is_refused() -> None:
    writer = float_edges()
    probabilities = writer.tensor([1, 4], "float32", name="p")
    writer.op("SOFTMAX", [3], [probabilities], beta=1.0)
    text = refusal(writer.finish([0], [probabilities]))
    island = "op 2 DEQUANTIZE 'real_out' to op 3 SOFTMAX 'p'"
    problem = f"it belongs to an island of float32, {island}; the device has no floating point"
    assert f"error: m.tflite: op 2 DEQUANTIZE 'real_out': {problem}" in text
    assert "  also op 3 SOFTMAX 'p'\n" in text
    assert (
        "output 0 'p': it is float32 and comes from SOFTMAX; it must come from DEQUANTIZE" in text
    )


def test_float_input_without_quantize_is_refused() -> None:
    writer = ModelWriter()
    real = writer.tensor([1, 4], "float32", name="r")
    x, y = (writer.tensor([1, 4], scale=0.5) for _ in range(2))
    writer.op("RELU", [x], [y])
    assert refusal(writer.finish([real, x], [y])) == error(
        "m.tflite: input 0 'r'",
        "it is float32 and 0 QUANTIZE operators read it; it must be 1",
        FULL_QUANTIZATION,
    )


def test_variable_tensor_is_refused() -> None:
    writer = ModelWriter()
    x, y = (writer.tensor([1, 4], scale=0.5) for _ in range(2))
    state = writer.tensor([1, 4], scale=0.5, is_variable=True, name="state")
    writer.op("ADD", [x, state], [y])
    assert refusal(writer.finish([x], [y])) == error(
        "m.tflite: op 0 ADD 'tensor_1'",
        "right operand 'state' is a variable (state that outlives a run)",
        CONVERT_HINT,
    )


def test_input_that_is_listed_twice_is_refused() -> None:
    writer = float_edges()
    assert refusal(writer.finish([0, 0], [3])) == (
        "error: m.tflite: input 0 'real_in': it is listed as an input twice\n"
        "  also input 1 'real_in'\n"
        f"  hint: {LIMIT_HINT}"
    )


def test_long_names_are_cut_in_messages() -> None:
    writer = ModelWriter()
    x = writer.tensor([1, 4], scale=0.5)
    y = writer.tensor([1, 4], scale=0.5, name="layer/" * 50)
    writer.op("FLOOR", [x], [y])
    first = refusal(writer.finish([x], [y])).splitlines()[0]
    assert first.endswith("layer/layer...': FLOOR is not supported")
    assert len(first) < 150


def test_sparse_weights_are_to_be_stored_whole() -> None:
    sparse = Spec(shape=[2, 3], scale=0.5, data=[[1, 0, 0], [0, 2, 0]], is_sparse=True)
    data = one_op_model("FULLY_CONNECTED", [int8(1, 3), sparse, None], int8(1, 2))
    assert refusal(data) == error(
        "m.tflite: op 0 FULLY_CONNECTED 'result_0'",
        "weight 'operand_1' is sparse",
        "convert it without EXPERIMENTAL_SPARSITY: of weights that are stored whole, zeros are "
        "skipped where that pays",
    )
