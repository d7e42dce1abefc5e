"""What computes in float32 within a network: conversions are tables, anything else is named."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.tflite_writer import ModelWriter, Spec
from tests.properties.agreement import interpret, scales, zero_points
from tinyengine.errors import ModelError
from tinyengine.importers.tflite import parse
from tinyengine.ir import Lookup
from tinyengine.reference.execute import run

EVERY = np.arange(-128, 128).astype(np.int8).reshape(1, 256)

Build = Callable[[ModelWriter, int, int], None]


def network(inner: Build, scale: float = 0.5, zero_point: int = 3) -> bytes:
    """Give int8 → DEQUANTIZE → what `inner` makes of float32 → QUANTIZE → int8."""
    writer = ModelWriter()
    x = writer.tensor((1, 256), scale=0.05, zero_point=-7, name="x")
    real, other = (writer.tensor((1, 256), "float32", name=name) for name in ("real", "other"))
    y = writer.tensor((1, 256), scale=scale, zero_point=zero_point, name="y")
    writer.op("DEQUANTIZE", [x], [real])
    inner(writer, real, other)
    writer.op("QUANTIZE", [other], [y])
    return writer.finish([x], [y])


@given(sides=st.tuples(scales, zero_points, scales, zero_points))
def test_a_conversion_there_and_back_is_a_table_that_agrees(
    sides: tuple[float, int, float, int],
) -> None:
    scale, zero_point, out_scale, out_zero_point = sides
    writer = ModelWriter()
    x = writer.tensor((1, 256), scale=scale, zero_point=zero_point)
    real = writer.tensor((1, 256), "float32")
    y = writer.tensor((1, 256), scale=out_scale, zero_point=out_zero_point)
    writer.op("DEQUANTIZE", [x], [real])
    writer.op("QUANTIZE", [real], [y])
    model = writer.finish([x], [y])
    graph = parse(model, "model.tflite")
    assert [type(op) for op in graph.ops] == [Lookup]
    np.testing.assert_array_equal(run(graph, [EVERY])[0], interpret(model, [EVERY]))


def test_what_is_dequantized_at_the_output_may_be_quantized_again() -> None:
    writer = ModelWriter()
    x, y, z = (writer.tensor((1, 4), scale=scale) for scale in (0.5, 0.25, 0.25))
    real = writer.tensor((1, 4), "float32", name="real")
    writer.op("DEQUANTIZE", [x], [real])
    writer.op("QUANTIZE", [real], [y])
    writer.op("RELU", [y], [z])
    graph = parse(writer.finish([x], [z, real]), "model.tflite")
    assert [op.source.opcode for op in graph.ops] == ["QUANTIZE", "RELU"]
    assert graph.outputs[1].tensor is graph.inputs[0].tensor


def test_an_island_is_named_by_its_ends_and_told_once() -> None:
    def sine(writer: ModelWriter, real: int, other: int) -> None:
        between = writer.tensor((1, 256), "float32", name="between")
        writer.op("SIN", [real], [between])
        writer.op("COS", [between], [other])

    with pytest.raises(ModelError) as caught:
        parse(network(sine), "m.tflite")
    assert str(caught.value) == (
        "error: m.tflite: op 0 DEQUANTIZE 'real': it belongs to an island of float32, "
        "op 0 DEQUANTIZE 'real' to op 3 QUANTIZE 'y'; the device has no floating point\n"
        "  also op 1 SIN 'between'\n"
        "  also op 2 COS 'other'\n"
        "  also op 3 QUANTIZE 'y'\n"
        "  hint: quantize these operators, too, or end the model before them and compute the rest "
        "in your application"
    )


def test_two_islands_are_two_problems() -> None:
    writer = ModelWriter()
    tensors = [writer.tensor((1, 4), scale=0.5, name=name) for name in "abc"]
    for index, opcode in enumerate(("SIN", "COS")):
        floats = [writer.tensor((1, 4), "float32") for _ in range(2)]
        writer.op("DEQUANTIZE", [tensors[index]], floats[:1])
        writer.op(opcode, floats[:1], floats[1:])
        writer.op("QUANTIZE", floats[1:], [tensors[index + 1]])
    with pytest.raises(ModelError) as caught:
        parse(writer.finish(tensors[:1], tensors[2:]), "m.tflite")
    assert [problem.where for problem in caught.value.problems] == [
        "m.tflite: op 0 DEQUANTIZE 'tensor_3'",
        "m.tflite: op 3 DEQUANTIZE 'tensor_5'",
    ]


def test_what_asks_for_the_shape_of_a_real_tensor_is_no_part_of_an_island() -> None:
    writer = ModelWriter()
    real = writer.tensor((1, 4), "float32", name="real")
    x, y = (writer.tensor((1, 4), scale=0.5) for _ in range(2))
    shape = writer.tensor((2,), "int32")
    writer.op("QUANTIZE", [real], [x])
    writer.op("SHAPE", [real], [shape], out_type="INT32")
    writer.op("RELU", [x], [y])
    graph = parse(writer.finish([real], [y, shape]), "model.tflite")
    assert graph.outputs[1].tensor.values.tolist() == [1, 4]


@pytest.mark.parametrize("opcode", ["UNIQUE", "WHERE"])
def test_an_output_whose_shape_depends_on_values_is_refused_for_that(opcode: str) -> None:
    writer = ModelWriter()
    spec = Spec(shape=(8,), dtype="bool" if opcode == "WHERE" else "int32")
    x = writer.tensor(spec.shape, spec.dtype)
    outputs = [writer.tensor((8,), "int64" if opcode == "WHERE" else "int32", name="found")]
    if opcode == "UNIQUE":
        outputs.append(writer.tensor((8,), "int32"))
    writer.op(opcode, [x], outputs)
    with pytest.raises(ModelError) as caught:
        parse(writer.finish([x], outputs), "m.tflite")
    assert str(caught.value) == (
        f"error: m.tflite: op 0 {opcode} 'found': {opcode} gives as many elements as its input's "
        "values ask for: memory is planned before there are any\n"
        "  hint: end the model before it, and compute the rest in your application"
    )
