"""What is broken or unsupported in ONNX files is refused: where, what, and what to do."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders.onnx_models import Node, model, node
from tests.importers.onnx.cases import CASES, CONV, IMAGE, SCALARS, between
from tests.support import require_module
from tinyengine.errors import ModelError, TinyEngineError, UsageError
from tinyengine.importers import NetworkChoice, inspect_file, load
from tinyengine.importers.onnx import inspect, parse

require_module("onnx")

QUANTIZE = (
    "quantize the whole network to int8 or uint8 (onnxruntime.quantization.quantize_static), "
    "or leave this operator to your application"
)


def refusal(data: bytes, folder: Path | None = None) -> str:
    with pytest.raises(ModelError) as caught:
        parse(data, "m.onnx", folder)
    assert caught.value.exit_code == 3
    return str(caught.value)


def file(*nodes: Node, constants: dict[str, Any] | None = None, **more: Any) -> bytes:
    edges = {"inputs": {"x": ("int8", IMAGE)}, "outputs": {"o": ("int8", None)}, **more}
    opset = edges.pop("opset", 21)
    return model(
        nodes,
        constants={**SCALARS, **(constants or {})},
        opset=opset,
        **edges,  # type: ignore[arg-type]
    )


def changed(data: bytes, change: Callable[[Any], object]) -> bytes:
    """Give the file with a change to its protobuf message."""
    proto = importlib.import_module("onnx").ModelProto.FromString(data)
    change(proto)
    return bytes(proto.SerializeToString())


RELU = file(*between(node("Relu", "f", "r")))


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a model at all", RELU[: len(RELU) // 2]])
def test_damaged_files(data: bytes) -> None:
    assert refusal(data).startswith("error: m.onnx: the file is damaged: it ")


@pytest.mark.parametrize("opset", [10, 99])
def test_opsets_that_are_too_old_or_too_new(opset: int) -> None:
    data = changed(RELU, lambda proto: setattr(proto.opset_import[0], "version", opset))
    assert f"its operators are of opset {opset}; 11 to " in refusal(data)


def test_a_batch_that_is_open_becomes_1_and_other_open_dimensions_are_refused() -> None:
    edges = {"inputs": {"x": ("int8", ("N", 6, 7, 5))}}
    graph = parse(file(*between(node("Relu", "f", "r")), **edges), "m.onnx")
    assert graph.inputs[0].tensor.shape == (1, 6, 7, 5)
    edges = {"inputs": {"x": ("int8", (1, 6, "H", 5))}}
    text = refusal(file(*between(node("Relu", "f", "r")), **edges))
    assert text == (
        "error: m.onnx: input 'x': has an open dimension beside the batch\n"
        "  hint: say it: --shape x=1,6,H,5, with numbers for H"
    )


def test_open_dimensions_are_those_that_the_user_gives() -> None:
    data = file(*between(node("Relu", "f", "r")), inputs={"x": ("int8", ("N", 6, "H", "W"))})
    graph = parse(data, "m.onnx", None, {"x": (1, 6, 4, 3)})
    assert graph.inputs[0].tensor.shape == (1, 6, 4, 3)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (
            {"x": (1, 5, 4, 3)},
            "error: --shape: input 'x' has the shape [open, 6, open, open] in the file",
        ),
        (
            {"x": (1, 6, 4)},
            "error: --shape: input 'x' has the shape [open, 6, open, open] in the file",
        ),
        ({"z": (1, 2)}, "error: m.onnx: input 'x': has an open dimension beside the batch"),
        ({"x": (1, 6, 4, 3), "z": (1,)}, "error: --shape: m.onnx has no input 'z'"),
    ],
)
def test_shapes_that_do_not_fit_the_file_are_refused(
    shapes: dict[str, tuple[int, ...]], message: str
) -> None:
    data = file(*between(node("Relu", "f", "r")), inputs={"x": ("int8", ("N", 6, "H", "W"))})
    with pytest.raises(TinyEngineError) as caught:
        parse(data, "m.onnx", None, shapes)
    assert str(caught.value).splitlines()[0] == message


OPERATORS: dict[str, tuple[bytes, str]] = {
    "float operator in between": (
        file(*between(node("Relu", "f", "e"), node("Softmax", "e", "r"))),
        "op 2 Softmax 'r': 'e' is what Relu gives in float32, not quantized",
    ),
    "float network": (
        file(node("Relu", "x", "o"), inputs={"x": ("float32", IMAGE)},
             outputs={"o": ("float32", None)}),
        "op 0 Relu 'o': the input 'x' is float32 and not quantized",
    ),
    "end in float": (
        file(node("DequantizeLinear", "x s z", "f"), node("Softmax", "f", "o"),
             outputs={"o": ("float32", None)}),
        "output 0 'o': it is computed in float32: 'o' is what Softmax gives in float32",
    ),
    "unknown operator": (
        file(*between(node("Cos", "f", "r"))), "op 1 Cos 'r': Cos is not supported",
    ),
    "unknown domain": (
        file(*between(Node(op="Mine", inputs=["f"], outputs=["r"], domain="ai.onnx.ml"))),
        "op 1 Mine 'r': operators of the domain 'ai.onnx.ml' are not supported",
    ),
    "dynamic quantization": (
        file(node("ConvInteger", "x w", "o"), constants=CONV, outputs={"o": ("int32", None)}),
        "op 0 ConvInteger 'o': its sums stay int32, and are scaled in float32",
    ),
    "transposed convolution": (
        file(*between(node("ConvTranspose", "f w", "r")), constants=CONV),
        "op 1 ConvTranspose 'r': transposed convolution is not supported in quantized ONNX files",
    ),
    "weights in float": (
        file(*between(node("Conv", "f w", "r")), constants={"w": np.ones((4, 6, 3, 2), "float32")}),
        "op 1 Conv 'r': its weights are float32: no DequantizeLinear stands before them",
    ),
    "product of activations": (
        file(*between(node("MatMul", "f g", "r")), inputs={
            "x": ("int8", (2, 3)), "y": ("int8", (3, 2))}),
        "op 2 MatMul 'r': its second operand is computed, not constant",
    ),
    "weights that are not symmetric": (
        file(node("QLinearConv", "x s z w ws wz t v", "o"),
             constants={**CONV, "wz": np.full(4, 100, np.int8)}),
        "op 0 QLinearConv 'o': its weight less its zero point leaves int8",
    ),
    "scale of zero": (
        file(*between(node("Relu", "f", "r")), constants={"t": np.float32(0)}),
        "op 2 QuantizeLinear 'o': a scale is 0",
    ),
    "window that does not fit": (
        file(*between(node("MaxPool", "f", "r", kernel_shape=[9, 9]))),
        "op 1 MaxPool 'r': its window does not fit an image of [7, 5]",
    ),
    "average over windows of very many sizes": (
        file(*between(node("AveragePool", "f", "r", kernel_shape=[7, 5], pads=[3, 2, 3, 2]))),
        "op 1 AveragePool 'r': its windows average 35 different numbers of values",
    ),
    "cubic resizing": (
        file(*between(node("Resize", "f - n", "r", mode="cubic")),
             constants={"n": np.array([1, 1, 2, 2], np.float32)}),
        "op 1 Resize 'r': resizing [1, 6, 7, 5] in mode 'cubic' is not supported",
    ),
    "values copied": (
        file(*between(node("Expand", "f n", "r")), constants={"n": np.array([2, 6, 7, 5])}),
        "op 1 Expand 'r': it copies values that are computed",
    ),
    "indices that are computed": (
        file(node("Gather", "x y", "o"), inputs={"x": ("int8", IMAGE), "y": ("int8", (3,))}),
        "op 0 Gather 'o': its index is not a constant",
    ),
    "a batch that is normalized in training": (
        file(*between(node("BatchNormalization", "f c c c c", "r", training_mode=1)),
             constants={"c": np.ones(6, np.float32)}),
        "op 1 BatchNormalization 'r': it is a training graph",
    ),
    "control flow": (
        file(*between(node("Loop", "f", "r"))), "op 1 Loop 'r': control flow is not supported",
    ),
    "value that is not there": (
        file(*between(node("Add", "f nowhere", "r"))),
        "op 1 Add 'r': it reads 'nowhere', which nothing before it gives",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("data", "problem"), OPERATORS.values(), ids=OPERATORS)
def test_operators_that_are_refused(data: bytes, problem: str) -> None:
    first, *rest = refusal(data).splitlines()
    assert first.startswith(f"error: m.onnx: {problem}")
    assert rest[-1].startswith("  hint: ")
    assert len([line for line in rest if line.startswith("error:")]) == 0
    assert inspect(data, "m.onnx").problems


def test_what_only_reads_the_unsupported_is_not_told_again_but_listed() -> None:
    data = file(*between(node("Cos", "f", "e"), node("Relu", "e", "r")))
    summary = inspect(data, "m.onnx")
    assert len(summary.problems) == 1
    reasons = [each.problem.problem if each.problem else "" for each in summary.operators]
    assert reasons == ["", "Cos is not supported", *[
        f"it reads '{name}', which is not supported" for name in "er"]]  # fmt: skip


def test_inputs_that_are_no_tensors_of_numbers_are_refused() -> None:
    def sequence(proto: Any) -> None:
        kind = proto.graph.input[0].type
        kind.sequence_type.elem_type.tensor_type.elem_type = 1

    def text(proto: Any) -> None:
        proto.graph.input[0].type.tensor_type.elem_type = 8

    assert refusal(changed(RELU, sequence)).startswith("error: m.onnx: input 'x': is no tensor")
    told = refusal(changed(RELU, text))
    assert told.startswith("error: m.onnx: input 'x': is STRING; it must be float32, int8 or uint8")


def test_constants_of_text_are_refused() -> None:
    def text(proto: Any) -> None:
        proto.graph.initializer.add(name="words", data_type=8, dims=[1], string_data=[b"a"])

    told = refusal(changed(RELU, text))
    assert told.startswith("error: m.onnx: constant 'words': has the type STRING, which is not")


@pytest.mark.parametrize(("field", "name"), [("input", "x"), ("output", "o"), ("initializer", "s")])
def test_names_that_are_there_twice_are_refused(field: str, name: str) -> None:
    def twice(proto: Any) -> None:
        held = getattr(proto.graph, field)
        (found,) = (each for each in held if each.name == name)
        held.add().CopyFrom(found)

    told = refusal(changed(RELU, twice))
    assert f"'{name}': is there 2 times" in told


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1.0])
def test_scales_that_are_no_numbers_are_refused(value: float) -> None:
    data = file(*between(node("Relu", "f", "r")), constants={"t": np.float32(value)})
    assert f"a scale is {value:g}" in refusal(data)


# -- constants in other files ---------------------------------------------------------------------


def external(location: str, **entries: Any) -> bytes:
    """Give a convolution whose weights are in the file `location`."""

    def move(proto: Any) -> None:
        (weight,) = (each for each in proto.graph.initializer if each.name == "w")
        weight.ClearField("raw_data")
        weight.data_location = 1
        for key, value in {"location": location, **entries}.items():
            weight.external_data.add(key=key, value=str(value))

    return changed(file(node("QLinearConv", "x s z w ws wz t v b", "o"), constants=CONV), move)


def test_constants_beside_the_model_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"head" + CONV["w"].tobytes())
    (tmp_path / "m.onnx").write_bytes(external("m.bin", offset=4, length=CONV["w"].nbytes))
    (weight,) = (t for t in load(tmp_path / "m.onnx").ops[1].inputs if t.name.endswith("weight"))
    np.testing.assert_array_equal(weight.values, CONV["w"].transpose(0, 2, 3, 1))


@pytest.mark.parametrize(
    ("location", "entries", "problem"),
    [
        ("../m.bin", {}, "its data lie outside the model's folder"),
        ("/etc/passwd", {}, "its data lie outside the model's folder"),
        ("link", {}, "its data lie outside the model's folder"),
        ("", {}, "its data lie outside the model's folder"),
        (".", {}, "its data lie outside the model's folder"),
        ("no.bin", {}, "its data are missing: there is no file 'no.bin'"),
        ("m.bin", {"offset": 10}, "does not have as many values as its shape says"),
        ("m.bin", {"offset": 999}, "its data reach beyond the end of 'm.bin'"),
        ("m.bin", {"length": 999}, "its data reach beyond the end of 'm.bin'"),
        ("m.bin", {"offset": -4}, "its data reach beyond the end of 'm.bin'"),
        ("m.bin", {"offset": "x"}, "does not say properly where its data are"),
    ],
)
def test_constants_elsewhere_are_refused(
    location: str, entries: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for each in (tmp_path, folder):
        (each / "m.bin").write_bytes(CONV["w"].tobytes())
    (folder / "link").symlink_to(tmp_path / "m.bin")
    text = refusal(external(location, **entries), folder)
    assert text.startswith(f"error: m.onnx: constant 'w': {problem}")


def test_files_hold_one_network(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(RELU)
    with pytest.raises(UsageError, match="holds one network"):
        load(path, NetworkChoice(subgraph="0"))
    assert not inspect_file(path).problems


@settings(max_examples=60)
@given(
    case=st.sampled_from(
        [case for case in CASES if case.op in ("Conv", "Concat", "Resize", "Pad")]
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_mutated_files_are_read_or_refused(case: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(case.file())
    for _ in range(rng.integers(1, 6)):
        place = int(rng.integers(len(data)))
        match int(rng.integers(3)):
            case 0:
                data[place] = int(rng.integers(256))
            case 1:
                del data[place : place + int(rng.integers(1, 9))]
            case _:
                data[place:place] = data[: int(rng.integers(1, 9))]
    try:
        parse(bytes(data), "m.onnx")
    except TinyEngineError as error:
        assert str(error).startswith("error: ")
