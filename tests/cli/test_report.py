"""`report` writes one page that needs nothing else: the memory map, the operators, the flash."""

import importlib.util
import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from tests.cli.command import path_without, refused, succeeded
from tinyengine.board import load_board
from tinyengine.report.curve import Point, render_curve
from tinyengine.report.page import render_page


class Page(HTMLParser):
    """The tags of a page, balanced, and the text in them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.open, self.drawings = [], [], [], 0
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.drawings += tag == "svg"
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "wbr":  # a name that may go on in the next line
            self.texts[-1] += data.strip()
        else:
            self.texts.append(data.strip())

    def boxes(self):
        """Give x, y, width and height of the rectangles of each drawing of the memory map."""
        names = ("x", "y", "width", "height")
        boxes = [
            tuple(float(attrs[name]) for name in names)
            for tag, attrs in self.tags
            if tag == "rect" and attrs["class"].startswith("box ")
        ]
        count = len(boxes) // self.drawings
        return [boxes[start : start + count] for start in range(0, len(boxes), count)]


@pytest.fixture
def product(compiled, tmp_path):
    return shutil.copytree(compiled, tmp_path / "out")


def report_of(product):
    return json.loads((product / "report.json").read_text())


def page_of(product):
    told = succeeded("report", product)
    assert told.stdout == f"written to {product / 'report.html'}\n"
    return (product / "report.html").read_text()


def test_the_page_needs_nothing_from_elsewhere(product):
    text = page_of(product)
    assert text.startswith("<!DOCTYPE html>")
    assert not re.search(r"https?:|src=|href=|url\(|@import|<script", text)


def test_every_buffer_has_a_rectangle_of_its_size(product):
    page, report = Page(page_of(product)), report_of(product)
    wide, narrow = page.boxes()
    for boxes in (wide, narrow):
        check_boxes(boxes, report)
    for buffer in report["buffers"]:
        assert any(f"{buffer['bytes']:,} bytes" in text for text in page.texts)


def check_boxes(boxes, report):
    """Check that all rectangles are to one scale, up and across."""
    buffers = sorted(report["buffers"], key=lambda buffer: buffer["first"])
    assert len(boxes) == len(buffers) >= len(report["operators"])
    large = [
        height / buffer["bytes"]
        for (_, _, _, height), buffer in zip(boxes, buffers, strict=True)
        if buffer["bytes"] >= 32
    ]
    assert max(large) == pytest.approx(min(large), rel=0.1)
    count, columns = len(report["blocks"]), set()
    for (_, _, width, _), buffer in zip(boxes, buffers, strict=True):
        # Half a step less where it overwrites another buffer of the same step.
        late = any(
            other is not buffer
            and other["first"] <= buffer["first"] < other["last"]
            and other["offset"] < buffer["offset"] + buffer["bytes"]
            and buffer["offset"] < other["offset"] + other["bytes"]
            and buffers.index(other) < buffers.index(buffer)
            for other in buffers
        )
        columns.add(width / (min(buffer["last"], count) - buffer["first"] - 0.5 * late))
    assert max(columns) == pytest.approx(min(columns), rel=0.01)


def test_the_operators_have_what_profile_says(product):
    texts = Page(page_of(product)).texts
    profile = succeeded("profile", product, "--json").json()
    for op in (*profile["operators"], profile["rest"], profile["total"]):
        assert f"{op['instructions']:,}" in texts and f"{op['cycles']:,}" in texts
    for op in profile["operators"]:
        assert op["kernel"] in texts and op["name"] in texts


def test_sram_and_flash_are_broken_down(product):
    text, report = page_of(product), report_of(product)
    flash, sram = report["flash"], report["sram"]
    for name, nbytes in (("weights", flash["weights"]), ("code", flash["code"])):
        assert f"{name}: {nbytes:,} bytes" in text
    assert f"stack, measured: {sram['stack']:,} bytes" in text
    shares = [float(share) for share in re.findall(r'style="width:([\d.]+)%" title', text)]
    assert sum(shares) == pytest.approx(200, abs=0.1)  # two bars
    # The board has 320 KiB and the 16 KiB of its ITCM, and 1 MiB of flash.
    for total, room in ((sram["total"], 336 << 10), (flash["total"], 1 << 20)):
        left = f"% of the {room:,} that the board has; {room - total:,} bytes left"
        assert f"{100 * total / room:.1f} {left}" in text


def test_a_budget_is_shown_beside_the_board(product):
    report = report_of(product)
    total = report["sram"]["total"]
    report["budget"]["sram"] = total + 64
    text = render_page(report, load_board("stm32f746"), None, "")
    assert f"the {total + 64:,} that the budget allows; 64 bytes left" in text
    assert f"that the board has; {(336 << 10) - total:,} bytes left" in text
    assert f"budget {total + 64:,} bytes, 64 left" in text


def test_time_is_that_of_the_cycles_and_of_the_flash_at_the_clock_of_the_board(product):
    texts = Page(page_of(product)).texts
    profile = succeeded("profile", product, "--json").json()
    spent = [op["cycles"] + op["waits"] for op in profile["operators"]]
    for cycles in spent:
        assert f"{cycles / 216_000:,.3f}" in texts  # 216 MHz: 216,000 cycles each ms
    assert "at 216 MHz, modelled, with flash" in texts
    total = profile["total"]["cycles"] + profile["total"]["waits"]
    assert f"{total / 216_000:,.3f} ms" in texts
    assert f"{sum(spent) / 216_000:,.3f} ms" in texts
    assert any("at 216 MHz and what flash is waited for." in text for text in texts)


def test_drawing_and_table_number_operators_as_the_model_does(product):
    report = report_of(product)
    for index, operator in enumerate(report["operators"]):
        kind, name = operator["source"].split(maxsplit=2)[1:]
        assert int(kind) == index, "as the file has it"
        operator["source"] = f"op {40 + 2 * index} {name}"  # as if others had been left out
    wanted = [str(40 + 2 * index) for index in range(len(report["operators"]))]
    text = render_page(report, load_board("stm32f746"), None, "")
    cells = re.findall(r'<tr class=""><td class="number">(\d*)</td><td class="what">', text)
    assert cells == wanted
    ticks = re.findall(r'<text class="(?:scale|name)"[^>]*>(\d+)</text>', text)
    assert set(wanted) <= set(ticks) <= set(wanted)
    peak = [wanted[index] for index in report["blocks"][report["peak"]["step"]]["operators"]]
    where = f"operator {peak[0]}" if len(peak) == 1 else f"operators {peak[0]}–{peak[-1]}"
    assert f"in {where}<" in text
    assert all(number in wanted for number in re.findall(r"during operators? (\d+)", text))


def test_names_are_text_and_no_markup(product):
    report = report_of(product)
    report["operators"][0]["name"] = report["buffers"][0]["name"] = "<b>&\"'"
    text = render_page(report, load_board("stm32f746"), None, "a <reason>")
    assert "<b>" not in text.replace("<b>", "", len(re.findall(r"</span><b>", text)))
    assert "a &lt;reason&gt;" in text and "&lt;b&gt;&amp;" in text
    Page(text)


def poisoned(value, text):
    """Give a report in which every text has `text` in it."""
    if isinstance(value, dict):
        return {key: poisoned(each, text) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each, text) for each in value]
    return f"{value}{text}" if isinstance(value, str) else value


def test_no_text_of_a_report_is_markup(product):
    report, script = report_of(product), "<script>alert(1)</script>\"'><img src=x onerror=f()>"
    kinds = [each["kind"] for each in (*report["blocks"], *report["buffers"])]
    bad = poisoned(report, script)
    for each, kind in zip((*bad["blocks"], *bad["buffers"]), kinds, strict=True):
        each["kind"] = kind  # one of a list, which the page looks up
    page = Page(text := render_page(bad, load_board("stm32f746"), None, script))
    assert "<script" not in text and "<img" not in text
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert text.count("&lt;script&gt;") > 3 * len(report["operators"])


def test_a_page_may_run_no_script(product):
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert {"http-equiv": "Content-Security-Policy", "content": policy} in [
        attrs for tag, attrs in Page(page_of(product)).tags if tag == "meta"
    ]


def test_no_text_of_a_curve_is_markup():
    bad = "<script>\"'&"
    points = [Point(nbytes=n, instructions=9 - n, fits=True, remark=bad) for n in (1, 2)]
    page = Page(text := render_curve(bad, points))
    assert "<script>" not in text and text.count("&lt;script&gt;") == 4
    assert {tag for tag, _ in page.tags} <= {
        "svg",
        "title",
        "rect",
        "text",
        "tspan",
        "g",
        "line",
        "path",
        "circle",
    }


def test_without_a_profile_the_page_says_why(product, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", path_without(tmp_path / "bin", "arm-none-eabi-objdump"))
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "capstone" else found(name)
    )
    text = page_of(product)
    assert "Not profiled: arm-none-eabi-objdump: not installed" in text
    Page(text)


def test_a_report_of_an_earlier_version_is_refused(product):
    report = report_of(product)
    del report["buffers"]
    (product / "report.json").write_text(json.dumps(report))
    message = refused(2, "report", product)
    assert message == (
        f"error: {product}: was compiled by an earlier tinyengine, whose report.json has no "
        "buffers\n  hint: compile the model again"
    )


def test_a_model_file_is_no_directory(small):
    message = refused(2, "report", small)
    assert "is not an output directory of `tinyengine compile`" in message
