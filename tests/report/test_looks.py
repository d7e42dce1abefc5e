"""The report and the curve as a browser shows them: all can be read, on a screen and on a phone."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.command import succeeded
from tests.report.browser import look, look_at_widths
from tests.support import require_tool, shared_model
from tinyengine.report.curve import Bound, Point, render_curve

SCREEN, PHONE = 1400, 390
WIDTHS = (*range(320, 1921, 40), 701, 1321)

FONTS = {
    "as it is": "",
    "wider": "letter-spacing: .04em",
    "as wide as a monospaced one": "font-family: monospace",
}
"""What the page looks like on machines with other fonts, of which there is no list."""


@pytest.fixture(scope="module", params=["mcunet_vww1", "mcunetv2_large", "mlperf_kws_dscnn"])
def real_page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the page of a real model, which took seconds to make."""
    return page_of(shared_model(request.param), "stm32h743", tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def small_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the page of the digits model, with a budget that it nearly takes."""
    digits = Path(__file__).parents[2] / "examples" / "digits" / "digits.tflite"
    return page_of(digits, "stm32f746", tmp_path_factory.mktemp("small"), "--sram", "3000")


def page_of(model: Path, board: str, folder: Path, *options: str) -> str:
    require_tool("arm-none-eabi-gcc")
    out = folder / "out"
    succeeded("compile", model, "--board", board, "-o", out, *options)
    succeeded("report", out)
    return (out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [SCREEN, PHONE])
def test_nothing_overlaps_is_cut_off_or_hidden(small_page, width):
    assert look(small_page, width).faults == ()


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("font", FONTS.values(), ids=FONTS.keys())
def test_nothing_overlaps_is_cut_off_or_hidden_for_real_models_at_any_width(real_page, font):
    page = real_page.replace("</head>", f"<style>body {{ {font} }}</style></head>")
    for width, looks in zip(WIDTHS, look_at_widths(page, WIDTHS), strict=True):
        assert looks.faults == (), f"in a window of {width} pixels"
        assert any(text.startswith("peak ") for text in looks.texts)
        assert any(text.startswith("↑ board's RAM 1,081,344 bytes, ") for text in looks.texts)


@pytest.mark.parametrize("width", [SCREEN, PHONE])
def test_input_peak_budget_operators_and_time_can_be_read(small_page, width):
    texts = look(small_page, width).texts
    assert "an input of the model" in texts and ("input" in texts or width == PHONE)
    assert any(text.startswith("peak ") for text in texts)
    assert any(text.startswith("budget 3,000 bytes, ") and text.endswith(" left") for text in texts)
    assert "operators" in texts and "ms at the start of each step, and at the end" in texts
    assert "the step with the most bytes" in texts
    assert any(text.endswith(" ms") for text in texts)


CURVES = {
    "close together": [(1000 + i, 10**9 - i) for i in range(12)],
    "far apart": [(1000, 9_000_000), (500_000, 2_000_000)],
    "alone": [(1000, 5_000_000)],
}


@pytest.mark.parametrize("values", CURVES.values(), ids=CURVES.keys())
@pytest.mark.parametrize("room", [900, 1020, 500_001, 10**7])
def test_the_labels_of_a_curve_stand_apart(values, room):
    points = [
        Point(nbytes=nbytes, instructions=instructions, fits=nbytes <= room, remark="3 streamed")
        for nbytes, instructions in values
    ]
    layers = replace(points[-1], nbytes=points[-1].nbytes * 2, remark="one by one")
    bound = Bound(nbytes=room, name="budget")
    looks = look(render_curve("a model of a long name " * 5, points, layers, bound), SCREEN)
    assert looks.faults == ()
    assert {"layers", *(f"{number}" for number in range(1, len(points) + 1))} <= set(looks.texts)
    near = room <= 1.5 * layers.nbytes
    legend = f"budget: {room:,} bytes" + ("" if near else ", right of the picture")
    assert legend in looks.texts and ("budget" in looks.texts) == near


def test_labels_that_collide_are_found():
    first, second = '<text x="9" y="20">one</text>', '<text x="{}" y="22">two</text>'
    svg = f'<svg width="200" height="50">{first}{second}</svg>'
    assert look(svg.format(20), SCREEN).overlapping == ("'one' over 'two'",)
    assert look(svg.format(60), SCREEN).overlapping == ()


def test_texts_that_leave_their_drawing_or_the_window_are_found():
    svg = '<svg width="200" height="50"><text x="{}" y="20">some words</text></svg>'
    assert look(svg.format(160), SCREEN).clipped == ("'some words' is cut off by its svg",)
    assert look(svg.format(5), SCREEN).clipped == ()
    wide = '<p style="width:500px">a <span style="position:absolute;left:380px">word</span></p>'
    assert look(wide, PHONE).clipped == ("the page is wider than 390", "'word' leaves the window")


def test_a_column_that_is_cut_off_is_found():
    cut = '<div style="width:40px;overflow:{};white-space:nowrap">long words</div>'
    assert look(cut.format("hidden"), SCREEN).clipped == ("'long words' is cut off by its DIV",)
    assert look(cut.format("visible"), SCREEN).clipped == ()


def test_boxes_that_are_covered_or_see_through_are_found():
    rect = '<rect class="box {}" width="50" height="50"{}><title>{}</title></rect>'
    drawing = '<svg width="90" height="90">{}{}</svg>'
    below = rect.format("input", "", "below")
    covered = look(drawing.format(below, rect.format("ring", "", "above")), SCREEN)
    assert covered.faults == ("box input: below",) == covered.hidden
    seen = look(
        drawing.format(below, rect.format("ring", ' x="20" fill-opacity=".9"', "b")), SCREEN
    )
    assert seen.faults == ("box ring: b",) == seen.translucent
