"""`pareto` shows the trade-off of bytes and instructions as a table, as JSON and as an SVG."""

import re
from xml.etree import ElementTree

import pytest

from tests.builders.networks import network_with_large_activations
from tests.builders.tflite_writer import Spec, one_op_model
from tests.cli.command import refused, succeeded
from tests.support import ROOT, require_tool
from tinyengine.report.curve import Point, render_curve

DIGITS = ROOT / "examples" / "digits" / "digits.tflite"
SVG = "{http://www.w3.org/2000/svg}"


def points(*values: tuple[int, int]) -> list[Point]:
    return [Point(nbytes=b, instructions=i, fits=True, remark="1 streamed") for b, i in values]


def texts(svg: str) -> list[str]:
    """Everything that is written in an image, which must be well-formed."""
    root = ElementTree.fromstring(svg)
    return [text for element in root.iter() if (text := (element.text or "").strip())]


@pytest.fixture(scope="module")
def told():
    return succeeded("pareto", DIGITS, "--board", "stm32f746", "--json").json()


def test_json_is_one_object_whose_schedules_trade_bytes_for_instructions(told):
    schedules = told["schedules"]
    assert len(schedules) > 1
    assert (told["model"]["name"], told["board"], told["stream_input"]) == (
        "digits", "stm32f746", False,
    )  # fmt: skip
    assert (told["estimated"], told["measured"]) == (["instructions"], [])
    arenas = [each["arena"] for each in schedules]
    instructions = [each["instructions"] for each in schedules]
    assert arenas == sorted(set(arenas))
    assert instructions == sorted(set(instructions), reverse=True)
    for each in schedules:
        assert each["streamed_blocks"] <= each["blocks"] and each["fits"]
        assert each["recompute_macs"] == 0 and each["problem"] is None
    assert schedules[0]["streamed_blocks"] > 0


def test_the_smallest_schedule_has_the_arena_that_objective_sram_compiles(told, tmp_path):
    require_tool("arm-none-eabi-gcc")
    arguments = ("--board", "stm32f746", "--objective", "sram", "--json", "-o", tmp_path / "out")
    report = succeeded("compile", DIGITS, *arguments).json()
    assert report["sram"]["arena"] == told["schedules"][0]["arena"]


def test_the_table_has_a_line_per_schedule_and_says_what_is_estimated(told):
    lines = succeeded("pareto", DIGITS, "--board", "stm32f746").stdout.splitlines()
    assert lines[0] == "digits for stm32f746"
    rows = [line.split() for line in lines if re.match(r" *[0-9]+ ", line)]
    assert [row[1] for row in rows] == [f"{each['arena']:,}" for each in told["schedules"]]
    assert [row[-1] for row in rows] == ["yes"] * len(rows)
    assert "arena: exact" in lines[-2] and "instructions: estimated" in lines[-1]


def test_the_schedule_that_streams_nothing_stands_beside_the_others(told, tmp_path):
    require_tool("arm-none-eabi-gcc")
    arguments = ("--board", "stm32f746", "--schedule", "layer", "--json", "-o", tmp_path / "out")
    report = succeeded("compile", DIGITS, *arguments).json()
    layers = told["layers"]
    assert layers["arena"] == report["sram"]["arena"] > told["schedules"][0]["arena"]
    assert (layers["streamed_blocks"], layers["blocks"]) == (0, len(report["blocks"]))
    assert layers["instructions"] == pytest.approx(report["measured"]["instructions"], rel=0.1)
    last = succeeded("pareto", DIGITS, "--board", "stm32f746").stdout.splitlines()[-4]
    assert last.split()[:2] == ["layers", f"{layers['arena']:,}"]


def test_a_budget_is_marked_and_what_exceeds_it_does_not_fit(told, tmp_path):
    least, target = told["schedules"][0], tmp_path / "curve.svg"
    budget = least["arena"] + 1
    arguments = ("pareto", DIGITS, "--board", "stm32f746", "--sram", budget, "--svg", target)
    bounded = succeeded(*arguments, "--json").json()
    assert bounded["room"] == {"name": "budget", "arena": budget}
    assert [each["fits"] for each in bounded["schedules"]] == [
        each["arena"] <= budget for each in told["schedules"]
    ]
    assert bounded["layers"]["problem"] == f"the budget is {budget:,} bytes"
    written = texts(target.read_text(encoding="utf-8"))
    assert {"budget", "layers", f"budget: {budget:,} bytes"} <= set(written)


def test_instructions_are_drawn_from_zero_and_the_other_axis_says_where_it_begins():
    written = texts(render_curve("t", points((100 << 10, 5_000_000), (104 << 10, 4_900_000))))
    assert "0" in written and "arena, KiB, from 100 on" in written


def test_a_streamed_input_needs_no_bytes_beyond_its_ring(tmp_path):
    model, image = tmp_path / "pool.tflite", Spec(shape=(1, 32, 32, 8), scale=0.5)
    window = {"padding": "VALID", "stride_h": 2, "stride_w": 2, "filter_height": 2}
    small = Spec(shape=(1, 16, 16, 8), scale=0.5)
    model.write_bytes(one_op_model("MAX_POOL_2D", [image], small, filter_width=2, **window))
    arguments = ("pareto", model, "--board", "stm32f746", "--stream-input")
    streamed = succeeded(*arguments, "--json").json()
    assert streamed["stream_input"] is True
    # The whole output, and two rows of the input.
    assert streamed["schedules"][0]["arena"] == 16 * 16 * 8 + 2 * 32 * 8
    assert "stm32f746, input streamed" in succeeded(*arguments).stdout


def test_a_schedule_that_no_memory_holds_is_shown_with_the_reason(tmp_path):
    model = tmp_path / "wide.tflite"
    model.write_bytes(network_with_large_activations(1 << 20))
    arguments = ("pareto", model, "--board", "stm32f746")
    (schedule,) = succeeded(*arguments, "--json").json()["schedules"]
    assert not schedule["fits"] and "does not fit the RAM" in schedule["problem"]
    assert "no: the model does not fit the RAM" in succeeded(*arguments).stdout


def test_svg_shows_axes_with_units_and_every_schedule(told, tmp_path):
    target = tmp_path / "curve.svg"
    succeeded("pareto", DIGITS, "--board", "stm32f746", "--svg", target)
    svg = target.read_text(encoding="utf-8")
    written = texts(svg)
    assert "digits for stm32f746" in written
    assert any(text.startswith("arena, KiB") for text in written)
    assert any("instructions per inference, estimated" in text for text in written)
    for number, each in enumerate(told["schedules"], 1):
        legend = f"{number}: {each['arena']:,} bytes, {each['instructions']:,}, "
        assert any(text.startswith(legend) for text in written)
        assert str(number) in written
    assert svg.count("<circle") == len(told["schedules"])
    assert "href" not in svg and "url(" not in svg


def test_svg_into_a_folder_that_is_not_there_is_refused(tmp_path):
    target = tmp_path / "none" / "curve.svg"
    message = refused(1, "pareto", DIGITS, "--board", "stm32f746", "--svg", target)
    assert message == f"error: {target}: No such file or directory"


@pytest.mark.parametrize("stream", [(), ("--stream-input",)])
def test_a_model_with_several_inputs_has_a_curve_but_none_with_a_streamed_input(edges, stream):
    arguments = ("pareto", edges, "--board", "stm32f746", *stream)
    if stream:
        assert "this one has 2" in refused(3, *arguments)
    else:
        assert succeeded(*arguments, "--json").json()["schedules"]


def test_no_title_breaks_the_image():
    title = "</title><script>&'\"\x00\x1b[31m\udcff\ufffe" + "é" * 3
    written = texts(render_curve(title, points((1000, 5000), (2000, 4000))))
    assert written[0].startswith("</title><script>&'\"??[31m??") and written[0].endswith("ééé")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [(4, 0)],
        [(1000, 5_000_000)],
        [(1 << 20, 3), (1 << 21, 2)],
        [(1000 + i, 10**9 - i) for i in range(40)],
    ],
)
def test_every_label_has_its_own_place_and_every_point_lies_in_the_plot(values):
    root = ElementTree.fromstring(render_curve("t", points(*values)))
    dots = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in root.iter(f"{SVG}circle")]
    assert len(dots) == len(values)
    assert all(90 <= x <= 530 and 50 <= y <= 350 for x, y in dots)
    bold = [g for g in root.iter(f"{SVG}g") if g.get("font-weight") == "bold"]
    labels = [(float(t.get("x", "")), float(t.get("y", ""))) for t in bold[0]]
    assert len(set(labels)) == len(values)


def test_long_planning_tells_how_far_it_is(monkeypatch):
    monkeypatch.setattr("tinyengine.cli.console._QUIET_SECONDS", 0.001)
    outcome = succeeded("pareto", DIGITS, "--board", "stm32f746", "--json")
    assert re.search(r"planning digits\.tflite: (\d+) of \1 operators planned", outcome.stderr)
    assert outcome.json()["schedules"]
