"""Operators of numbers that few networks have, from the file to six emulated cores."""

import numpy as np
import pytest

from tests.builders.tflite_writer import ModelWriter
from tests.cli.command import succeeded
from tests.support import require_module, require_tool

BOARDS = ["microbit", "mps2-an385", "nrf52840", "stm32f746", "mps2-an505", "mps3-an547"]
"""Cortex-M0, M3, M4, M7, M33, M55."""


@pytest.fixture(autouse=True)
def tools():
    require_tool("arm-none-eabi-gcc")
    require_module("ai_edge_litert")


def rare_network():
    """Give a network in which each of the operators reads the same image."""
    writer, shape = ModelWriter(), [1, 6, 4]
    outputs = []

    def add(opcode, operands, out, scale, zero_point, **options):
        index = writer.tensor(out, scale=scale, zero_point=zero_point)
        writer.op(opcode, operands, [index], **options)
        outputs.append(index)

    def integers(values):
        return writer.tensor(np.shape(values), "int32", data=values)

    image = writer.tensor(shape, scale=1 / 128, zero_point=-9)
    number = writer.tensor([4], scale=0.01, zero_point=0, data=[-100, 3, 120, 44])
    part = writer.tensor([1, 2, 4], scale=1 / 128, zero_point=-9, data=np.arange(8))
    add("DIV", [image, number], shape, 1 / 100, 0)
    add("L2_NORMALIZATION", [image], shape, 1 / 128, 0)
    add("LOG_SOFTMAX", [image], shape, 1 / 16, 127)
    add("REDUCE_PROD", [image, integers([1])], [1, 4], 0.01, 3)
    add("GATHER_ND", [image, integers([[0, 5], [0, 2]])], [2, 4], 1 / 128, -9)
    places = [integers([[2], [0]]), twice(writer, image), integers([3, 6, 4])]
    add("SCATTER_ND", places, [3, 6, 4], 1 / 128, -9)
    add("DYNAMIC_UPDATE_SLICE", [image, part, integers([0, 3, 0])], shape, 1 / 128, -9)
    best = writer.tensor([1, 6, 2], scale=1 / 128, zero_point=-9)
    where, half, rest = (writer.tensor([1, 6, 2], "int32") for _ in range(3))
    writer.op("TOPK_V2", [image, integers(2)], [best, where])
    writer.op("FLOOR_DIV", [where, integers([2])], [half])
    writer.op("FLOOR_MOD", [where, integers([2])], [rest])
    return writer.finish([image], [*outputs, best, half, rest])


def twice(writer, image):
    """Give the image twice, one behind the other."""
    pair = writer.tensor([2, 6, 4], scale=1 / 128, zero_point=-9)
    writer.op("CONCATENATION", [image, image], [pair], axis=0)
    return pair


def sums_network():
    """Give a network of the sums that LiteRT has no right kernels for."""
    writer = ModelWriter()
    rows = [writer.tensor([1, 6, 4], scale=0.5, zero_point=3) for _ in range(3)]
    total = writer.tensor([1, 6, 4], scale=1.5, zero_point=-7)
    ups = writer.tensor([1, 6, 4], scale=3.0, zero_point=0)
    result = writer.tensor([1, 4], scale=4.0, zero_point=0)
    axis = writer.tensor([1], "int32", data=[1])
    writer.op("ADD_N", rows, [total])
    writer.op("CUMSUM", [total, axis], [ups], reverse=True)
    writer.op("SUM", [ups, axis], [result], keep_dims=False)
    return writer.finish(rows, [result])


def validated(tmp_path, model, board):
    path = tmp_path / "network.tflite"
    path.write_bytes(model)
    return succeeded("validate", path, "--board", board, "--samples", 3, "--json").json()


@pytest.mark.slow
@pytest.mark.parametrize("board", BOARDS)
def test_every_core_gives_the_interpreters_outputs(tmp_path, board):
    told = validated(tmp_path, rare_network(), board)
    assert told["references"] == ["numpy", "interpreter"] and told["bit_exact"] is True


@pytest.mark.parametrize("board", ["microbit", "stm32f746"])
def test_micros_interpreter_judges_where_litert_has_no_kernel(tmp_path, board):
    require_module("tflite_micro")
    told = validated(tmp_path, sums_network(), board)
    assert told["references"] == ["numpy", "micro"] and told["bit_exact"] is True
    assert "ADD_N" in told["interpreter_refusal"]
