"""What emitted C says of places: one number for an operator, why overlaps in streams are safe."""

import re

from tests.builders.graphs import GraphBuilder
from tinyengine.board.types import Isa
from tinyengine.ir import Graph
from tinyengine.lower import lower
from tinyengine.render import Origin, render_model
from tinyengine.schedule import BlockKind, Objective, make_plan

CLOSEST = re.compile(
    r"The output starts (?:at|([\d,]+) bytes below) NET_OFFSET_INPUT0(?: \([\d,]+ are enough\))?, "
    r"which it overwrites\. They come closest at tick \d+: row (\d+) of the output is written, up "
    r"to its byte ([\d,]+); (?:row \d+ of the other, from byte ([\d,]+), is still to be read"
    r"|all ([\d,]+) bytes of the other have been read)\."
)


def emitted(graph: Graph, name: str = "net") -> str:
    """Give NAME.c of a graph that is streamed."""
    plan = make_plan(graph, Isa.DSP, objective=Objective.SRAM)
    assert BlockKind.STREAM in [block.kind for block in plan.blocks]
    origin = Origin(model="net.tflite", sha256="0" * 64, command="none")
    return render_model(lower(plan, name), origin)[f"{name}.c"]


def pyramid() -> Graph:
    """Give convolutions from 24 rows of 96 bytes to 12 rows of 48, which may overwrite them."""
    b = GraphBuilder(0)
    y = b.conv2d(b.input((1, 24, 24, 4)), 16)
    return b.build(b.conv2d(b.depthwise(y, kernel=3), 4, stride=2))


def number(text: str | None) -> int:
    return int((text or "0").replace(",", ""))


def test_an_overlap_in_a_stream_says_what_was_read_before_what_is_written():
    source = emitted(pyramid())
    text = " ".join(re.sub(r"\n +\*", " ", source).split())
    ((below, row, end, start, whole),) = CLOSEST.findall(text)
    offsets = {name: int(at) for name, at in re.findall(r"(NET_OFFSET_\w+) = (\d+),", source)}
    read = number(start) + number(whole)
    assert offsets["NET_OFFSET_INPUT0"] - offsets["NET_OFFSET_CONV_2D_2"] == number(below)
    assert number(end) == (number(row) + 1) * 48, "a row of the output has 12 pixels of 4 bytes"
    assert read % 96 == 0, "a row of the input has 24 pixels of 4 bytes"
    assert number(end) <= number(below) + read, "nothing is written that is still to be read"


def test_structs_and_places_have_the_numbers_of_the_model():
    source = re.sub(r"\n +\* ", " ", emitted(pyramid()))
    told = set(re.findall(r"\(op (\d+) of the model\)", source))
    assert set(re.findall(r"_params \w+?2d_(\d+) = \{", source)) == told
    assert set(re.findall(r"NET_OFFSET_\w+_2D_(\d+)\b", source)) <= told


def test_scratch_that_a_block_shares_has_the_name_of_the_block():
    assert "NET_OFFSET_BLOCK_0_SCRATCH = " in emitted(pyramid())


def test_no_line_is_longer_than_100_characters_whatever_the_name():
    lines = emitted(pyramid(), "a_model_with_a_name_of_some_forty_letters").splitlines()
    assert [line for line in lines if len(line) > 100] == []
