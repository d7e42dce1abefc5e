"""`validate` compares every output byte, says with whom, and ends with 6 where one differs."""

import re

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter, Spec, one_op_model
from tests.cli.command import refused, succeeded, tinyengine
from tests.support import require_module, require_tool
from tinyengine import compiler as compiler_module
from tinyengine.cli.validate import spread
from tinyengine.product import validate as validate_module


@pytest.fixture(autouse=True)
def _tools():
    require_tool("arm-none-eabi-gcc")
    require_tool("qemu-system-arm")


def test_json_is_one_object_with_the_verdict(edges):
    require_module("ai_edge_litert")
    told = succeeded("validate", edges, "--board", "stm32f746", "--samples", 3, "--json").json()
    assert (told["model"], told["board"], told["emulator"]) == ("edges", "stm32f746", "unicorn")
    assert (told["samples"], told["bit_exact"], told["mismatches"]) == (3, True, [])
    assert told["references"] == ["numpy", "interpreter"]
    assert told["writes_traced"] is True
    assert told["instructions"] > 0
    sram, flash = told["sram"], told["flash"]
    assert sram["total"] == sram["arena"] + sram["io"] + sram["static"] + sram["stack"]
    assert flash["total"] == flash["code"] + flash["weights"] + flash["other_constants"]


def test_the_table_says_board_reference_and_that_the_host_converts(edges):
    require_module("ai_edge_litert")
    outcome = succeeded("validate", edges, "--board", "mps3-an547", "--samples", 1)
    for text in (
        "mps3-an547 (qemu)",
        "numpy and interpreter",
        "yes, every output byte",
        "float32 in the model; the host converts",
    ):
        assert text in outcome.stdout


def test_instructions_are_those_of_all_samples(edges):
    arguments = ("validate", edges, "--board", "stm32f746", "--samples", 3)
    row = re.search(r"^instructions +([\d,]+)(?: to ([\d,]+))?", succeeded(*arguments).stdout, re.M)
    first = succeeded(*arguments, "--json").json()["instructions"]
    least, greatest = (int((row[i] or row[1]).replace(",", "")) for i in (1, 2))
    assert least <= first <= greatest
    assert spread([3000, 5000, 4000]) == "3,000 to 5,000 per inference"
    assert spread([3000, 3000]) == "3,000"


def test_a_wrong_output_byte_ends_with_code_6(small, monkeypatch):
    right = validate_module.run_reference

    def wrong(graph, inputs, states):
        (scores,) = right(graph, inputs, states)
        return (scores ^ np.array([[0, 1, 0]], np.int8),)

    monkeypatch.setattr(validate_module, "run_reference", wrong)
    arguments = ("validate", small, "--board", "stm32f746", "--samples", 2)
    message = refused(6, *arguments)
    assert message.startswith(
        "error: small.tflite: sample 0: output 'scores' differs from the reference in 1 of 3 "
        "values, first at [0, 1]: "
    )
    outcome = tinyengine(*arguments, "--json")
    assert outcome.code == 6
    told = outcome.json()
    assert told["bit_exact"] is False and len(told["mismatches"]) == 2


def test_an_interpreter_that_disagrees_ends_with_code_6(small, monkeypatch):
    require_module("ai_edge_litert")

    def wrong(_model, steps):
        return [[np.zeros((1, 3), np.int8)] for _ in steps]

    monkeypatch.setattr(validate_module, "run_interpreter_steps", wrong)
    assert refused(6, "validate", small, "--board", "stm32f746", "--samples", 1) == (
        "error: small.tflite: sample 0: 'scores' is not the interpreter's"
    )


def test_a_write_outside_the_arena_ends_with_code_6(small, monkeypatch):
    right = compiler_module.render_parts
    stray = "((volatile uint8_t *)arena)[-64] = 1;"

    def wrong(program, origin):
        for part in right(program, origin):
            if "small.c" not in part:
                yield part
                continue
            begin = r"(int small_run\([^)]*\)\n{\n)"
            source = re.sub(begin, rf"\1    {stray}\n", part["small.c"])
            assert stray in source
            yield {**part, "small.c": source}

    monkeypatch.setattr(compiler_module, "render_parts", wrong)
    message = refused(6, "validate", small, "--board", "stm32f746", "--samples", 1)
    assert "the model writes outside its arena and the stack, to" in message
    assert "small_run" in message


def test_writes_are_not_traced_without_a_c_compiler(small, monkeypatch):
    monkeypatch.setattr(validate_module, "can_trace_writes", lambda _: False)
    arguments = ("validate", small, "--board", "stm32f746", "--samples", 1)
    assert succeeded(*arguments, "--json").json()["writes_traced"] is False
    assert "traced" not in succeeded(*arguments).stdout


def without_bias(tmp_path):
    """A convolution without bias: TFLite Micro runs it, the interpreter does not."""
    model = tmp_path / "nobias.tflite"
    kernel = Spec(shape=(2, 1, 1, 3), scale=0.5, zero_point=0, data=np.arange(6))
    operands = [Spec(shape=(1, 2, 2, 3), scale=0.5, zero_point=3), kernel, None]
    result = Spec(shape=(1, 2, 2, 2), scale=1.0, zero_point=0)
    options = {"padding": "VALID", "stride_h": 1, "stride_w": 1}
    model.write_bytes(one_op_model("CONV_2D", operands, result, **options))
    return model


def test_what_the_interpreter_refuses_is_compared_with_micros_and_said(tmp_path):
    require_module("ai_edge_litert")
    require_module("tflite_micro")
    arguments = ("validate", without_bias(tmp_path), "--board", "stm32f746", "--samples", 2)
    told = succeeded(*arguments, "--json").json()
    assert (told["references"], told["bit_exact"]) == (["numpy", "micro"], True)
    assert "CONV_2D" in told["interpreter_refusal"]
    table = succeeded(*arguments).stdout
    assert re.search(r"^compared with +numpy and TFLite Micro's interpreter *$", table, re.M)
    assert re.search(r"^interpreter +refuses the model: .*CONV_2D", table, re.M)


def outputs_model(which):
    """Models whose outputs no operator computes, or which is given out twice."""
    writer = ModelWriter()
    x, y = (writer.tensor([1, 4], scale=1.0, name=name) for name in "xy")
    constant = writer.tensor([1, 4], scale=1.0, name="c", data=[1, -2, 3, -4])
    folded = writer.tensor([1, 4], scale=1.0, name="f")
    writer.op("ABS", [x], [y])
    writer.op("NEG", [constant], [folded])
    tensors = {"x": x, "y": y, "c": constant, "f": folded}
    return writer.finish([x], [tensors[letter] for letter in which])


@pytest.mark.parametrize("which", ["x", "xy", "yx", "xx", "yy", "c", "yc", "cyc", "fyxcf"])
def test_outputs_that_are_inputs_constants_or_given_out_twice_are_right(which, tmp_path):
    require_module("ai_edge_litert")
    model = tmp_path / "m.tflite"
    model.write_bytes(outputs_model(which))
    told = succeeded("validate", model, "--board", "stm32f746", "--samples", 2, "--json").json()
    assert told["references"] == ["numpy", "interpreter"]
    assert told["bit_exact"] is True


def test_float_edges_with_nothing_between_are_right(tmp_path):
    require_module("ai_edge_litert")
    writer = ModelWriter()
    real, result = (writer.tensor([1, 4], "float32", name=name) for name in ("in", "out"))
    inner = writer.tensor([1, 4], scale=0.5, zero_point=7)
    writer.op("QUANTIZE", [real], [inner])
    writer.op("DEQUANTIZE", [inner], [result])
    model = tmp_path / "m.tflite"
    model.write_bytes(writer.finish([real], [result]))
    told = succeeded("validate", model, "--board", "stm32f746", "--samples", 2, "--json").json()
    assert (told["references"], told["bit_exact"]) == (["numpy", "interpreter"], True)


@pytest.mark.parametrize(("batches", "groups"), [(3, 1), (1, 2), (2, 3), (1, 6)])
@pytest.mark.parametrize("board", ["stm32f746", "microbit"])
def test_batches_and_groups_are_right_on_the_board(batches, groups, board, tmp_path):
    require_module("ai_edge_litert")
    kernel = np.random.default_rng(1).integers(-127, 128, (12, 3, 3, 6 // groups))
    operands = [
        Spec(shape=(batches, 7, 6, 6), scale=0.5, zero_point=3),
        Spec(shape=kernel.shape, scale=np.linspace(0.1, 0.2, 12), zero_point=0, data=kernel),
        Spec(shape=(12,), dtype="int32", data=np.arange(-6000, 6000, 1000)),
    ]
    result = Spec(shape=(batches, 4, 3, 12), scale=60.0, zero_point=-5)
    options = {"padding": "SAME", "stride_h": 2, "stride_w": 2}
    model = tmp_path / "m.tflite"
    model.write_bytes(one_op_model("CONV_2D", operands, result, **options))
    told = succeeded("validate", model, "--board", board, "--samples", 2, "--json").json()
    assert (told["references"], told["bit_exact"]) == (["numpy", "interpreter"], True)


def test_an_interpreter_that_takes_the_model_has_refused_nothing(small):
    require_module("ai_edge_litert")
    told = succeeded("validate", small, "--board", "stm32f746", "--samples", 1, "--json").json()
    assert told["interpreter_refusal"] is None


def test_qemu_traces_no_writes(small):
    arguments = ("--board", "stm32f746", "--emulator", "qemu", "--samples", 1, "--json")
    assert succeeded("validate", small, *arguments).json()["writes_traced"] is False


def test_tensors_of_no_dimensions_are_right_as_well(tmp_path):
    path = tmp_path / "sum.tflite"
    scalar = Spec(shape=(), scale=0.1)
    path.write_bytes(one_op_model("ADD", [scalar, scalar], scalar))
    arguments = ("--board", "stm32f746", "--samples", 3, "--json")
    assert succeeded("validate", path, *arguments).json()["bit_exact"] is True
